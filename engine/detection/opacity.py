"""How opaque a mask is, which counts beside its size.

The L1 norm counts a pixel that is covered by half as half a pixel. What turns images of other
classes into a class in a clean network is drawn over them in opaque strokes; a backdoor whose
trigger is grey or blended is set off by a faint veil, whose norm may be as large as theirs. So the
logarithm of a mask's opacity counts half as much as that of its norm, if the references know
theirs: with a weight of one the sum would be the logarithm of the squared L2 norm.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from engine.detection.results import FoundTrigger

WEIGHT = 0.5
LEAST = 0.01  # what is fainter is as good as nothing, and logarithms must stay finite


def opacity_of(mask: NDArray[np.float32]) -> float:
    """The mean of a mask's values, 0..1, each weighted by itself: from 0.01 to 1.

    It is 1 for a mask of zeros and ones, and for one that is empty.
    """
    values = np.asarray(mask, np.float64)
    total = float(values.sum())
    return max(float(np.square(values).sum()) / total, LEAST) if total > 0 else 1.0


def opacities_of(found: "FoundTrigger") -> tuple[float, ...]:
    """Those of a class's masks in all searches that found one; 1 where one found none."""
    if found.opacities:
        return found.opacities
    return (opacity_of(found.trigger.mask),) if found.converged else (1.0,)


def mean_opacity(found: "FoundTrigger") -> float:
    """The opacity that counts of a class's searches: their geometric mean."""
    return float(np.exp(np.mean(np.log(opacities_of(found)))))


def weighted(opacities: ArrayLike) -> NDArray[np.float64]:
    """What opacities add to the logarithms of sizes."""
    logs: NDArray[np.float64] = WEIGHT * np.log(np.asarray(opacities, np.float64))
    return logs


def weighted_logs(classes: Sequence["FoundTrigger"]) -> NDArray[np.float64]:
    """What is added to the K logarithms of sizes: those of opacities, of several searches' mean."""
    return weighted([mean_opacity(found) for found in classes])
