"""A choice whose list says beside each entry how it stands, such as "170 MB to download"."""

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.widgets.fields import ChoiceField

_STATE_ROLE = Qt.ItemDataRole.UserRole + 1
_GAP = 4 * theme.SPACING


class ChoiceWithState(ChoiceField):
    """A ChoiceField; the words beside the entries are seen while its list is open."""

    def __init__(self, choices: Iterable[tuple[Any, str]]) -> None:
        """Make a field that offers (value, label) pairs."""
        super().__init__(choices)
        self._delegate = _WithState(self)
        self.setItemDelegate(self._delegate)

    def set_states(self, states: Mapping[Any, str]) -> None:
        """Say of each value how it stands."""
        for index in range(self.count()):
            state = states.get(self.itemData(index), "")
            self.setItemData(index, state, _STATE_ROLE)
            spoken = f"{self.itemText(index)}, {state}" if state else self.itemText(index)
            self.setItemData(index, spoken, Qt.ItemDataRole.AccessibleTextRole)

    def showPopup(self) -> None:
        """Make the list as wide as its words."""
        rows = (self._delegate.width_of(self, index) for index in range(self.count()))
        self.view().setMinimumWidth(max(self.width(), *rows))
        super().showPopup()


class _WithState(QStyledItemDelegate):
    """Paints an entry as usual, and its state at the right in the colour of secondary text."""

    def width_of(self, field: ChoiceField, index: int) -> int:
        metrics = field.fontMetrics()
        state = str(field.itemData(index, _STATE_ROLE) or "")
        words = metrics.horizontalAdvance(field.itemText(index) + state)
        return words + _GAP + 2 * metrics.height()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        state = str(index.data(_STATE_ROLE) or "")
        if not state:
            return
        painter.save()
        painter.setFont(option.font)
        painter.setPen(option.palette.placeholderText().color())
        room = option.rect.adjusted(0, 0, -theme.SPACING, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, state)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), max(hint.height(), 3 * theme.SPACING))
