"""What clean networks' pair maps commonly differ in, and what is left of a map without it.

Networks that learned longer, or from inputs of another range, differ from others in many pairs at
once, and alike. Such differences are no sign of a backdoor, but they widen the spread of every
pair. So the first principal directions of clean networks' maps are fitted to a map and taken out
of it. A backdoor must not be explained away as a common difference: pairs that stand out count
less in the fit (iteratively reweighted least squares with the weights of Huber 1964, doi
10.1214/aoms/1177703732), and no map is given a larger share of a direction than clean networks
have. A whole column is not judged by what is left of it: some directions nearly are a column.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.detection.calibration import scores_of
from engine.detection.own_scatter import ONLY_FAR, OwnScatter

MOST_DIRECTIONS = 3
NETWORKS_OF_EACH, PAIRS_OF_EACH = 6, 20  # so many for one direction, that it is not mere chance
LARGEST_SHARE = 2.0  # of a direction, in standard deviations of clean networks along it
ROUNDS, ORDINARY = 8, 1.5  # of reweighting; pairs beyond so many spreads count less
FIRST_SPREAD = 0.2  # of a logarithm, where the directions' own spread is to be found yet
FOLDS = 10

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CommonDirections:
    """Where the logarithms of clean networks' P sizes lie, and what they vary in most.

    Attributes:
        centre: P means, each network's level taken out.
        directions: D x P, orthonormal.
        variances: D variances along them.
    """

    centre: Array
    directions: Array
    variances: Array

    @classmethod
    def of(cls, logs: Array, count: int) -> Self:
        """The first `count` principal directions of N x P logarithms of clean networks' sizes."""
        levels = np.median(logs - logs.mean(axis=0), axis=1, keepdims=True)
        centre = (logs - levels).mean(axis=0)
        rest = logs - centre
        rest = rest - np.median(rest, axis=1, keepdims=True)
        _, sizes, directions = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
        variances = np.maximum(sizes[:count] ** 2 / (len(logs) - 1), 1e-12)
        return cls(centre, directions[:count], variances)

    def left_of(self, logs: Array, spread: Array) -> Array:
        """What is left of maps' logarithms, their levels and shares of the directions gone.

        Args:
            logs: M x P, of M maps.
            spread: P standard deviations of what is left of clean networks.
        """
        around = logs - self.centre
        basis = np.vstack([self.directions, np.ones_like(spread)])
        held_back = np.diag([*(1 / self.variances), 0.0])  # the level is free
        largest = LARGEST_SHARE * np.sqrt(self.variances)
        left, weights = around, np.ones_like(around)
        for _ in range(ROUNDS):
            weights = weights / spread**2
            normal = (basis * weights[:, None]) @ basis.T + held_back
            shares = np.linalg.solve(normal, ((weights * around) @ basis.T)[..., None])[..., 0]
            taken = np.clip(shares[:, :-1], -largest, largest) @ self.directions
            level = np.average(around - taken, axis=1, weights=weights)
            left = around - taken - level[:, None]
            weights = np.minimum(1, ORDINARY / np.maximum(np.abs(left / spread), 1e-9))
        remainder: Array = left - np.median(left, axis=1, keepdims=True)
        return remainder


@dataclass(frozen=True, eq=False)
class RestCalibration:
    """What is left of clean networks' maps without their common directions.

    Attributes:
        common: What is taken out.
        spread: P standard deviations of what is left, around 0.
        scatter: How far single networks' scatters differ.
    """

    common: CommonDirections
    spread: Array
    scatter: OwnScatter = ONLY_FAR

    @classmethod
    def of(cls, logs: Array, count: int, *, moderated: bool = False) -> Self:
        """Calibrate on N x P logarithms; the spread is that of networks outside of the fit.

        Half of each variance is the pair's own, half is shared between the pairs. `moderated` is
        that of `Calibration.of`.
        """
        spread, left = np.full(logs.shape[1], FIRST_SPREAD), np.empty_like(logs)
        parts = [
            (part, CommonDirections.of(np.delete(logs, part, axis=0), count))
            for part in folds(len(logs))
        ]
        for _ in range(2):  # the spread weighs the fit that it comes from
            for part, common in parts:
                left[part] = common.left_of(logs[part], spread)
            variance = (left**2).mean(axis=0)
            spread = np.maximum(np.sqrt((variance + variance.mean()) / 2), 1e-9)
        scatter = OwnScatter.of(left / spread) if moderated else ONLY_FAR
        return cls(CommonDirections.of(logs, count), spread, scatter)

    def left_of(self, logs: Array) -> Array:
        """What is left of a map's P logarithms."""
        left: Array = self.common.left_of(logs[None], self.spread)[0]
        return left

    def scores(self, logs: Array) -> Array:
        """The P scores z of a map: by how many spreads what is left is smaller than usual."""
        nothing = np.zeros_like(self.spread)
        return scores_of(self.left_of(logs), nothing, self.spread, self.scatter)

    def usual_sizes(self, logs: Array, width: float = 2.0) -> tuple[Array, Array]:
        """The band, P lower and P upper sizes in pixels, where clean networks' masks lie.

        It is moved to the level of the map with the given P logarithms and to its share of the
        common directions; `width` is half of it, in spreads.
        """
        middle = logs - self.left_of(logs)
        return np.exp(middle - width * self.spread), np.exp(middle + width * self.spread)


def directions_for(networks: int, pairs: int) -> int:
    """How many directions so many clean networks' maps of so many pairs can tell from chance."""
    return min(MOST_DIRECTIONS, networks // NETWORKS_OF_EACH, pairs // PAIRS_OF_EACH)


def folds(count: int) -> Iterator[NDArray[np.int64]]:
    """The numbers from 0 to `count` in ten parts, or in as many as there are numbers."""
    parts = min(FOLDS, count)
    return (np.arange(first, count, parts) for first in range(parts))


def rest_scores_left_out(logs: Array, count: int, *, moderated: bool = False) -> list[Array]:
    """The P scores of each of N x P networks, as if it and its fold were no references."""
    scores: list[Array] = [np.empty(0)] * len(logs)
    for part in folds(len(logs)):
        others = RestCalibration.of(np.delete(logs, part, axis=0), count, moderated=moderated)
        for number in part:
            scores[number] = others.scores(logs[number])
    return scores
