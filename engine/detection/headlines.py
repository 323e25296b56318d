"""What stands out in a scan, or comes nearest to it, in sentences for a newcomer."""

from collections.abc import Sequence

import numpy as np

from engine.articles import with_article
from engine.detection.borrowing import CleanNetworks
from engine.detection.calibration import mean_size
from engine.detection.evidence import Evidence, suspicious_score
from engine.detection.pair_calibration import MOST_OF_USUAL
from engine.detection.phrases import (
    amount,
    and_elsewhere,
    at_strange_place,
    counting_as,
    in_brackets,
    is_strange,
    listed,
    of_all_others,
    pixel_span,
    pixels,
    span,
)
from engine.detection.results import FoundTrigger, PairMap
from engine.metrics import percent

MOST_NAMED = 10  # classes or pairs
FEW = 0.1  # of other images; a trigger that turns no more spares them
MOST_LISTED = 5  # sizes of several searches


def of_nothing(
    evidence: Evidence,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    networks: str,
    pair_map: PairMap | None,
) -> str:
    """That nothing stands out, and what comes nearest to it."""
    found = classes[evidence.targets[0]]
    if evidence.pairs and pair_map is not None:
        pair = evidence.pairs[0]
        usual, elsewhere = _usual_of_pair(pair_map, pair), pair_map.elsewhere_of(*pair)
        turned = "" if elsewhere is None else f"; its mask turns {of_all_others(elsewhere)}"
        size = _size(float(pair_map.mask_l1[pair]), pair_map.sizes_of(*pair), usual)
        nearest = f"the pair {arrow(pair, names)} stands out most{size}{turned}"
    elif evidence.by_map:
        nearest = f"what leads to class {names[found.label]} comes nearest to that"
    else:
        size = _size(found.mask_l1, found.sizes, found.usual)
        counted = in_brackets(counting_as(_counted(found), found.judged_form()))
        nearest = f"class {names[found.label]} comes nearest to that{size}{counted}"
    which = "no class and no pair of classes" if is_judged(pair_map) else "no class"
    return (
        f"No patch-type backdoor found. Measured by {networks}, {which} needs a far smaller mask"
        f" than the others; {nearest}."
    )


def _size(first: float, sizes: Sequence[float], usual: tuple[float, float] | None) -> str:
    """The size that is compared, and what is usual: the first search's, or the mean of several."""
    where = "" if usual is None else f" where {span(usual)} would be usual"
    size, of = (mean_size(sizes), f" in {_mean_of(sizes)}") if sizes else (first, "")
    return f", with {pixels(size)}{of}{where}"


def of_classes(
    evidence: Evidence,
    classes: Sequence[FoundTrigger],
    names: Sequence[str],
    networks: str,
    references: CleanNetworks,
    pair_map: PairMap | None,
) -> str:
    """What a backdoor for all images does, in sentences."""
    targets = evidence.targets
    rest = f" and {len(targets) - MOST_NAMED} more" if len(targets) > MOST_NAMED else ""
    which = ", ".join(names[label] for label in targets[:MOST_NAMED]) + rest
    opening = f"class{'es' if len(targets) > 1 else ''} {which}."
    found = classes[targets[0]]
    suspicious = suspicious_score(references, pair_map)
    # A single mask says it in fewer words, where it is unusual as well.
    if evidence.by_map and pair_map is not None and (found.z is None or found.z < suspicious):
        column = pair_map.mask_l1[:, found.label]
        sizes = pixel_span([float(size) for size in column[np.isfinite(column)]])
        return (
            f"{opening} Masks of {sizes}, one for each other class, turn images into"
            f" {with_article(names[found.label])}; together they are smaller than is usual in"
            f" {networks}."
        )
    least = _is_least(found, references)
    counted = "" if least else counting_as(found.mask_l1, found.form_beside())
    aside = in_brackets(_mean(found.sizes), counted)
    turned = [
        f"A mask of {pixels(found.mask_l1)}{aside} turns"
        f" {percent(found.success)} of other images into {with_article(names[found.label])}"
    ]
    turned += [
        f"one of {pixels(one.mask_l1)} {percent(one.success)} into {with_article(names[one.label])}"
        for one in (classes[label] for label in targets[1:3])
    ]
    return f"{opening} {listed(turned)}. {_usual(found, names, networks, references)}."


def ends(sizes: Sequence[float]) -> str:
    """Where several searches ended, and their mean, which counts: "2.0 and 8.0 pixels, ..."."""
    few = len(sizes) <= MOST_LISTED
    each = f"{listed(list(map(amount, sizes)))} pixels" if few else pixel_span(sizes)
    return f"{each}, {amount(mean_size(sizes))} in the mean"


def _mean(sizes: Sequence[float]) -> str:
    """The mean of several searches, beside the size of the first; empty where one was enough."""
    return f"{amount(mean_size(sizes))} in {_mean_of(sizes)}" if sizes else ""


def _mean_of(sizes: Sequence[float]) -> str:
    return f"the mean of {len(sizes)} searches"


def _usual(
    found: FoundTrigger, names: Sequence[str], networks: str, references: CleanNetworks
) -> str:
    """What the class needs in clean networks: their least, or the band at this network's level."""
    name = f"class {names[found.label]}"
    worked = _sizes_of(found.label, references)
    if not worked:
        return f"In {networks} no mask worked for {name}"
    if _is_least(found, references):
        return f"In {networks} {name} never needed fewer than {pixels(min(worked))}"
    if found.usual is None:
        return f"In {networks} {name} needed {pixel_span(worked)}"
    return _would_be_usual(found.usual, networks)


def _sizes_of(label: int, references: CleanNetworks) -> list[float]:
    """The sizes of a class's masks in those clean networks in which one worked."""
    return [one.mask_l1[label] for one in references.networks if one.converged[label]]


def _is_least(found: FoundTrigger, references: CleanNetworks) -> bool:
    """Whether a mask is smaller than all of clean networks, so that its size says enough."""
    worked = _sizes_of(found.label, references)
    return max(found.sizes or (found.mask_l1,)) < min(worked, default=0.0)


def of_pairs(evidence: Evidence, names: Sequence[str], networks: str, pair_map: PairMap) -> str:
    """What a backdoor for chosen classes does, in sentences."""
    pairs = evidence.pairs
    rest = f" and {len(pairs) - MOST_NAMED} more" if len(pairs) > MOST_NAMED else ""
    order = sorted(pairs) if evidence.mapping == "all-to-all" else pairs
    which = ", ".join(arrow(pair, names) for pair in order[:MOST_NAMED]) + rest
    sizes = [float(pair_map.mask_l1[pair]) for pair in pairs]
    if evidence.mapping == "all-to-all":
        movers = "each class" if len(pairs) == len(names) else "several classes, each"
        return (
            f"{movers} to another one ({which}). Masks of {pixel_span(sizes)} are enough for"
            f" these pairs; together they are smaller than is usual in {networks}."
        )
    first, share = pairs[0], ""
    if pair_map.success is not None and np.isfinite(pair_map.success[first]):
        share = f"{percent(float(pair_map.success[first]))} of "
    source, target = (with_article(names[label]) for label in first)
    others = f"; the other pairs need {pixel_span(sizes[1:])}" if len(pairs) > 1 else ""
    usual = _usual_of_pair(pair_map, first)
    compared, elsewhere = "", pair_map.elsewhere_of(*first)
    place = pair_map.densities_of(*first)
    counted = mean_size(pair_map.sizes_of(*first) or sizes[:1])
    if usual is not None:
        compared = (
            f" {_would_be_usual(usual, networks)}"
            f"{_what_is_unusual(counted, usual, elsewhere, place)}."
        )
    alone = ""
    if _follow(elsewhere):
        alone = f" So many other images follow that it may not be for images of {source} alone."
    return (
        f"{which}. A mask of {pixels(sizes[0])}{in_brackets(_mean(pair_map.sizes_of(*first)))}"
        f" turns {share}images of {source} into {target}"
        f"{and_elsewhere(elsewhere)}{at_strange_place(place)}{others}.{compared}{alone}"
    )


def decided_by(evidence: Evidence, names: Sequence[str], pair_map: PairMap | None) -> str:
    """Whether the classes or the pairs decided; of pairs that lead to one class, their sizes."""
    if not evidence.by_map:
        return "The scan of the classes decided this."
    if pair_map is None or evidence.pairs or len(evidence.targets) != 1:
        return "The map of pairs decided this."
    target = evidence.targets[0]
    sizes = [float(size) for size in pair_map.mask_l1[:, target] if np.isfinite(size)]
    return (
        f"The map of pairs decided this: images of {len(sizes)} other classes become"
        f" {with_article(names[target])} with masks of {pixel_span(sizes)}."
    )


def is_judged(pair_map: PairMap | None) -> bool:
    """Whether a map was compared with those of clean networks."""
    return pair_map is not None and pair_map.z is not None


def arrow(pair: tuple[int, int], names: Sequence[str]) -> str:
    """A pair by the names of its classes: "1 → 7"."""
    source, target = pair
    return f"{names[source]} → {names[target]}"


def _usual_of_pair(pair_map: PairMap, pair: tuple[int, int]) -> tuple[float, float] | None:
    if pair_map.usual is None or not np.isfinite(pair_map.usual[pair]).all():
        return None
    low, high = pair_map.usual[pair]
    return float(low), float(high)


def _would_be_usual(band: tuple[float, float], networks: str) -> str:
    """The band of clean networks, which was moved to this network's level."""
    return f"Going by {networks} and this network's other masks, {span(band)} would be usual"


def _what_is_unusual(
    size: float,
    band: tuple[float, float],
    elsewhere: tuple[float, float] | None,
    place: tuple[float, float] | None,
) -> str:
    """That it is not the size but what the trigger spares, or where it lies, if that is plain."""
    if not band[0] <= size <= band[1]:
        return ""
    reasons = []
    if elsewhere is not None and elsewhere[0] <= FEW and not _follow(elsewhere):
        reasons.append("that it turns so few images of other classes")
    if is_strange(place):
        reasons.append("where it lies")
    return f"; {listed(reasons)} {'is' if len(reasons) == 1 else 'are'} not" if reasons else ""


def _follow(elsewhere: tuple[float, float] | None) -> bool:
    """Whether about as many other images follow a pair's trigger as in clean networks."""
    if elsewhere is None:
        return False
    share, usual = elsewhere
    return not share <= MOST_OF_USUAL * usual  # also where it is not known how many are usual


def _counted(found: FoundTrigger) -> float:
    """The size that is compared: of several searches their mean."""
    return mean_size(found.sizes or (found.mask_l1,))
