"""The points of one curve, of which only so many are drawn that drawing stays quick."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Trace:
    """A curve that grows: x and y as float64, y may be NaN where there is nothing to draw."""

    def __init__(self, limit: int = 1000) -> None:
        """At most `limit` points are drawn."""
        self._limit = limit
        self._points = np.empty((2, 256))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Floats:
        """Where all points are."""
        return self._points[0, : self._count]

    @property
    def y(self) -> Floats:
        """All values."""
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
        count = self._count + new.shape[1]
        if count > self._points.shape[1]:
            grown = np.empty((2, 2 * count))
            grown[:, : self._count] = self._points[:, : self._count]
            self._points = grown
        self._points[:, self._count : count] = new
        self._count = count

    def drawn(self) -> tuple[Floats, Floats]:
        """The points to draw: all, or of each bucket of neighbours the lowest and the highest.

        No spike is lost. Buckets hold a power of two, so that the picture does not flicker while
        the curve grows.
        """
        if self._count <= self._limit:
            return self.x, self.y
        width = 4
        while 2 * self._count > self._limit * width:
            width *= 2
        whole = self._count - self._count % width
        buckets = self.y[:whole].reshape(-1, width)
        low = np.where(np.isnan(buckets), np.inf, buckets).argmin(axis=1)
        high = np.where(np.isnan(buckets), -np.inf, buckets).argmax(axis=1)
        high[low == high] = width - 1
        chosen = np.sort(np.stack([low, high], axis=1), axis=1)
        chosen += np.arange(0, whole, width)[:, None]
        kept = np.append(chosen.ravel(), np.arange(whole, self._count))
        return self.x[kept], self.y[kept]
