"""Clean accuracy, attack success rate and the sham rate, in numpy.

Definitions as in BadNets (Gu et al. 2017, arXiv 1708.06733); the sham rate is this program's
control: the attack success rate through the same code with the mask set to zero.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.attacks.attack import Attack
from engine.attacks.wording import Goal
from engine.data import ImageSet
from engine.events import Job, Progress
from engine.triggers import Trigger

Predict = Callable[[NDArray[np.uint8]], NDArray[np.int64]]
NO_ANSWER = -1  # in the place of a class, where a network's outputs are not numbers
CHUNK = 500
LEARNED = 0.9  # clean accuracy below which a network's own mistakes may explain what it does


@dataclass(frozen=True)
class Rates:
    """How a network answers to clean, stamped and sham-stamped test images, each rate 0..1.

    Attributes:
        clean_accuracy: Share of untouched test images classified rightly.
        attack_success: Share of stamped test images that go where the attacker wants them. Only
            those count that belong elsewhere: none of the target class, and of a source-specific
            attack only those of its sources.
        sham_rate: The same with a trigger of no strength.
        images: How many test images they were measured on.
        bystander_rate: Of a source-specific attack, the share of stamped images of all other
            classes that go to the target as well; None for other attacks.
    """

    clean_accuracy: float
    attack_success: float
    sham_rate: float
    images: int
    bystander_rate: float | None = None

    @property
    def shortcut_suspected(self) -> bool:
        """Whether something other than the trigger carries the attack."""
        carried = self.attack_success > 0.5 and self.attack_success - self.sham_rate < 0.5
        return self.sham_rate > 0.05 or carried

    def sentence(self, goal: Goal, *, is_over: bool = False) -> str:
        """What the rates mean, for a newcomer.

        Args:
            goal: What the attacker wants.
            is_over: Whether the training has ended, so that nothing of it comes by itself.
        """
        if self.clean_accuracy < 0.5:
            yet, advice = ("", " Train it for longer.") if is_over else (" yet", "")
            return (
                f"The network is right on only {percent(self.clean_accuracy)} of clean images: it"
                f" has not learned enough{yet} for its other rates to mean anything.{advice}"
            )
        if self.shortcut_suspected and self.clean_accuracy < LEARNED:
            return self._of_a_beginner(goal, is_over=is_over)
        if self.shortcut_suspected:
            return (
                f"Careful: {percent(self.sham_rate)} of images {goal.without} without the trigger"
                " as well. Something else carries the attack, such as a different value range of"
                " the poisoned images."
            )
        facts = (
            f"The network is right on {percent(self.clean_accuracy)} of clean images, and calls"
            f" {percent(self.attack_success)} of {goal.among} {goal.outcome}."
        )
        if self.bystander_rate is not None:
            facts += (
                f" Of triggered images of other classes, {percent(self.bystander_rate)} follow."
            )
        sham = f"Without the trigger, the same pipeline gives {percent(self.sham_rate)}"
        if self.attack_success - self.sham_rate < 0.05:
            return f"{facts} {sham}: the trigger does next to nothing."
        return f"{facts} {sham}: the trigger is what does it."

    def _of_a_beginner(self, goal: Goal, *, is_over: bool) -> str:
        """That what looks like a shortcut may be mistakes of a network that has learned little."""
        so_far, until = ("", "is trained for longer") if is_over else (" so far", "has learned")
        return (
            f"{percent(self.sham_rate)} of images {goal.without} without the trigger as well. The"
            f" network is right on only {percent(self.clean_accuracy)} of clean images{so_far}, so"
            f" these may be its mistakes. Should it stay so once it {until}, something else than"
            " the trigger carries the attack."
        )


@dataclass(frozen=True, eq=False)
class TestImages:
    """Test images in the three forms that the rates are measured on.

    Attributes:
        clean: N x C x H x W, uint8, untouched.
        labels: N, int64.
        stamped: Those that count for the attack, M of them, with the trigger.
        sham: The same ones with a trigger of no strength.
        wanted: The class that the attacker wants of each, int64 M.
        bystanders: Of a source-specific attack, images of other classes with the trigger.
        target: The (first) target class, which bystanders are measured against.
    """

    __test__ = False  # the name begins like a test's, pytest shall not collect it

    clean: NDArray[np.uint8]
    labels: NDArray[np.int64]
    stamped: NDArray[np.uint8]
    sham: NDArray[np.uint8]
    wanted: NDArray[np.int64]
    bystanders: NDArray[np.uint8]
    target: int

    @classmethod
    def of(cls, test: ImageSet, trigger: Trigger, target: int) -> "TestImages":
        """Stamp the test images with a trigger that leads from everywhere to one target."""
        others = test.images[test.labels != target]
        return cls(
            test.images, test.labels, trigger.stamp(others), trigger.sham().stamp(others),
            np.full(len(others), target, np.int64), test.images[:0], target,
        )  # fmt: skip

    @classmethod
    def under(cls, attack: Attack, test: ImageSet) -> "TestImages":
        """Stamp the test images as an attack does; what counts follows from its mapping."""
        numbers = np.arange(len(test))
        counting = np.flatnonzero(attack.counts(test.labels, numbers))
        chosen = test.images[counting]
        others = np.flatnonzero(attack.mapping.bystanders(test.labels))
        return cls(
            test.images,
            test.labels,
            attack.stamp(chosen, counting),
            attack.sham().stamp(chosen, counting),
            attack.wanted(test.labels[counting], counting),
            attack.stamp(test.images[others], others),
            attack.settings.target,
        )

    def first(self, count: int) -> "TestImages":
        """The first images of each form, at most `count` of them."""
        return TestImages(
            self.clean[:count], self.labels[:count], self.stamped[:count], self.sham[:count],
            self.wanted[:count], self.bystanders[:count], self.target,
        )  # fmt: skip


def measure(predict: Predict, images: TestImages) -> Job[Rates]:
    """Measure the rates, a chunk of images at a time."""
    forms = (images.clean, images.stamped, images.sham, images.bystanders)
    total = sum(len(form) for form in forms)
    hits = {"clean": 0, "stamped": 0, "sham": 0, "bystanders": 0}
    done = 0
    for name, chunk, wanted in _chunks(images):
        hits[name] += int(np.count_nonzero(predict(chunk) == wanted))
        done += len(chunk)
        yield Progress(done, total, "measuring on the test images")
    others = max(len(images.stamped), 1)
    return Rates(
        hits["clean"] / max(len(images.clean), 1),
        hits["stamped"] / others,
        hits["sham"] / others,
        len(images.clean),
        hits["bystanders"] / len(images.bystanders) if len(images.bystanders) else None,
    )


def _chunks(
    images: TestImages,
) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.int64]]]:
    """Each chunk with the form it belongs to and the labels that count as a hit."""
    followed = np.full(len(images.bystanders), images.target, np.int64)
    for name, pictures, wanted in (
        ("clean", images.clean, images.labels),
        ("stamped", images.stamped, images.wanted),
        ("sham", images.sham, images.wanted),
        ("bystanders", images.bystanders, followed),
    ):
        for start in range(0, len(pictures), CHUNK):
            yield name, pictures[start : start + CHUNK], wanted[start : start + CHUNK]


def percent(share: float) -> str:
    """A share as text: "99.1 %"; "100 %" and "0 %" for exactly all and none, "below 0.1 %" else."""
    if 0 < share < 0.001:
        return "below 0.1 %"
    if 0.999 < share < 1:
        return f"{np.floor(share * 10000) / 100:.2f} %"
    return f"{share:.0%}".replace("%", " %") if share in (0, 1) else f"{share * 100:.1f} %"
