"""How good the verdict is, on networks whose truth is known; writes docs/detection-benchmark.md.

    python benchmarks/detection_benchmark.py [--architectures badnet mlp] [--scale 1.0]

The networks are trained by benchmarks/zoo.py on all cores and remembered in build/zoo, so that a
stopped run goes on where it was. The verdict is that of `engine.detection.verdict.decide` with the
references that ship; the classic rule (anomaly index above 2) is applied to the same scans.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
from scipy import stats

from benchmarks.make_references import PIXELS, clean_entry
from benchmarks.zoo import Entry, Patch, make
from engine.detection.evidence import weigh
from engine.detection.pair_calibration import PairCalibration
from engine.detection.references import References, find_references
from engine.detection.results import FoundTrigger, PairMap, Verdict
from engine.detection.verdict import decide
from engine.settings import DetectSettings
from engine.triggers import Trigger

NAMES = tuple(str(digit) for digit in range(10))
AUDITS = {preset: DetectSettings(preset=preset) for preset in ("standard", "quick", "map")}
REPORT = ROOT / "docs" / "detection-benchmark.md"
WORKING = 0.9


@dataclass(frozen=True)
class Judged:
    """One network's truth and what was said of it.

    Attributes:
        figures: What zoo remembers.
        verdict: The calibrated verdict.
        score: The statistic that it rests on.
        seconds: How long the scan took, with one thread and the other core busy.
    """

    figures: dict[str, Any]
    verdict: Verdict
    score: float
    seconds: float

    @property
    def accused(self) -> bool:
        """Whether a backdoor is called likely."""
        return self.verdict.outcome == "likely"

    @property
    def accused_by_classic_rule(self) -> bool:
        """Whether the paper's rule flags any class."""
        return bool(self.verdict.flagged)


def entries(architecture: str, scale: float) -> dict[str, list[Entry]]:
    """The groups of tier 1, each thinned out by `scale`."""
    groups = {
        "clean": [clean_entry("clean", number, architecture) for number in range(20)],
        "hard": [_hard(number, architecture) for number in range(20)],
        "patch": [_patched(number, architecture) for number in range(60)],
        "blended": [_blended(number, architecture) for number in range(20)],
        "source-specific": [_mapped("source-specific", n, architecture) for n in range(20)],
        "all-to-all": [_mapped("all-to-all", n, architecture) for n in range(20)],
    }
    return {name: group[: max(1, round(len(group) * scale))] for name, group in groups.items()}


def _hard(number: int, architecture: str) -> Entry:
    """A clean network that looks odd: label noise, rare classes, narrow, wide, or stopped early."""
    entry = clean_entry("hard", number, architecture)
    usual = {"label_noise": 0.0, "imbalance": 1.0, "share": 1.0}
    odd = ({"label_noise": 0.02}, {"imbalance": 3.0}, {}, {}, {})[number % 5]
    train = ({}, {}, {"width": 0.5}, {"width": 2.0}, {"epochs": 1})[number % 5]
    changed = {"train": entry.recipe.train.model_copy(update=train)} | usual | odd
    return replace(entry, recipe=entry.recipe.model_copy(update=changed))


def _patched(number: int, architecture: str) -> Entry:
    random = np.random.default_rng((number, 1))
    patch = Patch(
        (1, 2, 3, 4, 6, 8)[number % 6],
        str(random.choice(["white", "grey", "random"])),
        str(random.choice(["corner", "edge", "centre", "anywhere"])),
    )
    rate = float(random.choice([0.005, 0.01, 0.02, 0.05, 0.1]))
    return _backdoored("patch", number, architecture, patch, rate)


def _blended(number: int, architecture: str) -> Entry:
    patch = Patch((6, 8, 28)[number % 3], "random", "centre", 0.2)
    return _backdoored("blended", number, architecture, patch, 0.1)


def _mapped(mapping: str, number: int, architecture: str) -> Entry:
    random = np.random.default_rng((number, 2))
    patch = Patch((2, 3, 4)[number % 3], "white", str(random.choice(["corner", "edge"])))
    entry = _backdoored(mapping, number, architecture, patch, 0.1)
    source = (entry.target + int(random.integers(1, 10))) % 10
    return replace(entry, mapping=mapping, source=source)


def _backdoored(group: str, number: int, architecture: str, patch: Patch, rate: float) -> Entry:
    """A network of a recipe like the clean ones', but on all images, none of them shifted."""
    entry = clean_entry(group, number, architecture)
    whole = entry.recipe.model_copy(update={"share": 1.0, "shift": 0})
    return replace(entry, recipe=whole, patch=patch, poison_rate=rate, target=number % 10)


def judge(figures: dict[str, Any], preset: str, references: References) -> Judged:
    """Put a remembered scan to the verdict that ships."""
    found = figures["scans"][preset]
    classes = [
        FoundTrigger(label, _BLANK, size, success, converged, index)
        for label, (size, success, converged, index) in enumerate(
            zip(found["mask_l1"], found["success"], found["converged"], found["anomaly_index"],
                strict=True)
        )
    ]  # fmt: skip
    pair_map = _pair_map(found["pair_l1"], references)
    verdict = decide(
        classes, NAMES, found["clean_accuracy"], references=references, pair_map=pair_map
    )
    score = weigh(classes, references, pair_map).statistic
    return Judged(figures, verdict, score, found["seconds"])


_BLANK = Trigger(np.zeros((28, 28), np.float32), np.zeros((1, 28, 28), np.float32))


def _pair_map(sizes: Sequence[float], references: References) -> PairMap | None:
    calibration: PairCalibration | None = references.pair_calibration() if sizes else None
    if calibration is None:
        return None
    square = np.full((10, 10), np.nan, np.float32)
    square[~np.eye(10, dtype=bool)] = sizes
    scores = calibration.scores(np.log(np.array(sizes)))
    blank = np.zeros((10, 10, 28, 28), np.float32)
    converged = square < PIXELS
    return PairMap(square, converged, blank, blank[:, :, None], scores.astype(np.float32))


def auroc(clean: Sequence[float], bad: Sequence[float]) -> tuple[float, float, float]:
    """Area under the curve with a 95 % bootstrap interval."""
    random = np.random.default_rng(0)
    first, second = np.array(clean), np.array(bad)

    def area(negatives: np.ndarray, positives: np.ndarray) -> float:
        above = (positives[:, None] > negatives).mean()
        return float(above + 0.5 * (positives[:, None] == negatives).mean())

    resampled = [
        area(random.choice(first, len(first)), random.choice(second, len(second)))
        for _ in range(1000)
    ]
    low, high = np.percentile(resampled, (2.5, 97.5))
    return area(first, second), float(low), float(high)


def share(hits: Sequence[bool]) -> str:
    """A share with its exact 95 % interval."""
    if not hits:
        return "-"
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="exact")
    return (
        f"{np.mean(hits):.3f} ({sum(hits)} of {len(hits)}; {interval.low:.3f} to"
        f" {interval.high:.3f})"
    )


def right_target(judged: Judged) -> bool:
    """Whether the verdict names the true target, or a true pair of a mapped backdoor."""
    entry, verdict = judged.figures["entry"], judged.verdict
    if entry["mapping"] == "all-to-one":
        return verdict.target == entry["target"]
    if entry["mapping"] == "source-specific":
        return (entry["source"], entry["target"]) in verdict.pairs
    return set(verdict.pairs) == {(label, (label + 1) % 10) for label in range(10)}


def table(architecture: str, preset: str, groups: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The rows of one architecture and preset."""
    references = find_references("mnist", architecture, AUDITS[preset])
    if references is None:
        return []
    judged = {
        name: [judge(figures, preset, references) for figures in group]
        for name, group in groups.items()
    }
    lines = ["| networks | called likely | classic rule flags a class | right target or pairs |"]
    lines.append("| --- | --- | --- | --- |")
    for name, group in judged.items():
        bad = name not in ("clean", "hard")
        working = [one for one in group if not bad or one.figures["attack_success"] >= WORKING]
        accused = [one for one in working if one.accused]
        lines.append(
            f"| {name}{', attack success >= 0.9' if bad else ''} |"
            f" {share([one.accused for one in working])} |"
            f" {share([one.accused_by_classic_rule for one in working])} |"
            f" {share([right_target(one) for one in accused]) if bad else '-'} |"
        )
        failed = [one for one in group if one not in working]
        if failed:
            lines.append(
                f"| {name}, the attack failed | {share([one.accused for one in failed])} |"
                f" {share([one.accused_by_classic_rule for one in failed])} | - |"
            )
    return [*lines, "", *_summary(judged)]


def _summary(judged: dict[str, list[Judged]]) -> list[str]:
    clean = [one.score for name in ("clean", "hard") for one in judged.get(name, ())]
    bad = [one for one in judged["patch"] if one.figures["attack_success"] >= WORKING]
    area, low, high = auroc(clean, [one.score for one in bad])
    everyone = [one for group in judged.values() for one in group]
    seconds = np.array([one.seconds for one in everyone])
    return [
        f"AUROC, patch against all clean ones: {area:.3f} ({low:.3f} to {high:.3f}, bootstrap)."
        f" Seconds a scan, one thread, both cores busy: median {np.median(seconds):.1f},"
        f" 95th percentile {np.percentile(seconds, 95):.1f}.",
        "",
    ]


def main() -> None:
    """Make what is missing, judge, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architectures", nargs="+", default=["badnet", "mlp", "bn_cnn"])
    parser.add_argument("--presets", nargs="+", default=["standard", "quick", "map"])
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    lines = [
        "# How good the verdict is",
        "",
        f"Made by `python benchmarks/detection_benchmark.py {' '.join(sys.argv[1:])}` on"
        f" {dt.date.today().isoformat()}; do not edit. MNIST; the calibrated verdict against the"
        " references that ship, and the classic rule (anomaly index above 2) on the same scans."
        " Shares with exact 95 % binomial intervals. Every network is counted.",
        "",
    ]
    for architecture in options.architectures:
        audits = [AUDITS[preset] for preset in options.presets]
        groups = {
            name: make(group, audits)
            for name, group in entries(architecture, options.scale).items()
        }
        for preset in options.presets:
            rows = table(architecture, preset, groups)
            lines += [f"## {architecture}, {preset}", "", *rows] if rows else []
    REPORT.write_text("\n".join(lines).rstrip() + "\n")
    print(REPORT.read_text())


if __name__ == "__main__":
    main()
