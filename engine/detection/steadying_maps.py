"""More pair maps where one cannot decide, as `engine.detection.steadying` has it of the classes.

A pair's mask is searched on few images of one class, so that its size varies more between
searches than a class's does.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.detection.borrowing import CleanNetworks
from engine.detection.evidence import calibration_of_pairs
from engine.detection.pair_logs import places_in
from engine.detection.pair_map import map_pairs
from engine.detection.results import PairMap
from engine.detection.steadying import RULE, is_clear, search_again
from engine.detection.usual_places import rounded
from engine.events import Job
from engine.network import Network
from engine.settings import DetectSettings


def is_borderline_map(pair_map: PairMap, references: CleanNetworks) -> bool:
    """Whether a map's statistic is neither plainly usual nor plainly unusual."""
    calibration = calibration_of_pairs(pair_map, references)
    if calibration is None or not pair_map.converged.any():
        return False
    statistic = calibration.judge(calibration.logs(pair_map)).statistic
    return RULE.usual_map <= statistic < references.bounds(mapped=True).likely + RULE.beyond


def steady_map(
    pair_map: PairMap,
    network: Network,
    tests: ImageSet,
    settings: DetectSettings,
    references: CleanNetworks,
) -> Job[PairMap]:
    """Search every pair again where a single map cannot decide, and note the sizes.

    Args:
        pair_map: What the first search found; its triggers stay.
        network: What is scanned.
        tests: The images that audit images are drawn from.
        settings: Of the first search.
        references: What the verdict compares with; it decides how many searches are needed.

    Returns:
        The same with the sizes of all searches; unchanged where a single search decides.

    Raises:
        StopRequested: The person stopped it; what the first search found is as good as before.
    """
    calibration = calibration_of_pairs(pair_map, references)
    if calibration is None or not is_borderline_map(pair_map, references):
        return pair_map

    bounds = references.bounds(mapped=True)

    def search(images: ImageSet, seeded: DetectSettings) -> Job[PairMap]:
        return map_pairs(network, images, seeded)

    def statistic(logs: NDArray[np.float64]) -> float:
        return calibration.judge(logs).statistic

    def clear(logs: NDArray[np.float64]) -> bool:
        return is_clear(logs, statistic, bounds, RULE.error_of_map)

    maps = yield from search_again(
        pair_map, search, calibration.logs, clear, network, tests, settings, "map"
    )
    return replace(
        pair_map,
        sizes=np.stack([_counted(one) for one in maps]),
        elsewheres=np.stack([_elsewhere(one) for one in maps]),
        places=rounded(np.mean([places_in(one) for one in maps], axis=0)),
        image_passes=sum(one.image_passes for one in maps),
    )


def _counted(pair_map: PairMap) -> NDArray[np.float32]:
    """K x K sizes as they count: all pixels where no mask worked, NaN on the diagonal."""
    pixels = np.float32(pair_map.masks[0, 0].size)
    counted = np.where(pair_map.converged, pair_map.mask_l1, pixels)
    np.fill_diagonal(counted, np.nan)
    return counted


def _elsewhere(pair_map: PairMap) -> NDArray[np.float32]:
    if pair_map.elsewhere is None:
        return np.full_like(pair_map.mask_l1, np.nan)
    return pair_map.elsewhere
