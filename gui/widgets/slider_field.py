"""A whole number on a slider, with a field beside it for typing."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from gui import theme
from gui.widgets.tips import give_tip


class SliderField(QWidget):
    """A slider and a number field that show one value.

    Args:
        low: Smallest value.
        high: Largest value.
        unit: Shown behind the number.
        name: What a screen reader calls it.
        tooltip: What it is, as rich text.

    Signals:
        changed: The value, set by the user.
    """

    changed = Signal(int)

    def __init__(self, low: int, high: int, *, unit: str, name: str, tooltip: str) -> None:
        super().__init__()
        self.slider, self.field = QSlider(Qt.Orientation.Horizontal), QSpinBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        self.field.setSuffix(f" {unit}")
        for part in (self.slider, self.field):
            part.setRange(low, high)
            give_tip(part, tooltip)
            part.setAccessibleName(name)
            part.valueChanged.connect(self._take)
            row.addWidget(part)
        row.setStretch(0, 1)
        self.setFocusProxy(self.field)

    @property
    def value(self) -> int:
        """The value."""
        return self.field.value()

    def set_value(self, value: int) -> None:
        """Show this value, or the nearest allowed one; `changed` stays silent."""
        for part in (self.slider, self.field):
            part.blockSignals(True)
            part.setValue(value)
            part.blockSignals(False)

    def _take(self, value: int) -> None:
        self.set_value(value)
        self.changed.emit(value)
