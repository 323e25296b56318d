"""The drawing document behind the trigger canvas: bytes, strokes and a history. No Qt.

A cell is (row, column). One stroke, from `begin` to `end`, is one step of undo, however many
pieces it was drawn in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.triggers import Trigger

Cell = tuple[int, int]
BLANK = 255
HISTORY_STEPS = 500


@dataclass(frozen=True)
class Paint:
    """What a stroke leaves in a cell.

    Attributes:
        colour: C values, 0..255: the pattern.
        opacity: 0..255: the mask. 0 erases.
    """

    colour: tuple[int, ...]
    opacity: int


@dataclass(frozen=True, eq=False)
class Layers:
    """One state of the drawing; the arrays are never written to once it stands in the history.

    Attributes:
        pattern: C x H x W, uint8.
        opacity: H x W, uint8.
    """

    pattern: NDArray[np.uint8]
    opacity: NDArray[np.uint8]

    @classmethod
    def blank(cls, shape: tuple[int, int, int]) -> "Layers":
        """Layers of C x H x W that change nothing."""
        return cls(np.full(shape, BLANK, np.uint8), np.zeros(shape[1:], np.uint8))

    @classmethod
    def of(cls, trigger: Trigger) -> "Layers":
        """The layers of a trigger, its values rounded to bytes."""
        pattern = np.rint(trigger.pattern * 255).astype(np.uint8)
        return cls(pattern, np.rint(trigger.mask * 255).astype(np.uint8))

    def copy(self) -> "Layers":
        """The same values in arrays of their own."""
        return Layers(self.pattern.copy(), self.opacity.copy())

    def equals(self, other: "Layers") -> bool:
        """Whether every byte is the same."""
        return np.array_equal(self.opacity, other.opacity) and np.array_equal(
            self.pattern, other.pattern
        )

    def looks_like(self, other: "Layers") -> bool:
        """Whether they change images alike; what lies under an opacity of 0 does not count."""
        if not np.array_equal(self.opacity, other.opacity):
            return False
        touched = self.opacity > 0
        return np.array_equal(self.pattern[:, touched], other.pattern[:, touched])


class Drawing:
    """A trigger while it is drawn, with undo and redo.

    Args:
        shape: C, H, W of the images that the trigger is for.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self._layers = Layers.blank(shape)
        self._base: Layers | None = None
        self._undo: list[Layers] = []
        self._redo: list[Layers] = []

    @property
    def pattern(self) -> NDArray[np.uint8]:
        """C x H x W, uint8: read it, do not keep it."""
        return self._layers.pattern

    @property
    def opacity(self) -> NDArray[np.uint8]:
        """H x W, uint8: read it, do not keep it."""
        return self._layers.opacity

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
        full = np.float32(255)
        return Trigger(
            self.opacity.astype(np.float32) / full, self.pattern.astype(np.float32) / full
        )

    def reset(self, trigger: Trigger) -> None:
        """Start anew from a trigger, which may have another size; the history is forgotten."""
        self.shape = trigger.shape
        self._layers, self._base = Layers.of(trigger), None
        self._undo.clear()
        self._redo.clear()

    def contains(self, cell: Cell) -> bool:
        """Whether the cell lies on the drawing."""
        return 0 <= cell[0] < self.shape[1] and 0 <= cell[1] < self.shape[2]

    def paint_at(self, cell: Cell) -> Paint:
        """What lies in a cell of the drawing."""
        colour = tuple(int(value) for value in self.pattern[:, cell[0], cell[1]])
        return Paint(colour, int(self.opacity[cell]))

    # Strokes.

    def begin(self) -> None:
        """Begin a stroke; one that is still going on ends first."""
        self.end()
        self._base = self._layers
        self._layers = self._base.copy()

    def restart(self) -> None:
        """Take back what the stroke has drawn so far and go on: for shapes that are dragged."""
        if self._base is not None:
            self._layers = self._base.copy()

    def end(self) -> bool:
        """End the stroke; True if it changed anything, and so became a step of the history."""
        base, self._base = self._base, None
        if base is None:
            return False
        if base.equals(self._layers):
            self._layers = base
            return False
        self._undo.append(base)
        del self._undo[:-HISTORY_STEPS]
        self._redo.clear()
        return True

    def cancel(self) -> bool:
        """Abandon the stroke; True if there was one."""
        if self._base is None:
            return False
        self._layers, self._base = self._base, None
        return True

    def undo(self) -> bool:
        """Take back the last step (or the stroke that is going on); True if there was one."""
        return self.cancel() or self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Bring back the step taken back last; True if there was one."""
        return not self.is_drawing and self._step(self._redo, self._undo)

    def _step(self, source: list[Layers], other: list[Layers]) -> bool:
        if not source:
            return False
        other.append(self._layers)
        self._layers = source.pop()
        return True

    # What a stroke can do; each works within `begin` and `end`.

    def line(self, start: Cell, end: Cell, size: int, paint: Paint) -> None:
        """Draw a line without gaps with a square brush of `size` x `size` cells.

        Cells outside the drawing are left out, so both ends may lie there.
        """
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
        rows = np.floor(np.linspace(start[0], end[0], steps) + 0.5).astype(np.int64)
        columns = np.floor(np.linspace(start[1], end[1], steps) + 0.5).astype(np.int64)
        reach = np.arange(size) - (size - 1) // 2
        shape = (steps, size, size)
        all_rows = np.broadcast_to(rows[:, None, None] + reach[:, None], shape).ravel()
        all_columns = np.broadcast_to(columns[:, None, None] + reach, shape).ravel()
        _, height, width = self.shape
        inside = (all_rows >= 0) & (all_rows < height)
        inside &= (all_columns >= 0) & (all_columns < width)
        touched = np.zeros((height, width), np.bool_)
        touched[all_rows[inside], all_columns[inside]] = True
        self._apply(touched, paint)

    def rectangle(self, corner: Cell, opposite: Cell, paint: Paint) -> None:
        """Fill the rectangle between two cells, both included."""
        (top, bottom), (left, right) = (sorted(pair) for pair in zip(corner, opposite, strict=True))
        touched = np.zeros(self.shape[1:], np.bool_)
        touched[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)] = True
        self._apply(touched, paint)

    def fill(self, cell: Cell, paint: Paint) -> None:
        """Fill the cells that look like this one and hang together with it by their sides."""
        if self.contains(cell):
            self._apply(connected(self._alike(cell), cell), paint)

    def move(self, down: int, right: int) -> None:
        """Move everything from where it lay when the stroke began, up to the edge, not beyond."""
        base = self._base if self._base is not None else self._layers
        rows, columns = np.nonzero(base.opacity)
        if not len(rows):
            return
        _, height, width = self.shape
        down = int(np.clip(down, -rows.min(), height - 1 - rows.max()))
        right = int(np.clip(right, -columns.min(), width - 1 - columns.max()))
        moved = Layers.blank(self.shape)
        moved.opacity[rows + down, columns + right] = base.opacity[rows, columns]
        moved.pattern[:, rows + down, columns + right] = base.pattern[:, rows, columns]
        self._layers = moved

    def clear(self) -> None:
        """Erase everything."""
        self._layers = Layers.blank(self.shape)

    def put(self, trigger: Trigger) -> None:
        """Replace everything by a trigger of the same size."""
        if trigger.shape != self.shape:
            raise ValueError("the trigger has another size than the drawing")
        self._layers = Layers.of(trigger)

    def _apply(self, touched: NDArray[np.bool_], paint: Paint) -> None:
        colour = paint.colour if paint.opacity else (BLANK,) * self.shape[0]
        self._layers.pattern[:, touched] = np.asarray(colour, np.uint8)[:, None]
        self._layers.opacity[touched] = paint.opacity

    def _alike(self, cell: Cell) -> NDArray[np.bool_]:
        row, column = cell
        same: NDArray[np.bool_] = self.opacity == self.opacity[cell]
        if self.opacity[cell]:
            same &= (self.pattern == self.pattern[:, row, column, None, None]).all(axis=0)
        return same


def connected(area: NDArray[np.bool_], cell: Cell) -> NDArray[np.bool_]:
    """The part of an H x W area that a cell of it reaches by steps up, down, left and right."""
    reached = np.zeros_like(area)
    reached[cell] = area[cell]
    count = -1
    while count != (count := int(np.count_nonzero(reached))):
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        reached = grown & area
    return reached
