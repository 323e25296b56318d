"""A small window with text that can stay open beside the work."""

import html

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from gui import theme


class HelpWindow(QDialog):
    """Shows one text at a time."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = QTextBrowser(openExternalLinks=False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        # The style's own icon is black in every scheme.
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setIcon(theme.icon("mdi6.close"))
        buttons.rejected.connect(self.hide)
        column = QVBoxLayout(self)
        column.setSpacing(theme.SPACING)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.text.document().setDocumentMargin(2 * theme.SPACING)
        self.resize(520, 400)

    def show_text(self, title: str, rich_text: str) -> None:
        """Show the program's own rich text."""
        self.setWindowTitle(title)
        self.text.setHtml(rich_text)
        self.show()
        self.activateWindow()


def list_keys(window: QWidget) -> str:
    """Every shortcut of the window and its tabs as a table, taken from the actions themselves."""
    rows: dict[str, str] = {}
    for action in window.findChildren(QAction):
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        if keys and action.text():
            rows[keys] = action.text().replace("&", "").removesuffix(" …")
    lines = [
        f"<tr><td><b>{html.escape(keys)}</b>&nbsp;&nbsp;&nbsp;</td><td>{html.escape(text)}</td></tr>"
        for keys, text in sorted(rows.items(), key=lambda row: (len(row[0]), row[0]))
    ]
    more = "<p>Space or Enter presses the focused button; Tab goes on to the next field.</p>"
    return f"<table cellspacing='4'>{''.join(lines)}</table>{more}"
