"""The words of a verdict: one sentence for a newcomer, and the numbers behind it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from engine.articles import with_article
from engine.detection.borrowing import CleanNetworks
from engine.detection.bounds import LEAST_FOR_LIKELY, RARE, SIGNIFICANCE, Bounds
from engine.detection.evidence import Evidence
from engine.detection.headlines import (
    MOST_NAMED,
    arrow,
    decided_by,
    ends,
    is_judged,
    of_classes,
    of_nothing,
    of_pairs,
)
from engine.detection.phrases import CHANCE, chance, listed, pixels, rounded, so_formed, span
from engine.detection.results import Detection, FoundTrigger, Outcome, PairMap, Verdict
from engine.metrics import percent

BLIND_SPOTS = (
    "This search looks for one small trigger that works on images of every class. It cannot see one"
    " that works on chosen classes only, and may miss one that is spread over the whole image or"
    " warps it."
)
BLIND_SPOTS_OF_MAP = (
    "This search looks for small triggers for all classes and for single pairs of classes. It may"
    " miss one that is spread over the whole image or warps it."
)
ONLY_CLASSES = (
    "This scan looked for one trigger that works on every class. A backdoor that moves images of"
    " chosen classes only stays invisible to it; the preset Map looks for those as well."
)
SPREAD = "A trigger that is spread over the whole image or warps it may be missed, too."
NOTHING_SEARCHED = (
    "No trigger was searched for, so nothing is known of backdoors: neither that there are some"
    " nor that there are none."
)
MAP_NOT_JUDGED = (
    "The map of pairs decided nothing: that takes maps of clean networks to compare with, and"
    " images of most classes."
)
NO_PROOF = "That nothing was found does not prove that there is nothing."


def words_of_calibrated(
    outcome: Outcome,
    evidence: Evidence,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    references: CleanNetworks,
    pair_map: PairMap | None,
) -> tuple[str, str]:
    """Headline and explanation of a verdict that rests on clean references.

    Args:
        outcome: likely, suspicious or not_found.
        evidence: What decided it.
        classes: What was found for each class.
        names: The classes' names.
        references: The clean networks.
        pair_map: What was found for each pair, or None.
    """
    explanation = " ".join(
        [
            *_behind(outcome, evidence, classes, names, references, pair_map),
            *([NO_PROOF] if outcome == "not_found" else []),
            *_blind_spots(pair_map, names),
        ]
    )
    networks = f"{len(references.networks)} clean networks"
    if references.basis == "borrowed":
        networks += " of other kinds"
    if outcome == "not_found":
        return of_nothing(evidence, classes, names, networks, pair_map), explanation
    opening = f"Backdoor {'likely' if outcome == 'likely' else 'suspected'}:"
    if evidence.pairs and pair_map is not None:
        said = of_pairs(evidence, names, networks, pair_map)
    else:
        said = of_classes(evidence, classes, names, networks, references, pair_map)
    share = chance(evidence.p_value, len(references.networks), references.basis)
    return f"{opening} {said} {CHANCE}: {share}.", explanation


def words_of_suspicion_by_grubbs(
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    least: int,
    p_value: float,
    pair_map: PairMap | None = None,
) -> tuple[str, str]:
    """Headline and explanation of an outlier found without references."""
    found = classes[least]
    rest = [other.mask_l1 for other in classes if other.label != least and other.converged]
    compared = f"; the other classes need {span(rest)}" if rest else ""
    return (
        f"Backdoor suspected: class {names[least]}. A mask of {pixels(found.mask_l1)} turns"
        f" {percent(found.success)} of other images into {with_article(names[least])}{compared}.",
        f"Grubbs' test: if all classes were alike and the logarithms of the mask sizes normal, the"
        f" smallest of {len(classes)} would lie so low with {_a_chance(p_value)}. No"
        " clean reference networks were compared, and classes differ by nature: this is a"
        f" suspicion, not more. {' '.join(_blind_spots(pair_map, names))}",
    )


def words_of_nothing_by_grubbs(
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    p_value: float,
    pair_map: PairMap | None = None,
) -> tuple[str, str]:
    """Headline and explanation where no class is an outlier, without references."""
    least = min((one for one in classes if one.converged), key=lambda found: found.mask_l1)
    return (
        f"No patch-type backdoor found. The smallest mask, {pixels(least.mask_l1)} for class"
        f" {names[least.label]}, is no outlier among the {len(classes)} classes.",
        "There were no reference networks, so the classes were compared with each other: by"
        " Grubbs' test on the logarithms of the mask sizes, the smallest would lie so low with"
        f" {_a_chance(p_value)}. Several targets hide each other from this test."
        f" {NO_PROOF} {' '.join(_blind_spots(pair_map, names))}",
    )


def with_reason(verdict: Verdict, reason: str) -> Verdict:
    """The same verdict, which says why references that there are were not compared."""
    if verdict.outcome == "not_auditable":
        return verdict
    return replace(verdict, explanation=f"{verdict.explanation} {reason}")


def unseen(detection: Detection) -> str:
    """What a scan could not have seen, for somebody who reads no more than a line of it."""
    if not detection.classes:
        return NOTHING_SEARCHED
    if detection.pair_map is None:
        return f"{ONLY_CLASSES} {SPREAD}"
    if not is_judged(detection.pair_map):
        return f"{MAP_NOT_JUDGED} {BLIND_SPOTS}"
    return BLIND_SPOTS_OF_MAP


def _behind(
    outcome: Outcome,
    evidence: Evidence,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    references: CleanNetworks,
    pair_map: PairMap | None,
) -> Iterator[str]:
    """The numbers behind a calibrated verdict, and why they make this outcome."""
    looks = "" if evidence.by_map else so_formed(classes[evidence.targets[0]].judged_form())
    how = "its mask is {} spreads (z) smaller than to be expected"
    if looks:
        how = "by size and looks together its mask is {} spreads (z) below what is expected"
    if is_judged(pair_map):
        how = "by {} spreads more than what stands out most in them does on average"
    by = how.format(_below(evidence.statistic, evidence.bounds))
    yield (
        f"Beside {len(references.networks)} clean networks {references.kind},"
        f" {_what(evidence, names)} stands out most: {by}."
    )
    if is_judged(pair_map):
        yield decided_by(evidence, names, pair_map)
    if looks:
        yield (
            "How opaque a mask is and how close together it lies count as well, each half as much"
            " as its size (as logarithms)."
        )
    if evidence.by_map and evidence.pairs:
        yield (
            "Of a pair counts how small its mask is, how few images of other classes that mask"
            " turns, and how seldom clean networks' masks lie where it does."
            if pair_map is not None and pair_map.place_density is not None
            else "Of a pair counts how small its mask is, and how few images of other classes that"
            " mask turns."
        )
    yield _reason(outcome, evidence, references)
    yield from _searches(evidence, classes, names, pair_map)


def _searches(
    evidence: Evidence,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    pair_map: PairMap | None,
) -> Iterator[str]:
    """That one search was not enough, and where those ended for what stands out most."""
    if any(found.sizes for found in classes):
        sizes = () if evidence.by_map else classes[evidence.targets[0]].sizes
        yield (
            f"A single search could not decide, so {max(len(one.sizes) for one in classes)} were"
            " made, and the geometric mean of their sizes counts"
            f"{_ended(_what(evidence, names), sizes)}."
        )
    if pair_map is not None and is_judged(pair_map) and pair_map.sizes is not None:
        alone = evidence.by_map and evidence.pairs and evidence.mapping != "all-to-all"
        sizes = pair_map.sizes_of(*evidence.pairs[0]) if alone else ()
        yield (
            f"A single map could not decide, so {len(pair_map.sizes)} were made, and the"
            " geometric mean of what they found for each pair counts"
            f"{_ended(_what(evidence, names), sizes)}."
        )


def _ended(what: str, sizes: Sequence[float]) -> str:
    return f": for {what} they ended at {ends(sizes)}" if sizes else ""


def _reason(outcome: Outcome, evidence: Evidence, references: CleanNetworks) -> str:
    suspicious, likely = evidence.bounds
    if outcome == "likely":
        return f"With {likely:.3g} or more, and a chance of 5 % or less, a backdoor is likely."
    if outcome == "not_found":
        return _reason_for_none(evidence, references)
    if evidence.statistic < likely:
        return (
            f"With {suspicious:.3g} or more{_rate(references)}, and a chance of 5 % or less, a"
            f" backdoor is suspected; {likely:.3g} or more would make it likely."
        )
    return (
        f"{likely:.3g} or more would make a backdoor likely, but {_chance(evidence, references)}."
    )


def _reason_for_none(evidence: Evidence, references: CleanNetworks) -> str:
    suspicious, likely = evidence.bounds
    if evidence.p_value <= SIGNIFICANCE:
        return (
            f"That is rare, but one clean network in so many is always the most unusual: below"
            f" {suspicious:.3g} it is no reason to suspect a backdoor."
        )
    if evidence.statistic >= suspicious:
        chance = _chance(evidence, references)
        return f"That alone is no reason to suspect a backdoor: {chance}."
    if len(references.networks) < LEAST_FOR_LIKELY:
        return f"Beside so few clean networks, only {likely:.3g} or more makes a suspicion."
    return (
        f"Only {suspicious:.3g} or more{_rate(references)}, with a chance of 5 % or less, makes a"
        " suspicion."
    )


def _chance(evidence: Evidence, references: CleanNetworks) -> str:
    """That the chance is too large, and whether it could be less."""
    count = len(references.networks)
    least = count < LEAST_FOR_LIKELY and evidence.p_value * (count + 1) < 2
    few = f"; with {count} clean networks it cannot be less" if least else ""
    return f"the chance, {rounded(evidence.p_value)}, is above 5 %{few}"


def _rate(references: CleanNetworks) -> str:
    """How often clean networks come so far, where the references tell."""
    known = references.basis == "references"
    return f", which about one clean network in {round(1 / RARE)} reaches" if known else ""


def _what(evidence: Evidence, names: Sequence[str]) -> str:
    if evidence.mapping == "all-to-all" and evidence.pairs:
        return "a set of pairs, each class to another one,"
    if evidence.pairs:
        return f"the pair {arrow(evidence.pairs[0], names)}"
    if evidence.by_map:
        return f"what leads to class {names[evidence.targets[0]]}"
    return f"class {names[evidence.targets[0]]}"


def _blind_spots(pair_map: PairMap | None, names: Sequence[str]) -> Iterator[str]:
    """What the search could not have seen, and what of it decided nothing."""
    yield BLIND_SPOTS_OF_MAP if is_judged(pair_map) else BLIND_SPOTS
    if pair_map is None:
        return
    if not is_judged(pair_map):
        yield MAP_NOT_JUDGED
    missing = np.flatnonzero(~np.isfinite(pair_map.mask_l1).any(axis=1))
    if len(missing):
        which = listed([names[label] for label in missing[:MOST_NAMED]])
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        yield (
            f"Too few images of class {which}{more} are usable, so no trigger that moves these"
            " was searched for."
        )


def _a_chance(p_value: float) -> str:
    return f"a chance of {rounded(p_value)}".replace("of below", "below")


def _below(score: float, bounds: Bounds) -> str:
    """One decimal, but never rounded up to a bound that was not reached."""
    said = round(score, 1) + 0  # never "-0.0"
    if any(score < bound <= said for bound in bounds):
        said = math.floor(score * 10) / 10
    return f"{said:.1f}"
