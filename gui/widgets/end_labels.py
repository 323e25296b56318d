"""Names and values at the ends of a plot's lines, so that no legend has to be searched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

GAP = 10
LEADER_OPACITY = 0.5


@dataclass(frozen=True)
class EndLabel:
    """What stands at the end of one line.

    Attributes:
        title: The line's name, in small letters below the value.
        value: The newest value with its unit, in bold.
        colour: Of the line.
        end: Where the line ends, in the scene's pixels.
    """

    title: str
    value: str
    colour: QColor
    end: QPointF


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Move heights apart: each as near to the wanted one as order and room allow.

    Args:
        wanted: Heights in any order.
        apart: Least distance between two of them.
        low: Least height that is allowed.
        high: Largest height that is allowed; it gives way when there is too little room.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [0.0] * len(wanted)
    floor = low
    for index in order:
        placed[index] = max(wanted[index], floor)
        floor = placed[index] + apart
    ceiling = max(high, low + apart * (len(wanted) - 1))
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - apart
    return placed


class EndLabels(QGraphicsItem):
    """Paints the labels beside the lines' ends, moved apart where they would overlap."""

    def __init__(
        self, value_font: QFont, title_font: QFont, find: Callable[[], list[EndLabel]]
    ) -> None:
        """`find` is asked for the labels while painting, when the plot's ranges are settled."""
        super().__init__()
        self._value_font = value_font
        self._title_font = title_font
        self._area = QRectF()
        self._find = find
        self.setZValue(100)

    def set_area(self, area: QRectF) -> None:
        """Where labels may stand, in the scene's pixels."""
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def width_for(self, titles: Sequence[str]) -> float:
        """Room, in pixels, that labels of these titles need beside the plot."""
        values = QFontMetricsF(self._value_font).horizontalAdvance("below 0.1 %")
        names = QFontMetricsF(self._title_font)
        return GAP + max([values, *(names.horizontalAdvance(title) for title in titles)])

    def boundingRect(self) -> QRectF:
        """The whole area."""
        return self._area

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,  # noqa: ARG002 - Qt's signature
        widget: QWidget | None = None,  # noqa: ARG002
    ) -> None:
        """Paint every label."""
        labels = self._find()
        value_height = QFontMetricsF(self._value_font).height()
        height = value_height + QFontMetricsF(self._title_font).height()
        middles = spread(
            [label.end.y() for label in labels],
            height,
            self._area.top() + height / 2,
            self._area.bottom() - height / 2,
        )
        for label, middle in zip(labels, middles, strict=True):
            self._paint_leader(painter, label, middle)
            box = QRectF(label.end.x() + GAP, middle - height / 2, self._area.width(), value_height)
            painter.setPen(label.colour)
            painter.setFont(self._value_font)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, label.value)
            painter.setFont(self._title_font)
            painter.drawText(
                box.translated(0, value_height), Qt.AlignmentFlag.AlignLeft, label.title
            )

    def _paint_leader(self, painter: QPainter, label: EndLabel, middle: float) -> None:
        """A short line from the line's end to a label that had to move away from it."""
        if abs(middle - label.end.y()) < 4:
            return
        pen = QPen(label.colour, 1)
        painter.setOpacity(LEADER_OPACITY)
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(label.end + QPointF(5, 0), QPointF(label.end.x() + GAP - 2, middle))
        painter.setOpacity(1)
