"""What stands behind --data, and the command `download`."""

from pathlib import Path
from typing import Annotated

import typer

from engine import data
from engine.data import DataSet
from engine.events import Job, Warned
from engine.settings import ExperimentSettings
from terminal.answers import refuse
from terminal.printing import errors, output
from terminal.progress import watching


def naming_data(settings: ExperimentSettings, text: str | None) -> Job[ExperimentSettings]:
    """The settings with the data set that was meant: a name, a folder, or None to keep theirs.

    Raises:
        EngineError: It is neither, or its files are not what they should be.
    """
    if text is None:
        return settings
    chosen = yield from data.choose_job(text, settings.data)
    return settings.model_copy(update={"data": chosen})


def loading(settings: ExperimentSettings) -> Job[DataSet]:
    """Load the data set, and say what there is to say of it.

    Raises:
        EngineError: It cannot be loaded.
    """
    data_set = yield from data.load_job(settings.data)
    for note in data_set.notes:
        yield Warned(note)
    return data_set


def download(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Which data set, such as fashion-mnist.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="DIR", help="Take its files from this folder instead of downloading."
        ),
    ] = None,
) -> int:
    """Get the files of a published data set and compare them with their checksums."""
    job = data.download_job(name) if folder is None else data.take_job(name, folder)
    with watching(errors()) as watch:
        home = watch(job)
    if home is None:
        return refuse("Stopped. Files that were complete are kept; the same command goes on.")
    title = data.DATA_SOURCES[name].title
    output().say(f"{title} is in {home}.")
    return 0
