"""What clean networks' pair maps commonly differ in, and what is left of a map without it.

Networks that learned longer, or from inputs of another range, differ from others in many pairs at
once, and alike. Such differences are no sign of a backdoor, but they widen the spread of every
pair. So the first principal directions of clean networks' maps are fitted to a map and taken out
of it. A backdoor's own pairs must not be explained away as a common difference: pairs that stand
out count less in the fit (iteratively reweighted least squares with the weights of Huber 1964,
doi 10.1214/aoms/1177703732), and a share is held back by how much clean networks vary in it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

MOST_DIRECTIONS = 3
NETWORKS_OF_EACH, PAIRS_OF_EACH = 6, 20  # so many for one direction, that it is not mere chance
ROUNDS, ORDINARY = 8, 1.5  # of reweighting; pairs beyond so many spreads count less
FIRST_SPREAD = 0.2  # of a logarithm, where the directions' own spread is to be found yet


@dataclass(frozen=True, eq=False)
class CommonDirections:
    """Where the logarithms of clean networks' P sizes lie, and what they vary in most.

    Attributes:
        centre: P means, each network's level taken out.
        directions: D x P, orthonormal.
        variances: D variances along them.
    """

    centre: NDArray[np.float64]
    directions: NDArray[np.float64]
    variances: NDArray[np.float64]

    @classmethod
    def of(cls, logs: NDArray[np.float64], count: int) -> Self:
        """The first `count` principal directions of N x P logarithms of clean networks' sizes."""
        levels = np.median(logs - logs.mean(axis=0), axis=1, keepdims=True)
        centre = (logs - levels).mean(axis=0)
        rest = logs - centre
        rest = rest - np.median(rest, axis=1, keepdims=True)
        _, sizes, directions = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
        variances = np.maximum(sizes[:count] ** 2 / (len(logs) - 1), 1e-12)
        return cls(centre, directions[:count], variances)

    def left_of(
        self, logs: NDArray[np.float64], spread: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What is left of a map's P logarithms, its level and its share of the directions gone.

        Args:
            logs: Of the map.
            spread: P standard deviations of what is left of clean networks.
        """
        basis = np.vstack([self.directions, np.ones_like(logs)])
        held_back = np.diag([*(1 / self.variances), 0.0])  # the level is free
        around, weights = logs - self.centre, np.ones_like(logs)
        left = around
        for _ in range(ROUNDS):
            weighted = basis * (weights / spread**2)
            left = (
                around - np.linalg.solve(weighted @ basis.T + held_back, weighted @ around) @ basis
            )
            weights = np.minimum(1, ORDINARY / np.maximum(np.abs(left / spread), 1e-9))
        remainder: NDArray[np.float64] = left - np.median(left)
        return remainder


def directions_for(networks: int, pairs: int) -> int:
    """How many directions so many clean networks' maps of so many pairs can tell from chance."""
    return min(MOST_DIRECTIONS, networks // NETWORKS_OF_EACH, pairs // PAIRS_OF_EACH)


def left_of_each(
    logs: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is left of each of N x P logarithms, itself left out of the directions; and P spreads.

    Half of each variance is the pair's own, half is shared between the pairs.
    """
    without = [CommonDirections.of(np.delete(logs, one, axis=0), count) for one in range(len(logs))]
    spread = np.full(logs.shape[1], FIRST_SPREAD)
    left = logs
    for _ in range(2):  # the spread weighs the fit that it comes from
        left = np.array(
            [common.left_of(one, spread) for common, one in zip(without, logs, strict=True)]
        )
        variance = (left**2).mean(axis=0)
        spread = np.maximum(np.sqrt((variance + variance.mean()) / 2), 1e-9)
    return left, spread
