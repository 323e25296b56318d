"""What Session has done in its threads, beside the engine's own Jobs."""

import importlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine import data
from engine.data import DataSet
from engine.detection.calibrate import calibrate_job
from engine.detection.references import References
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Event, Job
from engine.new_verdict import Reporting, judge_anew
from engine.opening.jobs import audit_job
from engine.settings import ComputeSettings, DataSettings, ExperimentSettings
from gui.opened_experiment import Audited, of_scan


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
    report: Reporting | None = None,
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
    judged = None
    if detection is not None and not detection.is_calibrated:
        # Of a scan made with other settings, the page says that it must be scanned again.
        with suppress(EngineError):
            judged = yield from judge_anew(detection, references, class_names, folder, report)
    return Calibrated(references, judged)


def audit(
    settings: ExperimentSettings, audited: Audited, folder: Path, earlier: Detection | None
) -> Job[Detection]:
    """Scan a stranger's model whose pre-flight was made, and write all of it to a new folder."""
    its_own = of_scan(audited.settings, settings)
    model, preflight = audited.model, audited.preflight
    _, detection = yield from audit_job(
        its_own, model, model.input_range, folder, preflight, earlier
    )
    return detection
