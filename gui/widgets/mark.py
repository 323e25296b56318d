"""An icon beside a text."""

from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget


class Mark(QWidget):
    """An icon that is painted anew in the colours of the scheme, as a picture would not be."""

    def __init__(self, side: int, icon: QIcon | None = None) -> None:
        """Make a square of this many pixels."""
        super().__init__()
        self._icon = icon or QIcon()
        self.setFixedSize(side, side)

    def set_icon(self, icon: QIcon) -> None:
        """Show another icon."""
        self._icon = icon
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - it is small
        """Paint all of it."""
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
