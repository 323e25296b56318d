"""How unusual a pair map is beside those of clean reference networks.

Three shapes are looked for, each with its own statistic over the K x K scores z: a single cell
(source-specific), a column (all-to-one), and one cell in every row and column (all-to-all, found
as the best assignment of sources to targets). Each statistic is compared with that of clean
networks, so that the three can be compared with each other. What clean networks commonly differ
in is taken out of a map first (`common_directions`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detection.calibration import (
    Calibration,
    log_sizes,
    logs_of,
    on_both_scales,
    scores_left_out,
    scores_of,
)
from engine.detection.common_directions import CommonDirections, directions_for, left_of_each
from engine.detection.results import Mapping, PairMap

SHAPES: tuple[Mapping, ...] = ("source-specific", "all-to-one", "all-to-all")
LEAST_OF_A_LINE = 3
DOMINANT = 2.0


@dataclass(frozen=True)
class PairScore:
    """What a pair map says.

    Attributes:
        statistic: The largest of the three statistics, as `on_both_scales` puts them.
        mapping: The shape it belongs to.
        pairs: (source, target) of the cells that make it up.
    """

    statistic: float
    mapping: Mapping
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class PairCalibration:
    """What clean networks' pair maps look like.

    Attributes:
        cells: The calibration of each of the K (K - 1) cells; of what is left of them, around 0,
            where there are common directions.
        classes: K.
        mean: Of each of the three statistics, over the references.
        spread: Likewise.
        statistics: N values of the largest one, each reference left out of its own comparison.
        common: What is taken out of a map before its cells are compared; None of few references
            or of those of other architectures.
    """

    cells: Calibration
    classes: int
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    statistics: NDArray[np.float64]
    common: CommonDirections | None = None

    @classmethod
    def of(
        cls, sizes: NDArray[np.float64], classes: int, groups: NDArray[np.int64] | None = None
    ) -> "PairCalibration":
        """Calibrate on N x K(K - 1) logarithms of mask sizes, as `pair_sizes` gives them.

        The groups are those of `Calibration.of`.
        """
        count = directions_for(*sizes.shape) if groups is None else 0
        if count == 0:
            scores = scores_left_out(sizes, groups)
            return cls._from_scores(Calibration.of(sizes, groups), scores, classes)
        left, spread = left_of_each(sizes, count)
        zero = np.zeros_like(spread)
        scores = [scores_of(one, zero, spread) for one in left]
        cells = Calibration(zero, spread, np.max(scores, axis=1))
        return cls._from_scores(cells, scores, classes, CommonDirections.of(sizes, count))

    @classmethod
    def _from_scores(
        cls,
        cells: Calibration,
        left_out: Sequence[NDArray[np.float64]],
        classes: int,
        common: CommonDirections | None = None,
    ) -> "PairCalibration":
        """Calibrate on the K(K - 1) scores of N networks, each left out of its own comparison."""
        raw = np.array([_statistics(_square(scores, classes)) for scores in left_out])
        mean, spread = raw.mean(axis=0), raw.std(axis=0, ddof=1)
        statistics = on_both_scales(raw, mean, spread).max(axis=1)
        return cls(cells, classes, mean, spread, statistics, common)

    def scores(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The K x K scores z of a map's K(K - 1) logarithms; NaN on the diagonal."""
        return _square(self.cells.scores(self._left_of(sizes)), self.classes)

    def usual_sizes(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The bands, K x K x 2 in pixels, where clean networks' masks lie; NaN on the diagonal.

        They are moved to the level of the map with these K(K - 1) logarithms, and to its share of
        what clean networks commonly differ in.
        """
        left = self._left_of(sizes)
        bands = [
            _square(side * np.exp(sizes - left), self.classes)
            for side in self.cells.usual_sizes(left)
        ]
        return np.stack(bands, axis=-1)

    def _left_of(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        return sizes if self.common is None else self.common.left_of(sizes, self.cells.spread)

    def judge(self, scores: NDArray[np.float64]) -> PairScore:
        """The statistic of a map with these K x K scores, and the cells behind it."""
        standard = on_both_scales(_statistics(scores), self.mean, self.spread)
        best, pairs = SHAPES[0], _cells(scores, SHAPES[0], self._usual_cell)
        for shape in np.argsort(-standard):
            cells = _cells(scores, SHAPES[shape], self._usual_cell)
            if self._is_shown_by(cells, SHAPES[shape], scores):
                best, pairs = SHAPES[shape], cells
                break
        single = self.single_cell(scores, pairs[0][1]) if best == "all-to-one" else None
        if single is not None:
            best, pairs = "source-specific", (single,)
        return PairScore(float(standard.max()), best, pairs)

    def single_cell(self, scores: NDArray[np.float64], target: int) -> tuple[int, int] | None:
        """The pair that alone makes up most of what points to a target, or None.

        A trigger for images of one class also makes the others a little easier to turn, which
        lights up their whole column; then its own cell stands out from that column, as it does
        not where a trigger works on all of them.
        """
        column = scores[:, target]
        source = int(np.nanargmax(column))
        stands_out = column[source] >= DOMINANT * np.nanmedian(column)
        return (source, target) if column[source] > self._usual_cell and stands_out else None

    def _is_shown_by(
        self, cells: tuple[tuple[int, int], ...], shape: Mapping, scores: NDArray[np.float64]
    ) -> bool:
        """Whether a shape's own cells bear it out: one or two also make a whole sum large."""
        if shape == "all-to-all":
            return len(cells) >= LEAST_OF_A_LINE
        return bool(np.median([scores[cell] for cell in cells]) >= self._usual_cell / 2)

    @property
    def _usual_cell(self) -> float:
        """The largest score that a single cell has in clean networks."""
        return float(self.cells.statistics.max())


def off_diagonal(classes: int) -> NDArray[np.bool_]:
    """K x K, true for every pair of two different classes."""
    apart: NDArray[np.bool_] = ~np.eye(classes, dtype=np.bool_)
    return apart


def pair_sizes(pair_map: PairMap) -> NDArray[np.float64]:
    """The K(K - 1) logarithms of a map's mask sizes, row by row; all pixels if not converged.

    Of several searches their means.
    """
    apart = off_diagonal(len(pair_map.mask_l1))
    if pair_map.sizes is not None:
        searched = np.nan_to_num(pair_map.sizes[:, apart], nan=pair_map.masks[0, 0].size)
        means: NDArray[np.float64] = logs_of(searched).mean(axis=0)
        return means
    found = np.nan_to_num(pair_map.mask_l1[apart].astype(np.float64))
    return log_sizes(found, pair_map.converged[apart], pair_map.masks[0, 0].size)


def _square(values: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    square = np.full((classes, classes), np.nan)
    square[off_diagonal(classes)] = values
    return square


def _statistics(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest cell, column and assignment; sums are divided by the root of their length."""
    classes = len(scores)
    columns = np.nansum(scores, axis=0) / np.sqrt(classes - 1)
    sources, targets = _assignment(scores)
    line = scores[sources, targets].sum() / np.sqrt(classes)
    return np.array([np.nanmax(scores), columns.max(), line])


def _assignment(scores: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A target other than itself for each source, no target twice, with the largest sum."""
    from scipy.optimize import linear_sum_assignment

    finite = np.where(np.isnan(scores), -1e6, scores)
    sources, targets = linear_sum_assignment(finite, maximize=True)
    return sources, targets


def _cells(
    scores: NDArray[np.float64], mapping: Mapping, usual: float
) -> tuple[tuple[int, int], ...]:
    """The cells that a shape consists of, those with the largest scores first."""
    if mapping == "all-to-one":
        target = int(np.argmax(np.nansum(scores, axis=0)))
        cells = [(source, target) for source in range(len(scores)) if source != target]
    elif mapping == "all-to-all":
        # The rest of the line fills it up with whatever cells were left over.
        line = zip(*_assignment(scores), strict=True)
        cells = [(int(one), int(other)) for one, other in line if scores[one, other] > usual]
    else:
        # Beside the best cell, those that no clean network has ever shown.
        top = np.unravel_index(int(np.nanargmax(scores)), scores.shape)
        others = np.argwhere(np.nan_to_num(scores, nan=-np.inf) > max(usual, scores[top] / 2))
        cells = [(int(source), int(target)) for source, target in [*others, top]]
    return tuple(sorted(set(cells), key=lambda cell: -scores[cell]))
