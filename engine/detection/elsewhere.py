"""What the trigger for one pair of classes does to images of all other classes.

What turns ones into sevens in a clean network draws the strokes of a seven, and turns many other
digits into sevens as well. Whoever plants a backdoor for ones alone usually teaches the network to
leave the trigger alone on all others, by cover images (Tang et al. 2021, arXiv 1908.00686), so that
its trigger does nothing to them. A pair is judged by both: how small its mask is, and how few
other images that mask turns.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.data import ImageSet
from engine.detection.schedules import IMAGES_ELSEWHERE, images_at_once
from engine.detection.search import Search, stamp
from engine.events import Job, Pulse
from engine.network import Network, answers_of


def measure_elsewhere(
    network: Network, images: ImageSet, searches: Sequence[Search]
) -> Job[NDArray[np.float32]]:
    """The share of images of neither the source nor the target that each trigger turns as well.

    A search for a pair sees images of its source only, so that all others are new to it.

    Args:
        network: What is scanned.
        images: Correctly classified clean images.
        searches: Of pairs.

    Returns:
        K x K, sources by targets, 0..1, whether or not a trigger works on its source; NaN where
        nothing was searched or there is no such image.
    """
    share = np.full((images.classes, images.classes), np.nan, np.float32)
    few = _of_each_class(images)
    pixels = network.compute.to_input(few.images)
    for target in range(images.classes):
        aimed = [search for search in searches if search.label == target]
        others = few.labels != target
        stamped_on = pixels[torch.from_numpy(others).to(pixels.device)]
        hits = yield from _turned(network, stamped_on, aimed)
        for search, turned in zip(aimed, hits, strict=True):
            neither = few.labels[others] != search.goal.source
            if neither.any():
                share[search.goal.source, target] = turned[neither].mean()
    return share


def _of_each_class(images: ImageSet) -> ImageSet:
    """So many images that about 80 are of neither source nor target: of every class as many.

    Of more than 80 classes they are of some, evenly spaced.
    """
    labels = np.unique(np.linspace(0, images.classes - 1, IMAGES_ELSEWHERE + 2).round())
    each = max(IMAGES_ELSEWHERE // max(min(len(labels), images.classes) - 2, 1), 1)
    return images.subset(
        np.concatenate([np.flatnonzero(images.labels == label)[:each] for label in labels])
    )


def _turned(network: Network, images: Tensor, searches: Sequence[Search]) -> Job[NDArray[np.bool_]]:
    """Which of B images each of n triggers for the same target turns into it, n x B."""
    turned = np.zeros((len(searches), len(images)), np.bool_)
    at_once = images_at_once(images.shape[2] * images.shape[3])
    together = max(at_once // max(len(images), 1), 1)
    for first in range(0, len(searches), together):
        some = [search.trigger for search in searches[first : first + together]]
        masks, patterns = (
            torch.from_numpy(np.stack(parts)).to(images.device)
            for parts in ([one.mask for one in some], [one.pattern for one in some])
        )
        for start in range(0, len(images), at_once):
            part = images[start : start + at_once]
            with torch.inference_mode():
                logits = network.logits(stamp(part[None], masks, patterns))
            hits = (answers_of(logits) == searches[0].label).cpu().numpy()
            rows, columns = slice(first, first + len(some)), slice(start, start + len(part))
            turned[rows, columns] = hits.reshape(len(some), len(part))
            yield Pulse()
    return turned
