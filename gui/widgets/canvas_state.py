"""What the canvas knows: the drawing, what it is drawn with, and what is shown of it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.triggers import Trigger
from gui.widgets.canvas_picture import Shown
from gui.widgets.canvas_view import CanvasView
from gui.widgets.drawing import Drawing
from gui.widgets.layers import Cell, Paint
from gui.widgets.shapes import LARGEST_BRUSH, Brush, BrushShape, Symmetry
from gui.widgets.stroke import Stroke, Tool

Effect = Callable[[NDArray[np.uint8], Trigger], NDArray[np.uint8]]  # of a sample and the drawing


class CanvasState(QWidget):
    """A trigger that is drawn, with a history of its changes, and the sample below it.

    Attributes:
        drawing: The trigger while it is drawn.
        tool, paint, brush: What it is drawn with.
        pointer: The cell that is pointed at, or None.
        sample: The image below, C x H x W uint8, or None.
        shown: Which layers are seen.
        divider: Where the comparison changes from before to after, 0..1 of what is seen.
        has_lines: Whether lines between the cells are seen.
        why_locked: Why nothing can be drawn now, in a sentence; or nothing.
        is_placed_anew: Whether the result has the drawing elsewhere than where it is drawn.

    Signals:
        drawn: The trigger changed, also within a stroke; `trigger()` has it.
        pointed: The pointer is at this cell now, or at None; or what is selected changed.
        shown_changed: Other layers are seen: Shown.
    """

    drawn = Signal()
    pointed = Signal(object)
    shown_changed = Signal(object)

    def __init__(self, shape: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing(shape)
        self.tool = Tool.PENCIL
        self.paint = Paint((255,) * shape[0], 255)
        self.brush = Brush()
        self.pointer: Cell | None = None
        self.sample: NDArray[np.uint8] | None = None
        self.shown = Shown.RESULT
        self.divider = 0.5
        self.has_lines = True
        self.why_locked = ""
        self.is_placed_anew = False
        self._view = CanvasView()
        self._effect: Effect | None = None
        self._result: NDArray[np.uint8] | None = None
        self._stroke: Stroke | None = None
        self._trigger: Trigger | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def trigger(self) -> Trigger:
        """The trigger as it is drawn; the same object until it changes."""
        if self._trigger is None:
            self._trigger = self.drawing.trigger()
        return self._trigger

    @property
    def brush_size(self) -> int:
        """Cells from side to side of the brush."""
        return self.brush.size

    @property
    def fitting_sample(self) -> NDArray[np.uint8] | None:
        """The sample, unless it is of another size than the trigger: data may be changing."""
        fits = self.sample is not None and self.sample.shape == self.drawing.shape
        return self.sample if fits else None

    def lock(self, reason: str) -> None:
        """Let nothing be drawn, and show nothing of the drawing; or let it again, with no reason.

        The drawing stays, and can be replaced from outside.
        """
        if reason != self.why_locked:
            self.cancel()
            self.drawing.select(None)
            self.why_locked, self._result = reason, None
            self.update()

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand."""
        self.tool = tool
        self.update()

    def set_paint(self, paint: Paint) -> None:
        """Choose what the tools leave behind."""
        self.paint = paint
        self.update()

    def set_brush_size(self, size: int) -> None:
        """Choose how many cells the brush has from side to side, 1 to `LARGEST_BRUSH`."""
        self.brush = Brush(min(max(size, 1), LARGEST_BRUSH), self.brush.shape)
        self.update()

    def set_brush_shape(self, shape: BrushShape) -> None:
        """Choose the form of the brush."""
        self.brush = Brush(self.brush.size, shape)
        self.update()

    def set_symmetry(self, symmetry: Symmetry) -> None:
        """Choose where strokes are mirrored."""
        self.drawing.symmetry = symmetry
        self.update()

    def set_sample(self, sample: NDArray[np.uint8] | None) -> None:
        """Show the trigger on this image, C x H x W uint8, or on none."""
        self.sample, self._result = sample, None
        self.update()

    def set_effect(self, effect: Effect | None, *, is_placed_anew: bool = False) -> None:
        """Show as the result what this makes of the sample, in place of stamping the drawing."""
        if effect is not self._effect:
            self._effect, self._result = effect, None
            self.is_placed_anew = is_placed_anew and effect is not None
            self.update()

    def result(self) -> NDArray[np.uint8] | None:
        """What becomes of the sample; None without one."""
        sample = self.fitting_sample
        if sample is None:
            return None
        if self._result is None:
            self._result = self._made_of(sample)
        return self._result

    def _made_of(self, sample: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._effect is not None:
            return self._effect(sample, self.trigger())
        return sample if self.why_locked else np.asarray(self.trigger().stamp(sample[None])[0])

    def set_shown(self, shown: Shown) -> None:
        """Choose which layers are seen."""
        if shown is not self.shown:
            self.shown = shown
            self.update()
            self.shown_changed.emit(shown)

    def set_lines(self, shown: bool) -> None:  # noqa: FBT001 - the slot of a check mark
        """Choose whether lines between the cells are seen."""
        self.has_lines = shown
        self.update()

    # What changes the drawing from outside.

    def reset(self, trigger: Trigger) -> None:
        """Start anew from a trigger, of any size, without a history."""
        self._stroke = self.pointer = self._result = None
        self._view = CanvasView()
        channels = trigger.shape[0]
        if channels != self.drawing.shape[0]:
            self.paint = Paint((255,) * channels, self.paint.opacity)
        self.drawing.reset(trigger)
        self._changed()

    def put(self, trigger: Trigger) -> None:
        """Replace the drawing by a trigger of its size, as one step of the history."""
        self.cancel()
        self.drawing.begin()
        self.drawing.put(trigger)
        self.drawing.end()
        self._changed()

    def clear(self) -> None:
        """Erase what is selected, or else everything, as one step of the history."""
        self.cancel()
        self.drawing.begin()
        self.drawing.erase_selection()
        self.drawing.end()
        self._changed()

    def undo(self) -> None:
        """Take back the last step, or the stroke that is going on."""
        if not self.cancel() and self.drawing.undo():
            self._changed()

    def redo(self) -> None:
        """Bring back the step taken back last."""
        if self._stroke is None and self.drawing.redo():
            self._changed()

    def cancel(self) -> bool:
        """Abandon the stroke that is going on; True if there was one."""
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return False
        stroke.cancel()
        self._changed()
        return True

    @property
    def extent(self) -> tuple[int, int] | None:
        """Rows and columns of the shape that is being dragged, or else of the selection."""
        if self._stroke is not None and self._stroke.extent is not None:
            return self._stroke.extent
        area = self.drawing.selection
        return (area.rows, area.columns) if area is not None else None

    def _changed(self) -> None:
        self._trigger = self._result = None
        self.update()
        self.drawn.emit()
