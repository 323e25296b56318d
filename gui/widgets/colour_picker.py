"""Swatches to paint with: grey levels for one channel, colours for three."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme

Colour = tuple[int, ...]
_GREYS = (255, 223, 191, 159, 128, 96, 64, 32, 0)
_COLOURS = (
    "#FF0000", "#FF8000", "#FFFF00", "#00C000", "#00FFFF", "#0060FF", "#8000FF", "#FF00FF",
    "#804000",
)  # fmt: skip
SWATCH = 18


class ColourPicker(QWidget):
    """Chooses the colour, 0..255 per channel.

    Args:
        channels: 1 for grey levels, 3 for colours.

    Signals:
        changed: The colour, chosen by the user.
    """

    changed = Signal(object)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self._channels = channels
        self._colour: Colour = (255,) * channels
        self._swatches: dict[Colour, QToolButton] = {}
        self._group = QButtonGroup(self)
        self.level = QSpinBox()
        self.more_button = QPushButton("More &colours …")
        self._build()
        self._connect()
        self.set_colour(self._colour)

    @property
    def colour(self) -> Colour:
        """The chosen colour."""
        return self._colour

    def set_colour(self, colour: Colour) -> None:
        """Show this colour as chosen; `changed` stays silent."""
        self._colour = colour
        self.level.blockSignals(True)
        self.level.setValue(colour[0])
        self.level.blockSignals(False)
        self._group.setExclusive(False)
        for value, swatch in self._swatches.items():
            swatch.setChecked(value == colour)
        self._group.setExclusive(True)
        self.more_button.setIcon(_swatch_icon(colour, self.palette()))

    def swatch(self, colour: Colour) -> QToolButton:
        """The button of a colour."""
        return self._swatches[colour]

    def swap(self) -> None:
        """White if the colour is dark, otherwise black."""
        bright = max(self._colour) >= 128
        self._choose(((0 if bright else 255),) * self._channels)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        grid = QGridLayout()
        grid.setSpacing(0)
        rows: list[list[Colour]] = [[(grey,) * self._channels for grey in _GREYS]]
        if self._channels == 3:
            rows.append([QColor(name).getRgb()[:3] for name in _COLOURS])  # type: ignore[index]
        for row, colours in enumerate(rows):
            for place, colour in enumerate(colours):
                grid.addWidget(self._make_swatch(colour), row, place)
        grid.setColumnStretch(len(_GREYS), 1)
        column.addLayout(self._header())
        column.addLayout(grid)
        self.more_button.setToolTip("<b>More colours</b><br>Opens the system's choice of colours.")
        self.level.setRange(0, 255)
        self.level.setToolTip("<b>Grey level</b><br>0 is black, 255 is white. X swaps the two.")
        self.level.setAccessibleName("Grey level")

    def _header(self) -> QHBoxLayout:
        header = QHBoxLayout()
        header.setSpacing(theme.SPACING)
        grey = self._channels == 1
        label = QLabel("&Grey level" if grey else "Colour")
        label.setBuddy(self.level if grey else self.more_button)
        header.addWidget(label, 1)
        for part, shown in ((self.level, grey), (self.more_button, not grey)):
            header.addWidget(part)
            part.setVisible(shown)
        return header

    def _make_swatch(self, colour: Colour) -> QToolButton:
        swatch = QToolButton(autoRaise=True)
        swatch.setCheckable(True)
        swatch.setIcon(_swatch_icon(colour, self.palette()))
        swatch.setIconSize(QSize(SWATCH, SWATCH))
        swatch.setFixedSize(SWATCH + 4, SWATCH + 6)
        name = f"grey {colour[0]}" if len(set(colour)) == 1 else QColor(*colour).name().upper()
        swatch.setAccessibleName(name)
        swatch.setToolTip(f"<b>{name.capitalize()}</b><br>Paint with this. X swaps black, white.")
        swatch.clicked.connect(self._take_swatch)
        self._group.addButton(swatch)
        self._swatches[colour] = swatch
        return swatch

    def _connect(self) -> None:
        self.level.valueChanged.connect(self._take_level)
        self.more_button.clicked.connect(self._ask)

    def _choose(self, colour: Colour) -> None:
        self.set_colour(colour)
        self.changed.emit(colour)

    def _take_swatch(self) -> None:
        for colour, swatch in self._swatches.items():
            if swatch is self.sender():
                self._choose(colour)

    def _take_level(self, level: int) -> None:
        self._choose((level,) * self._channels)

    def _ask(self) -> None:
        chosen = QColorDialog.getColor(QColor(*self._colour), self, "Colour of the trigger")
        if chosen.isValid():
            self._choose((chosen.red(), chosen.green(), chosen.blue()))


def _swatch_icon(colour: Colour, palette: QPalette) -> QIcon:
    picture = QPixmap(2 * SWATCH, 2 * SWATCH)
    picture.setDevicePixelRatio(2)
    picture.fill(QColor(*(colour if len(colour) == 3 else colour * 3)))
    painter = QPainter(picture)
    painter.setPen(palette.color(QPalette.ColorRole.Shadow))
    painter.drawRect(0, 0, SWATCH - 1, SWATCH - 1)
    painter.end()
    return QIcon(picture)
