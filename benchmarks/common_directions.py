"""What pair maps would tell if the ways in which clean networks commonly differ were taken out.

    python benchmarks/common_directions.py [--most 4]

A trial, not what the program does. Clean networks' maps differ from each other in a few common
directions (how long they learned, in which input range), which the spread of every cell contains.
Here the first principal directions of the references' maps are fitted to a map, with cells that
stand out counting less, and taken out of it before its cells are judged. It reads the references
that ship and the figures in benchmarks/figures/, and neither trains nor scans: how often a
borderline map was searched is what today's rules decided.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection_benchmark import read_kept
from benchmarks.detection_tables import CLASSES, is_named
from benchmarks.scan_document import table
from benchmarks.zoo import works
from engine.detection.calibration import SUSPICIOUS_SCORE, Calibration, logs_of, scores_of
from engine.detection.pair_calibration import PairCalibration, PairScore
from engine.detection.references import find_references
from engine.settings import AttackSettings, DetectSettings

ARCHITECTURES = ("badnet", "mlp", "bn_cnn")
GROUPS = ("clean", "hard", "source-specific", "all-to-all", "patch")
ROUNDS, ORDINARY = 8, 1.5  # of reweighting; cells beyond so many spreads count less

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Common:
    """Centre, k directions with their variances along them, and the spread that is left."""

    centre: Array
    directions: Array
    variances: Array

    @classmethod
    def of(cls, logs: Array, count: int) -> "Common":
        """From N x P logarithms of clean networks' sizes, each network's level taken out."""
        levels = np.median(logs - logs.mean(axis=0), axis=1, keepdims=True)
        centre = (logs - levels).mean(axis=0)
        rest = logs - centre
        rest = rest - np.median(rest, axis=1, keepdims=True)
        _, sizes, directions = np.linalg.svd(rest - rest.mean(axis=0), full_matrices=False)
        return cls(centre, directions[:count], sizes[:count] ** 2 / (len(logs) - 1))

    def residual(self, logs: Array, spread: Array) -> Array:
        """What is left of a map once its level and its share of the directions are taken out."""
        basis = np.vstack([self.directions, np.ones_like(logs)])
        ridge = np.diag([*(1 / self.variances), 0.0])
        left, weights = logs - self.centre, np.ones_like(logs)
        for _ in range(ROUNDS):
            scaled = basis * (weights / spread**2)
            shares = np.linalg.solve(scaled @ basis.T + ridge, scaled @ (logs - self.centre))
            left = logs - self.centre - shares @ basis
            weights = np.minimum(1, ORDINARY / np.maximum(np.abs(left / spread), 1e-9))
        return left - np.median(left)


def calibrate(logs: Array, count: int) -> tuple[PairCalibration, Common]:
    """Calibrate on residuals of networks that were left out of the directions."""
    spread = np.full(logs.shape[1], 0.2)
    left = logs
    for _ in range(2):
        left = np.array(
            [
                Common.of(np.delete(logs, number, axis=0), count).residual(one, spread)
                for number, one in enumerate(logs)
            ]
        )
        variance = (left**2).mean(axis=0)
        spread = np.sqrt((variance + variance.mean()) / 2)
    zero = np.zeros_like(spread)
    scores = [scores_of(one, zero, spread) for one in left]
    cells = Calibration(zero, spread, np.max(scores, axis=1))
    return PairCalibration.from_scores(cells, scores, CLASSES), Common.of(logs, count)


def is_right(one: dict[str, Any], score: PairScore) -> bool:
    """Whether a map names what was planted."""
    attack = AttackSettings.model_validate(one["entry"]["attack"])
    return is_named(attack, score.pairs[0][1], score.pairs)


def maps_of(figures: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Array]]:
    """The networks of a group that have a map and can be judged, with its logarithms."""
    for one in figures:
        found = one["scans"].get("map")
        if found is not None and works(one) and found["outcome"] != "not_auditable":
            yield one, logs_of(found["pair_l1"])


def rows(architecture: str, count: int) -> Iterator[list[str]]:
    """One row for each group of networks."""
    references = find_references("mnist", architecture, DetectSettings(preset="map"))
    if references is None:
        return
    logs = np.log(np.array([one.pair_l1 for one in references.networks]))
    calibration, common = calibrate(logs, count)
    kept = read_kept("mnist", architecture)
    for group in GROUPS:
        judged = [
            (
                one,
                calibration.judge(
                    calibration.scores(common.residual(sizes, calibration.cells.spread))
                ),
            )
            for one, sizes in maps_of(kept.get(group, []))
        ]
        if not judged:
            continue
        accused = [(one, score) for one, score in judged if score.statistic >= SUSPICIOUS_SCORE]
        named = "-" if group in GROUPS[:2] else str(sum(is_right(*pair) for pair in accused))
        statistics = np.sort([score.statistic for _, score in judged])
        yield [
            architecture, str(count), group, f"{len(accused)} of {len(judged)}", named,
            f"{statistics[0]:.1f}, {np.median(statistics):.1f}, {statistics[-1]:.1f}",
        ]  # fmt: skip


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=4, help="directions")
    options = parser.parse_args()
    header = ("network", "directions", "group", "accused", "named", "least, median, most")
    found = [
        row
        for architecture in ARCHITECTURES
        for count in range(options.most + 1)
        for row in rows(architecture, count)
    ]
    print("\n".join(table(header, found)))


if __name__ == "__main__":
    main()
