"""What Session has done in its threads, beside the engine's own Jobs."""

import importlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine import data, experiment, store
from engine.data import DataSet
from engine.detection.calibrate import calibrate_job
from engine.detection.comparing import judge_again
from engine.detection.references import References
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Event, Job, StopRequested, Warned
from engine.models import Model
from engine.opening.jobs import audit_job
from engine.settings import ComputeSettings, DataSettings, ExperimentSettings
from engine.store import Experiment
from engine.triggers import Trigger
from gui.auditing import Audited


@dataclass(frozen=True, slots=True)
class DataLoaded(Event):
    """The data set that these settings name is in memory."""

    settings: DataSettings
    data: DataSet


def prepare(wanted: DataSettings, settings: ComputeSettings) -> Job[str]:
    """Load a data set, and then torch, so that the first run starts without delay.

    Returns:
        Where the runs will compute, in a few words.
    """
    loaded = yield from data.load_job(wanted)
    yield DataLoaded(wanted, loaded)
    importlib.import_module("engine.training")
    compute = importlib.import_module("engine.compute")
    compute.warm_up()
    _ = loaded.fingerprint  # it takes a moment, and the window asks for it
    chosen = compute.prepare(settings)
    depends = settings.precision == "auto" and "bfloat16" in str(chosen.dtype)
    return f"{chosen.describe()}{' where faster' * depends}"


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What a calibration leaves.

    Attributes:
        references: The clean networks.
        detection: The scan that is open, judged again with them; None if there is none, or if it
            has to be scanned again because they do not fit it.
    """

    references: References
    detection: Detection | None


def calibrate(
    settings: ExperimentSettings,
    networks: int,
    detection: Detection | None,
    class_names: Sequence[str],
    folder: Path | None,
    report: Callable[[Path, Detection], Job[Path]] | None = None,
) -> Job[Calibrated]:
    """Make clean networks, and give the open scan a verdict that rests on them.

    Args:
        settings: As for the engine's Job.
        networks: How many networks.
        detection: The open scan; one that was compared with networks of its kind stays as it is,
            unless its map was not.
        class_names: Of its classes.
        folder: Of its experiment, where the new verdict is written, or None.
        report: Writes the report on the scan anew, which would tell of the old verdict.
    """
    references = yield from calibrate_job(settings, networks)
    if detection is None or detection.is_calibrated:
        return Calibrated(references, None)
    try:
        judged = judge_again(detection, references, class_names)
    except EngineError:  # made with other settings; the page says that it must be scanned again
        return Calibrated(references, None)
    try:
        if folder is not None:
            with store.RunFolder.reopen(folder) as record:
                record.write_detection(judged)
    except EngineError as problem:
        with suppress(StopRequested):  # nothing is left to stop
            yield Warned(f"{problem} The new verdict is still open here: save it elsewhere.")
        return Calibrated(references, judged)
    if folder is not None and report is not None:
        yield from _told_anew(report(folder / "report.html", judged))
    return Calibrated(references, judged)


def _told_anew(report: Job[Path]) -> Job[None]:
    """Write a report in place of one that tells of an earlier verdict."""
    try:
        yield from report
    except (EngineError, StopRequested) as problem:
        why = f"{problem} " if isinstance(problem, EngineError) else ""
        with suppress(StopRequested):  # nothing is left to stop
            yield Warned(f"{why}The new verdict is saved; report.html still tells of the old one.")


def can_be_scanned_in_place(held: Experiment) -> bool:
    """Whether a scan can go into the experiment's folder: it has the network, and no scan yet."""
    if held.folder is None or held.detection is not None or store.has_scan(held.folder):
        return False
    return store.is_kept(held)


def scan_copy(
    settings: ExperimentSettings,
    model: Model,
    trigger: Trigger | None,
    held: Experiment,
    data_set: DataSet | None,
    folder: Path,
    earlier: Detection | None,
) -> Job[Detection]:
    """Save the experiment in `folder`, and scan its model there: an earlier scan stays."""
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


def audit(
    settings: ExperimentSettings, audited: Audited, folder: Path, earlier: Detection | None
) -> Job[Detection]:
    """Scan a stranger's model whose pre-flight was made, and write all of it to a new folder."""
    chosen = {"detect": settings.detect, "compute": settings.compute}
    its_own = audited.settings.model_copy(update=chosen)
    model, preflight = audited.model, audited.preflight
    _, detection = yield from audit_job(
        its_own, model, model.input_range, folder, preflight, earlier
    )
    return detection
