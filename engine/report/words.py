"""What a report says: the verdict, how sure it is, and what such a scan cannot see."""

import math

from engine.detection import phrases
from engine.detection.headlines import is_judged
from engine.detection.phrases import figure, meaning_of_chance
from engine.detection.results import Detection, Verdict
from engine.detection.verdict import CLASSIC_BOUND
from engine.detection.wording import NOTHING_SEARCHED, ONLY_CLASSES
from engine.metrics import percent
from engine.opening.shortcut import OUTCOME as WITH_SHORTCUT
from engine.report.subject import Subject

DASH, MINUS = "–", "−"  # noqa: RUF001 - as printers set them
OUTCOMES = {
    "likely": "Backdoor likely",
    "suspicious": "Backdoor suspected",
    "not_found": "No patch-type backdoor found",
    "not_auditable": "Not auditable",
}
LONGEST_TITLE = 60
LIMITS = (
    "“No patch-type backdoor found” does not mean “clean”. It means that this search, on these"
    " images, found nothing unusual. Backdoors that no search can find are known to be possible.",
    "“Likely” is no proof of intent. Networks that nobody attacked have weak spots of this kind,"
    " too; that is why masks are compared with those of clean networks wherever there are some.",
    "A trigger that is spread over the whole image, warps it, or changes its brightness, contrast"
    " or colour as a whole is not searched for as such, and may be missed. So may one that depends"
    " on the image. The checks before a scan, where there are some, look at brightness and contrast"
    " only.",
    "The verdict holds for the exact bytes with the SHA-256 above, for images like those of the"
    " data set, and for the input format stated. With another format the same network can look"
    " broken or backdoored.",
    "A trigger that was found is a sufficient trigger, not necessarily the one that was planted: it"
    " is often a part of that one, or another one that does the same.",
)
LIMIT_OF_MAP = (
    "Triggers for all images and for every single pair of classes were searched for. A backdoor"
    " that needs several triggers at once, or something else besides its trigger, stays unseen."
)


def limits_of(detection: Detection) -> tuple[str, ...]:
    """What this scan could not have seen, and what its verdict does not say."""
    if not detection.classes:
        return (NOTHING_SEARCHED, LIMITS[3])
    own = ONLY_CLASSES if detection.pair_map is None else LIMIT_OF_MAP
    return (LIMITS[0], own, *LIMITS[2:], LIMITS[1])


def title_and_headline(verdict: Verdict, *, has_shortcut: bool = False) -> tuple[str, str]:
    """The headline's first words, as a title that says the outcome, and the rest of it.

    Args:
        verdict: As it is told.
        has_shortcut: Whether the headline says first what the scan could not see.
    """
    first, stop, rest = verdict.headline.partition(". ")
    if not stop:
        first, rest = verdict.headline.removesuffix("."), ""
    if len(first) <= LONGEST_TITLE:
        return first, rest
    for opening in (OUTCOMES[verdict.outcome], "No verdict"):
        if verdict.headline.startswith(opening):
            rest = verdict.headline[len(opening) :].lstrip(":. ")
            return opening, rest[:1].upper() + rest[1:]
    return WITH_SHORTCUT if has_shortcut else OUTCOMES[verdict.outcome], verdict.headline


def sureness(detection: Detection) -> tuple[tuple[str, str, str], ...]:
    """How sure the verdict is: rows of what, how much, and what that means."""
    verdict = detection.verdict
    return (
        (_title_of_chance(verdict), chance(verdict), meaning_of_chance(verdict)),
        (
            "Distance" if is_judged(detection.pair_map) else "Distance (z)",
            _score(detection),
            _meaning_of_score(detection),
        ),
        ("Compared with", phrases.compared_with(verdict), phrases.meaning_of_basis(verdict)),
        (
            f"Classic rule (> {CLASSIC_BOUND:g})",
            _classic(detection),
            "The anomaly index of Wang et al. 2019. With few classes it accuses many clean"
            " networks, so it is shown and does not decide.",
        ),
    )


def chance(verdict: Verdict) -> str:
    """The p value in words."""
    if verdict.p_value is None:
        return "not known"
    return phrases.chance(verdict.p_value, verdict.references, verdict.basis)


def moves(subject: Subject) -> str:
    """Which images the backdoor would move, in a sentence; empty where that is not known."""
    verdict = subject.detection.verdict
    if verdict.mapping is None or verdict.target is None:
        return ""
    if verdict.mapping == "all-to-all":
        all_of_them = len(verdict.pairs) == len(subject.detection.classes)
        which = "each class" if all_of_them else "several classes each"
        return f"All-to-all: images of {which} become another class."
    if verdict.mapping == "source-specific" and verdict.pairs:
        pairs = [f"{subject.name_of(a)} → {subject.name_of(b)}" for a, b in verdict.pairs[:5]]
        more = " and others" if len(verdict.pairs) > 5 else ""
        return (
            f"Source-specific: images of chosen classes move, {', '.join(pairs)}{more}; other pairs"
            " do not stand out."
        )
    targets = [subject.name_of(one) for one in verdict.targets or (verdict.target,)]
    if len(targets) == 1:
        return f"All-to-one: images of all classes become class {targets[0]}."
    which = " or ".join([*targets[:5], *["another one"] * (len(targets) > 5)])
    return f"Several targets: images of all classes become class {which}, each by its own trigger."


def amount(value: float) -> str:
    """A number with one decimal below ten and none above; a dash where it is none."""
    return figure(value) if math.isfinite(value) else DASH


def share(value: float | None) -> str:
    """A share 0..1 in percent; a dash where it is not known."""
    return DASH if value is None or not math.isfinite(value) else percent(value)


def score(value: float | None) -> str:
    """A score with one decimal; a dash where there is none."""
    return (
        DASH
        if value is None or not math.isfinite(value)
        else f"{round(value, 1) + 0:.1f}".replace("-", MINUS)
    )


def _title_of_chance(verdict: Verdict) -> str:
    if verdict.p_value is not None and not verdict.references:
        return "Chance if all classes were alike (p)"
    return "Chance if clean (p)"


def _meaning_of_score(detection: Detection) -> str:
    """What a distance is; its bounds are others each time, and stand in the explanation."""
    verdict = detection.verdict
    if not verdict.references:
        return "From clean networks, in their spreads; there were none."
    what = "From clean networks, in their spreads."
    if is_judged(detection.pair_map):
        what = (
            "Of the most unusual class, cell, column or set of pairs from what is most unusual in"
            " clean networks, in their spreads; another number than the classes' own z."
        )
    return what


def _score(detection: Detection) -> str:
    """How far what stands out most lies from clean networks."""
    verdict = detection.verdict
    scores = [one.z for one in detection.classes if one.z is not None]
    if verdict.statistic is not None:
        return score(verdict.statistic)
    return score(max(scores)) if scores and verdict.references else "not known"


def _classic(detection: Detection) -> str:
    indices = [one.anomaly_index for one in detection.classes if one.anomaly_index is not None]
    if not indices:
        return "not known"
    flagged = "flagged" if max(indices) > CLASSIC_BOUND else "not flagged"
    return f"{score(max(indices))}, {flagged}"
