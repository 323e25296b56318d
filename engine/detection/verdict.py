"""The verdict: what the sizes of the masks say, and how sure that is.

The rule of the paper (Wang et al. 2019, doi 10.1109/SP.2019.00031) flags every class whose
anomaly index is above 2. On ten classes that falsely accuses many clean networks, so it is shown
but decides nothing. Without clean reference networks the decision rests on Grubbs' test for one
outlier (Grubbs 1950, doi 10.1214/aoms/1177729885), and is never more than "suspicious".
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import FoundTrigger, Verdict
from engine.metrics import percent

CLASSIC_BOUND = 2.0
SIGNIFICANCE = 0.05
LEAST_CLASSES = 3
LEAST_ACCURACY = 0.8
_NORMAL_MAD, _NORMAL_MEAN_DEVIATION = 1.4826, 1.2533


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
    indices[converged] = below / scale if scale > 0 else 0.0
    return indices


def log_sizes(
    mask_l1: NDArray[np.float64], converged: NDArray[np.bool_], pixels: int
) -> NDArray[np.float64]:
    """The statistic of each class: ln of its mask's norm; ln of all pixels if not converged."""
    sizes = np.where(converged, mask_l1, float(pixels))
    # A mask below a hundredth of a pixel does nothing more; its logarithm must stay finite.
    logs: NDArray[np.float64] = np.log(np.maximum(sizes, 0.01))
    return logs


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
    complete: bool = True,
) -> Verdict:
    """Give the verdict on a network without clean references to compare it with.

    Args:
        classes: What was found for each class, with its anomaly index.
        class_names: The classes' names.
        clean_accuracy: Of the network on the audit images, 0..1.
        complete: False if the scan was stopped early; nothing is decided then.
    """
    flagged = tuple(found.label for found in classes if (found.anomaly_index or 0) > CLASSIC_BOUND)
    unusable = _why_not_auditable(classes, clean_accuracy, complete=complete)
    if unusable:
        return Verdict("not_auditable", None, None, "none", flagged, *unusable)
    norms = np.array([found.mask_l1 for found in classes])
    converged = np.array([found.converged for found in classes])
    sizes = log_sizes(norms, converged, classes[0].trigger.mask.size)
    p_value = grubbs_p_value(sizes)
    least = int(np.argmin(sizes))
    if p_value > SIGNIFICANCE:
        words = _not_found(classes, class_names, p_value)
        return Verdict("not_found", None, p_value, "none", flagged, *words)
    words = _suspicious(classes, class_names, least, p_value)
    return Verdict("suspicious", least, p_value, "none", flagged, *words)


def _why_not_auditable(
    classes: Sequence[FoundTrigger], clean_accuracy: float, *, complete: bool
) -> tuple[str, str] | None:
    converged = sum(found.converged for found in classes)
    if not complete:
        return (
            "No verdict: the scan was stopped before every class was done.",
            f"{converged} of {len(classes)} classes have a trigger so far. Scan again to the end.",
        )
    if clean_accuracy < LEAST_ACCURACY:
        return (
            f"Not auditable: the network is right on only {percent(clean_accuracy)} of clean"
            " images.",
            "The usual causes are another input range or normalisation than in training, swapped"
            " colour channels, another data set, or too little training. Mend that and scan again.",
        )
    if converged < LEAST_CLASSES:
        return (
            f"Not auditable: a trigger was found for only {converged} of {len(classes)} classes.",
            "With fewer than three masks there is nothing to compare. Take the Standard preset, or"
            " lower the success wanted.",
        )
    return None


def _suspicious(
    classes: Sequence[FoundTrigger], names: Sequence[str], least: int, p_value: float
) -> tuple[str, str]:
    found = classes[least]
    rest = [other.mask_l1 for other in classes if other.label != least and other.converged]
    compared = f"; the other classes need {min(rest):.0f} to {max(rest):.0f}" if rest else ""
    return (
        f"Backdoor suspected: class {names[least]}. A mask of {found.mask_l1:.1f} pixels turns"
        f" {percent(found.success)} of other images into a {names[least]}{compared}.",
        f"Grubbs' test: if the logarithms of the mask sizes were normal, as they roughly are in"
        f" clean networks, the smallest of {len(classes)} would lie so low with a chance of"
        f" {_chance(p_value)}. No clean reference networks were compared, so this is a suspicion,"
        " not more.",
    )


def _not_found(
    classes: Sequence[FoundTrigger], names: Sequence[str], p_value: float
) -> tuple[str, str]:
    converged = [found for found in classes if found.converged]
    least = min(converged, key=lambda found: found.mask_l1)
    return (
        f"No patch-type backdoor found. The smallest mask, {least.mask_l1:.0f} pixels for class"
        f" {names[least.label]}, is no outlier among the {len(classes)} classes.",
        f"Grubbs' test on the logarithms of the mask sizes: a chance of {_chance(p_value)} for so"
        " small a least one. This search sees a trigger that works on every class; it cannot see"
        " one for chosen classes only, one that is spread over the whole image, or one that moves"
        " the image's points.",
    )


def _chance(p_value: float) -> str:
    return "below 0.1 %" if p_value < 0.001 else f"{p_value * 100:.2g} %"
