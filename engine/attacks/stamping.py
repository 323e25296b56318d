"""What every attack family has in common: it stamps images, and has a sham of itself."""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

CHUNK = 1024  # images at once: their floats are a few megabytes, never a copy of the whole set


class Stamper(Protocol):
    """How one trigger of one family changes images."""

    def stamp(self, images: NDArray[np.uint8], numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Put the trigger on images and return new ones of the same shape.

        Args:
            images: N x C x H x W, uint8; they stay as they are.
            numbers: N, each image's number in its set; what differs from image to image, such as
                a random place, follows from it.
        """
        ...

    def sham(self) -> Self:
        """The same with a strength of zero: the control of every attack."""
        ...


def random_numbers(numbers: NDArray[np.int64], each: int, *seed: int) -> NDArray[np.float64]:
    """Random values 0..1, N x each; an image's values depend on its number and the seed alone."""
    rows = int(numbers.max(initial=-1)) + 1
    values: NDArray[np.float64] = np.random.default_rng(seed).random((rows, each))[numbers]
    return values


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Round values 0..255 and clip what lies outside; `values` is overwritten."""
    np.rint(values, out=values)
    np.clip(values, 0, 255, out=values)
    return values.astype(np.uint8)
