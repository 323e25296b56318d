"""What is seen on the canvas: the layers, the grid, and how near one is."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gui.widgets.arrow_group import ArrowGroup
from gui.widgets.canvas_actions import Description, make_action, make_button
from gui.widgets.canvas_picture import Shown
from gui.widgets.tips import as_plain
from gui.widgets.tone_label import ToneLabel

_LAYERS = {
    Shown.SAMPLE: Description("Sample", "", "F5", "The image alone, as it is without a trigger."),
    Shown.TRIGGER: Description(
        "Trigger", "", "F6",
        "The trigger alone, on a chequered ground that shows through where the opacity is below"
        " 100 %.",
    ),
    Shown.RESULT: Description(
        "Result", "", "F7",
        "The image with the trigger as the attack puts it there: what a network gets to see. Where"
        " every image gets it at another place, whoever draws sees the trigger alone.",
    ),
    Shown.COMPARE: Description(
        "Compare", "", "F8",
        "Sample at the left and result at the right of a divider. Drag its grip, or press the comma"
        " and the full stop. As soon as you draw on the sample, the result is shown whole.",
    ),
}  # fmt: skip
_LINES = Description(
    "Pixel grid", "mdi6.grid", "Ctrl+G", "Lines between the cells; every eighth is stronger."
)
_IN = Description(
    "Zoom in", "mdi6.plus", ("Ctrl++", "Ctrl+="),
    "So does the wheel, at the pointer. Drag with the middle button, or with Space held, to move"
    " about; on a touchpad, use two fingers.",
)  # fmt: skip
_OUT = Description("Zoom out", "mdi6.minus", "Ctrl+-", "So does the wheel, at the pointer.")
_FIT = Description(
    "Fit", "mdi6.fit-to-screen-outline", "Ctrl+0",
    "Shows the whole canvas as large as possible.",
)  # fmt: skip


class LayerSwitch(QWidget):
    """Four buttons of which one is down: sample, trigger, result, and a comparison.

    Attributes:
        layer_actions: The action of each.

    Signals:
        chosen: What shall be Shown.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.layer_actions = {
            shown: make_action(description, self, checkable=True)
            for shown, description in _LAYERS.items()
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        group = QActionGroup(self)
        for action in self.layer_actions.values():
            group.addAction(action)
            button = QToolButton()
            button.setObjectName("layer")
            button.setDefaultAction(action)
            button.setAccessibleDescription(as_plain(action.toolTip()))
            row.addWidget(button)
            action.triggered.connect(self._tell)
        self.show_chosen(Shown.RESULT)
        ArrowGroup(self.findChildren(QToolButton), self)

    def show_chosen(self, shown: Shown) -> None:
        """Show what is seen now; `chosen` stays silent."""
        self.layer_actions[shown].setChecked(True)

    def choose(self, shown: Shown) -> None:
        """Choose as the button does."""
        self.layer_actions[shown].trigger()

    def _tell(self) -> None:
        for shown, action in self.layer_actions.items():
            if action.isChecked():
                self.chosen.emit(shown)


class ZoomBar(QWidget):
    """The grid, and the zoom: fit, out, in, and in figures; as narrow as the tools.

    Attributes:
        lines_action: The pixel grid.
        in_action, out_action, fit_action: The zoom.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines_action = make_action(_LINES, self, checkable=True)
        self.lines_action.setChecked(True)
        self.in_action, self.out_action, self.fit_action = (
            make_action(description, self) for description in (_IN, _OUT, _FIT)
        )
        self.figure = ToneLabel(size="small")
        self._build()

    @property
    def zoom_actions(self) -> list[QAction]:
        """In, out and fit."""
        return [self.in_action, self.out_action, self.fit_action]

    def show_zoom(self, percent: int, *, fits: bool) -> None:
        """Say how large the canvas is seen."""
        self.figure.setText(f"{percent:,} %")
        self.fit_action.setEnabled(not fits)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        self.figure.setToolTip("Pixels of the screen to a cell's side, in percent.")
        self.figure.setAccessibleName("Zoom")
        self.figure.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.figure.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        actions = (self.lines_action, self.fit_action, self.out_action, self.in_action)
        buttons = [make_button(action) for action in actions]
        for place, button in enumerate(buttons):
            grid.addWidget(button, place // 2, place % 2)
        ArrowGroup(buttons, self)
        grid.addWidget(self.figure, 2, 0, 1, 2)
