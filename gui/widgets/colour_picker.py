"""The colour to paint with: grey levels for one channel, colours for three."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.widgets.swatches import ROW_LENGTH, Colour, SwatchRow, swatch_icon
from gui.widgets.tips import give_tip

_GREYS = (255, 223, 191, 159, 128, 96, 64, 32, 0)
_COLOURS = (
    "#FF0000", "#FF8000", "#FFFF00", "#00C000", "#00FFFF", "#0060FF", "#8000FF", "#FF00FF",
    "#804000",
)  # fmt: skip


class ColourPicker(QWidget):
    """Chooses the colour, 0..255 per channel.

    Args:
        channels: 1 for grey levels, 3 for colours.

    Attributes:
        recent: The colours painted with last.

    Signals:
        changed: The colour, chosen by the user.
    """

    changed = Signal(object)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self._channels = channels
        self._colour: Colour = (255,) * channels
        self._greys, self._hues, self.recent = SwatchRow(), SwatchRow(), SwatchRow()
        self._label = QLabel()
        self.level = QSpinBox()
        self.more_button = QPushButton("More &colours …")
        self._build()
        self._connect()
        self.set_channels(channels)

    @property
    def colour(self) -> Colour:
        """The chosen colour."""
        return self._colour

    def set_channels(self, channels: int) -> None:
        """Choose for images of so many channels: white first, and no recent colours."""
        is_grey = channels == 1
        self._channels = channels
        self._greys.set_colours([(grey,) * channels for grey in _GREYS])
        hues = [QColor(name) for name in _COLOURS]
        self._hues.set_colours([(hue.red(), hue.green(), hue.blue()) for hue in hues])
        self.recent.set_colours([])
        self._label.setText("&Grey level" if is_grey else "Colour")
        self._label.setBuddy(self.level if is_grey else self.more_button)
        self.level.setVisible(is_grey)
        for part in (self._hues, self.more_button):
            part.setVisible(not is_grey)
        self.set_colour((255,) * channels)

    def set_colour(self, colour: Colour) -> None:
        """Show this colour as chosen; `changed` stays silent."""
        self._colour = colour
        self.level.blockSignals(True)
        self.level.setValue(colour[0])
        self.level.blockSignals(False)
        for row in (self._greys, self._hues, self.recent):
            row.mark(colour)
        self.more_button.setIcon(swatch_icon(colour, self.palette()))

    def remember(self, colour: Colour) -> None:
        """Put a colour first among the recent ones: it was painted with."""
        if len(colour) != self._channels:
            return
        others = [known for known in self.recent.colours if known != colour]
        self.recent.set_colours([colour, *others][:ROW_LENGTH])
        self.recent.mark(self._colour)

    def swatch(self, colour: Colour) -> QToolButton:
        """The button of a colour of the palette."""
        row = self._greys if colour in self._greys.colours else self._hues
        return row.button(colour)

    def swap(self) -> None:
        """White if the colour is dark, otherwise black."""
        bright = max(self._colour) >= 128
        self._choose(((0 if bright else 255),) * self._channels)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        header = QHBoxLayout()
        header.setSpacing(theme.SPACING)
        header.addWidget(self._label, 1)
        header.addWidget(self.level)
        header.addWidget(self.more_button)
        column.addLayout(header)
        swatches = QVBoxLayout()
        swatches.setSpacing(0)
        for row in (self._greys, self._hues, self.recent):
            swatches.addWidget(row)
        column.addLayout(swatches)
        give_tip(self.more_button, "<b>More colours</b><br>Opens the system's choice of colours.")
        self.level.setRange(0, 255)
        give_tip(self.level, "<b>Grey level</b><br>0 is black, 255 is white. X swaps the two.")
        self.level.setAccessibleName("Grey level")

    def _connect(self) -> None:
        self.level.valueChanged.connect(self._take_level)
        self.more_button.clicked.connect(self._ask)
        for row in (self._greys, self._hues, self.recent):
            row.chosen.connect(self._choose)

    def _choose(self, colour: Colour) -> None:
        self.set_colour(colour)
        self.changed.emit(colour)

    def _take_level(self, level: int) -> None:
        self._choose((level,) * self._channels)

    def _ask(self) -> None:
        chosen = QColorDialog.getColor(QColor(*self._colour), self, "Colour of the trigger")
        if chosen.isValid():
            self._choose((chosen.red(), chosen.green(), chosen.blue()))
