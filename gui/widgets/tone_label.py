"""A label in one of the three text sizes and, if wanted, in the colour of a meaning."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel

from gui import theme


class ToneLabel(QLabel):
    """Plain text, never markup; its colour follows the scheme."""

    def __init__(
        self,
        text: str = "",
        *,
        size: theme.TextSize = "body",
        tone: theme.Tone | None = None,
        bold: bool = False,
        wrap: bool = False,
    ) -> None:
        """Make a label; digits in it have one width."""
        super().__init__(text)
        self._tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.text_font(size, bold=bold, tabular=True))
        self.setWordWrap(wrap)
        self._tint()

    def set_tone(self, tone: theme.Tone | None) -> None:
        """Take the colour of another meaning, or none."""
        self._tone = tone
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        role = QPalette.ColorRole.WindowText
        if self._tone is None:
            if self.testAttribute(Qt.WidgetAttribute.WA_SetPalette):
                self.setPalette(QPalette())
        elif self.palette().color(role) != theme.colour(self._tone):
            palette = QPalette()
            palette.setColor(role, theme.colour(self._tone))
            self.setPalette(palette)
