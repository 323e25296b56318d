"""The surface of the canvas: where everything on it lies, and how it is painted."""

from PySide6.QtCore import QPoint, QPointF, QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent

from engine.triggers import Trigger
from gui import theme
from gui.widgets import canvas_picture, shapes
from gui.widgets.canvas_outline import paint_frame, paint_outline
from gui.widgets.canvas_picture import Shown
from gui.widgets.canvas_state import CanvasState
from gui.widgets.canvas_view import Room
from gui.widgets.layers import Cell, Paint
from gui.widgets.pictures import CellGrid, use_device_pixels
from gui.widgets.shapes import Brush, BrushShape
from gui.widgets.stroke import Tool


class TriggerSurface(CanvasState):
    """Shows a trigger on a sample."""

    @property
    def _ground(self) -> QRect:
        """The mat within its frame, in device pixels: here is what is seen."""
        ratio = self.devicePixelRatioF()
        edge = round(2 * ratio)
        whole = QRect(0, 0, int(self.width() * ratio), int(self.height() * ratio))
        return whole.adjusted(edge, edge, -edge, -edge)

    def _room(self) -> Room:
        ratio = self.devicePixelRatioF()
        margin = round(theme.SPACING // 2 * ratio)
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

    def _let_see(self, cell: Cell) -> None:
        """Show other layers if nothing would be seen there of what is drawn."""
        if self._hides(cell):
            self.set_shown(Shown.TRIGGER if self.is_placed_anew else Shown.RESULT)

    def _hides(self, cell: Cell) -> bool:
        """Whether what is drawn there is seen elsewhere, or the sample lies over it."""
        if self.shown is Shown.TRIGGER or self.fitting_sample is None:
            return self.shown is Shown.SAMPLE
        if self.shown is Shown.SAMPLE or self.is_placed_anew:
            return True
        if self.shown is Shown.RESULT:
            return False
        grid = self._grid()
        return grid.cells(*cell).center().x() < self._divider_at(grid)[1]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the mat, then everything on it in device pixels."""
        painter = QPainter(self)
        focus = self.hasFocus()
        canvas_picture.paint_mat(painter, self.rect(), self.palette(), has_focus=focus)
        ratio = use_device_pixels(painter)
        grid = self._grid()
        painter.setClipRect(self._ground)
        self._paint_layers(painter, grid, ratio)
        if self.drawing.symmetry and self.tool.paints and not self.why_locked:
            canvas_picture.paint_axes(painter, grid, self.drawing.symmetry, ratio)
        area = self.drawing.selection
        if area is not None:
            frame = grid.cells(area.top, area.left, area.rows, area.columns)
            paint_frame(painter, frame.intersected(grid.rectangle), ratio)
        self._paint_brush(painter, grid, ratio)
        if self.shown is Shown.COMPARE and self.fitting_sample is not None:
            canvas_picture.paint_divider(painter, *self._divider_at(grid), ratio)
            canvas_picture.paint_halves(painter, *self._divider_at(grid), ratio)

    def _paint_layers(self, painter: QPainter, grid: CellGrid, ratio: float) -> None:
        """The layers that are seen; in a comparison, before at the left and after at the right."""
        sample, result = self.fitting_sample, self.result()
        shown = self.shown if result is not None else Shown.TRIGGER
        if shown is Shown.TRIGGER or sample is None or result is None:
            seen = Trigger.empty(self.drawing.shape) if self.why_locked else self.trigger()
            canvas_picture.paint_trigger(painter, grid, seen)
        else:
            canvas_picture.paint_image(painter, grid, sample if shown is Shown.SAMPLE else result)
        if shown is Shown.COMPARE and sample is not None:
            area, x = self._divider_at(grid)
            painter.setClipRect(QRect(area.left(), area.top(), x - area.left(), area.height()))
            canvas_picture.paint_image(painter, grid, sample)
            painter.setClipRect(self._ground)
            return
        if self.has_lines:
            canvas_picture.paint_lines(painter, grid, ratio)
        has_edge = shown is Shown.TRIGGER or (shown is Shown.RESULT and not self.is_placed_anew)
        if has_edge and not self.why_locked:
            paint_outline(painter, grid, self.drawing.opacity > 0, ratio, self._ground)

    def _paint_brush(self, painter: QPainter, grid: CellGrid, ratio: float) -> None:
        """What a press would leave, and where."""
        if self.pointer is None or self._shown_tool is Tool.MOVE or self.why_locked:
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

    def sizeHint(self) -> QSize:
        """Fifteen pixels to a cell of a small drawing, fewer for a large one."""
        _, height, width = self.drawing.shape
        cell = max(5, min(15, 420 // max(height, width)))
        return QSize(cell * width + 2 * theme.SPACING, cell * height + 2 * theme.SPACING)

    def minimumSizeHint(self) -> QSize:
        """Room for 28 cells of 8 pixels, whatever the drawing: it can be zoomed."""
        return QSize(8 * 28 + 2 * theme.SPACING, 8 * 28 + 2 * theme.SPACING)
