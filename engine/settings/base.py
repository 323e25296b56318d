"""What a group of settings is, and how one setting is declared."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


def setting(
    default: Any,
    label: str,
    explanation: str,
    *,
    unit: str = "",
    more: bool = False,
    shown_as: Literal["number", "percent", "text"] = "number",
    shown_for: Mapping[str, Sequence[str]] | None = None,
    names: Mapping[str, str] | None = None,
    least: str = "",
    **bounds: float,
) -> Any:
    """Declare one setting.

    Args:
        default: Its value unless another one is given.
        label: Its name in a form.
        explanation: What it is, and what a sensible value is.
        unit: Stands behind the number.
        more: Hides it under *More*.
        shown_as: How a form writes it.
        shown_for: Other settings of the group, and the values of each for which this one means
            something; a form shows it only then. Nothing: always.
        names: What a form calls each of its choices.
        least: What a form calls the smallest number, where that is no amount, such as "Automatic".
        bounds: Pydantic's ge, gt, le, lt.
    """
    about: dict[str, Any] = {"unit": unit, "more": more, "shown_as": shown_as, "least": least}
    about["shown_for"] = {name: list(values) for name, values in (shown_for or {}).items()}
    about["names"] = dict(names or {})
    limits: dict[str, Any] = dict(bounds)
    return Field(default, title=label, description=explanation, json_schema_extra=about, **limits)


class Settings(BaseModel):
    """Base of every group: frozen, and no name is accepted that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
