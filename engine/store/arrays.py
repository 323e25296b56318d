"""The arrays of a Detection's classes, as detection.safetensors holds them, without loss."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import Detection, ScanCurves
from engine.detection.usual_places import MOST_CELLS, grid_shape
from engine.errors import EngineError
from engine.models import Shape

Arrays = Mapping[str, NDArray[np.generic]]
Kind = TypeVar("Kind", bound=np.generic)


def arrays_of(detection: Detection) -> dict[str, NDArray[np.generic]]:
    """All arrays but those of the pairs, by name: float32.

    Masks are K x H x W, patterns and refitted patterns K x C x H x W, curves S x K.
    """
    curves = detection.curves
    found: dict[str, NDArray[np.generic]] = {}
    hard = [found.hard.trigger.pattern if found.hard else None for found in detection.classes]
    if any(pattern is not None for pattern in hard):
        # The masks follow from the soft ones; a class without a hard trigger has its soft one.
        whole = [
            found.trigger.pattern if pattern is None else pattern
            for found, pattern in zip(detection.classes, hard, strict=True)
        ]
        found["hard.patterns"] = _stack(whole, 4)
    return found | {
        "masks": _stack([found.trigger.mask for found in detection.classes], 3),
        "patterns": _stack([found.trigger.pattern for found in detection.classes], 4),
        "curves.mask_l1": np.ascontiguousarray(curves.mask_l1, np.float32),
        "curves.success": np.ascontiguousarray(curves.success, np.float32),
        "curves.penalty": np.ascontiguousarray(curves.penalty, np.float32),
    }


def read_images(
    arrays: Arrays, prefix: str, count: tuple[int, ...], shape: Shape
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Masks and patterns of `count` triggers for images of C x H x W.

    Raises:
        EngineError: They are missing, of another shape or type, or have values outside 0..1.
    """
    channels, height, width = shape
    masks = read_numbers(arrays, f"{prefix}masks", (*count, height, width))
    patterns = read_numbers(arrays, f"{prefix}patterns", (*count, channels, height, width))
    return _in_range(f"{prefix}masks", masks), _in_range(f"{prefix}patterns", patterns)


def read_places(
    arrays: Arrays, name: str, classes: int, shape: Shape
) -> NDArray[np.float32] | None:
    """Where masks of pairs lie, K x K x h x w, or None where the arrays do not tell it.

    Raises:
        EngineError: They are of another shape or type, or have values that cannot be.
    """
    if name not in arrays:
        return None
    places = read_numbers(arrays, name, (classes, classes, *grid_shape(*shape[1:])))
    if places.size and not (places.min() >= 0 and places.max() <= MOST_CELLS**2):
        raise damaged(f"{name} holds values that cannot be")
    return places


def read_hard_patterns(arrays: Arrays, classes: int, shape: Shape) -> NDArray[np.float32] | None:
    """The patterns of the hard triggers, K x C x H x W, or None where there are none.

    Raises:
        EngineError: They are of another shape or type, or have values outside 0..1.
    """
    if "hard.patterns" not in arrays:
        return None
    return _in_range("hard.patterns", read_numbers(arrays, "hard.patterns", (classes, *shape)))


def read_curves(arrays: Arrays, classes: int) -> ScanCurves:
    """The curves of a search, S steps x K classes.

    Raises:
        EngineError: They are missing or of another shape or type.
    """
    steps = sum(arrays["curves.mask_l1"].shape[:1]) if "curves.mask_l1" in arrays else 0
    names = ("mask_l1", "success", "penalty")
    return ScanCurves(*(read_numbers(arrays, f"curves.{name}", (steps, classes)) for name in names))


def _in_range(name: str, array: NDArray[np.float32]) -> NDArray[np.float32]:
    # A rounding error beyond the range is no damage; the least and the greatest value are NaN where
    # any is, and take no memory.
    if array.size and not (array.min() >= -0.001 and array.max() <= 1.001):
        raise damaged(f"{name} holds values outside 0..1")
    return array


def damaged(reason: str) -> EngineError:
    """The sentence for numbers that cannot be those that were saved."""
    return EngineError(f"detection.safetensors is damaged: {reason}. Restore it from a copy.")


def read_numbers(arrays: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """An array of numbers, float32, of this shape.

    Raises:
        EngineError: It is missing, or of another shape or type.
    """
    return _read(arrays, name, shape, np.float32)


def read_flags(arrays: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """An array of truth values of this shape.

    Raises:
        EngineError: It is missing, or of another shape or type.
    """
    return _read(arrays, name, shape, np.bool_)


def _read(arrays: Arrays, name: str, shape: tuple[int, ...], kind: type[Kind]) -> NDArray[Kind]:
    array = arrays.get(name)
    if array is None:
        raise damaged(f"{name} is missing")
    if array.dtype != kind or (array.shape != shape and array.size + math.prod(shape)):
        wanted, found = "x".join(map(str, shape)), "x".join(map(str, array.shape))
        raise damaged(f"{name} is {found} {array.dtype} instead of {wanted} {kind.__name__}")
    return array.astype(kind, copy=False).reshape(shape)


def _stack(arrays: Sequence[NDArray[np.float32]], dimensions: int) -> NDArray[np.float32]:
    if not arrays:
        return np.zeros((0,) * dimensions, np.float32)
    return np.ascontiguousarray(np.stack(arrays), np.float32)
