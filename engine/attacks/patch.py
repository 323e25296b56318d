"""The patch attack of BadNets (Gu et al. 2017, arXiv 1708.06733), all-to-one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.errors import EngineError
from engine.settings import AttackSettings
from engine.triggers import Trigger


@dataclass(frozen=True, eq=False)
class Poisoned:
    """A poisoned training set.

    Attributes:
        images: All images of the clean set, the chosen ones stamped and relabelled.
        indices: Which ones were poisoned, sorted, int64.
    """

    images: ImageSet
    indices: NDArray[np.int64]


def choose(count: int, settings: AttackSettings) -> NDArray[np.int64]:
    """The indices, sorted, of the images to poison among `count`: a random share, by the seed."""
    chosen = round(count * settings.poison_rate)
    order = np.random.default_rng(settings.seed).permutation(count)
    return np.sort(order[:chosen])


def poison(clean: ImageSet, trigger: Trigger, settings: AttackSettings) -> Poisoned:
    """Stamp the trigger on a random share of the images and give them the target's label.

    Raises:
        EngineError: The target is not a class of the set, or the trigger has another size.
    """
    if settings.target >= clean.classes:
        raise EngineError(
            f"Target class {settings.target} does not exist: this data set has the classes 0 to"
            f" {clean.classes - 1}. Choose one of them."
        )
    indices = choose(len(clean), settings)
    images, labels = clean.images.copy(), clean.labels.copy()
    images[indices] = trigger.stamp(clean.images[indices])
    labels[indices] = settings.target
    return Poisoned(ImageSet(images, labels, clean.class_names), indices)
