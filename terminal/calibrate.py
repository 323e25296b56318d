"""The command `calibrate`: clean networks for a data set and a network that none ship for."""

import time
from pathlib import Path
from typing import Annotated

import typer

from engine import store
from engine.data import DataSet
from engine.detection.bounds import LEAST_FOR_LIKELY
from engine.detection.calibrate import USUAL_NETWORKS, Standing, calibrate_job, standing
from engine.detection.calibration import LEAST_REFERENCES
from engine.detection.reference_cache import MOST_NETWORKS
from engine.detection.references import References, find_references
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Event, Job, NetworkCalibrated, Warned
from engine.metrics import percent
from engine.new_verdict import judge_experiment_anew
from engine.settings import ExperimentSettings, with_assignments
from terminal import options
from terminal.answers import on_all_cores, refuse
from terminal.data_choice import loading, naming_data
from terminal.printing import errors, print_rows
from terminal.progress import watching

GOOD_FOR = {"map": "scans with the presets standard and map"}


def calibrate(
    experiment: options.Experiment = None,
    data_name: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="What the networks shall learn: a data set's name, such as mnist, or a folder of"
            " images.",
        ),
    ] = None,
    architecture: Annotated[
        str | None, typer.Option("--arch", help="Which network, such as badnet.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help=f"The scan that they are for: {options.PRESETS}."),
    ] = None,
    networks: Annotated[
        int,
        typer.Option(
            "--networks",
            min=LEAST_REFERENCES,
            max=MOST_NETWORKS,
            help=f"How many; with fewer than {LEAST_FOR_LIKELY} a verdict is never more than"
            " suspicious.",
        ),
    ] = USUAL_NETWORKS,
    assignments: Annotated[list[str] | None, options.assignments("train.epochs=2")] = None,
) -> int:
    """Train clean networks, so that verdicts know what is usual; goes on where it was stopped.

    The scan in an experiment's folder has its verdict given anew beside them, without a new scan.
    """
    settings = store.read_settings(experiment) if experiment else ExperimentSettings()
    given = {"train.architecture": architecture, "detect.preset": preset}
    wanted = [f"{path}={value}" for path, value in given.items() if value is not None]
    settings = on_all_cores(with_assignments(settings, [*wanted, *(assignments or [])]))
    start = time.monotonic()
    with watching(errors()) as watch:
        prepared = watch(_prepare(settings, data_name, networks))
        if prepared is None:
            return refuse("Stopped before the data set was read.")
        settings, before = prepared
        references = watch(_told(calibrate_job(settings, networks)))
        if references is None:
            return _stopped(before, networks)
        judged = watch(_judged(experiment, settings, references)) if experiment else None
    _report(references, before, time.monotonic() - start)
    if judged is not None:
        print_rows([("verdict", judged.verdict.headline)])
    return 0


def _prepare(
    settings: ExperimentSettings, data_name: str | None, networks: int
) -> Job[tuple[ExperimentSettings, Standing]]:
    """The settings with the data set that was meant, and what is there already."""
    settings = yield from naming_data(settings, data_name)
    data_set = yield from loading(settings)
    yield from _notes(settings, data_set, networks)
    return settings, standing(settings, data_set, networks)


def _notes(settings: ExperimentSettings, data_set: DataSet, networks: int) -> Job[None]:
    """Say what a person would want to know before it takes minutes."""
    try:
        ships = find_references(
            data_set.name, settings.train.architecture, settings.detect,
            classes=data_set.test.classes,
        )  # fmt: skip
    except EngineError:
        ships = None
    if ships is not None:
        yield Warned(
            f"{len(ships.networks)} clean networks for this ship with the program, and scans take"
            " those first."
        )
    if networks < LEAST_FOR_LIKELY:
        yield Warned(
            f"With {networks} clean networks a verdict is never more than suspicious;"
            f" {LEAST_FOR_LIKELY} are the least for a chance of 5 %."
        )


def _told(job: Job[References]) -> Job[References]:
    """Say of each network how it came out, beside the progress."""
    event: Event = next(job)
    try:
        while True:
            yield event
            if isinstance(event, NetworkCalibrated) and not event.was_there:
                yield Warned(
                    f"network {event.number} of {event.total} is right on"
                    f" {percent(event.clean_accuracy)}: {event.recipe}"
                )
            event = next(job)
    except StopIteration as stop:
        references: References = stop.value
        return references
    finally:
        job.close()


def _judged(
    experiment: Path, settings: ExperimentSettings, references: References
) -> Job[Detection | None]:
    """The verdict given anew on the scan that lies with the settings, if there is one."""
    folder = options.folder_of(experiment)
    if not store.has_scan(folder):
        return None
    try:
        held = store.open_experiment(folder)
        if held.detection is None or held.model is None:
            raise EngineError(held.scan_problem or "The network that it is of is missing.")
        if held.detection.is_calibrated:
            raise EngineError("It was compared with clean networks of its kind already.")
        its_own = held.settings.data, held.model.architecture, held.model.width
        if its_own != (settings.data, settings.train.architecture, settings.train.width):
            raise EngineError("It is of other data or another network than these clean ones.")
        return (yield from judge_experiment_anew(held, references))
    except EngineError as problem:
        yield Warned(f"The scan in {folder} keeps its verdict. {problem}")
        return None


def _stopped(before: Standing, networks: int) -> int:
    count = sum(1 for path in before.folder.glob("network-*.json"))
    return refuse(
        f"Stopped: {count} of {networks} clean networks are finished, in {before.folder}. The same"
        " command goes on with the next."
    )


def _report(references: References, before: Standing, seconds: float) -> None:
    accuracies = [one.clean_accuracy for one in references.networks]
    there = len(before.networks)
    print_rows((
        ("networks", f"{len(references.networks)} clean {references.architecture}, {there} of them"
                     " were there already"),
        ("clean accuracy", f"{percent(min(accuracies))} to {percent(max(accuracies))}"),
        ("good for", GOOD_FOR.get(before.preset, f"scans with the preset {before.preset}")),
        ("folder", str(before.folder)),
        ("time", f"{seconds:.1f} s"),
    ))  # fmt: skip
