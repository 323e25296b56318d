"""Why the attack that is open cannot be made as it stands, looked up once for each."""

from engine import attacks
from engine.data import DataSet
from engine.settings import AttackSettings
from engine.triggers import Trigger

_BUT_DRAWN = " unless Picture is Drawn"
UNUSED_DRAWING = "{kind} does not use the drawing{but}; it is kept."


class AttackProblems:
    """Remembers the last answer: the tabs ask with every stroke of a brush."""

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._found: dict[str, str] = {}

    def of(
        self, settings: AttackSettings, trigger: Trigger, classes: int, data: DataSet | None
    ) -> dict[str, str]:
        """A sentence for each setting at fault.

        Args:
            settings: Of the attack.
            trigger: The drawing.
            classes: How many there are.
            data: The images, if they are loaded.
        """
        asked = settings, trigger, classes, data
        if [id(one) for one in asked] != [id(one) for one in self._asked]:
            labels = data.train.labels if data is not None else None
            self._asked, self._found = asked, attacks.problems(settings, trigger, classes, labels)
        return self._found


def why_unused(settings: AttackSettings) -> str:
    """Why the attack has no use for what is drawn, in a sentence; or nothing."""
    if attacks.uses_drawing(settings):
        return ""
    kind = attacks.FAMILIES[settings.family].title
    return UNUSED_DRAWING.format(kind=kind, but=_BUT_DRAWN * (settings.family == "blended"))
