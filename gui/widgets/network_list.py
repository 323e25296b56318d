"""The clean networks of a calibration: which are done, how well each learned, by what recipe."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem

from engine.events import NetworkCalibrated
from gui import theme, words

HEADINGS = ("Network", "Right on", "Trained with")
TIPS = (
    "Clean networks, numbered in the order in which they are made.",
    "Share of clean test images that it classifies rightly.",
    "Each is trained in its own way, so that together they cover what others do.",
)
NUMBER, ACCURACY, RECIPE = range(3)
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class NetworkList(QTreeWidget):
    """A row for each network: made, in work, or to come."""

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Clean networks")
        self.setHeaderLabels(HEADINGS)
        for column, tip in enumerate(TIPS):
            self.headerItem().setToolTip(column, tip)
        self.setFont(theme.text_font("small", tabular=True))
        for column, widest in ((NUMBER, "MMM 8888"), (ACCURACY, "MM in work")):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(widest) + 24)
        self.header().setSectionsMovable(False)

    def show_networks(
        self,
        done: Mapping[int, NetworkCalibrated],
        total: int,
        in_work: int | None,
        *,
        is_paused: bool = False,
    ) -> None:
        """Show the networks from 1 to `total`.

        Args:
            done: Those that are made, by number.
            total: How many there shall be; further ones that are done are shown as well.
            in_work: The number of the one that is being made now, or None.
            is_paused: Whether it waits.
        """
        rows = max([total, *done])
        while self.topLevelItemCount() > rows:
            self.takeTopLevelItem(rows)
        for number in range(self.topLevelItemCount() + 1, rows + 1):
            item = QTreeWidgetItem([str(number)])
            item.setTextAlignment(ACCURACY, RIGHT)
            self.addTopLevelItem(item)
        for number in range(1, rows + 1):
            at_work = number == in_work and ("paused" if is_paused else "being made")
            self._fill(self.topLevelItem(number - 1), done.get(number), at_work or "")
        current = self.topLevelItem(in_work - 1) if in_work is not None else None
        if current is not None:
            self.scrollToItem(current)

    def _fill(
        self,
        item: QTreeWidgetItem | None,
        network: NetworkCalibrated | None,
        at_work: str,
    ) -> None:
        if item is None:
            return
        accuracy, recipe, icon = "", "", theme.icon("mdi6.circle-small", "sham")
        if network is not None:
            accuracy, recipe = words.share(network.clean_accuracy), network.recipe
            icon = theme.icon("mdi6.check-circle", "clean")
        elif at_work:
            accuracy, icon = at_work, theme.icon("mdi6.circle-slice-4", "accent")
        if (item.text(ACCURACY), item.text(RECIPE)) != (accuracy, recipe) or item.icon(0).isNull():
            item.setIcon(NUMBER, icon)
            item.setText(ACCURACY, accuracy)
            item.setText(RECIPE, recipe)
            item.setToolTip(RECIPE, recipe)
