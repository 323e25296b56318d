"""The canvas: draws a trigger cell by cell over a sample, with mouse, pen or keyboard."""

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QWidget

from gui.widgets.canvas_pieces import PieceSurface
from gui.widgets.layers import Cell, Paint
from gui.widgets.stroke import Stroke, Tool

LONG_STEP = 4  # cells that Shift makes of one
_ARROWS: dict[int, Cell] = {
    Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
}  # fmt: skip
_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier


class TriggerCanvas(PieceSurface):
    """Shows a trigger on a sample, and lets it be drawn.

    Keyboard: the arrows move the drawing cursor, Space draws. With the move tool, with something
    selected, or with Ctrl, they move the trigger or what is selected; Shift makes four steps of
    one. Escape takes the stroke back that is going on, or else drops the selection.

    Signals:
        picked: The eyedropper took this Paint.
        painted: A stroke has ended that left this Paint.
    """

    picked = Signal(object)
    painted = Signal(object)

    def __init__(self, shape: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(shape, parent)
        self._button = Qt.MouseButton.NoButton
        self._by_keyboard = False
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Trigger canvas")

    # Strokes, whatever draws them.

    def _press(self, cell: Cell, tool: Tool, paint: Paint) -> None:
        if self.why_locked:
            return
        if tool is Tool.EYEDROPPER:
            self._pick(cell)
            return
        self._let_see(cell)
        self._stroke = Stroke(self.drawing, tool, paint, self.brush, cell)
        self._changed()

    def _reach(self, cell: Cell, *, even: bool = False) -> None:
        if self._stroke is not None and self._stroke.last != cell:
            self._let_see(cell)
            self._stroke.reach(cell, even=even)
            self._changed()

    def _release(self) -> None:
        stroke, self._stroke = self._stroke, None
        if stroke is None:
            return
        has_changed = stroke.finish()
        self._changed()
        self.pointed.emit(self.pointer)
        if has_changed and stroke.tool.paints and stroke.paint.opacity:
            self.painted.emit(stroke.paint)

    def _pick(self, cell: Cell) -> None:
        """Take the drawing's colour and opacity, or the sample's colour where nothing is drawn."""
        if not self.drawing.contains(cell):
            return
        found, sample = self.drawing.paint_at(cell), self.fitting_sample
        if found.opacity == 0 and sample is not None:
            row, column = cell
            values = sample[:, row, column].tolist()
            found = Paint(tuple(int(value) for value in values), self.paint.opacity)
        if found.opacity:
            self.picked.emit(found)

    # Mouse and pen. The right button, and the other end of a pen, erase.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke, or move the view."""
        self._press_at(event.position(), event.button(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on, or point."""
        self._move_to(event.position(), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke with the button that began it."""
        self._release_button(event.button())

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Draw with a pen as with the mouse."""
        button = event.button()
        if event.pointerType() == QPointingDevice.PointerType.Eraser and button == _LEFT:
            button = _RIGHT
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._press_at(event.position(), button, event.modifiers())
        elif event.type() == QEvent.Type.TabletRelease:
            self._release_button(button)
        else:
            self._move_to(event.position(), event.modifiers())
        event.accept()

    def _press_at(
        self, position: QPointF, button: Qt.MouseButton, keys: Qt.KeyboardModifier
    ) -> None:
        if self._stroke is not None or self._is_grabbed:
            return
        cell = self._cell_at(position)
        self._by_keyboard, self._button = False, button
        self._point_at(cell)
        if self._grab(position, button):
            return
        if button == _LEFT:
            picks = keys & _CTRL and self.tool.paints
            self._press(cell, Tool.EYEDROPPER if picks else self.tool, self.paint)
        elif button == _RIGHT:
            self._press(cell, self.tool.erasing, Paint(self.paint.colour, 0))

    def _move_to(self, position: QPointF, keys: Qt.KeyboardModifier) -> None:
        if self._drag(position):
            return
        self._by_keyboard = False
        cell = self._cell_at(position)
        self._reach(cell, even=bool(keys & _SHIFT))
        self._point_at(cell)
        self._show_cursor(position)

    def _release_button(self, button: Qt.MouseButton) -> None:
        if button == self._button:
            self._let_go()
            self._release()

    def leaveEvent(self, _event: QEvent) -> None:
        """Point at nothing."""
        self._point_at(None)

    def _point_at(self, cell: Cell | None) -> None:
        if cell is not None and not self.drawing.contains(cell):
            cell = None
        if cell != self.pointer or self._stroke is not None:
            self.pointer = cell
            self.pointed.emit(cell)
            self.update()

    # The keyboard.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cursor, the selection or the trigger; draw; or take the stroke back."""
        key, modifiers = event.key(), event.modifiers() & ~_KEYPAD
        if key in _ARROWS and not modifiers & ~(_CTRL | _SHIFT):
            length = LONG_STEP if modifiers & _SHIFT else 1
            by = _ARROWS[key][0] * length, _ARROWS[key][1] * length
            self._step(by, nudges=bool(modifiers & _CTRL))
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._press_space()
        elif key != Qt.Key.Key_Escape or not (self.cancel() or self.deselect()):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End what Space began."""
        if event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat():
            if self._by_keyboard:
                self._release()
            self._set_hand(False)

    def _press_space(self) -> None:
        """Draw at the keyboard's cursor; beside a mouse, take the view in hand instead."""
        if not self._by_keyboard:
            self._set_hand(True)
        elif self._stroke is None and self.pointer is not None:
            self._press(self.pointer, self.tool, self.paint)

    def _step(self, by: Cell, *, nudges: bool) -> None:
        """One arrow key: move what is selected, the trigger, or the cursor and its stroke."""
        has_selection = self.tool is Tool.SELECT and self.drawing.selection is not None
        if self._stroke is None and (nudges or self.tool is Tool.MOVE or has_selection):
            if self.why_locked:
                return
            if self.drawing.nudge(*by):
                self._changed()
            self.pointed.emit(self.pointer)
            return
        _, height, width = self.drawing.shape
        row, column = self.pointer or (height // 2, width // 2)
        cell = min(max(row + by[0], 0), height - 1), min(max(column + by[1], 0), width - 1)
        self._by_keyboard = True
        self._reach(cell)
        self._point_at(cell)

    def event(self, event: QEvent) -> bool:
        """Keep Escape while there is something to drop, whatever else it means in the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            drops = self._stroke is not None or self.drawing.selection is not None
            if event.key() == Qt.Key.Key_Escape and drops:
                event.accept()
                return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """End a stroke whose release will go elsewhere."""
        self._end_all()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """End a stroke whose release will go elsewhere."""
        self._end_all()
        super().hideEvent(event)

    def _end_all(self) -> None:
        self._release()
        self._let_go()
        self._set_hand(False)
