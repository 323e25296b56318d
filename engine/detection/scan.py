"""A scan: choose images, invert a trigger for each class, judge them on other images, decide."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from engine.data import ImageSet
from engine.detection.audit_images import AuditImages, choose_audit_images
from engine.detection.borrowing import CleanNetworks
from engine.detection.comparing import as_judged, compare, compare_map
from engine.detection.continuing import SearchedClasses, take_over
from engine.detection.course import Course, passes_of_trying
from engine.detection.hard_masks import refit
from engine.detection.judging import judge, judge_pairs
from engine.detection.map_size import check_map_size
from engine.detection.neural_cleanse import Inversion
from engine.detection.pair_map import map_pairs
from engine.detection.references import audit_key
from engine.detection.results import Detection, FoundTrigger, PairMap
from engine.detection.schedules import (
    REFIT_IMAGES,
    REFIT_STEPS,
    passes_of_map,
    passes_of_pairs,
    schedule_of,
)
from engine.detection.second_look import STOPPED as SECOND_LOOK_STOPPED
from engine.detection.second_look import look_again
from engine.detection.verdict import decide
from engine.errors import EngineError
from engine.events import Job, Progress, StopRequested, Warned
from engine.models import Model
from engine.network import Network
from engine.opening.results import NOT_NUMBERS
from engine.settings import DetectSettings
from engine.triggers import Trigger

HELD_OUT_AFTER_STOP = 200
MAP_STOPPED = "The pair map was stopped: the verdict rests on the classes alone."


@dataclass(frozen=True, eq=False)
class KnownBackdoor:
    """The trigger that was planted, and the class it leads to."""

    trigger: Trigger
    target: int


def scan(
    model: Model,
    network: Network,
    tests: ImageSet,
    settings: DetectSettings,
    known: KnownBackdoor | None = None,
    references: CleanNetworks | None = None,
    earlier: Detection | None = None,
) -> Job[Detection]:
    """Scan a network for backdoors, class by class, and decide.

    When stopped, the triggers found so far remain, without a verdict. A map goes on from an
    earlier scan where that is its classes' part, with the same outcome as if it had begun anew.

    Args:
        model: What is scanned, for its hash.
        network: The same, ready to compute.
        tests: Clean labelled images that the network was not trained on.
        settings: Preset, images, threshold and seed.
        known: The true trigger, to compare with.
        references: Clean networks to compare with, or None.
        earlier: A scan whose classes need not be searched again, if it fits; otherwise, it is
            passed over.

    Raises:
        EngineError: The model or its outputs are NaN or infinite, too few images are classified
            correctly, or a map would be too large to be kept.
    """
    start = time.perf_counter()
    _check_possible(model, settings)
    yield Progress(0, 1, "choosing images")
    images = choose_audit_images(network.answers, tests, settings.images, settings.seed)
    classes = take_over(earlier, model.sha256, images, settings)
    if classes is None:
        classes = yield from _search(network, images, settings, known)
    found, complete = list(classes.found), classes.complete
    warnings = _warnings(found, images, complete=complete)
    pair_map, more = None, 0
    if complete and settings.preset == "map":
        pair_map = yield from _map_unless_stopped(network, images, settings)
        if pair_map is None:
            warnings += (MAP_STOPPED,)
    if complete:
        stopped = settings.preset == "map" and pair_map is None
        look = yield from look_again(
            found, pair_map, references, network, tests, settings, stopped=stopped
        )
        found, pair_map, more = look.found, look.pair_map, look.passes
        warnings += (SECOND_LOOK_STOPPED,) if look.stopped else ()
    with suppress(StopRequested):  # nothing is left to stop, and all of it would be lost
        for warning in warnings:
            yield Warned(warning)
    if references is not None and complete:  # sizes of half a search cannot be compared
        found = compare(found, references, pair_map)
        pair_map = compare_map(pair_map, references)
    verdict = decide(
        found, tests.class_names, images.clean_accuracy,
        references=references, pair_map=pair_map, complete=complete,
    )  # fmt: skip
    return Detection(
        as_judged(found, verdict),
        verdict, classes.curves, settings, model.sha256, images.clean_accuracy,
        seconds=classes.seconds + time.perf_counter() - start,
        image_passes=classes.image_passes + more + (pair_map.image_passes if pair_map else 0),
        warnings=warnings, complete=complete, pair_map=pair_map, audit=audit_key(settings),
    )  # fmt: skip


def _check_possible(model: Model, settings: DetectSettings) -> None:
    if model.non_finite:
        raise EngineError(
            f"{model.origin} holds {model.non_finite} values that are not numbers (NaN or"
            " infinite), so nothing can be said of it. Get an undamaged copy."
        )
    if settings.preset == "map":
        check_map_size(model.classes, model.shape)


def _search(
    network: Network, images: AuditImages, settings: DetectSettings, known: KnownBackdoor | None
) -> Job[SearchedClasses]:
    """Search a trigger for each class, and judge what was found."""
    schedule, searched = schedule_of(settings), images.searched
    inversion = Inversion(network, searched, schedule, settings.success_threshold, settings.seed)
    found, complete = yield from _judged(inversion, images, settings, known)
    return SearchedClasses(tuple(found), inversion.curves(), complete, inversion.image_passes)


def _judged(
    inversion: Inversion, images: AuditImages, settings: DetectSettings, known: KnownBackdoor | None
) -> Job[tuple[list[FoundTrigger], bool]]:
    """What was found for each class, and whether the search came to its end."""
    network, searches = inversion.network, inversion.searches
    planted = None if known is None else (known.trigger, known.target)
    course, steps = Course(inversion, settings), REFIT_STEPS[settings.preset]
    refitting = len(searches) * steps * REFIT_IMAGES / course.trying
    try:
        yield from course.search()
        job = refit(network, images.searched, searches, steps, settings.seed)
        hard = yield from course.follow(job, steps, 0, refitting)
        count = sum(one is not None for one in hard)
        inversion.image_passes += steps * REFIT_IMAGES * count
        trying = judge(searches, hard, network.answers, images.held_out, planted)
        judged = yield from course.follow(trying, len(searches) + count, refitting, 1)
    except StopRequested:
        few = images.held_out.subset(np.arange(HELD_OUT_AFTER_STOP))
        nothing = [None] * len(searches)
        return (yield from judge(searches, nothing, network.answers, few, planted)), False
    return judged, True


def _map_unless_stopped(
    network: Network, images: AuditImages, settings: DetectSettings
) -> Job[PairMap | None]:
    """The pair map, or None if it is stopped; what the class scan found stays either way."""
    classes = images.searched.classes
    before = passes_of_map(classes) - passes_of_pairs(classes)
    before += passes_of_trying(classes, settings)
    try:
        pair_map = yield from map_pairs(network, images.searched, settings, before)
        return (yield from judge_pairs(pair_map, network.answers, images.held_out))
    except StopRequested:
        return None


def _warnings(
    found: Sequence[FoundTrigger], images: AuditImages, *, complete: bool
) -> tuple[str, ...]:
    warnings = []
    if images.unanswered:
        warnings.append(
            f"For {images.unanswered:,} of {images.looked_at:,} audit images the network's outputs"
            f" are {NOT_NUMBERS}: they count as wrong, and were not searched on."
        )
    searched, names = images.searched, images.searched.class_names
    lost = [names[one.label] for one in found if not one.converged]
    if lost and complete:
        warnings.append(
            f"No trigger met the success wanted for {len(lost)} of {len(found)} classes"
            f" ({_listed(lost)}); they count as needing the whole image."
        )
    absent = [names[label] for label in np.flatnonzero(searched.counts() == 0)]
    if absent:
        warnings.append(
            f"Of {len(absent)} of {len(found)} classes ({_listed(absent)}) there is no image that"
            " the network is right about, so no trigger was tried on them. Audit with images of"
            " every class."
        )
    if len(searched) < 2 * len(found) * 10:
        warnings.append(
            f"Only {len(searched)} images were searched on; more make the sizes steadier."
        )
    return tuple(warnings)


def _listed(names: Sequence[str]) -> str:
    """The first names, and that there are more."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more
