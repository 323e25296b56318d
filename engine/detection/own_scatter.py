"""How much a network's own scatter counts beside that of clean networks.

The classes of some networks scatter more than those of others, and a mask that would be unusual in
a calm network is not in one that scatters. The scatter of so few classes is itself uncertain, so
that it counts as much as clean networks show theirs to differ: the variances are moderated by an
empirical Bayes estimate (Smyth 2004, doi 10.2202/1544-6115.1027). Where clean networks differ by no
more than chance, it does not count.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

LEAST_NETWORKS = 16  # fewer do not show how far their scatters differ
SLACK = 1.5
_NORMAL_MAD = 1.4826
# Of K - 1: so many degrees of freedom has a variance that follows from the median absolute score.
FREEDOM = 0.4
_LEAST_VARIANCE = 1e-6
_LEAST_EXCESS = 1e-3  # of the variance of logarithms, over that of chance


@dataclass(frozen=True)
class OwnScatter:
    """What clean networks' own scatters are like.

    Attributes:
        usual: The usual one of their own variances, in squares of the references' spreads.
        freedom: Degrees of freedom that it counts for beside a network's own variance; infinite
            where its own does not count.
    """

    usual: float = 1.0
    freedom: float = np.inf

    @classmethod
    def of(cls, scores: NDArray[np.float64]) -> Self:
        """From N x K scores of clean networks, in the references' spreads alone.

        The logarithm of a variance of d degrees of freedom has the mean digamma(d / 2) - ln(d / 2)
        and the variance trigamma(d / 2); those of the usual one add to it (Smyth 2004, section
        6.2).
        """
        from scipy import special

        half = FREEDOM * (scores.shape[1] - 1) / 2
        logs = np.log(own_variance(scores)) - float(special.digamma(half)) + np.log(half)
        freedom = _freedom(float(logs.var(ddof=1)) - float(special.polygamma(1, half)))
        if np.isinf(freedom):
            return cls(float(np.exp(logs.mean())))
        bias = float(special.digamma(freedom / 2)) - np.log(freedom / 2)
        return cls(float(np.exp(logs.mean() + bias)), freedom)

    def scale(self, scores: NDArray[np.float64]) -> float:
        """What to divide a network's K scores by, so that they are in units of its own scatter.

        One that scatters far more than any clean one, as strangers' networks may, is measured by
        that in any case. Of ten classes it is uncertain by a third, so that only what exceeds 1.5
        counts then.
        """
        variance = float(own_variance(scores))
        if np.isfinite(self.freedom):
            own = FREEDOM * (len(scores) - 1)
            moderated = (self.freedom * self.usual + own * variance) / (self.freedom + own)
            among_clean = float(np.sqrt(moderated / self.usual))
        else:
            among_clean = 1.0
        return max(among_clean, float(np.sqrt(variance)) / SLACK)


ONLY_FAR = OwnScatter()  # a network's own scatter counts where it is far larger than usual alone


def own_variance(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variances of ... x K scores around 0, by their median, which a few targets do not move."""
    scatter = _NORMAL_MAD * np.median(np.abs(scores), axis=-1)
    variance: NDArray[np.float64] = np.maximum(scatter**2, _LEAST_VARIANCE)
    return variance


def _freedom(excess: float) -> float:
    """The freedom of the usual variance, from what is left of the variance of logarithms."""
    from scipy import optimize, special

    if excess <= _LEAST_EXCESS:
        return float(np.inf)
    half = optimize.brentq(lambda x: float(special.polygamma(1, x)) - excess, 1e-3, 1e4)
    return 2 * float(half)
