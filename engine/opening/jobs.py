"""The Jobs that open a stranger's model, measure it, and audit it.

Torch is imported when one of them needs it, so that a window can import this module at once.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine import data
from engine.data import DataSet
from engine.detection.audit_images import LEAST_IMAGES, NoNumbers, TooFewImages, TooFewRight
from engine.detection.results import Detection, ScanCurves, Verdict
from engine.detection.wording import ONLY_CLASSES
from engine.errors import EngineError
from engine.events import Job, Progress, StopRequested, Warned
from engine.experiment import check_fit, scan_job
from engine.input_format import InputFormat
from engine.model_metadata import read_metadata
from engine.modelfile import ModelFile, open_job
from engine.models import Model, Shape
from engine.opening.fits import Fit
from engine.opening.results import LEAST_ACCURACY, TIE, Preflight, PreflightEnded
from engine.opening.wording import (
    words_of_few,
    words_of_no_numbers,
    words_of_non_finite,
    words_of_poor,
)
from engine.settings import DetectSettings, ExperimentSettings
from engine.store import RunFolder

AUTO = "auto"


@dataclass(frozen=True, eq=False)
class Opened:
    """A stranger's file, and the networks that it may be.

    Attributes:
        file: What was read.
        fits: Every architecture beside it, the best first. One that the file itself names is the
            very first.
        notes: What a person should know about how the file was understood, in sentences.
    """

    file: ModelFile
    fits: tuple[Fit, ...]
    notes: tuple[str, ...] = ()

    def choose(self, architecture: str = AUTO) -> Fit:
        """The fit to go on with: of an architecture, or the best one.

        Raises:
            EngineError: It does not fit; the sentence has every name that does not.
        """
        known = [fit for fit in self.fits if architecture in (AUTO, fit.architecture)]
        if not known:
            names = dict.fromkeys(fit.architecture for fit in self.fits)
            raise EngineError(
                f"There is no network named {architecture[:60]!r}. Known are: {', '.join(names)}."
            )
        if known[0].fits:
            return known[0]
        others = [fit.title for fit in self.fits if fit.fits]
        advice = (
            f"It fits {others[0]}: choose that."
            if others
            else "It fits none of the networks that this program can build."
        )
        nearest = "the nearest one, " if architecture == AUTO else ""
        raise EngineError(
            f"“{self.file.name}” does not fit {nearest}{known[0].title}:"
            f" {'; '.join(known[0].problems())}. {advice}"
        )


def open_model_job(path: Path, shape: Shape, classes: int) -> Job[Opened]:
    """Read a model file without trusting it, and compare it with every architecture.

    Args:
        path: The file.
        shape: C, H, W of the images that it shall be audited with, for what it does not tell.
        classes: Their number of classes, likewise.

    Raises:
        EngineError: It cannot be read, is refused, or is a file of ours that was altered.
    """
    opened = yield from open_job(path)
    yield Progress(0, 1, "loading torch")
    from engine.opening.fitting import fit_of_own_file, rank_fits

    own, notes = [], list(opened.notes)
    try:
        about = read_metadata(opened.metadata)
        if about is not None:
            about.check_tensors(opened.tensors)
            own = [fit_of_own_file(about, opened.tensors)]
    except EngineError as problem:
        notes.append(str(problem))
    ranked = yield from rank_fits(opened.tensors, shape, classes)
    known = [(fit.title, fit.width) for fit in own if fit.fits]
    rest = [fit for fit in ranked if (fit.title, fit.width) not in known]
    fits = (*[fit for fit in own if fit.fits], *rest)
    if own and not own[0].fits:
        notes.append(
            f"The file says that it is {own[0].title}, but its tensors are not:"
            f" {own[0].summary()}. What it says of itself was not believed."
        )
    notes += fits[0].notes()
    return Opened(opened, fits, tuple(notes))


def settings_for(fit: Fit, settings: ExperimentSettings) -> ExperimentSettings:
    """The settings with the network that a file holds, so that references and folder know it."""
    network = {"architecture": fit.architecture, "width": fit.width}
    return settings.model_copy(update={"train": settings.train.model_copy(update=network)})


def preflight_job(
    settings: ExperimentSettings, model: Model, input_range: str = AUTO
) -> Job[Preflight]:
    """Measure a model under each plausible input format, and how it takes other brightness.

    Args:
        settings: Which data, which seed (of the scan), and where to compute.
        model: The fitted network; its own input range does not matter.
        input_range: The format to take, or "auto" for the best.

    Raises:
        EngineError: The model does not fit the data, or the format not the images.
    """
    yield Progress(0, 1, "loading torch")
    from engine.compute import prepare
    from engine.opening.preflight import preflight

    given = None if input_range == AUTO else InputFormat.parse(input_range)
    data_set = yield from data.load_job(settings.data)
    check_fit(model, data_set)
    compute = prepare(settings.compute, model.architecture)
    seed = settings.detect.seed
    found = yield from preflight(model, data_set.test, data_set.name, compute, given, seed)
    yield PreflightEnded(found)
    for warning in found.warnings:
        yield Warned(warning)
    return found


def audit_job(
    settings: ExperimentSettings,
    model: Model,
    input_range: str = AUTO,
    folder: Path | None = None,
    preflight: Preflight | None = None,
    earlier: Detection | None = None,
) -> Job[tuple[Model, Detection]]:
    """Pre-flight, scan and verdict of a stranger's model, written into a folder if there is one.

    A model of which nothing can be said is no error: its verdict is *not_auditable*, says why,
    and what to do.

    Args:
        settings: Data, scan and place of computing.
        model: The fitted network.
        input_range: The format that it takes, or "auto" for the best.
        folder: A new or empty folder, or None.
        preflight: The pre-flight of this model and input range, if it was made already.
        earlier: A scan of both that a map goes on from if it fits, or None.

    Returns:
        The model with the input range that was taken, and what was found.

    Raises:
        EngineError: The model does not fit the data, or the format not the images. A result that
            cannot be written is a warning.
    """
    data_set = yield from data.load_job(settings.data)
    check_fit(model, data_set)
    if model.non_finite:
        plain = str(InputFormat.parse("0..1" if input_range == AUTO else input_range))
        model = replace(model, input_range=plain)  # nothing was measured under it
        detection = _not_auditable(settings.detect, model, *words_of_non_finite(model))
    else:
        if preflight is None:
            preflight = yield from preflight_job(settings, model, input_range)
        model = replace(model, input_range=preflight.taken)
        detection = yield from _scanned(settings, model, data_set, preflight, earlier)
        warnings = _warnings(settings.detect, preflight, detection)
        detection = replace(detection, preflight=preflight, warnings=warnings)
    if folder is not None:
        try:
            yield from write_audit_job(settings, model, detection, folder)
        except EngineError as problem:
            with suppress(StopRequested):  # nothing is left to stop; the result would be lost
                yield Warned(f"{problem} The result is still open here: save it elsewhere.")
    return model, detection


def write_audit_job(
    settings: ExperimentSettings, model: Model, detection: Detection, folder: Path
) -> Job[None]:
    """Write an audit as an experiment: settings, the network, and what was found.

    Raises:
        EngineError: There is something in the folder, or it cannot be written.
    """
    from engine.report import Subject, write_report

    data_set = yield from data.load_job(settings.data)
    with RunFolder.create(folder, settings, None, data_set) as record:
        record.write_model(model)
        record.write_detection(detection)
    write_report(Subject.of(detection, model, settings, data_set), folder / "report.html")


def _scanned(
    settings: ExperimentSettings,
    model: Model,
    data_set: DataSet,
    preflight: Preflight,
    earlier: Detection | None,
) -> Job[Detection]:
    """The scan, unless the network is right too seldom for it."""
    right = preflight.clean_accuracy * min(len(data_set.test), settings.detect.images * 5 // 2)
    if preflight.lacks_numbers:
        return _not_auditable(settings.detect, model, *words_of_no_numbers(preflight), preflight)
    if preflight.clean_accuracy < LEAST_ACCURACY:
        return _not_auditable(settings.detect, model, *words_of_poor(preflight), preflight)
    if right < 2 * LEAST_IMAGES:
        few = (
            f"the network is right on only about {right:.0f} of the images there are; a scan needs"
            f" {2 * LEAST_IMAGES}. Add images."
        )
        return _not_auditable(settings.detect, model, *words_of_few(few), preflight)
    try:
        detection = yield from scan_job(settings, model, None, None, earlier)
    except NoNumbers as problem:
        words = f"Not auditable: {problem}", "No trigger was searched for."
        return _not_auditable(settings.detect, model, *words, preflight)
    except (TooFewImages, TooFewRight) as problem:
        return _not_auditable(settings.detect, model, *words_of_few(str(problem)), preflight)
    verdict = detection.verdict
    best = preflight.best
    if verdict.outcome == "not_auditable" and (
        best.clean_accuracy > preflight.clean_accuracy + TIE and detection.complete
    ):
        headline = f"{verdict.headline} {preflight.advice}"
        detection = replace(detection, verdict=replace(verdict, headline=headline))
    return detection


def _not_auditable(
    settings: DetectSettings,
    model: Model,
    headline: str,
    explanation: str,
    preflight: Preflight | None = None,
) -> Detection:
    """A Detection without classes: nothing was searched."""
    idle = np.zeros((0, 0), np.float32)
    return Detection(
        (),
        Verdict("not_auditable", None, None, "none", (), headline, explanation),
        ScanCurves(idle, idle, idle),
        settings,
        model.sha256,
        preflight.clean_accuracy if preflight else 0.0,
        seconds=0.0,
        image_passes=0,
    )


def _warnings(
    settings: DetectSettings, preflight: Preflight, detection: Detection
) -> tuple[str, ...]:
    """Everything that limits the verdict, most important first."""
    blind = (ONLY_CLASSES,) if detection.classes and settings.preset != "map" else ()
    return (*preflight.warnings, *detection.warnings, *blind)
