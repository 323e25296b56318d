"""What a mask looks like beside its size: how opaque it is, and how close together it lies.

The L1 norm counts a pixel that is covered by half as half a pixel, and does not ask where pixels
are. What turns images of other classes into a class in a clean network is drawn over them in
opaque strokes that reach across the digit; a trigger may be grey or blended, so that a faint veil
sets it off, and most triggers lie in one place. So the logarithms of a mask's opacity and of its
radius count half as much as that of its norm, if the references know theirs. (With a weight of one
for opacity, the sum of the two would be the logarithm of the squared L2 norm.)
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from engine.detection.results import FoundTrigger

WEIGHTS = (0.5, 0.5)  # of opacity and radius, beside a size's one
LEAST_OPACITY = 0.01  # what is fainter is as good as nothing, and logarithms must stay finite
OWN_EXTENT = 1.0  # pixels, so that a mask of one pixel has a radius


class Form(NamedTuple):
    """What a mask looks like.

    Attributes:
        opacity: The mean of its values, each weighted by itself: from 0.01 to 1, which is that of
            a mask of zeros and ones.
        radius: Its radius of gyration in pixels, at least 1: how far from its centre its values
            lie, the root of the mean square, and a pixel's own extent.
    """

    opacity: float
    radius: float


def form_of(mask: NDArray[np.float32]) -> Form:
    """The form of a mask of H x W values from 0 to 1; an empty one is opaque and small."""
    values = np.asarray(mask, np.float64)
    total = float(values.sum())
    if total <= 0:
        return Form(1.0, OWN_EXTENT)
    opacity = float(np.square(values).sum()) / total
    rows, columns = (values.sum(axis=axis) / total for axis in (1, 0))
    variance = _variance(rows) + _variance(columns)
    return Form(max(opacity, LEAST_OPACITY), float(np.sqrt(variance + OWN_EXTENT**2)))


def _variance(shares: NDArray[np.float64]) -> float:
    """Of places 0, 1, 2, ... with these shares."""
    places = np.arange(len(shares))
    return float(shares @ np.square(places - shares @ places))


def forms_of(found: "FoundTrigger") -> tuple[Form, ...]:
    """Those of a class's masks in all searches; where one found none, of the whole image."""
    if found.forms:
        return found.forms
    mask = found.trigger.mask
    return (form_of(mask if found.converged else np.ones_like(mask)),)


def mean_form(found: "FoundTrigger") -> Form:
    """The form that counts of a class's searches: the geometric mean of each figure."""
    return Form(*np.exp(np.mean(np.log(forms_of(found)), axis=0)).tolist())


def weighted(forms: ArrayLike) -> NDArray[np.float64]:
    """What forms, of which the last axis has the two figures, add to the logarithms of sizes."""
    logs: NDArray[np.float64] = np.log(np.asarray(forms, np.float64)) @ np.array(WEIGHTS)
    return logs


def weighted_logs(classes: Sequence["FoundTrigger"]) -> NDArray[np.float64]:
    """What is added to the K logarithms of sizes: that of forms, of several searches' mean."""
    return weighted([mean_form(found) for found in classes])
