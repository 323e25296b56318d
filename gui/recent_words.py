"""What an experiment is in a few words, for the list of recent ones."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

from engine import attacks, store
from engine.errors import EngineError
from engine.metrics import percent
from engine.settings import AttackSettings
from gui import verdict_status

LONGEST = 40  # letters of each part
# Not by strftime, which would take the system's language.
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(_\d+)?")  # as new folders are named


def lines(folders: Sequence[Path]) -> list[str]:
    """One for each; the moment is told to the second where two would be alike."""
    said = [line(folder) for folder in folders]
    return [
        one if said.count(one) == 1 else line(folder, exact=True)
        for one, folder in zip(said, folders, strict=True)
    ]


def line(folder: Path, *, exact: bool = False) -> str:
    """When it was made, of what, and how it came out; of a damaged experiment only the first."""
    parts = [_shortened(when(folder.name, exact=exact))]
    try:
        seen = store.glance(folder)
    except (EngineError, OSError):
        return parts[0]
    parts += [_shortened(seen.data), _shortened(_what(seen))]
    if seen.clean_accuracy is not None:
        parts.append(f"right on {percent(seen.clean_accuracy)}")
    if seen.outcome is not None:
        said = verdict_status.status(seen.outcome, seen.class_names)
        what = ": " if seen.outcome.complete else " scan "
        parts.append(f"{seen.settings.detect.preset.capitalize()}{what}{_shortened(said)}")
    return " · ".join(parts)


def when(name: str, today: dt.date | None = None, *, exact: bool = False) -> str:
    """The moment that a folder is named after: "30 Nov, 14:02"; any other name as it is."""
    found = _MOMENT.fullmatch(name)
    try:
        moment = dt.datetime.strptime(found[1], "%Y-%m-%d_%H-%M-%S") if found else None
    except ValueError:
        moment = None
    if moment is None:
        return name
    year = "" if moment.year == (today or dt.date.today()).year else f" {moment.year}"
    clock = f"{moment:%H:%M:%S}" if exact else f"{moment:%H:%M}"
    return f"{moment.day} {_MONTHS[moment.month - 1]}{year}, {clock}"


def _what(seen: store.Glance) -> str:
    network = seen.settings.train.architecture
    if not seen.is_trained_here:
        file = seen.model_file or "somebody else's model"
        return f"{file}, {network}"
    attack = seen.settings.attack
    if attacks.poisons_nothing(attack):
        return f"{network}, clean"
    arrow = attacks.arrow(attack, seen.class_names)
    between = " " if arrow.startswith("→") else ", "
    return f"{network}, {_trigger(attack, seen.trigger_pixels)}{between}{arrow}"


def _shortened(text: str) -> str:
    """In one line, where class names or many sources would make it too long."""
    said = " ".join(text.split())
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 2].rstrip()} …"


def _trigger(attack: AttackSettings, pixels: int | None) -> str:
    title = attacks.FAMILIES[attack.family].title.lower()
    if not attacks.uses_drawing(attack) or pixels is None:
        return title
    if not pixels:
        return "empty trigger"
    return f"{pixels:,} px" if attack.family == "patch" else f"{title} {pixels:,} px"
