"""Several buttons as one stop of the Tab key, in which the arrow keys move."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

_STEPS = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class ArrowGroup(QObject):
    """Tab leads to the button that is down, or had the focus last; arrows only move the focus.

    Space presses what has the focus, so that nothing happens on the way to it.
    """

    def __init__(self, buttons: Sequence[QAbstractButton], parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons = tuple(buttons)
        self._stop = self._buttons[0]
        for button in self._buttons:
            button.installEventFilter(self)
            button.toggled.connect(self._follow_choice)
        self._follow_choice()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move at an arrow key; let no disabled button be the stop."""
        if event.type() == QEvent.Type.EnabledChange:
            self._stop_at(self._stop)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _STEPS.get(Qt.Key(event.key()))
            if step is not None and isinstance(watched, QAbstractButton):
                self._move(watched, *step)
                return True
        elif event.type() == QEvent.Type.FocusIn and isinstance(watched, QAbstractButton):
            self._stop_at(watched)
        elif event.type() == QEvent.Type.FocusOut:
            self._follow_choice()
        return super().eventFilter(watched, event)

    def _follow_choice(self) -> None:
        chosen = [button for button in self._buttons if button.isChecked()]
        if not any(button.hasFocus() for button in self._buttons):
            self._stop_at(chosen[0] if len(chosen) == 1 else self._stop)

    def _stop_at(self, wanted: QAbstractButton) -> None:
        """Make a button the only one that Tab reaches; a disabled one hands over to another."""
        able = [button for button in self._buttons if button.isEnabled()]
        self._stop = wanted if wanted in able or not able else able[0]
        for button in self._buttons:
            is_stop = button is self._stop
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_stop else Qt.FocusPolicy.NoFocus)

    def _move(self, button: QAbstractButton, across: int, down: int) -> None:
        """Give the focus to the nearest button in a direction, if there is one."""
        here = button.geometry().center()
        found = []
        for other in self._buttons:
            way = other.geometry().center() - here
            ahead = way.x() * across + way.y() * down
            aside = abs(way.x() * down) + abs(way.y() * across)
            if ahead > 0 and other.isEnabled() and other.isVisible():
                found.append((aside, ahead, other))
        if found:
            *_, nearest = min(found, key=lambda one: one[:2])
            nearest.setFocus(Qt.FocusReason.TabFocusReason)
