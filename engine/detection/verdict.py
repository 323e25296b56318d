"""The verdict: what the sizes of the masks say, and how sure that is.

The rule of the paper (Wang et al. 2019, doi 10.1109/SP.2019.00031) flags every class whose
anomaly index is above 2. On ten classes that falsely accuses many clean networks, so it is shown
but decides nothing. Without clean reference networks the decision rests on Grubbs' test for one
outlier (Grubbs 1950, doi 10.1214/aoms/1177729885), and is never more than "suspicious". With them
it rests on `engine.detection.calibration`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.detection.borrowing import CleanNetworks
from engine.detection.bounds import SIGNIFICANCE
from engine.detection.evidence import Evidence, sizes_of, weigh
from engine.detection.results import FoundTrigger, Outcome, PairMap, Verdict
from engine.detection.wording import (
    words_of_calibrated,
    words_of_nothing_by_grubbs,
    words_of_suspicion_by_grubbs,
)
from engine.metrics import percent
from engine.opening.results import LEAST_ACCURACY

CLASSIC_BOUND = 2.0
LEAST_CLASSES = 3
TOO_FEW_CLASSES = (
    "A verdict compares the masks of a network's classes with each other, so that three classes are"
    " the least. The triggers that were found can be looked at all the same."
)
ACCURACY_MARGIN = 0.05
_NORMAL_MAD, _NORMAL_MEAN_DEVIATION = 1.4826, 1.2533
_LEAST_SCALE = 1e-9  # pixels; a spread below it is none


def anomaly_indices(
    mask_l1: NDArray[np.float64], converged: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The paper's anomaly index of each class, one-sided: positive where a mask is small.

    Classes that did not converge neither get an index nor take part in the median. Where half of
    the masks are of one size the median absolute deviation is zero; the mean absolute deviation
    then takes its place (Iglewicz and Hoaglin 1993), and if that is zero too, all indices are 0.

    Args:
        mask_l1: K norms, in pixels.
        converged: K flags.

    Returns:
        K indices, NaN where there is none; all NaN if fewer than three classes converged.
    """
    indices = np.full(len(mask_l1), np.nan)
    norms = mask_l1[converged]
    if len(norms) < LEAST_CLASSES:
        return indices
    below = np.median(norms) - norms
    scale = _NORMAL_MAD * np.median(np.abs(below))
    if scale == 0:
        scale = _NORMAL_MEAN_DEVIATION * np.mean(np.abs(below))
    indices[converged] = below / scale if scale > _LEAST_SCALE else 0.0
    return indices


def grubbs_p_value(values: NDArray[np.float64]) -> float:
    """Chance that the least of so many normal values lies so low: Grubbs' one-sided test.

    Returns 1 where all values are equal or there are fewer than three.
    """
    from scipy import stats

    count = len(values)
    spread = float(np.std(values, ddof=1)) if count >= LEAST_CLASSES else 0.0
    if spread == 0:
        return 1.0
    g = (np.mean(values) - np.min(values)) / spread
    denominator = (count - 1) ** 2 - count * g**2
    if denominator <= 0:
        return 0.0
    t = np.sqrt(count * (count - 2) * g**2 / denominator)
    return float(min(1.0, count * stats.t.sf(t, count - 2)))


def decide(
    classes: Sequence[FoundTrigger],
    class_names: Sequence[str],
    clean_accuracy: float,
    *,
    references: CleanNetworks | None = None,
    pair_map: PairMap | None = None,
    complete: bool = True,
) -> Verdict:
    """Give the verdict on a network.

    With clean references of the same data, architecture and audit settings it is calibrated:
    likely if p <= 0.05 and the largest z is at least 5, or what follows from the references where
    they scatter widely; suspicious if p <= 0.05 and it is one that a clean network in a hundred
    has, or if it is likely by z alone. (The p-value alone would suspect one clean network in
    twenty.) With references borrowed from other architectures both bounds are higher. Without any
    it rests on Grubbs' test and is at most suspicious. Where there is a pair map, the larger of the
    two statistics decides, the class scan's and the map's, each on the scale of clean networks.

    Args:
        classes: What was found for each class, with its anomaly index and, given references, z.
        class_names: The classes' names.
        clean_accuracy: Of the network on the audit images, 0..1.
        references: Clean networks to compare with, or None.
        pair_map: What was found for each pair, with its scores, if that was looked for.
        complete: False if the scan was stopped early; nothing is decided then.
    """
    flagged = tuple(found.label for found in classes if (found.anomaly_index or 0) > CLASSIC_BOUND)
    least_accuracy = LEAST_ACCURACY
    if references is not None:
        least_accuracy = max(least_accuracy, references.least_accuracy - ACCURACY_MARGIN)
    unusable = _why_not_auditable(classes, clean_accuracy, least_accuracy, complete=complete)
    if unusable:
        return Verdict("not_auditable", None, None, "none", flagged, *unusable)
    if references is None:
        return _by_grubbs(classes, class_names, pair_map, flagged)
    evidence = weigh(classes, references, pair_map)
    return _calibrated(evidence, classes, class_names, references, pair_map, flagged)


def _calibrated(
    evidence: Evidence,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    references: CleanNetworks,
    pair_map: PairMap | None,
    flagged: tuple[int, ...],
) -> Verdict:
    outcome = _outcome(evidence)
    words = words_of_calibrated(outcome, evidence, classes, names, references, pair_map)
    found = outcome != "not_found"
    return Verdict(
        outcome,
        evidence.targets[0] if found else None,
        evidence.p_value,
        references.basis,
        flagged,
        *words,
        targets=evidence.targets if found else (),
        references=len(references.networks),
        mapping=evidence.mapping if found else None,
        pairs=evidence.pairs if found else (),
        statistic=evidence.statistic,
        decided_by="map" if evidence.by_map else "classes",
    )


def _outcome(evidence: Evidence) -> Outcome:
    rare = evidence.p_value <= SIGNIFICANCE
    suspicious, likely = evidence.bounds
    if evidence.statistic >= likely:
        return "likely" if rare else "suspicious"
    return "suspicious" if rare and evidence.statistic >= suspicious else "not_found"


def _by_grubbs(
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    pair_map: PairMap | None,
    flagged: tuple[int, ...],
) -> Verdict:
    sizes = sizes_of(classes)
    p_value, least = grubbs_p_value(sizes), int(np.argmin(sizes))
    if p_value > SIGNIFICANCE:
        words = words_of_nothing_by_grubbs(classes, names, p_value, pair_map)
        return Verdict("not_found", None, p_value, "none", flagged, *words)
    words = words_of_suspicion_by_grubbs(classes, names, least, p_value, pair_map)
    return Verdict("suspicious", least, p_value, "none", flagged, *words, targets=(least,))


def _why_not_auditable(
    classes: Sequence[FoundTrigger],
    clean_accuracy: float,
    least_accuracy: float,
    *,
    complete: bool,
) -> tuple[str, str] | None:
    converged = sum(found.converged for found in classes)
    if not complete:
        return (
            "No verdict: the scan was stopped before every class was done.",
            f"{converged} of {len(classes)} classes have a trigger so far. Scan again to the end.",
        )
    if clean_accuracy < least_accuracy:
        return (
            f"Not auditable: the network is right on only {percent(clean_accuracy)} of clean"
            " images.",
            "Masks of a network that is often wrong say little, so"
            f" {percent(least_accuracy)} is the least here. The usual causes of less are another"
            " input range or normalisation than in training, swapped colour channels, another data"
            " set, or too little training. Mend that and scan again.",
        )
    if len(classes) < LEAST_CLASSES:
        return (f"Not auditable: the data has only {len(classes)} classes.", TOO_FEW_CLASSES)
    if converged < LEAST_CLASSES:
        return (
            f"Not auditable: a trigger was found for only {converged} of {len(classes)} classes.",
            "With fewer than three masks there is nothing to compare. Take the Standard preset, or"
            " lower the success wanted.",
        )
    return None
