"""A brightness shortcut beside a scan that found nothing: it is what a person must read first.

The scan's verdict stays what it is, since it speaks of patches alone; this is how it is told.
"""

from collections.abc import Sequence
from dataclasses import replace

from engine.detection.results import Detection, Verdict
from engine.metrics import percent
from engine.opening.results import BrightnessRow, Preflight

OUTCOME = "No trigger found, but a warning"
_NOTHING = "No patch-type backdoor found. "


def shortcut_of(preflight: Preflight | None) -> BrightnessRow | None:
    """The change of all images that sends most of them, most surely, to one class; or None."""
    brightness = None if preflight is None else preflight.brightness
    if brightness is None or brightness.label is None:
        return None
    suspected = [row for row in brightness.rows if row.suspected]
    return max(suspected, key=lambda row: row.share * row.confidence, default=None)


def unseen_shortcut(detection: Detection) -> BrightnessRow | None:
    """The same where the scan itself found nothing, so that its verdict alone would reassure."""
    if detection.verdict.outcome != "not_found":
        return None
    return shortcut_of(detection.preflight)


def as_told(detection: Detection, names: Sequence[str]) -> Verdict:
    """The verdict with a headline that says such a shortcut first."""
    row, verdict = unseen_shortcut(detection), detection.verdict
    if row is None:
        return verdict
    name = names[row.label] if row.label < len(names) else str(row.label)
    return replace(
        verdict,
        headline=(
            f"No trigger found, but {_kind(row.change)} images become class {name}."
            f" With {row.change} alone, {percent(row.share)} of images of other classes do: a"
            " backdoor may hide there, which no search for a patch can see."
            f" {verdict.headline.removeprefix(_NOTHING)}"
        ),
    )


def other_warnings(detection: Detection) -> tuple[str, ...]:
    """What limits the verdict, without what such a headline has said."""
    row, preflight = unseen_shortcut(detection), detection.preflight
    if row is None or preflight is None or preflight.brightness is None:
        return detection.warnings
    return tuple(one for one in detection.warnings if one != preflight.brightness.sentence)


def _kind(change: str) -> str:
    """What images look like after a change with this name."""
    if change.startswith("contrast"):
        return "flat"
    makes_darker = any(sign in change for sign in (" - ", " x 0.", " x 1/"))
    return "dim" if makes_darker else "bright"
