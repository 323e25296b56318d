"""What Session has done in its threads, beside the engine's own Jobs."""

import importlib
from dataclasses import dataclass
from pathlib import Path

from engine import data, experiment, store
from engine.data import DataSet
from engine.detection.results import Detection
from engine.events import Event, Job
from engine.models import Model
from engine.settings import ComputeSettings, ExperimentSettings
from engine.triggers import Trigger


@dataclass(frozen=True, slots=True)
class DataLoaded(Event):
    """The data set is in memory."""

    data: DataSet


def prepare(name: str, settings: ComputeSettings) -> Job[str]:
    """Load a data set, and then torch, so that the first run starts without delay.

    Returns:
        Where the runs will compute, in a few words.
    """
    yield DataLoaded(data.load(name))
    importlib.import_module("engine.training")
    compute = importlib.import_module("engine.compute")
    compute.warm_up()
    return str(compute.prepare(settings).describe())


def scan_copy(
    settings: ExperimentSettings,
    model: Model,
    trigger: Trigger | None,
    source: Path,
    folder: Path,
) -> Job[Detection]:
    """Copy the experiment in `source`, and scan its model there: the earlier scan stays."""
    store.copy_experiment(source, folder)
    return (yield from experiment.scan_job(settings, model, trigger, folder))
