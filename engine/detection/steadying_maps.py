"""More pair maps where one cannot decide, as `engine.detection.steadying` has it of the classes.

A pair's mask is searched on few images of one class, so that its size varies more between
searches than a class's does.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.detection.audit_images import choose_audit_images
from engine.detection.borrowing import CleanNetworks
from engine.detection.pair_calibration import PairCalibration, off_diagonal, pair_sizes
from engine.detection.pair_map import map_pairs
from engine.detection.results import PairMap
from engine.detection.steadying import RULE, is_clear
from engine.events import Job, Progress, Pulse
from engine.network import Network
from engine.settings import DetectSettings


def is_borderline_map(pair_map: PairMap, calibration: PairCalibration) -> bool:
    """Whether a map's statistic is neither plainly usual nor plainly unusual."""
    if not pair_map.converged.any():
        return False
    statistic = calibration.judge(calibration.scores(pair_sizes(pair_map))).statistic
    return RULE.usual_map <= statistic < RULE.plain


def steady_map(
    pair_map: PairMap,
    network: Network,
    tests: ImageSet,
    settings: DetectSettings,
    references: CleanNetworks,
) -> Job[PairMap]:
    """Search every pair again, on other images and from other masks, and note the sizes.

    Args:
        pair_map: What the first search found; its triggers stay.
        network: What is scanned.
        tests: The images that audit images are drawn from.
        settings: Of the first search; the seeds of the others follow its seed.
        references: What the verdict compares with; it decides how many searches are needed.

    Returns:
        The same with the sizes of all searches; unchanged where a single search decides.

    Raises:
        StopRequested: The person stopped it; what the first search found is as good as before.
    """
    calibration = references.pair_calibration()
    if calibration is None or not is_borderline_map(pair_map, calibration):
        return pair_map

    def statistic(logs: NDArray[np.float64]) -> float:
        return calibration.judge(calibration.scores(logs)).statistic

    maps = [pair_map]
    for number in range(1, RULE.most):
        seeded = settings.model_copy(update={"seed": settings.seed + number})
        images = choose_audit_images(network.predict, tests, seeded.images, seeded.seed).searched
        maps.append((yield from _watched(network, images, seeded, number)))
        logs = np.array([pair_sizes(one) for one in maps])
        if len(maps) >= RULE.least and is_clear(
            logs, statistic, references.likely_score, RULE.error_of_map
        ):
            break
    return replace(
        pair_map,
        sizes=np.stack([_counted(one) for one in maps]),
        image_passes=sum(one.image_passes for one in maps),
    )


def _counted(pair_map: PairMap) -> NDArray[np.float32]:
    """K x K sizes as they count: all pixels where no mask worked, NaN on the diagonal."""
    classes = len(pair_map.mask_l1)
    counted: NDArray[np.float32] = np.full((classes, classes), np.nan, np.float32)
    counted[off_diagonal(classes)] = np.exp(pair_sizes(pair_map))
    return counted


def _watched(
    network: Network, images: ImageSet, settings: DetectSettings, number: int
) -> Job[PairMap]:
    """Map all pairs, and say how far it is in place of what it finds."""
    job = map_pairs(network, images, settings)
    while True:
        try:
            event = next(job)
        except StopIteration as stop:
            found: PairMap = stop.value
            return found
        if isinstance(event, Progress):
            text = f"a borderline case: map {number + 1} of at most {RULE.most}"
            yield replace(event, text=text)
        else:
            yield Pulse()
