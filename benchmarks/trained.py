"""Trained networks for the benchmarks of the scan: the default experiment's, and those of zoo."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.zoo import FOLDER as ZOO
from benchmarks.zoo import WORKING, Entry, finish, read_model, works
from engine import attacks, data, models, triggers
from engine.cores import available_cores
from engine.detection.scan import KnownBackdoor
from engine.experiment import train_job
from engine.models import Model
from engine.settings import ExperimentSettings, TrainSettings, with_assignments

FOLDER = ZOO.parent / "scan-speed"
SHAPE, CLASSES = (1, 28, 28), 10


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network and the truth about it.

    Attributes:
        name: For tables.
        model: The network.
        training: How it was trained; decides the references.
        known: The backdoor that is in it, where one trigger leads to one class; otherwise None.
    """

    name: str
    model: Model
    training: TrainSettings
    known: KnownBackdoor | None


def default_path(seed: int) -> Path:
    """Where the default experiment's network of this seed is, or will be."""
    return FOLDER / f"default-{seed}.safetensors"


def default_network(seed: int) -> Trained:
    """The backdoored network of the default experiment, trained unless that was done before."""
    settings = with_assignments(
        ExperimentSettings(),
        [
            *(f"{group}.seed={seed}" for group in ("attack", "train")),
            f"compute.threads={available_cores()}",
        ],
    )
    trigger = triggers.preset(settings.attack.trigger, SHAPE)
    path = default_path(seed)
    if not path.exists():
        print(f"training the default network of seed {seed}", flush=True)
        keep(path, finish(train_job(settings, trigger, None)).model)
    planted = attacks.known_trigger(settings.attack, trigger, CLASSES)
    known = KnownBackdoor(planted, settings.attack.target) if planted is not None else None
    model = models.from_bytes(path.read_bytes())
    return Trained(f"default, seed {seed}", model, settings.train, known)


def keep(path: Path, model: Model) -> None:
    """Write a network so that `models.from_bytes` reads it; the file is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(model.to_bytes())
    part.replace(path)


def remembered(architecture: str) -> dict[str, list[Path]]:
    """The files of zoo's MNIST networks of one architecture, by group, in order of their numbers.

    Clean networks that have hardly learned and attacks that failed are left out: neither has a
    truth that a verdict could be right or wrong about.
    """
    found: dict[str, list[tuple[int, Path]]] = {}
    for path, figures in _figures():
        entry = Entry.from_facts(figures["entry"])
        learned = works(figures) and figures["clean_accuracy"] >= WORKING
        if learned and (entry.data, entry.recipe.train.architecture) == ("mnist", architecture):
            found.setdefault(entry.group, []).append((entry.number, path))
    return {group: [path for _, path in sorted(paths)] for group, paths in sorted(found.items())}


def evenly(groups: dict[str, list[Path]], count: int) -> list[Path]:
    """So many files, taken in turn from each of the groups."""
    longest = max((len(paths) for paths in groups.values()), default=0)
    turns = [
        paths[turn] for turn in range(longest) for paths in groups.values() if turn < len(paths)
    ]
    return turns[:count]


def entry_of(path: Path) -> Entry:
    """What one of zoo's networks is, from the file of its figures."""
    return Entry.from_facts(json.loads(path.read_text())["entry"])


def load(path: Path) -> Trained:
    """One of zoo's networks, from the file of its figures."""
    entry = entry_of(path)
    data_set, training = data.load(entry.data), entry.recipe.train
    name = f"{entry.group} {entry.number} ({training.architecture})"
    return Trained(name, read_model(entry, data_set), training, entry.known(data_set))


def _figures() -> Iterator[tuple[Path, dict[str, Any]]]:
    """The figures of every network whose recipe and weights are there."""
    for path in sorted(ZOO.glob("*.json")):
        if "-" in path.name or not path.with_suffix(".safetensors").exists():
            continue
        figures = json.loads(path.read_text())
        yield path, figures
