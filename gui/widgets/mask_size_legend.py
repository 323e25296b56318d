"""What stands below the chart of mask sizes: what bars and strokes are, and the axis's title."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from gui import theme

BAND_TITLE, MARK_TITLE = "clean networks", "suspicious"
TITLE, SHORT_TITLE = "pixels, log scale", "pixels"
BAND_OPACITY = 0.25
GAP = 4
SWATCHES = {BAND_TITLE: 12, MARK_TITLE: 4}  # how wide they are
_LOW = Qt.AlignmentFlag.AlignBottom


def band_shade() -> QColor:
    """What the bars of clean networks are filled with."""
    shade = theme.colour("clean")
    shade.setAlphaF(BAND_OPACITY)
    return shade


def mark_pen() -> QPen:
    """What the strokes are drawn with from where on a mask is suspicious."""
    return QPen(theme.colour("undecided"), 1.5)


def paint_legend(painter: QPainter, area: QRectF, ink: QColor, *, bands: bool, marks: bool) -> None:
    """Paint the line; where there is no room for all of it, what says least is left out."""
    metrics = QFontMetricsF(painter.font())
    entries = [
        title for title, shown in ((BAND_TITLE, bands), (MARK_TITLE, bands and marks)) if shown
    ]

    def width(entry: str) -> float:
        return SWATCHES[entry] + GAP + metrics.horizontalAdvance(entry) + 2 * GAP

    def fits(title: str) -> bool:
        keys = sum(width(entry) for entry in entries)
        return keys + metrics.horizontalAdvance(title) <= area.width()

    title = TITLE if fits(TITLE) else SHORT_TITLE
    while len(entries) > 1 and not fits(title):
        entries.pop()
    painter.setPen(ink)
    painter.drawText(area, _LOW | Qt.AlignmentFlag.AlignRight, title)
    left, middle = area.left(), area.bottom() - metrics.height() / 2
    for entry in entries:
        swatch = QRectF(left, middle - 4, SWATCHES[entry], 8)
        _paint_swatch(painter, entry, swatch)
        painter.setPen(ink)
        text = area.adjusted(swatch.right() + GAP - area.left(), 0, 0, 0)
        painter.drawText(text, _LOW | Qt.AlignmentFlag.AlignLeft, entry)
        left += width(entry)


def _paint_swatch(painter: QPainter, entry: str, swatch: QRectF) -> None:
    if entry == BAND_TITLE:
        painter.fillRect(swatch, band_shade())
        return
    painter.setPen(mark_pen())
    across = round(swatch.center().x()) + 0.5
    painter.drawLine(QPointF(across, swatch.top() - 1), QPointF(across, swatch.bottom() + 1))
