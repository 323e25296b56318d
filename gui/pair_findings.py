"""What a pair map has shown so far, pair by pair, so that it can be drawn again at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from engine.articles import with_article
from engine.detection.phrases import (
    and_elsewhere,
    at_strange_place,
    is_strange,
    of_all_others,
    pixels,
)
from engine.detection.results import Detection, PairMap, Verdict
from engine.detection.usual_places import as_picture
from engine.events import PairsMoved
from engine.triggers import Trigger
from gui import words

NAN = float("nan")
WEAK = 0.6  # of held-out images; 0.9 of those that it was searched on were wanted


@dataclass(frozen=True, eq=False)
class PairFinding:
    """What is known of one pair of a source and a target now.

    Attributes:
        source: The name of the class whose images are turned.
        target: The name of the class that they are turned into.
        mask_l1: Size of the smallest mask that worked, in pixels; NaN while none did.
        state: "searching", "converged", "not found" or "left out".
        stands_out: Whether the verdict points at it.
        z: The score against clean reference networks; NaN without them.
        usual: Between which sizes, in pixels, its mask lies in clean networks; None without them.
        trigger: The trigger found for it; None while it is searched.
        success: Share of held-out images of the source that it turns, 0..1; NaN while unknown.
        elsewhere: Share of images of all other classes that it turns as well, and what is usual
            in clean networks, or NaN; None while unknown.
        densities: Of clean networks' masks, where its own lies and where theirs do; None while
            unknown.
        usual_place: Where clean networks' masks for it lie, H x W in 0..1; None where unknown.
    """

    source: str
    target: str
    mask_l1: float = NAN
    state: str = "searching"
    stands_out: bool = False
    z: float = NAN
    usual: tuple[float, float] | None = None
    trigger: Trigger | None = None
    success: float = NAN
    elsewhere: tuple[float, float] | None = None
    densities: tuple[float, float] | None = None
    usual_place: NDArray[np.float32] | None = None

    @property
    def is_weak(self) -> bool:
        """Whether it turns clearly fewer held-out images than a pair's trigger must."""
        return isfinite(self.mask_l1) and self.success < WEAK

    def sentence(self) -> str:
        """What was found, all of it, for tooltips and screen readers."""
        told = self._told()
        if not self._has_worked:
            return f"{told}."
        told = f"{told}{and_elsewhere(self.elsewhere)}{at_strange_place(self.densities)}"
        if self.state == "searching":
            return f"{told}; still searching."
        usual = [] if self.usual is None else [f"in clean networks {self._range()}"]
        return "; ".join([told, *self._score(), *usual]) + "."

    def heading(self) -> str:
        """What was found, in its first clause."""
        searching = "; still searching" if self._has_worked and self.state == "searching" else ""
        return f"{self._told()}{searching}."

    def facts(self) -> str:
        """What else is known of the trigger, in sentences; or nothing."""
        if not self._has_worked or self.state == "searching":
            return ""
        said = [] if self.elsewhere is None else [f"It turns {of_all_others(self.elsewhere)} too"]
        if is_strange(self.densities):
            said.append("It lies where clean networks' masks hardly ever do")
        usual = [] if self.usual is None else [f"Clean networks need {self._range()}"]
        compared = "; ".join([*usual, *self._score()])
        return " ".join(f"{one}." for one in [*said, compared] if one)

    @property
    def _has_worked(self) -> bool:
        return self.state != "left out" and isfinite(self.mask_l1)

    def _told(self) -> str:
        pair = f"{self.source} → {self.target}"
        source, target = with_article(self.source), with_article(self.target)
        if self.state == "left out":
            return f"{pair}: not searched, as too few images of {source} are usable"
        if not isfinite(self.mask_l1):
            return f"{pair}: no mask works yet" if self.state == "searching" else (
                f"{pair}: no mask turned enough images of {source} into {target}"
            )  # fmt: skip
        share = f"{words.whole_share(self.success)} of " if isfinite(self.success) else ""
        size = pixels(self.mask_l1)
        return f"{pair}: a mask of {size} turns {share}images of {source} into {target}"

    def _score(self) -> list[str]:
        return [f"z\N{NO-BREAK SPACE}{words.score(self.z)}"] if isfinite(self.z) else []

    def _range(self) -> str:
        """Between which sizes the mask lies in clean networks, where that is known."""
        low, high = self.usual or (NAN, NAN)
        return f"about {words.amount(low)} to {words.amount(high)} pixels"


@dataclass(frozen=True, eq=False)
class PairFindings:
    """What is known of all K x K pairs.

    Attributes:
        names: The K classes' names.
        sizes: K x K, sources by targets, in pixels; NaN where no mask worked, or none yet.
        fraction: How far the search is, 0..1.
        pairs: (source, target) of the pairs that the verdict points at.
        targets: Classes at whose whole column it points.
        pair_map: The triggers, once the search has ended.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.float32]
    fraction: float
    pairs: tuple[tuple[int, int], ...] = ()
    targets: tuple[int, ...] = ()
    pair_map: PairMap | None = None

    @classmethod
    def live(cls, event: PairsMoved, names: Sequence[str]) -> "PairFindings":
        """Those of a search that goes on."""
        return cls(tuple(names), event.mask_l1, event.done / max(event.total, 1))

    @classmethod
    def of(cls, detection: Detection, names: Sequence[str]) -> "PairFindings | None":
        """Those of a scan that has ended, or None if it made no map."""
        pair_map = detection.pair_map
        if pair_map is None:
            return None
        sizes = np.where(pair_map.converged, pair_map.mask_l1, np.float32(NAN))
        pairs, targets = _standing_out(detection.verdict)
        return cls(tuple(names), sizes, 1.0, pairs, targets, pair_map)

    @property
    def classes(self) -> int:
        """K."""
        return len(self.sizes)

    def stands_out(self, source: int, target: int) -> bool:
        """Whether the verdict points at a pair, or at its whole column."""
        return source != target and (target in self.targets or (source, target) in self.pairs)

    def finding(self, source: int, target: int) -> PairFinding:
        """What is known of one pair."""
        names = self.names[source], self.names[target]
        size, found = float(self.sizes[source, target]), self.pair_map
        if found is None:
            return PairFinding(*names, size)
        if not isfinite(found.mask_l1[source, target]):
            return PairFinding(*names, state="left out")
        return PairFinding(
            *names,
            size,
            "converged" if isfinite(size) else "not found",
            self.stands_out(source, target),
            NAN if found.z is None else float(found.z[source, target]),
            None if found.usual is None else _band(found.usual[source, target]),
            found.trigger(source, target),
            NAN if found.success is None else float(found.success[source, target]),
            found.elsewhere_of(source, target),
            found.densities_of(source, target),
            _usual_place(found, source, target),
        )

    @property
    def weak(self) -> frozenset[tuple[int, int]]:
        """The pairs of which a `PairFinding` says `is_weak`."""
        if self.pair_map is None or self.pair_map.success is None:
            return frozenset()
        rows, columns = np.nonzero((self.pair_map.success < WEAK) & np.isfinite(self.sizes))
        return frozenset(zip(rows.tolist(), columns.tolist(), strict=True))

    def leaders(self, count: int) -> list[tuple[int, int]]:
        """The pairs with the smallest masks so far, the smallest first."""
        sizes = np.where(np.isfinite(self.sizes), self.sizes, np.inf).ravel()
        places = np.argsort(sizes, kind="stable")[:count]
        return [divmod(int(one), self.classes) for one in places if np.isfinite(sizes[one])]

    def first(self) -> tuple[int, int]:
        """The pair worth a look before any other: the one that the verdict names first.

        Of a column, or where nothing stands out, it is the one that is most unusual beside clean
        networks; without them the one with the smallest mask. Triggers that hardly work on held-out
        images come last.
        """
        if self.pairs:
            return self.pairs[0]
        cells = [
            (source, target)
            for source in range(self.classes)
            for target in range(self.classes)
            if source != target
        ]
        standing = [cell for cell in cells if self.stands_out(*cell)] or cells
        weak = self.weak
        return min(standing, key=lambda cell: (cell in weak, self._rank(cell)), default=(0, 0))

    def _rank(self, cell: tuple[int, int]) -> float:
        z = None if self.pair_map is None else self.pair_map.z
        if z is not None:
            return -float(z[cell]) if isfinite(z[cell]) else float("inf")
        size = float(self.sizes[cell])
        return size if isfinite(size) else float("inf")


def _standing_out(verdict: Verdict) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """The pairs and the whole columns that a verdict points at."""
    if verdict.outcome not in {"likely", "suspicious"}:
        return (), ()
    if verdict.pairs:
        return verdict.pairs, ()
    known = () if verdict.target is None else (verdict.target,)
    return (), verdict.targets or known


def _usual_place(found: PairMap, source: int, target: int) -> NDArray[np.float32] | None:
    usual = None if found.usual_places is None else found.usual_places[source, target]
    if usual is None or (usual == usual[0, 0]).all():  # none worked in any clean network
        return None
    return as_picture(usual, *found.masks.shape[-2:])


def _band(usual: NDArray[np.float32]) -> tuple[float, float] | None:
    low, high = float(usual[0]), float(usual[1])
    return (low, high) if isfinite(low) and isfinite(high) else None
