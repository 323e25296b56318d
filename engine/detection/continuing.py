"""A map that goes on from a finished scan: its classes' part is searched by the same schedule.

Where model, images, seed and schedule are the same, searching the classes again would find the
same masks again; only the pairs are missing.
"""

from dataclasses import dataclass, replace
from typing import Any

from engine.detection.audit_images import AuditImages
from engine.detection.results import Detection, FoundTrigger, ScanCurves
from engine.detection.schedules import schedule_of, search_classes_alike
from engine.settings import DetectSettings


@dataclass(frozen=True, eq=False)
class SearchedClasses:
    """The classes' part of a scan, before it is compared with clean networks.

    Attributes:
        found: One entry for each class, in order, without what clean networks say of it.
        curves: How the search went.
        complete: Whether it came to its end.
        image_passes: Images that went forward and backward through the network for it.
        seconds: What an earlier scan took for it; 0 where this scan searched itself.
    """

    found: tuple[FoundTrigger, ...]
    curves: ScanCurves
    complete: bool
    image_passes: int
    seconds: float = 0.0


def has_classes_of(earlier: Detection, settings: DetectSettings) -> bool:
    """Whether a scan of the same model and data is the classes' part of a map with `settings`.

    So is a finished scan with the same settings and a preset of the same schedule, and a map whose
    pairs were stopped. A finished map is not: whoever wants it again wants all of it.
    """
    before = earlier.settings
    return (
        settings.preset == "map"
        and earlier.complete
        and earlier.pair_map is None
        and before.model_copy(update={"preset": "map"}) == settings
        and search_classes_alike(before.preset, "map")
        # One that an older version left may have been searched by another schedule.
        and len(earlier.curves.mask_l1) == schedule_of(settings).steps
    )


def take_over(
    earlier: Detection | None, model_sha256: str, images: AuditImages, settings: DetectSettings
) -> SearchedClasses | None:
    """The classes' part of an earlier scan, or None where it has to be searched.

    Args:
        earlier: What a scan left, or None.
        model_sha256: Of the model that is scanned now.
        images: What it is scanned on.
        settings: How it is scanned.
    """
    if earlier is None or not has_classes_of(earlier, settings):
        return None
    if earlier.model_sha256 != model_sha256 or not _were_searched_on(images, earlier):
        return None
    alone: dict[str, Any] = dict.fromkeys(("z", "usual", "suspicious_size", "usual_form"))
    found = tuple(replace(one, **alone) for one in earlier.classes)
    return SearchedClasses(found, earlier.curves, True, earlier.image_passes, earlier.seconds)


def _were_searched_on(images: AuditImages, earlier: Detection) -> bool:
    """Whether an earlier scan had images like these, as far as it tells.

    The accuracy is that on the very images that the seed chose of the data.
    """
    _, *size = images.searched.shape
    return (
        len(earlier.classes) == images.searched.classes
        and all(one.trigger.mask.shape == tuple(size) for one in earlier.classes)
        and earlier.clean_accuracy == images.clean_accuracy
    )
