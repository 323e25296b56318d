"""Terms and what they mean, in two columns."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QWidget

from gui import theme
from gui.widgets.tone_label import ToneLabel

LEAST_LINES, MOST_LINES = 3, 11
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
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """What the text needs, but no more than eleven lines."""
        return QSize(super().sizeHint().width(), self._height(MOST_LINES))

    def minimumSizeHint(self) -> QSize:
        """Three lines, where a window is too small for more."""
        return QSize(super().minimumSizeHint().width(), self._height(LEAST_LINES))

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
        self.setWidget(page)
        self._fit()

    def text(self) -> str:
        """All of it, a line for each term."""
        return "\n".join(f"{term}: {meaning}" for term, meaning in self._terms)

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

    def _height(self, lines: int) -> int:
        page = self.widget()
        most = lines * QFontMetrics(theme.text_font("small")).lineSpacing()
        return 0 if page is None else min(page.sizeHint().height(), most)
