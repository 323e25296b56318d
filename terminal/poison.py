"""The command `poison`: a poisoned training set as files, for use elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from engine import store, triggers
from engine.data import DataSet
from engine.poisoned_set import export_poisoned_job
from engine.settings import ExperimentSettings, with_assignments
from terminal import options
from terminal.answers import on_all_cores, refuse
from terminal.data_choice import loading, naming_data
from terminal.printing import errors, output
from terminal.progress import watching


def poison(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="DIR|FILE",
            help="A new folder for PNGs and a table, or FILE.safetensors.",
        ),
    ],
    experiment: options.Experiment = None,
    assignments: Annotated[list[str] | None, options.assignments("attack.family=wanet")] = None,
    data_name: options.Data = None,
) -> int:
    """Poison a training set and write it, with what was done to which image."""
    before = store.read_settings(experiment) if experiment else ExperimentSettings()
    settings = on_all_cores(with_assignments(before, assignments or []))
    given_here = settings.attack.trigger != before.attack.trigger
    beside = None if given_here or experiment is None else options.folder_of(experiment)
    written = None
    with watching(errors()) as watch:
        named = watch(naming_data(settings, data_name))
        data_set: DataSet | None = watch(loading(named)) if named else None
        if named is not None and data_set is not None:
            drawn = triggers.find(named.attack.trigger, data_set.shape, beside)
            written = watch(export_poisoned_job(named, drawn, to))
    if written is None:
        return refuse("Stopped. Nothing was written.")
    output().say(f"The poisoned set is in {written}.")
    return 0
