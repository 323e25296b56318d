"""Checking plain values against the declarations, in sentences for people."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from engine.errors import EngineError
from engine.settings.base import Settings
from engine.settings.whole import ExperimentSettings

SettingsT = TypeVar("SettingsT", bound="Settings")


def check(group: type[SettingsT], values: Mapping[str, Any]) -> SettingsT:
    """Build settings from plain values.

    Raises:
        EngineError: A value is out of bounds or a name unknown; one sentence for each.
    """
    try:
        return group.model_validate(values)
    except ValidationError as error:
        raise EngineError(" ".join(_sentences(group, error))) from error


def with_assignments(
    settings: ExperimentSettings, assignments: Iterable[str]
) -> ExperimentSettings:
    """Apply assignments such as "train.epochs=2", each a path and a value.

    Raises:
        EngineError: An assignment has no "=", names no setting, or its value is out of bounds.
    """
    values = settings.model_dump()
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        group, _, name = path.strip().partition(".")
        if not equals or name not in values.get(group, {}):
            raise EngineError(
                f"--set {assignment}: there is no such setting. Write it as group.name=value, for"
                f" example train.epochs=2. The settings are: {', '.join(setting_paths())}."
            )
        values[group][name] = text.strip()
    return check(ExperimentSettings, values)


def setting_paths() -> list[str]:
    """Every setting's path, such as "train.epochs", in the order of declaration."""
    return [
        f"{group}.{name}"
        for group, field in ExperimentSettings.model_fields.items()
        for name in field.default.__class__.model_fields
    ]


def _sentences(group: type[Settings], error: ValidationError) -> list[str]:
    return [_sentence(group, problem) for problem in error.errors()]


def _sentence(group: type[Settings], problem: Mapping[str, Any]) -> str:
    """Turn one of pydantic's problems into a sentence that names the field and its bound."""
    path = [str(part) for part in problem["loc"]]
    where = ".".join(path)
    label, percent = _label_of(group, path)
    name = f"{label} ({where})" if label else where
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    bound_words = {
        "greater_than_equal": ("at least", "ge"),
        "greater_than": ("more than", "gt"),
        "less_than_equal": ("at most", "le"),
        "less_than": ("less than", "lt"),
    }
    if kind in bound_words:
        words, key = bound_words[kind]
        bound = f"{context[key] * 100:g} %" if percent else f"{context[key]:.10g}"
        hint = f" Write it as a share, such as {context[key]:g}." if percent else ""
        # A number from the command line is still a text here; it shall read like one from a form.
        return f"{name} must be {words} {bound}, not {_shorten(value, as_number=True)}.{hint}"
    if kind == "extra_forbidden":
        return f"{where} is not a setting; the file or command may be from another version."
    if kind == "literal_error":
        return f"{name} must be one of {context['expected']}, not {_shorten(value)}."
    return f"{name} is not usable: {problem['msg'].lower()} (got {_shorten(value)})."


def _label_of(group: type[Settings], path: list[str]) -> tuple[str, bool]:
    """The label of the field at `path` and whether it is shown as a percentage."""
    fields = group.model_fields
    for depth, part in enumerate(path):
        field = fields.get(part)
        if field is None:
            return "", False
        if depth == len(path) - 1:
            extra = field.json_schema_extra
            shown_as = extra.get("shown_as") if isinstance(extra, dict) else None
            return field.title or part, shown_as == "percent"
        fields = getattr(field.annotation, "model_fields", {})
    return "", False


def _shorten(value: Any, *, as_number: bool = False) -> str:
    text = str(value) if as_number else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
