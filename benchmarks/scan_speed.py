"""How fast the scan of ten classes is, beside the Paper preset on the same networks.

    python benchmarks/scan_speed.py [--seeds 5] [--repeats 3] [--models 4]

Scans the default experiment's badnet, which it trains itself and keeps, and some badnets of
build/zoo, with all cores and without a window; measures seconds, image passes, floating-point
operations and memory, and writes a section of docs/scan-speed.md. --quick is a smoke run that
writes nothing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine import data  # before torch: it sets how threads wait

# isort: split
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.fresh_scan import FreshScan, measure
from benchmarks.scan_document import SPEED, met, origin, publish, table
from benchmarks.trained import Trained, default_network, default_path, evenly, load, remembered
from benchmarks.zoo import finish
from engine.compute import Compute, prepare, warm_up
from engine.cores import available_cores
from engine.data import DataSet
from engine.detection.known_references import known_references
from engine.detection.results import Detection
from engine.detection.scan import scan
from engine.network import Network
from engine.settings import ComputeSettings, DetectSettings

PRESETS = ("quick", "standard", "map")
MOST_SECONDS = {"quick": 1.0, "standard": 4.0, "map": 10.0}
LEAST_RATIO = {"quick": 60, "standard": 15}
MOST_MB = 500
ARCHITECTURE = "badnet"
GROUPS = ("clean", "patch")
FOUND = ("likely", "suspicious")
_PEAK_SIDE, _PEAK_SECONDS = 2048, 1.0


@dataclass(frozen=True, eq=False)
class Timed:
    """One scan, and how long it took.

    Attributes:
        network: Which network was scanned.
        detection: What was found.
        seconds: Wall-clock time of the scan alone.
    """

    network: Trained
    detection: Detection
    seconds: float


class Bench:
    """Scans networks with all cores, one scan after the other.

    Attributes:
        compute: Device, precision and threads.
    """

    def __init__(self, threads: int) -> None:
        warm_up()
        self.compute: Compute = prepare(ComputeSettings(threads=threads))
        self._data: DataSet = data.load("mnist")

    def scan(self, network: Trained, preset: str, seed: int) -> Timed:
        """Scan once, with the references that fit."""
        settings = DetectSettings.model_validate({"preset": preset, "seed": seed})
        ready = Network.of(network.model, self.compute)
        references = known_references(self._data, network.training, settings)
        start = time.perf_counter()
        job = scan(network.model, ready, self._data.test, settings, network.known, references)
        detection = finish(job)
        seconds = time.perf_counter() - start
        print(f"{preset:8} seed {seed} {network.name:28} {seconds:6.2f} s"
              f"  {answer(detection)}", flush=True)  # fmt: skip
        return Timed(network, detection, seconds)

    def operations(self, network: Trained, preset: str) -> int:
        """Floating-point operations of all products and convolutions of one whole scan."""
        counter = FlopCounterMode(display=False)
        with counter:
            self.scan(network, preset, 0)
        return int(counter.get_total_flops())

    def matmul_peak(self) -> float:
        """The most operations a second that a product of two matrices reaches here."""
        one, two = (
            torch.rand(_PEAK_SIDE, _PEAK_SIDE, dtype=self.compute.dtype, device=self.compute.device)
            for _ in range(2)
        )
        best, end = float("inf"), time.perf_counter() + _PEAK_SECONDS
        while time.perf_counter() < end:
            start = time.perf_counter()
            torch.mm(one, two)[0, 0].item()  # waits for a GPU to finish
            best = min(best, time.perf_counter() - start)
        return 2 * _PEAK_SIDE**3 / best


def answer(detection: Detection) -> str:
    """Verdict and target in a few words."""
    verdict = detection.verdict
    target = f", class {verdict.target}" if verdict.target is not None else ""
    score = f" (z {verdict.statistic:.1f})" if verdict.statistic is not None else ""
    return f"{verdict.outcome.replace('_', ' ')}{target}{score}"


def same_answer(one: Detection, other: Detection) -> bool:
    """Whether both found a backdoor, and with the same target, or neither did.

    Likely and suspicious count as one: no references ship for the Paper preset, and without
    references a verdict is at most suspicious.
    """
    first, second = one.verdict, other.verdict
    both = [verdict.outcome in FOUND for verdict in (first, second)]
    return both[0] == both[1] and first.target == second.target


def smallest(detection: Detection) -> tuple[str, str]:
    """The smallest mask that was found, and which classes the classic rule flags."""
    least = min(detection.classes, key=lambda found: found.mask_l1)
    flagged = ", ".join(map(str, detection.verdict.flagged)) or "none"
    return f"class {least.label}, {least.mask_l1:.1f} pixels", flagged


def speed_table(
    timed: dict[str, list[Timed]], fresh: dict[str, FreshScan], paper: Sequence[Timed]
) -> list[str]:
    """Seconds, passes and memory of each preset beside its targets."""
    rows = []
    for preset, runs in timed.items():
        median, high = _spread(runs)
        cold = fresh[preset]
        memory = cold.memory
        if cold.scan_mb is not None:
            memory += f" (at most {MOST_MB}: {met(cold.scan_mb <= MOST_MB)})"
        rows.append([
            preset.capitalize(), len(runs), f"{median:.2f}", f"{high:.2f}",
            f"{MOST_SECONDS[preset]:g}: {met(median <= MOST_SECONDS[preset])}",
            f"{cold.seconds:.2f}", f"{_median_passes(runs):,.0f}", _times_fewer(runs, paper),
            memory,
        ])  # fmt: skip
    if paper:
        median, high = _spread(paper)
        passes = f"{_median_passes(paper):,.0f}"
        rows.append(["Paper", len(paper), f"{median:.0f}", f"{high:.0f}", "-", "-", passes, 1, "-"])
    header = (
        "preset", "scans", "seconds, median", "95th percentile", "at most, median",
        "first scan of a process", "image passes, median", "times fewer than Paper",
        "memory above the loaded program",
    )  # fmt: skip
    return table(header, rows)


def _spread(runs: Sequence[Timed]) -> tuple[float, float]:
    """Median and 95th percentile of the seconds."""
    median, high = np.percentile([one.seconds for one in runs], (50, 95))
    return float(median), float(high)


def _median_passes(runs: Sequence[Timed]) -> float:
    return float(np.median([one.detection.image_passes for one in runs]))


def _times_fewer(runs: Sequence[Timed], paper: Sequence[Timed]) -> str:
    """Paper's passes over these, on each network: the median, and the least beside its target."""
    ratios = [
        slow.detection.image_passes / _median_passes(_of(slow.network, runs)) for slow in paper
    ]
    if not ratios:
        return "not measured"
    wanted = LEAST_RATIO.get(runs[0].detection.settings.preset)
    target = "" if wanted is None else f" (at least {wanted}: {met(min(ratios) >= wanted)})"
    return f"{np.median(ratios):.1f}, least {min(ratios):.1f}{target}"


def _of(network: Trained, runs: Sequence[Timed]) -> list[Timed]:
    return [one for one in runs if one.network is network]


def work_table(bench: Bench, network: Trained, timed: dict[str, list[Timed]]) -> list[str]:
    """The operations of one scan of the default network, and how close to the peak they go."""
    peak = bench.matmul_peak()
    rows = []
    for preset, runs in timed.items():
        operations = bench.operations(network, preset)
        seconds = float(np.median([one.seconds for one in _of(network, runs)]))
        achieved = operations / seconds
        rows.append([
            preset.capitalize(), f"{operations / 1e9:,.0f}", f"{achieved / 1e9:,.0f}",
            f"{achieved / peak:.1%}",
        ])  # fmt: skip
    precision = str(bench.compute.dtype).removeprefix("torch.")
    return [
        f"A product of two {_PEAK_SIDE} x {_PEAK_SIDE} matrices in {precision} reaches"
        f" {peak / 1e9:,.0f} Gflop/s with {bench.compute.threads} threads; the scans of the default"
        " network, everything included:",
        "",
        *table(("preset", "Gflop", "Gflop/s", "of the peak"), rows),
    ]


def verdict_table(timed: dict[str, list[Timed]], paper: Sequence[Timed]) -> list[str]:
    """What Paper and the faster presets said of the same networks."""
    rows = []
    for slow in paper:
        rows.append([
            slow.network.name, "Paper", answer(slow.detection), *smallest(slow.detection),
            f"{slow.detection.image_passes:,}", "-",
        ])  # fmt: skip
        for preset, runs in timed.items():
            mine = _of(slow.network, runs)
            same = sum(same_answer(one.detection, slow.detection) for one in mine)
            rows.append([
                slow.network.name, preset.capitalize(), answer(mine[0].detection),
                *smallest(mine[0].detection), f"{_median_passes(mine):,.0f}",
                f"{same} of {len(mine)}",
            ])  # fmt: skip
    header = (
        "network", "preset", "verdict of the first seed", "smallest mask", "classic rule flags",
        "image passes", "scans that say what Paper says",
    )  # fmt: skip
    return table(header, rows)


def _networks(options: argparse.Namespace) -> list[Trained]:
    """The default network, and some of zoo's, clean and backdoored in turn."""
    groups = remembered(ARCHITECTURE) if options.models else {}
    chosen = {name: paths for name, paths in groups.items() if name in GROUPS}
    return [default_network(0), *(load(path) for path in evenly(chosen, options.models))]


def _scans(bench: Bench, networks: Sequence[Trained], options: argparse.Namespace, preset: str
) -> list[Timed]:  # fmt: skip
    """The default network several times for each seed, the others once."""
    bench.scan(networks[0], preset, 0)  # what a process does once is measured elsewhere
    return [
        bench.scan(network, preset, seed)
        for network in networks
        for seed in range(options.seeds)
        for _ in range(options.repeats if network is networks[0] else 1)
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="seeds of the scan")
    parser.add_argument("--repeats", type=int, default=3, help="of each seed, default network")
    parser.add_argument("--models", type=int, default=4, help="badnets of build/zoo besides")
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--no-paper", action="store_true", help="leave the slow preset out")
    parser.add_argument("--quick", action="store_true", help="smoke run: least work, no document")
    options = parser.parse_args()
    if options.quick:
        options.seeds = options.repeats = 1
        options.models, options.no_paper = 0, True
    return options


def main() -> None:
    """Measure, print, and write the section."""
    options = _options()
    networks = _networks(options)
    bench = Bench(options.threads)
    begun = origin(bench.compute)
    fresh = {preset: measure(default_path(0), "mnist", preset, bench.compute) for preset in PRESETS}
    timed = {preset: _scans(bench, networks, options, preset) for preset in PRESETS}
    paper = [] if options.no_paper else [bench.scan(one, "paper", 0) for one in networks]
    lines = [begun, "", *speed_table(timed, fresh, paper), *work_table(bench, networks[0], timed)]
    if paper:
        lines += [
            "Verdicts on the same networks in the same run; no references ship for Paper, so that"
            " its verdict is at most *suspicious*, and the same answer means: found or not, and"
            " the same target.",
            "",
            *verdict_table(timed, paper),
        ]
    publish(SPEED, lines, write=not options.quick)


if __name__ == "__main__":
    main()
