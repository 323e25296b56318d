"""A verdict's numbers in words: how sure it is, what it rests on, and what all of it means."""

import math
from collections.abc import Sequence

from engine.articles import with_article
from engine.detection.headlines import is_judged
from engine.detection.phrases import CHANCE, chance_line, compared_with, meaning_of_chance
from engine.detection.results import Detection, FoundTrigger, Verdict
from engine.detection.verdict import CLASSIC_BOUND
from engine.detection.wording import ONLY_CLASSES
from engine.metrics import percent
from engine.opening.shortcut import as_told, other_warnings, unseen_shortcut
from gui import words

TO_THE_END = "Press Start to scan to the end."
MEANING_OF_Z = (
    "By how many of their usual spreads a mask is smaller than in clean networks, once this"
    " network's own level is taken out. Where its classes scatter far more than those of others,"
    " its spreads are larger; how much that counts follows from the clean networks."
)
ORDINARY_Z = " The largest of a clean network is mostly below 3."
DISTANCE_OF_MAP = (
    " With a map, the verdict's own number compares the most unusual class, cell, column or set of"
    " pairs with what is most unusual in clean networks; it is another one than any z."
)
MEANING_OF_BAND = (
    "The bar beside a class is where its mask lies in most clean networks, two spreads either"
    " way. Some networks need larger masks throughout, so the bars are moved to this network's own"
    " level."
)
MEANING_OF_STROKE = " Left of the stroke beside it, a class alone makes a suspicion."
OF_FORM = (
    " How opaque a class's mask is and how close together it lies (its radius of gyration) count"
    " as well: a faint or a compact one is taken for a smaller one. Clean networks need opaque"
    " strokes that reach across the image; a trigger may be blended or grey, and mostly lies in one"
    " place."
)
STROKE_IS_OF_SUCH = (
    " The stroke is for masks that look as this network's do, so that it may lie within the bar of"
    " a class whose mask is faint or compact."
)
OF_PAIRS = (
    " Of pairs, how few images of other classes a trigger turns counts beside its size, and, where"
    " that is known of clean networks, how seldom their masks lie where it does: in clean networks"
    " it draws what the target looks like, and that works on other classes, too."
)
COMMON_TAKEN_OUT = " Of pairs, what clean networks commonly differ in is taken out as well."
FIRST_IS_SHOWN = (
    " Pictures, and the sizes and shares of pairs, are of the first search; dots, strokes and z"
    " are those of the mean."
)
MEANING_OF_MASK = (
    "Every class has some mask that leads to it; its size is what tells. The size is the sum over"
    " all pixels: one that is half replaced counts as a half."
)
SUFFICIENT = "What was found is a sufficient trigger, not necessarily the one that was planted."
MEANING_OF_CLASSIC = (
    f"Wang et al. 2019 flag every class whose anomaly index is above {CLASSIC_BOUND:g}. With ten"
    " classes that accuses many clean networks, so it is shown and does not decide."
)
OPEN_AGAIN = "Open the model again to choose another format."
Term = tuple[str, str]


def look(detection: Detection) -> str:
    """The verdict's outcome; "stopped" before there was one, "shortcut" if it would reassure."""
    if not detection.complete:
        return "stopped"
    return detection.verdict.outcome if unseen_shortcut(detection) is None else "shortcut"


def headline(detection: Detection, names: Sequence[str]) -> str:
    """The verdict in a sentence or two, and what to do where there is none yet."""
    said = as_told(detection, names).headline
    return said if detection.complete else f"{said} {TO_THE_END}"


def facts(detection: Detection, names: Sequence[str]) -> tuple[str, ...]:
    """What stands below the headline: how sure, what it rests on, what moves, the classic rule."""
    verdict = detection.verdict
    return tuple(
        fact
        for fact in (how_sure(verdict), basis(verdict), moves(verdict, names), classic(detection))
        if fact
    )


def lacks_map(detection: Detection) -> bool:
    """Whether a search of the classes alone found nothing, so that a map of pairs is offered."""
    return detection.pair_map is None and detection.verdict.outcome == "not_found"


def caution(detection: Detection) -> str:
    """What limits the verdict, in its first sentence or two; nothing where nothing does.

    That pairs were not searched is left out where the offer of a map says it.
    """
    told = (ONLY_CLASSES,) if lacks_map(detection) else ()
    notes = _notes(detection, [one for one in other_warnings(detection) if one not in told])
    if not notes:
        return ""
    first, *others = notes
    more = f" {len(others)} more under What does this mean?" if others else ""
    return f"Mind: {first}{more}"


def _notes(detection: Detection, warnings: Sequence[str]) -> list[str]:
    """The warnings, and what can be done here about one."""
    doubt = detection.preflight.doubt if detection.preflight is not None else ""
    return [f"{one} {OPEN_AGAIN}" if one == doubt else one for one in warnings]


def nearest(detection: Detection) -> int:
    """The class that comes nearest to a backdoor's: beside clean networks, or by size alone."""
    classes = detection.classes
    if any(one.z is not None for one in classes):
        return max(classes, key=lambda one: -math.inf if one.z is None else one.z).label
    found = [one for one in classes if one.converged]
    return min(found, key=lambda one: one.mask_l1).label if found else 0


def how_sure(verdict: Verdict) -> str:
    """The p-value in words; nothing where there is none, or where the headline says it already."""
    if verdict.p_value is None or CHANCE in verdict.headline:
        return ""
    return chance_line(verdict)


def basis(verdict: Verdict) -> str:
    """What the verdict was compared with."""
    if verdict.outcome == "not_auditable":
        return ""
    if verdict.basis == "none":
        return "No clean networks to compare with: a suspicion at most"
    return f"Compared with {compared_with(verdict)}"


def moves(verdict: Verdict, names: Sequence[str]) -> str:
    """Which images a backdoor would move, in plain words."""
    if verdict.mapping is None or verdict.target is None:
        return ""
    if verdict.mapping == "all-to-all":
        all_of_them = len(verdict.pairs) == len(names)
        which = "each class becomes" if all_of_them else "several classes each become"
        return f"All-to-all: {which} another one"
    if verdict.mapping == "source-specific" and verdict.pairs:
        moved = [
            f"images of {with_article(names[one])} become {with_article(names[to])}"
            for one, to in verdict.pairs[:3]
        ]
        more = " and others" if len(verdict.pairs) > 3 else ""
        return f"Source-specific: {', '.join(moved)}{more}; other pairs do not stand out"
    targets = [with_article(names[one]) for one in verdict.targets or (verdict.target,)]
    if len(targets) == 1:
        return f"All-to-one: images of all classes become {targets[0]}"
    which = " or ".join([*targets[:3], *["another one"] * (len(targets) > 3)])
    return f"Several targets: images of all classes become {which}, each by its own trigger"


def classic(detection: Detection) -> str:
    """The paper's index, with the name that keeps it apart; nothing where nothing is decided."""
    if detection.verdict.outcome == "not_auditable":
        return ""
    indices = [one.anomaly_index for one in detection.classes if one.anomaly_index is not None]
    if not indices:
        return ""
    return f"Classic anomaly index {words.score(max(indices))} (rule: above {CLASSIC_BOUND:g})"


def meaning(detection: Detection) -> tuple[Term, ...]:
    """Each term with what it says here, in short sentences for a newcomer."""
    verdict = detection.verdict
    terms = [
        ("Verdict", verdict.explanation),
        *(("Note", note) for note in _notes(detection, detection.warnings)),
        ("Mask", _meaning_of_mask(detection)),
        ("Chance", meaning_of_chance(verdict)),
        ("z", _meaning_of_z(detection)),
        ("Band", _meaning_of_band(detection)),
        ("Basis", _meaning_of_basis(verdict)),
        ("Classic rule", MEANING_OF_CLASSIC if verdict.outcome != "not_auditable" else ""),
        ("Scan", _meaning_of_scan(detection)),
    ]
    return tuple(term for term in terms if term[1])


def _meaning_of_mask(detection: Detection) -> str:
    """What a mask's size is, and what the trigger of the named class is in whole pixels."""
    verdict = detection.verdict
    if verdict.outcome == "not_auditable" or not detection.classes:
        return ""
    if verdict.target is None:
        return MEANING_OF_MASK
    whole = "" if verdict.pairs else _in_whole_pixels(detection.classes[verdict.target])
    return f"{MEANING_OF_MASK}{whole} {SUFFICIENT}"


def _in_whole_pixels(found: FoundTrigger) -> str:
    """What is left of a trigger whose pixels are either replaced or not; or nothing."""
    if found.hard is not None:
        count = found.hard.trigger.pixels
        which = "the one pixel that is" if count == 1 else f"the {count:,} pixels that are"
        turn = "turns" if count == 1 else "turn"
        return (
            f" Wholly replaced, {which} at least half replaced here {turn}"
            f" {percent(found.hard.success)} of other images."
        )
    if found.converged and not found.trigger.hard.pixels:
        return (
            " Here no pixel is more than half replaced: the trigger is spread thin, as one that is"
            " blended in may be."
        )
    return ""


def _meaning_of_z(detection: Detection) -> str:
    verdict = detection.verdict
    if not verdict.references:
        return ""
    is_own_kind, has_map = verdict.basis == "references", is_judged(detection.pair_map)
    parts = {
        OF_FORM: any(one.usual_form is not None for one in detection.classes),
        OF_PAIRS: has_map,
        COMMON_TAKEN_OUT: is_own_kind and has_map,
        ORDINARY_Z: is_own_kind,
        DISTANCE_OF_MAP: has_map,
    }
    return MEANING_OF_Z + "".join(part for part, applies in parts.items() if applies)


def _meaning_of_band(detection: Detection) -> str:
    if not detection.verdict.references:
        return ""
    pair_map = detection.pair_map
    has_more = any(one.sizes for one in detection.classes) or (
        pair_map is not None and pair_map.sizes is not None
    )
    has_strokes = any(one.suspicious_size is not None for one in detection.classes)
    of_such = any(one.usual_form is not None for one in detection.classes)
    parts = {
        MEANING_OF_STROKE: has_strokes,
        STROKE_IS_OF_SUCH: has_strokes and of_such,
        FIRST_IS_SHOWN: has_more,
    }
    return MEANING_OF_BAND + "".join(part for part, applies in parts.items() if applies)


def _meaning_of_scan(detection: Detection) -> str:
    accuracy = percent(detection.clean_accuracy)
    right = f"The network is right on {accuracy} of the clean images that the scan took."
    if not detection.classes:
        nothing = "No trigger was searched for."
        return nothing if detection.preflight is None else f"{right} {nothing}"
    return (
        f"{right} The scan took {detection.seconds:.1f} seconds and {detection.image_passes:,}"
        " image passes."
    )


def _meaning_of_basis(verdict: Verdict) -> str:
    if verdict.outcome == "not_auditable":
        return ""
    if verdict.basis == "references":
        return (
            f"{verdict.references} clean networks of the same data and architecture, each trained"
            " in its own way, were searched as this one was. The less this one's training was like"
            " theirs, the less the comparison is worth."
        )
    if verdict.basis == "borrowed":
        return (
            f"The {verdict.references} clean networks are of other architectures, so more is needed"
            " for a verdict: their masks differ from this network's for that reason alone."
        )
    return (
        "No clean networks of this data, architecture and setting were compared, only the classes"
        " with each other. That is never more than a suspicion."
    )
