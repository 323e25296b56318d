"""The dozen test images that a person watches: which they are, and what is wanted of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.attacks import Attack
from engine.data import ImageSet

SAMPLES, AMONG = 12, 1000  # only the first images are looked through, which is enough and quick


@dataclass(frozen=True, eq=False)
class WatchedImages:
    """Test images without and with the trigger.

    Attributes:
        clean: N untouched images with their labels.
        stamped: The same with the trigger, N x C x H x W, uint8.
        wanted: The class that the attacker wants of each, int64 N; its own where the trigger
            shall change nothing.
    """

    clean: ImageSet
    stamped: NDArray[np.uint8]
    wanted: NDArray[np.int64]

    @classmethod
    def under(cls, attack: Attack, tests: ImageSet) -> "WatchedImages":
        """Choose the images for an attack; of a source-specific one half are of other classes."""
        labels, numbers = tests.labels[:AMONG], np.arange(min(len(tests), AMONG))
        moved = _in_turns(labels, np.flatnonzero(attack.counts(labels, numbers)))
        spared = _in_turns(labels, np.flatnonzero(attack.mapping.bystanders(labels)))
        half = SAMPLES // 2 if len(spared) else SAMPLES
        chosen = np.concatenate([moved[:half], spared])[:SAMPLES]
        clean = tests.subset(chosen)
        return cls(clean, attack.stamp(clean.images, chosen), attack.wanted(clean.labels, chosen))


def _in_turns(labels: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.int64]:
    """Candidates in an order in which the classes take turns."""
    rounds: dict[int, int] = {}
    turns = np.empty(len(labels), np.int64)
    for index, label in enumerate(labels.tolist()):
        turns[index] = rounds.get(label, 0)
        rounds[label] = turns[index] + 1
    return candidates[np.lexsort((labels[candidates], turns[candidates]))]
