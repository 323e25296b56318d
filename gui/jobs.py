"""What Session has done in threads: the engine's Jobs, imported there because of torch's weight."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import data, store
from engine.data import DataSet
from engine.detection.results import Detection
from engine.events import Event, Job
from engine.models import Model
from engine.settings import ExperimentSettings
from engine.triggers import Trigger

if TYPE_CHECKING:
    from engine.experiment import Trained


@dataclass(frozen=True, slots=True)
class DataLoaded(Event):
    """The data set is in memory."""

    data: DataSet


def prepare(name: str) -> Job[None]:
    """Load a data set, and then torch, so that the first run starts without delay."""
    yield DataLoaded(data.load(name))
    importlib.import_module("engine.training")


def train(settings: ExperimentSettings, trigger: Trigger, folder: Path) -> "Job[Trained]":
    """Train, and write to `folder` on the way."""
    from engine import experiment  # brings torch

    return (yield from experiment.train_job(settings, trigger, folder))


def scan(
    settings: ExperimentSettings,
    model: Model,
    trigger: Trigger | None,
    source: Path | None,
    folder: Path,
) -> Job[Detection]:
    """Scan, and write to `folder`: that of the model's experiment (`source`), or a copy of it."""
    from engine import experiment  # brings torch

    if source is not None and source != folder:
        store.copy_experiment(source, folder)
    return (yield from experiment.scan_job(settings, model, trigger, folder))
