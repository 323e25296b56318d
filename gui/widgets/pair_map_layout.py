"""Where the parts of a pair map lie, and how dark a cell of it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QImage

from gui.widgets.pictures import CellGrid, to_qimage

LEAST_PIXELS, GREATEST_SHARE = 2.0, 0.5  # the ends of the scale of shades: pixels; of the image
CONTRAST = 1.6
LARGEST_CELL = 80
LONGEST_NAME = 90
GAP = 4
LEGEND_BAR = 8
# Far and near end of the scale; a small mask is what stands out, in light and in dark.
_SHADES = ((0xE4E8EC, 0x0E2A40), (0x2D3237, 0xE6F1FA))

_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear red, green and blue, see WCAG 2


def place_of(sizes: NDArray[np.floating], pixels: float) -> NDArray[np.float64]:
    """Where mask sizes lie on the log scale of shades: 0 is its large end, 1 its small one."""
    low, high = log(LEAST_PIXELS), log(max(pixels * GREATEST_SHARE, 2 * LEAST_PIXELS))
    logs = np.log(np.maximum(np.asarray(sizes, np.float64), LEAST_PIXELS))
    return np.clip((high - logs) / (high - low), 0, 1)


def shade_of(sizes: NDArray[np.floating], pixels: float) -> NDArray[np.float64]:
    """How much mask sizes stand out: 0 for a large mask, 1 for a tiny one."""
    # The usual sizes of clean networks stay faint, so that what is far smaller is seen at once.
    return place_of(sizes, pixels) ** CONTRAST


def colours_of(shades: NDArray[np.float64], *, dark: bool) -> NDArray[np.float64]:
    """RGB 0..1, 3 x the shape of `shades`."""
    ends = [QColor(end) for end in _SHADES[dark]]
    far, near = (np.array([one.redF(), one.greenF(), one.blueF()]) for one in ends)
    return np.moveaxis(far + shades[..., None] * (near - far), -1, 0)


def inks_of(shades: NDArray[np.float64], *, dark: bool) -> NDArray[np.float64]:
    """RGB 0..1 of what is written on shades: black or white, whichever can be read better.

    The one of the better contrast has at least 4.5 : 1 on any ground, which no other pair of inks
    has.
    """
    colours = colours_of(shades, dark=dark)
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    light = np.tensordot(_LUMINANCE, linear, 1)
    is_white = 1.05 / (light + 0.05) > (light + 0.05) / 0.05
    return np.repeat(is_white[..., None].astype(np.float64), 3, axis=-1)


def heat_image(sizes: NDArray[np.float32], pixels: float, *, dark: bool) -> QImage:
    """One pixel for each cell; those without a size are transparent."""
    colours = colours_of(shade_of(sizes, pixels), dark=dark)
    return to_qimage(np.concatenate([colours, np.isfinite(sizes)[None]]))


@dataclass(frozen=True)
class MapLayout:
    """Where everything lies.

    Attributes:
        grid: The cells, in device pixels.
        ratio: Device pixels to one of the system's.
        line: Height of a line of text; this and all else in the system's pixels.
        name_width: Room for the rows' names.
        name_height: Room for the columns' names.
        upright: Whether the columns' names are written upwards, as they are wider than a cell.
    """

    grid: CellGrid
    ratio: float
    line: float
    name_width: float
    name_height: float
    upright: bool

    @classmethod
    def of(
        cls, room: QSize, ratio: float, names: Sequence[str], metrics: QFontMetricsF
    ) -> "MapLayout":
        """The largest square map that fits, with room around it for names and legend."""
        line, count = metrics.height(), max(len(names), 1)
        widest = max([metrics.horizontalAdvance(name) for name in names], default=0.0) + 2
        name_width = min(widest, LONGEST_NAME)
        left = line + GAP + name_width + GAP
        below = 2 * GAP + LEGEND_BAR + GAP + line
        side = min(room.width() - left - 2, room.height() - 2 * line - 2 * GAP - below)
        upright = widest > max(side / count, 2 * line)
        name_height = name_width if upright else line
        top = line + GAP + name_height + GAP
        side = min(room.width() - left - 2, room.height() - top - below)
        zoom = max(1, min(int(side * ratio) // count, round(LARGEST_CELL * ratio)))
        grid = CellGrid(ceil(left * ratio), ceil(top * ratio), zoom, count, count)
        return cls(grid, ratio, line, name_width, name_height, upright)

    @property
    def cell(self) -> float:
        """The side of a cell."""
        return self.grid.zoom / self.ratio

    @property
    def square(self) -> QRectF:
        """All cells together."""
        return self._scaled(self.grid.rectangle)

    def cells(self, source: int, target: int, rows: int = 1) -> QRectF:
        """A cell, or some below each other."""
        return self._scaled(self.grid.cells(source, target, rows))

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Source and target of the cell under a point; None beside the map or on its diagonal."""
        source, target = self.grid.cell_at(point.x() * self.ratio, point.y() * self.ratio)
        inside = 0 <= source < self.grid.rows and 0 <= target < self.grid.columns
        return (source, target) if inside and source != target else None

    def row_name(self, source: int) -> QRectF:
        """Where a row's name stands."""
        cell = self.cells(source, 0)
        middle = cell.center().y()
        left = cell.left() - GAP - self.name_width
        return QRectF(left, middle - self.line / 2, self.name_width, self.line)

    def column_name(self, target: int) -> QRectF:
        """Where a column's name stands."""
        cell = self.cells(0, target)
        width = self.line if self.upright else max(cell.width(), self.name_width)
        top = cell.top() - GAP - self.name_height
        return QRectF(cell.center().x() - width / 2, top, width, self.name_height)

    @property
    def columns_apart(self) -> int:
        """How many columns a name needs, at least 1."""
        return max(1, ceil((self.line if self.upright else self.name_width + GAP) / self.cell))

    @property
    def rows_apart(self) -> int:
        """How many rows a name needs, at least 1."""
        return max(1, ceil(self.line / self.cell))

    def _scaled(self, area: QRect) -> QRectF:
        ratio = self.ratio
        return QRectF(
            area.left() / ratio, area.top() / ratio, area.width() / ratio, area.height() / ratio
        )
