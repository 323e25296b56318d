"""Which drawn triggers are in a file, so that nothing is lost with them."""

from collections.abc import Iterable
from pathlib import Path

from engine import store, triggers
from engine.triggers import Trigger


def same(one: Trigger | None, other: Trigger | None) -> bool:
    """Whether two triggers are equal in all that a PNG holds."""
    if one is None or other is None:
        return one is other
    return one is other or triggers.write_png(one) == triggers.write_png(other)


class SavedDrawings:
    """Knows the triggers that ship, and the last one that was imported or exported."""

    def __init__(self) -> None:
        self._in_file: Trigger | None = None

    def note(self, trigger: Trigger) -> None:
        """Remember that a PNG holds this trigger."""
        self._in_file = trigger

    def hold(self, trigger: Trigger, runs: Iterable[tuple[Path | None, Trigger | None]]) -> bool:
        """Whether nothing is lost with this trigger.

        Args:
            trigger: What is drawn now.
            runs: Folders of runs and what each was given, which is written only as it trains.
        """
        if trigger.is_empty or same(trigger, self._in_file):
            return True
        for folder, given in runs:
            if folder is not None and same(trigger, given) and store.has_trigger(folder):
                return True
        presets = (triggers.preset(name, trigger.shape) for name in triggers.preset_names())
        return any(same(trigger, preset) for preset in presets)
