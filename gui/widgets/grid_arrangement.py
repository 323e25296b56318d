"""Where the pairs of a grid of images lie, in device pixels."""

from dataclasses import dataclass, replace
from math import ceil

from PySide6.QtCore import QRect, QSize

from gui import theme

GAP, LINE_GAP = 2 * theme.SPACING, theme.SPACING


@dataclass(frozen=True)
class Arrangement:
    """So many pairs in lines of so many, the first at the left.

    Attributes:
        zoom: Device pixels to a pixel of an image.
        columns: Pairs in a line.
        shown: How many pairs have room.
        width: Of a pair with its captions, in device pixels.
        height: The same downwards.
    """

    zoom: int
    columns: int
    shown: int
    width: int
    height: int

    @classmethod
    def fitting(
        cls, count: int, zoom: int, pair: QSize, room: QSize, ratio: float
    ) -> "Arrangement":
        """As many of `count` pairs of this size, in device pixels, as the room has a place for."""
        gap, line_gap = round(GAP * ratio), round(LINE_GAP * ratio)
        columns = (room.width() + gap) // (pair.width() + gap)
        lines = (room.height() + line_gap) // (pair.height() + line_gap)
        shown = min(count, columns * lines)
        if shown:
            columns = ceil(shown / ceil(shown / columns))  # all lines of about one length
        return cls(zoom, columns, shown, pair.width(), pair.height())

    def place(self, number: int, ratio: float) -> QRect:
        """Where the pair with this number lies."""
        row, column = divmod(number, self.columns)
        left = column * (self.width + round(GAP * ratio))
        top = row * (self.height + round(LINE_GAP * ratio))
        return QRect(left, top, self.width, self.height)

    def widened(self, wanted: int, room: QSize, ratio: float) -> "Arrangement":
        """The same with pairs that are so wide, as far as the room lets them be."""
        if not self.shown:
            return self
        gap = round(GAP * ratio)
        most = (room.width() + gap) // self.columns - gap
        return replace(self, width=max(self.width, min(wanted, most)))
