"""A model on its own: saved for later, opened again, and handed on in other formats."""

from collections.abc import Callable
from pathlib import Path

from engine import store
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.files import write_file
from engine.model_metadata import read_metadata
from engine.modelfile import ModelFile, open_job
from engine.models import ARCHITECTURES, Model
from engine.onnx_export import onnx_job

Writer = Callable[[Model, Path], Job[Path]]


def save_job(model: Model, path: Path) -> Job[Path]:
    """Write a model as safetensors, with all that is known of it in its header.

    Raises:
        EngineError: It cannot be written; what was there before is unchanged.
    """
    yield Progress(0, 1, "writing the model")
    write_file(path, model.to_bytes())
    return path


WRITERS: dict[str, Writer] = {".safetensors": save_job, ".onnx": onnx_job}


def export_job(model: Model, path: Path) -> Job[Path]:
    """Write a model in the format that the file's ending names.

    Raises:
        EngineError: The ending is another one, or the file cannot be made.
    """
    return (yield from writer_for(path)(model, path))


def writer_for(path: Path) -> Writer:
    """What writes a model in the format that a file's ending names.

    Raises:
        EngineError: The ending is another one.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise EngineError(
            f"{path.name} has an ending that is not known. End it with {' or '.join(WRITERS)}."
        )
    return writer


def load_job(path: Path) -> Job[Model]:
    """Open a model that this program saved: a file, or the experiment that it belongs to.

    Raises:
        EngineError: There is no model, it is not one of this program's, or it is damaged.
    """
    if path.is_dir() or path.name == "experiment.json":
        yield Progress(0, 1, "opening the experiment")
        model = store.open_experiment(path).model
        if model is None:
            raise EngineError(
                f"The experiment in {path} has no trained network yet. Train one first."
            )
        return model
    return model_of((yield from open_job(path)))


def model_of(opened: ModelFile) -> Model:
    """The model in a file of this program, which says all that is needed.

    Raises:
        EngineError: The file does not say which network it is for, names one that is not known
            here, or its tensors are not those that were saved.
    """
    about = read_metadata(opened.metadata)
    if about is None or about.architecture not in ARCHITECTURES:
        raise EngineError(
            f"“{opened.name}” does not say which network of this program it is for. Audit it"
            " first, naming the network; the audit's folder then holds a model that does."
        )
    about.check_tensors(opened.tensors)
    return Model(
        about.architecture,
        about.shape,
        about.classes,
        opened.tensors,
        about.input_range,
        about.width,
        origin=opened.name,
        file_sha256=opened.sha256,
        provenance=about.provenance,
    )
