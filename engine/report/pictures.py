"""Triggers as pictures that are part of the page."""

import base64
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import FoundTrigger
from engine.report.subject import Subject, as_bytes
from engine.report.words import amount, share
from engine.store import pictures
from engine.triggers import Trigger

MOST_CARDS, MOST_NAMED = 60, 12


@dataclass(frozen=True)
class Shown:
    """A trigger in three pictures, as data URIs.

    Attributes:
        mask: Its mask: black leaves a pixel alone, white replaces it.
        pattern: Its pattern.
        stamped: Both on a clean image.
        wide: Whether the pictures are wider than they are high.
    """

    mask: str
    pattern: str
    stamped: str
    wide: bool


@dataclass(frozen=True)
class Card:
    """What was found for one class.

    Attributes:
        label: The class.
        name: Its name.
        shown: The trigger.
        size: Of its mask, with unit.
        success: On held-out images; empty where that is not known.
        marked: Whether the class stands out.
        found: Whether the trigger works well enough to count.
    """

    label: int
    name: str
    shown: Shown
    size: str
    success: str
    marked: bool
    found: bool


def cards_of(subject: Subject) -> tuple[Card, ...]:
    """A card for each class; of very many classes, for those with the smallest masks."""
    classes = sorted(subject.detection.classes, key=lambda one: (not one.converged, one.mask_l1))
    return tuple(_card(subject, one) for one in sorted(classes[:MOST_CARDS], key=_label))


def whole_cards_of(subject: Subject) -> tuple[Card, ...]:
    """A card for each class that the verdict names, its trigger cut to whole pixels.

    Empty where it names pairs instead, whose triggers are others, and where no mask has a pixel
    above one half.
    """
    verdict = subject.detection.verdict
    if verdict.pairs:
        return ()
    named = [one for one in subject.detection.classes if one.label in verdict.targets]
    return tuple(
        Card(
            one.label,
            subject.name_of(one.label),
            show(one.hard.trigger, subject.sample(one.label)),
            f"{one.hard.trigger.pixels} px",
            share(one.hard.success),
            marked=True,
            found=True,
        )
        for one in named[:MOST_NAMED]
        if one.hard is not None
    )


def pair_cards_of(subject: Subject) -> tuple[Card, ...]:
    """A card for each pair that stands out, up to twelve."""
    detection = subject.detection
    if detection.pair_map is None:
        return ()
    success = detection.pair_map.success
    return tuple(
        Card(
            target,
            f"{subject.name_of(source)} → {subject.name_of(target)}",
            show(detection.pair_map.trigger(source, target), subject.sample(target, source)),
            f"{amount(float(detection.pair_map.mask_l1[source, target]))} px",
            _known_share(None if success is None else float(success[source, target])),
            marked=True,
            found=True,
        )
        for source, target in detection.verdict.pairs[:MOST_NAMED]
    )


def show(trigger: Trigger, sample: NDArray[np.uint8]) -> Shown:
    """Draw a trigger, and stamp it on a sample C x H x W if it is of that size."""
    fits = sample.shape == trigger.pattern.shape
    stamped = trigger.stamp(sample[None])[0] if fits else as_bytes(trigger.pattern)
    _, height, width = trigger.pattern.shape
    return Shown(
        data_uri(as_bytes(trigger.mask)[None]),
        data_uri(as_bytes(trigger.pattern)),
        data_uri(stamped),
        width > height,
    )


def data_uri(image: NDArray[np.uint8]) -> str:
    """An image, C x H x W uint8, as a PNG inside an address."""
    return "data:image/png;base64," + base64.b64encode(pictures.png(image)).decode("ascii")


def _card(subject: Subject, found: FoundTrigger) -> Card:
    return Card(
        found.label,
        subject.name_of(found.label),
        show(found.trigger, subject.sample(found.label)),
        f"{amount(found.mask_l1)} px",
        share(found.success),
        marked=found.label in subject.detection.verdict.targets,
        found=found.converged,
    )


def _known_share(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else share(value)


def _label(found: FoundTrigger) -> int:
    return found.label
