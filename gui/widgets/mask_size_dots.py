"""What stands for a mask's size in the chart of mask sizes."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from gui import theme
from gui.widgets.tile_painting import STATE_TONES

DOT, FLAG = 4.5, 7.0


def paint_dot(
    painter: QPainter,
    place: QPointF,
    mark: str,
    state: str,
    whisker: tuple[float, float] | None,
) -> None:
    """Paint a diamond for a marked class, a ring for one in search, a dot for the others.

    Args:
        painter: In the chart's pixels.
        place: Where the size stands.
        mark: The word for a class that stands out, or nothing.
        state: Of the class's search.
        whisker: From where to where several searches reach across, or None.
    """
    colour = theme.colour(STATE_TONES[mark] if mark else "clean")
    if whisker is not None:
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(whisker[0], place.y()), QPointF(whisker[1], place.y()))
    searching = state == "searching"
    painter.setPen(QPen(colour, 2 if searching else 1))
    painter.setBrush(Qt.BrushStyle.NoBrush if searching else colour)
    if not mark:
        painter.drawEllipse(place, DOT, DOT)
        return
    steps = (QPointF(0, -FLAG), QPointF(FLAG, 0), QPointF(0, FLAG), QPointF(-FLAG, 0))
    painter.drawPolygon(QPolygonF([place + step for step in steps]))
