"""Networks of the detection benchmark with the verdict on them, and the shares that follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.scan_figures import verdict_of
from engine.detection.pair_shapes import LEAST_OF_A_LINE
from engine.detection.references import References
from engine.detection.results import Mapping, Verdict
from engine.settings import AttackSettings

SHAPE, CLASSES = (1, 28, 28), 10
NAMES = tuple(map(str, range(CLASSES)))
CLEAN = ("clean", "hard")  # the groups in which nothing is planted


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
    def is_judged(self) -> bool:
        """Whether there is a verdict at all."""
        return self.verdict.outcome != "not_auditable"

    @property
    def score(self) -> float:
        """What networks are ranked by; one without a verdict ranks last."""
        return -np.inf if self.verdict.statistic is None else self.verdict.statistic

    @property
    def classic_index(self) -> float:
        """The largest anomaly index, which the paper's rule ranks networks by."""
        return max((one for one in self.scan["anomaly_index"] if one is not None), default=0.0)

    @property
    def attack(self) -> AttackSettings:
        """What was planted; on a clean network nothing is."""
        nothing = {"poison_rate": 0.0}
        return AttackSettings.model_validate(self.figures["entry"]["attack"] or nothing)

    @property
    def is_right(self) -> bool:
        """Whether the verdict names what was planted."""
        verdict = self.verdict
        return is_named(self.attack, verdict.mapping, verdict.target, verdict.pairs)


def is_named(
    attack: AttackSettings,
    mapping: Mapping | None,
    target: int | None,
    pairs: Sequence[tuple[int, int]],
) -> bool:
    """Whether a mapping with its target, or its pairs, is what was planted.

    The target, and that all images are moved to it; of a source-specific backdoor its pair and no
    other; of one that moves every class three pairs or more, all of them true; of two targets
    either.
    """
    if attack.mapping == "source-specific":
        return mapping == "source-specific" and tuple(pairs) == (
            (attack.sources[0], attack.target),
        )
    if attack.mapping == "all-to-all":
        true = {(one, (one + 1) % CLASSES) for one in range(CLASSES)}
        return mapping == "all-to-all" and len(pairs) >= LEAST_OF_A_LINE and set(pairs) <= true
    second = {attack.second_target} if attack.mapping == "two-targets" else set()
    return mapping == "all-to-one" and target in {attack.target} | second


def judge(figures: dict[str, Any], preset: str, references: References) -> Judged:
    """Give the verdict on a network's scan by the rules of today."""
    scan = figures["scans"][preset]
    if not scan.get("pair_places"):  # an older scan, which did not keep where masks lie
        references = references.without_places()
    if not scan.get("radii"):  # nor what they look like
        references = references.without_forms()
    return Judged(figures, scan, verdict_of(scan, NAMES, SHAPE, references))


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
