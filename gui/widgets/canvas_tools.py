"""The column of tools beside the canvas, and the actions that its keys trigger."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.stroke import Tool

BUTTON_SIDE, ICON_SIDE = 32, 20


@dataclass(frozen=True)
class _Description:
    title: str
    icon: str
    keys: str
    explanation: str


_TOOLS = {
    Tool.PENCIL: _Description(
        "Pencil", "mdi6.pencil", "B", "Draws cells. The right button erases, with any tool."
    ),
    Tool.ERASER: _Description(
        "Eraser", "mdi6.eraser", "E", "Takes cells out of the trigger: there the image stays."
    ),
    Tool.LINE: _Description("Line", "mdi6.vector-line", "L", "Draws a straight line."),
    Tool.RECTANGLE: _Description("Rectangle", "mdi6.rectangle", "R", "Draws a filled rectangle."),
    Tool.FILL: _Description(
        "Fill", "mdi6.format-color-fill", "G", "Fills the area of one colour around a cell."
    ),
    Tool.EYEDROPPER: _Description(
        "Eyedropper", "mdi6.eyedropper-variant", "I",
        "Takes colour and opacity from a cell of the trigger, or the colour of the image.",
    ),
    Tool.MOVE: _Description(
        "Move", "mdi6.cursor-move", "V",
        "Moves the whole trigger by dragging, or cell by cell with the arrow keys.",
    ),
}  # fmt: skip
_UNDO = _Description("Undo", "mdi6.undo", "Ctrl+Z", "Takes back one stroke.")
_REDO = _Description("Redo", "mdi6.redo", "Ctrl+Shift+Z", "Brings a stroke back.")
_CLEAR = _Description(
    "Clear", "mdi6.delete-outline", "Delete", "Erases the whole trigger. Undo brings it back."
)


class ToolColumn(QWidget):
    """Buttons for the tools, and for undo, redo and clear.

    Attributes:
        undo_action: Undo; who shows it in a menu takes this one, so that its key is unique.
        redo_action: Redo, likewise.
        clear_action: Clear, likewise.

    Signals:
        tool_chosen: The Tool.
    """

    tool_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.undo_action = self._make_action(_UNDO)
        self.redo_action = self._make_action(_REDO)
        self.clear_action = self._make_action(_CLEAR)
        self.tool_actions = {tool: self._make_action(_TOOLS[tool]) for tool in Tool}
        self._build()
        self._connect()

    def button(self, action: QAction) -> QToolButton:
        """The button that shows an action."""
        return next(
            button for button in self.findChildren(QToolButton) if button.defaultAction() is action
        )

    def choose(self, tool: Tool) -> None:
        """Take a tool in hand, as its button does."""
        self.tool_actions[tool].trigger()

    def _make_action(self, description: _Description) -> QAction:
        action = QAction(theme.icon(description.icon), description.title, self)
        action.setShortcut(QKeySequence(description.keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shown = QKeySequence(description.keys).toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"<b>{description.title}</b> ({shown})<br>{description.explanation}")
        return action

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        group = QActionGroup(self)
        for action in self.tool_actions.values():
            action.setCheckable(True)
            group.addAction(action)
            column.addWidget(self._make_button(action))
        self.tool_actions[Tool.PENCIL].setChecked(True)
        rule = QFrame()
        rule.setFrameShape(QFrame.Shape.HLine)
        rule.setForegroundRole(self.palette().ColorRole.Mid)
        column.addWidget(rule)
        for action in (self.undo_action, self.redo_action, self.clear_action):
            column.addWidget(self._make_button(action))
        column.addStretch(1)

    def _make_button(self, action: QAction) -> QToolButton:
        button = QToolButton(autoRaise=True)
        button.setDefaultAction(action)
        button.setIconSize(QSize(ICON_SIDE, ICON_SIDE))
        button.setFixedSize(BUTTON_SIDE, BUTTON_SIDE)
        button.setAccessibleName(action.text())
        return button

    def _connect(self) -> None:
        for action in self.tool_actions.values():
            action.triggered.connect(self._tell_tool)

    def _tell_tool(self) -> None:
        for tool, action in self.tool_actions.items():
            if action.isChecked():
                self.tool_chosen.emit(tool)
