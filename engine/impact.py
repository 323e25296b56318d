"""What a trigger does to images, in figures: how much it changes and how visible that is."""

from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from engine.triggers import Trigger


@dataclass(frozen=True)
class Impact:
    """How far a trigger changes images.

    Attributes:
        pixels: How many pixels it touches at all.
        share: The same as a share of the image, 0..1.
        mask_l1: Sum of the mask, in pixels: what Neural Cleanse minimises.
        mean_change: Mean absolute change of a value, 0..1 of its range, over all pixels of the
            images; None without images.
        psnr_db: Peak signal-to-noise ratio of stamped against clean images, in decibels; infinite
            if nothing changes, None without images.
    """

    pixels: int
    share: float
    mask_l1: float
    mean_change: float | None
    psnr_db: float | None


def impact(trigger: Trigger, clean: NDArray[np.uint8]) -> Impact:
    """Measure a trigger on images, N x C x H x W, uint8; N may be 0.

    Raises:
        EngineError: The images have another size than the trigger.
    """
    stamped = trigger.stamp(clean)
    return Impact(
        pixels=trigger.pixels,
        share=trigger.pixels / trigger.mask.size,
        mask_l1=trigger.mask_l1,
        mean_change=mean_change(clean, stamped) if len(clean) else None,
        psnr_db=psnr(clean, stamped) if len(clean) else None,
    )


def mean_change(clean: NDArray[np.uint8], stamped: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two arrays of one shape, 0..1 of the range of a byte."""
    return float(np.abs(_difference(clean, stamped)).mean()) / 255


def psnr(clean: NDArray[np.uint8], stamped: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in decibels: 10 log10(255^2 / mean squared difference).

    The mean runs over all images together, so that an image which the trigger happens to leave
    alone does not make the figure infinite; it is infinite where no image changes at all.
    """
    squared = float(np.square(_difference(clean, stamped)).mean())
    return 10 * log10(255**2 / squared) if squared else inf


def varied(
    labels: NDArray[np.int64], indices: NDArray[np.int64], target: int, count: int
) -> NDArray[np.int64]:
    """Choose up to `count` of `indices` as examples: one of each class first, then again.

    Classes other than the target come first in every round, because there the label changes.

    Args:
        labels: Labels of all images, int64 N.
        indices: Those to choose from, int64 M, in order of preference.
        target: The target class.
        count: How many at most.
    """
    seen: dict[int, int] = {}
    ranked: list[tuple[int, bool, int, int]] = []
    # A few hundred candidates hold every class many times over, and keep this quick.
    for place, index in enumerate(indices[: 100 * count].tolist()):
        label = int(labels[index])
        seen[label] = seen.get(label, -1) + 1
        ranked.append((seen[label], label == target, place, index))
    return np.asarray([index for *_, index in sorted(ranked)[:count]], np.int64)


def _difference(clean: NDArray[np.uint8], stamped: NDArray[np.uint8]) -> NDArray[np.float64]:
    difference: NDArray[np.float64] = stamped.astype(np.float64) - clean.astype(np.float64)
    return difference
