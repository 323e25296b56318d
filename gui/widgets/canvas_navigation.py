"""Moving about on the canvas: zoom, pan, and the divider of the comparison."""

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QInputDevice,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from gui.widgets.canvas_picture import GRIP, Shown
from gui.widgets.canvas_view import CanvasView
from gui.widgets.stroke import Tool
from gui.widgets.trigger_surface import TriggerSurface

WHEEL_STEP = 120  # what QWheelEvent calls one notch
PINCH_STEP = 1.25
DIVIDER_STEP = 0.05
_CURSORS = {
    Tool.MOVE: Qt.CursorShape.SizeAllCursor,
    Tool.EYEDROPPER: Qt.CursorShape.PointingHandCursor,
}


class NavigatedSurface(TriggerSurface):
    """A surface that can be zoomed and moved.

    The wheel zooms at the pointer; so do Ctrl with two fingers, and a pinch. Two fingers on a
    touchpad pan, as do the middle button, and Space with the left one. Shift and the wheel ask
    for another size of brush.

    Signals:
        zoomed: The zoom is another one; `zoom_percent` has it.
        brush_resized: The wheel asked for this size of brush.
    """

    zoomed = Signal()
    brush_resized = Signal(int)

    def __init__(self, shape: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(shape, parent)
        self._pan_from: QPointF | None = None
        self._hand = self._moves_divider = False
        self._turned = 0
        self._pinched = 1.0
        self._show_cursor()

    @property
    def zoom_percent(self) -> int:
        """Pixels of the screen to a cell's side, in percent."""
        return 100 * self._grid().zoom

    @property
    def fits(self) -> bool:
        """Whether the drawing is as large as its room allows."""
        return self._view.zoom is None

    def zoom_in(self) -> None:
        """Come nearer, towards the pointer or the middle."""
        self._zoom(1, self._anchor())

    def zoom_out(self) -> None:
        """Go further away."""
        self._zoom(-1, self._anchor())

    def zoom_fit(self) -> None:
        """Show everything as large as possible."""
        self._see(CanvasView())

    def move_divider(self, by: float) -> None:
        """Move the divider of the comparison by a share of what is seen, -1..1."""
        self.divider = min(max(self.divider + by, 0.0), 1.0)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say how large everything is now."""
        super().resizeEvent(event)
        self.zoomed.emit()

    def divider_left(self) -> None:
        """Show more of the result."""
        self.move_divider(-DIVIDER_STEP)

    def divider_right(self) -> None:
        """Show more of the sample."""
        self.move_divider(DIVIDER_STEP)

    def lock(self, reason: str) -> None:
        """Let nothing be drawn, or let it again, with no reason."""
        super().lock(reason)
        self._show_cursor()

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand."""
        super().set_tool(tool)
        self._show_cursor()

    def _see(self, view: CanvasView) -> None:
        if view != self._view:
            self._view = view
            self.update()
            self.zoomed.emit()

    def _anchor(self) -> QPointF:
        """Where to zoom to: the cell that is pointed at, or else the middle."""
        if self.pointer is None:
            return self.rect().toRectF().center()
        return self.position_of(self.pointer).toPointF()

    def _zoom(self, steps: int, anchor: QPointF) -> None:
        ratio = self.devicePixelRatioF()
        point = anchor.x() * ratio, anchor.y() * ratio
        self._see(self._view.zoomed(self._room(), steps, point))

    def _pan(self, by: QPointF) -> None:
        ratio = self.devicePixelRatioF()
        across, down = round(by.x() * ratio), round(by.y() * ratio)
        self._see(self._view.panned(self._room(), across, down))

    # Drags that do not draw: of the view, and of the divider.

    def _grab(self, position: QPointF, button: Qt.MouseButton) -> bool:
        """Begin to pan, or to move the divider; False if the press is meant for the drawing."""
        pans = button == Qt.MouseButton.MiddleButton
        if pans or (self._hand and button == Qt.MouseButton.LeftButton):
            self._pan_from = position
        elif button == Qt.MouseButton.LeftButton and self._is_on_grip(position):
            self._moves_divider = True
        self._show_cursor()
        return self._is_grabbed

    def _drag(self, position: QPointF) -> bool:
        """Go on with what `_grab` began; False if it began nothing."""
        if self._pan_from is not None:
            self._pan(position - self._pan_from)
            self._pan_from = position
        elif self._moves_divider:
            seen, x = self._divider_at(self._grid())
            wanted = position.x() * self.devicePixelRatioF()
            self.move_divider((wanted - x) / max(1, seen.width()))
        return self._is_grabbed

    def _let_go(self) -> None:
        self._pan_from, self._moves_divider = None, False
        self._show_cursor()

    def _set_hand(self, held: bool) -> None:  # noqa: FBT001
        """Pan with the left button while Space is held."""
        self._hand = held
        self._show_cursor()

    @property
    def _is_grabbed(self) -> bool:
        return self._pan_from is not None or self._moves_divider

    def _is_on_grip(self, position: QPointF) -> bool:
        if self.shown is not Shown.COMPARE or self.fitting_sample is None:
            return False
        ratio = self.devicePixelRatioF()
        seen, x = self._divider_at(self._grid())
        away = QPointF(position.x() - x / ratio, position.y() - seen.top() / ratio - GRIP)
        return max(abs(away.x()), abs(away.y())) <= GRIP + 3

    def _show_cursor(self, position: QPointF | None = None) -> None:
        shape = _CURSORS.get(self.tool, Qt.CursorShape.CrossCursor)
        if self.why_locked:
            shape = Qt.CursorShape.ArrowCursor
        area = self.drawing.selection
        if self._pan_from is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._hand:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._moves_divider or (position is not None and self._is_on_grip(position)):
            shape = Qt.CursorShape.SplitHCursor
        elif self.tool is Tool.SELECT and self.pointer and area and area.contains(self.pointer):
            shape = Qt.CursorShape.SizeAllCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # Wheel, touchpad and pinch.

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom, pan with two fingers, or ask for another brush."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        keys = event.modifiers()
        if keys & Qt.KeyboardModifier.ShiftModifier:
            if turned and self.tool.has_brush:
                self.brush_resized.emit(self.brush_size + (1 if turned > 0 else -1))
        elif _is_touchpad(event) and not keys & Qt.KeyboardModifier.ControlModifier:
            pixels = event.pixelDelta()
            self._pan((event.angleDelta() / 2 if pixels.isNull() else pixels).toPointF())
        else:
            self._turn(turned, event.position())
        event.accept()

    def _turn(self, turned: int, position: QPointF) -> None:
        """Zoom by whole notches; a fine wheel or a touchpad sends parts of one."""
        if self._turned * turned < 0:
            self._turned = 0
        self._turned += turned
        steps = int(self._turned / WHEEL_STEP)
        self._turned -= steps * WHEEL_STEP
        if steps:
            self._zoom(steps, position)

    def event(self, event: QEvent) -> bool:
        """Zoom with a pinch."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._pinch(1 + event.value(), event.position())
            event.accept()
            return True
        return super().event(event)

    def _pinch(self, growth: float, position: QPointF) -> None:
        self._pinched *= growth
        if not 1 / PINCH_STEP < self._pinched < PINCH_STEP:
            self._zoom(1 if self._pinched > 1 else -1, position)
            self._pinched = 1.0


def _is_touchpad(event: QWheelEvent) -> bool:
    """Whether two fingers scroll, where the system tells; a plain wheel has no phases."""
    is_pad = event.device().type() == QInputDevice.DeviceType.TouchPad
    return is_pad or event.phase() != Qt.ScrollPhase.NoScrollPhase
