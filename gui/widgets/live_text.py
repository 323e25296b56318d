"""Text that changes many times a second without the window being laid out anew."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.tips import show_tip


class LiveText(QWidget):
    """Plain text in the width it is given: in as many lines as it may have, and elided then.

    A QLabel asks for a new layout with every text, and the tabs answer that by painting
    everything on them; this one asks only when it needs another number of lines.
    """

    def __init__(
        self,
        text: str = "",
        *,
        size: theme.TextSize = "body",
        bold: bool = False,
        most_lines: int = 1,
    ) -> None:
        """Make a text of at most so many lines; digits in it have one width."""
        super().__init__()
        self._text = ""
        self._most = most_lines
        self._tone: theme.Tone | None = None
        self._lines = [""]
        self.setFont(theme.text_font(size, bold=bold, tabular=True))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def text(self) -> str:
        """What it says."""
        return self._text

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they are shown."""
        return tuple(self._lines)

    def set_text(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self._break()
            self.update()

    def set_tone(self, tone: theme.Tone | None) -> None:
        """Take the colour of a meaning, or that of text."""
        self._tone = tone
        self.update()

    def event(self, event: QEvent) -> bool:
        """Tell all of it where it is elided, before what else there is to tell."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            is_elided = "".join(self._lines) != self._text
            parts = [self._text] * is_elided + [self.toolTip()] * bool(self.toolTip())
            show_tip(event, "\n\n".join(parts), self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._break()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the lines."""
        painter = QPainter(self)
        text = self.palette().color(self.foregroundRole())
        painter.setPen(text if self._tone is None else theme.colour(self._tone))
        height = self.height() / len(self._lines)
        for row, line in enumerate(self._lines):
            area = QRectF(0, row * height, self.width(), height)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, line)

    def sizeHint(self) -> QSize:
        """The lines that it needs, as wide as there is room."""
        height = QFontMetrics(self.font()).height()
        return QSize(8 * theme.SPACING, len(self._lines) * height)

    def minimumSizeHint(self) -> QSize:
        """A few letters wide."""
        return self.sizeHint()

    def _break(self) -> None:
        """Break the text into lines; the last one is elided if more would be needed."""
        before = len(self._lines)
        starts = self._starts() or [0]
        ends = [*starts[1:], len(self._text)]
        self._lines = [self._text[a:b] for a, b in zip(starts, ends, strict=True)]
        metrics, right = QFontMetrics(self.font()), Qt.TextElideMode.ElideRight
        self._lines[-1] = metrics.elidedText(self._lines[-1], right, self.width())
        if len(self._lines) != before:
            self.updateGeometry()

    def _starts(self) -> list[int]:
        """At which letter each line begins."""
        starts: list[int] = []
        layout = QTextLayout(self._text, self.font())
        layout.beginLayout()
        while len(starts) < self._most and (line := layout.createLine()).isValid():
            line.setLineWidth(self.width())
            starts.append(line.textStart())
        layout.endLayout()
        return starts
