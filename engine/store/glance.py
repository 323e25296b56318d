"""What an experiment is, told from its documents alone: cheap enough for a list of many."""

from dataclasses import dataclass
from pathlib import Path

from engine.detection.results import Verdict
from engine.errors import EngineError
from engine.files import read_capped
from engine.modelfiles.plain_text import plain
from engine.settings import ExperimentSettings
from engine.store import findings
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
        trigger_pixels: How many pixels what was drawn touches, or None where that is not known.
        clean_accuracy: Of the network that was trained, 0..1, or None where none was.
        verdict: Of its scan, or None where there is none that can be read.
        has_shortcut: Whether the check before it suspected a brightness shortcut.
    """

    settings: ExperimentSettings
    data: str
    class_names: tuple[str, ...]
    is_trained_here: bool
    model_file: str
    trigger_pixels: int | None
    clean_accuracy: float | None
    verdict: Verdict | None
    has_shortcut: bool


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
            pixels = read_trigger(folder, images.shape).pixels
        except EngineError:
            pixels = None
    verdict, has_shortcut = _verdict(folder, images.classes)
    return Glance(
        settings=record.settings,
        data=images.title,
        class_names=images.class_names,
        is_trained_here=record.has_trigger,
        model_file=plain(record.model_file, LONGEST_FILE_NAME),
        trigger_pixels=pixels,
        clean_accuracy=record.results.clean_accuracy,
        verdict=verdict,
        has_shortcut=has_shortcut,
    )


def _verdict(folder: Path, classes: int) -> tuple[Verdict | None, bool]:
    """The verdict, and whether what was checked before the scan is suspicious."""
    path = folder / "detection.json"
    try:
        verdict, has_shortcut = findings.read_verdict(read_capped(path, MAX_DETECTION_BYTES))
    except EngineError:
        return None, False
    if not findings.names_only(verdict, classes):
        return None, False
    return verdict, has_shortcut
