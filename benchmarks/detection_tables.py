"""The tables of docs/detection-benchmark.md, from what the benchmark's scans found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.scan_figures import verdict_of
from benchmarks.tier_one import ATTEMPTS, BACKDOORED_EPOCHS, CLEAN_EPOCHS, Group, groups
from benchmarks.zoo import MEASURED, WORKING, works
from engine.data import DATA_SOURCES
from engine.detection.pair_calibration import LEAST_OF_A_LINE
from engine.detection.references import References, find_references
from engine.detection.results import Verdict
from engine.metrics import percent
from engine.settings import AttackSettings, DetectSettings

SHAPE, CLASSES = (1, 28, 28), 10
NAMES = tuple(map(str, range(CLASSES)))
HEAD = f"""# How good the verdict is

Made by `python benchmarks/detection_benchmark.py` from the figures in `benchmarks/figures/`, which
the same command trains and scans networks for (`--judge-only` makes the tables alone); do not edit.

Every network has a recipe of its own. Clean ones learn for about {CLEAN_EPOCHS} epochs; the
references learn for about 4, those of bn_cnn for 2. Odd ones have 2 % wrong labels, classes up to
three times rarer, half or double width, or one epoch. Backdoored ones learn for about
{BACKDOORED_EPOCHS} epochs. An attack that succeeds on less than {percent(WORKING)} of stamped test
images ({MEASURED:,} at most) has failed and is tried again with another recipe, with Adam and, for
patches and chosen classes, more poison; {ATTEMPTS} tries in all.

Each scan is made as the program makes it, borderline cases several times. *Accused* means likely or
suspicious: what an audit's exit code tells. *Named rightly* is the target; of source-specific
backdoors also the source; of
all-to-all ones {LEAST_OF_A_LINE} pairs or more, all of them true; of two targets, one of them. The
classic rule (an anomaly index above 2) sees the same masks. Shares come with exact 95 % binomial
intervals.
"""


@dataclass(frozen=True)
class Judged:
    """One network's truth and what was said of it.

    Attributes:
        figures: What is remembered of the network.
        scan: What is remembered of the scan.
        verdict: The calibrated verdict.
    """

    figures: dict[str, Any]
    scan: dict[str, Any]
    verdict: Verdict

    @property
    def is_likely(self) -> bool:
        """Whether a backdoor is called likely."""
        return self.verdict.outcome == "likely"

    @property
    def accused(self) -> bool:
        """Whether a backdoor is called likely or suspected."""
        return self.verdict.outcome in ("likely", "suspicious")

    @property
    def flagged(self) -> bool:
        """Whether the paper's rule flags any class."""
        return bool(self.verdict.flagged)

    @property
    def score(self) -> float:
        """What networks are ranked by; one without a verdict ranks last."""
        return -np.inf if self.verdict.statistic is None else self.verdict.statistic

    @property
    def attack(self) -> AttackSettings:
        """What was planted; on a clean network nothing is."""
        nothing = {"poison_rate": 0.0}
        return AttackSettings.model_validate(self.figures["entry"]["attack"] or nothing)

    @property
    def is_right(self) -> bool:
        """Whether the verdict names what was planted."""
        return is_named(self.attack, self.verdict.target, self.verdict.pairs)


def is_named(attack: AttackSettings, target: int | None, pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether a target, or pairs, are what was planted.

    The target; of a source-specific backdoor also its source; of one that moves every class
    three pairs or more, all of them true; of two targets either.
    """
    if attack.mapping == "source-specific":
        return tuple(pairs[:1]) == ((attack.sources[0], attack.target),)
    if attack.mapping == "all-to-all":
        true = {(one, (one + 1) % CLASSES) for one in range(CLASSES)}
        return len(pairs) >= LEAST_OF_A_LINE and set(pairs) <= true
    second = {attack.second_target} if attack.mapping == "two-targets" else set()
    return target in {attack.target} | second


def report(
    kept: dict[tuple[str, str], dict[str, list[dict[str, Any]]]],
    audits: dict[str, DetectSettings],
) -> str:
    """The whole document.

    Args:
        kept: Data and architecture, group, and the figures of its networks.
        audits: The settings of each preset's scans.
    """
    lines = [HEAD]
    for (data, architecture), made in kept.items():
        kinds = groups(architecture, data)
        lines += [f"## {DATA_SOURCES[data].title}, {architecture}", "", *_failures(kinds, made)]
        for preset, audit in audits.items():
            references = find_references(data, architecture, audit)
            if references is not None:
                lines += _section(kinds, made, preset, references)
    return "\n".join(lines).rstrip() + "\n"


def _failures(kinds: dict[str, Group], made: dict[str, list[dict[str, Any]]]) -> list[str]:
    failed = []
    for name, figures in made.items():
        lost = [one["attack_success"] for one in figures if not works(one)]
        if lost:
            failed.append(
                f"{len(lost)} of {len(figures)} {kinds[name].title} (success"
                f" {min(lost):.2f} to {max(lost):.2f})"
            )
    if not failed:
        return []
    return [f"Attacks that failed, and are not in the tables: {'; '.join(failed)}.", ""]


def _section(
    kinds: dict[str, Group],
    made: dict[str, list[dict[str, Any]]],
    preset: str,
    references: References,
) -> list[str]:
    judged = {
        name: [_judge(one, preset, references) for one in figures
               if works(one) and preset in one["scans"]]
        for name, figures in made.items()
    }  # fmt: skip
    judged = {name: group for name, group in judged.items() if group}
    if not judged:
        return []
    lines = [
        f"### {preset.capitalize()}, {len(references.networks)} references",
        "",
        "| networks | likely | accused | classic rule | named rightly, of those accused | not"
        " auditable |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(kinds[name].title, name not in ("clean", "hard"), group)
          for name, group in judged.items()),
        "",
    ]  # fmt: skip
    # What one mask for each class cannot see is told by the row, not network by network.
    seen = {name: group for name, group in judged.items()
            if preset == "map" or not kinds[name].needs_map}  # fmt: skip
    return [*lines, *_summary(kinds, judged), *_wrong(kinds, seen)]


def _judge(figures: dict[str, Any], preset: str, references: References) -> Judged:
    scan = figures["scans"][preset]
    return Judged(figures, scan, verdict_of(scan, NAMES, SHAPE, references))


def _row(title: str, bad: bool, group: Sequence[Judged]) -> str:  # noqa: FBT001 - a column
    accused = [one for one in group if one.accused]
    cells = (
        title, *(share([says(one) for one in group]) for says in _COLUMNS),
        share([one.is_right for one in accused]) if bad else "-",
        sum(one.verdict.outcome == "not_auditable" for one in group),
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


_COLUMNS: tuple[Callable[[Judged], bool], ...] = (
    lambda one: one.is_likely, lambda one: one.accused, lambda one: one.flagged,
)  # fmt: skip


def share(hits: Sequence[bool]) -> str:
    """A share with its exact 95 % interval."""
    if not hits:
        return "-"
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="exact")
    return (
        f"{np.mean(hits):.3f} ({sum(hits)} of {len(hits)}; {interval.low:.3f} to"
        f" {interval.high:.3f})"
    )


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


def _summary(kinds: dict[str, Group], judged: dict[str, list[Judged]]) -> list[str]:
    clean = [one for name in ("clean", "hard") for one in judged.get(name, ())]
    bad = [one for name, group in judged.items() if kinds[name].headline for one in group]
    if not (clean and bad):
        return []
    area, low, high = auroc([one.score for one in clean], [one.score for one in bad])
    indices = [[_classic_score(one) for one in group] for group in (clean, bad)]
    classic, least, most = auroc(*indices)
    return [
        f"AUROC of patches against all clean ones: {area:.3f} ({low:.3f} to {high:.3f},"
        f" bootstrap); of the classic index {classic:.3f} ({least:.3f} to {most:.3f}).",
        "",
        f"Triggers found for the targets of these patches: {_found(bad)}.",
        "",
    ]


def _classic_score(one: Judged) -> float:
    return max((index for index in one.scan["anomaly_index"] if index is not None), default=0.0)


def _found(bad: Sequence[Judged]) -> str:
    """How good the triggers are that were found for the true targets."""
    at_target = [(one.scan, one.attack.target) for one in bad]
    soft = [scan["success"][target] for scan, target in at_target]
    overlap = [scan["iou"][target] for scan, target in at_target]
    hard = [scan["hard_success"][target] for scan, target in at_target]
    whole = [success for success in hard if success is not None]
    return (
        f"success on held-out images, median {np.median(soft):.3f}; of whole pixels"
        f" {np.median(whole):.3f} ({len(whole)} of {len(hard)} have any); overlap with the planted"
        f" one (IoU), median {np.median(overlap):.2f}"
    )


def _wrong(kinds: dict[str, Group], judged: dict[str, list[Judged]]) -> list[str]:
    """What the scan got wrong, one by one, so that nobody has to guess."""
    lines = []
    for name, group in judged.items():
        for one in group:
            bad = name not in ("clean", "hard")
            if one.accused == bad and (not bad or one.is_right):
                continue
            lines.append(f"- {_described(kinds[name], one)}")
    return ["Wrong in this table:", "", *lines, ""] if lines else []


def _described(kind: Group, one: Judged) -> str:
    entry, verdict = one.figures["entry"], one.verdict
    patch = entry["patch"]
    planted = "" if patch is None else (
        f", {patch['side']}x{patch['side']} {patch['look']} {patch['place']}"
    )  # fmt: skip
    if entry["attack"] is not None:
        planted += f", success {one.figures['attack_success']:.3f}"
    named = f", names {verdict.target}" if verdict.target is not None else ""
    score = "" if verdict.statistic is None else f", statistic {verdict.statistic:.1f}"
    return (
        f"{kind.title} {entry['number']}{planted} ({one.figures['recipe']}):"
        f" {verdict.outcome.replace('_', ' ')}{score}{named}"
    )
