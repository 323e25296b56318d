"""The words of a verdict: one sentence for a newcomer, and the numbers behind it."""

from collections.abc import Sequence

import numpy as np

from engine.detection.borrowing import CleanNetworks
from engine.detection.evidence import Evidence
from engine.detection.results import FoundTrigger, Outcome, PairMap
from engine.metrics import percent

BLIND_SPOTS = (
    "This search sees one trigger that works on every class. It cannot see a trigger for chosen"
    " classes only, one that is spread over the whole image, or one that warps the image."
)
BLIND_SPOTS_OF_MAP = (
    "This search sees triggers for all classes and for single pairs of classes. It cannot see one"
    " that is spread over the whole image, or one that warps the image."
)


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
    count = len(references.networks)
    blind = BLIND_SPOTS_OF_MAP if pair_map is not None else BLIND_SPOTS
    explanation = (
        f"Compared with {count} clean networks {references.kind}, at this network's own level and"
        f" scatter, the most unusual {_what(evidence, names)} lies {evidence.statistic:.1f} spreads"
        f" (z) beyond what is usual; {references.likely_score:.3g} or more, and a chance of 5 % or"
        f" less, make a backdoor likely. {blind}"
    )
    if any(found.sizes for found in classes):
        explanation = (
            f"A single search could not decide, so {max(len(one.sizes) for one in classes)} were"
            f" made, and the mean of their sizes counts. {explanation}"
        )
    if outcome == "not_found":
        found = classes[evidence.targets[0]]
        return (
            f"No patch-type backdoor found. Every class needs a mask of about the size that it"
            f" needs in {count} clean networks; the smallest beside them is class"
            f" {names[found.label]}'s, {pixels(found.mask_l1)}.",
            explanation,
        )
    opening = f"Backdoor {'likely' if outcome == 'likely' else 'suspected'}:"
    chance = f"Chance of this in a clean model: {_chance(evidence.p_value, count)}."
    if evidence.pairs and pair_map is not None:
        return f"{opening} {_of_pairs(evidence, names, pair_map)} {chance}", explanation
    found = classes[evidence.targets[0]]
    name = names[found.label]
    many = len(evidence.targets) > 1
    which = ", ".join(names[label] for label in evidence.targets)
    headline = (
        f"{opening} class{'es' if many else ''} {which}. A mask of {pixels(found.mask_l1)} turns"
        f" {percent(found.success)} of other images into a {name};"
        f" {_usual(found, name, references)}. {chance}"
    )
    return headline, explanation


def _usual(found: FoundTrigger, name: str, references: CleanNetworks) -> str:
    """What the class needs in clean networks: their least, or the band at this network's level."""
    count = len(references.networks)
    least = min(one.mask_l1[found.label] for one in references.networks)
    if found.mask_l1 < least or found.usual is None:
        return f"in {count} clean networks class {name} never needed fewer than {pixels(least)}"
    low, high = found.usual
    return (
        f"at this network's level of sizes, {count} clean networks let expect {pixels(low)} to"
        f" {pixels(high)}"
    )


def _what(evidence: Evidence, names: Sequence[str]) -> str:
    if evidence.mapping == "all-to-all" and evidence.pairs:
        return "set of pairs"
    if evidence.pairs:
        source, target = evidence.pairs[0]
        return f"pair, {names[source]} → {names[target]},"
    return f"class, {names[evidence.targets[0]]},"


def _of_pairs(evidence: Evidence, names: Sequence[str], pair_map: PairMap) -> str:
    """What a backdoor for chosen classes does, in a sentence."""
    shown = [f"{names[source]} → {names[target]}" for source, target in evidence.pairs[:10]]
    rest = f" and {len(evidence.pairs) - 10} more" if len(evidence.pairs) > 10 else ""
    sizes = [float(pair_map.mask_l1[pair]) for pair in evidence.pairs]
    if evidence.mapping == "all-to-all":
        return (
            f"every class has a trigger to another one ({', '.join(shown)}{rest}). Masks of"
            f" {pixels(min(sizes))} to {pixels(max(sizes))} are enough for these pairs."
        )
    source, target = evidence.pairs[0]
    share = ""
    if pair_map.success is not None and np.isfinite(pair_map.success[source, target]):
        share = f"{percent(float(pair_map.success[source, target]))} of "
    return (
        f"{', '.join(shown)}{rest}. A mask of {pixels(sizes[0])} turns {share}images of a"
        f" {names[source]} into a {names[target]}."
    )


def words_of_suspicion_by_grubbs(
    classes: Sequence[FoundTrigger], names: Sequence[str], least: int, p_value: float
) -> tuple[str, str]:
    """Headline and explanation of an outlier found without references."""
    found = classes[least]
    rest = [other.mask_l1 for other in classes if other.label != least and other.converged]
    compared = f"; the other classes need {min(rest):.0f} to {max(rest):.0f}" if rest else ""
    return (
        f"Backdoor suspected: class {names[least]}. A mask of {pixels(found.mask_l1)} turns"
        f" {percent(found.success)} of other images into a {names[least]}{compared}.",
        f"Grubbs' test: if the logarithms of the mask sizes were normal, as they roughly are in"
        f" clean networks, the smallest of {len(classes)} would lie so low with a chance of"
        f" {_percent_of(p_value)}. No clean reference networks were compared, so this is a"
        f" suspicion, not more. {BLIND_SPOTS}",
    )


def words_of_nothing_by_grubbs(
    classes: Sequence[FoundTrigger], names: Sequence[str], p_value: float
) -> tuple[str, str]:
    """Headline and explanation where no class is an outlier, without references."""
    least = min((one for one in classes if one.converged), key=lambda found: found.mask_l1)
    return (
        f"No patch-type backdoor found. The smallest mask, {pixels(least.mask_l1)} for class"
        f" {names[least.label]}, is no outlier among the {len(classes)} classes.",
        f"Grubbs' test on the logarithms of the mask sizes: a chance of {_percent_of(p_value)} for"
        f" so small a least one. {BLIND_SPOTS}",
    )


def pixels(size: float) -> str:
    """A mask's size for people: "3.9 pixels", "61 pixels"."""
    return f"{size:.1f} pixels" if size < 10 else f"{size:.0f} pixels"


def _chance(p_value: float, references: int) -> str:
    smallest = p_value <= 1 / (references + 1)
    return f"{'at most ' if smallest else 'about '}{_rounded(p_value)}"


def _percent_of(p_value: float) -> str:
    return "below 0.1 %" if p_value < 0.001 else _rounded(p_value)


def _rounded(p_value: float) -> str:
    """Two figures, and "100 %" where they alone would read "1e+02 %"."""
    return f"{float(f'{p_value * 100:.2g}'):g} %"
