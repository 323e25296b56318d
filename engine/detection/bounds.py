"""From which statistic on a verdict accuses.

What is suspicious follows from what clean reference networks reach; a chance of 5 % or less, by the
conformal p-value, is wanted as well.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RARE = 0.01  # of clean networks, those whose statistic reaches what is suspicious
SIGNIFICANCE = 0.05  # the largest chance of a clean network with which one is accused
LEAST_FOR_LIKELY = 19  # fewer never make a chance of 5 % or less
LIKELY_SCORE = 5.0
SUSPICIOUS_SCORE = 4.0
LEAST_SPREAD = 0.3  # of a statistic over clean networks; a smaller one is chance


class Bounds(NamedTuple):
    """The statistics from which a backdoor is suspected, and likely."""

    suspicious: float
    likely: float

    @classmethod
    def around(cls, likely: float) -> "Bounds":
        """Those of which one is given, in the proportion that they have to each other."""
        return cls(likely * SUSPICIOUS_SCORE / LIKELY_SCORE, likely)

    @classmethod
    def beside(cls, statistics: NDArray[np.float64]) -> "Bounds":
        """Those that follow from N statistics of clean networks, to one decimal.

        About one clean network in a hundred reaches what is suspicious, if the largest of many
        scores is distributed as such are (Gumbel 1958, Statistics of Extremes): with few
        references, or scores of heavy tails, two or three. The fit is by L-moments, which a single
        odd network moves less than it moves the spread (Hosking 1990, doi
        10.1111/j.2517-6161.1990.tb01775.x). Of what is likely none is there to tell, so that bound
        is the larger of a fixed one and what is in proportion.
        """
        ordered, count = np.sort(statistics), len(statistics)
        differing = float(np.arange(count) @ ordered) / (count * (count - 1) / 2) - ordered.mean()
        scale = max(differing / np.log(2), LEAST_SPREAD * np.sqrt(6) / np.pi)
        rare = -np.log(-np.log(1 - RARE)) - np.euler_gamma
        suspicious = float(ordered.mean() + rare * scale)
        likely = max(LIKELY_SCORE, suspicious * LIKELY_SCORE / SUSPICIOUS_SCORE)
        return cls(round(suspicious, 1), round(likely, 1))
