"""Whether an attack makes sense, in a sentence for each setting that does not."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.attacks.attack import Attack, Poisoned
from engine.attacks.blended import Blended
from engine.attacks.choosing import choose_among
from engine.attacks.families import FAMILIES, poisons_nothing
from engine.attacks.mapping import Mapping
from engine.attacks.patch import FixedPatch, RandomPatch
from engine.attacks.stamping import Stamper
from engine.data import ImageSet
from engine.errors import EngineError
from engine.settings import AttackSettings
from engine.settings.attack import CLEAN_LABEL
from engine.triggers import Trigger


def make(settings: AttackSettings, drawn: Trigger, classes: int) -> Attack:
    """Make an attack.

    Args:
        settings: How.
        drawn: The trigger on the canvas; its shape is that of the images.
        classes: How many classes the images have.

    Raises:
        EngineError: The settings contradict each other or the images.
    """
    found = problems(settings, drawn, classes)
    if found:
        raise EngineError(" ".join(found.values()))
    return Attack.build(settings, drawn, classes)


def known_trigger(settings: AttackSettings, drawn: Trigger, classes: int) -> Trigger | None:
    """The trigger that was planted, where it is a mask and a pattern that lead to a target.

    None for warps, waves, patches at random places, all-to-all attacks, and where nothing was
    poisoned or the settings make no attack.
    """
    if poisons_nothing(settings) or problems(settings, drawn, classes):
        return None
    return Attack.build(settings, drawn, classes).known_trigger


def check_attack(settings: AttackSettings, drawn: Trigger, images: ImageSet) -> Attack:
    """Make an attack that shall poison these images.

    Raises:
        EngineError: As `make`, and where a rate above zero is so small that nothing is poisoned.
    """
    found = problems(settings, drawn, images.classes, images.labels)
    if found:
        raise EngineError(" ".join(found.values()))
    return Attack.build(settings, drawn, images.classes)


def poison(clean: ImageSet, trigger: Trigger, settings: AttackSettings) -> Poisoned:
    """Poison a training set in one go, without the descent of label-consistent attacks.

    Raises:
        EngineError: The settings do not fit the images, or the trigger has another size.
    """
    attack = make(settings, trigger, clean.classes)
    job = attack.poison(clean, attack.choose(clean.labels))
    while True:
        try:
            next(job)
        except StopIteration as end:
            poisoned: Poisoned = end.value
            return poisoned


def problems(
    settings: AttackSettings,
    drawn: Trigger,
    classes: int,
    labels: NDArray[np.int64] | None = None,
) -> dict[str, str]:
    """What is wrong with an attack: a sentence for the name of each setting at fault.

    Args:
        settings: The settings.
        drawn: The trigger on the canvas.
        classes: How many classes there are.
        labels: The classes of the training images; given, small rates are found out as well.
    """
    found = dict(_of_classes(settings, classes))
    if not found:
        found |= dict(_of_triggers(settings, drawn, classes))
    if not found and labels is not None:
        found |= dict(_of_rates(settings, labels, classes))
    return found


def _of_classes(settings: AttackSettings, classes: int) -> Iterator[tuple[str, str]]:
    family = FAMILIES[settings.family]
    if settings.mapping not in family.mappings:
        yield (
            "mapping",
            (
                f"{family.title} attacks leave every label as it is, so they can lead to one"
                " target or to two, and nowhere else. Choose all-to-one or two-targets."
            ),
        )
    there = f"this data set has the classes 0 to {classes - 1}."
    if settings.mapping != "all-to-all" and settings.target >= classes:
        yield (
            "target",
            (f"Target class {settings.target} does not exist: {there} Choose one of them."),
        )
    if settings.mapping == "two-targets":
        if settings.second_target >= classes:
            yield (
                "second_target",
                (
                    f"Target class {settings.second_target} does not exist: {there} Choose one of"
                    " them."
                ),
            )
        elif settings.second_target == settings.target:
            yield (
                "second_target",
                (f"Both triggers lead to class {settings.target}. Choose another second target."),
            )
    if settings.mapping == "source-specific":
        yield from _of_sources(settings, classes, there)


def _of_sources(settings: AttackSettings, classes: int, there: str) -> Iterator[tuple[str, str]]:
    missing = [str(source) for source in settings.sources if source >= classes]
    if not settings.sources:
        yield (
            "sources",
            (
                "A source-specific attack needs at least one source class. Choose whose images the"
                " trigger shall move."
            ),
        )
    elif missing:
        yield (
            "sources",
            (f"Source class {', '.join(missing)} does not exist: {there} Choose among them."),
        )
    elif settings.target in settings.sources:
        yield (
            "sources",
            (
                f"Source class {settings.target} is the target as well, so the trigger would not"
                " move its images. Choose other source classes, or another target."
            ),
        )


def _of_triggers(
    settings: AttackSettings, drawn: Trigger, classes: int
) -> Iterator[tuple[str, str]]:
    length = min(drawn.mask.shape)
    if settings.family == "sig" and 2 * settings.frequency >= length:
        yield (
            "frequency",
            (
                f"{length} pixels are too few for {settings.frequency} waves. Take at most"
                f" {(length - 1) // 2}."
            ),
        )
    if settings.mapping == "two-targets" and not drawn.is_empty:
        triggers = [_look(one) for one in Attack.build(settings, drawn, classes).triggers]
        if triggers[0] is not None and triggers[0] == triggers[1]:
            yield (
                "mapping",
                (
                    "The second trigger is the first one turned by half a turn, and this one looks"
                    " the same then. Draw it off the centre, or with two different ends."
                ),
            )


def _of_rates(
    settings: AttackSettings, labels: NDArray[np.int64], classes: int
) -> Iterator[tuple[str, str]]:
    name = "target_share" if settings.family in CLEAN_LABEL else "poison_rate"
    rate: float = getattr(settings, name)
    if rate and not len(choose_among(labels, settings, Mapping.of(settings, classes)).indices):
        label = AttackSettings.model_fields[name].title
        yield (
            name,
            (
                f"{label}: {rate * 100:.4g} % is so little that no image would be poisoned. Raise"
                " it, or set it to 0 for a clean network."
            ),
        )


def _look(stamper: Stamper) -> bytes | None:
    """What a trigger puts on images, wherever it puts it; None where it is not a picture."""
    if isinstance(stamper, RandomPatch):
        rows, columns = np.nonzero(stamper.trigger.mask)
        area = (
            slice(int(rows.min()), int(rows.max()) + 1),
            slice(int(columns.min()), int(columns.max()) + 1),
        )
        mask, pattern = stamper.trigger.mask[area], stamper.trigger.pattern[:, *area]
        return (mask * pattern).tobytes() + mask.tobytes()
    if isinstance(stamper, FixedPatch | Blended):
        mask = stamper.trigger.mask
        return (mask * stamper.trigger.pattern).tobytes() + mask.tobytes()
    return None
