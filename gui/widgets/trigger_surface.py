"""The surface of the canvas: holds the drawing, lets it be changed from outside, and paints it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.triggers import Trigger
from gui import theme
from gui.widgets import canvas_picture
from gui.widgets.drawing import Cell, Drawing, Paint
from gui.widgets.pictures import CellGrid, use_device_pixels
from gui.widgets.stroke import Stroke, Tool

LARGEST_BRUSH = 8
_CURSORS = {
    Tool.MOVE: Qt.CursorShape.SizeAllCursor,
    Tool.EYEDROPPER: Qt.CursorShape.PointingHandCursor,
}


class TriggerSurface(QWidget):
    """Shows a trigger on a sample, with a history of its changes.

    Signals:
        drawn: The trigger changed, also within a stroke; `trigger()` has it.
        pointed: The pointer is at this cell now, or at None.
    """

    drawn = Signal()
    pointed = Signal(object)

    def __init__(self, shape: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing(shape)
        self.tool = Tool.PENCIL
        self.paint = Paint((255,) * shape[0], 255)
        self.brush_size = 1
        self.pointer: Cell | None = None
        self.sample: NDArray[np.uint8] | None = None
        self._stroke: Stroke | None = None
        self._trigger: Trigger | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_tool(Tool.PENCIL)

    def trigger(self) -> Trigger:
        """The trigger as it is drawn; the same object until it changes."""
        if self._trigger is None:
            self._trigger = self.drawing.trigger()
        return self._trigger

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand."""
        self.tool = tool
        self.setCursor(_CURSORS.get(tool, Qt.CursorShape.CrossCursor))
        self.update()

    def set_paint(self, paint: Paint) -> None:
        """Choose what the tools leave behind."""
        self.paint = paint
        self.update()

    def set_brush_size(self, size: int) -> None:
        """Choose the side of the square brush, 1 to 8 cells."""
        self.brush_size = min(max(size, 1), LARGEST_BRUSH)
        self.update()

    def set_sample(self, sample: NDArray[np.uint8] | None) -> None:
        """Show the trigger on this image, C x H x W uint8, or on none."""
        self.sample = sample
        self.update()

    # What changes the drawing from outside.

    def reset(self, trigger: Trigger) -> None:
        """Start anew from a trigger, of any size, without a history."""
        self._stroke = None
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
        """Erase everything, as one step of the history."""
        self.put(Trigger.empty(self.drawing.shape))

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

    def _changed(self) -> None:
        self._trigger = None
        self.update()
        self.drawn.emit()

    def _point_at(self, cell: Cell | None) -> None:
        if cell is not None and not self.drawing.contains(cell):
            cell = None
        if cell != self.pointer:
            self.pointer = cell
            self.pointed.emit(cell)
            self.update()

    # Painting.

    def _grid(self) -> CellGrid:
        ratio = self.devicePixelRatioF()
        margin = round(theme.SPACING * ratio)
        room = QRect(0, 0, int(self.width() * ratio), int(self.height() * ratio))
        _, height, width = self.drawing.shape
        return CellGrid.centred(room.adjusted(margin, margin, -margin, -margin), height, width)

    def position_of(self, cell: Cell) -> QPoint:
        """Where the middle of a cell lies in the widget."""
        ratio = self.devicePixelRatioF()
        middle = self._grid().cells(*cell).center()
        return QPoint(round(middle.x() / ratio), round(middle.y() / ratio))

    def _cell_at(self, point: QPointF) -> Cell:
        ratio = self.devicePixelRatioF()
        return self._grid().cell_at(point.x() * ratio, point.y() * ratio)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the mat, then everything on it in device pixels."""
        painter = QPainter(self)
        self._paint_mat(painter)
        ratio = use_device_pixels(painter)
        grid = self._grid()
        canvas_picture.paint_picture(painter, grid, self.trigger(), self.sample)
        canvas_picture.paint_lines(painter, grid)
        canvas_picture.paint_outline(painter, grid, self.drawing.opacity > 0, ratio)
        if self.pointer is not None and self.tool is not Tool.MOVE:
            size = self.brush_size if self.tool.has_brush else 1
            area = canvas_picture.footprint(grid, self.pointer, size)
            canvas_picture.paint_brush(painter, area, self._shown_paint(), ratio)

    def _shown_paint(self) -> Paint:
        if self._stroke is not None:
            return self._stroke.paint
        return Paint((), 0) if self.tool is Tool.ERASER else self.paint

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
        """Fifteen pixels to a cell."""
        _, height, width = self.drawing.shape
        return QSize(15 * width + 2 * theme.SPACING, 15 * height + 2 * theme.SPACING)

    def minimumSizeHint(self) -> QSize:
        """Eight pixels to a cell: still wide enough to hit."""
        _, height, width = self.drawing.shape
        return QSize(8 * width + 2 * theme.SPACING, 8 * height + 2 * theme.SPACING)
