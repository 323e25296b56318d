"""What an experiment is, told from its documents alone: cheap enough for a list of many."""

from dataclasses import dataclass
from pathlib import Path

from engine.attacks import as_stamped
from engine.errors import EngineError
from engine.files import read_capped
from engine.modelfiles.plain_text import plain
from engine.settings import ExperimentSettings
from engine.store import findings
from engine.store.findings import ScanOutcome
from engine.store.images import ImageFacts
from engine.store.reading import MAX_DETECTION_BYTES, read_trigger
from engine.store.record import LONGEST_FILE_NAME, read_record


@dataclass(frozen=True)
class Glance:
    """An experiment, before it is opened.

    Attributes:
        settings: All its settings.
        data: What people call its images.
        class_names: The names of its classes.
        is_trained_here: Whether it began with a training; if not, with somebody else's model.
        model_file: The name of that model's file, or nothing where it is not known.
        trigger_pixels: How many pixels of an image the trigger changes, its copies included, or
            None where that is not known.
        clean_accuracy: Of the network that was trained, 0..1, or None where none was.
        outcome: Of its scan, or None where there is none that can be read.
    """

    settings: ExperimentSettings
    data: str
    class_names: tuple[str, ...]
    is_trained_here: bool
    model_file: str
    trigger_pixels: int | None
    clean_accuracy: float | None
    outcome: ScanOutcome | None


def glance(folder: Path) -> Glance:
    """Read what an experiment is; neither its network nor any mask is opened.

    Raises:
        EngineError: Its experiment.json is missing, damaged, or from a newer version. Of other
            files that are damaged, nothing is told.
    """
    record = read_record(folder)
    images = record.images or ImageFacts.before_loading(record.settings.data)
    pixels = None
    if record.has_trigger:
        try:
            drawn = read_trigger(folder, images.shape)
            pixels = as_stamped(record.settings.attack, drawn).pixels
        except EngineError:
            pixels = None
    return Glance(
        settings=record.settings,
        data=images.title,
        class_names=images.class_names,
        is_trained_here=record.has_trigger,
        model_file=plain(record.model_file, LONGEST_FILE_NAME),
        trigger_pixels=pixels,
        clean_accuracy=record.results.clean_accuracy,
        outcome=_outcome(folder, images.classes),
    )


def _outcome(folder: Path, classes: int) -> ScanOutcome | None:
    path = folder / "detection.json"
    try:
        outcome = findings.read_outcome(read_capped(path, MAX_DETECTION_BYTES))
    except EngineError:
        return None
    return outcome if findings.names_only(outcome.verdict, classes) else None
