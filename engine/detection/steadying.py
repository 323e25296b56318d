"""Two more searches where one cannot decide, so that another seed would not decide otherwise.

A search starts from random masks and sees the images in random order, and in borderline networks
that alone moves a score by several spreads. Where the largest score is neither plainly usual nor
plainly unusual, each class is searched again on other images, and the mean of the logarithms of
its sizes counts. All other networks need no second look.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from engine.data import ImageSet
from engine.detection.audit_images import choose_audit_images
from engine.detection.borrowing import CleanNetworks
from engine.detection.evidence import sizes_of
from engine.detection.neural_cleanse import Inversion
from engine.detection.results import FoundTrigger
from engine.detection.schedules import schedule_of
from engine.events import Job, Progress, Pulse, ScanStepped
from engine.network import Network
from engine.settings import DetectSettings

BORDERLINE = (2.5, 8.0)
SEARCHES = 3


def is_borderline(found: Sequence[FoundTrigger], references: CleanNetworks) -> bool:
    """Whether the largest score is neither plainly usual nor plainly unusual."""
    if not any(one.converged for one in found):
        return False
    score = float(references.calibration().scores(sizes_of(found)).max())
    return BORDERLINE[0] <= score < BORDERLINE[1]


def steady(
    found: Sequence[FoundTrigger], network: Network, tests: ImageSet, settings: DetectSettings
) -> Job[tuple[list[FoundTrigger], int]]:
    """Search every class again, on other images and from other masks, and note the sizes.

    Args:
        found: What the first search found; its triggers stay.
        network: What is scanned.
        tests: The images that audit images are drawn from.
        settings: Of the first search; the seeds of the others follow its seed.

    Returns:
        The same with the sizes of all searches, and the image passes of the new ones.

    Raises:
        StopRequested: The person stopped it; what the first search found is as good as before.
    """
    pixels = float(found[0].trigger.mask.size)
    sizes = [[one.mask_l1 if one.converged else pixels] for one in found]
    passes = 0
    for number in range(1, SEARCHES):
        seed = settings.seed + number
        images = choose_audit_images(network.predict, tests, settings.images, seed).searched
        inversion = Inversion(
            network, images, schedule_of(settings), settings.success_threshold, seed, shows=False
        )
        yield from _watched(inversion, number)
        for known, search in zip(sizes, inversion.searches, strict=True):
            known.append(search.best_l1 if search.best is not None else pixels)
        passes += inversion.image_passes
    return [
        replace(one, sizes=tuple(map(float, known)))
        for one, known in zip(found, sizes, strict=True)
    ], passes


def _watched(inversion: Inversion, number: int) -> Job[None]:
    """Run a search, and say how far it is in place of what it finds."""
    schedule, start = inversion.schedule, time.perf_counter()
    total = schedule.steps * schedule.batches * schedule.images * len(inversion.searches)
    for event in inversion.run():
        if isinstance(event, ScanStepped):
            speed = inversion.image_passes / max(time.perf_counter() - start, 1e-9)
            done = min(inversion.image_passes, total)
            text = f"a borderline case: search {number + 1} of {SEARCHES}"
            yield Progress(done, total, text, speed, (total - done) / speed)
        else:
            yield Pulse()
