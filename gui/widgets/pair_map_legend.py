"""What stands below a pair map: the scale of shades, and what else is seen in its cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from gui import theme
from gui.widgets.pair_map_layout import GAP, GREATEST_SHARE, LEAST_PIXELS, heat_image, place_of
from gui.words import NONE

LEGEND_MARKS = (3, 10, 30, 100, 300)
LEGEND_STEPS = 64
LEGEND_LINES = 12  # as wide as so many lines are high
LEGEND_TITLE = "mask size in pixels"
NOT_YET = "…"  # stands in a cell while nothing is found for it


@dataclass(frozen=True)
class Entry:
    """Attributes: sign: as it stands in a cell, or nothing for an outline; meaning: in words."""

    sign: str
    meaning: str
    slanted: bool = False


STANDS_OUT = Entry("", "stands out")
TURNS_FEW = Entry("12", "turns too few", slanted=True)
NO_MASK = Entry(NONE, "no mask works")
NONE_YET = Entry(NOT_YET, "none found yet")


def paint_scale(painter: QPainter, bar: QRectF, pixels: float) -> None:
    """Paint the shades from small to large masks, with some sizes below, and a title beside."""
    font, greatest = QFontMetricsF(painter.font()), pixels * GREATEST_SHARE
    sizes = np.geomspace(LEAST_PIXELS, greatest, LEGEND_STEPS)[None]
    painter.drawImage(bar, heat_image(sizes.astype(np.float32), pixels, dark=theme.is_dark()))
    for mark in LEGEND_MARKS:
        if LEAST_PIXELS <= mark <= greatest:
            place = 1 - float(place_of(np.array(float(mark)), pixels))
            x = bar.left() + place * bar.width()
            area = QRectF(x - 20, bar.bottom() + 2, 40, font.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, str(mark))
    painter.drawText(QPointF(bar.right() + 2 * GAP, bar.top() - GAP + font.ascent()), LEGEND_TITLE)


def paint_entries(painter: QPainter, room: QRectF, entries: Sequence[Entry]) -> None:
    """Paint what fits into two lines, of which the first begins with the title of the scale."""
    font, faint = QFontMetricsF(painter.font()), painter.pen().color()
    starts = [room.left(), room.left() + font.horizontalAdvance(LEGEND_TITLE) + 3 * GAP]
    tops = [room.top() + font.height(), room.top()]
    for entry in entries:
        width = _width(entry, font)
        place = next((one for one in (0, 1) if starts[one] + width <= room.right()), None)
        if place is None:
            continue
        painter.setPen(theme.colour("backdoor") if entry is STANDS_OUT else faint)
        _paint_entry(painter, QPointF(starts[place], tops[place]), entry)
        starts[place] += width + 3 * GAP


def _paint_entry(painter: QPainter, at: QPointF, entry: Entry) -> None:
    font, upright = QFontMetricsF(painter.font()), QFont(painter.font())
    sign = QRectF(at.x(), at.y(), _sign_width(entry, font), font.height())
    if entry.sign:
        slanted = QFont(upright)
        slanted.setItalic(entry.slanted)
        painter.setFont(slanted)
        painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, entry.sign)
        painter.setFont(upright)
    else:
        ink = painter.pen()
        painter.setPen(QPen(ink.color(), 2))
        painter.drawRect(sign.adjusted(0, 2, 0, -2))
        painter.setPen(ink)
    painter.drawText(QPointF(sign.right() + GAP, at.y() + font.ascent()), entry.meaning)


def _sign_width(entry: Entry, font: QFontMetricsF) -> float:
    return font.horizontalAdvance(entry.sign) + 2 if entry.sign else font.height() - 4


def _width(entry: Entry, font: QFontMetricsF) -> float:
    return _sign_width(entry, font) + GAP + font.horizontalAdvance(entry.meaning)


def legend_width() -> float:
    """How wide the scale with its title is, in the system's pixels."""
    metrics = QFontMetricsF(theme.text_font("small", tabular=True))
    return LEGEND_LINES * metrics.height() + 2 * GAP + metrics.horizontalAdvance(LEGEND_TITLE)
