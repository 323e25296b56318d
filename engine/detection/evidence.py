"""What a scan's masks say beside those of clean reference networks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detection.borrowing import CleanNetworks
from engine.detection.bounds import LEAST_SPREAD, SIGNIFICANCE, Bounds
from engine.detection.calibration import Calibration, log_sizes, logs_of, on_both_scales
from engine.detection.mask_forms import weighted_logs
from engine.detection.pair_calibration import PairCalibration, usual_statistics
from engine.detection.pair_logs import off_diagonal
from engine.detection.results import FoundTrigger, Mapping, PairMap

LEAST_SEARCHED = 0.6  # of a map's pairs


@dataclass(frozen=True)
class Evidence:
    """What decides a calibrated verdict.

    Attributes:
        statistic: How far it lies from clean networks, in spreads.
        p_value: Chance of such a statistic in a clean network.
        targets: The classes that stand out, the most likely target first.
        pairs: The pairs that stand out, where the pair map decides; otherwise empty.
        mapping: Which images the backdoor would move.
        bounds: From which statistics a backdoor is suspected, and likely.
        by_map: Whether the pair map decides, and not the classes.
    """

    statistic: float
    p_value: float
    targets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    mapping: Mapping
    bounds: Bounds
    by_map: bool = False


def weigh(
    classes: Sequence[FoundTrigger], references: CleanNetworks, pair_map: PairMap | None
) -> Evidence:
    """Compare a network with clean references, by its classes and, if there is one, its pair map.

    With a map the larger of two statistics decides, each on the scale of clean networks, and the
    p-value is that of taking the larger of two.
    """
    calibration = references.calibration()
    scores = calibration.scores(logs_beside(classes, references))
    ranking = [int(label) for label in np.argsort(-scores)]
    statistic = float(scores[ranking[0]])
    bounds = references.bounds(mapped=False)
    usual = max(float(calibration.statistics.max()), bounds.likely)
    targets = tuple(label for label in ranking if scores[label] > usual) or (ranking[0],)
    by_class = Evidence(
        statistic, calibration.p_value(statistic), targets, (), "all-to-one", bounds
    )
    pairs = calibration_of_pairs(pair_map, references)
    if pairs is None or pair_map is None:
        return by_class
    bounds = references.bounds(mapped=True)
    return _weigh_both(by_class, calibration, pairs, pairs.logs(pair_map), bounds)


def suspicious_score(references: CleanNetworks, pair_map: PairMap | None) -> float:
    """The z above which a class alone makes a suspicion.

    Args:
        references: Clean networks to compare with.
        pair_map: What was found for each pair, if that is judged as well: z has to be large beside
            what stands out most in clean networks then, too.
    """
    classes, pairs = references.calibration(), calibration_of_pairs(pair_map, references)
    usual = usual_statistics(classes, pairs)
    bounds = references.bounds(mapped=pairs is not None)
    # So many networks may reach it: their chance and the network's own are 5 % or less together.
    others = int(SIGNIFICANCE * (len(usual) + 1)) - 1
    rare = np.sort(usual)[-1 - others] if others >= 0 else np.inf
    least = float(min(bounds.likely, max(bounds.suspicious, rare)))
    if pairs is None:
        return least
    mean, spread = classes.statistics.mean(), classes.statistics.std(ddof=1)
    return max(least, float(mean + least * max(spread, LEAST_SPREAD)))


def calibration_of_pairs(
    pair_map: PairMap | None, references: CleanNetworks
) -> PairCalibration | None:
    """What a map is compared with, or None if there is no map, or nothing to compare it with.

    A map of which many pairs were not searched, for want of images, cannot be compared: it has no
    level of its own any more.
    """
    if pair_map is None:
        return None
    searched = np.isfinite(pair_map.mask_l1[off_diagonal(len(pair_map.mask_l1))])
    if searched.mean() < LEAST_SEARCHED:
        return None
    found = references.pair_calibration()
    if found is None or found.fits(pair_map):
        return found
    return references.without_places().pair_calibration()


def _weigh_both(
    by_class: Evidence,
    classes: Calibration,
    pairs: PairCalibration,
    logs: NDArray[np.float64],
    bounds: Bounds,
) -> Evidence:
    centre, spread = classes.statistics.mean(), classes.statistics.std(ddof=1)
    of_class = float(on_both_scales(np.array(by_class.statistic), centre, spread))
    by_map = pairs.judge(logs)
    usual = usual_statistics(classes, pairs)
    statistic, map_decides = max(of_class, by_map.statistic), by_map.statistic > of_class
    p_value = (1 + int(np.count_nonzero(usual >= statistic))) / (len(usual) + 1)
    if not map_decides or by_map.mapping == "all-to-one":
        targets = (by_map.pairs[0][1],) if map_decides else by_class.targets
        single = pairs.single_cell(logs, targets[0]) if len(targets) == 1 else None
        if single is not None:
            cell: Mapping = "source-specific"
            return Evidence(statistic, p_value, targets, (single,), cell, bounds, map_decides)
        return Evidence(statistic, p_value, targets, (), "all-to-one", bounds, map_decides)
    targets = tuple(dict.fromkeys(target for _, target in by_map.pairs))
    return Evidence(statistic, p_value, targets, by_map.pairs, by_map.mapping, bounds, by_map=True)


def comparable(references: CleanNetworks, classes: Sequence[FoundTrigger]) -> CleanNetworks:
    """The references, without forms where a scan has sizes of several searches but not these.

    An older version kept the sizes alone.
    """
    has_all = all(len(one.forms) == len(one.sizes) for one in classes if one.sizes)
    return references if has_all else references.without_forms()


def logs_beside(classes: Sequence[FoundTrigger], references: CleanNetworks) -> NDArray[np.float64]:
    """The K logarithms that are compared with those of clean networks: sizes, and forms.

    The latter count only if the references know what their masks look like.
    """
    sizes = sizes_of(classes)
    return sizes + weighted_logs(classes) if references.knows_forms else sizes


def sizes_of(classes: Sequence[FoundTrigger]) -> NDArray[np.float64]:
    """The K logarithms of mask sizes: of several searches their mean."""
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
