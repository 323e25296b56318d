"""Rows of a measurement: a name, a share as a number and a bar, and what else is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap, QResizeEvent
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
LEAST_BAR, MOST_BAR = 24, 96
ROOM = 3 * theme.SPACING  # beside the text of a column
BLANK = 16  # pixels of an icon that shows nothing
ROW = 18  # pixels of a line at least, with a mark or without


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        key: Names it to the program.
        name: What was tried.
        share: What came out, 0..1.
        notes: What it means, or else is known, one for each column behind the bar.
        is_chosen: Whether it is the one that is taken.
        is_suspect: Whether it is a warning.
    """

    key: str
    name: str
    share: float
    notes: tuple[str, ...] = ()
    is_chosen: bool = False
    is_suspect: bool = False


class MeasureList(QTreeWidget):
    """Such rows; the best need no search, as they come first.

    Signals:
        row_chosen: The key of the row that the person clicked or pressed Enter on.
    """

    row_chosen = Signal(str)

    def __init__(self, headings: tuple[str, ...], *, widest: str, selectable: bool) -> None:
        """Make an empty list with headings for name, share and notes; `widest` is a long name.

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
        self._notes = headings[2:]
        self.setHeaderLabels([headings[0], headings[1], "", *self._notes])
        for column, heading in enumerate(self._notes, NOTE):
            self.headerItem().setToolTip(column, heading)  # where it is cut off
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if not selectable:
            self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFont(theme.text_font("small", tabular=True))
        metrics = self.fontMetrics()
        self.setColumnWidth(NAME, metrics.horizontalAdvance(widest) + 36)
        self.header().setFont(self.font())
        share = max(metrics.horizontalAdvance(text) for text in ("MMM 100.0 %", headings[1]))
        self.setColumnWidth(SHARE, share + theme.SPACING)
        self._share_width()
        self.header().setSectionsMovable(False)
        self.setItemDelegateForColumn(BAR, _Bar(self))
        self.itemActivated.connect(self._choose)
        self.itemClicked.connect(self._choose)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows, in their order."""
        self.clear()
        warns = any(row.is_suspect for row in rows)
        for row in rows:
            item = QTreeWidgetItem([row.name, words.share(row.share), "", *row.notes])
            item.setData(NAME, SHARE_ROLE, row.key)
            item.setSizeHint(SHARE, QSize(0, ROW))
            item.setData(BAR, SHARE_ROLE, (row.share, "backdoor" if row.is_suspect else "clean"))
            item.setTextAlignment(SHARE, RIGHT)
            for column, note in enumerate(row.notes, NOTE):
                item.setToolTip(column, note)
            item.setToolTip(NAME, row.name)
            self._mark(item, row, beside_marks=warns)
            self.addTopLevelItem(item)
            if row.is_chosen:
                self.setCurrentItem(item)

        self._share_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share_width()

    def texts(self) -> list[tuple[str, ...]]:
        """Name, share and notes of every row."""
        items = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        columns = (NAME, SHARE, *range(NOTE, self.columnCount()))
        return [tuple(one.text(column) for column in columns) for one in items if one]

    def _share_width(self) -> None:
        """Give words what they need; the bars get what is left, and shrink before any word does."""
        wanted = []
        for column, heading in enumerate(self._notes, NOTE):
            rows = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
            said = [heading, *(row.text(column) for row in rows if row)]
            wanted.append(max(map(self.fontMetrics().horizontalAdvance, said)) + ROOM)
        taken = self.columnWidth(NAME) + self.columnWidth(SHARE) + sum(wanted)
        left = self.viewport().width() - taken
        self.setColumnWidth(BAR, min(max(left, LEAST_BAR), MOST_BAR))
        for column, width in enumerate(wanted[:-1], NOTE):  # the last one takes what there is
            self.setColumnWidth(column, width)

    def _mark(self, item: QTreeWidgetItem, row: Row, *, beside_marks: bool) -> None:
        if row.is_suspect:
            item.setIcon(NAME, theme.icon("mdi6.alert", "undecided"))
        elif not self._selectable:
            if beside_marks:
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
