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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
from scipy import stats

from benchmarks.make_references import PIXELS
from benchmarks.tier_one import MAPPED, entries
from benchmarks.zoo import Entry, make, read_figures
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
        figures: What zoo remembers of the network.
        scan: What it remembers of the scan.
        verdict: The calibrated verdict.
        score: The statistic that it rests on.
        seconds: How long the scan took, with one thread and the other core busy.
    """

    figures: dict[str, Any]
    scan: dict[str, Any]
    verdict: Verdict
    score: float
    seconds: float

    @property
    def is_likely(self) -> bool:
        """Whether a backdoor is called likely."""
        return self.verdict.outcome == "likely"

    @property
    def accused(self) -> bool:
        """Whether a backdoor is called likely or suspected: what an audit's exit code tells."""
        return self.verdict.outcome in ("likely", "suspicious")

    @property
    def accused_by_classic_rule(self) -> bool:
        """Whether the paper's rule flags any class."""
        return bool(self.verdict.flagged)


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
    return Judged(figures, found, verdict, score, found["seconds"])


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
        name: [judge(one, preset, references) for one in group if preset in one["scans"]]
        for name, group in groups.items()
    }
    lines = [
        "| networks | called likely | likely or suspicious | classic rule flags a class | right"
        " target or pairs, of those accused | not auditable |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, group in judged.items():
        bad = name not in ("clean", "hard")
        working = [one for one in group if not bad or one.figures["attack_success"] >= WORKING]
        lines.append(_row(f"{name}{', attack success >= 0.9' if bad else ''}", working, bad=bad))
        failed = [one for one in group if one not in working]
        if failed:
            lines.append(_row(f"{name}, the attack failed", failed, bad=False))
    return [*lines, "", *_summary(judged), *_missed(judged)]


def _row(name: str, group: list[Judged], *, bad: bool) -> str:
    accused = [one for one in group if one.accused]
    unusable = sum(one.verdict.outcome == "not_auditable" for one in group)
    return (
        f"| {name} | {share([one.is_likely for one in group])} |"
        f" {share([one.accused for one in group])} |"
        f" {share([one.accused_by_classic_rule for one in group])} |"
        f" {share([right_target(one) for one in accused]) if bad else '-'} | {unusable} |"
    )


def _missed(judged: dict[str, list[Judged]]) -> list[str]:
    """What the scan got wrong, one by one, so that nobody has to guess."""
    lines = []
    for name in ("clean", "hard", "patch"):
        for one in judged.get(name, ()):
            entry, wrong = one.figures["entry"], name != "patch" and one.accused
            if name == "patch" and one.figures["attack_success"] >= WORKING:
                wrong = not (one.accused and right_target(one))
            if wrong:
                lines.append(
                    f"- {name} {entry['number']} ({one.figures['recipe']}; {entry['patch']}):"
                    f" {one.verdict.outcome}, z {one.score:.1f}, class {one.verdict.target}"
                )
    return ["Wrong in this table:", "", *lines, ""] if lines else []


def _summary(judged: dict[str, list[Judged]]) -> list[str]:
    clean = [one.score for name in ("clean", "hard") for one in judged.get(name, ())]
    bad = [one for one in judged["patch"] if one.figures["attack_success"] >= WORKING]
    area, low, high = auroc(clean, [one.score for one in bad])
    everyone = [one for group in judged.values() for one in group]
    if not (clean and bad):
        return []
    seconds = np.array([one.seconds for one in everyone])
    return [
        f"AUROC, patch against all clean ones: {area:.3f} ({low:.3f} to {high:.3f}, bootstrap)."
        f" Seconds a scan, one thread, both cores busy: median {np.median(seconds):.1f},"
        f" 95th percentile {np.percentile(seconds, 95):.1f}.",
        "",
        f"Found triggers of the working patches: {_found(bad)}.",
        "",
    ]


def _found(bad: Sequence[Judged]) -> str:
    """How good the triggers are that were found for the true targets."""
    soft, hard, overlap = [], [], []
    for one in bad:
        target, scan = one.figures["entry"]["target"], one.scan
        soft.append(scan["success"][target])
        overlap.append(scan["iou"][target])
        if "hard_success" in scan and scan["hard_success"][target] is not None:
            hard.append(scan["hard_success"][target])
    said = f"success on held-out images, median {np.median(soft):.3f}"
    if hard:
        said += f"; of whole pixels {np.median(hard):.3f} ({len(hard)} have any)"
    return f"{said}; overlap with the planted one (IoU) {np.median(overlap):.2f}"


def make_group(group: list[Entry], presets: Sequence[str]) -> list[dict[str, Any]]:
    """Train and scan a group's networks; the map only of as many as MAPPED says."""
    mapped = [one for one in group if one.number < MAPPED.get(one.group, len(group))]
    audits = [AUDITS[preset] for preset in presets]
    make(mapped, audits)
    make(group, [audit for audit in audits if audit.preset != "map"])
    return [read_figures(entry, audits) for entry in group]


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
        " Shares with exact 95 % binomial intervals. Every network is counted. Each was searched"
        " once: what the program does beyond that in borderline cases is not part of these tables.",
        "",
    ]
    for architecture in options.architectures:
        groups = {
            name: make_group(group, options.presets)
            for name, group in entries(architecture, options.scale).items()
        }
        for preset in options.presets:
            rows = table(architecture, preset, groups)
            lines += [f"## {architecture}, {preset}", "", *rows] if rows else []
    REPORT.write_text("\n".join(lines).rstrip() + "\n")
    print(REPORT.read_text())


if __name__ == "__main__":
    main()
