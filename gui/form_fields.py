"""From the declaration of a setting to its field: the one table of types, bounds and tooltips."""

import html
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel

from engine.settings import ExperimentSettings
from gui.widgets.classes_field import ClassesField
from gui.widgets.fields import Bounds, ChoiceField, NumberField, TextField
from gui.widgets.switch_field import SwitchField
from gui.widgets.tips import give_tip

Field = NumberField | ChoiceField | TextField | ClassesField | SwitchField
_WORDS = {
    "auto": "Automatic", "cpu": "CPU", "cuda": "CUDA", "mps": "Apple GPU", "mnist": "MNIST",
    "quick": "Quick", "standard": "Standard", "map": "Map", "paper": "Paper",
}  # fmt: skip


def make_field(info: FieldInfo) -> Field:
    """The one table: type of a setting -> its widget."""
    kind = get_origin(info.annotation) or info.annotation
    table: dict[Any, Callable[[FieldInfo], Field]] = {
        Literal: _choice,
        bool: _switch,
        int: _number,
        float: _number,
        str: _text,
        tuple: _classes,
    }
    return table[kind](info)


def extra_of(info: FieldInfo) -> dict[str, Any]:
    """What the declaration says beyond pydantic's own: unit, more, shown_as, shown_for, names."""
    extra = info.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def tooltip_of(info: FieldInfo, field: Field | None = None) -> str:
    """Label and help, and the bounds of a number, as rich text so that Qt wraps it."""
    parts = [f"<b>{html.escape(info.title or '')}</b>", html.escape(info.description or "")]
    if isinstance(field, NumberField):  # a class is a number as well, but chosen from a list
        parts.append(html.escape(f"Allowed: {field.bounds.describe()}."))
    return "<br>".join(parts)


def explain(info: FieldInfo, field: Field, label: QLabel) -> None:
    """Give a field and its label their tooltip."""
    tip = tooltip_of(info, field)
    label.setToolTip(tip)
    if isinstance(field, ClassesField):  # which says in its description what is chosen
        field.setToolTip(tip)
    else:
        give_tip(field, tip)


def label_width() -> int:
    """Pixels of the longest label of all groups, so that stacked forms align."""
    metrics = QFontMetrics(QApplication.font())
    return 2 + max(
        metrics.horizontalAdvance(info.title or "")
        for group in ExperimentSettings.model_fields.values()
        for info in type(group.default).model_fields.values()
    )


def _choice(info: FieldInfo) -> Field:
    names = _WORDS | extra_of(info).get("names", {})
    return ChoiceField((value, names.get(value, value)) for value in get_args(info.annotation))


def _switch(info: FieldInfo) -> Field:
    return SwitchField(extra_of(info).get("unit", ""))


def _text(_: FieldInfo) -> Field:
    return TextField()


def _classes(_: FieldInfo) -> Field:
    return ClassesField()


def _number(info: FieldInfo) -> Field:
    return NumberField(_bounds(info))


def _bounds(info: FieldInfo) -> Bounds:
    limits = {
        key: getattr(limit, key)
        for limit in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if hasattr(limit, key)
    }
    extra = extra_of(info)
    kind: Literal["whole", "real", "percent"] = "whole" if info.annotation is int else "real"
    if extra.get("shown_as") == "percent":
        kind = "percent"
    low = limits.get("ge", limits.get("gt", -1e9))
    return Bounds(
        low,
        limits.get("le", 1e9),
        "gt" in limits,
        kind,
        extra.get("unit", ""),
        extra.get("least", ""),
    )
