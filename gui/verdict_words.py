"""A verdict's numbers in words: how sure it is, what it rests on, and what all of it means."""

from collections.abc import Sequence

from engine.detection.continuing import has_classes_of
from engine.detection.results import Detection, Verdict
from engine.detection.schedules import passes_of_map, passes_of_pairs
from engine.detection.verdict import CLASSIC_BOUND
from engine.metrics import percent
from gui import words

OUTCOMES = {
    "likely": "likely", "suspicious": "suspicious", "not_found": "nothing found",
    "not_auditable": "no verdict",
}  # fmt: skip
CHANCE = "Chance of this in a clean model"
MEANING_OF_Z = (
    "By how many of the usual spreads a mask is smaller than in clean networks. Up to about 3 is"
    " ordinary, 5 or more is not."
)
MEANING_OF_BAND = (
    "The pale bar beside a class is where its mask lies in clean networks. Some networks need"
    " larger masks throughout, so the bars are moved to this network's own level."
)
MEANING_OF_CLASSIC = (
    f"Wang et al. 2019 flag every class whose anomaly index is above {CLASSIC_BOUND:g}. With ten"
    " classes that accuses many clean networks, so it is shown and does not decide."
)
Term = tuple[str, str]


def status(verdict: Verdict, names: Sequence[str]) -> str:
    """The outcome in a few words, such as "class 0 likely", for the tab's label."""
    said = OUTCOMES[verdict.outcome]
    if verdict.target is None:
        return said
    if verdict.mapping == "all-to-all":
        return f"all-to-all {said}"
    if verdict.pairs:
        more = " …" if len(verdict.pairs) > 1 else ""
        return f"{_arrow(verdict.pairs[0], names)}{more} {said}"
    targets = verdict.targets or (verdict.target,)
    classes = "class" if len(targets) == 1 else "classes"
    more = " …" if len(targets) > 3 else ""
    return f"{classes} {', '.join(names[one] for one in targets[:3])}{more} {said}"


def facts(detection: Detection, names: Sequence[str]) -> tuple[str, ...]:
    """What stands below the headline: how sure, what it rests on, what moves, the classic rule."""
    verdict = detection.verdict
    return tuple(
        fact
        for fact in (how_sure(verdict), basis(verdict), moves(verdict, names), classic(detection))
        if fact
    )


def how_sure(verdict: Verdict) -> str:
    """The p-value in words; nothing where there is none, or where the headline says it already."""
    if verdict.p_value is None or CHANCE in verdict.headline:
        return ""
    smallest = verdict.references > 0 and verdict.p_value <= 1 / (verdict.references + 1)
    share = percent(verdict.p_value)
    return f"{CHANCE}: {'at most ' if smallest else ''}{share}"


def basis(verdict: Verdict) -> str:
    """What the verdict was compared with."""
    count = verdict.references
    if verdict.outcome == "not_auditable":
        return ""
    if verdict.basis == "references":
        return f"Compared with {count} clean networks of the same kind"
    if verdict.basis == "borrowed":
        return f"Compared with {count} clean networks of another architecture"
    return "No clean networks to compare with: a suspicion at most"


def moves(verdict: Verdict, names: Sequence[str]) -> str:
    """Which images a backdoor would move, in plain words."""
    if verdict.mapping is None or verdict.target is None:
        return ""
    if verdict.mapping == "all-to-all":
        return "All-to-all: each class becomes another one"
    if verdict.mapping == "source-specific" and verdict.pairs:
        moved = [f"images of a {names[one]} become a {names[to]}" for one, to in verdict.pairs[:3]]
        more = " and others" if len(verdict.pairs) > 3 else ""
        return f"Source-specific: only {', '.join(moved)}{more}"
    targets = " or a ".join(names[one] for one in verdict.targets or (verdict.target,))
    return f"All-to-one: every image with the trigger becomes a {targets}"


def classic(detection: Detection) -> str:
    """The paper's index, with the name that keeps it apart from the verdict."""
    indices = [one.anomaly_index for one in detection.classes if one.anomaly_index is not None]
    if not indices:
        return ""
    return f"Classic anomaly index {max(indices):.1f} (rule: above {CLASSIC_BOUND:g})"


def meaning(detection: Detection) -> tuple[Term, ...]:
    """Each term with what it says here, in short sentences for a newcomer."""
    verdict = detection.verdict
    terms = [
        ("Verdict", verdict.explanation),
        ("Chance", _meaning_of_chance(verdict)),
        ("z", MEANING_OF_Z if verdict.references else ""),
        ("Band", MEANING_OF_BAND if verdict.references else ""),
        ("Basis", _meaning_of_basis(verdict)),
        ("Classic rule", MEANING_OF_CLASSIC if verdict.outcome != "not_auditable" else ""),
        *(("Note", warning) for warning in detection.warnings),
        ("Scan", _meaning_of_scan(detection)),
    ]
    return tuple(term for term in terms if term[1])


def _meaning_of_chance(verdict: Verdict) -> str:
    """What the p-value says."""
    if verdict.p_value is None:
        return ""
    share, count = percent(verdict.p_value), verdict.references
    if not count:
        return (
            f"The p-value of Grubbs' test, {share} here: how often the smallest of so many masks"
            " would lie so far below the others if the logarithms of their sizes were normal. At"
            " 5 % or below it is taken seriously."
        )
    return (
        "The p-value: the share of clean networks in which something stands out at least as much,"
        f" {share} here. At 5 % or below it is taken seriously. With {count} networks to compare"
        f" with it is never below {percent(1 / (count + 1))}."
    )


def _meaning_of_scan(detection: Detection) -> str:
    return (
        f"The network is right on {percent(detection.clean_accuracy)} of the clean images. The"
        f" scan took {detection.seconds:.1f} seconds and {detection.image_passes:,} image passes."
    )


def _meaning_of_basis(verdict: Verdict) -> str:
    if verdict.outcome == "not_auditable":
        return ""
    if verdict.basis == "references":
        return (
            f"{verdict.references} clean networks of the same data and architecture, each trained"
            " in its own way, were searched exactly like this one."
        )
    if verdict.basis == "borrowed":
        return (
            "The clean networks are of another architecture, so more is needed for a verdict:"
            " their masks differ from this network's for that reason alone."
        )
    return (
        "There are no clean networks for this data, architecture and setting, so the classes could"
        " only be compared with each other. That is never more than a suspicion."
    )


def offer_of_map(detection: Detection) -> str:
    """The sentence that offers the pair map after a scan of the classes found nothing."""
    speed = detection.image_passes / detection.seconds if detection.seconds > 0 else 0.0
    takes = ""
    if speed > 0:
        takes = f"; about {words.duration(_passes_of_map_after(detection) / speed)}"
    return (
        "One mask per class cannot see a backdoor that moves chosen classes only. Map all pairs"
        f" looks for those{takes}."
    )


def _passes_of_map_after(detection: Detection) -> int:
    """Image passes of a map, which may go on from this scan."""
    classes = len(detection.classes)
    wanted = detection.settings.model_copy(update={"preset": "map"})
    return passes_of_pairs(classes) if has_classes_of(detection, wanted) else passes_of_map(classes)


def _arrow(pair: tuple[int, int], names: Sequence[str]) -> str:
    source, target = pair
    return f"{names[source]} → {names[target]}"
