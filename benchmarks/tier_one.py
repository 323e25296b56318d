"""The networks of the detection benchmark: clean ones, odd clean ones, and backdoored ones."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.make_references import clean_entry
from benchmarks.zoo import Entry, Patch

# A map takes several times as long as a scan of the classes, which sees these as well.
MAPPED = {"patch": 12, "blended": 6}


def entries(architecture: str, scale: float) -> dict[str, list[Entry]]:
    """The groups of tier 1, each thinned out by `scale`; of mapped backdoors not all work."""
    groups = {
        "clean": [clean_entry("clean", number, architecture) for number in range(20)],
        "hard": [_hard(number, architecture) for number in range(20)],
        "patch": [_patched(number, architecture) for number in range(60)],
        "blended": [_blended(number, architecture) for number in range(20)],
        "source-specific": [_mapped("source-specific", n, architecture) for n in range(20)],
        "all-to-all": [_mapped("all-to-all", n, architecture) for n in range(20)],
    }
    return {name: group[: max(1, round(len(group) * scale))] for name, group in groups.items()}


def _hard(number: int, architecture: str) -> Entry:
    """A clean network that looks odd: label noise, rare classes, narrow, wide, or stopped early."""
    entry = clean_entry("hard", number, architecture)
    usual = {"label_noise": 0.0, "imbalance": 1.0, "share": 1.0}
    odd = ({"label_noise": 0.02}, {"imbalance": 3.0}, {}, {}, {})[number % 5]
    train = ({}, {}, {"width": 0.5}, {"width": 2.0}, {"epochs": 1})[number % 5]
    changed = {"train": entry.recipe.train.model_copy(update=train)} | usual | odd
    return replace(entry, recipe=entry.recipe.model_copy(update=changed))


def _patched(number: int, architecture: str) -> Entry:
    random = np.random.default_rng((number, 1))
    patch = Patch(
        (1, 2, 3, 4, 6, 8)[number % 6],
        str(random.choice(["white", "grey", "random"])),
        str(random.choice(["corner", "edge", "centre", "anywhere"])),
    )
    rate = float(random.choice([0.005, 0.01, 0.02, 0.05, 0.1]))
    return _backdoored("patch", number, architecture, patch, rate)


def _blended(number: int, architecture: str) -> Entry:
    patch = Patch((6, 8, 28)[number % 3], "random", "centre", 0.2)
    return _backdoored("blended", number, architecture, patch, 0.1)


def _mapped(mapping: str, number: int, architecture: str) -> Entry:
    random = np.random.default_rng((number, 2))
    patch = Patch((2, 3, 4)[number % 3], "white", str(random.choice(["corner", "edge"])))
    entry = _backdoored(mapping, number, architecture, patch, 0.1)
    source = (entry.target + int(random.integers(1, 10))) % 10
    return replace(entry, mapping=mapping, source=source)


def _backdoored(group: str, number: int, architecture: str, patch: Patch, rate: float) -> Entry:
    """A network of a recipe like the clean ones', but on all images, none of them shifted."""
    entry = clean_entry(group, number, architecture)
    whole = entry.recipe.model_copy(update={"share": 1.0, "shift": 0})
    return replace(entry, recipe=whole, patch=patch, poison_rate=rate, target=number % 10)
