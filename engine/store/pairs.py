"""A pair map as the entries of detection.json, and from its files as a PairMap again."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import PairMap
from engine.models import Shape
from engine.store.arrays import Arrays, damaged, read_images, read_places
from engine.store.documents import DetectionDocument, PairDocument, number
from engine.store.pair_arrays import has_numbers_of_pairs, read_arrays_of_pairs
from engine.store.plausible import check_map

Values = NDArray[np.float32]
MOST_LISTED = 40_000  # those of two hundred classes
_ORDER = (
    "mask_l1", "z", "success", "converged", "usual", "sizes", "elsewhere", "elsewheres",
    "usual_elsewhere", "place_density", "usual_place_density",
)  # fmt: skip
_SEARCHES = ("sizes", "elsewheres")
_NUMBERS = tuple(name for name in _ORDER if name not in ("converged", "usual", *_SEARCHES))


def pair_documents(pair_map: PairMap) -> list[dict[str, Any]]:
    """One entry for each pair that was searched, row by row; what is not finite becomes null.

    Of very many, those with the smallest masks: all are in the arrays, and nobody reads a file of
    half a gigabyte.
    """
    cells = _listed(pair_map.mask_l1)
    rows, columns = np.array(cells, np.int64).reshape(-1, 2).T
    known: dict[str, list[Any]] = {}
    for name in _NUMBERS:
        values = getattr(pair_map, name)
        known[name] = [None] * len(cells) if values is None else _short(values[rows, columns])
    for name in _SEARCHES:
        values = getattr(pair_map, name)
        several = [] if values is None else [_short(one[rows, columns]) for one in values]
        known[name] = [list(of_pair) for of_pair in zip(*several, strict=True)] or [[]] * len(cells)
    known["usual"] = [None] * len(cells)
    if pair_map.usual is not None:
        ends = [_short(pair_map.usual[rows, columns, end]) for end in (0, 1)]
        known["usual"] = [None if None in band else band for band in zip(*ends, strict=True)]
    known["converged"] = pair_map.converged[rows, columns].tolist()
    return [
        {"source": source, "target": target} | {name: known[name][at] for name in _ORDER}
        for at, (source, target) in enumerate(cells)
    ]


def pairs_searched(pair_map: PairMap) -> int:
    """How many pairs a map has a size of."""
    return int(np.isfinite(pair_map.mask_l1).sum())


def _listed(sizes: Values) -> list[list[int]]:
    """The pairs that detection.json lists, row by row."""
    known = np.isfinite(sizes)
    if known.sum() > MOST_LISTED:
        smallest = np.argsort(np.where(known, sizes, np.inf), axis=None, kind="stable")
        known = np.zeros_like(known)
        known.flat[smallest[:MOST_LISTED]] = True
    places: list[list[int]] = np.argwhere(known).tolist()
    return places


def _short(values: Values) -> list[float | None]:
    """P numbers with nine digits, which give the same float32 again; None where one is none."""
    return [float(f"{one:.9g}") if math.isfinite(one) else None for one in values.tolist()]


def read_pair_map(results: DetectionDocument, arrays: Arrays, shape: Shape) -> PairMap | None:
    """The map that the arrays hold, together with detection.json in older versions' files.

    Returns:
        The map, or None where there is none.

    Raises:
        EngineError: A value is missing or wrong.
    """
    classes = len(results.classes)
    if has_numbers_of_pairs(arrays):
        found = read_arrays_of_pairs(arrays, classes, shape)
    elif results.pairs:
        found = _of_older_version(results, arrays, shape)
    else:
        return None
    check_map(found)
    return replace(found, converged=found.converged & ~np.isnan(found.mask_l1))


def _of_older_version(results: DetectionDocument, arrays: Arrays, shape: Shape) -> PairMap:
    classes = len(results.classes)
    masks, patterns = read_images(arrays, "pairs.", (classes, classes), shape)
    for pair in results.pairs:
        if max(pair.source, pair.target) >= classes:
            raise damaged(f"there is no pair {pair.source} to {pair.target}")
    table = _Table(results.pairs, classes)
    converged = np.zeros((classes, classes), np.bool_)
    for pair in results.pairs:
        converged[pair.source, pair.target] = pair.converged
    sizes = table.of_searches(lambda pair: pair.sizes)
    elsewheres = table.of_searches(lambda pair: pair.elsewheres)
    return PairMap(
        table.of(lambda pair: pair.mask_l1),
        converged,
        masks,
        patterns,
        table.known(lambda pair: pair.z),
        table.bands(),
        success=table.known(lambda pair: pair.success),
        sizes=sizes,
        elsewhere=table.known(lambda pair: pair.elsewhere),
        elsewheres=elsewheres,
        usual_elsewhere=table.known(lambda pair: pair.usual_elsewhere),
        place_density=table.known(lambda pair: pair.place_density),
        usual_place_density=table.known(lambda pair: pair.usual_place_density),
        places=read_places(arrays, "pairs.places", classes, shape),
        usual_places=read_places(arrays, "pairs.usual_places", classes, shape),
    )


class _Table:
    """The entries of K x K pairs, as arrays that have NaN where there is nothing."""

    def __init__(self, pairs: tuple[PairDocument, ...], classes: int) -> None:
        self.pairs, self.square = pairs, (classes, classes)

    def of(self, read: Callable[[PairDocument], float | None]) -> Values:
        values = np.full(self.square, np.nan, np.float32)
        for pair in self.pairs:
            values[pair.source, pair.target] = number(read(pair))
        return values

    def known(self, read: Callable[[PairDocument], float | None]) -> Values | None:
        values = self.of(read)
        return None if np.isnan(values).all() else values

    def bands(self) -> Values | None:
        bands = np.full((*self.square, 2), np.nan, np.float32)
        for pair in self.pairs:
            bands[pair.source, pair.target] = pair.usual or np.nan
        return None if np.isnan(bands).all() else bands

    def of_searches(
        self, read: Callable[[PairDocument], tuple[float | None, ...]]
    ) -> Values | None:
        """S x K x K values of every search of every pair, or None where one was enough."""
        searches = {len(read(pair)) for pair in self.pairs}
        if searches == {0}:
            return None
        if len(searches) > 1:
            raise damaged("some pairs were searched more often than others")
        values = np.full((searches.pop(), *self.square), np.nan, np.float32)
        for pair in self.pairs:
            values[:, pair.source, pair.target] = [number(one) for one in read(pair)]
        return values
