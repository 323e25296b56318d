"""What a scan's sizes say beside those of clean reference networks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detection.borrowing import CleanNetworks
from engine.detection.calibration import Calibration, log_sizes, logs_of, on_both_scales
from engine.detection.pair_calibration import PairCalibration
from engine.detection.results import FoundTrigger, Mapping, PairMap


@dataclass(frozen=True)
class Evidence:
    """What decides a calibrated verdict.

    Attributes:
        statistic: How far it lies from clean networks, in spreads.
        p_value: Chance of such a statistic in a clean network.
        targets: The classes that stand out, the most likely target first.
        pairs: The pairs that stand out, where the pair map decides; otherwise empty.
        mapping: Which images the backdoor would move.
    """

    statistic: float
    p_value: float
    targets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    mapping: Mapping


def weigh(
    classes: Sequence[FoundTrigger], references: CleanNetworks, pair_map: PairMap | None
) -> Evidence:
    """Compare a network with clean references, by its classes and, if there is one, its pair map.

    With a map the larger of two statistics decides, each on the scale of clean networks, and the
    p-value is that of taking the larger of two.
    """
    calibration = references.calibration()
    scores = calibration.scores(sizes_of(classes))
    ranking = [int(label) for label in np.argsort(-scores)]
    statistic = float(scores[ranking[0]])
    usual = max(float(calibration.statistics.max()), references.likely_score)
    targets = tuple(label for label in ranking if scores[label] > usual) or (ranking[0],)
    by_class = Evidence(statistic, calibration.p_value(statistic), targets, (), "all-to-one")
    pairs = references.pair_calibration() if pair_map is not None else None
    if pairs is None or pair_map is None or pair_map.z is None:
        return by_class
    return _weigh_both(by_class, calibration, pairs, pair_map.z.astype(np.float64))


def _weigh_both(
    by_class: Evidence,
    classes: Calibration,
    pairs: PairCalibration,
    pair_scores: NDArray[np.float64],
) -> Evidence:
    centre, spread = classes.statistics.mean(), classes.statistics.std(ddof=1)
    of_class = float(on_both_scales(np.array(by_class.statistic), centre, spread))
    by_map = pairs.judge(pair_scores)
    usual = np.maximum(on_both_scales(classes.statistics, centre, spread), pairs.statistics)
    statistic = max(of_class, by_map.statistic)
    p_value = (1 + int(np.count_nonzero(usual >= statistic))) / (len(usual) + 1)
    if of_class >= by_map.statistic or by_map.mapping == "all-to-one":
        targets = by_class.targets if of_class >= by_map.statistic else (by_map.pairs[0][1],)
        single = pairs.single_cell(pair_scores, targets[0]) if len(targets) == 1 else None
        if single is not None:
            return Evidence(statistic, p_value, targets, (single,), "source-specific")
        return Evidence(statistic, p_value, targets, (), "all-to-one")
    targets = tuple(dict.fromkeys(target for _, target in by_map.pairs))
    return Evidence(statistic, p_value, targets, by_map.pairs, by_map.mapping)


def sizes_of(classes: Sequence[FoundTrigger]) -> NDArray[np.float64]:
    """The K logarithms of mask sizes that verdicts compare: of several searches their mean."""
    pixels = classes[0].trigger.mask.size
    single = log_sizes(
        np.array([found.mask_l1 for found in classes]),
        np.array([found.converged for found in classes]),
        pixels,
    )
    for place, found in enumerate(classes):
        if found.sizes:
            single[place] = logs_of(found.sizes).mean()
    return single
