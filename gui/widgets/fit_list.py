"""The networks that a file may hold, best first, and all that does not fit."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.opening.fits import Fit
from gui import theme

NAME, SUMMARY = range(2)
LONGEST_NAME = "mobilenet_v3_small, 1"
ICON_ROOM, ROOM = 40, 2 * theme.SPACING
_FITS, _MISFITS = "mdi6.check-circle", "mdi6.close"
ALL_FITS = "Every tensor of the file has its place in this network, and every place its tensor."


class FitList(QWidget):
    """A list to choose from, and below it every name that does not fit the chosen one.

    Signals:
        chosen: The architecture that the person chose.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.list = QTreeWidget()
        self.problems = QPlainTextEdit(readOnly=True)
        self._fits: tuple[Fit, ...] = ()
        self._build()
        self.list.itemClicked.connect(self._on_chosen)
        self.list.itemActivated.connect(self._on_chosen)

    def show_fits(self, fits: Sequence[Fit], chosen: Fit | None) -> None:
        """Show the candidates, and what does not fit of the one that is chosen."""
        if tuple(fits) != self._fits:
            self._fits = tuple(fits)
            self.list.clear()
            for fit in fits:
                icon = _FITS if fit.fits else _MISFITS
                item = QTreeWidgetItem([fit.name, fit.summary()])
                item.setIcon(NAME, theme.icon(icon))
                item.setToolTip(NAME, fit.title)
                item.setToolTip(SUMMARY, fit.summary())
                self.list.addTopLevelItem(item)
            self._share_width()
        if chosen is None:
            self.problems.setPlainText("")
            return
        places = [at for at, fit in enumerate(self._fits) if fit == chosen]
        present = self.list.topLevelItem(places[0]) if places else None
        if present is not None:
            self.list.setCurrentItem(present)
        said = ALL_FITS if chosen.fits else "\n".join(chosen.problems())
        if self.problems.toPlainText() != said:
            self.problems.setPlainText(said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """Give what does not fit the width that it needs, beyond that of a network's mere name."""
        advance = self.list.fontMetrics().horizontalAdvance
        wanted = max([advance(fit.summary()) for fit in self._fits], default=0) + ROOM
        left = self.list.width() - advance(LONGEST_NAME) - ICON_ROOM
        self.list.setColumnWidth(SUMMARY, max(min(wanted, left), ROOM))

    def _on_chosen(self, item: QTreeWidgetItem, _column: int = 0) -> None:
        self.chosen.emit(self._fits[self.list.indexOfTopLevelItem(item)].architecture)

    def _build(self) -> None:
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setHeaderLabels(["Network", "How the file fits it"])
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Networks that the file may hold")
        self.list.setToolTip("Best first; a click takes another one and measures again.")
        self.problems.setAccessibleName("What does not fit")
        self.problems.setToolTip("Every tensor that is missing, surplus, or of another shape.")
        for part in (self.list, self.problems):
            part.setFont(theme.text_font("small", tabular=True))
        header = self.list.header()
        header.setFont(self.list.font())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)  # all that is free
        self.problems.setFixedHeight(5 * self.fontMetrics().height())
        self.problems.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.problems.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        column.addWidget(self.list, 1)
        column.addWidget(self.problems)
