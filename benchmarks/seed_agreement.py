"""Whether scans of one network agree whatever their seed: verdict and target.

    python benchmarks/seed_agreement.py [--networks 40] [--maps 10] [--seeds 5]

Scans networks of build/zoo, clean and backdoored in turn, several times each, on all cores by
processes, and writes two sections of docs/scan-speed.md: of scans of the classes, and of maps.
--quick is a smoke run that writes nothing.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.scan_document import SEEDS, SEEDS_OF_MAP, met, origin, publish, table
from benchmarks.trained import Trained, evenly, load, remembered
from benchmarks.zoo import finish
from engine import data
from engine.compute import Compute, prepare
from engine.cores import available_cores
from engine.data import DataSet
from engine.detection.known_references import known_references
from engine.detection.scan import scan
from engine.models import ARCHITECTURES
from engine.network import Network
from engine.settings import ComputeSettings, DetectSettings

LEAST_AGREEMENT = 0.99
CLASS_PRESETS = ("standard", "quick", "paper")
GROUPS = ("clean", "hard", "patch", "blended", "source-specific", "all-to-all")


@dataclass(frozen=True)
class Said:
    """What one scan said.

    Attributes:
        seed: Of the scan.
        outcome: Of the verdict.
        target: Of the verdict, or None.
        statistic: What the verdict rests on, or None without references.
        mapping: Which images the backdoor would move, or None.
    """

    seed: int
    outcome: str
    target: int | None
    statistic: float | None
    mapping: str | None = None

    @property
    def answer(self) -> tuple[str, int | str | None]:
        """What has to agree: of an all-to-all backdoor, which makes all classes targets, that."""
        return self.outcome, self.mapping if self.mapping == "all-to-all" else self.target

    @property
    def of_accused(self) -> "Said":
        """The same where likely and suspicious are one verdict."""
        is_accused = self.outcome in ("likely", "suspicious")
        return replace(self, outcome="accused") if is_accused else self

    def __str__(self) -> str:
        """For the list of those that disagree."""
        target = f" {self.target}" if self.target is not None else ""
        z = f", z {self.statistic:.2f}" if self.statistic is not None else ""
        return f"{self.seed}: {self.outcome.replace('_', ' ')}{target}{z}"


@dataclass(frozen=True)
class Scanned:
    """One network's scans with one preset.

    Attributes:
        name: Of the network.
        group: That it belongs to, such as "clean".
        said: One entry for each seed.
    """

    name: str
    group: str
    said: tuple[Said, ...]

    @property
    def of_accused(self) -> "Scanned":
        """The same where likely and suspicious are one verdict: that it is accused."""
        return replace(self, said=tuple(one.of_accused for one in self.said))

    @property
    def agrees(self) -> bool:
        """Whether all seeds say the same."""
        return len({one.answer for one in self.said}) == 1

    @property
    def pairs(self) -> tuple[int, int]:
        """How many pairs of seeds agree, and how many pairs there are."""
        pairs = list(combinations(self.said, 2))
        return sum(one.answer == other.answer for one, other in pairs), len(pairs)


def scan_all(paths: Sequence[Path], preset: str, seeds: int) -> list[Scanned]:
    """Scan every network with every seed, on all cores, a process with one thread for each."""
    context = get_context("spawn")
    with ProcessPoolExecutor(min(available_cores(), len(paths)), mp_context=context) as pool:
        waiting = [pool.submit(_scan_one, path, preset, seeds) for path in paths]
        found = []
        for number, future in enumerate(waiting, start=1):
            found.append(future.result())
            print(f"{preset} {number} of {len(paths)}: {found[-1].name}:"
                  f" {'; '.join(map(str, found[-1].said))}", flush=True)  # fmt: skip
    return found


def _scan_one(path: Path, preset: str, seeds: int) -> Scanned:
    data_set = data.load("mnist")
    trained = load(path)
    compute = prepare(ComputeSettings(threads=1), trained.model.architecture)
    said = tuple(_say(trained, data_set, compute, preset, seed) for seed in range(seeds))
    return Scanned(trained.name, trained.name.split()[0], said)


def _say(trained: Trained, data_set: DataSet, compute: Compute, preset: str, seed: int) -> Said:
    detect = DetectSettings.model_validate({"preset": preset, "seed": seed})
    references = known_references(data_set, trained.training, detect)
    network = Network.of(trained.model, compute)
    job = scan(trained.model, network, data_set.test, detect, references=references)
    verdict = finish(job).verdict
    return Said(seed, verdict.outcome, verdict.target, verdict.statistic, verdict.mapping)


def agreement_table(found: dict[str, list[Scanned]]) -> list[str]:
    """The shares that agree, by preset and group."""
    rows = []
    for preset, scanned in found.items():
        groups = dict.fromkeys(one.group for one in scanned)
        rows += [
            [preset.capitalize(), group, *_shares(one for one in scanned if one.group == group)]
            for group in groups
        ]
        alike, pairs = _pairs(scanned)
        target = f" (at least {LEAST_AGREEMENT:.0%}: {met(alike / pairs >= LEAST_AGREEMENT)})"
        count, all_agree, of_pairs, accused = _shares(scanned)
        row = [preset.capitalize(), "**all**", count, all_agree, f"{of_pairs}{target}", accused]
        rows.append(row)
    header = (
        "preset", "networks", "count", "all seeds agree", "pairs of seeds that agree",
        "pairs that agree whether, and of what, to accuse",
    )  # fmt: skip
    return table(header, rows)


def _shares(scanned: Iterable[Scanned]) -> list[str]:
    some = list(scanned)
    agreeing = sum(one.agrees for one in some)
    accused = _pairs(one.of_accused for one in some)
    return [str(len(some)), _share(agreeing, len(some)), _share(*_pairs(some)), _share(*accused)]


def _pairs(scanned: Iterable[Scanned]) -> tuple[int, int]:
    """How many pairs of seeds agree in all, and how many there are."""
    counts = [one.pairs for one in scanned]
    return sum(alike for alike, _ in counts), sum(pairs for _, pairs in counts)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "-"


def disagreements(found: dict[str, list[Scanned]]) -> list[str]:
    """The networks whose seeds disagree, with what each seed said."""
    rows = [
        [preset.capitalize(), one.name, "; ".join(map(str, one.said))]
        for preset, scanned in found.items()
        for one in scanned
        if not one.agrees
    ]
    if not rows:
        return ["No network's seeds disagree."]
    return [
        "Networks whose seeds disagree:",
        "",
        *table(("preset", "network", "what each seed said"), rows),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=40, help="of each architecture")
    parser.add_argument("--maps", type=int, default=10, help="so many of these are mapped")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=["standard", "quick", "map"])
    parser.add_argument("--architectures", nargs="+", default=["badnet"], choices=ARCHITECTURES)
    parser.add_argument("--quick", action="store_true", help="smoke run: least work, no document")
    options = parser.parse_args()
    options.seeds = max(options.seeds, 2)
    if options.quick:
        options.networks, options.seeds, options.presets = 2, 2, ["quick"]
    return options


def _paths(architectures: Sequence[str], count: int) -> list[Path]:
    """So many networks of each architecture, taken in turn from the groups."""
    paths = []
    for architecture in architectures:
        groups = remembered(architecture)
        paths += evenly({name: groups[name] for name in GROUPS if name in groups}, count)
    return paths


def main() -> None:
    """Scan, print, and write the sections."""
    options = _options()
    begun = origin(prepare(ComputeSettings(threads=1)))
    counts = {
        preset: options.maps if preset == "map" else options.networks for preset in options.presets
    }
    paths = {preset: _paths(options.architectures, count) for preset, count in counts.items()}
    if not any(paths.values()):
        raise SystemExit("build/zoo has no networks: run detection_benchmark.py --again first.")
    found = {preset: scan_all(some, preset, options.seeds) for preset, some in paths.items()}
    about = (
        f"Networks that `benchmarks/detection_benchmark.py` trained, {options.seeds} scans each"
        " that differ in their seed alone: other images, other first masks, also in all further"
        " searches of a borderline network. Two scans agree if verdict and target are the same; of"
        " an all-to-all backdoor, in which every class is a target, verdict and mapping. The last"
        " column takes *likely* and *suspicious* for one, as"
        " an audit's exit code does. Attacks with a success below 0.9 are left out."
    )
    for title, wanted in ((SEEDS, CLASS_PRESETS), (SEEDS_OF_MAP, ("map",))):
        these = {preset: found[preset] for preset in wanted if preset in found}
        if these:
            lines = [begun, "", about, "", *agreement_table(these), *disagreements(these)]
            publish(title, lines, write=not options.quick)


if __name__ == "__main__":
    main()
