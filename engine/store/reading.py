"""Opening an Experiment: all of it, or one sentence that says what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import triggers
from engine.detection.map_size import bytes_of_map
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Measured, Predicted
from engine.files import read_capped
from engine.input_format import InputFormat
from engine.metrics import Rates
from engine.model_metadata import ModelMetadata, read_metadata
from engine.modelfiles.plain_text import plain
from engine.models import ARCHITECTURES, Model, Shape
from engine.samples import SAMPLES
from engine.settings import ComputeSettings, ExperimentSettings
from engine.store import findings
from engine.store.curves import read_losses, read_measurements
from engine.store.images import ImageFacts
from engine.store.record import (
    FILE_NAME,
    LONGEST_FILE_NAME,
    NewerVersionError,
    Record,
    Results,
    read_record,
)
from engine.tensor_files import Tensors, read_tensors
from engine.triggers import Trigger

# Of maps of two hundred classes, nine times searched. Older versions wrote each number on a line of
# its own, and all of detection.json once more into the header of detection.safetensors.
MAX_DETECTION_BYTES = 48 * 2**20
MAX_SCAN_HEADER_BYTES = 64 * 2**20
MAX_TENSOR_BYTES = 2 * 2**30
MOST_STEPS = 1000  # of a search of one class


@dataclass(frozen=True, eq=False)
class Experiment:
    """What a run left, read and checked.

    Attributes:
        folder: Where it is, or None where it is only open as yet.
        settings: All its settings.
        images: What its images are.
        trigger: What was stamped, or None where it is not known.
        model: The trained network, or None before there is one.
        rates: The rates at the end of training, or None.
        losses: Loss of every optimiser step, in order, float64 N.
        measurements: The rates during training.
        predictions: What the network said of the sample images at the end, or None.
        detection: The scan, or None before there is one.
        complete: Whether the training ran to its end.
        seconds: How long the training took.
        scan_problem: Why its scan is not here, and what to do, or nothing.
        scan_details: The same as the file's reader says it.
        trained_on: Where the training was computed, or None where that is not known.
    """

    folder: Path | None
    settings: ExperimentSettings
    images: ImageFacts
    trigger: Trigger | None
    model: Model | None
    rates: Rates | None
    losses: NDArray[np.float64]
    measurements: tuple[Measured, ...]
    predictions: Predicted | None
    detection: Detection | None
    complete: bool
    seconds: float
    scan_problem: str = ""
    scan_details: str = ""
    trained_on: ComputeSettings | None = None


def open_experiment(folder: Path) -> Experiment:
    """Open the folder of an experiment; its experiment.json may be given as well.

    A scan that is damaged is left out and stays as it is: all else is worth opening without it.

    Raises:
        EngineError: Something else in it is missing, damaged, or was changed since it was saved,
            or any of it is from a newer version.
    """
    folder = folder.parent if folder.name == FILE_NAME else folder
    record = read_record(folder)
    images = record.images or ImageFacts.before_loading(record.settings.data)
    model = _read_model(folder, record, images.shape, images.classes)
    detection, problem, details = _scan_or_problem(folder, images, model)
    return Experiment(
        folder=folder,
        settings=record.settings,
        images=images,
        trigger=read_trigger(folder, images.shape) if record.has_trigger else None,
        model=model,
        rates=record.results.rates,
        losses=read_losses(folder),
        measurements=read_measurements(folder),
        predictions=_predictions(record.results, images.classes),
        detection=detection,
        complete=record.results.complete,
        seconds=record.results.seconds,
        scan_problem=problem,
        scan_details=details,
        trained_on=record.computed.as_settings(),
    )


def read_trigger(folder: Path, shape: Shape) -> Trigger:
    """Read what was stamped.

    Raises:
        EngineError: It is missing, damaged, or has another size.
    """
    path = folder / "trigger.png"
    read_capped(path, triggers.MAX_PNG_BYTES)  # refuses links and pipes, which read_png follows
    return triggers.read_png(path, shape)


def _read_model(folder: Path, record: Record, shape: Shape, classes: int) -> Model | None:
    path = folder / "model.safetensors"
    if not path.exists():
        if record.model_sha256 is None:
            return None
        raise EngineError(f"{path.name} is missing from {folder}. Restore it from a copy.")
    tensors = read_tensors(path, MAX_TENSOR_BYTES)
    if record.model_sha256 not in (None, tensors.sha256):
        raise EngineError(
            f"{path.name} is not the file that this experiment saved: its SHA-256 is"
            f" {tensors.sha256[:12]}..., not {record.model_sha256:.12}.... Restore it from a copy."
        )
    about = _check_about(tensors, shape, classes)
    return Model(
        about.architecture,
        shape,
        classes,
        tensors.arrays,
        about.input_range,
        about.width,
        origin=plain(record.model_file, LONGEST_FILE_NAME) or folder.name,
        file_sha256=tensors.sha256,
        provenance=about.provenance,
    )


def _check_about(tensors: Tensors, shape: Shape, classes: int) -> ModelMetadata:
    """What a model file says of itself, once it fits the experiment."""
    about = read_metadata(tensors.metadata)
    if about is None:
        raise EngineError(
            "model.safetensors does not say which network it is for. Restore it from a copy, or"
            " audit it as a model file."
        )
    about.check_tensors(tensors.arrays)
    if about.architecture not in ARCHITECTURES:
        raise EngineError(
            f"model.safetensors is for a network named {about.architecture[:60]!r}, which this"
            f" version does not know. Known are: {', '.join(ARCHITECTURES)}."
        )
    if (about.shape, about.classes) != (shape, classes):
        raise EngineError(
            "model.safetensors is for other images than the experiment's data set. Restore it from"
            " a copy."
        )
    try:
        InputFormat.parse(about.input_range).check_channels(shape[0])
    except EngineError as error:
        raise EngineError(
            f"model.safetensors expects an input that this version does not know. {error}"
        ) from error
    return about


def _predictions(results: Results, classes: int) -> Predicted | None:
    clean = np.array(results.predicted_clean, np.int64)
    stamped = np.array(results.predicted_stamped, np.int64)
    if not clean.size and not stamped.size:
        return None
    both = np.concatenate([clean, stamped])
    fits = clean.size == stamped.size <= SAMPLES
    if not fits or both.min() < 0 or both.max() >= classes:
        raise EngineError(f"{FILE_NAME} is damaged: its predictions are not classes. Restore it.")
    return Predicted(clean, stamped)


def read_detection(folder: Path, images: ImageFacts) -> Detection | None:
    """Read the scan of these images, or None where there is none.

    Raises:
        EngineError: One of its files is missing, damaged, or from a newer version.
    """
    document, numbers = folder / "detection.json", folder / "detection.safetensors"
    content = read_capped(document, MAX_DETECTION_BYTES) if document.exists() else None
    if content is None and not numbers.exists():
        return None
    most = most_bytes(images.classes, images.shape)
    tensors = read_tensors(numbers, min(most, MAX_TENSOR_BYTES), MAX_SCAN_HEADER_BYTES)
    detection = findings.from_files(content, tensors, images.shape)
    if len(detection.classes) not in (0, images.classes):
        raise EngineError(
            f"detection.json is damaged: it has {len(detection.classes)} classes, and the data has"
            f" {images.classes}. Restore it from a copy."
        )
    is_known = all(label < images.classes for label in _labels(detection))
    if not is_known or not findings.names_only(detection.verdict, images.classes):
        raise EngineError("detection.json is damaged: it names a class that the data has not.")
    return detection


def most_bytes(classes: int, shape: Shape) -> int:
    """The most that detection.safetensors can have, for K classes and images of C x H x W."""
    channels, height, width = shape
    of_classes = 4 * classes * ((1 + 2 * channels) * height * width + 3 * MOST_STEPS)
    return MAX_SCAN_HEADER_BYTES + of_classes + bytes_of_map(classes, shape)


def _scan_or_problem(
    folder: Path, images: ImageFacts, model: Model | None
) -> tuple[Detection | None, str, str]:
    """The scan; or why it cannot be read, and the words of what reads it."""
    try:
        return read_detection(folder, images), "", ""
    except NewerVersionError:
        raise
    except EngineError as error:
        details = str(error)
    kind = "json" if details.startswith("detection.json") else "safetensors"
    path = folder / f"detection.{kind}"
    state = "is damaged or cannot be read" if path.exists() else "is missing"
    again = "" if model is None else "Scan the network again, or restore the file. "
    return (
        None,
        f"{path.name} {state}, so the experiment is open without its scan. {again}A file that is"
        " restored from a copy is read when the experiment is opened again.",
        details,
    )


def _labels(detection: Detection) -> Iterator[int]:
    """The classes that a pre-flight speaks of."""
    brightness = detection.preflight.brightness if detection.preflight is not None else None
    if brightness is not None:
        yield from (row.label for row in brightness.rows)
        yield brightness.label or 0
