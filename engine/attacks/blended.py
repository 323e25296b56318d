"""A picture mixed into the whole image: Chen, Liu, Li, Lu, Song 2017, arXiv 1712.05526.

x' = (1 - ratio) x + ratio picture. The paper takes a cartoon or random noise; here the picture is
made, or it is what was drawn or imported on the canvas, whose opacity then weakens the ratio.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.attacks.stamping import to_bytes
from engine.settings import AttackSettings
from engine.triggers import Trigger

_PICTURE = 0xB1E4D
Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Blended:
    """Attributes: trigger: the picture, and as its mask the share of it, 0..1, in every pixel."""

    trigger: Trigger

    def stamp(
        self,
        images: NDArray[np.uint8],
        numbers: NDArray[np.int64],  # noqa: ARG002 - Stamper
    ) -> NDArray[np.uint8]:
        """Mix the picture into images N x C x H x W, uint8."""
        mixed = images.astype(np.float32)
        mixed *= 1 - self.trigger.mask
        mixed += self.trigger.mask * self.trigger.pattern * np.float32(255)
        return to_bytes(mixed)

    def sham(self) -> Self:
        """The same with none of the picture in it."""
        return replace(self, trigger=self.trigger.sham())


def build(settings: AttackSettings, trigger: Trigger, seed: int) -> Blended:
    """The picture that the settings ask for, at their ratio; `trigger` is what was drawn."""
    ratio = np.float32(settings.blend_ratio)
    if settings.picture == "drawn":
        return Blended(Trigger(ratio * trigger.mask, trigger.pattern))
    draw = {"noise": noise, "rings": rings}[settings.picture]
    return Blended(Trigger(np.full_like(trigger.mask, ratio), draw(trigger.shape, seed)))


def noise(shape: Shape, seed: int) -> NDArray[np.float32]:
    """A random value 0..1 for every value of an image C x H x W."""
    return np.random.default_rng((seed, _PICTURE)).random(shape, np.float32)


def rings(shape: Shape, seed: int) -> NDArray[np.float32]:
    """Rings 0..1 around a point near the centre, a different phase in every channel."""
    channels, height, width = shape
    offset = np.random.default_rng((seed, _PICTURE)).uniform(-0.15, 0.15, 2)
    down = (np.arange(height) / height - 0.5 - offset[0])[:, None]
    right = (np.arange(width) / width - 0.5 - offset[1])[None, :]
    phase = np.arange(channels)[:, None, None] * 2 * np.pi / 3
    picture: NDArray[np.float64] = 0.5 + 0.5 * np.sin(40 * np.hypot(down, right) + phase)
    return picture.astype(np.float32)
