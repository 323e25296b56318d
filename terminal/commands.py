"""The commands: what the window does, without it. Their exit codes are a contract.

Of `audit`, 0: scanned, no patch-type backdoor found. 1: a backdoor is likely or suspected. Of
`run` and `calibrate`, 0: it came to its end. Of all, 2: it could not be done, or was stopped; one
line on stderr says why.
"""

import contextlib
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from engine import store, triggers
from engine.data import DataSet
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Job, Warned
from engine.experiment import Trained, run_job, scan_job
from engine.input_format import InputFormat
from engine.metrics import percent
from engine.modelfile import ModelFile, open_job
from engine.models import Model
from engine.settings import DetectSettings, ExperimentSettings, with_assignments
from terminal.answers import errors, on_all_cores, refuse
from terminal.calibrate import calibrate
from terminal.data_choice import download, loading, naming_data
from terminal.progress import watching

EXIT_CODES = {"not_found": 0, "likely": 1, "suspicious": 1}
INTERRUPTED = 130  # what typer makes of an interrupt
RUNS = Path("runs")
PRESETS = get_args(DetectSettings.model_fields["preset"].annotation)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.command()(calibrate)
app.command()(download)


@app.callback()
def main() -> None:
    """Make backdoor attacks on image classifiers, and the search for them, visible.

    Without arguments, the window opens.
    """


def run_command_line(arguments: list[str]) -> int:
    """Do what the arguments say, and return the exit code; nothing is raised."""
    try:
        code = app(arguments, prog_name="main.py", standalone_mode=False)
    except EngineError as error:
        return refuse(str(error))
    except typer.TyperException as error:
        return refuse(f"{error.format_message().rstrip('.')}. See: main.py --help")
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        errors().print(traceback.format_exc(), markup=False, highlight=False)
        return refuse(f"A fault of this program ({type(error).__name__}): {error}")
    if code == INTERRUPTED:
        return refuse("Interrupted at once. What was written before is whole.")
    return int(code or 0)


def run_without_display(reason: str) -> int:
    """Run the default experiment because no window can be opened; returns the exit code."""
    errors().print(
        f"No display can be opened ({reason}): running the default experiment without a window.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    return run_command_line(["run"])


@app.command()
def run(
    experiment: Annotated[
        Path | None,
        typer.Argument(
            metavar="EXPERIMENT.json",
            help="Settings to start from: an experiment.json or its folder. Without it, the"
            " default experiment.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="A new folder for the results; without it, runs/TIME."
        ),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: train.epochs=2"),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Set all three seeds.")] = None,
    data_name: Annotated[
        str | None, typer.Option("--data", help="A data set's name, or a folder of images.")
    ] = None,
) -> int:
    """Poison, train and scan; write everything into a folder."""
    before = store.read_settings(experiment) if experiment else ExperimentSettings()
    settings = on_all_cores(with_assignments(before, [*_seeds(seed), *(assignments or [])]))
    given_here = settings.attack.trigger != before.attack.trigger
    beside = None if given_here or experiment is None else _folder_of(experiment)
    with _claimed(out) as folder, watching(errors()) as watch:
        named = watch(naming_data(settings, data_name))
        data_set = watch(loading(named)) if named else None
        if named is None or data_set is None:
            return _report(None, None, folder)
        settings = named
        trigger = triggers.find(settings.attack.trigger, data_set.shape, beside)
        outcome = watch(run_job(settings, trigger, folder))
    trained, detection = outcome or (None, None)
    code = _report(trained, detection, folder)
    # A verdict is what was asked for, whatever it is; only an audit passes it on as a code.
    return 0 if detection is not None and detection.complete else code


@app.command()
def audit(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A .safetensors or .pt file.")],
    architecture: Annotated[str, typer.Option("--arch", help="Its network, such as badnet.")],
    data_name: Annotated[
        str, typer.Option("--data", help="What it was trained on: mnist, or a folder.")
    ],
    input_range: Annotated[
        str, typer.Option("--input-range", help="The values that it takes for black..white.")
    ],
    preset: Annotated[
        str, typer.Option("--preset", help=f"How thorough: {', '.join(PRESETS)}.")
    ] = "standard",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="A new folder for the results; without it, runs/TIME."
        ),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: detect.images=500"),
    ] = None,
) -> int:
    """Scan a model that somebody else trained; nothing in its file is run."""
    input_range = _checked_range(input_range)
    given = {"train.architecture": architecture, "detect.preset": preset}
    wanted = [f"{path}={value}" for path, value in given.items()]
    settings = on_all_cores(with_assignments(ExperimentSettings(), [*wanted, *(assignments or [])]))
    with _claimed(out) as folder, watching(errors()) as watch:
        named = watch(naming_data(settings, data_name))
        opened = watch(_open(model)) if named else None
        data_set = watch(loading(named)) if named and opened else None
        if named is None or opened is None or data_set is None:
            return _report(None, None, folder)
        settings = named
        judged = _as_model(opened, settings, data_set, input_range)
        detection = watch(scan_job(settings, judged, None, None))
        with store.RunFolder.create(folder, settings, None, data_set) as record:
            record.write_model(judged)
            if detection:
                record.write_detection(detection)
    return _report(None, detection, folder, [("model", f"{opened.name}, SHA-256 {opened.sha256}")])


def _open(path: Path) -> Job[ModelFile]:
    """Open a model file, and say what there is to say about it."""
    opened = yield from open_job(path)
    for note in opened.notes:
        yield Warned(note)
    return opened


def _checked_range(text: str) -> str:
    try:
        return str(InputFormat.parse(text))
    except EngineError as error:
        raise EngineError(f"--input-range: {error}") from error


def _as_model(
    opened: ModelFile, settings: ExperimentSettings, data_set: DataSet, input_range: str
) -> Model:
    return Model(
        settings.train.architecture,
        data_set.shape,
        data_set.classes,
        opened.tensors,
        input_range=input_range,
        origin=opened.name,
        file_sha256=opened.sha256,
    )


def _report(
    trained: Trained | None,
    detection: Detection | None,
    folder: Path,
    rows: Iterable[tuple[str, str]] = (),
) -> int:
    """Print the summary and choose the exit code."""
    rows = [*rows, *_findings(trained, detection), ("folder", str(folder))]
    output = Console()
    for name, text in rows:
        output.print(f"{name:<16}{text}", markup=False, highlight=False, soft_wrap=True)
    if detection is None or not detection.complete:
        return refuse(f"Stopped before the scan was complete. What there is stays in {folder}.")
    if detection.verdict.outcome == "not_auditable":
        return refuse(detection.verdict.headline)
    return EXIT_CODES[detection.verdict.outcome]


def _findings(trained: Trained | None, detection: Detection | None) -> Iterator[tuple[str, str]]:
    """What came out, as names and texts."""
    if trained:
        yield "clean accuracy", percent(trained.rates.clean_accuracy)
        yield "attack success", percent(trained.rates.attack_success)
        yield "sham rate", percent(trained.rates.sham_rate)
    elif detection:
        yield "clean accuracy", percent(detection.clean_accuracy)
    if detection:
        yield "verdict", detection.verdict.headline
    parts = {"training": trained, "scan": detection}
    times = [f"{name} {part.seconds:.1f} s" for name, part in parts.items() if part]
    if times:
        yield "time", ", ".join(times)


def _seeds(seed: int | None) -> list[str]:
    if seed is None:
        return []
    return [f"{group}.seed={seed}" for group in ("attack", "train", "detect")]


def _folder_of(experiment: Path) -> Path:
    return experiment if experiment.is_dir() else experiment.parent


@contextlib.contextmanager
def _claimed(out: Path | None) -> Iterator[Path]:
    """The folder to write to, refused before any work if it holds something."""
    was_there = out is not None and out.exists()
    folder = store.new_run_folder(RUNS) if out is None else store.make_empty_folder(out)
    try:
        yield folder
    finally:
        if not was_there:
            with contextlib.suppress(OSError):
                folder.rmdir()  # does nothing unless it is still empty
                if out is None:
                    RUNS.rmdir()
