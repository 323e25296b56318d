"""What a shorter search costs: image passes, and how steady the sizes of its masks are.

    python benchmarks/schedules.py [--networks 6] [--seeds 3]

Needs networks that benchmarks/detection_benchmark.py has trained, and writes a section of
docs/scan-speed.md. Every candidate searches the same networks with the same seeds. What counts is
not how small the masks get, since the verdict takes a network's level out, but how much the sizes
of its classes scatter beside each other: from the longest search, and from seed to seed. The size
at the target of a backdoor shall stay small.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.scan_document import SHORTER, origin, publish, table
from benchmarks.trained import Trained, evenly, load, remembered
from benchmarks.zoo import finish
from engine import data
from engine.compute import prepare
from engine.detection.audit_images import choose_audit_images
from engine.detection.neural_cleanse import Inversion
from engine.detection.schedules import PRESETS, Schedule
from engine.network import Network
from engine.settings import ComputeSettings

STANDARD = PRESETS["standard"]
LONGEST = replace(STANDARD, steps=128, images=32, learning_rate=0.1, window=8, stall=128)
CANDIDATES = {
    "the longest": LONGEST,
    "it, a class ends after 32 steps without a smaller mask": replace(LONGEST, stall=32),
    "Standard": STANDARD,
    "Standard, a class ends after 10 steps without a smaller mask": replace(STANDARD, stall=10),
    "Standard, after 20 such steps": replace(STANDARD, stall=20),
    "Standard in 80 steps": replace(STANDARD, steps=80, stall=80),
    "Standard at a rate of 0.2": replace(STANDARD, learning_rate=0.2),
    "Standard in 64 steps of 32 images": replace(STANDARD, steps=64, images=32, stall=64),
    "Quick": PRESETS["quick"],
    "Quick at a rate of 0.3": replace(PRESETS["quick"], learning_rate=0.3),
}
WORDS = """{names}: each searched with {seeds} seeds. Where classes
end early they leave the batch, as in the Paper preset; in Quick, Standard and Map none does,
because of what this table shows of it. The level of a network's masks does not count; how they
scatter beside each other does, for one search (from seed to seed) and for what it finds
on average (of the classes, beside the longest search)."""


@dataclass(frozen=True, eq=False)
class Searched:
    """One candidate on one network.

    Attributes:
        logs: S x K logarithms of the sizes, for each seed and class.
        passes: Image passes of the mean search.
        target: The class of the backdoor, or None.
    """

    logs: np.ndarray
    passes: float
    target: int | None


def search(trained: Trained, schedule: Schedule, seeds: int) -> Searched:
    """Search a network with each seed."""
    compute = prepare(ComputeSettings(), trained.model.architecture)
    network = Network.of(trained.model, compute)
    tests, logs, passes = data.load("mnist").test, [], []
    for seed in range(seeds):
        images = choose_audit_images(network.predict, tests, 1000, seed).searched
        inversion = Inversion(network, images, schedule, 0.99, seed, shows=False)
        finish(inversion.run())
        sizes = [min(one.best_l1, one.raw_mask.numel()) for one in inversion.searches]
        logs.append(np.log(np.maximum(sizes, 0.01)))
        passes.append(inversion.image_passes)
    known = trained.known
    return Searched(np.array(logs), float(np.mean(passes)), None if known is None else known.target)


def row(name: str, found: list[Searched], longest: list[Searched]) -> list[object]:
    """A candidate beside the longest search, over all networks."""
    shifts, scatter, seeds, targets = [], [], [], []
    for one, other in zip(found, longest, strict=True):
        rest = [label for label in range(one.logs.shape[1]) if label != one.target]
        moved = (one.logs.mean(0) - other.logs.mean(0))[rest]
        shifts.append(moved.mean())
        scatter.append(moved.std())
        seeds.append(one.logs[:, rest].std(axis=0, ddof=1).mean())
        if one.target is not None:
            targets.append(float(np.exp(one.logs[:, one.target]).max()))
    return [
        name, f"{np.mean([one.passes for one in found]):,.0f}", f"{np.exp(np.mean(shifts)):.2f}",
        f"{np.mean(scatter):.3f}", f"{np.mean(seeds):.3f}",
        ", ".join(f"{size:.1f}" for size in targets),
    ]  # fmt: skip


def main() -> None:
    """Print a table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    made_by = origin(prepare(ComputeSettings(), "badnet"))
    there = {name: paths for name, paths in remembered("badnet").items() if name != "reference"}
    chosen = {name: there[name] for name in ("clean", "patch", "blended") if name in there}
    networks = [load(path) for path in evenly(chosen, options.networks)]
    found = {
        name: [search(one, schedule, options.seeds) for one in networks]
        for name, schedule in CANDIDATES.items()
    }
    header = (
        "search", "image passes", "masks, times the longest's", "scatter of the classes (log)",
        "from seed to seed (log)", "largest mask at each target, pixels",
    )  # fmt: skip
    longest = next(iter(found.values()))
    rows = [row(name, one, longest) for name, one in found.items()]
    words = WORDS.format(names=", ".join(one.name for one in networks), seeds=options.seeds)
    publish(SHORTER, [made_by, "", words, "", *table(header, rows)], write=True)


if __name__ == "__main__":
    main()
