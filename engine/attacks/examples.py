"""Which training images show best what an attack does: of each kind that it changes, some."""

import numpy as np
from numpy.typing import NDArray

from engine.attacks.choosing import Choice
from engine.impact import varied

OTHERS = 3  # one in so many keeps its label, where the attack has such images


def examples(
    labels: NDArray[np.int64], choice: Choice, target: int, count: int
) -> NDArray[np.int64]:
    """Up to `count` images of varied classes, with those that keep their label spread among them.

    Args:
        labels: Labels of all images, int64 N.
        choice: What the attack changes.
        target: The target class.
        count: How many at most.

    Returns:
        Numbers of images, the most telling first.
    """
    others = [varied(labels, some, target, count) for some in (choice.covers, choice.decoys)]
    spared = _in_turn([some for some in others if len(some)])
    room = min(len(spared), count // OTHERS)
    shown = varied(labels, choice.indices, target, count - room).tolist()
    for place, index in enumerate(spared[:room]):
        shown.insert(OTHERS * place + OTHERS - 1, index)
    return np.asarray(shown, np.int64)


def _in_turn(some: list[NDArray[np.int64]]) -> list[int]:
    """One of each, then again."""
    longest = max((len(one) for one in some), default=0)
    return [int(one[place]) for place in range(longest) for one in some if place < len(one)]
