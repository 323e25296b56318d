"""The fields of forms: a number, a choice, a line of text, all with one small interface.

Each has `set_value(value)`, `current()`, the signal `edited`, and, for numbers, `refused`.
None of them changes under the mouse wheel unless it has the focus: a form may be scrolled.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

DECIMALS = 10
MOST_SHOWN = 99_999  # of longer numbers a part may have to do
_NUMBER_BEGINS = re.compile(r"[0-9.,' +\-eE\u00a0\u202f]*")


@dataclass(frozen=True)
class Bounds:
    """What a number may be.

    Attributes:
        low: Smallest value, or the value it must exceed where `above` is set.
        high: Largest value.
        above: Whether `low` itself is refused.
        kind: "whole", "real", or "percent" (a share 0..1, shown times 100).
        unit: Shown behind the number.
        least: What the smallest number is called, where it is no amount.
    """

    low: float
    high: float
    above: bool = False
    kind: Literal["whole", "real", "percent"] = "real"
    unit: str = ""
    least: str = ""

    @property
    def factor(self) -> int:
        """What the value is multiplied with to be shown."""
        return 100 if self.kind == "percent" else 1

    def write(self, shown: float) -> str:
        """A number as the field shows it: no exponent, no surplus zeros, thousands apart."""
        if self.kind == "whole":
            return f"{shown:,.0f}" if self.unit else f"{shown:.0f}"
        text = f"{shown:.{DECIMALS}f}".rstrip("0").rstrip(".")
        return text or "0"

    def read(self, text: str) -> float | None:
        """The number in a text as it is shown, or None. A comma may stand for the point."""
        kept = re.sub(r"[' \u00a0\u202f]", "", text)
        kept = kept.replace(",", "" if self.kind == "whole" else ".")
        try:
            return float(kept)
        except ValueError:
            return None

    def contain(self, shown: float) -> bool:
        """Whether a number as shown is allowed."""
        low, high = self.low * self.factor, self.high * self.factor
        whole = self.kind != "whole" or shown == int(shown)
        return whole and (low < shown if self.above else low <= shown) and shown <= high

    def describe(self) -> str:
        """The range in words: "8 to 4,096 images"."""
        low, high = (self.write(value * self.factor) for value in (self.low, self.high))
        words = f"more than {low}, at most {high}" if self.above else f"{low} to {high}"
        return f"{words} {self.unit}".rstrip()


class NumberField(QDoubleSpinBox):
    """A number inside bounds. What lies outside can be typed, but is refused and said so."""

    edited = Signal()
    refused = Signal(str)  # what was typed

    def __init__(self, bounds: Bounds) -> None:
        """Make a field for numbers within `bounds`."""
        super().__init__()
        self.bounds = bounds
        self.setDecimals(0 if bounds.kind == "whole" else DECIMALS)
        smallest = 10.0**-DECIMALS if bounds.above else 0.0
        self.setRange(bounds.low * bounds.factor + smallest, bounds.high * bounds.factor)
        self.setSuffix(f" {bounds.unit}" if bounds.unit else "")
        self.setSpecialValueText(bounds.least)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)  # half a number is not a value yet
        longest = bounds.write(min(bounds.high, MOST_SHOWN) * bounds.factor)
        self.setMinimumWidth(_room_for(self, longest + self.suffix()))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(self._tell)
        self.lineEdit().textEdited.connect(self._warn_of_excess)

    def current(self) -> int | float:
        """The value: an int for whole numbers, a share for percentages."""
        if self.bounds.kind == "whole":
            return round(self.value())
        return self.value() / self.bounds.factor

    def set_value(self, value: float) -> None:
        """Show a value, given as in the settings."""
        self.setValue(value * self.bounds.factor)

    def textFromValue(self, value: float) -> str:
        """Qt's hook: how the number is written."""
        return self.bounds.write(value)

    def valueFromText(self, text: str) -> float:
        """Qt's hook: the number that a text means."""
        if text and text == self.bounds.least:
            return self.minimum()
        number = self.bounds.read(self._bare(text))
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Qt's hook: anything like a number may be typed; only what is in bounds is taken."""
        if text and text == self.bounds.least:
            return QValidator.State.Acceptable, text, position
        bare = self._bare(text)
        number = self.bounds.read(bare)
        if number is not None and self.bounds.contain(number):
            return QValidator.State.Acceptable, text, position
        if _NUMBER_BEGINS.fullmatch(bare):
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Invalid, text, position

    def fixup(self, text: str) -> str:
        """Qt's hook when a text is left that cannot be taken: say so; the old value returns."""
        bare = self._bare(text).strip()
        if bare:
            self.refused.emit(bare)
        return text

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page unless the field has the focus."""
        _wheel_with_focus(self, event)

    def _wheel(self, event: QWheelEvent) -> None:
        super().wheelEvent(event)

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix().strip()).strip()

    def _tell(self) -> None:
        self.edited.emit()

    def _warn_of_excess(self, text: str) -> None:
        """More digits only make a number larger, so an excess can be told while it is typed."""
        number = self.bounds.read(self._bare(text))
        if number is not None and number > self.bounds.high * self.bounds.factor:
            self.refused.emit(self._bare(text))


class ChoiceField(QComboBox):
    """One of several values, each with a label."""

    edited = Signal()

    def __init__(self, choices: Iterable[tuple[Any, str]]) -> None:
        """Make a field that offers (value, label) pairs."""
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumWidth(_room_for(self, "Automatic"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_choices(choices)
        self.currentIndexChanged.connect(self._tell)

    def set_choices(self, choices: Iterable[tuple[Any, str]]) -> None:
        """Offer other values; the present one stays chosen where it is among them."""
        before, had_any = self.currentData(), self.count() > 0
        blocked = self.blockSignals(True)
        self.clear()
        for value, label in choices:
            self.addItem(label, value)
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 16)  # whole names
        if had_any:
            self.set_value(before)
        self.blockSignals(blocked)

    def current(self) -> Any:
        """The chosen value."""
        return self.currentData()

    def set_value(self, value: Any) -> None:
        """Choose a value; one that is not on offer is added and named as such."""
        index = self.findData(value)
        if index < 0:
            self.addItem(f"{value} (not available)", value)
            index = self.count() - 1
        self.setCurrentIndex(index)

    def shown_text(self) -> str:
        """The chosen label as it is seen: shortened where the field is narrower."""
        return self._look().currentText

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the field; the style would cut a long label without a sign of it."""
        painter, look = QStylePainter(self), self._look()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, look)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, look)

    def _look(self) -> QStyleOptionComboBox:
        look = QStyleOptionComboBox()
        self.initStyleOption(look)
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, look, part, self).width() - 2
        metrics = self.fontMetrics()
        if metrics.horizontalAdvance(look.currentText) > room:
            right = Qt.TextElideMode.ElideRight
            look.currentText = metrics.elidedText(look.currentText, right, room)
        return look

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page unless the field has the focus."""
        _wheel_with_focus(self, event)

    def _wheel(self, event: QWheelEvent) -> None:
        super().wheelEvent(event)

    def _tell(self) -> None:
        self.edited.emit()


class TextField(QLineEdit):
    """A line of text, taken when it is left or Enter is pressed."""

    edited = Signal()

    def __init__(self) -> None:
        """Make an empty line."""
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.editingFinished.connect(self.edited)

    def current(self) -> str:
        """The text without blanks around it."""
        return self.text().strip()

    def set_value(self, value: str) -> None:
        """Show a text."""
        self.setText(value)


Field = NumberField | ChoiceField | TextField


def _wheel_with_focus(field: NumberField | ChoiceField, event: QWheelEvent) -> None:
    if field.hasFocus():
        field._wheel(event)
    else:
        event.ignore()


def _room_for(field: QWidget, text: str) -> int:
    """Pixels for a text and the arrows beside it."""
    metrics = field.fontMetrics()
    return metrics.horizontalAdvance(text) + 2 * metrics.height()
