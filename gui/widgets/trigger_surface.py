"""The surface of the canvas: holds the drawing, lets it be changed from outside, and paints it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.triggers import Trigger
from gui import theme
from gui.widgets import canvas_picture, shapes
from gui.widgets.canvas_outline import paint_frame, paint_outline
from gui.widgets.canvas_picture import Shown
from gui.widgets.canvas_view import CanvasView, Room
from gui.widgets.drawing import Drawing
from gui.widgets.layers import Cell, Paint
from gui.widgets.pictures import CellGrid, use_device_pixels
from gui.widgets.shapes import LARGEST_BRUSH, Brush, BrushShape, Symmetry
from gui.widgets.stroke import Stroke, Tool


class TriggerSurface(QWidget):
    """Shows a trigger on a sample, with a history of its changes.

    Attributes:
        drawing: The trigger while it is drawn.
        tool, paint, brush: What it is drawn with.
        pointer: The cell that is pointed at, or None.
        sample: The image below, C x H x W uint8, or None.
        shown: Which layers are seen.
        divider: Where the comparison changes from before to after, 0..1 of what is seen.
        has_lines: Whether lines between the cells are seen.

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
        self._view = CanvasView()
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
        self.sample = sample
        self.update()

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
        self._stroke = self.pointer = None
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
        self._trigger = None
        self.update()
        self.drawn.emit()

    # Painting.

    @property
    def _ground(self) -> QRect:
        """The mat within its frame, in device pixels: here is what is seen."""
        ratio = self.devicePixelRatioF()
        edge = round(2 * ratio)
        whole = QRect(0, 0, int(self.width() * ratio), int(self.height() * ratio))
        return whole.adjusted(edge, edge, -edge, -edge)

    def _room(self) -> Room:
        ratio = self.devicePixelRatioF()
        margin = round((theme.SPACING - 2) * ratio)
        area = self._ground.adjusted(margin, margin, -margin, -margin)
        _, height, width = self.drawing.shape
        return Room(area, height, width, ratio)

    def _grid(self) -> CellGrid:
        return self._view.grid(self._room())

    def position_of(self, cell: Cell) -> QPoint:
        """Where the middle of a cell lies in the widget."""
        ratio = self.devicePixelRatioF()
        middle = self._grid().cells(*cell).center()
        return QPoint(round(middle.x() / ratio), round(middle.y() / ratio))

    def _cell_at(self, point: QPointF) -> Cell:
        ratio = self.devicePixelRatioF()
        return self._grid().cell_at(point.x() * ratio, point.y() * ratio)

    def _divider_at(self, grid: CellGrid) -> tuple[QRect, int]:
        """The part of the drawing that is seen, and where the divider crosses it."""
        seen = grid.rectangle.intersected(self._ground)
        return seen, seen.left() + round(self.divider * seen.width())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the mat, then everything on it in device pixels."""
        painter = QPainter(self)
        self._paint_mat(painter)
        ratio = use_device_pixels(painter)
        grid = self._grid()
        painter.setClipRect(self._ground)
        self._paint_layers(painter, grid, ratio)
        if self.drawing.symmetry and self.tool.paints:
            canvas_picture.paint_axes(painter, grid, self.drawing.symmetry, ratio)
        area = self.drawing.selection
        if area is not None:
            frame = grid.cells(area.top, area.left, area.rows, area.columns)
            paint_frame(painter, frame.intersected(grid.rectangle), ratio)
        self._paint_brush(painter, grid, ratio)
        if self.shown is Shown.COMPARE and self.fitting_sample is not None:
            canvas_picture.paint_divider(painter, *self._divider_at(grid), ratio)

    def _paint_layers(self, painter: QPainter, grid: CellGrid, ratio: float) -> None:
        """The layers that are seen; in a comparison, before at the left and after at the right."""
        trigger, sample, seen = self.trigger(), self.fitting_sample, self._ground
        compares = self.shown is Shown.COMPARE and sample is not None
        canvas_picture.paint_layers(painter, grid, trigger, sample, self.shown)
        if compares:
            area, x = self._divider_at(grid)
            painter.setClipRect(QRect(area.left(), area.top(), x - area.left(), area.height()))
            canvas_picture.paint_layers(painter, grid, trigger, sample, Shown.SAMPLE)
            painter.setClipRect(seen)
        if self.has_lines and not compares:
            canvas_picture.paint_lines(painter, grid, ratio)
        if not compares and self.shown is not Shown.SAMPLE:
            paint_outline(painter, grid, self.drawing.opacity > 0, ratio, seen)

    def _paint_brush(self, painter: QPainter, grid: CellGrid, ratio: float) -> None:
        """What a press would leave, and where."""
        if self.pointer is None or self._shown_tool is Tool.MOVE:
            return
        size = self.drawing.shape[1:]
        brush = self.brush if self._shown_tool.has_brush else Brush()
        touched = shapes.line(size, self.pointer, self.pointer, brush)
        if self._shown_tool.paints:
            touched = shapes.mirrored(touched, self.drawing.symmetry)
        paint = self._shown_paint()
        canvas_picture.paint_brush(painter, grid, touched, paint, ratio)
        if not paint.opacity and self._shown_tool.paints:
            corner = self.pointer[0] - brush.reach, self.pointer[1] - brush.reach
            frame = grid.cells(*corner, brush.size, brush.size).intersected(grid.rectangle)
            inset = frame.width() // 6 if brush.shape is BrushShape.ROUND else 0
            frame.adjust(inset, inset, -inset - 1, -inset - 1)
            canvas_picture.paint_cross(painter, frame, ratio)

    @property
    def _shown_tool(self) -> Tool:
        return self._stroke.tool if self._stroke is not None else self.tool

    def _shown_paint(self) -> Paint:
        if not self._shown_tool.paints or self._shown_tool is Tool.ERASER:
            return Paint((), 0)
        return self._stroke.paint if self._stroke is not None else self.paint

    def _paint_mat(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid
        painter.setPen(QPen(self.palette().color(ring), 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.AlternateBase).darker(106))
        frame = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, theme.SPACING / 2, theme.SPACING / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def sizeHint(self) -> QSize:
        """Fifteen pixels to a cell of a small drawing, fewer for a large one."""
        _, height, width = self.drawing.shape
        cell = max(5, min(15, 420 // max(height, width)))
        return QSize(cell * width + 2 * theme.SPACING, cell * height + 2 * theme.SPACING)

    def minimumSizeHint(self) -> QSize:
        """Room for 28 cells of 8 pixels, whatever the drawing: it can be zoomed."""
        return QSize(8 * 28 + 2 * theme.SPACING, 8 * 28 + 2 * theme.SPACING)
