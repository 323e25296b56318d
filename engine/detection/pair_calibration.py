"""How unusual a pair map is beside those of clean reference networks.

Three shapes are looked for, each with its own statistic over the K x K scores z: a single cell
(source-specific), a column (all-to-one), and one cell in every row and column (all-to-all, found
as the best assignment of sources to targets). Each statistic is compared with that of clean
networks, so that the three can be compared with each other. Cells and lines are judged by what
their triggers do to other classes and where they lie as well as by their sizes (`pair_logs`), and
what clean networks commonly differ in is taken out of them first (`common_directions`). Columns are
judged by their sizes alone: a trigger that works on all classes spares none; and in the references'
spreads, since a map's own scatter is that of single cells, which the sum of a column takes the mean
of.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.detection.bounds import LEAST_SPREAD, SUSPICIOUS_SCORE
from engine.detection.calibration import (
    Calibration,
    beside_the_others,
    on_both_scales,
    scores_left_out,
)
from engine.detection.common_directions import (
    RestCalibration,
    directions_for,
    rest_scores_left_out,
)
from engine.detection.own_scatter import LEAST_NETWORKS
from engine.detection.pair_logs import (
    judged,
    pair_grids,
    pair_logs,
    shares_of,
    usual_shares_of,
)
from engine.detection.pair_shapes import (
    LEAST_OF_A_LINE,
    SHAPES,
    cells_of,
    shape_of,
    square,
    statistics_of,
)
from engine.detection.results import Mapping, PairMap
from engine.detection.usual_places import UsualPlaces

DOMINANT = 2.0
MOST_OF_USUAL = 0.5  # of other images that clean networks' triggers turn, one that spares them


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
        sizes: The calibration of each of the K (K - 1) pairs' sizes; columns are judged by it.
        cells: That of all that `pair_logs` tells together; cells and lines are judged by it. What
            clean networks commonly differ in is taken out, unless they are few or of other
            architectures.
        bands: Likewise of sizes alone; between which sizes a pair's mask usually lies.
        usual_elsewhere: K (K - 1) shares of other images that a pair's trigger turns as well in
            clean networks whose mask works: their medians, 0..1.
        classes: K.
        usual_cell: The largest score of a single cell in clean networks.
        mean: Of each of the three statistics, over the references.
        spread: Likewise.
        statistics: N values of the largest one, each reference left out of its own comparison.
        places: Where clean networks' masks lie, if that is judged as well.
    """

    sizes: Calibration
    cells: RestCalibration | Calibration
    bands: RestCalibration | Calibration
    usual_elsewhere: NDArray[np.float64]
    classes: int
    usual_cell: float
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    statistics: NDArray[np.float64]
    places: UsualPlaces | None = None

    @classmethod
    def of(
        cls,
        logs: NDArray[np.float64],
        classes: int,
        groups: NDArray[np.int64] | None = None,
        places: UsualPlaces | None = None,
    ) -> "PairCalibration":
        """Calibrate on N x 2 x K(K - 1) logarithms, as `pair_logs` gives them.

        Args:
            logs: Those of N clean networks; with `places` they have a third row.
            classes: K.
            groups: Those of `Calibration.of`.
            places: Where the networks' masks lie, or None.
        """
        sizes, both = logs[:, 0], judged(logs)
        count = directions_for(*sizes.shape) if groups is None else 0
        moderated = groups is None and len(logs) >= LEAST_NETWORKS
        if count:
            of_cells = rest_scores_left_out(both, count, moderated=moderated)
        else:
            of_cells = scores_left_out(both, groups, moderated=moderated)
        of_columns = scores_left_out(sizes, groups)
        raw = np.array(
            [
                statistics_of(square(cells, classes), square(columns, classes))
                for cells, columns in zip(of_cells, of_columns, strict=True)
            ]
        )

        def without_common(values: NDArray[np.float64]) -> RestCalibration | Calibration:
            if count:
                return RestCalibration.of(values, count, moderated=moderated)
            return Calibration.of(values, groups)

        return cls(
            Calibration.of(sizes, groups, moderated=False),
            without_common(both),
            without_common(sizes),
            usual_shares_of(logs),
            classes,
            float(np.max(of_cells)),
            raw.mean(axis=0),
            raw.std(axis=0, ddof=1),
            beside_the_others(raw).max(axis=1),
            places,
        )

    def logs(self, pair_map: PairMap) -> NDArray[np.float64]:
        """What a map is judged by beside these networks: 2 or 3 x K(K - 1) logarithms."""
        return pair_logs(pair_map, self.places)

    def scores(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The K x K scores z of a map with these `logs`; NaN on the diagonal."""
        return square(self.cells.scores(judged(logs)), self.classes)

    def usual_sizes(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """The bands, K x K x 2 in pixels, where clean networks' masks lie; NaN on the diagonal.

        They are moved to the level of the map with these `logs`, and to its share of what clean
        networks commonly differ in.
        """
        bands = self.bands.usual_sizes(logs[0])
        return np.stack([square(side, self.classes) for side in bands], axis=-1)

    def usual_shares(self) -> NDArray[np.float64]:
        """K x K medians: of clean networks' triggers, the shares of other images turned."""
        return square(self.usual_elsewhere, self.classes)

    def fits(self, pair_map: PairMap) -> bool:
        """Whether where a map's masks lie can be compared, or need not be.

        Images of another form may have as many pixels, but no place in common.
        """
        return self.places is None or self.places.fit(pair_grids(pair_map))

    def place(self, pair_map: PairMap) -> PairMap:
        """Add to a map where clean networks' masks lie, and how densely where its own do."""
        if self.places is None:
            return replace(
                pair_map, place_density=None, usual_place_density=None, usual_places=None
            )
        here, usual = self.places.densities(pair_grids(pair_map))
        places = square(self.places.density, self.classes, diagonal=0)
        return replace(
            pair_map,
            place_density=square(here, self.classes).astype(np.float32),
            usual_place_density=square(usual, self.classes).astype(np.float32),
            usual_places=places.astype(np.float32),
        )

    def judge(self, logs: NDArray[np.float64]) -> PairScore:
        """The statistic of a map with these `logs`, and the cells behind it."""
        scores, columns = self.scores(logs), self._column_scores(logs)
        standard = on_both_scales(statistics_of(scores, columns), self.mean, self.spread)
        best, pairs = SHAPES[0], cells_of(scores, SHAPES[0], self._least_alone)
        for shape in np.argsort(-standard):
            judged_by = columns if SHAPES[shape] == "all-to-one" else scores
            least = self.usual_cell if SHAPES[shape] == "all-to-all" else self._least_alone
            cells = cells_of(judged_by, SHAPES[shape], least)
            if self._is_shown_by(cells, SHAPES[shape], judged_by):
                best, pairs = SHAPES[shape], cells
                break
        if best == "source-specific":
            best = shape_of(pairs, self.classes)
        single = self.single_cell(logs, pairs[0][1]) if best == "all-to-one" else None
        if single is not None:
            best, pairs = "source-specific", (single,)
        return PairScore(float(standard.max()), best, pairs)

    def single_cell(self, logs: NDArray[np.float64], target: int) -> tuple[int, int] | None:
        """The pair that alone makes up most of what points to a target, or None.

        A trigger for images of one class also makes the others a little easier to turn, which
        lights up their whole column; then its own cell stands out from that column, and its
        trigger spares the other classes, as it does not where a trigger works on all of them.
        """
        column = self._column_scores(logs)[:, target]
        source = int(np.nanargmax(column))
        stands_out = column[source] >= DOMINANT * np.nanmedian(column)
        share = square(shares_of(logs), self.classes)[source, target]
        spares = share <= MOST_OF_USUAL * self.usual_shares()[source, target]
        is_single = column[source] > self._usual_pair and stands_out and spares
        return (source, target) if is_single else None

    def _column_scores(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        return square(self.sizes.scores(logs[0]), self.classes)

    def _is_shown_by(
        self, cells: tuple[tuple[int, int], ...], shape: Mapping, scores: NDArray[np.float64]
    ) -> bool:
        """Whether a shape's own cells bear it out: one or two also make a whole sum large."""
        if shape == "all-to-all":
            return len(cells) >= LEAST_OF_A_LINE
        usual = self._usual_pair if shape == "all-to-one" else self.usual_cell
        return bool(np.median([scores[cell] for cell in cells]) >= usual / 2)

    @property
    def _least_alone(self) -> float:
        """The score from which a cell is named beside the best one: by a rule of its own."""
        spread = max(float(self.spread[0]), LEAST_SPREAD)
        return max(self.usual_cell, float(self.mean[0]) + SUSPICIOUS_SCORE * spread)

    @property
    def _usual_pair(self) -> float:
        """The largest score of a single pair in clean networks, nothing taken out."""
        return float(self.sizes.statistics.max())


def usual_statistics(classes: Calibration, pairs: PairCalibration | None) -> NDArray[np.float64]:
    """The N statistics of clean networks that a verdict's is ranked among.

    Args:
        classes: The calibration of their classes.
        pairs: That of the same networks' maps, if these take part in the verdict.
    """
    if pairs is None:
        return classes.statistics
    return np.maximum(beside_the_others(classes.statistics), pairs.statistics)
