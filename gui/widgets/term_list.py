"""Terms and what they mean: a sheet over a page, with what matters most first."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QToolButton, QWidget

from gui import theme
from gui.widgets.escape import Escape
from gui.widgets.tone_label import ToneLabel

LONGEST = "Lines that are read with ease have hardly more letters than there are in this one here."
MARGINS = 2 * theme.SPACING
APART = theme.SPACING
IN_SHORT, NUMBERS = "In short", "The numbers"
_MOVED = {QEvent.Type.Resize, QEvent.Type.Move}


class TermList(QScrollArea):
    """Plain text that can be selected; it scrolls where it is long, a button or Escape closes it.

    Signals:
        closed: The person is done with it.
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("What it means")
        self._texts: tuple[str, ...] = ()
        self._said: list[tuple[ToneLabel, bool]] = []  # and whether a term stands at its left
        self._name_width = 0
        self._anchor: QWidget | None = None
        self.close_button = QToolButton(self, autoRaise=True)
        self.close_button.setIcon(theme.icon("mdi6.close"))
        self.close_button.setAccessibleName("Close")
        self.close_button.setToolTip("Close. Escape does the same.")
        self.close_button.adjustSize()
        self.setViewportMargins(0, 0, self.close_button.width(), 0)  # no text lies under it
        self.close_button.clicked.connect(self.closed)
        Escape(self, self.closed.emit)

    def lie_below(self, anchor: QWidget) -> None:
        """Lie over the page that this widget is on, below it, from now on."""
        page = self._anchor = anchor
        parent = anchor.parentWidget()
        if parent is not None:
            page = parent
            self.setParent(parent)
        self.setVisible(False)
        for part in (page, anchor):
            part.installEventFilter(self)

    def set_terms(self, short: Sequence[str], terms: Sequence[tuple[str, str]]) -> None:
        """Show what matters most, and then these terms, each with its meaning."""
        self._texts = (*short, *(f"{term}: {meaning}" for term, meaning in terms))
        self._said, self._name_width = [], 0
        page = QWidget()
        page.setObjectName("terms")
        grid = QGridLayout(page)
        grid.setContentsMargins(*[MARGINS // 2] * 4)
        grid.setHorizontalSpacing(MARGINS)
        grid.setVerticalSpacing(APART)
        grid.setColumnStretch(1, 1)
        if short:
            grid.addWidget(ToneLabel(IN_SHORT, bold=True), 0, 0, 1, 2)
        for text in short:
            grid.addWidget(self._paragraph(text, beside=False), grid.rowCount(), 0, 1, 2)
        if terms:
            grid.addWidget(ToneLabel(NUMBERS, bold=True), grid.rowCount(), 0, 1, 2)
        for term, meaning in terms:
            name, row = ToneLabel(term), grid.rowCount()
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._paragraph(meaning, beside=True), row, 1)
            self._name_width = max(self._name_width, name.sizeHint().width())
        grid.setRowStretch(grid.rowCount(), 1)  # what is left over does not part the terms
        self.setWidget(page)
        self._place()

    def text(self) -> str:
        """All of it, a line for each part."""
        return "\n".join(self._texts)

    @property
    def paragraphs(self) -> list[ToneLabel]:
        """The texts as they are seen, from the top."""
        return [label for label, _ in self._said]

    def showEvent(self, event: QShowEvent) -> None:
        """Lie over all else."""
        super().showEvent(event)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the page and what stands above."""
        if event.type() in _MOVED:
            self._place()
        return super().eventFilter(watched, event)

    def _paragraph(self, text: str, *, beside: bool) -> ToneLabel:
        said = ToneLabel(text, wrap=True)
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        said.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._said.append((said, beside))
        return said

    def _place(self) -> None:
        page, anchor = self.parentWidget(), self._anchor
        if page is None or anchor is None or self.isHidden():
            return
        line = QFontMetrics(theme.text_font()).horizontalAdvance(LONGEST)
        width = min(line + self._beside_text(), page.width() - 2 * theme.MARGIN)
        top = anchor.mapTo(page, QPoint(0, anchor.height())).y() + theme.SPACING // 2
        self._break_lines(width - self._beside_text())
        content = self.widget()
        needed = 0 if content is None else content.sizeHint().height() + 2 * self.frameWidth()
        height = min(needed, page.height() - top - theme.MARGIN)
        bar = Qt.ScrollBarPolicy
        scrolls = needed > height
        self.setVerticalScrollBarPolicy(
            bar.ScrollBarAlwaysOn if scrolls else bar.ScrollBarAlwaysOff
        )
        if not scrolls:  # no text gets wider than its lines were broken for
            width -= self.verticalScrollBar().sizeHint().width()
        self.setGeometry(page.width() - theme.MARGIN - width, top, width, height)
        self.close_button.move(self.viewport().geometry().right() + 1, self.frameWidth())
        if content is not None and (layout := content.layout()) is not None:
            layout.invalidate()  # or it keeps the width from before it was seen
            layout.activate()
        self.raise_()

    def _beside_text(self) -> int:
        """Pixels of the width for margins, frame, button and scroll bar, be it seen or not."""
        bar, button = self.verticalScrollBar().sizeHint(), self.close_button
        return MARGINS + 2 * self.frameWidth() + bar.width() + button.width()

    def _break_lines(self, width: int) -> None:
        """Give every text the height that it needs in this width."""
        for label, beside in self._said:
            label.setMinimumHeight(0)  # or it would be the least answer below
            room = width - self._name_width - MARGINS if beside else width
            label.setFixedHeight(label.heightForWidth(room))
