"""More searches where one cannot decide, so that another seed would not decide otherwise.

A search starts from random masks and sees the images in random order, and in borderline networks
that alone moves a score by a spread or two. Where the largest score is neither plainly usual nor
plainly unusual, each class is searched again on other images, and the mean of the logarithms of
its sizes counts: three times at least, and on until the score of that mean lies clear of the
verdict's bounds. All other networks need no second look.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.data import ImageSet
from engine.detection.audit_images import choose_audit_images
from engine.detection.borrowing import CleanNetworks
from engine.detection.bounds import Bounds
from engine.detection.calibration import logs_of
from engine.detection.evidence import logs_beside
from engine.detection.mask_forms import Form, form_of, forms_of, weighted
from engine.detection.neural_cleanse import Inversion
from engine.detection.results import FoundTrigger
from engine.detection.schedules import schedule_of
from engine.events import FurtherSearch, Job, Progress, Pulse, ScanStepped
from engine.network import Network
from engine.settings import DetectSettings


@dataclass(frozen=True)
class Rule:
    """When to search again, and how often.

    Attributes:
        gap: A score so far below what is suspicious is left alone.
        beyond: So is a score of so much more than what is likely.
        least: Searches of a borderline network, at least.
        most: At most.
        clear: Standard errors between a score and a bound, from which on no more are needed.
        error: The least error of a single search's score; what few searches show may be chance.
        usual_map: A pair map's statistic below it is left alone.
        error_of_map: Like `error`.
    """

    gap: float = 1.0
    beyond: float = 3.0
    least: int = 3
    most: int = 9
    clear: float = 2.0
    error: float = 0.7
    usual_map: float = 1.5
    error_of_map: float = 1.0


RULE = Rule()
Found = TypeVar("Found")


def is_borderline(found: Sequence[FoundTrigger], references: CleanNetworks) -> bool:
    """Whether the largest score is neither plainly usual nor plainly unusual.

    It is usual if it is small in the references' spreads as well, before the network's own scatter
    is allowed for: that scatter differs much between searches. The bounds are those of a scan
    without a map, also where a map follows: its own are higher, and it is searched again itself.
    """
    if not any(one.converged for one in found):
        return False
    calibration, logs = references.calibration(), logs_beside(found, references)
    scores = calibration.scores(logs).max()
    suspicious, likely = references.bounds(mapped=False)
    plainly_usual = max(scores, calibration.unscaled_scores(logs).max()) < suspicious - RULE.gap
    return bool(not plainly_usual and scores < likely + RULE.beyond)


def is_clear(
    logs: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], float],
    bounds: Bounds,
    least_error: float = RULE.error,
) -> bool:
    """Whether the statistic of several searches' mean lies clear of the verdict's bounds.

    Args:
        logs: Logarithms of what S searches found, S x the form that `statistic` takes.
        statistic: That of the logarithms of one network.
        bounds: The verdict's.
        least_error: Of a single search's statistic.
    """
    count = len(logs)
    # Jackknife: each search left out in turn (Quenouille 1956, doi 10.1093/biomet/43.3-4.353).
    left_out = [statistic(np.delete(logs, one, axis=0).mean(axis=0)) for one in range(count)]
    error = float(np.std(left_out)) * np.sqrt(count - 1)
    error = max(error, least_error / np.sqrt(count))
    distances = np.abs(statistic(logs.mean(axis=0)) - np.array(bounds))
    return bool(np.all(distances >= RULE.clear * error))


def seed_of(seed: int, number: int) -> int:
    """The seed of a scan's further search, which no search of another scan has, but by chance.

    If they were numbers that follow the scan's, a scan with the next seed would repeat all of
    these searches but one, and agree with this one for that reason.

    Args:
        seed: Of the scan and its first search.
        number: Of the further search, from 1 on.
    """
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0] >> 1)


def search_again(
    first: Found,
    search: Callable[[ImageSet, DetectSettings], Job[Found]],
    logs_of: Callable[[Found], NDArray[np.float64]],
    clear: Callable[[NDArray[np.float64]], bool],
    network: Network,
    tests: ImageSet,
    settings: DetectSettings,
    what: str,
) -> Job[list[Found]]:
    """Search again, on other images and from other masks, until all searches together decide.

    Args:
        first: What the first search found.
        search: Searches images with settings of another seed; of its events, progress is told.
        logs_of: The logarithms of what a search found.
        clear: Whether S searches of so many logarithms decide.
        network: What is scanned.
        tests: The images that audit images are drawn from.
        settings: Of the first search; its seed decides those of the others.
        what: What a search is called in the progress.

    Returns:
        What all searches found, the first one's included.
    """
    found = [first]
    for number in range(1, RULE.most):
        seeded = settings.model_copy(update={"seed": seed_of(settings.seed, number)})
        images = choose_audit_images(network.answers, tests, seeded.images, seeded.seed).searched
        found.append((yield from _told(search(images, seeded), number, what)))
        if len(found) >= RULE.least and clear(np.array([logs_of(one) for one in found])):
            break
    return found


def steady(
    found: Sequence[FoundTrigger],
    network: Network,
    tests: ImageSet,
    settings: DetectSettings,
    references: CleanNetworks,
) -> Job[tuple[list[FoundTrigger], int]]:
    """Search every class again, and note the sizes.

    Args:
        found: What the first search found; its triggers stay.
        network: What is scanned.
        tests: The images that audit images are drawn from.
        settings: Of the first search.
        references: What the verdict compares with; it decides how many searches are needed.

    Returns:
        The same with the sizes of all searches, and the image passes of the new ones.

    Raises:
        StopRequested: The person stopped it; what the first search found is as good as before.
    """
    mask = found[0].trigger.mask
    pixels, nothing = float(mask.size), form_of(np.ones_like(mask))
    bounds = references.bounds(mapped=False)
    first = _Masks(
        [one.mask_l1 if one.converged else pixels for one in found],
        [forms_of(one)[0] for one in found],
        0,
    )

    def search(images: ImageSet, seeded: DetectSettings) -> Job[_Masks]:
        schedule, threshold = schedule_of(seeded), seeded.success_threshold
        inversion = Inversion(network, images, schedule, threshold, seeded.seed, shows=False)
        yield from _with_progress(inversion)
        best = [(one.best, one.best_l1) for one in inversion.searches]
        return _Masks(
            [pixels if trigger is None else size for trigger, size in best],
            [nothing if trigger is None else form_of(trigger.mask) for trigger, _ in best],
            inversion.image_passes,
        )

    calibration = references.calibration()

    def logs(masks: _Masks) -> NDArray[np.float64]:
        sizes = logs_of(masks.sizes)
        return sizes + weighted(masks.forms) if references.knows_forms else sizes

    def statistic(logs: NDArray[np.float64]) -> float:
        return float(calibration.scores(logs).max())

    def clear(logs: NDArray[np.float64]) -> bool:
        return is_clear(logs, statistic, bounds)

    every = yield from search_again(first, search, logs, clear, network, tests, settings, "search")
    sizes = np.array([one.sizes for one in every]).T.tolist()
    forms = zip(*(one.forms for one in every), strict=True)
    steadied = [
        replace(one, sizes=tuple(of_sizes), forms=of_forms)
        for one, of_sizes, of_forms in zip(found, sizes, forms, strict=True)
    ]
    return steadied, sum(one.passes for one in every)


@dataclass(frozen=True)
class _Masks:
    """What a search of all classes found.

    Attributes:
        sizes: In pixels, all of them where no mask worked.
        forms: What they look like; that of the whole image where no mask worked.
        passes: Images that went through the network for it.
    """

    sizes: Sequence[float]
    forms: Sequence[Form]
    passes: int


def _told(job: Job[Found], number: int, what: str) -> Job[Found]:
    """Run a search, and say how far all of them are in place of what it finds.

    The first one is done. How many are needed nobody knows, so that no time left is told but the
    longest that it can take.
    """
    start = time.perf_counter()
    with closing(job):
        while True:
            try:
                event = next(job)
            except StopIteration as stop:
                found: Found = stop.value
                return found
            if isinstance(event, Progress):
                done, total = number * event.total + event.done, RULE.most * event.total
                text = f"a borderline case: {what} {number + 1} of at most {RULE.most}"
                each = (time.perf_counter() - start) / event.done if event.done else None
                left = None if each is None else each * (total - done)
                share = event.done / event.total
                further = FurtherSearch(what, number + 1, RULE.most, share, left)
                yield Progress(done, total, text, event.images_per_second, further=further)
            else:
                yield Pulse()


def _with_progress(inversion: Inversion) -> Job[None]:
    """Run a search of all classes, with progress in image passes."""
    schedule, start = inversion.schedule, time.perf_counter()
    total = schedule.steps * schedule.batches * schedule.images * len(inversion.searches)
    for event in inversion.run():
        yield event
        if isinstance(event, ScanStepped):
            speed = inversion.image_passes / max(time.perf_counter() - start, 1e-9)
            yield Progress(min(inversion.image_passes, total), total, "", speed)
