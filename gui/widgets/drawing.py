"""The drawing document behind the trigger canvas: strokes, a selection and a history. No Qt.

One stroke, from `begin` to `end`, is one step of undo, however many pieces it was drawn in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.triggers import Trigger
from gui.widgets import shapes
from gui.widgets.layers import BLANK, Area, Cell, Layers, Paint
from gui.widgets.selection import Selection
from gui.widgets.shapes import Brush, Symmetry

HISTORY_STEPS = 500


@dataclass(frozen=True, eq=False)
class _State:
    """What is drawn and what is selected; the arrays of one in the history are never written."""

    layers: Layers
    selection: Selection | None = None


class Drawing:
    """A trigger while it is drawn, with undo and redo.

    Args:
        shape: C, H, W of the images that the trigger is for.

    Attributes:
        symmetry: Where lines, rectangles and fills are drawn again, mirrored.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self.symmetry = Symmetry.NONE
        self._state = _State(Layers.blank(shape))
        self._base: _State | None = None
        self._undo: list[_State] = []
        self._redo: list[_State] = []
        self._nudged: Cell | None = None

    @property
    def layers(self) -> Layers:
        """What is drawn: read it, do not keep it."""
        return self._state.layers

    @property
    def pattern(self) -> NDArray[np.uint8]:
        """C x H x W, uint8: read it, do not keep it."""
        return self.layers.pattern

    @property
    def opacity(self) -> NDArray[np.uint8]:
        """H x W, uint8: read it, do not keep it."""
        return self.layers.opacity

    @property
    def selection(self) -> Area | None:
        """The selected rectangle; it may reach beyond the edges with cells that hold nothing."""
        return self._state.selection.area if self._state.selection is not None else None

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke has begun and not ended."""
        return self._base is not None

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to bring back."""
        return bool(self._redo)

    def trigger(self) -> Trigger:
        """The trigger as it is drawn now, in arrays of its own."""
        return self.layers.trigger()

    def reset(self, trigger: Trigger) -> None:
        """Start anew from a trigger, which may have another size; the history is forgotten."""
        self.shape = trigger.shape
        self._state, self._base, self._nudged = _State(Layers.of(trigger)), None, None
        self._undo.clear()
        self._redo.clear()

    def contains(self, cell: Cell) -> bool:
        """Whether the cell lies on the drawing."""
        return 0 <= cell[0] < self.shape[1] and 0 <= cell[1] < self.shape[2]

    def paint_at(self, cell: Cell) -> Paint:
        """What lies in a cell of the drawing."""
        return self.layers.paint_at(cell)

    # Strokes.

    def begin(self) -> None:
        """Begin a stroke; one that is still going on ends first."""
        self.end()
        self._nudged = None
        self._base = self._state
        self.restart()

    def restart(self) -> None:
        """Take back what the stroke has drawn so far and go on: for shapes that are dragged."""
        if self._base is not None:
            self._state = _State(self._base.layers.copy(), self._base.selection)

    def end(self) -> bool:
        """End the stroke; True if it changed the drawing, and so became a step of the history.

        A selection alone is no step.
        """
        base, self._base = self._base, None
        if base is None:
            return False
        if base.layers.equals(self.layers):
            self._state = _State(base.layers, self._state.selection)
            return False
        self._undo.append(base)
        del self._undo[:-HISTORY_STEPS]
        self._redo.clear()
        return True

    def cancel(self) -> bool:
        """Abandon the stroke; True if there was one."""
        if self._base is None:
            return False
        self._state, self._base = self._base, None
        return True

    def undo(self) -> bool:
        """Take back the last step (or the stroke that is going on); True if there was one."""
        return self.cancel() or self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Bring back the step taken back last; True if there was one."""
        return not self.is_drawing and self._step(self._redo, self._undo)

    def _step(self, source: list[_State], other: list[_State]) -> bool:
        self._nudged = None
        if not source:
            return False
        other.append(self._state)
        self._state = source.pop()
        return True

    # What a stroke can do; each works within `begin` and `end`.

    def line(self, start: Cell, end: Cell, brush: Brush, paint: Paint) -> None:
        """Draw a line without gaps; both ends may lie outside the drawing."""
        self._apply(shapes.line(self.shape[1:], start, end, brush), paint)

    def rectangle(self, corner: Cell, opposite: Cell, paint: Paint) -> None:
        """Fill the rectangle between two cells, both included."""
        self._apply(shapes.rectangle(self.shape[1:], corner, opposite), paint)

    def fill(self, cell: Cell, paint: Paint) -> None:
        """Fill the cells that look like this one and hang together with it by their sides.

        With symmetry, the areas around the cell's mirror images are filled as well.
        """
        if not self.contains(cell):
            return
        touched = np.zeros(self.shape[1:], np.bool_)
        for image in shapes.mirror_cells(self.shape[1:], cell, self.symmetry):
            touched |= shapes.connected(self._alike(image), image)
        self._put_paint(touched, paint)

    def move(self, down: int, right: int) -> Cell:
        """Move the selection, or else everything, from where it lay when the stroke began.

        Returns:
            How far it went, rows and columns: up to the edge, not beyond.
        """
        base = self._base if self._base is not None else self._state
        selection = base.selection
        lifted = selection.lifted(base.layers) if selection else Selection.everything(base.layers)
        by = lifted.reachable(down, right)
        moved = lifted.moved(by)
        self._state = _State(moved.flattened(), moved if selection else None)
        return by

    def place(self, piece: Trigger, corner: Cell) -> None:
        """Lay a piece on the drawing, its top left cell at `corner`; it is selected and floats."""
        selection = Selection.of_piece(Layers.of(piece), corner, self.layers)
        self._state = _State(selection.flattened(), selection)

    def erase_selection(self) -> None:
        """Erase what is selected, or else everything; the selected rectangle stays."""
        selection = self._state.selection
        if selection is None:
            self.clear()
            return
        below = selection.lifted(self.layers).below
        self._state = _State(below or self.layers, selection.anchored())

    def clear(self) -> None:
        """Erase everything."""
        self._state = _State(Layers.blank(self.shape))

    def put(self, trigger: Trigger) -> None:
        """Replace everything by a trigger of the same size."""
        if trigger.shape != self.shape:
            raise ValueError("the trigger has another size than the drawing")
        self._state = _State(Layers.of(trigger))

    # What needs no stroke.

    def select(self, area: Area | None) -> None:
        """Select a rectangle, or nothing; what was floating is part of the drawing from now on."""
        self._nudged = None
        self._state = _State(self.layers, None if area is None else Selection(area))

    def selected(self) -> Layers:
        """What is selected, or else all that is drawn, no larger than it is; of its own arrays."""
        selection = self._state.selection
        if selection is not None:
            return (selection.floating or self.layers.part(selection.area)).copy()
        extent = self.layers.extent()
        return self.layers.copy() if extent is None else self.layers.part(extent)

    def nudge(self, down: int, right: int) -> bool:
        """Move the selection, or else everything; True if it moved.

        Nudges that follow each other with nothing between them are one step of the history.
        """
        before, so_far = self.layers, self._nudged
        if so_far is None:
            self.begin()
        else:
            self._base = self._undo.pop()
        reached = so_far or (0, 0)
        reached = self.move(reached[0] + down, reached[1] + right)
        self._nudged = reached if self.end() else None
        return not before.equals(self.layers)

    def _apply(self, touched: shapes.Touched, paint: Paint) -> None:
        self._put_paint(shapes.mirrored(touched, self.symmetry), paint)

    def _put_paint(self, touched: shapes.Touched, paint: Paint) -> None:
        """Paint cells; whatever was selected is no longer."""
        colour = paint.colour if paint.opacity else (BLANK,) * self.shape[0]
        self.pattern[:, touched] = np.asarray(colour, np.uint8)[:, None]
        self.opacity[touched] = paint.opacity
        self._state = _State(self.layers)

    def _alike(self, cell: Cell) -> shapes.Touched:
        row, column = cell
        same: shapes.Touched = self.opacity == self.opacity[cell]
        if self.opacity[cell]:
            same &= (self.pattern == self.pattern[:, row, column, None, None]).all(axis=0)
        return same
