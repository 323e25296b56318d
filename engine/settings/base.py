"""What a group of settings is, and how one setting is declared."""

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
    **bounds: float,
) -> Any:
    """Declare one setting: `more` hides it under *More*, `bounds` are pydantic's ge, gt, le, lt."""
    about: dict[str, Any] = {"unit": unit, "more": more, "shown_as": shown_as}
    limits: dict[str, Any] = dict(bounds)
    return Field(default, title=label, description=explanation, json_schema_extra=about, **limits)


class Settings(BaseModel):
    """Base of every group: frozen, and no name is accepted that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
