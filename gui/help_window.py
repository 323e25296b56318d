"""A small window with text that can stay open beside the work."""

import html
from collections.abc import Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QMainWindow,
    QMenu,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from gui import theme

KEYS_WIDTH = 19 * theme.SPACING  # of the column of keys, so that all tables align


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


def list_keys(window: QMainWindow) -> str:
    """Every shortcut of the window as a table, menu by menu, taken from the actions themselves."""
    listed: set[QAction] = set()
    groups = []
    for entry in window.menuBar().actions():
        menu = entry.menu()
        if isinstance(menu, QMenu):
            groups.append((_plain(entry.text()), _rows(menu.actions(), listed)))
    # All others are those of the canvas: no menu has them.
    at_help = len(groups) - 1
    groups.insert(at_help, ("Canvas", _rows(window.findChildren(QAction), listed)))
    tables = [
        f"<h3>{html.escape(title)}</h3><table cellspacing='4'>{''.join(rows)}</table>"
        for title, rows in groups
        if rows
    ]
    more = "<p>Space or Enter presses the focused button; Tab goes on to the next field.</p>"
    return f"{''.join(tables)}{more}"


def _rows(actions: Sequence[QAction], listed: set[QAction]) -> list[str]:
    """A row for each that has keys and is not listed yet."""
    rows = []
    for action in actions:
        keys = [one.toString(QKeySequence.SequenceFormat.NativeText) for one in action.shortcuts()]
        if action in listed or not any(keys) or not action.text():
            continue
        listed.add(action)
        shown = "&nbsp;or&nbsp;".join(f"<b>{html.escape(one)}</b>" for one in keys if one)
        name = html.escape(_plain(action.text()))
        rows.append(f"<tr><td width='{KEYS_WIDTH}'>{shown}</td><td>{name}</td></tr>")
    return rows


def _plain(text: str) -> str:
    return text.replace("&", "").removesuffix(" …")
