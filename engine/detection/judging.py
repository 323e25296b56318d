"""What found triggers are worth: their success on images that no search has seen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.detection.audit_images import others
from engine.detection.results import FoundTrigger, HardTrigger, PairMap
from engine.detection.search import Search
from engine.detection.verdict import anomaly_indices
from engine.events import Job, Pulse
from engine.metrics import Predict
from engine.triggers import Trigger

CHUNK = 1000
MOST_JUDGED = 500  # held-out images; their share is known to two points either way


def judge(
    searches: Sequence[Search],
    hard: Sequence[Trigger | None],
    predict: Predict,
    held_out: ImageSet,
    planted: tuple[Trigger, int] | None,
) -> Job[list[FoundTrigger]]:
    """State each class's trigger, soft and hard, with its success on held-out images.

    Args:
        searches: The searches, one for each class.
        hard: The same triggers with whole pixels, or None where there is none.
        predict: The network.
        held_out: Images that the triggers were not optimised on.
        planted: The true trigger and its target class, where they are known.
    """
    found = []
    held_out = held_out.subset(np.arange(min(len(held_out), MOST_JUDGED)))
    for search, whole in zip(searches, hard, strict=True):
        images = held_out.images[others(held_out, search.label)]
        trigger = search.trigger
        success = share_turned(predict, trigger, images, search.label)
        yield Pulse()
        judged = None
        if whole is not None:
            judged = HardTrigger(whole, share_turned(predict, whole, images, search.label))
            yield Pulse()
        overlap = None
        if planted is not None and planted[1] == search.label and not planted[0].is_empty:
            overlap = planted[0].overlap(trigger.mask)
        found.append(
            FoundTrigger(
                search.label, trigger, trigger.mask_l1, success, search.best is not None, None,
                iou=overlap, hard=judged,
            )
        )  # fmt: skip
    indices = anomaly_indices(
        np.array([one.mask_l1 for one in found]), np.array([one.converged for one in found])
    )
    return [
        replace(one, anomaly_index=None if np.isnan(index) else float(index))
        for one, index in zip(found, indices, strict=True)
    ]


def judge_pairs(pair_map: PairMap, predict: Predict, held_out: ImageSet) -> Job[PairMap]:
    """Add to a pair map the success of each trigger on held-out images of its source.

    The pairs of one source and several targets go through the network together.
    """
    success = np.full(pair_map.mask_l1.shape, np.nan, np.float32)
    for source in range(len(success)):
        images = held_out.images[held_out.labels == source]
        targets = np.flatnonzero(np.isfinite(pair_map.mask_l1[source]))
        for some in _groups(targets, len(images)):
            stamped = np.concatenate(
                [pair_map.trigger(source, int(target)).stamp(images) for target in some]
            )
            said = predict(stamped).reshape(len(some), -1)
            success[source, some] = (said == some[:, None]).mean(axis=1)
            yield Pulse()
    return replace(pair_map, success=success)


def share_turned(
    predict: Predict, trigger: Trigger, images: NDArray[np.uint8], label: int
) -> float:
    """Share of the images, 0..1, that are taken for class `label` once stamped; 0 of none."""
    return float(np.mean(predict(trigger.stamp(images)) == label)) if len(images) else 0.0


def _groups(targets: NDArray[np.intp], images: int) -> Iterator[NDArray[np.intp]]:
    """The targets in groups whose stamped images make one chunk; none without images."""
    at_once = max(CHUNK // max(images, 1), 1)
    for start in range(0, len(targets) if images else 0, at_once):
        yield targets[start : start + at_once]
