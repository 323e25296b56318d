"""A line that may be longer than its room, such as the name of a file."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from gui import theme
from gui.widgets.tips import as_tip
from gui.widgets.tone_label import ToneLabel

FEW_LETTERS = 12


class ElidedLabel(ToneLabel):
    """One line that gives up its middle where room is short; its tooltip then tells all of it."""

    def __init__(self, text: str = "", *, size: theme.TextSize = "body") -> None:
        """Make a label; whatever it says, it asks for no more room than a few letters need."""
        super().__init__(text, size=size)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """What it says, all of it."""
        return self._whole

    def setText(self, text: str) -> None:
        """Say something else."""
        self._whole = text
        self.updateGeometry()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for now."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        """Room for all of it."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, self._line())

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        few = FEW_LETTERS * self.fontMetrics().averageCharWidth()
        return QSize(min(few, self.sizeHint().width()), self._line())

    def _line(self) -> int:
        return self.fontMetrics().height()

    def _fit(self) -> None:
        middle = Qt.TextElideMode.ElideMiddle
        shown = self.fontMetrics().elidedText(self._whole, middle, self.width())
        super().setText(shown)
        self.setToolTip(as_tip(self._whole) if shown != self._whole else "")

    def _selected(self) -> str:
        """What is hidden in the middle is meant as well."""
        return self._whole
