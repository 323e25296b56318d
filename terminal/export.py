"""The command `export`: a trained network as a file for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from engine.errors import EngineError
from engine.events import Job
from engine.model_saving import export_job, load_job, writer_for
from engine.models import Model
from terminal.answers import refuse
from terminal.printing import errors, print_rows
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
    if to.exists() or to.is_symlink():
        raise EngineError(f"{to} already exists and is not overwritten. Choose a new name.")
    writer_for(to)  # so that a wrong ending is said before a large file is read
    with watching(errors()) as watch:
        done = watch(_export(source, to))
    if done is None:
        return refuse("Stopped. Nothing was written.")
    model, path = done
    print_rows((
        ("network", f"{model.architecture}, {'x'.join(map(str, model.shape))}"),
        ("model", f"SHA-256 {model.sha256}"),
        ("written", str(path)),
    ))  # fmt: skip
    return 0


def _export(source: Path, to: Path) -> Job[tuple[Model, Path]]:
    model = yield from load_job(source)
    return model, (yield from export_job(model, to))
