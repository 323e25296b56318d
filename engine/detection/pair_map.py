"""The pair map: one trigger for every pair of a source and a target class.

A backdoor that moves only images of one class, or each class to the next, needs no trigger that
works on all classes, so one mask per class cannot see it. Many pairs share one batch. Such a
backdoor is then a single small cell, or a line of them, and an all-to-one backdoor is a column.
Of many classes the pairs are searched in stages, each with the smallest masks of the one before.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.detection.elsewhere import measure_elsewhere
from engine.detection.neural_cleanse import Inversion
from engine.detection.results import PairMap
from engine.detection.schedules import stages_of_pairs, success_of_pairs
from engine.detection.search import Goal, Search
from engine.events import Job, PairsMoved, Progress, Pulse, ScanStepped
from engine.network import Network
from engine.settings import DetectSettings

LEAST_IMAGES_OF_A_SOURCE = 5


def map_pairs(
    network: Network, images: ImageSet, settings: DetectSettings, before: int = 0
) -> Job[PairMap]:
    """Search a trigger for every pair of two classes.

    Args:
        network: What is scanned.
        images: Correctly classified clean images.
        settings: Seed, and the success wanted, of which pairs need less.
        before: Image passes that were made before; the progress goes on from there.
    """
    goals = goals_of_pairs(images)
    stages = stages_of_pairs(len(goals))
    inversion = Inversion(
        network, images, stages[0][0], success_of_pairs(settings), settings.seed, goals,
        shows=False,
    )  # fmt: skip
    total = before + sum(one.steps * one.images * pairs for one, pairs in stages)
    start = time.perf_counter()
    for number, (schedule, pairs) in enumerate(stages, start=1):
        stage = f", stage {number} of {len(stages)}" if len(stages) > 1 else ""
        for event in inversion.search_for(_smallest(inversion.searches, pairs), schedule):
            if isinstance(event, ScanStepped):
                done = before + inversion.image_passes
                speed = inversion.image_passes / max(time.perf_counter() - start, 1e-9)
                text = f"all pairs{stage}: step {event.step} of {schedule.steps}"
                yield Progress(done, total, text, speed, (total - done) / speed)
                sizes = _sizes(inversion, images.classes)
                yield PairsMoved(sizes, done - before, total - before)
            else:
                yield Pulse()
    yield Progress(total, total, "all pairs: what each trigger does to other classes")
    elsewhere = yield from measure_elsewhere(network, images, inversion.searches)
    return replace(_collect(inversion, images), elsewhere=elsewhere)


def goals_of_pairs(images: ImageSet) -> list[Goal]:
    """All pairs of two classes, row by row, whose source has enough images."""
    counts = images.counts()
    return [
        Goal(target, source)
        for source in range(images.classes)
        for target in range(images.classes)
        if source != target and counts[source] >= LEAST_IMAGES_OF_A_SOURCE
    ]


def _smallest(searches: Sequence[Search], count: int) -> list[Search]:
    """The searches whose masks are smallest so far, those that work before all others."""
    if count >= len(searches):
        return list(searches)

    def rank(search: Search) -> tuple[bool, float]:
        works = search.best is not None
        return not works, search.best_l1 if works else search.mask_l1 * (2 - search.success)

    return sorted(searches, key=rank)[:count]


def _sizes(inversion: Inversion, classes: int) -> NDArray[np.float32]:
    sizes = np.full((classes, classes), np.nan, np.float32)
    for search in inversion.searches:
        if search.best is not None and search.goal.source is not None:
            sizes[search.goal.source, search.goal.target] = search.best_l1
    return sizes


def _collect(inversion: Inversion, images: ImageSet) -> PairMap:
    channels, height, width = images.shape
    square = (images.classes, images.classes)
    sizes = np.full(square, np.nan, np.float32)
    converged = np.zeros(square, np.bool_)
    masks = np.zeros((*square, height, width), np.float32)
    patterns = np.zeros((*square, channels, height, width), np.float32)
    for search in inversion.searches:
        cell = (search.goal.source, search.goal.target)
        trigger = search.trigger
        sizes[cell], converged[cell] = trigger.mask_l1, search.best is not None
        masks[cell], patterns[cell] = trigger.mask, trigger.pattern
    return PairMap(sizes, converged, masks, patterns, image_passes=inversion.image_passes)
