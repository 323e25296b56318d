"""What stands below a picture, in the room that there is."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

ARROW = " → "


def shortened(caption: str, room: int, metrics: QFontMetrics) -> str:
    """A caption in so many pixels; of "from → to" both sides give up their ends alike."""
    if metrics.horizontalAdvance(caption) <= room:
        return caption
    before, arrow, after = caption.partition(ARROW)
    if not arrow:
        return metrics.elidedText(caption, Qt.TextElideMode.ElideRight, room)
    room -= metrics.horizontalAdvance(arrow)
    widths = metrics.horizontalAdvance(before), metrics.horizontalAdvance(after)
    half = room // 2
    left = max(half, room - widths[1]) if widths[1] < half else min(half, widths[0])
    sides = (before, left), (after, room - left)
    return arrow.join(
        metrics.elidedText(side, Qt.TextElideMode.ElideRight, width) for side, width in sides
    )
