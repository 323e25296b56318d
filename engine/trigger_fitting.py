"""A trigger for images of another size: what becomes of it when the data set changes."""

import numpy as np
from numpy.typing import NDArray

from engine import triggers
from engine.errors import EngineError
from engine.triggers import Trigger

Shape = tuple[int, int, int]
_LUMINANCE = np.array((0.299, 0.587, 0.114), np.float32)  # ITU-R BT.601


def fitted(trigger: Trigger, shape: Shape) -> Trigger:
    """The same trigger for images of C x H x W.

    A preset becomes the same preset at the new size. A drawing keeps its pixels, and its distance
    to the border or the middle that it was next to; what is larger than the new images is cut off.
    Colour becomes grey by its luminance.
    """
    if trigger.shape == shape:
        return trigger
    for name in triggers.preset_names():
        if _equals_preset(trigger, name):
            try:
                return triggers.preset(name, shape)
            except EngineError:  # larger than the images: cut off below
                break
    return _moved(trigger, shape)


def _equals_preset(trigger: Trigger, name: str) -> bool:
    try:
        preset = triggers.preset(name, trigger.shape)
    except EngineError:
        return False
    return triggers.write_png(preset) == triggers.write_png(trigger)


def _moved(trigger: Trigger, shape: Shape) -> Trigger:
    channels, height, width = shape
    moved = Trigger.empty(shape)
    if trigger.is_empty:
        return moved
    rows, columns = np.nonzero(trigger.mask)
    old, new_rows = _span(rows, trigger.mask.shape[0], height)
    left, new_columns = _span(columns, trigger.mask.shape[1], width)
    pattern = _recoloured(trigger.pattern, channels)
    moved.mask[new_rows, new_columns] = trigger.mask[old, left]
    moved.pattern[:, new_rows, new_columns] = pattern[:, old, left]
    return moved


def _span(places: NDArray[np.int64], before: int, after: int) -> tuple[slice, slice]:
    """Where a drawing lies along one side, and where it lies on a side of another length."""
    first, last = int(places.min()), int(places.max()) + 1
    length = min(last - first, after)
    middle = (first + last) / 2
    if middle < before / 3:
        start = min(first, after - length)
    elif middle > 2 * before / 3:
        start = max(after - (before - first), 0)
    else:
        start = (after - length) // 2
    start = min(start, after - length)
    return slice(first, first + length), slice(start, start + length)


def _recoloured(pattern: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    if len(pattern) == channels:
        return pattern
    if channels == 1:
        grey: NDArray[np.float32] = np.tensordot(_LUMINANCE, pattern, 1)[None]
        return np.rint(grey * 255).astype(np.float32) / np.float32(255)
    return np.repeat(pattern, channels, axis=0)
