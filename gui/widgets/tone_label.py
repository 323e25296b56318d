"""A label in one of the three text sizes and, if wanted, in the colour of a meaning."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPalette,
)
from PySide6.QtWidgets import QLabel, QMenu

from gui import theme
from gui.widgets.long_words import breakable, without_breaks


class ToneLabel(QLabel):
    """Plain text, never markup; its colour follows the scheme.

    Where it wraps, long words are broken as well: a file's name must not widen the window.
    """

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
        super().__init__()
        self._tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.text_font(size, bold=bold, tabular=True))
        self.setWordWrap(wrap)
        self.setText(text)
        self._tint()

    def text(self) -> str:
        """What it says."""
        return without_breaks(super().text())

    def setText(self, text: str) -> None:
        """Say something else."""
        super().setText(breakable(text) if self.wordWrap() else text)

    def set_tone(self, tone: theme.Tone | None) -> None:
        """Take the colour of another meaning, or none."""
        self._tone = tone
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what is selected as it was said."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self._copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy it, where it can be selected."""
        if not self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            super().contextMenuEvent(event)
            return
        self.copy_menu().popup(event.globalPos())

    def copy_menu(self) -> QMenu:
        """What can be done with the selection; it goes when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy, everything = menu.addAction("&Copy"), menu.addAction("Select &all")
        copy.setEnabled(self.hasSelectedText())
        copy.triggered.connect(self._copy)
        everything.triggered.connect(self._select_all)
        return menu

    def _selected(self) -> str:
        return without_breaks(self.selectedText())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._selected())

    def _select_all(self) -> None:
        self.setSelection(0, len(super().text()))

    def _tint(self) -> None:
        role = QPalette.ColorRole.WindowText
        if self._tone is None:
            if self.testAttribute(Qt.WidgetAttribute.WA_SetPalette):
                self.setPalette(QPalette())
        elif self.palette().color(role) != theme.colour(self._tone):
            palette = QPalette()
            palette.setColor(role, theme.colour(self._tone))
            self.setPalette(palette)
