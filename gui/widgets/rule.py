"""A thin line between two parts of a column."""

from PySide6.QtWidgets import QFrame


def rule() -> QFrame:
    """A line as wide as there is room."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setForegroundRole(line.palette().ColorRole.Mid)
    return line
