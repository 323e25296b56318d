"""The commands: what the window does, without it. Their exit codes are a contract.

0: scanned, no patch-type backdoor found. 1: a backdoor is likely or suspected. 2: it could not be
done, or was stopped; one line on stderr says why.
"""

import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine import store, triggers
from engine.data import DATA_SOURCES
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.experiment import Trained, run_job
from engine.metrics import percent
from engine.settings import ExperimentSettings, with_assignments
from terminal.progress import ProgressDisplay, follow, stopping_on_signals

EXIT_CODES = {"not_found": 0, "likely": 1, "suspicious": 1, "not_auditable": 2}
COULD_NOT = 2
RUNS = Path("runs")

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
        return _refuse(str(error))
    except typer.TyperException as error:
        return _refuse(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        return _refuse("Interrupted at once. What was written before is whole.")
    except Exception as error:
        _errors().print(traceback.format_exc(), markup=False, highlight=False)
        return _refuse(f"A fault of this program ({type(error).__name__}): {error}")
    return int(code or 0)


def run_without_display(reason: str) -> int:
    """Run the default experiment because no window can be opened; returns the exit code."""
    _errors().print(
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
            metavar="[EXPERIMENT.json]",
            help="Settings to start from: an experiment.json or its folder. Without it, the"
            " default experiment.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="A new folder for the results [runs/TIME]."),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: train.epochs=2"),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Set all three seeds.")] = None,
) -> int:
    """Poison, train and scan; write everything into a folder."""
    before = store.read_settings(experiment) if experiment else ExperimentSettings()
    settings = with_assignments(before, [*_seeds(seed), *(assignments or [])])
    given_here = settings.attack.trigger != before.attack.trigger
    beside = None if given_here or experiment is None else _folder_of(experiment)
    shape = DATA_SOURCES[settings.data.name].shape
    trigger = triggers.find(settings.attack.trigger, shape, beside)
    folder = _claim(out)
    with stopping_on_signals() as stop, ProgressDisplay(_errors()) as display:
        outcome = follow(run_job(settings, trigger, folder), display.show, stop)
    trained, detection = outcome or (None, None)
    return _report(trained, detection, folder)


def _report(trained: Trained | None, detection: Detection | None, folder: Path) -> int:
    """Print the summary and choose the exit code."""
    rows: list[tuple[str, str]] = []
    if trained:
        rows += [
            ("clean accuracy", percent(trained.rates.clean_accuracy)),
            ("attack success", percent(trained.rates.attack_success)),
            ("sham rate", percent(trained.rates.sham_rate)),
        ]
    if detection:
        rows.append(("verdict", detection.verdict.headline))
    times = {"training": trained, "scan": detection}
    spent = [f"{name} {part.seconds:.1f} s" for name, part in times.items() if part]
    rows += [("time", ", ".join(spent))] if spent else []
    rows.append(("folder", str(folder)))
    output = Console()
    for name, text in rows:
        output.print(f"{name:<16}{text}", markup=False, highlight=False, soft_wrap=True)
    if detection is None or not detection.complete:
        return _refuse(f"Stopped before the scan was complete. What there is stays in {folder}.")
    return EXIT_CODES[detection.verdict.outcome]


def _seeds(seed: int | None) -> list[str]:
    if seed is None:
        return []
    return [f"{group}.seed={seed}" for group in ("attack", "train", "detect")]


def _folder_of(experiment: Path) -> Path:
    return experiment if experiment.is_dir() else experiment.parent


def _claim(out: Path | None) -> Path:
    """The folder to write to; refused before any work if it holds something."""
    return store.new_run_folder(RUNS) if out is None else store.make_empty_folder(out)


def _refuse(sentence: str) -> int:
    _errors().print(sentence, markup=False, highlight=False, soft_wrap=True)
    return COULD_NOT


def _errors() -> Console:
    """Standard error as it is now; tests replace it."""
    return Console(stderr=True)
