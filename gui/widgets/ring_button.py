"""A flat button on which the focus is seen."""

from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QToolButton, QWidget


class RingButton(QToolButton):
    """Draws a frame while it has the focus; the style itself shows nothing on a flat button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, and the frame over its edge."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
