"""Calibration: clean networks for a data set and an architecture that none ship for.

Each is trained by a recipe of its own and searched exactly like the network under audit. What is
kept of it are its figures, at once and in a file of its own, so that a calibration that is
stopped or killed goes on with the network it was at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import data
from engine.data import DataSet
from engine.detection.audit_images import LEAST_IMAGES
from engine.detection.clean_networks import CleanNetworks, WorkClock, images_of, work
from engine.detection.recipes import Recipe, draw
from engine.detection.reference_cache import SEED, CleanNetwork, ReferenceSet
from engine.detection.references import References
from engine.detection.verdict import LEAST_CLASSES
from engine.errors import EngineError
from engine.events import Job, NetworkCalibrated, Progress, Warned
from engine.settings import ExperimentSettings, TrainSettings

USUAL_NETWORKS = 20
NO_PLACES = (
    "Where the masks of pairs lie is not compared: an earlier version made some of these clean"
    " networks and did not keep it, or that of all is too much for one file."
)
NO_FORMS = (
    "How opaque masks are, and how close together they lie, is not compared: an earlier version"
    " made some of these clean networks and did not keep it."
)
MOST_FOR_PAIRS = 1.5  # times the work of a calibration without them


def calibrate_job(
    settings: ExperimentSettings, networks: int = USUAL_NETWORKS, folder: Path | None = None
) -> Job[References]:
    """Train and scan clean networks until there are `networks` of them, and join their figures.

    Those for Standard are scanned with Map where that takes at most half as long again, and serve
    both.

    Networks of earlier runs are taken as they are; their files that are damaged are made again.
    When stopped, what is finished stays, and nothing is returned.

    Args:
        settings: Data, scan and computing; `train` is the training that recipes are drawn around.
        networks: How many. 19 are needed for a chance of 5 %, 20 are usual.
        folder: Where to keep them, or None for the user's own folder.

    Raises:
        EngineError: The training settings do not teach this data, there are too few test images,
            or the figures cannot be written.
    """
    yield Progress(0, 1, "loading torch")
    from engine.compute import prepare

    compute = prepare(settings.compute, settings.train.architecture)
    data_set = yield from data.load_job(settings.data)
    _check_images(data_set)
    asked, settings = settings.detect, _with_pairs(settings, data_set, folder)
    kept = ReferenceSet.of(data_set, settings.train, settings.detect, folder)
    kept.claim()
    done, problems = kept.networks()
    for problem in problems:
        yield Warned(f"{problem} This clean network is made again.")
    story = _Story(networks)
    for number in sorted(done):
        yield story.tell(done[number], was_there=True)
    recipes = _recipes(settings.train, range(networks))
    works = {number: work(one, data_set, settings.detect) for number, one in recipes.items()}
    clock = WorkClock(works, done)
    maker = CleanNetworks(data_set, settings, compute, kept.belonging.key, networks, clock)
    for number in [one for one in recipes if one not in done]:
        done[number] = yield from maker.make(number)
        kept.write(done[number])
        yield story.tell(done[number], was_there=False)
    references = kept.finish(done)
    if references.networks[0].pair_l1 and not references.pair_places:
        yield Warned(NO_PLACES)
    if not references.knows_forms:
        yield Warned(NO_FORMS)
    return references if asked == settings.detect else references.classes_alone(asked)


@dataclass(frozen=True)
class Standing:
    """How far a calibration is while it does not run.

    Attributes:
        networks: Those that are there, as a running calibration tells of them.
        missing: How many are still to be made.
        seconds: How long that takes, or None while nothing is known of it.
        preset: With which they are scanned.
        folder: Where they are kept.
    """

    networks: tuple[NetworkCalibrated, ...]
    missing: int
    seconds: float | None
    preset: str
    folder: Path


def standing(
    settings: ExperimentSettings,
    data_set: DataSet,
    networks: int = USUAL_NETWORKS,
    trained_in: float | None = None,
    folder: Path | None = None,
) -> Standing:
    """Look up how much of a calibration with these settings is there already.

    Args:
        settings: As for `calibrate_job`.
        data_set: The data set that `settings` names.
        networks: How many there shall be.
        trained_in: Seconds of a plain training with these settings, where one was made: the
            first estimate, until a clean network has been timed.
        folder: Where they are kept, or None for the user's own folder.
    """
    settings = _with_pairs(settings, data_set, folder)
    kept = ReferenceSet.of(data_set, settings.train, settings.detect, folder)
    done, _ = kept.networks()
    story = _Story(networks)
    told = tuple(story.tell(done[number], was_there=True) for number in sorted(done))
    missing = _recipes(settings.train, (one for one in range(networks) if one not in done))
    speed = _speed(done.values(), data_set, settings, trained_in)
    left = sum(work(recipe, data_set, settings.detect) for recipe in missing.values())
    return Standing(told, len(missing), left / speed if speed else None,
                    settings.detect.preset, kept.folder)  # fmt: skip


def _with_pairs(
    settings: ExperimentSettings, data_set: DataSet, folder: Path | None
) -> ExperimentSettings:
    """The same settings, with the preset Map in place of Standard where pairs cost little more.

    After Standard one is offered a map, and its clean networks need not be trained again then.
    Calibrations for Standard alone that were begun are continued.
    """
    detect = settings.detect
    if detect.preset != "standard":
        return settings
    mapped = detect.model_copy(update={"preset": "map"})
    plain = Recipe(train=settings.train)
    more = work(plain, data_set, mapped) / work(plain, data_set, detect)
    begun = ReferenceSet.of(data_set, settings.train, detect, folder).is_begun
    chosen = detect if begun or more > MOST_FOR_PAIRS else mapped
    return settings.model_copy(update={"detect": chosen})


def _speed(
    timed: Iterable[CleanNetwork],
    data_set: DataSet,
    settings: ExperimentSettings,
    trained_in: float | None,
) -> float | None:
    """Work done in a second, from networks that were timed, or else from a plain training."""
    known = [(work(one.recipe, data_set, settings.detect), one.seconds) for one in timed]
    if not known and trained_in:
        plain = Recipe(train=settings.train)
        known = [(plain.train.width * images_of(plain, data_set), trained_in)]
    seconds = sum(taken for _, taken in known)
    return sum(done for done, _ in known) / seconds if seconds > 0 else None


def _recipes(train: TrainSettings, numbers: Iterable[int]) -> dict[int, Recipe]:
    return {number: draw(train, SEED, number) for number in numbers}


def _check_images(data_set: DataSet) -> None:
    least = 2 * LEAST_IMAGES
    if len(data_set.test) < least:
        raise EngineError(
            f"{data_set.title} has only {len(data_set.test)} test images, and a scan needs {least}."
            " Take a data set with more of them."
        )
    if data_set.test.classes < LEAST_CLASSES:
        raise EngineError(
            f"{data_set.title} has only {data_set.test.classes} classes, and a verdict compares at"
            f" least {LEAST_CLASSES}. Take a data set with more of them."
        )


@dataclass
class _Story:
    """Tells of each network, and between which sizes the masks of all so far lie."""

    total: int
    _low: NDArray[np.float32] | None = None
    _high: NDArray[np.float32] | None = None

    def tell(self, network: CleanNetwork, *, was_there: bool) -> NetworkCalibrated:
        figures = network.figures
        sizes = np.array(figures.mask_l1, np.float32)
        self._low = sizes if self._low is None else np.minimum(self._low, sizes)
        self._high = sizes if self._high is None else np.maximum(self._high, sizes)
        return NetworkCalibrated(
            network.number + 1, self.total, figures.recipe, figures.clean_accuracy,
            sizes, self._low, self._high, was_there,
        )  # fmt: skip
