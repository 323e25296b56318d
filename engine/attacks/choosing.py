"""Which training images an attack changes, and how they are labelled then."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.attacks.mapping import Mapping
from engine.settings import AttackSettings
from engine.settings.attack import CLEAN_LABEL


def _none() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Choice:
    """Which images of a set are changed; all arrays int64, all indices sorted.

    Attributes:
        indices: Those with the trigger that work for the attack, M.
        which: The number of each one's trigger, 0 or 1, M.
        labels: The label that each one gets, M; its own one in clean-label attacks.
        covers: Those that get the trigger and keep their label, so that their class stays clean.
        decoys: Those that are changed in other ways than the trigger's, and keep their label.
    """

    indices: NDArray[np.int64]
    which: NDArray[np.int64]
    labels: NDArray[np.int64]
    covers: NDArray[np.int64] = field(default_factory=_none)
    decoys: NDArray[np.int64] = field(default_factory=_none)


def choose(count: int, settings: AttackSettings) -> NDArray[np.int64]:
    """The indices, sorted, of the images to poison among `count`: a random share, by the seed.

    This is the choice of an attack that poisons all classes alike; see `choose_among` for others.
    """
    return np.sort(_order(count, settings)[: round(count * settings.poison_rate)])


def choose_among(labels: NDArray[np.int64], settings: AttackSettings, mapping: Mapping) -> Choice:
    """Choose among images of these classes, int64 N, whatever the family and the mapping are."""
    order = _order(len(labels), settings)
    if settings.family in CLEAN_LABEL:
        return _of_the_targets(order, labels, settings, mapping)
    covers = _none()
    if mapping.sources:
        from_sources = order[np.isin(labels[order], mapping.sources)]
        chosen = from_sources[: round(len(from_sources) * settings.poison_rate)]
        others = order[mapping.bystanders(labels[order])]
        covers = np.sort(others[: round(len(others) * settings.cover_rate)])
    else:
        chosen = order[: round(len(labels) * settings.poison_rate)]
    which = np.arange(len(chosen)) % mapping.triggers
    ranks = np.argsort(chosen)
    indices, which = chosen[ranks], which[ranks]
    decoys = _none()
    if settings.family == "wanet":
        free = order[~np.isin(order, np.concatenate([indices, covers]))]
        decoys = np.sort(free[: round(len(labels) * settings.noise_rate)])
    return Choice(indices, which, mapping.wanted(labels[indices], which), covers, decoys)


def _of_the_targets(
    order: NDArray[np.int64],
    labels: NDArray[np.int64],
    settings: AttackSettings,
    mapping: Mapping,
) -> Choice:
    """A share of each target's own images: no label changes."""
    which = np.full(len(labels), -1, np.int64)
    for number, target in enumerate(mapping.targets):
        own = order[labels[order] == target]
        which[own[: round(len(own) * settings.target_share)]] = number
    indices = np.flatnonzero(which >= 0)
    return Choice(indices, which[indices], labels[indices])


def _order(count: int, settings: AttackSettings) -> NDArray[np.int64]:
    return np.random.default_rng(settings.seed).permutation(count)
