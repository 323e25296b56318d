"""What belongs to the tool in hand: the brush, or what can be done with a selection."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QWidget

from gui import theme
from gui.widgets.arrow_group import ArrowGroup
from gui.widgets.canvas_actions import Description, make_action, make_button
from gui.widgets.shapes import LARGEST_BRUSH, BrushShape
from gui.widgets.slider_field import SliderField
from gui.widgets.stroke import Tool
from gui.widgets.tone_label import ToneLabel

BUTTON_SIDE, ICON_SIDE = 24, 14
_SHAPES = {
    BrushShape.SQUARE: Description(
        "Square brush", "mdi6.square", "Q", "With 3 px, a single click makes the classic patch."
    ),
    BrushShape.ROUND: Description(
        "Round brush", "mdi6.circle", "O", "Without corners; up to 2 px it is a square, too."
    ),
}
_NOTES = {
    Tool.RECTANGLE: "Drag from corner to corner.",
    Tool.FILL: "Click into an area of one colour.",
    Tool.EYEDROPPER: "Click on the colour to paint with.",
    Tool.MOVE: "Drag, or use the arrow keys.",
}


class ToolOptions(QStackedWidget):
    """One line, of the same height for every tool.

    Attributes:
        brush: The size of the brush.
        shape_actions: The action of each shape.

    Signals:
        shape_chosen: The BrushShape.
    """

    shape_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.shape_actions = {
            shape: make_action(description, self, checkable=True)
            for shape, description in _SHAPES.items()
        }
        self.brush = SliderField(
            1, LARGEST_BRUSH, unit="px", name="Brush size",
            tooltip="<b>Brush size</b> ([ and ], or Shift and the wheel)<br>Cells from side to"
            " side. With 3 a single click makes the classic patch.",
        )  # fmt: skip
        self.note = ToneLabel(size="small")
        self._pieces = QHBoxLayout()
        self._build()

    def add_piece_actions(self, actions: list[QAction]) -> None:
        """Offer these while a selection can be made."""
        buttons = [make_button(action, BUTTON_SIDE + 4, ICON_SIDE + 2) for action in actions]
        for button in buttons:
            self._pieces.addWidget(button)
        ArrowGroup(buttons, self)
        self._pieces.addStretch(1)

    def show_tool(self, tool: Tool) -> None:
        """Show what belongs to a tool."""
        self.note.setText(_NOTES.get(tool, ""))
        self.setCurrentIndex(0 if tool.has_brush else 1 if tool is Tool.SELECT else 2)

    def _build(self) -> None:
        self.addWidget(self._build_brush())
        pieces = QWidget()
        pieces.setLayout(self._pieces)
        self._pieces.setContentsMargins(0, 0, 0, 0)
        self._pieces.setSpacing(2)
        self._pieces.addWidget(QLabel("Selection"))
        self._pieces.addSpacing(theme.SPACING)
        self.addWidget(pieces)
        self.addWidget(self.note)

    def _build_brush(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        label = QLabel("&Brush")
        label.setBuddy(self.brush)
        row.addWidget(label)
        row.addSpacing(theme.SPACING)
        group = QActionGroup(self)
        buttons = []
        for action in self.shape_actions.values():
            group.addAction(action)
            action.triggered.connect(self._tell_shape)
            buttons.append(make_button(action, BUTTON_SIDE, ICON_SIDE))
            row.addWidget(buttons[-1])
        ArrowGroup(buttons, self)
        self.shape_actions[BrushShape.SQUARE].setChecked(True)
        row.addSpacing(theme.SPACING // 2)
        row.addWidget(self.brush, 1)
        return line

    def _tell_shape(self) -> None:
        for shape, action in self.shape_actions.items():
            if action.isChecked():
                self.shape_chosen.emit(shape)
