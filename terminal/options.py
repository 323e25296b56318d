"""Options and arguments that several commands take, declared once."""

from pathlib import Path
from typing import Annotated, get_args

import typer

from engine.settings import DetectSettings

PRESETS = ", ".join(get_args(DetectSettings.model_fields["preset"].annotation))
Experiment = Annotated[
    Path | None,
    typer.Argument(
        metavar="EXPERIMENT.json",
        help="Settings to start from: an experiment.json or its folder. Without it, the"
        " default experiment.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="A new folder for the results; without it, runs/TIME."
    ),
]
Data = Annotated[
    str | None, typer.Option("--data", help="A data set's name, or a folder of images.")
]


def folder_of(experiment: Path) -> Path:
    """The folder that a file of settings lies in, or that was named itself."""
    return experiment if experiment.is_dir() else experiment.parent


def assignments(example: str) -> object:
    """The option --set, with an example that suits the command."""
    return typer.Option("--set", metavar="PATH=VALUE", help=f"Change a setting: {example}")
