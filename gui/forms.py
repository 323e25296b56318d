"""Forms made from the settings' own declarations: label, help, bounds and unit stand there once."""

import html
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.errors import EngineError
from engine.settings import ExperimentSettings, Settings, check
from gui import theme
from gui.widgets.fields import Bounds, ChoiceField, Field, NumberField, TextField
from gui.widgets.tone_label import ToneLabel

_WORDS = {
    "auto": "Automatic", "cpu": "CPU", "cuda": "CUDA", "mps": "Apple GPU", "mnist": "MNIST",
    "patch": "Patch", "quick": "Quick", "standard": "Standard", "map": "Map",
    "paper": "Paper",
}  # fmt: skip


class SettingsForm(QWidget):
    """A form for one group of settings.

    Signals:
        changed: The new settings; only ever valid ones.
    """

    changed = Signal(object)

    def __init__(self, group: type[Settings], *, hide: Collection[str] = ()) -> None:
        """Make a form for `group`, without the fields named in `hide`; these keep their value."""
        super().__init__()
        self._group = group
        self._settings: Settings = group()
        self.fields: dict[str, Field] = {}
        self.notes: dict[str, ToneLabel] = {}
        self._labels: dict[str, QLabel] = {}
        self._shown, self.more = QWidget(self), QWidget(self)
        self._disclosure = _Disclosure((self.more,), self)
        self._build([name for name in group.model_fields if name not in hide])

    def value(self) -> Settings:
        """The settings as they stand."""
        return self._settings

    def set_value(self, settings: Settings) -> None:
        """Show these settings; `changed` stays silent."""
        self._settings = settings
        for name, field in self.fields.items():
            blocked = field.blockSignals(True)
            field.set_value(getattr(settings, name))
            field.blockSignals(blocked)
            self._say(name, "")

    def set_field(self, name: str, value: Any) -> bool:
        """Set one field as if it had been typed; out of bounds it says so and answers False."""
        before = getattr(self._settings, name)
        if not self._take(name, value):
            return False
        field = self.fields[name]
        blocked = field.blockSignals(True)
        field.set_value(value)
        field.blockSignals(blocked)
        if value != before:
            self.changed.emit(self._settings)
        return True

    def set_choices(self, name: str, choices: Iterable[tuple[Any, str]]) -> None:
        """Offer (value, label) pairs in a field, whatever it was before."""
        field = self.fields[name]
        if isinstance(field, ChoiceField):
            field.set_choices(choices)
            return
        replaced = ChoiceField(choices)
        replaced.set_value(getattr(self._settings, name))
        for part in (self._shown, self.more):
            layout = part.layout()
            if layout is not None:
                layout.replaceWidget(field, replaced)
        field.hide()
        field.deleteLater()
        self._adopt(name, replaced)

    def give_up_more(self) -> None:
        """Hide the own *More*; somebody else shows `more`."""
        self._disclosure.setVisible(False)

    def _build(self, names: list[str]) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        for part, hidden in ((self._shown, False), (self.more, True)):
            part_names = [name for name in names if self._extra(name).get("more", False) == hidden]
            self._build_part(part, part_names)
            if hidden:
                column.addWidget(self._disclosure)
            column.addWidget(part)
        self._disclosure.setVisible(self.has_more)
        self.more.setVisible(False)

    @property
    def has_more(self) -> bool:
        """Whether any field waits under *More*."""
        layout = self.more.layout()
        return layout is not None and layout.count() > 0

    def _build_part(self, part: QWidget, names: list[str]) -> None:
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACING)
        grid.setVerticalSpacing(theme.SPACING // 2)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(names):
            info = self._group.model_fields[name]
            label = QLabel(info.title or name)
            note = ToneLabel(size="small", tone="error", wrap=True)
            label.setFixedWidth(_label_width())
            note.setVisible(False)
            self._labels[name], self.notes[name] = label, note
            field = _make_field(info)
            field.set_value(getattr(self._settings, name))
            grid.addWidget(label, 2 * row, 0)
            grid.addWidget(field, 2 * row, 1)
            grid.addWidget(note, 2 * row + 1, 0, 1, 2)
            self._adopt(name, field)

    def _adopt(self, name: str, field: Field) -> None:
        """Wire a field up, and give it and its label their tooltip."""
        self.fields[name] = field
        info = self._group.model_fields[name]
        field.setToolTip(_tooltip(info))
        field.setAccessibleName(info.title or name)
        field.setObjectName(name)
        field.setMinimumHeight(round(1.8 * field.fontMetrics().height()))
        label = self._labels[name]
        label.setToolTip(_tooltip(info))
        label.setBuddy(field)
        field.edited.connect(self._read_fields)
        if isinstance(field, NumberField):
            field.refused.connect(self._say_bounds)

    def _read_fields(self) -> None:
        before = self._settings
        for name, field in self.fields.items():
            self._take(name, field.current())
        if self._settings != before:
            self.changed.emit(self._settings)

    def _take(self, name: str, value: Any) -> bool:
        """Take a value into the settings if it is allowed, otherwise say what is."""
        if value == getattr(self._settings, name):
            return True
        try:
            self._settings = check(self._group, {**self._settings.model_dump(), name: value})
        except EngineError as error:
            self._say(name, self._refusal(name, value, str(error)))
            return False
        self._say(name, "")
        return True

    def _refusal(self, name: str, value: Any, sentence: str) -> str:
        field = self.fields[name]
        if not isinstance(field, NumberField) or isinstance(value, str):
            return sentence
        return self._bounds_sentence(name, field.bounds.write(value * field.bounds.factor))

    def _bounds_sentence(self, name: str, typed: str) -> str:
        field, title = self.fields[name], self._group.model_fields[name].title
        if not isinstance(field, NumberField):
            return ""
        sign = " %" if field.bounds.kind == "percent" else ""
        return f"{title} must be {field.bounds.describe()}, not {typed}{sign}."

    def _say_bounds(self, typed: str) -> None:
        name = self.sender().objectName()
        self._say(name, self._bounds_sentence(name, typed))

    def _say(self, name: str, sentence: str) -> None:
        note = self.notes[name]
        note.setText(sentence)
        note.setVisible(bool(sentence))

    def _extra(self, name: str) -> dict[str, Any]:
        return _extra(self._group.model_fields[name])


class FormColumn(QWidget):
    """Several forms in one column, with one *More* for all of them at the end."""

    def __init__(self, forms: Iterable[SettingsForm]) -> None:
        """Take the forms and what is under their *More*."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        kept = list(forms)
        parts = [form.more for form in kept if form.has_more]
        for form in kept:
            form.give_up_more()
            column.addWidget(form)
        self.disclosure = _Disclosure(parts, self)
        self.disclosure.setVisible(bool(parts))
        column.addWidget(self.disclosure)
        self.disclosure.setVisible(bool(parts))
        for part in parts:
            column.addWidget(part)
            part.setVisible(False)


class _Disclosure(QToolButton):
    """A small arrow with *More*: shows and hides what is under it."""

    def __init__(self, parts: Iterable[QWidget], parent: QWidget) -> None:
        super().__init__(parent, autoRaise=True)
        self.setText("More")
        self.setCheckable(True)
        self._parts = list(parts)
        self.setObjectName("more")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setArrowType(Qt.ArrowType.RightArrow)
        self.setToolTip("Settings that rarely need to change. Space opens and closes them.")
        self.toggled.connect(self._show_parts)

    def _show_parts(self, shown: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for part in self._parts:
            part.setVisible(shown)


def _make_field(info: FieldInfo) -> Field:
    """The one table: type of a setting -> its widget."""
    kind = get_origin(info.annotation) or info.annotation
    table: dict[Any, Callable[[FieldInfo], Field]] = {
        Literal: _choice,
        int: _number,
        float: _number,
        str: _text,
    }
    return table[kind](info)


def _choice(info: FieldInfo) -> Field:
    return ChoiceField((value, _WORDS.get(value, value)) for value in get_args(info.annotation))


def _text(_: FieldInfo) -> Field:
    return TextField()


def _number(info: FieldInfo) -> Field:
    return NumberField(_bounds(info))


def _bounds(info: FieldInfo) -> Bounds:
    limits = {
        key: getattr(limit, key)
        for limit in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if hasattr(limit, key)
    }
    extra = _extra(info)
    kind: Literal["whole", "real", "percent"] = "whole" if info.annotation is int else "real"
    if extra.get("shown_as") == "percent":
        kind = "percent"
    low = limits.get("ge", limits.get("gt", -1e9))
    return Bounds(low, limits.get("le", 1e9), "gt" in limits, kind, extra.get("unit", ""))


def _extra(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def _tooltip(info: FieldInfo) -> str:
    """Label, help and bounds, as rich text so that Qt wraps it."""
    parts = [f"<b>{html.escape(info.title or '')}</b>", html.escape(info.description or "")]
    if info.annotation in (int, float):
        parts.append(html.escape(f"Allowed: {_bounds(info).describe()}."))
    return "<br>".join(parts)


def _label_width() -> int:
    """Pixels of the longest label of all groups, so that stacked forms align."""
    metrics = QFontMetrics(QApplication.font())
    return 2 + max(
        metrics.horizontalAdvance(info.title or "")
        for group in ExperimentSettings.model_fields.values()
        for info in type(group.default).model_fields.values()
    )
