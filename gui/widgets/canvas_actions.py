"""Actions of the canvas that teach themselves: title, key and explanation, and their buttons."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton

from gui import theme
from gui.widgets.ring_button import RingButton
from gui.widgets.tips import as_plain

BUTTON_SIDE, ICON_SIDE = 32, 20


@dataclass(frozen=True)
class Description:
    """What an action is called and does.

    Attributes:
        title: Its name in menus and tooltips; an ampersand stands before its letter in a menu.
        icon: The QtAwesome name of its icon, or nothing.
        keys: Its shortcuts, the first of which is shown.
        explanation: One or two sentences for the tooltip.
    """

    title: str
    icon: str
    keys: str | tuple[str, ...]
    explanation: str


def make_action(description: Description, parent: QObject, *, checkable: bool = False) -> QAction:
    """Make an action whose keys work wherever a widget that has it is in front."""
    action = QAction(description.title, parent)
    if description.icon:
        action.setIcon(theme.icon(description.icon))
    names = (description.keys,) if isinstance(description.keys, str) else description.keys
    action.setShortcuts([QKeySequence(name) for name in names])
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    title = description.title.replace("&", "")
    action.setToolTip(f"<b>{title}</b> ({shown})<br>{description.explanation}")
    action.setCheckable(checkable)
    return action


def make_button(action: QAction, side: int = BUTTON_SIDE, icon: int = ICON_SIDE) -> QToolButton:
    """A flat square button for an action."""
    button = RingButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(icon, icon))
    button.setFixedSize(side, side)
    button.setAccessibleName(action.iconText())
    button.setAccessibleDescription(as_plain(action.toolTip()))
    return button
