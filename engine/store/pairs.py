"""A pair map as the entries of detection.json, and together with its arrays as a PairMap again."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.detection.results import PairMap
from engine.models import Shape
from engine.store.arrays import Arrays, damaged, read_images, read_places
from engine.store.documents import DetectionDocument, PairDocument, finite, number

Values = NDArray[np.float32]


def pair_documents(pair_map: PairMap) -> list[dict[str, Any]]:
    """One entry for each pair that was searched, row by row; what is not finite becomes null."""

    def entry(source: int, target: int) -> dict[str, Any]:
        def one(values: Values | None) -> float | None:
            return None if values is None else finite(values[source, target])

        def many(values: Values | None) -> list[float | None]:
            return [] if values is None else [finite(one[source, target]) for one in values]

        usual = pair_map.usual
        return {
            "source": source,
            "target": target,
            "mask_l1": one(pair_map.mask_l1),
            "z": one(pair_map.z),
            "success": one(pair_map.success),
            "converged": bool(pair_map.converged[source, target]),
            "usual": None if usual is None else [float(end) for end in usual[source, target]],
            "sizes": many(pair_map.sizes),
            "elsewhere": one(pair_map.elsewhere),
            "elsewheres": many(pair_map.elsewheres),
            "usual_elsewhere": one(pair_map.usual_elsewhere),
            "place_density": one(pair_map.place_density),
            "usual_place_density": one(pair_map.usual_place_density),
        }

    searched = np.argwhere(np.isfinite(pair_map.mask_l1))
    return [entry(int(source), int(target)) for source, target in searched]


def read_pair_map(results: DetectionDocument, arrays: Arrays, shape: Shape) -> PairMap | None:
    """The map that detection.json and the arrays hold, or None where there is none.

    Raises:
        EngineError: A value is missing or wrong.
    """
    if not results.pairs:
        return None
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
    if elsewheres is not None and (sizes is None or len(sizes) != len(elsewheres)):
        raise damaged("some pairs have sizes of other searches than shares")
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
