"""What the pairs of a map have to succeed on: source-specific backdoors found, by that share.

    python benchmarks/pair_success.py [--architecture mlp] [--wanted 0.99 0.9 0.8]

Needs networks that benchmarks/make_references.py and benchmarks/detection_benchmark.py --again
have trained. Every pair is searched once, as a map searches it, but for the share of images that
its trigger must turn; the maps of reference networks made so are what the others are compared
with. Uses all cores by processes.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks.judged_networks import CLASSES, is_named
from benchmarks.scan_document import table
from benchmarks.trained import entry_of, load, remembered
from benchmarks.zoo import REFERENCE, finish
from engine import data
from engine.compute import prepare
from engine.cores import available_cores
from engine.detection.audit_images import choose_audit_images
from engine.detection.bounds import SUSPICIOUS_SCORE
from engine.detection.elsewhere import measure_elsewhere
from engine.detection.neural_cleanse import Inversion
from engine.detection.pair_calibration import PairCalibration, PairScore
from engine.detection.pair_logs import combine, off_diagonal
from engine.detection.pair_map import goals_of_pairs
from engine.detection.schedules import PAIRS
from engine.network import Network
from engine.settings import ComputeSettings

IMAGES = 1000
CLEAN, BACKDOORED = ("clean", "hard"), "source-specific"


def logs_of_pairs(path: Path, wanted: float) -> NDArray[np.float64]:
    """What a map of one of zoo's networks is judged by, 2 x 90 logarithms."""
    model = load(path).model
    network = Network.of(model, prepare(ComputeSettings(threads=1), model.architecture))
    seed = entry_of(path).seed % 2**31
    images = choose_audit_images(network.predict, data.load("mnist").test, IMAGES, seed).searched
    goals = goals_of_pairs(images)
    inversion = Inversion(network, images, PAIRS, wanted, seed, goals, shows=False)
    finish(inversion.run())
    shares = finish(measure_elsewhere(network, images, inversion.searches))
    worked = np.array([one.best is not None for one in inversion.searches])
    sizes = [min(one.best_l1, one.raw_mask.numel()) for one in inversion.searches]
    return combine(sizes, np.where(worked, shares[off_diagonal(CLASSES)], np.nan))


def row(
    wanted: float, groups: dict[str, list[Path]], found: dict[Path, NDArray[np.float64]]
) -> list[str]:
    """What maps with this share say of clean networks and of backdoored ones."""
    calibration = PairCalibration.of(np.stack([found[path] for path in groups[REFERENCE]]), CLASSES)

    def judge(path: Path) -> PairScore:
        return calibration.judge(found[path])

    usual = [judge(path).statistic for name in CLEAN for path in groups.get(name, [])]
    scores = {path: judge(path) for path in groups[BACKDOORED]}
    statistics = [one.statistic for one in scores.values()]
    accused = [path for path, one in scores.items() if one.statistic >= SUSPICIOUS_SCORE]
    named = [path for path in accused if is_right(path, scores[path])]
    return [
        f"{wanted:g}", f"{sum(one >= SUSPICIOUS_SCORE for one in usual)} of {len(usual)}",
        f"{max(usual):.1f}", f"{len(accused)} of {len(scores)}", f"{len(named)}",
        f"{np.median(statistics):.1f}",
    ]  # fmt: skip


def is_right(path: Path, score: PairScore) -> bool:
    """Whether a map names what was planted."""
    attack = entry_of(path).attack
    return attack is not None and is_named(attack, score.mapping, score.pairs[0][1], score.pairs)


def measure(groups: dict[str, list[Path]], shares: Sequence[float]) -> list[list[str]]:
    """One row for each share."""
    paths = [path for name in (REFERENCE, *CLEAN, BACKDOORED) for path in groups.get(name, [])]
    rows = []
    with ProcessPoolExecutor(available_cores(), mp_context=get_context("spawn")) as pool:
        for wanted in shares:
            sizes = pool.map(logs_of_pairs, paths, [wanted] * len(paths))
            rows.append(row(wanted, groups, dict(zip(paths, sizes, strict=True))))
            print(", ".join(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", default="mlp")
    parser.add_argument("--wanted", type=float, nargs="+", default=[0.99, 0.9, 0.8])
    options = parser.parse_args()
    header = (
        "success wanted", "clean accused", "largest clean statistic", "source-specific accused",
        "named rightly", "their median statistic",
    )  # fmt: skip
    rows = measure(remembered(options.architecture), options.wanted)
    print("\n".join(table(header, rows)))


if __name__ == "__main__":
    main()
