"""An attack: what it changes in which images, what labels they get, and what counts as success."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.attacks.blended import Blended
from engine.attacks.choosing import Choice, choose_among
from engine.attacks.families import FAMILIES
from engine.attacks.mapping import Mapping
from engine.attacks.patch import FixedPatch
from engine.attacks.stamping import CHUNK, Stamper
from engine.attacks.wanet import Warp
from engine.data import ImageSet
from engine.events import Job, Progress
from engine.settings import AttackSettings
from engine.triggers import Trigger

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Poisoned:
    """A poisoned training set.

    Attributes:
        images: All images of the clean set, the chosen ones changed and relabelled.
        indices: Which ones were poisoned, sorted, int64.
        choice: The same, with everything else that was chosen.
        prepared: The images at `indices` as the trigger found them, if they were changed before.
    """

    images: ImageSet
    indices: Numbers
    choice: Choice
    prepared: Bytes | None = None


@dataclass(frozen=True, eq=False)
class Attack:
    """One attack on images of one size; make it with `engine.attacks.make`.

    Attributes:
        settings: How it was asked for.
        mapping: What it does with the classes.
        triggers: What goes on test images; two of them if there are two targets.
        learned: What goes on training images: the same, but for waves of another height.
    """

    settings: AttackSettings
    mapping: Mapping
    triggers: tuple[Stamper, ...]
    learned: tuple[Stamper, ...]
    _decoy: Stamper | None = field(default=None)

    @classmethod
    def build(cls, settings: AttackSettings, drawn: Trigger, classes: int) -> Self:
        """Build it from settings that were checked, and from what was drawn."""
        mapping = Mapping.of(settings, classes)
        family = FAMILIES[settings.family]
        numbers = range(mapping.triggers)
        learned = tuple(family.build(settings, drawn, number) for number in numbers)
        at_test = settings.model_copy(update={"amplitude": settings.test_amplitude})
        triggers = tuple(family.build(at_test, drawn, number) for number in numbers)
        decoy = learned[0].disturbed() if isinstance(learned[0], Warp) else None
        return cls(settings, mapping, triggers, learned, decoy)

    @property
    def known_trigger(self) -> Trigger | None:
        """The (first) trigger, where it is a mask and a pattern that lead to a target class."""
        first = self.triggers[0]
        if not self.mapping.targets or not isinstance(first, FixedPatch | Blended):
            return None
        return first.trigger

    def sham(self) -> Self:
        """The same attack with a strength of zero, through the same code."""
        return replace(
            self,
            triggers=tuple(trigger.sham() for trigger in self.triggers),
            learned=tuple(trigger.sham() for trigger in self.learned),
            _decoy=None,
        )

    def which(self, numbers: Numbers) -> Numbers:
        """The trigger, 0 or 1, that test images of these numbers get: they take turns."""
        return numbers % len(self.triggers)

    def stamp(self, images: Bytes, numbers: Numbers) -> Bytes:
        """Put the triggers on test images and return new ones.

        Args:
            images: N x C x H x W, uint8; they stay as they are.
            numbers: N, each image's number in its set.

        Raises:
            EngineError: The images have another size than the trigger.
        """
        return _stamped(self.triggers, images, numbers, self.which(numbers))

    def stamp_for_training(self, images: Bytes, numbers: Numbers, which: Numbers) -> Bytes:
        """Put the triggers on training images and return new ones.

        Args:
            images: N x C x H x W, uint8; they stay as they are.
            numbers: N, each image's number in its set.
            which: N, each image's trigger, 0 or 1.

        Raises:
            EngineError: The images have another size than the trigger.
        """
        return _stamped(self.learned, images, numbers, which)

    def stamp_chosen(self, images: Bytes, numbers: Numbers, choice: Choice) -> Bytes:
        """Do to a few training images what `poison` does to those of the whole set.

        Args:
            images: N x C x H x W, uint8; those that were chosen are overwritten.
            numbers: N, each image's number in its set.
            choice: What `choose` answered for the labels of the whole set.

        Raises:
            EngineError: The images have another size than the trigger.
        """
        for stamper, places in self._parts(choice):
            some = np.flatnonzero(np.isin(numbers, places))
            if len(some):
                images[some] = stamper.stamp(images[some], numbers[some])
        return images

    def choose(self, labels: Numbers) -> Choice:
        """Which training images of these classes are changed, and their new labels."""
        return choose_among(labels, self.settings, self.mapping)

    def wanted(self, labels: Numbers, numbers: Numbers) -> Numbers:
        """The class that the attacker wants of stamped test images of these classes, numbers."""
        return self.mapping.wanted(labels, self.which(numbers))

    def counts(self, labels: Numbers, numbers: Numbers) -> NDArray[np.bool_]:
        """Which stamped test images the attack success is measured on."""
        return self.mapping.counts(labels, self.which(numbers))

    def poison(
        self, clean: ImageSet, choice: Choice, prepared: Bytes | None = None
    ) -> Job[Poisoned]:
        """Change and relabel the chosen images of a training set.

        Args:
            clean: The training set; it stays as it is.
            choice: What `choose` answered for its labels.
            prepared: The images at `choice.indices` as the trigger shall find them, uint8, if
                they were changed before (label-consistent attacks); nothing: as they are.

        Raises:
            EngineError: The images have another size than the trigger.
        """
        images, labels = clean.images.copy(), clean.labels.copy()
        labels[choice.indices] = choice.labels
        if prepared is not None:
            images[choice.indices] = prepared
        parts = self._parts(choice)
        total, done = max(sum(len(places) for _, places in parts), 1), 0
        text = f"poisoning {len(choice.indices):,} of {len(clean):,} images"
        for stamper, places in parts:
            for some in _chunks(places):
                yield Progress(done, total, text)
                images[some] = stamper.stamp(images[some], some)
                done += len(some)
        changed = ImageSet(images, labels, clean.class_names)
        return Poisoned(changed, choice.indices, choice, prepared)

    def _parts(self, choice: Choice) -> list[tuple[Stamper, Numbers]]:
        """Every stamper of a training set, with the numbers of the images that it stamps."""
        parts: list[tuple[Stamper, Numbers]] = [
            (trigger, choice.indices[choice.which == number])
            for number, trigger in enumerate(self.learned)
        ]
        parts.append((self.learned[0], choice.covers))
        if self._decoy is not None:
            parts.append((self._decoy, choice.decoys))
        return parts


def _stamped(
    triggers: tuple[Stamper, ...], images: Bytes, numbers: Numbers, which: Numbers
) -> Bytes:
    stamped = np.empty_like(images)
    for number, trigger in enumerate(triggers):
        for some in _chunks(np.flatnonzero(which == number)):
            stamped[some] = trigger.stamp(images[some], numbers[some])
    return stamped


def _chunks(places: Numbers) -> list[Numbers]:
    return [places[at : at + CHUNK] for at in range(0, len(places), CHUNK)]
