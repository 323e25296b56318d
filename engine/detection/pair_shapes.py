"""The shapes that cells of a pair map may make up: one alone, a column, one in every row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detection.pair_logs import off_diagonal
from engine.detection.results import Mapping

SHAPES: tuple[Mapping, ...] = ("source-specific", "all-to-one", "all-to-all")
LEAST_OF_A_LINE = 3
SHARE_OF_LEAST = 0.5  # of the score that a cell alone needs, in a line of which all are weak


def square(
    values: NDArray[np.floating[Any]], classes: int, diagonal: float = np.nan
) -> NDArray[np.float64]:
    """K(K - 1) values or arrays off the diagonal as K x K, and `diagonal` on it."""
    square = np.full((classes, classes, *values.shape[1:]), diagonal, np.float64)
    square[off_diagonal(classes)] = values
    return square


def statistics_of(
    scores: NDArray[np.float64], column_scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Largest cell, column and assignment; sums are divided by the root of their length."""
    classes = len(scores)
    columns = np.nansum(column_scores, axis=0) / np.sqrt(classes - 1)
    sources, targets = _assignment(scores)
    line = scores[sources, targets].sum() / np.sqrt(classes)
    return np.array([np.nanmax(scores), columns.max(), line])


def _line_of(scores: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """The cells of the best assignment that are no mere filling.

    They are larger than `least`, and the largest of their row or their column. A line whose sum is
    large may have fewer of them than makes one out; then those that are the largest of both need
    not be so large.
    """
    sources, targets = _assignment(scores)
    found = scores[sources, targets]
    of_rows, of_columns = np.nanmax(scores, axis=1)[sources], np.nanmax(scores, axis=0)[targets]
    shown = (found > least) & (found >= np.minimum(of_rows, of_columns))
    if shown.sum() < LEAST_OF_A_LINE:
        shown |= (found > SHARE_OF_LEAST * least) & (found >= np.maximum(of_rows, of_columns))
    return list(zip(sources[shown].tolist(), targets[shown].tolist(), strict=True))


def shape_of(pairs: tuple[tuple[int, int], ...], classes: int) -> Mapping:
    """What single cells are together, of which several may stand out more than they do as one."""
    sources, targets = (set(labels) for labels in zip(*pairs, strict=True))
    if len(targets) == 1 and len(pairs) > (classes - 1) / 2:
        return "all-to-one"
    is_line = len(sources) == len(targets) == len(pairs) >= LEAST_OF_A_LINE
    return "all-to-all" if is_line else "source-specific"


def _assignment(scores: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A target other than itself for each source, no target twice, with the largest sum."""
    from scipy.optimize import linear_sum_assignment

    finite = np.where(np.isnan(scores), -1e6, scores)
    sources, targets = linear_sum_assignment(finite, maximize=True)
    return sources, targets


def cells_of(
    scores: NDArray[np.float64], mapping: Mapping, least: float
) -> tuple[tuple[int, int], ...]:
    """The cells that a shape consists of, the largest first; `least` is what one alone needs."""
    if mapping == "all-to-one":
        target = int(np.argmax(np.nansum(scores, axis=0)))
        cells = [(source, target) for source in range(len(scores)) if source != target]
    elif mapping == "all-to-all":
        cells = _line_of(scores, least)
    else:
        # Beside the best cell, those that would be suspicious without it.
        top = np.unravel_index(int(np.nanargmax(scores)), scores.shape)
        others = np.argwhere(np.nan_to_num(scores, nan=-np.inf) > max(least, scores[top] / 2))
        cells = [(int(source), int(target)) for source, target in [*others, top]]
    return tuple(sorted(set(cells), key=lambda cell: -scores[cell]))
