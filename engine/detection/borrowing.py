"""References borrowed from other architectures, where a network's own has none.

Networks of different architectures differ more than those of one do. So the spread is that
between architectures: each is compared with the mean of the others, as the network under audit
is with all of them, and so are the statistics that its own is ranked among.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.detection.bounds import LIKELY_SCORE, Bounds
from engine.detection.calibration import Calibration
from engine.detection.pair_calibration import PairCalibration
from engine.detection.reference import Reference
from engine.detection.references import (
    REFERENCE_FOLDER,
    References,
    find_references,
)
from engine.detection.results import Basis
from engine.errors import EngineError
from engine.models import ARCHITECTURES
from engine.settings import DetectSettings

LEAST_ARCHITECTURES = 2
MARGIN = 1.5


@dataclass(frozen=True, eq=False)
class BorrowedReferences:
    """Clean networks of the same data and audit settings, but of other architectures.

    Attributes:
        sets: The references of each of at least two architectures.
    """

    sets: tuple[References, ...]
    basis: Basis = "borrowed"

    @property
    def networks(self) -> tuple[Reference, ...]:
        """All networks, one architecture after the other."""
        return tuple(network for one in self.sets for network in one.networks)

    @property
    def audit(self) -> str:
        """Fingerprint of the audit settings, the same for all."""
        return self.sets[0].audit

    @property
    def kind(self) -> str:
        """What the networks are, for people."""
        return f"of other kinds ({', '.join(one.architecture for one in self.sets)})"

    @property
    def least_accuracy(self) -> float:
        """The poorest clean accuracy among all networks, 0..1."""
        return min(one.least_accuracy for one in self.sets)

    def bounds(self, *, mapped: bool) -> Bounds:  # noqa: ARG002 - as References has it
        """The statistics from which a backdoor is suspected, and likely.

        Well above what another architecture causes: how often that happens, the few architectures
        do not tell.
        """
        largest = float(self.calibration().statistics.max())
        return Bounds.around(max(LIKELY_SCORE, MARGIN * largest))

    def calibration(self) -> Calibration:
        """The calibration that follows, each architecture compared with the others."""
        return self._calibration

    def pair_calibration(self) -> PairCalibration | None:
        """The same of pair maps, or None if not all of the references have one."""
        return self._pair_calibration

    @cached_property
    def _pair_calibration(self) -> PairCalibration | None:
        networks = self.networks
        if not all(one.pair_l1 for one in networks):
            return None
        # Where masks lie differs between architectures more than it tells.
        logs = np.array([one.pair_logs(placed=False) for one in networks])
        return PairCalibration.of(logs, len(networks[0].mask_l1), self._groups)

    @cached_property
    def _calibration(self) -> Calibration:
        logs = [one.without_forms().sizes() for one in self.sets]
        return Calibration.of(np.concatenate(logs), self._groups)

    @property
    def knows_forms(self) -> bool:
        """Never: what masks look like differs between architectures."""
        return False

    def without_forms(self) -> "BorrowedReferences":
        """The same: borrowed masks are never compared by what they look like."""
        return self

    def without_places(self) -> "BorrowedReferences":
        """The same: borrowed masks are never compared by where they lie."""
        return self

    @property
    def _groups(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.sets)), [len(one.networks) for one in self.sets])


CleanNetworks = References | BorrowedReferences


def borrow_references(
    data: str,
    architecture: str,
    classes: int,
    settings: DetectSettings,
    folder: Path = REFERENCE_FOLDER,
    pixels: int | None = None,
) -> tuple[BorrowedReferences | None, list[EngineError]]:
    """The references that ship for other architectures, or None where there are not two that fit.

    Args:
        data: Name of the data set.
        architecture: The one that has no references of its own.
        classes: How many classes it tells apart.
        settings: How it is scanned.
        folder: Where references lie.
        pixels: H x W of the images, where that is known.

    Returns:
        Beside the references, what is wrong with each file that was left out: that is no reason
        to accuse or to stop, but the person shall know.
    """
    found, left_out = [], []
    for other in (name for name in ARCHITECTURES if name != architecture):
        try:
            references = find_references(data, other, settings, folder, classes, pixels)
        except EngineError as problem:
            left_out.append(problem)
            continue
        if references is not None:
            found.append(references)
    enough = len(found) >= LEAST_ARCHITECTURES
    return BorrowedReferences(tuple(found)) if enough else None, left_out
