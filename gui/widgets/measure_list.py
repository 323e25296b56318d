"""Rows of a measurement: a name, a share as a number and a bar, and what it means."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from gui import theme, words

NAME, SHARE, BAR, NOTE = range(4)
SHARE_ROLE = Qt.ItemDataRole.UserRole
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
BAR_WIDTH = 96
BLANK = 16  # pixels of an icon that shows nothing


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        key: Names it to the program.
        name: What was tried.
        share: What came out, 0..1.
        note: What it means.
        is_chosen: Whether it is the one that is taken.
        is_suspect: Whether it is a warning.
    """

    key: str
    name: str
    share: float
    note: str = ""
    is_chosen: bool = False
    is_suspect: bool = False


class MeasureList(QTreeWidget):
    """Such rows; the best need no search, as they come first.

    Signals:
        row_chosen: The key of the row that the person clicked or pressed Enter on.
    """

    row_chosen = Signal(str)

    def __init__(self, headings: tuple[str, str, str], *, widest: str, selectable: bool) -> None:
        """Make an empty list with headings for name, share and note; `widest` is a long name.

        Rows that can be selected have a circle, as choices have.
        """
        super().__init__()
        self._selectable = selectable
        nothing = QPixmap(BLANK, BLANK)
        nothing.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(nothing)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setHeaderLabels([headings[0], headings[1], "", headings[2]])
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if not selectable:
            self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFont(theme.text_font("small", tabular=True))
        metrics = self.fontMetrics()
        self.setColumnWidth(NAME, metrics.horizontalAdvance(widest) + 36)
        self.setColumnWidth(SHARE, metrics.horizontalAdvance("MMM 100.0 %"))
        self.setColumnWidth(BAR, BAR_WIDTH)
        self.header().setSectionsMovable(False)
        self.setItemDelegateForColumn(BAR, _Bar(self))
        self.itemActivated.connect(self._choose)
        self.itemClicked.connect(self._choose)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows, in their order."""
        self.clear()
        for row in rows:
            item = QTreeWidgetItem([row.name, words.share(row.share), "", row.note])
            item.setData(NAME, SHARE_ROLE, row.key)
            item.setData(BAR, SHARE_ROLE, (row.share, "backdoor" if row.is_suspect else "clean"))
            item.setTextAlignment(SHARE, RIGHT)
            item.setToolTip(NOTE, row.note)
            item.setToolTip(NAME, row.name)
            self._mark(item, row)
            self.addTopLevelItem(item)
            if row.is_chosen:
                self.setCurrentItem(item)

    def texts(self) -> list[tuple[str, str, str]]:
        """Name, share and note of every row."""
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [(one.text(NAME), one.text(SHARE), one.text(NOTE)) for one in items if one]

    def _mark(self, item: QTreeWidgetItem, row: Row) -> None:
        if row.is_suspect:
            item.setIcon(NAME, theme.icon("mdi6.alert", "undecided"))
        elif not self._selectable:
            item.setIcon(NAME, self._blank)  # names stay in line with those of warnings
        elif row.is_chosen:
            item.setIcon(NAME, theme.icon("mdi6.check-circle", "on_accent"))
        else:
            item.setIcon(NAME, theme.icon("mdi6.circle-outline", "sham"))

    def _choose(self, item: QTreeWidgetItem, _column: int = 0) -> None:
        self.row_chosen.emit(str(item.data(NAME, SHARE_ROLE)))


class _Bar(QStyledItemDelegate):
    """Draws a share as a bar on a track."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw it."""
        super().paint(painter, option, index)
        held = index.data(SHARE_ROLE)
        if held is None:
            return
        share, tone = held
        rect: QRect = option.rect.adjusted(4, 0, -8, 0)
        track = QRect(rect.left(), rect.center().y() - 3, rect.width(), 7)
        painter.fillRect(track, option.palette.color(QPalette.ColorRole.Mid))
        track.setWidth(max(round(track.width() * float(share)), 1))
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        highlighted = option.palette.color(QPalette.ColorRole.HighlightedText)
        painter.fillRect(track, highlighted if is_selected else theme.colour(tone))
