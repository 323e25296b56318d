"""What may be wrong with clean reference networks that were read from a file."""

from typing import TYPE_CHECKING

from engine.detection.usual_places import MOST_CELLS, UsualPlaces

if TYPE_CHECKING:
    from engine.detection.reference import Reference
    from engine.detection.references import References


def damage_of(
    references: "References",
    preset: str,
    classes: int | None = None,
    pixels: int | None = None,
) -> str:
    """What is wrong with references of at least one network, in a few words, or nothing.

    Args:
        references: What was read.
        preset: Of the scan of each network.
        classes: How many there must be, where that is known.
        pixels: How many the images must have, where that is known.
    """
    networks = references.networks
    if pixels not in (None, references.pixels):
        return f"made for images of {references.pixels:,} pixels, and these have {pixels:,}"
    classes = classes or len(networks[0].mask_l1)
    if not all(has_all_classes(one, classes) for one in networks):
        return f"not every network has sizes for {classes} classes"
    pairs = {len(each) for one in networks for each in (one.pair_l1, one.pair_elsewhere)}
    all_pairs = {classes * (classes - 1)}
    if pairs != all_pairs and (preset == "map" or pairs != {0}):
        return "not every network has figures for all pairs"
    if references.pair_places or any(one.pair_familiarity for one in networks):
        damage = _damage_of_places(references)
        if damage:
            return damage
    if not all(are_possible(one, references.pixels) for one in networks):
        return f"some sizes are impossible in images of {references.pixels:,} pixels"
    return ""


def has_all_classes(network: "Reference", classes: int) -> bool:
    """Whether there is a figure of every kind for each class, or for none where it may lack."""
    known = {len(each) for each in (network.mask_opacity, network.mask_radius)}
    return known <= {0, classes} and len(network.mask_l1) == len(network.converged) == classes


def _damage_of_places(references: "References") -> str:
    """What is wrong with where the masks of pairs lie."""
    networks = references.networks
    if any(len(one.pair_familiarity) != len(one.pair_l1) for one in networks):
        return "not every network has figures for all pairs"
    try:
        UsualPlaces.from_text(references.pair_places, len(networks[0].pair_l1))
    except ValueError as problem:
        return str(problem)
    return ""


def are_possible(network: "Reference", pixels: int) -> bool:
    """Whether masks can have these sizes; a class that needs no trigger has none."""
    return (
        all(0 <= size <= pixels for size in network.mask_l1)
        and all(0 < one <= 1 for one in network.mask_opacity)
        and all(1 <= one <= pixels for one in network.mask_radius)
        and all(0 < size <= pixels for size in network.pair_l1)
        and all(0 <= share <= 1 for share in network.pair_elsewhere)
        and all(0 < one <= MOST_CELLS**2 for one in network.pair_familiarity)
    )
