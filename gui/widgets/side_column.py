"""The narrow column of forms at the left of a tab; it scrolls when *More* makes it too long."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStyle, QVBoxLayout, QWidget

from gui import theme

WIDTH = 240


class SideColumn(QScrollArea):
    """Widgets one below the other, at the top, in a column of fixed width."""

    def __init__(self, *parts: QWidget) -> None:
        super().__init__()
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, theme.SPACING, 0)
        self._column.setSpacing(theme.SPACING)
        for part in parts:
            self._column.addWidget(part)
        self._column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        for ground in (inner, self.viewport()):
            ground.setAutoFillBackground(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # With a scroll bar beside them the widgets still have the width that they need.
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        self.setFixedWidth(max(WIDTH, inner.minimumSizeHint().width() + bar))

    def sizeHint(self) -> QSize:
        """No more height than it must have: it can scroll."""
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())
