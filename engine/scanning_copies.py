"""Another scan of an experiment that has one goes into a copy of it, so that both are kept."""

from pathlib import Path

from engine import experiment, store
from engine.data import DataSet
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Job, Warned
from engine.models import Model
from engine.settings import ExperimentSettings
from engine.store import Experiment
from engine.triggers import Trigger


def can_be_scanned_in_place(held: Experiment) -> bool:
    """Whether a scan can go into the experiment's folder: it has the network, and no scan yet."""
    if held.folder is None or held.detection is not None or store.has_scan(held.folder):
        return False
    return store.is_kept(held)


def scan_copy_job(
    settings: ExperimentSettings,
    model: Model,
    trigger: Trigger | None,
    held: Experiment,
    data_set: DataSet | None,
    folder: Path,
    earlier: Detection | None,
) -> Job[Detection]:
    """Save the experiment in another folder, and scan its model there: an earlier scan stays.

    Args:
        settings: As for `engine.experiment.scan_job`.
        model: Likewise.
        trigger: Likewise.
        held: All that is known of the experiment.
        data_set: Its images, if they are loaded.
        folder: An empty one, which the copy goes into.
        earlier: As for `engine.experiment.scan_job`.

    Raises:
        EngineError: The model cannot be scanned. What cannot be written is a warning.
    """
    was_kept = store.is_kept(held)
    try:
        store.save_experiment(held, folder, data_set)
    except EngineError as problem:
        yield Warned(f"{problem} The scan goes on; save the experiment elsewhere when it ends.")
    else:
        if not was_kept:
            yield Warned(_why_elsewhere(held, folder))
    return (yield from experiment.scan_job(settings, model, trigger, folder, earlier))


def _why_elsewhere(held: Experiment, folder: Path) -> str:
    is_there = held.folder is not None and held.folder.exists() and held.folder != folder
    why = "does not hold the network that is open" if is_there else "was moved or deleted"
    return (
        f"The folder {held.folder} {why}. The network was written to a new one, {folder}, and its"
        " scan goes there."
    )
