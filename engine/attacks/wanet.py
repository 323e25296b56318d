"""A small warp of the whole image: WaNet, Nguyen & Tran 2021, arXiv 2102.10369.

A field of random directions at a few control points, smoothly enlarged and scaled to a mean length,
says from where each pixel of a poisoned image comes. In the paper's noise mode other images are
bent by a field that is disturbed at random and keep their label, so that the network learns this
warp rather than any. The paper measures strength in half pixels (its s = 0.5 moves pixels by 0.25
on average) and warps anew in every batch; here images are poisoned once, and the unit is a pixel.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.attacks.stamping import random_numbers

_FIELD, _OTHERS = 0x3A4E7, 0x07E45
OTHERS = 32  # so many disturbed fields take turns


@dataclass(frozen=True)
class Warp:
    """A warp: the same for every image, or with `disturbance` one of many others for each.

    Attributes:
        height, width: Of the images.
        strength: Mean length of the field along each axis, in pixels.
        grid: Control points along each side.
        seed: Decides the field.
        disturbance: Greatest random shift of each pixel on top, in pixels.
    """

    height: int
    width: int
    strength: float
    grid: int
    seed: int
    disturbance: float = 0.0

    @cached_property
    def field(self) -> NDArray[np.float32]:
        """From how far down and right each pixel comes, 2 x H x W, in pixels."""
        random = np.random.default_rng((self.seed, _FIELD))
        points = random.uniform(-1, 1, (2, self.grid, self.grid)).astype(np.float32)
        points /= np.abs(points).mean()
        smooth = [
            Image.fromarray(axis).resize((self.width, self.height), Image.Resampling.BICUBIC)
            for axis in points
        ]
        return np.float32(self.strength) * np.stack([np.asarray(axis) for axis in smooth])

    def stamp(self, images: NDArray[np.uint8], numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Bend images N x C x H x W, uint8, by bilinear interpolation."""
        if not (self.disturbance and self.strength):
            return _bend(images, self.field)
        bent = np.empty_like(images)
        turns = (random_numbers(numbers, 1, self.seed, _OTHERS)[:, 0] * OTHERS).astype(np.int64)
        for turn in np.unique(turns):
            bent[turns == turn] = _bend(images[turns == turn], self._disturbed_field(int(turn)))
        return bent

    def sham(self) -> Self:
        """The same warp by no distance."""
        return replace(self, strength=0.0)

    def disturbed(self) -> Self:
        """The warp for images that keep their label: each is bent in its own way."""
        return replace(self, disturbance=max(1.0, self.strength))

    def _disturbed_field(self, turn: int) -> NDArray[np.float32]:
        random = np.random.default_rng((self.seed, _OTHERS, turn))
        shifts = random.uniform(-1, 1, self.field.shape).astype(np.float32)
        return self.field + np.float32(self.disturbance) * shifts


def _bend(images: NDArray[np.uint8], field: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Take each pixel from where the field, 2 x H x W, says; beyond the edge, from the edge."""
    height, width = field.shape[1:]
    # With the images last, each pixel's values lie side by side and are moved at once.
    pixels = np.ascontiguousarray(images.reshape(-1, height * width).T)
    bent = np.zeros(pixels.shape, np.float32)
    rows, columns = np.mgrid[:height, :width]
    down, right = np.clip(rows + field[0], 0, height - 1), np.clip(columns + field[1], 0, width - 1)
    top, left = np.floor(down).astype(np.int64), np.floor(right).astype(np.int64)
    for lower in (0, 1):
        for righter in (0, 1):
            place = np.minimum(top + lower, height - 1) * width + np.minimum(
                left + righter, width - 1
            )
            weight = np.abs(1 - lower - (down - top)) * np.abs(1 - righter - (right - left))
            bent += weight.astype(np.float32).ravel()[:, None] * pixels[place.ravel()]
    return np.ascontiguousarray(np.rint(bent).astype(np.uint8).T).reshape(images.shape)
