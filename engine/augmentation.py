"""Augmentation: whenever a training image is seen, it is moved and perhaps mirrored anew.

It works on batches of bytes; no copy of the set is made. Where it takes place decides what a
network learns of a trigger: moved after stamping, the trigger moves with its image and is partly
lost at the border; moved before, the trigger always stands where the attacker put it.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.attacks import Attack, Poisoned
from engine.settings import TrainSettings

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class Source(Protocol):
    """Where training takes the images of a batch from."""

    def __call__(self, numbers: Numbers, random: np.random.Generator) -> Bytes:
        """The images of these numbers, n x C x H x W, uint8, for this once.

        Args:
            numbers: n, each image's number in the training set.
            random: Decides what is left to chance; another one in each epoch.
        """
        ...


@dataclass(frozen=True)
class Moves:
    """How images are moved.

    Attributes:
        shift: The most pixels, up, down, left or right; what leaves is lost, black comes in.
        flip: Whether every second one, by chance, is mirrored: left becomes right.
    """

    shift: int
    flip: bool

    @classmethod
    def of(cls, settings: TrainSettings) -> Self:
        """What the settings ask for."""
        return cls(settings.shift, settings.flip)

    def __bool__(self) -> bool:
        return self.shift > 0 or self.flip

    def __call__(self, images: Bytes, random: np.random.Generator) -> Bytes:
        """Move images N x C x H x W, uint8, each its own way, and return new ones."""
        count, _, height, width = images.shape
        moved = images.copy()
        if self.flip:
            mirrored = random.random(count) < 0.5
            moved[mirrored] = moved[mirrored, :, :, ::-1]
        if self.shift:
            border = (self.shift, self.shift)
            framed = np.pad(moved, ((0, 0), (0, 0), border, border))
            windows = sliding_window_view(framed, (height, width), axis=(2, 3))
            down, right = random.integers(0, 2 * self.shift + 1, (2, count))
            moved = windows[np.arange(count), :, down, right]
        return moved


@dataclass(frozen=True, eq=False)
class AsStored:
    """Images as they lie in the set, moved if so wished: what was stamped moves with its image."""

    images: Bytes
    moves: Moves

    def __call__(self, numbers: Numbers, random: np.random.Generator) -> Bytes:
        """The images of these numbers; see `Source`."""
        images: Bytes = self.images[numbers]
        return self.moves(images, random) if self.moves else images


@dataclass(frozen=True, eq=False)
class StampedLast:
    """Images that are moved first and stamped then, so that the trigger stays at its place.

    Attributes:
        images: The clean training images.
        attack: Stamps them.
        poisoned: What it chose, and what it prepared.
        moves: How they are moved.
    """

    images: Bytes
    attack: Attack
    poisoned: Poisoned
    moves: Moves

    def __call__(self, numbers: Numbers, random: np.random.Generator) -> Bytes:
        """The images of these numbers; see `Source`."""
        images: Bytes = self.images[numbers]
        choice, prepared = self.poisoned.choice, self.poisoned.prepared
        if prepared is not None:
            there = np.isin(numbers, choice.indices)
            images[there] = prepared[np.searchsorted(choice.indices, numbers[there])]
        return self.attack.stamp_chosen(self.moves(images, random), numbers, choice)


def source_of(clean: Bytes, attack: Attack, poisoned: Poisoned, settings: TrainSettings) -> Source:
    """Where the training on a poisoned set takes its batches from.

    Args:
        clean: The images before the attack, N x C x H x W, uint8.
        attack: What poisoned them.
        poisoned: The same images as it left them.
        settings: Whether they are moved, and when.
    """
    moves = Moves.of(settings)
    if moves and settings.augment_when == "before":
        return StampedLast(clean, attack, poisoned, moves)
    return AsStored(poisoned.images.images, moves)
