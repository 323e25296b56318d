"""What an experiment is, told from its documents alone: cheap enough for a list of many."""

from dataclasses import dataclass
from pathlib import Path

from engine.detection.results import Verdict
from engine.errors import EngineError
from engine.files import read_capped
from engine.settings import ExperimentSettings
from engine.store import findings
from engine.store.images import ImageFacts
from engine.store.reading import MAX_DETECTION_BYTES, read_trigger
from engine.store.record import read_record


@dataclass(frozen=True)
class Glance:
    """An experiment, before it is opened.

    Attributes:
        settings: All its settings.
        class_names: The names of its classes.
        is_trained_here: Whether it began with a training; if not, with somebody else's model.
        trigger_pixels: How many pixels what was drawn touches, or None where that is not known.
        verdict: Of its scan, or None where there is none that can be read.
    """

    settings: ExperimentSettings
    class_names: tuple[str, ...]
    is_trained_here: bool
    trigger_pixels: int | None
    verdict: Verdict | None


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
    return Glance(
        settings=record.settings,
        class_names=images.class_names,
        is_trained_here=record.has_trigger,
        trigger_pixels=pixels,
        verdict=_verdict(folder, images.classes),
    )


def _verdict(folder: Path, classes: int) -> Verdict | None:
    path = folder / "detection.json"
    try:
        verdict = findings.read_verdict(read_capped(path, MAX_DETECTION_BYTES))
    except EngineError:
        return None
    return verdict if findings.names_only(verdict, classes) else None
