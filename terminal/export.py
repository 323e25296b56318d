"""The command `export`: a trained network as a file for other programs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.events import Job
from engine.model_saving import export_job, load_job
from engine.models import Model
from terminal.answers import errors, refuse
from terminal.progress import watching


def export(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="A model that this program saved, or an experiment's folder."
        ),
    ],
    to: Annotated[
        Path,
        typer.Option("--to", metavar="FILE", help="Where to: FILE.onnx or FILE.safetensors."),
    ],
) -> int:
    """Write a trained network as ONNX, or as safetensors with all that is known of it."""
    with watching(errors()) as watch:
        done = watch(_export(source, to))
    if done is None:
        return refuse("Stopped. Nothing was written.")
    model, path = done
    output = Console()
    for name, text in (
        ("network", f"{model.architecture}, {'x'.join(map(str, model.shape))}"),
        ("model", f"SHA-256 {model.sha256}"),
        ("written", str(path)),
    ):
        output.print(f"{name:<16}{text}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _export(source: Path, to: Path) -> Job[tuple[Model, Path]]:
    model = yield from load_job(source)
    return model, (yield from export_job(model, to))
