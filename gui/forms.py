"""Forms made from the settings' own declarations: label, help, bounds and unit stand there once."""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.errors import EngineError
from engine.settings import Settings, check
from gui import theme
from gui.form_fields import Field, explain, extra_of, label_width, make_field
from gui.widgets.classes_field import ClassesField
from gui.widgets.fields import ChoiceField, NumberField
from gui.widgets.tone_label import ToneLabel


class SettingsForm(QWidget):
    """A form for one group of settings.

    It shows the settings that mean something with the present values of the others, as their
    declarations say (`shown_for`).

    Signals:
        changed: The new settings; only ever valid ones.
        rows_changed: Other settings are shown than before.
    """

    changed = Signal(object)
    rows_changed = Signal()

    def __init__(self, group: type[Settings], *, hide: Collection[str] = ()) -> None:
        """Make a form for `group`, without the fields named in `hide`; these keep their value."""
        super().__init__()
        self._group = group
        self._settings: Settings = group()
        self.fields: dict[str, Field] = {}
        self.notes: dict[str, ToneLabel] = {}
        self._labels: dict[str, QLabel] = {}
        self._gave_up_more = False
        self._were_shown: set[str] = set()
        self._with_problems: set[str] = set()
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
        self._show_rows()

    def say_problems(self, problems: Mapping[str, str]) -> None:
        """Say under each field what is wrong with its value; fields not named are in order."""
        for name in self._with_problems - set(problems):
            self._say(name, "")
        self._with_problems = set(problems) & set(self.fields)
        for name in self._with_problems:
            self._say(name, problems[name])

    def set_field(self, name: str, value: Any) -> bool:
        """Set one field as if it had been typed; out of bounds it says so and answers False."""
        before = getattr(self._settings, name)
        if not self._take(name, value):
            return False
        field = self.fields[name]
        blocked = field.blockSignals(True)
        field.set_value(value)
        field.blockSignals(blocked)
        self._show_rows()
        if value != before:
            self.changed.emit(self._settings)
        return True

    def set_choices(self, name: str, choices: Iterable[tuple[Any, str]]) -> None:
        """Offer (value, label) pairs in a field, whatever it was before."""
        field = self.fields[name]
        if isinstance(field, ChoiceField | ClassesField):
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
        if self._gave_up_more:
            self.rows_changed.emit()
        else:
            self._order_tabs()
        self._show_rows()

    def give_up_more(self) -> None:
        """Hide the own *More*; somebody else shows `more`."""
        self._gave_up_more = True
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
        self.more.setVisible(False)
        self._order_tabs()
        self._show_rows()

    def _order_tabs(self) -> None:
        _order_tabs([*self.fields_of(hidden=False), self._disclosure, *self.fields_of(hidden=True)])

    def fields_of(self, *, hidden: bool) -> list[Field]:
        """The fields in order: those under *More*, or the others."""
        return [
            field
            for name, field in self.fields.items()
            if self._extra(name).get("more", False) == hidden
        ]

    @property
    def has_more(self) -> bool:
        """Whether any field waits under *More* now."""
        return any(self._extra(name).get("more", False) for name in self._shown_names())

    def _shown_names(self) -> set[str]:
        """The fields that mean something with the present settings."""
        return {
            name
            for name in self.fields
            if all(
                getattr(self._settings, other) in values
                for other, values in self._extra(name).get("shown_for", {}).items()
            )
        }

    def _show_rows(self) -> None:
        shown = self._shown_names()
        for name, field in self.fields.items():
            self._labels[name].setVisible(name in shown)
            field.setVisible(name in shown)
            self._say(name, self.notes[name].text())
        if not self._gave_up_more:
            self._disclosure.setVisible(self.has_more)
        if shown != self._were_shown:
            self._were_shown = shown
            self.rows_changed.emit()

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
            label.setFixedWidth(label_width())
            note.setVisible(False)
            self._labels[name], self.notes[name] = label, note
            field = make_field(info)
            field.set_value(getattr(self._settings, name))
            grid.addWidget(label, 2 * row, 0)
            grid.addWidget(field, 2 * row, 1)
            grid.addWidget(note, 2 * row + 1, 0, 1, 2)
            self._adopt(name, field)

    def _adopt(self, name: str, field: Field) -> None:
        """Wire a field up, and give it and its label their tooltip."""
        self.fields[name] = field
        info = self._group.model_fields[name]
        field.setAccessibleName(info.title or name)
        field.setObjectName(name)
        field.setMinimumHeight(round(1.8 * field.fontMetrics().height()))
        label = self._labels[name]
        explain(info, field, label)
        label.setBuddy(field)
        field.edited.connect(self._read_fields)
        if isinstance(field, NumberField):
            field.refused.connect(self._say_bounds)

    def _read_fields(self) -> None:
        before = self._settings
        for name, field in self.fields.items():
            self._take(name, field.current())
        self._show_rows()
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
        note.setVisible(bool(sentence) and name in self._shown_names())

    def _extra(self, name: str) -> dict[str, Any]:
        return extra_of(self._group.model_fields[name])


class FormColumn(QWidget):
    """Several forms in one column, with one *More* for all of them at the end."""

    def __init__(self, forms: Iterable[SettingsForm]) -> None:
        """Take the forms and what is under their *More*."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        self._forms = list(forms)
        parts = [form.more for form in self._forms]
        for form in self._forms:
            form.give_up_more()
            form.rows_changed.connect(self._offer_more)
            column.addWidget(form)
        self.disclosure = _Disclosure(parts, self)
        column.addWidget(self.disclosure)
        for part in parts:
            column.addWidget(part)
            part.setVisible(False)
        self._offer_more()

    def _offer_more(self) -> None:
        """Offer *More* while there is something under it, after all that stands above it."""
        shown = [field for form in self._forms for field in form.fields_of(hidden=False)]
        under = [field for form in self._forms for field in form.fields_of(hidden=True)]
        _order_tabs([*shown, self.disclosure, *under])
        self.disclosure.setVisible(any(form.has_more for form in self._forms))
        self.disclosure.show_parts()


def _order_tabs(widgets: Iterable[QWidget]) -> None:
    """Tab goes from one to the next, as they stand below each other."""
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


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
        self.toggled.connect(self.show_parts)

    def show_parts(self) -> None:
        """Show or hide the parts, as the button stands."""
        shown = self.isChecked()
        self.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for part in self._parts:
            part.setVisible(shown)
