"""Terms and what they mean, in two columns."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

from gui import theme
from gui.widgets.tone_label import ToneLabel

LEAST_LINES = 3
MOST_SHARE = 0.45  # of the window's height: about half of a tab's page
MARGINS = 3 * theme.SPACING


class TermList(QScrollArea):
    """Plain text that can be selected; it scrolls where it is long."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._terms: tuple[tuple[str, str], ...] = ()
        self._meanings: list[ToneLabel] = []
        self._name_width = 0
        self._window: QWidget | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """What the text needs, but no more than about half of the page."""
        most = max(round(MOST_SHARE * self.window().height()), self._lines(LEAST_LINES))
        return QSize(super().sizeHint().width(), self._height(most))

    def minimumSizeHint(self) -> QSize:
        """Three lines, where a window is too small for more."""
        return QSize(super().minimumSizeHint().width(), self._height(self._lines(LEAST_LINES)))

    def set_terms(self, terms: Sequence[tuple[str, str]]) -> None:
        """Show these terms, each with its meaning."""
        self._terms = tuple(terms)
        self._meanings, self._name_width = [], 0
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, theme.SPACING, 0)
        grid.setHorizontalSpacing(2 * theme.SPACING)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, (term, meaning) in enumerate(self._terms):
            name = ToneLabel(term, size="small", bold=True)
            said = ToneLabel(meaning, size="small", wrap=True)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for column, label in enumerate((name, said)):
                label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(label, row, column)
            self._meanings.append(said)
            self._name_width = max(self._name_width, name.sizeHint().width())
        grid.setRowStretch(len(self._terms), 1)  # what is left over does not part the terms
        self.setWidget(page)
        self._fit()

    def text(self) -> str:
        """All of it, a line for each term."""
        return "\n".join(f"{term}: {meaning}" for term, meaning in self._terms)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the window's height from now on."""
        super().showEvent(event)
        if self._window is not self.window():
            self._window = self.window()
            self._window.installEventFilter(self)
        self.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another height when the window has one."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the text needs in this width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        width = self.viewport().width() - self._name_width - MARGINS
        for said in self._meanings:
            said.setMinimumHeight(0)  # or it would be the least answer below
            said.setFixedHeight(said.heightForWidth(width))
        self.updateGeometry()

    def _height(self, most: int) -> int:
        page = self.widget()
        return 0 if page is None else min(page.sizeHint().height(), most)

    def _lines(self, count: int) -> int:
        return count * QFontMetrics(theme.text_font("small")).lineSpacing()
