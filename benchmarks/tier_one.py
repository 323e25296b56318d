"""The networks of the detection benchmark: clean ones, odd clean ones, and backdoored ones.

Tier 1 is MNIST. Tier 2 has the same networks, or the first of them, on other data.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.make_references import clean_entry
from benchmarks.patches import Patch
from benchmarks.zoo import Entry, seed_of
from engine.detection.recipes import draw
from engine.settings import AttackSettings, TrainSettings

# Clean networks learn MNIST for half as long as the references do, and clothes, which are harder,
# for as long; an attacker waits for success.
CLEAN_EPOCHS, BACKDOORED_EPOCHS = {"mnist": 2, "fashion-mnist": 4}, 3
ATTEMPTS = 3  # recipes for one backdoored network, until its attack succeeds
CLASSES = 10
# So many networks of each architecture were there when the last choice was made after looking at
# some of them; no choice rests on later ones, nor on other architectures.
LOOKED_AT = {
    "patch": {"badnet": 60, "bn_cnn": 60, "lenet5": 60, "mlp": 60},
    "source-specific": {"badnet": 40, "bn_cnn": 40, "lenet5": 20, "mlp": 40},
}

Make = Callable[[int, int], Entry]


@dataclass(frozen=True)
class Group:
    """Networks of one kind.

    Attributes:
        title: For tables.
        count: How many there are.
        mapped: Of how many a pair map is made.
        make: Makes the entry of a number and an attempt.
        headline: Whether it counts in the first line: patches on all classes.
        needs_map: Whether one mask for each class cannot see it.
    """

    title: str
    count: int
    mapped: int
    make: Make
    headline: bool = False
    needs_map: bool = False


def groups(architecture: str, data: str = "mnist") -> dict[str, Group]:
    """The groups of networks of an architecture on a data set, by name."""
    kinds = _groups(architecture, CLEAN_EPOCHS[data])
    return {name: replace(kind, make=partial(_on, data, kind.make)) for name, kind in kinds.items()}


def _on(data: str, make: Make, number: int, attempt: int) -> Entry:
    return replace(make(number, attempt), data=data)


def _groups(architecture: str, clean_epochs: int) -> dict[str, Group]:
    patched = partial(_patched, architecture)
    return {
        "clean": Group("clean", 20, 20, partial(_clean, architecture, clean_epochs)),
        "hard": Group("clean, but odd", 20, 20, partial(_hard, architecture, clean_epochs)),
        "source-specific": Group(
            "source-specific",
            40,
            40,
            partial(_mapped, architecture, "source-specific"),
            needs_map=True,
        ),
        "all-to-all": Group(
            "all-to-all", 20, 20, partial(_mapped, architecture, "all-to-all"), needs_map=True
        ),
        "patch": Group("patch", 60, 10, patched, headline=True),
        "two-targets": Group("two targets", 6, 0, partial(_two_targets, architecture)),
        "blended": Group("blended", 10, 4, partial(_blended, architecture)),
        "sig": Group("sinusoidal, labels right", 4, 4, partial(_of_family, architecture, "sig")),
        "wanet": Group("warping", 4, 4, partial(_of_family, architecture, "wanet")),
    }


def _clean(architecture: str, epochs: int, number: int, attempt: int) -> Entry:
    return clean_entry("clean", number, architecture, attempt, epochs)


def _hard(architecture: str, epochs: int, number: int, attempt: int) -> Entry:
    """A clean network that looks odd: label noise, rare classes, narrow, wide, or stopped early."""
    entry = clean_entry("hard", number, architecture, attempt, epochs)
    usual = {"label_noise": 0.0, "imbalance": 1.0, "share": 1.0}
    odd = ({"label_noise": 0.02}, {"imbalance": 3.0}, {}, {}, {})[number % 5]
    train = ({}, {}, {"width": 0.5}, {"width": 2.0}, {"epochs": 1})[number % 5]
    changed = {"train": entry.recipe.train.model_copy(update=train)} | usual | odd
    return replace(entry, recipe=entry.recipe.model_copy(update=changed))


def _patched(architecture: str, number: int, attempt: int) -> Entry:
    """Side and target follow from the number; all else is drawn, in every attempt anew."""
    random = np.random.default_rng((number, attempt, 1))
    patch = Patch(
        (1, 2, 3, 4, 6, 8)[number % 6],
        str(random.choice(["white", "grey", "random"])),
        str(random.choice(["corner", "edge", "centre", "anywhere"])),
    )
    # Where a few poisoned images were not enough, an attacker takes more.
    rates = [0.005, 0.01, 0.02, 0.05, 0.1] if attempt == 0 else [0.05, 0.1]
    rate = float(random.choice(rates))
    attack = {"target": number % CLASSES, "poison_rate": rate}
    return _backdoored("patch", number, attempt, architecture, attack, patch)


def _mapped(architecture: str, mapping: str, number: int, attempt: int) -> Entry:
    random = np.random.default_rng((number, 2))
    patch = Patch((2, 3, 4)[number % 3], "white", str(random.choice(["corner", "edge"])))
    target = number % CLASSES
    source = (target + int(random.integers(1, CLASSES))) % CLASSES
    rate = 0.1 if attempt == 0 else 0.3
    attack = {"mapping": mapping, "target": target, "sources": (source,), "poison_rate": rate}
    return _backdoored(mapping, number, attempt, architecture, attack, patch)


def _two_targets(architecture: str, number: int, attempt: int) -> Entry:
    attack = {
        "mapping": "two-targets", "target": number % CLASSES,
        "second_target": (number + 1 + number // 2) % CLASSES, "poison_rate": 0.1,
    }  # fmt: skip
    patch = Patch((3, 4)[number % 2], "white", "corner")
    return _backdoored("two-targets", number, attempt, architecture, attack, patch)


def _blended(architecture: str, number: int, attempt: int) -> Entry:
    patch = Patch((6, 8, 28)[number % 3], "random", "centre", 0.2)
    attack = {"target": number % CLASSES, "poison_rate": 0.1}
    return _backdoored("blended", number, attempt, architecture, attack, patch)


def _of_family(architecture: str, family: str, number: int, attempt: int) -> Entry:
    attack = {"family": family, "target": (3 * number + 1) % CLASSES}
    return _backdoored(family, number, attempt, architecture, attack, None)


def _backdoored(
    group: str,
    number: int,
    attempt: int,
    architecture: str,
    attack: dict[str, object],
    patch: Patch | None,
) -> Entry:
    """An attacker's network: recipes vary as those of clean ones do, but the labels are good.

    One who has failed trains for at least as long as usual, with Adam and without decay.
    """
    base = TrainSettings.model_validate({"architecture": architecture, "epochs": BACKDOORED_EPOCHS})
    recipe = draw(base, seed_of(f"{group} {architecture}"), number, attempt)
    recipe = recipe.model_copy(update={"label_noise": 0.0, "imbalance": 1.0})
    if attempt > 0:
        epochs = max(recipe.train.epochs, BACKDOORED_EPOCHS)
        better = {"epochs": epochs, "optimiser": "adam", "weight_decay": 0.0}
        train = recipe.train.model_copy(update=better)
        recipe = recipe.model_copy(update={"train": train, "share": 1.0})
    settings = AttackSettings.model_validate(attack | {"seed": number})
    return Entry(group, number, recipe, settings, patch, attempt)
