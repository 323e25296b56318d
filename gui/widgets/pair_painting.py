"""How the images of a pair are painted, in device pixels: framed, and an arrow between them."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen


def paint_image(painter: QPainter, image: QImage, area: QRect, frame: QColor) -> None:
    """Paint an image with a frame around it."""
    painter.drawImage(area, image)
    pen = QPen(frame, 1)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.drawRect(area.adjusted(-1, -1, 0, 0))


def paint_arrow(painter: QPainter, first: QRect, second: QRect, ink: QColor, ratio: float) -> None:
    """Paint an arrow from one image to the other."""
    middle, tip = first.center().y() + 0.5, second.left() - 6 * ratio
    head = 4 * ratio
    painter.setPen(QPen(ink, 1.5 * ratio))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.drawLine(int(first.right() + 6 * ratio), int(middle), int(tip), int(middle))
    painter.drawLine(int(tip - head), int(middle - head), int(tip), int(middle))
    painter.drawLine(int(tip - head), int(middle + head), int(tip), int(middle))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
