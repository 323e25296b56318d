"""The report as a Job, for whoever has a result and wants the page."""

from pathlib import Path

from engine import data
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Job, Progress, Pulse
from engine.metrics import Rates
from engine.models import Model
from engine.report.pages import write_report
from engine.report.subject import Subject
from engine.settings import ComputeSettings, ExperimentSettings
from engine.store import Experiment
from engine.triggers import Trigger


def report_job(
    path: Path,
    detection: Detection,
    model: Model,
    settings: ExperimentSettings,
    *,
    rates: Rates | None = None,
    trigger: Trigger | None = None,
    trained_on: ComputeSettings | None = None,
) -> Job[Path]:
    """Write a report, and its JSON beside it.

    Args:
        path: Where the page shall be.
        detection: The scan.
        model: The network that was scanned.
        settings: Of the experiment; their data set lends the images that triggers are shown on.
        rates: The network's rates, if it was trained with these settings.
        trigger: The drawing that it was trained with, where it is known.
        trained_on: Where its training was computed, where that is known.

    Raises:
        EngineError: The images cannot be loaded, or the files not be written.
    """
    yield Progress(0, 1, "writing the report")
    data_set = yield from data.load_job(settings.data)
    yield Pulse()
    subject = Subject.of(detection, model, settings, data_set, rates, trigger, trained_on)
    page, _ = write_report(subject, path)
    return page


def report_experiment_job(path: Path, detection: Detection, held: Experiment) -> Job[Path]:
    """Write a report on a scan of an experiment's network, with all that is known of it.

    Args:
        path: Where the page shall be.
        detection: The scan.
        held: The experiment.

    Raises:
        EngineError: It has no network, the images cannot be loaded, or the files not be written.
    """
    if held.model is None:
        raise EngineError("The report needs the network that was scanned, and there is none.")
    return (
        yield from report_job(
            path, detection, held.model, held.settings,
            rates=held.rates, trigger=held.trigger, trained_on=held.trained_on,
        )
    )  # fmt: skip
