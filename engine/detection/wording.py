"""The words of a verdict: one sentence for a newcomer, and the numbers behind it."""

from collections.abc import Sequence

from engine.detection.references import References
from engine.detection.results import FoundTrigger, Outcome
from engine.metrics import percent

BLIND_SPOTS = (
    "This search sees one trigger that works on every class. It cannot see a trigger for chosen"
    " classes only, one that is spread over the whole image, or one that warps the image."
)


def words_of_calibrated(
    outcome: Outcome,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    labels: Sequence[int],
    references: References,
    score: float,
    p_value: float,
) -> tuple[str, str]:
    """Headline and explanation of a verdict that rests on clean references.

    Args:
        outcome: likely, suspicious or not_found.
        classes: What was found.
        names: The classes' names.
        labels: The classes that stand out most, the first one most of all.
        references: The clean networks.
        score: z of the first of the labels.
        p_value: Chance of such a score in a clean network.
    """
    count, found = len(references.networks), classes[labels[0]]
    name = names[labels[0]]
    least = min(one.mask_l1[found.label] for one in references.networks)
    chance = f"Chance of this in a clean model: {_chance(p_value, count)}."
    compared = f"in {count} clean networks class {name} never needed fewer than {pixels(least)}."
    explanation = (
        f"Compared with {count} clean networks of the same kind, and with this network's other"
        f" classes, class {name} lies {score:.1f} spreads (z) below the usual size of its mask;"
        f" 5 or more, and a chance of 5 % or less, make a backdoor likely. {BLIND_SPOTS}"
    )
    if outcome == "not_found":
        headline = (
            f"No patch-type backdoor found. Every class needs a mask of about the size that it"
            f" needs in {count} clean networks; the smallest beside them is class {name}'s,"
            f" {pixels(found.mask_l1)}."
        )
        return headline, explanation
    many = f"classes {', '.join(names[label] for label in labels)}"
    which = many if len(labels) > 1 else f"class {name}"
    headline = (
        f"Backdoor {'likely' if outcome == 'likely' else 'suspected'}: {which}. A mask of"
        f" {pixels(found.mask_l1)} turns {percent(found.success)} of other images into a {name};"
        f" {compared} {chance}"
    )
    return headline, explanation


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
    return f"{'at most ' if smallest else 'about '}{p_value * 100:.2g} %"


def _percent_of(p_value: float) -> str:
    return "below 0.1 %" if p_value < 0.001 else f"{p_value * 100:.2g} %"
