"""The numbers of a pair map as arrays: float32, K x K, NaN where there is nothing."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import PairMap
from engine.models import Shape
from engine.store.arrays import Arrays, read_flags, read_images, read_numbers, read_places

Values = NDArray[np.float32]

_SQUARES = (
    "mask_l1", "z", "success", "elsewhere", "usual_elsewhere", "place_density",
    "usual_place_density",
)  # fmt: skip
_SEARCHES = ("sizes", "elsewheres")
_PICTURES = ("masks", "patterns", "places", "usual_places")


def arrays_of_pairs(pair_map: PairMap) -> dict[str, NDArray[np.generic]]:
    """All arrays of a map, by name; what it does not know is left out.

    Numbers are K x K, `usual` K x K x 2, those of several searches S x K x K; masks are
    K x K x H x W, patterns K x K x C x H x W, and where masks lie K x K x h x w.
    """
    found: dict[str, NDArray[np.generic]] = {
        "pairs.converged": np.ascontiguousarray(pair_map.converged, np.bool_)
    }
    for name in (*_SQUARES, *_SEARCHES, "usual", *_PICTURES):
        values = getattr(pair_map, name)
        if values is not None:
            whole = np.ascontiguousarray(values, np.float32)
            if name not in _PICTURES:  # as in detection.json, what is not finite is not known
                whole = np.where(np.isfinite(whole), whole, np.float32(np.nan))
            found[f"pairs.{name}"] = whole
    return found


def has_numbers_of_pairs(arrays: Mapping[str, object]) -> bool:
    """Whether arrays hold a map's numbers; those of older versions hold its pictures only."""
    return "pairs.mask_l1" in arrays


def read_arrays_of_pairs(arrays: Arrays, classes: int, shape: Shape) -> PairMap:
    """Put a map of K classes together again, of images of C x H x W.

    Raises:
        EngineError: An array is missing, or of another shape or type.
    """
    square = (classes, classes)
    shapes = dict.fromkeys(_SQUARES, square) | {"usual": (*square, 2)}
    shapes |= {
        name: (*arrays[f"pairs.{name}"].shape[:1], *square)
        for name in _SEARCHES
        if f"pairs.{name}" in arrays
    }
    known = {
        name: read_numbers(arrays, f"pairs.{name}", wanted)
        for name, wanted in shapes.items()
        if f"pairs.{name}" in arrays
    }
    masks, patterns = read_images(arrays, "pairs.", square, shape)
    return PairMap(
        known["mask_l1"],
        read_flags(arrays, "pairs.converged", square),
        masks,
        patterns,
        known.get("z"),
        known.get("usual"),
        success=known.get("success"),
        sizes=known.get("sizes"),
        elsewhere=known.get("elsewhere"),
        elsewheres=known.get("elsewheres"),
        usual_elsewhere=known.get("usual_elsewhere"),
        place_density=known.get("place_density"),
        usual_place_density=known.get("usual_place_density"),
        places=read_places(arrays, "pairs.places", classes, shape),
        usual_places=read_places(arrays, "pairs.usual_places", classes, shape),
    )
