"""Whether numbers can be those of a scan at all, before anybody computes with them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import PairMap
from engine.errors import EngineError
from engine.models import Shape
from engine.store.arrays import damaged
from engine.store.documents import ClassDocument

ROUNDING = 1.001  # a sum of float32 may come out a little above the number of pixels
MOST, MOST_SCORE = 1e9, 1e30
_SHARES = ("success", "elsewhere", "elsewheres", "usual_elsewhere")
_AMOUNTS = ("usual", "place_density", "usual_place_density")


def check_classes(classes: Sequence[ClassDocument], shape: Shape) -> None:
    """Check the classes of a scan of images of C x H x W.

    Raises:
        EngineError: They are not 0, 1, 2... in order, or a size cannot be.
    """
    most = shape[1] * shape[2] * ROUNDING
    for label, entry in enumerate(classes):
        if entry.label != label:
            raise _wrong("its classes are not 0, 1, 2... in this order")
        if entry.converged and entry.mask_l1 is None:
            raise _wrong(f"class {label} has a mask of no size")
        sizes = [*entry.sizes, entry.mask_l1 or 0.0]
        if max(sizes) > most or (entry.usual is not None and entry.usual[0] > entry.usual[1]):
            raise _wrong(f"the sizes of class {label} cannot be those of masks")


def check_map(found: PairMap) -> None:
    """Check the numbers of a pair map; where nothing is known they are NaN.

    Raises:
        EngineError: One of them cannot be.
    """
    pixels = found.masks.shape[-1] * found.masks.shape[-2]
    limits = {"mask_l1": (0.0, pixels * ROUNDING), "sizes": (0.0, pixels * ROUNDING)}
    limits |= dict.fromkeys(_SHARES, (0.0, 1.0)) | dict.fromkeys(_AMOUNTS, (0.0, MOST))
    limits |= {"z": (-MOST_SCORE, MOST_SCORE)}
    for name, (least, most) in limits.items():
        values: NDArray[np.float32] | None = getattr(found, name)
        if values is not None and not (np.isnan(values) | _between(values, least, most)).all():
            raise damaged(f"pairs.{name} holds values that cannot be")
    if found.elsewheres is not None and (
        found.sizes is None or len(found.sizes) != len(found.elsewheres)
    ):
        raise damaged("some pairs have sizes of other searches than shares")


def _between(values: NDArray[np.float32], least: float, most: float) -> NDArray[np.bool_]:
    return (values >= least) & (values <= most)


def _wrong(why: str) -> EngineError:
    return EngineError(f"detection.json is damaged: {why}. Restore it from a copy.")
