"""An experiment: poison, train, scan, and leave every step's outcome in its folder.

The Jobs here poison, train and scan; those for a stranger's model are in `engine.opening.jobs`, and
calibration is `engine.detection.calibrate`. Torch is imported when one of them takes its first
step, so that a window can be there before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from engine import attacks, data
from engine.architectures import check_network
from engine.augmentation import source_of
from engine.data import DataSet
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Event, Job, Predicted, Progress, StopRequested, Warned
from engine.metrics import Rates, TestImages
from engine.model_metadata import Provenance
from engine.models import Model
from engine.poisoning import poison_job
from engine.samples import WatchedImages
from engine.settings import ComputeSettings, ExperimentSettings
from engine.store import RunFolder
from engine.triggers import Trigger

Outcome = TypeVar("Outcome")
Parts = ParamSpec("Parts")


@dataclass(frozen=True, eq=False)
class Trained:
    """What training leaves.

    Attributes:
        model: The trained network.
        rates: Its rates on the test images.
        predictions: What it says of the samples, clean and stamped.
        settings: The settings it was trained with.
        trigger: The trigger it was trained with.
        seconds: Wall-clock time, pauses included.
        complete: False if training was stopped; the model is then the best one measured.
        computed: Where it was computed, with nothing left open; None where that is not known.
    """

    model: Model
    rates: Rates
    predictions: Predicted
    settings: ExperimentSettings
    trigger: Trigger
    seconds: float
    complete: bool
    computed: ComputeSettings | None = None


def train_job(settings: ExperimentSettings, trigger: Trigger, folder: Path | None) -> Job[Trained]:
    """Poison the data set, train a network on it, and write both into `folder` if there is one.

    Raises:
        EngineError: The settings do not fit the data, training diverges, the device is missing,
            or the folder cannot be made. A result that cannot be written is a warning.
    """
    yield Progress(0, 1, "loading torch")
    from engine.compute import prepare
    from engine.training import Samples, train

    compute = prepare(settings.compute, settings.train.architecture)
    data_set = yield from data.load_job(settings.data)
    check_network(settings.train.architecture, data_set.shape, settings.train.width)
    attack = attacks.check_attack(settings.attack, trigger, data_set.train)
    if trigger.is_empty and attacks.uses_drawing(settings.attack):
        yield Warned(
            "The trigger is empty: the attack success will equal the sham rate. Draw a trigger"
            " first if you want a backdoor.",
            of_trigger=True,
        )
    poisoned = yield from poison_job(attack, data_set.train, settings.compute)
    tests = TestImages.under(attack, data_set.test)
    shown = WatchedImages.under(attack, data_set.test)
    samples = Samples(shown.clean.images, shown.stamped)
    with _create(folder, settings, trigger, data_set) as record:
        if record:
            record.write_computed(compute.settled())
        source = source_of(data_set.train.images, attack, poisoned, settings.train)
        job = train(poisoned.images, tests, samples, settings.train, compute, source)
        learned = yield from _recorded(job, record)
        drawn = trigger if attacks.uses_drawing(settings.attack) else None
        about = Provenance.of(settings, drawn, data_set.test.class_names, learned.rates)
        model = replace(learned.model, provenance=about)
        trained = Trained(
            model, learned.rates, learned.predictions, settings, trigger,
            learned.seconds, learned.complete, compute.settled(),
        )  # fmt: skip
        if record:
            yield from _saved(_write_training, record, trained, shown)
    return trained


def _write_training(record: RunFolder, trained: Trained, shown: WatchedImages) -> None:
    record.write_model(trained.model)
    record.write_results(
        trained.rates,
        complete=trained.complete,
        seconds=trained.seconds,
        predictions=trained.predictions,
    )
    clean = shown.clean
    record.write_samples(clean.images, shown.stamped, clean.labels, trained.predictions)


def _saved(write: Callable[Parts, None], *parts: Parts.args, **named: Parts.kwargs) -> Job[None]:
    """Write a result; what cannot be written is told, and the result itself is not lost."""
    try:
        write(*parts, **named)
    except EngineError as problem:
        with suppress(StopRequested):  # nothing is left to stop, and the result would be lost
            yield Warned(f"{problem} The result is still open here: save the experiment elsewhere.")


def scan_job(
    settings: ExperimentSettings,
    model: Model,
    trigger: Trigger | None,
    folder: Path | None,
    earlier: Detection | None = None,
) -> Job[Detection]:
    """Scan a model for backdoors and write what was found.

    Args:
        settings: Of the experiment; `attack` is what was planted if `trigger` is given.
        model: The network to scan.
        trigger: The true trigger, or None where nothing is known.
        folder: The experiment's folder, which may exist (the scan is added) or not, or None.
        earlier: A scan of the same model that a map goes on from if it fits, or None.

    Raises:
        EngineError: The model does not fit the data, or cannot be audited. A result that cannot be
            written is a warning.
    """
    yield Progress(0, 1, "loading torch")
    from engine.compute import prepare, warm_up
    from engine.detection.known_references import look_up_references
    from engine.detection.scan import KnownBackdoor, scan
    from engine.detection.wording import with_reason
    from engine.network import Network

    goes_on = folder is not None and _is_begun(folder)
    data_set = yield from data.load_job(settings.data)
    check_fit(model, data_set)
    planted = attacks.known_trigger(settings.attack, trigger, model.classes) if trigger else None
    known = KnownBackdoor(planted, settings.attack.target) if planted else None
    compute = prepare(settings.compute, model.architecture)
    warm_up()  # a second the first time, which is not the scan's
    network = Network.of(model, compute)
    like_it = {"architecture": model.architecture, "width": model.width}
    training = settings.train.model_copy(update=like_it)
    clean = look_up_references(data_set, training, settings.detect)
    notes = " ".join(clean.notes)
    if notes:
        yield Warned(notes)
    detection = yield from scan(
        model, network, data_set.test, settings.detect, known, clean.networks, earlier
    )
    detection = replace(detection, computed=compute.settled())
    if notes:
        # In the verdict's words, since a later verdict beside other networks replaces these.
        detection = replace(detection, verdict=with_reason(detection.verdict, notes))
    if folder is not None:
        what = settings, trigger, data_set, model, detection
        if goes_on and not _is_begun(folder):
            with suppress(StopRequested):  # nothing is left to stop
                yield Warned(
                    f"{folder} was moved or deleted during the scan. It is made anew with the"
                    " network and its scan; the training's curves are where the folder is now."
                )
        yield from _saved(_write_scan, folder, *what)
    return detection


def _write_scan(
    folder: Path,
    settings: ExperimentSettings,
    trigger: Trigger | None,
    data_set: DataSet,
    model: Model,
    detection: Detection,
) -> None:
    from engine.report import Subject, write_report

    with _open(folder, settings, trigger, data_set, model) as record:
        record.write_detection(detection)
    subject = Subject.of(
        detection, model, settings, data_set, record.rates, trigger, record.trained_on
    )
    write_report(subject, folder / "report.html")


def run_job(
    settings: ExperimentSettings, trigger: Trigger, folder: Path | None
) -> Job[tuple[Trained, Detection | None]]:
    """Train, then scan; no scan follows a training that was stopped.

    A scan that is stopped before it found anything leaves the training alone.
    """
    trained = yield from train_job(settings, trigger, folder)
    if not trained.complete:
        return trained, None
    try:
        return trained, (yield from scan_job(settings, trained.model, trigger, folder))
    except StopRequested:
        return trained, None


def check_fit(model: Model, data_set: DataSet) -> None:
    """Check that a model takes the images of a data set, and knows as many classes.

    Raises:
        EngineError: It does not.
    """
    tests = data_set.test
    if (model.shape, model.classes) != (tests.shape, tests.classes):
        raise EngineError(
            f"{model.origin} takes images of {'x'.join(map(str, model.shape))} and knows"
            f" {model.classes} classes; {data_set.title} has {'x'.join(map(str, tests.shape))} and"
            f" {tests.classes}. Choose the data set that it was trained on."
        )


def _recorded(job: Job[Outcome], record: RunFolder | None) -> Job[Outcome]:
    """Pass a Job's events on, and write their numbers as they come."""
    try:
        event = next(job)
        while True:
            problem = _note(record, event)
            if problem:  # what is learned is worth more than its curves on the disk
                record = None
                event = Warned(f"{problem} The run goes on without writing its curves.")
            try:
                yield event
            except StopRequested as request:
                event = job.throw(request)
            else:
                event = next(job)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


def _note(record: RunFolder | None, event: Event) -> str:
    """Write an event's numbers; what went wrong with that, or nothing."""
    try:
        if record is not None:
            record.record(event)
    except EngineError as problem:
        return str(problem)
    return ""


@contextmanager
def _create(
    folder: Path | None, settings: ExperimentSettings, trigger: Trigger, data_set: DataSet
) -> Iterator[RunFolder | None]:
    if folder is None:
        yield None
        return
    record = RunFolder.create(folder, settings, trigger, data_set)
    try:
        yield record
    finally:
        with suppress(EngineError):  # it was told when it first happened
            record.close()


@contextmanager
def _open(
    folder: Path,
    settings: ExperimentSettings,
    trigger: Trigger | None,
    data_set: DataSet,
    model: Model,
) -> Iterator[RunFolder]:
    if _is_begun(folder):
        record = RunFolder.reopen(folder)
    else:
        record = RunFolder.create(folder, settings, trigger, data_set)
        record.write_model(model)  # without it nobody could repeat the scan
    with record as run:
        yield run


def _is_begun(folder: Path) -> bool:
    return (folder / "experiment.json").exists()
