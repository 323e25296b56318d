"""A patch: BadNets, Gu, Dolan-Gavitt, Garg 2017, arXiv 1708.06733.

Its single pixel and its pixel pattern are presets of the trigger. Beside the paper's fixed place,
the patch can stand elsewhere in every image, or in several places at once.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.attacks.stamping import random_numbers
from engine.settings import AttackSettings
from engine.triggers import Trigger

_PLACES = 0x9A7C4  # keeps these random numbers apart from those that choose the images


@dataclass(frozen=True, eq=False)
class FixedPatch:
    """The trigger where it was drawn."""

    trigger: Trigger

    def stamp(
        self,
        images: NDArray[np.uint8],
        numbers: NDArray[np.int64],  # noqa: ARG002 - Stamper
    ) -> NDArray[np.uint8]:
        """Put the trigger on images N x C x H x W, uint8."""
        return self.trigger.stamp(images)

    def sham(self) -> Self:
        """The same with a mask of zeros."""
        return replace(self, trigger=self.trigger.sham())


@dataclass(frozen=True, eq=False)
class RandomPatch:
    """The drawn trigger at another place in every image, wholly inside it.

    Attributes:
        trigger: What was drawn, anywhere.
        seed: Decides the places.
    """

    trigger: Trigger
    seed: int

    def stamp(self, images: NDArray[np.uint8], numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Put the trigger on images N x C x H x W, uint8, each time elsewhere."""
        rows, columns = np.nonzero(self.trigger.mask)
        stamped = self.trigger.sham().stamp(images)  # a copy, after the same checks
        if not len(rows):
            return stamped
        mask = self.trigger.mask[rows, columns]
        colour = self.trigger.pattern[:, rows, columns].T * np.float32(255)
        height, width = self.trigger.mask.shape
        place = random_numbers(numbers, 2, self.seed, _PLACES)
        down = _inside(place[:, :1], height, rows)
        right = _inside(place[:, 1:], width, columns)
        which = np.arange(len(images))[:, None]
        touched = images[which, :, down, right].astype(np.float32)
        mixed = (1 - mask[:, None]) * touched + mask[:, None] * colour
        stamped[which, :, down, right] = np.rint(mixed).astype(np.uint8)
        return stamped

    def sham(self) -> Self:
        """The same with a mask of zeros."""
        return replace(self, trigger=self.trigger.sham())


def _inside(place: NDArray[np.float64], room: int, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Move cells, M, so that their first lies at a share 0..1 of the way: N x M."""
    first, last = int(cells.min()), int(cells.max())
    start = (place * (room - (last - first))).astype(np.int64)
    moved: NDArray[np.int64] = start + (cells - first)
    return moved


def build(settings: AttackSettings, trigger: Trigger) -> FixedPatch | RandomPatch:
    """The patch that the settings ask for."""
    if settings.placement == "random":
        return RandomPatch(trigger, settings.seed)
    if settings.placement == "several":
        return FixedPatch(copied(trigger, settings.copies))
    return FixedPatch(trigger)


def copied(trigger: Trigger, copies: int) -> Trigger:
    """The trigger with copies of itself, unturned, in the corners opposite to where it is.

    Args:
        trigger: What was drawn, whole only where it does not lie on an axis of the image.
        copies: 1 to 4: the drawing, then the corner opposite, beside and above.
    """
    rows, columns = np.nonzero(trigger.mask)
    if not len(rows):
        return trigger
    height, width = trigger.mask.shape
    across = width - 1 - int(columns.max()) - int(columns.min())
    down = height - 1 - int(rows.max()) - int(rows.min())
    mask, pattern = trigger.mask.copy(), trigger.pattern.copy()
    for lower, righter in ((down, across), (0, across), (down, 0))[: copies - 1]:
        mask[rows + lower, columns + righter] = trigger.mask[rows, columns]
        pattern[:, rows + lower, columns + righter] = trigger.pattern[:, rows, columns]
    return Trigger(mask, pattern)


def turned(trigger: Trigger) -> Trigger:
    """The trigger turned by half a turn around the image's centre."""
    return Trigger(trigger.mask[::-1, ::-1].copy(), trigger.pattern[:, ::-1, ::-1].copy())
