"""One line of text that changes many times a second without the window being laid out anew."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import theme


class LiveText(QWidget):
    """Plain text in the width it is given, elided where that is too small.

    A QLabel asks for a new layout with every text, and the tabs answer that by painting
    everything on them.
    """

    def __init__(
        self,
        text: str = "",
        *,
        size: theme.TextSize = "body",
        bold: bool = False,
    ) -> None:
        """Make a line; digits in it have one width."""
        super().__init__()
        self._text = ""
        self.setFont(theme.text_font(size, bold=bold, tabular=True))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def text(self) -> str:
        """What it says."""
        return self._text

    def set_text(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def event(self, event: QEvent) -> bool:
        """Tell the whole line where it is elided, before what else there is to tell."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            metrics = QFontMetrics(self.font())
            is_elided = metrics.horizontalAdvance(self._text) > self.width()
            parts = [self._text] * is_elided + [self.toolTip()] * bool(self.toolTip())
            QToolTip.showText(event.globalPos(), "\n\n".join(parts), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the line."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics, area = QFontMetrics(self.font()), QRect(self.rect())
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)

    def sizeHint(self) -> QSize:
        """One line, as wide as there is room."""
        return QSize(8 * theme.SPACING, QFontMetrics(self.font()).height())

    def minimumSizeHint(self) -> QSize:
        """One line of a few letters."""
        return self.sizeHint()
