"""The points of one curve, kept few enough that drawing them stays quick."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Trace:
    """A curve that grows: x and y as float64, y may be NaN where there is nothing to draw.

    Whenever it holds twice `limit` points, each four neighbours become two, the lowest and the
    highest, so that a spike never disappears from the picture.
    """

    def __init__(self, limit: int = 1000) -> None:
        self._limit = max(limit - limit % 4, 4)
        self._points = np.empty((2, 2 * self._limit))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Floats:
        """Where the points are."""
        return self._points[0, : self._count]

    @property
    def y(self) -> Floats:
        """The values there."""
        return self._points[1, : self._count]

    @property
    def newest(self) -> float:
        """The last value that is a number, or NaN."""
        known = self.y[np.isfinite(self.y)]
        return float(known[-1]) if len(known) else float("nan")

    def clear(self) -> None:
        """Forget every point."""
        self._count = 0

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points, two arrays of one length."""
        new = np.array([x, y], np.float64).reshape(2, -1)
        while new.shape[1]:
            room = self._points.shape[1] - self._count
            taken, new = new[:, :room], new[:, room:]
            self._points[:, self._count : self._count + taken.shape[1]] = taken
            self._count += taken.shape[1]
            if self._count == self._points.shape[1]:
                self._thin()

    def _thin(self) -> None:
        fours = self._points.reshape(2, -1, 4)
        values = fours[1]
        low = np.where(np.isnan(values), np.inf, values).argmin(axis=1)
        high = np.where(np.isnan(values), -np.inf, values).argmax(axis=1)
        pair = np.sort(np.stack([low, high], axis=1), axis=1)
        self._points[:, : self._limit] = np.take_along_axis(fours, pair[None], axis=2).reshape(
            2, -1
        )
        self._count = self._limit
