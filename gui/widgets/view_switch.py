"""The switch between the two pictures of a scan: one trigger per class, or one per pair."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from gui import theme
from gui.widgets.tips import as_tip, give_tip

CLASSES, PAIRS = range(2)
LEAST_WIDTH, MOST_WIDTH = 28 * theme.SPACING, 36 * theme.SPACING
USUAL_ROOM, SHARE_OF_MORE = 126 * theme.SPACING, 0.3  # so that it is a quarter of a large window
USUAL_LETTERS = 20  # of body text that fill the least width in a font of 9 pt
_BUTTONS = (
    (
        "C&lasses",
        "How many pixels a trigger needs to turn any other image into the class. A backdoor's"
        " class needs far fewer than the others.",
    ),
    (
        "P&air map",
        "How many pixels a trigger needs to turn images of one class into another, for every pair."
        " It shows backdoors that move chosen classes only.",
    ),
)


def side_width(room: int = 0) -> int:
    """How wide the switch and the chart below it are in a view of this width.

    It grows with the system's font, and with the room that a large window has.
    """
    wanted = QFontMetrics(theme.text_font()).horizontalAdvance("M" * USUAL_LETTERS)
    more = round(SHARE_OF_MORE * max(room - USUAL_ROOM, 0))
    return min(max(wanted, LEAST_WIDTH), MOST_WIDTH) + more


class ViewSwitch(QWidget):
    """Two buttons, of which one is down.

    Signals:
        chosen: CLASSES or PAIRS, by the person.
    """

    chosen = Signal(int)

    def __init__(self, present: int) -> None:
        """`present` is the view that the switch belongs to, and stands on."""
        super().__init__()
        self._present = present
        self.buttons = [QPushButton(text) for text, _ in _BUTTONS]
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for number, button in enumerate(self.buttons):
            give_tip(button, as_tip(_BUTTONS[number][1]))
            button.setObjectName("view")
            button.setCheckable(True)
            button.setChecked(number == present)
            group.addButton(button, number)
            row.addWidget(button, 1)
        self.setFixedWidth(side_width())
        group.idClicked.connect(self._on_clicked)

    def fit(self, room: int) -> None:
        """Take the width that belongs to a view of this width."""
        self.setFixedWidth(side_width(room))

    def take_focus(self) -> None:
        """Give the keyboard to the button that is down."""
        self.buttons[self._present].setFocus()

    def _on_clicked(self, number: int) -> None:
        """The other view has a switch of its own; this one stays as it is."""
        self.buttons[self._present].setChecked(True)
        if number != self._present:
            self.chosen.emit(number)
