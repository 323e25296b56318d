"""A row of colours to choose from, and the row of those used last."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gui.widgets.arrow_group import ArrowGroup
from gui.widgets.ring_button import RingButton
from gui.widgets.tips import give_tip

Colour = tuple[int, ...]
SWATCH = 18
ROW_LENGTH = 9


class SwatchRow(QWidget):
    """Colours in a row, of which the chosen one is marked.

    Signals:
        chosen: The colour, clicked on.
    """

    chosen = Signal(object)

    def __init__(self, colours: Sequence[Colour] = ()) -> None:
        super().__init__()
        self._colours: list[Colour] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.buttons = [self._make_button() for _ in range(ROW_LENGTH)]
        self._row.addStretch(1)
        ArrowGroup(self.buttons, self)
        self.set_colours(colours)

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The colours, from left to right."""
        return tuple(self._colours)

    def set_colours(self, colours: Sequence[Colour]) -> None:
        """Show these, at most as many as there are places."""
        self._colours = list(colours)[:ROW_LENGTH]
        for place, button in enumerate(self.buttons):
            has_colour = place < len(self._colours)
            button.setEnabled(has_colour)
            if has_colour:
                self._show(button, self._colours[place])
            else:
                button.setIcon(_empty_icon(self.palette()))
                button.setChecked(False)
                button.setAccessibleName("no colour yet")
                give_tip(button, "<b>Recent colours</b><br>What you paint with appears here.")

    def mark(self, colour: Colour) -> None:
        """Mark the chosen colour, if it is here."""
        for place, button in enumerate(self.buttons):
            button.setChecked(place < len(self._colours) and self._colours[place] == colour)

    def button(self, colour: Colour) -> QToolButton:
        """The button of a colour."""
        return self.buttons[self._colours.index(colour)]

    def _make_button(self) -> QToolButton:
        button = RingButton()
        button.setCheckable(True)
        button.setIconSize(QSize(SWATCH, SWATCH))
        button.setFixedSize(SWATCH + 4, SWATCH + 6)
        button.clicked.connect(self._tell)
        self._row.addWidget(button)
        return button

    def _show(self, button: QToolButton, colour: Colour) -> None:
        button.setIcon(swatch_icon(colour, self.palette()))
        grey = len(set(colour)) == 1
        name = f"grey {colour[0]}" if grey else QColor(*colour).name().upper()
        button.setAccessibleName(name)
        give_tip(button, f"<b>{name.capitalize()}</b><br>Paint with this. X swaps black, white.")

    def _tell(self) -> None:
        for place, button in enumerate(self.buttons):
            if button is self.sender():
                self.chosen.emit(self._colours[place])


def swatch_icon(colour: Colour, palette: QPalette) -> QIcon:
    """A framed square of a colour, 0..255, grey or red, green and blue."""
    picture = _blank_picture()
    picture.fill(QColor(*(colour if len(colour) == 3 else colour * 3)))
    painter = QPainter(picture)
    painter.setPen(palette.color(QPalette.ColorRole.Shadow))
    painter.drawRect(0, 0, SWATCH - 1, SWATCH - 1)
    painter.end()
    return QIcon(picture)


def _empty_icon(palette: QPalette) -> QIcon:
    picture = _blank_picture()
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DotLine))
    painter.drawRect(0, 0, SWATCH - 1, SWATCH - 1)
    painter.end()
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Disabled)
    return icon


def _blank_picture() -> QPixmap:
    picture = QPixmap(2 * SWATCH, 2 * SWATCH)
    picture.setDevicePixelRatio(2)
    return picture
