"""The tools beside the canvas, and the actions that its keys trigger."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from gui.widgets.arrow_group import ArrowGroup
from gui.widgets.canvas_actions import Description, make_action, make_button
from gui.widgets.rule import rule
from gui.widgets.shapes import Symmetry
from gui.widgets.stroke import Tool

COLUMNS = 2
_TOOLS = {
    Tool.PENCIL: Description(
        "Pencil", "mdi6.pencil", "B",
        "Draws cells. The right button erases, with any tool; Ctrl and a click picks a colour.",
    ),
    Tool.ERASER: Description(
        "Eraser", "mdi6.eraser", "E",
        "Takes cells out of the trigger: there the image stays. So does the other end of a pen.",
    ),
    Tool.LINE: Description(
        "Line", "mdi6.vector-line", "L",
        "Draws a straight line. Shift makes it level, upright or diagonal.",
    ),
    Tool.RECTANGLE: Description(
        "Rectangle", "mdi6.rectangle", "R", "Draws a filled rectangle; with Shift, a square."
    ),
    Tool.FILL: Description(
        "Fill", "mdi6.format-color-fill", "G", "Fills the area of one colour around a cell."
    ),
    Tool.EYEDROPPER: Description(
        "Eyedropper", "mdi6.eyedropper-variant", "I",
        "Takes colour and opacity from a cell of the trigger, or the colour of the image.",
    ),
    Tool.SELECT: Description(
        "Select", "mdi6.selection-drag", "S",
        "Selects a rectangle. Drag in it, or use the arrow keys, to move what is selected; Shift"
        " makes four steps of one. Escape drops it.",
    ),
    Tool.MOVE: Description(
        "Move", "mdi6.cursor-move", "V",
        "Moves what is selected, or else the whole trigger, by dragging or with the arrow keys;"
        " Shift makes four steps of one. With any tool, Ctrl and the arrow keys do the same.",
    ),
}  # fmt: skip
_MIRRORS = {
    Symmetry.LEFT_RIGHT: Description(
        "Mirror left and right", "mdi6.reflect-horizontal", "H",
        "Draws every stroke again, mirrored at the upright middle line.",
    ),
    Symmetry.TOP_BOTTOM: Description(
        "Mirror top and bottom", "mdi6.reflect-vertical", "Shift+H",
        "Draws every stroke again, mirrored at the level middle line.",
    ),
}  # fmt: skip
_UNDO = Description("&Undo", "mdi6.undo", "Ctrl+Z", "Takes back one stroke, or a row of nudges.")
_REDO = Description("&Redo", "mdi6.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Brings a step back.")
_CLEAR = Description(
    "C&lear", "mdi6.delete-outline", "Delete",
    "Erases what is selected, or else the whole trigger. Undo brings it back.",
)  # fmt: skip
_CUT = Description(
    "Cu&t", "mdi6.content-cut", "Ctrl+X",
    "Copies what is selected, or else the whole trigger, and erases it.",
)  # fmt: skip
_COPY = Description(
    "&Copy", "mdi6.content-copy", "Ctrl+C",
    "Puts what is selected, or else the whole trigger, on the clipboard as a picture whose"
    " transparency is the mask.",
)  # fmt: skip
_PASTE = Description(
    "&Paste", "mdi6.content-paste", "Ctrl+V",
    "Lays the picture on the clipboard on the trigger, at the pointer; a large one is scaled to"
    " fit. It can be moved until something else is drawn.",
)  # fmt: skip
_SELECT_ALL = Description("Select &all", "mdi6.select-all", "Ctrl+A", "Selects the whole canvas.")


class ToolColumn(QWidget):
    """Buttons for the tools, for mirrors, and for undo, redo, paste and clear.

    Attributes:
        tool_actions: The action of each tool.
        mirror_actions: The action of each mirror.
        undo_action: Undo; who shows it in a menu takes this one, so that its key is unique.
        redo_action, cut_action, copy_action, paste_action, select_all_action, clear_action:
            Likewise.

    Signals:
        tool_chosen: The Tool.
        symmetry_chosen: The Symmetry.
    """

    tool_chosen = Signal(object)
    symmetry_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.undo_action, self.redo_action, self.cut_action, self.copy_action = (
            make_action(description, self) for description in (_UNDO, _REDO, _CUT, _COPY)
        )
        self.paste_action, self.select_all_action, self.clear_action = (
            make_action(description, self) for description in (_PASTE, _SELECT_ALL, _CLEAR)
        )
        self.tool_actions = {tool: make_action(_TOOLS[tool], self, checkable=True) for tool in Tool}
        self.mirror_actions = {
            symmetry: make_action(description, self, checkable=True)
            for symmetry, description in _MIRRORS.items()
        }
        self._build()
        self._connect()

    @property
    def edit_actions(self) -> list[QAction]:
        """What belongs into a menu *Edit*, in its order."""
        return [
            self.undo_action, self.redo_action, self.cut_action, self.copy_action,
            self.paste_action, self.clear_action, self.select_all_action,
        ]  # fmt: skip

    def button(self, action: QAction) -> QToolButton:
        """The button that shows an action."""
        return next(
            button for button in self.findChildren(QToolButton) if button.defaultAction() is action
        )

    def choose(self, tool: Tool) -> None:
        """Take a tool in hand, as its button does."""
        self.tool_actions[tool].trigger()

    def choose_selection(self) -> None:
        """Take the selection tool in hand: there is something to move."""
        self.choose(Tool.SELECT)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        group = QActionGroup(self)
        for action in self.tool_actions.values():
            group.addAction(action)
        self.tool_actions[Tool.PENCIL].setChecked(True)
        last = (self.undo_action, self.redo_action, self.paste_action, self.clear_action)
        for actions in (self.tool_actions.values(), self.mirror_actions.values(), last):
            if grid.count():
                grid.addWidget(rule(), grid.rowCount(), 0, 1, COLUMNS)
            row, buttons = grid.rowCount(), [make_button(action) for action in actions]
            for place, button in enumerate(buttons):
                grid.addWidget(button, row + place // COLUMNS, place % COLUMNS)
            ArrowGroup(buttons, self)
        grid.setRowStretch(grid.rowCount(), 1)

    def _connect(self) -> None:
        for action in self.tool_actions.values():
            action.triggered.connect(self._tell_tool)
        for action in self.mirror_actions.values():
            action.toggled.connect(self._tell_symmetry)

    def _tell_tool(self) -> None:
        for tool, action in self.tool_actions.items():
            if action.isChecked():
                self.tool_chosen.emit(tool)

    def _tell_symmetry(self) -> None:
        chosen = Symmetry.NONE
        for symmetry, action in self.mirror_actions.items():
            if action.isChecked():
                chosen |= symmetry
        self.symmetry_chosen.emit(chosen)
