"""What stands below a picture, in the room that there is."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

ARROW = " → "


def shortened(caption: str, room: int, metrics: QFontMetrics, *, is_second: bool = False) -> str:
    """A caption in so many pixels; of "from → to" both sides give up their ends alike.

    "from → from" rather becomes "from", and the second caption of a pair "→ to": what it comes
    from is read in the first.
    """
    if metrics.horizontalAdvance(caption) <= room:
        return caption
    before, arrow, after = caption.partition(ARROW)
    if is_second and arrow:
        caption, arrow = arrow.lstrip() + after, ""
    elif before == after:
        caption, arrow = after, ""
    if not arrow:
        return _fitted(caption, room, metrics)
    room -= metrics.horizontalAdvance(arrow)
    widths = metrics.horizontalAdvance(before), metrics.horizontalAdvance(after)
    half = room // 2
    left = max(half, room - widths[1]) if widths[1] < half else min(half, widths[0])
    sides = (before, left), (after, room - left)
    return arrow.join(_fitted(side, width, metrics) for side, width in sides)


def _fitted(text: str, room: int, metrics: QFontMetrics) -> str:
    """A text in so many whole pixels; Qt would shorten one that is a fraction of one longer."""
    if metrics.horizontalAdvance(text) <= room:
        return text
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


def paint_caption(
    painter: QPainter, caption: str, middle: float, room: QRectF, *, is_second: bool = False
) -> None:
    """Paint a line about a middle, moved aside as far as it has to be to stay in its room."""
    metrics = painter.fontMetrics()
    text = shortened(caption, int(room.width()), metrics, is_second=is_second)
    width = min(metrics.horizontalAdvance(text), room.width())
    left = min(max(middle - width / 2, room.left()), room.right() - width)
    area = QRectF(left, room.top(), width + 1, metrics.height())
    painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
