"""The offer of a pair map, with how long it will take."""

from engine.detection.continuing import has_classes_of
from engine.detection.map_size import MOST_BYTES, bytes_of_map
from engine.detection.results import Detection
from engine.detection.schedules import passes_of_map, passes_of_pairs
from engine.models import Model
from gui import words

_ONE_MASK = "One mask per class cannot see a backdoor that moves chosen classes only"


def offer(detection: Detection) -> str:
    """The sentence that offers the pair map after a scan of the classes found nothing."""
    speed = detection.image_passes / detection.seconds if detection.seconds > 0 else 0.0
    takes = ""
    if speed > 0:
        takes = f"; about {words.duration(_passes_of_map_after(detection) / speed)}"
    return f"{_ONE_MASK}. Map all pairs looks for those{takes}."


def too_large(model: Model) -> str:
    """The sentence in place of the offer where a map could not be kept."""
    size = bytes_of_map(model.classes, model.shape)
    return (
        f"{_ONE_MASK}, and a map of all pairs, which could, is too large here:"
        f" {size / 1e9:.1f} GB, of which at most {MOST_BYTES / 1e9:.1f} GB can be kept."
    )


def _passes_of_map_after(detection: Detection) -> int:
    """Image passes of a map, which may go on from this scan."""
    classes = len(detection.classes)
    wanted = detection.settings.model_copy(update={"preset": "map"})
    return passes_of_pairs(classes) if has_classes_of(detection, wanted) else passes_of_map(classes)
