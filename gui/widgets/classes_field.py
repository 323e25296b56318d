"""A field for several classes: a button that reads "1, 3" and opens a list to tick them in."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy


class ClassesField(QPushButton):
    """Chooses any number of classes; `current()` is a tuple of their numbers, ascending.

    Signals:
        edited: Another class was ticked or unticked.
    """

    edited = Signal()

    def __init__(self) -> None:
        """Make a field without classes on offer; `set_choices` brings them."""
        super().__init__()
        self._value: tuple[int, ...] = ()
        self._list = _StayingMenu(self)
        self.setMenu(self._list)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._list.triggered.connect(self._toggle)
        self._show()

    def set_choices(self, choices: Iterable[tuple[int, str]]) -> None:
        """Offer classes, each with its name."""
        self._list.clear()
        for value, name in choices:
            action = self._list.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setData(value)
        self._show()

    def current(self) -> tuple[int, ...]:
        """The chosen classes, ascending."""
        return self._value

    def set_value(self, value: Iterable[int]) -> None:
        """Choose these classes; `edited` stays silent."""
        self._value = tuple(sorted(set(value)))
        self._show()

    def _toggle(self, action: QAction) -> None:
        chosen = set(self._value) ^ {int(action.data())}
        self.set_value(chosen)
        self.edited.emit()

    def _show(self) -> None:
        names = {action.data(): action.text().replace("&&", "&") for action in self._list.actions()}
        for action in self._list.actions():
            action.setChecked(action.data() in self._value)
        words = ", ".join(names.get(value, str(value)) for value in self._value) or "none"
        metrics = self.fontMetrics()
        room = max(self.width() - 3 * metrics.averageCharWidth(), 8 * metrics.averageCharWidth())
        self.setText(metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))
        self.setAccessibleDescription(words)


class _StayingMenu(QMenu):
    """A menu that stays open while its entries are ticked; Escape or a click beside closes it."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tick what is under the pointer."""
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tick with Space or Enter."""
        action = self.activeAction()
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if action is not None and event.key() in keys:
            action.trigger()
        else:
            super().keyPressEvent(event)
