"""What a trigger does to images, in figures: how much it changes and how visible that is."""

from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from engine.triggers import Trigger

Floats = NDArray[np.float32]


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
        ssim: Mean structural similarity of stamped and clean images, 1 where they are the same;
            None without images.
    """

    pixels: int
    share: float
    mask_l1: float
    mean_change: float | None
    psnr_db: float | None
    ssim: float | None


def impact(
    trigger: Trigger, clean: NDArray[np.uint8], stamped: NDArray[np.uint8] | None = None
) -> Impact:
    """Measure a trigger on images, N x C x H x W, uint8; N may be 0.

    Args:
        trigger: What is drawn.
        clean: The images.
        stamped: What becomes of them, for attacks that do more than to stamp; of the same shape.

    Raises:
        EngineError: The images have another size than the trigger, and nothing says what becomes
            of them.
    """
    stamped = trigger.stamp(clean) if stamped is None else stamped
    return Impact(
        pixels=trigger.pixels,
        share=trigger.pixels / trigger.mask.size,
        mask_l1=trigger.mask_l1,
        mean_change=mean_change(clean, stamped) if len(clean) else None,
        psnr_db=psnr(clean, stamped) if len(clean) else None,
        ssim=ssim(clean, stamped) if len(clean) else None,
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


def ssim(clean: NDArray[np.uint8], stamped: NDArray[np.uint8]) -> float:
    """Mean structural similarity (SSIM) of two sets of images, N x C x H x W, uint8.

    Wang et al. 2004 (doi 10.1109/TIP.2003.819861), with their constants: Gaussian windows of
    11 x 11 and sigma 1.5, K1 = 0.01, K2 = 0.03, a range of 255; only windows wholly on the image
    count. Images smaller than that get a window as large as fits. The mean runs over windows,
    channels and images.

    Returns:
        -1..1; 1 where the images are the same.
    """
    down, across = (_window_sums(size) for size in clean.shape[2:])

    def weigh(values: Floats) -> Floats:
        """The Gaussian means over all windows.

        One small product for each image: of large ones each core would take a part, and wait for
        the other cores while these train a network.
        """
        return np.asarray(down @ values @ across.T)

    x, y = clean.astype(np.float32), stamped.astype(np.float32)
    mean_x, mean_y = weigh(x), weigh(y)
    product = mean_x * mean_y
    squares = mean_x**2 + mean_y**2
    variances = weigh(x * x + y * y) - squares
    covariance = weigh(x * y) - product
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * product + c1) * (2 * covariance + c2)
    return float(np.mean(similar / ((squares + c1) * (variances + c2)), dtype=np.float64))


def _window_sums(size: int) -> Floats:
    """The matrix that takes `size` values to their Gaussian means, one for each whole window."""
    width = min(11, size - 1 + size % 2)  # odd
    away = np.arange(width) - width // 2
    weights = np.exp(-(away**2) / (2 * 1.5**2))
    count = size - width + 1
    matrix = np.zeros((count, size), np.float32)
    for first in range(count):
        matrix[first, first : first + width] = weights / weights.sum()
    return matrix


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
