"""What stands below the chart of mask sizes: the axis's title, and what bars and strokes are."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from gui import theme

BAND_TITLE, MARK_TITLE = "most clean networks", "suspicious left of it"
TITLE = "pixels, log scale"
BAND_TIP = (
    "The bar is where the class's mask lies in most clean networks; all bars are moved to this"
    " network's own level, as some networks need larger masks throughout."
)
MARK_TIP = " Left of its stroke a class alone makes a suspicion."
BAND_OPACITY = 0.25
GAP = 4
SWATCHES = {BAND_TITLE: 12, MARK_TITLE: 4}  # how wide they are
_LOW = Qt.AlignmentFlag.AlignBottom


def paint_band(painter: QPainter, area: QRectF) -> None:
    """Paint a bar of clean networks: pale, with an outline that is seen on every ground."""
    shade = theme.colour("clean")
    painter.save()
    painter.setPen(QPen(shade, 1))
    shade.setAlphaF(BAND_OPACITY)
    painter.setBrush(shade)
    painter.drawRect(area)
    painter.restore()


def mark_pen() -> QPen:
    """What the strokes are drawn with from where on a mask is suspicious."""
    return QPen(theme.colour("undecided"), 1.5)


def legend_lines(font: QFont, width: float, *, bands: bool, marks: bool) -> list[list[str]]:
    """What stands in each line below the numbers of the axis: its title, then the legend.

    Nothing is left out: what does not fit beside the others gets a line of its own.
    """
    entries = [
        title for title, shown in ((BAND_TITLE, bands), (MARK_TITLE, bands and marks)) if shown
    ]
    metrics = QFontMetricsF(font)
    lines: list[list[str]] = [[TITLE]]
    for entry in entries:
        taken = sum(_width(one, metrics) for one in lines[-1])
        if lines[-1] == [TITLE] or taken + _width(entry, metrics) > width:
            lines.append([])
        lines[-1].append(entry)
    return lines


def paint_legend(
    painter: QPainter, area: QRectF, ink: QColor, lines: Sequence[Sequence[str]]
) -> None:
    """Paint the lines at the foot of an area: the axis's title in the middle, swatches, words."""
    metrics = QFontMetricsF(painter.font())
    bottom = area.bottom() - (len(lines) - 1) * metrics.height()
    for line in lines:
        left, middle = area.left(), bottom - metrics.height() / 2
        row = QRectF(left, bottom - metrics.height(), area.width(), metrics.height())
        for entry in line:
            painter.setPen(ink)
            if entry not in SWATCHES:
                painter.drawText(row, _LOW | Qt.AlignmentFlag.AlignHCenter, entry)
                continue
            swatch = QRectF(left, middle - 4, SWATCHES[entry], 8)
            text = row.adjusted(swatch.right() + GAP - row.left(), 0, 0, 0)
            painter.drawText(text, _LOW | Qt.AlignmentFlag.AlignLeft, entry)
            _paint_swatch(painter, entry, swatch)
            left += _width(entry, metrics)
        bottom += metrics.height()


def _width(entry: str, metrics: QFontMetricsF) -> float:
    """Of an entry with its swatch and the gap behind it; of the title alone."""
    words = metrics.horizontalAdvance(entry)
    return SWATCHES[entry] + GAP + words + 2 * GAP if entry in SWATCHES else words


def _paint_swatch(painter: QPainter, entry: str, swatch: QRectF) -> None:
    if entry == BAND_TITLE:
        paint_band(painter, swatch)
        return
    painter.setPen(mark_pen())
    across = round(swatch.center().x()) + 0.5
    painter.drawLine(QPointF(across, swatch.top() - 1), QPointF(across, swatch.bottom() + 1))
