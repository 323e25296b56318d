"""The command `audit`: what is to be said of a model that somebody else trained."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine.data import DataSet
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Job, Warned
from engine.input_format import InputFormat
from engine.models import Model
from engine.opening.fits import Fit
from engine.opening.jobs import (
    AUTO,
    Opened,
    audit_job,
    open_model_job,
    settings_for,
    write_audit_job,
)
from engine.settings import ExperimentSettings, with_assignments
from terminal import options
from terminal.answers import on_all_cores
from terminal.data_choice import loading, naming_data
from terminal.outcome import claimed, report
from terminal.printing import errors
from terminal.progress import watching

_SAID_BY = {
    "data.name": "Name the data with --data.",
    "data.folder": "Name the data with --data.",
    "train.architecture": "Name the network with --arch.",
    "train.input_range": "Say what it takes with --input-range.",
}


def audit(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A .safetensors or .pt file.")],
    data_name: Annotated[
        str,
        typer.Option(
            "--data",
            help="What it was trained on: a data set's name, such as mnist, or a folder of images.",
        ),
    ],
    architecture: Annotated[
        str,
        typer.Option("--arch", help="Its network, such as badnet; auto guesses it by its tensors."),
    ] = AUTO,
    input_range: Annotated[
        str,
        typer.Option(
            "--input-range",
            help="What it takes for an image: 0..1, 0..255, -1..1, or mean=0.13 std=0.31; BGR"
            " behind it for blue first. auto takes what the file says, or what works best.",
        ),
    ] = AUTO,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help=f"How thorough: {options.PRESETS}; standard unless said."),
    ] = None,
    out: options.Out = None,
    assignments: Annotated[list[str] | None, options.assignments("detect.images=500")] = None,
) -> int:
    """Scan a model that somebody else trained; nothing in its file is run."""
    input_range = _checked_range(input_range)
    wanted = [] if architecture == AUTO else [f"train.architecture={architecture}"]
    wanted += [f"detect.preset={preset}"] if preset else []
    wanted += _checked(assignments or [], preset)
    settings = on_all_cores(with_assignments(ExperimentSettings(), wanted))
    model = _file_in(model)
    with claimed(out) as folder, watching(errors()) as watch:
        named = watch(naming_data(settings, data_name))
        data_set = watch(loading(named)) if named else None
        opened = watch(_opening(model, data_set)) if data_set else None
        if named is None or opened is None:
            return report(None, None, folder)
        fit = opened.choose(architecture)
        settings = settings_for(fit, named)
        given_by = "as given"
        if input_range == AUTO and fit.input_range:
            input_range, given_by = fit.input_range, "as the file says"
        judged = fit.as_model(opened.file, AUTO)
        done = watch(audit_job(settings, judged, input_range))
        if done is not None:
            watch(_writing(settings, *done, folder))
    detection = done[1] if done else None
    return report(None, detection, folder, _rows(opened, fit, detection, given_by))


def _file_in(path: Path) -> Path:
    """The model file that was named, or that of the experiment's folder that was named.

    Raises:
        EngineError: It is a folder without one.
    """
    if not path.is_dir():
        return path
    if not (path / "model.safetensors").is_file():
        raise EngineError(
            f"{path} is a folder without a model.safetensors. Name the model file itself."
        )
    return path / "model.safetensors"


def _opening(path: Path, data_set: DataSet) -> Job[Opened]:
    """Open a model file, and say what there is to say about it."""
    opened = yield from open_model_job(path, data_set.shape, data_set.classes)
    for note in opened.notes:
        yield Warned(note)
    return opened


def _writing(
    settings: ExperimentSettings, judged: Model, detection: Detection, folder: Path
) -> Job[None]:
    """Write an audit; a folder that cannot be written does not cost the verdict."""
    try:
        yield from write_audit_job(settings, judged, detection, folder)
    except EngineError as problem:
        yield Warned(f"{problem} What was found is told here, and kept nowhere else.")


def _checked(assignments: list[str], preset: str | None) -> list[str]:
    """The assignments, unless one of them would do nothing, or contradict an option."""
    for assignment in assignments:
        path = assignment.partition("=")[0].strip()
        if path in _SAID_BY or path.partition(".")[0] in ("attack", "train"):
            instead = _SAID_BY.get(path, "An audit neither trains nor poisons: leave it out.")
            raise EngineError(f"--set {assignment}: that changes nothing here. {instead}")
        if path == "detect.preset" and preset:
            raise EngineError(
                f"--set {assignment}: --preset {preset} gives the preset as well. Give it once."
            )
    return assignments


def _checked_range(text: str) -> str:
    if text.strip().lower() == AUTO:
        return AUTO
    try:
        return str(InputFormat.parse(text))
    except EngineError as error:
        raise EngineError(f"--input-range: {error}") from error


def _rows(
    opened: Opened, fit: Fit, detection: Detection | None, given_by: str
) -> Iterator[tuple[str, str]]:
    """What the audit was of, and what the pre-flight said.

    Args:
        opened: The file.
        fit: The network it was taken for.
        detection: What was found, or None.
        given_by: Where an input range came from that was not found out: "as given".
    """
    yield "model", f"{opened.file.name}, SHA-256 {opened.file.sha256}"
    yield "network", fit.title
    preflight = detection.preflight if detection else None
    if preflight is not None:
        chosen = given_by if preflight.given else "proposed by the pre-flight"
        if preflight.given or not preflight.lacks_numbers:
            yield "input range", f"{preflight.taken}, {chosen}"
        yield "pre-flight", preflight.summary
        if preflight.brightness is not None:
            yield "brightness", preflight.brightness.sentence
