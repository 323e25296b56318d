"""How unusual a network's mask sizes are beside those of clean reference networks.

A size is that of the mask alone, or with what it looks like counted in (`mask_forms`).
Classes differ by nature: some digits need twice the mask of others in every clean network. So
each class is compared with its own like, after the network's overall level has been taken out,
and in units of its own scatter as far as clean networks differ in theirs (`own_scatter`).
The statistic T is the largest score of a network's classes; its chance in a clean network is the
conformal p-value against the references' own T, each computed as if it were not a reference.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.detection.bounds import LEAST_SPREAD
from engine.detection.own_scatter import LEAST_NETWORKS, ONLY_FAR, OwnScatter

LEAST_REFERENCES = 5
_LEAST_SIZE = 0.01
_FAR_BELOW = -1e3  # a logarithm


def log_sizes(
    mask_l1: NDArray[np.float64], converged: NDArray[np.bool_], pixels: int
) -> NDArray[np.float64]:
    """The statistic of each class: ln of its mask's norm; ln of all pixels if not converged."""
    return logs_of(np.where(converged, mask_l1, float(pixels)))


def logs_of(sizes: ArrayLike) -> NDArray[np.float64]:
    """The logarithms of sizes in pixels, as verdicts compare them."""
    # A mask below a hundredth of a pixel does nothing more; its logarithm must stay finite.
    logs: NDArray[np.float64] = np.log(np.maximum(np.asarray(sizes, np.float64), _LEAST_SIZE))
    return logs


def mean_size(sizes: ArrayLike) -> float:
    """The size that counts of several searches for one mask: their geometric mean, in pixels."""
    return float(np.exp(logs_of(sizes).mean()))


def on_both_scales(
    statistic: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Statistics of several kinds on one scale, on which z's bounds hold for each of them.

    A statistic has to be large in spreads of what it is made of, as z is, and beside the same
    statistic of clean networks, whose mean and spread are given: the smaller of the two counts.
    The largest of many scores is larger than one alone and varies less, so that either scale on
    its own would make ordinary networks look odd.
    """
    beside: NDArray[np.float64] = (statistic - mean) / np.maximum(spread, LEAST_SPREAD)
    return np.minimum(statistic, beside)


def beside_the_others(statistics: NDArray[np.float64]) -> NDArray[np.float64]:
    """N x S statistics of clean networks as `on_both_scales` puts them, each beside the others."""
    rows = range(len(statistics))
    others = [np.delete(statistics, row, axis=0) for row in rows]
    return np.array(
        [
            on_both_scales(statistics[row], rest.mean(axis=0), rest.std(axis=0, ddof=1))
            for row, rest in zip(rows, others, strict=True)
        ]
    )


@dataclass(frozen=True, eq=False)
class Calibration:
    """What clean networks look like.

    Attributes:
        centre: K means of the logarithm of each class's mask size.
        spread: K standard deviations around it, the network's level taken out.
        statistics: N values of T, one for each reference, left out of its own comparison.
        scatter: What their own scatters are like.
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    statistics: NDArray[np.float64]
    scatter: OwnScatter = ONLY_FAR

    @classmethod
    def of(
        cls,
        log_sizes: NDArray[np.float64],
        groups: NDArray[np.int64] | None = None,
        *,
        moderated: bool = True,
    ) -> "Calibration":
        """Calibrate on N x K logarithms of mask sizes of clean networks.

        Args:
            log_sizes: Of the networks.
            groups: N numbers of the kinds that they belong to, where the network under audit is
                of none of these kinds; None where all are of its own.
            moderated: Whether scores are in units of a network's own scatter, as far as those of
                clean networks differ; never beside few of them, nor beside other kinds.

        Raises:
            ValueError: There are fewer than five networks.
        """
        if len(log_sizes) < LEAST_REFERENCES:
            raise ValueError(f"a calibration needs {LEAST_REFERENCES} reference networks")
        moderated = moderated and len(log_sizes) >= LEAST_NETWORKS
        left_out = scores_left_out(log_sizes, groups, moderated=moderated)
        statistics = np.array([scores.max() for scores in left_out])
        if groups is not None:
            return cls(*fit_between(log_sizes, groups), statistics)
        centre, spread = fit(log_sizes)
        scatter = scatter_of(log_sizes, centre, spread) if moderated else ONLY_FAR
        return cls(centre, spread, statistics, scatter)

    def scores(self, log_sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The K scores z: by how many spreads each mask is smaller than in clean networks."""
        return scores_of(log_sizes, self.centre, self.spread, self.scatter)

    def unscaled_scores(self, log_sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The K scores in the references' spreads alone, whatever the network's own scatter."""
        return unscaled(log_sizes, self.centre, self.spread)

    def sizes_at(self, log_sizes: NDArray[np.float64], score: float) -> NDArray[np.float64]:
        """The K sizes in pixels at which each class alone would have this score.

        In a network with these K logarithms, whose level and scatter follow from all classes: each
        size is found with its own class far below the others, where a score puts it.
        """
        logs = np.empty_like(log_sizes)
        for label in range(len(log_sizes)):
            others = log_sizes.copy()
            others[label] = _FAR_BELOW
            level = float(np.median(others - self.centre))
            scale = self.scatter.scale(self.unscaled_scores(others))
            logs[label] = self.centre[label] + level - score * scale * self.spread[label]
        sizes: NDArray[np.float64] = np.exp(logs)
        return sizes

    def p_value(self, statistic: float) -> float:
        """Chance of a T at least as large in a clean network: between 1 / (N + 1) and 1."""
        as_large = int(np.count_nonzero(self.statistics >= statistic))
        return (1 + as_large) / (len(self.statistics) + 1)

    def usual_sizes(
        self, log_sizes: NDArray[np.float64], width: float = 2.0
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The band, K lower and K upper sizes in pixels, where clean networks' masks lie.

        It is moved to the level of the network with the given K logarithms, so that its dots can
        be compared with it; `width` is half of it, in spreads.
        """
        level = float(np.median(log_sizes - self.centre))
        middle = self.centre + level
        return np.exp(middle - width * self.spread), np.exp(middle + width * self.spread)


def fit(log_sizes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre and spread of each of K classes, from N x K logarithms of clean networks.

    Half of each variance is the class's own, half is shared between the classes.
    """
    centre = log_sizes.mean(axis=0)
    levels = np.median(log_sizes - centre, axis=1, keepdims=True)
    residuals = log_sizes - centre - levels
    own = residuals.var(axis=0, ddof=1)
    shared = float(np.mean(residuals**2))
    spread: NDArray[np.float64] = np.sqrt((own + shared) / 2)
    return centre, np.maximum(spread, 1e-9)


def fit_between(
    log_sizes: NDArray[np.float64], groups: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre and spread for a network of a kind that is not among the groups.

    The centre is the mean of the groups' means. The spread is that of networks around the mean of
    the groups that are not their own, which holds the difference between kinds.
    """
    centre = _mean_of_means(log_sizes, groups)
    residuals = np.concatenate(
        [_residuals(log_sizes, groups, int(group)) for group in np.unique(groups)]
    )
    own, shared = np.mean(residuals**2, axis=0), float(np.mean(residuals**2))
    spread: NDArray[np.float64] = np.sqrt((own + shared) / 2)
    return centre, np.maximum(spread, 1e-9)


def _mean_of_means(
    log_sizes: NDArray[np.float64], groups: NDArray[np.int64], without: int | None = None
) -> NDArray[np.float64]:
    """The mean of the groups' means, so that a large group counts no more than a small one."""
    means = [log_sizes[groups == group].mean(axis=0) for group in np.unique(groups)
             if group != without]  # fmt: skip
    centre: NDArray[np.float64] = np.mean(means, axis=0)
    return centre


def _residuals(
    log_sizes: NDArray[np.float64], groups: NDArray[np.int64], group: int
) -> NDArray[np.float64]:
    """A group's logarithms without the centre of the other groups and without their levels."""
    around = log_sizes[groups == group] - _mean_of_means(log_sizes, groups, without=group)
    residuals: NDArray[np.float64] = around - np.median(around, axis=1, keepdims=True)
    return residuals


def scores_left_out(
    log_sizes: NDArray[np.float64],
    groups: NDArray[np.int64] | None = None,
    *,
    moderated: bool = False,
) -> list[NDArray[np.float64]]:
    """The K scores of each of N networks, as if it and those of its group were no references.

    The groups and whether they are moderated are as in `Calibration.of`, which decides it from the
    number of all networks.
    """
    if groups is None:
        return [
            _scores_beside(np.delete(log_sizes, left_out, axis=0), one, moderated=moderated)
            for left_out, one in enumerate(log_sizes)
        ]
    # The spread between kinds cannot be had from so few kinds with one more left out.
    _, spread = fit_between(log_sizes, groups)
    return [
        scores_of(one, _mean_of_means(log_sizes, groups, without=int(group)), spread)
        for one, group in zip(log_sizes, groups, strict=True)
    ]


def _scores_beside(
    others: NDArray[np.float64], log_sizes: NDArray[np.float64], *, moderated: bool
) -> NDArray[np.float64]:
    """The K scores of a network beside others of its kind."""
    centre, spread = fit(others)
    scatter = scatter_of(others, centre, spread) if moderated else ONLY_FAR
    return scores_of(log_sizes, centre, spread, scatter)


def scatter_of(
    log_sizes: NDArray[np.float64], centre: NDArray[np.float64], spread: NDArray[np.float64]
) -> OwnScatter:
    """What the own scatters of N clean networks are like, in the spreads of all."""
    return OwnScatter.of(np.array([unscaled(one, centre, spread) for one in log_sizes]))


def scores_of(
    log_sizes: NDArray[np.float64],
    centre: NDArray[np.float64],
    spread: NDArray[np.float64],
    scatter: OwnScatter = ONLY_FAR,
) -> NDArray[np.float64]:
    """How many spreads each of K masks is smaller than usual, the network's level taken out.

    They are in units of the network's own scatter, as far as that counts.
    """
    scores = unscaled(log_sizes, centre, spread)
    return scores / scatter.scale(scores)


def unscaled(
    log_sizes: NDArray[np.float64], centre: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same in the spreads of clean networks alone, however much this one's classes scatter."""
    level = np.median(log_sizes - centre)
    scores: NDArray[np.float64] = -(log_sizes - centre - level) / spread
    return scores
