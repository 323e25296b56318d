"""Making one clean network: trained by a recipe, scanned, its figures kept and its weights not."""

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.data import DataSet
from engine.detection.audit_images import TooFewImages
from engine.detection.mask_forms import forms_of
from engine.detection.pair_logs import pair_logs, places_text, shares_of
from engine.detection.recipes import Recipe, draw, preparing
from engine.detection.reference import Reference
from engine.detection.reference_cache import SEED, CleanNetwork
from engine.detection.results import Detection
from engine.detection.schedules import passes_of_pairs, schedule_of
from engine.errors import EngineError
from engine.events import Job, Progress, Pulse, Result
from engine.metrics import TestImages, percent
from engine.opening.results import LEAST_ACCURACY
from engine.settings import DetectSettings, ExperimentSettings
from engine.triggers import Trigger

if TYPE_CHECKING:
    from engine.compute import Compute

ATTEMPTS = 4
_MONITORED = 100  # test images that a training is measured on as it goes; nobody sees that here
_SOON = 0.05  # of a usual network's work has to be done before the time left can be told


def work(recipe: Recipe, data_set: DataSet, detect: DetectSettings) -> float:
    """How much there is to compute for one network: image passes, times its width.

    An image of a training and a pass of a scan both go forward and backward through the network.
    """
    schedule = schedule_of(detect)
    classes = data_set.test.classes
    passes = schedule.steps * schedule.batches * schedule.images * classes
    if detect.preset == "map":
        passes += passes_of_pairs(classes)
    return recipe.train.width * (images_of(recipe, data_set) + passes)


def images_of(recipe: Recipe, data_set: DataSet) -> float:
    """How many images a training by this recipe shows its network, in all epochs."""
    return recipe.train.epochs * recipe.share * len(data_set.train)


class WorkClock:
    """How far the whole calibration is, and how long the rest takes.

    Only the time inside of the Jobs counts, so that a pause says nothing about the speed.

    Attributes:
        total: Work in all.
        done: Work done, earlier runs' included.
        spent: Seconds of work in this run.
    """

    def __init__(self, works: Mapping[int, float], done: Iterable[int]) -> None:
        """Begin with the work of every network, and the numbers of those that are there."""
        self.total = max(sum(works.values()), 1.0)
        self.done = self._before = sum(works.get(number, 0.0) for number in done)
        self.spent = 0.0
        self._shown = 0
        self._usual = self.total / max(len(works), 1)

    def follow(self, job: Job[Result], amount: float, words: str = "{}") -> Job[Result]:
        """Run a part of the whole; its own progress becomes that of the whole.

        A stop ends it at once: half a network is worth nothing.

        Args:
            job: The part.
            amount: How much work it is.
            words: What is told of it; braces stand for what it says itself.
        """
        before = self.done
        with closing(job):
            while True:
                start = time.perf_counter()
                try:
                    event = next(job)
                except StopIteration as stop:
                    result: Result = stop.value
                    self.done = before + amount
                    return result
                finally:
                    self.spent += time.perf_counter() - start
                if isinstance(event, Progress):
                    self.done = max(self.done, before + amount * event.done / event.total)
                    yield self._progress(words.format(event.text), event.images_per_second)
                else:
                    yield Pulse()

    def _progress(self, text: str, speed: float | None) -> Progress:
        achieved = self.done - self._before
        left = None
        if achieved > _SOON * self._usual:
            left = self.spent / achieved * max(self.total - self.done, 0.0)
        # A network that is made once more costs time, but a bar that runs backwards confuses.
        self._shown = max(self._shown, round(1000 * self.done / self.total))
        return Progress(self._shown, 1000, text, speed, left)


@dataclass
class CleanNetworks:
    """Trains and scans clean networks, one after the other.

    Attributes:
        data_set: What they learn.
        settings: How they are scanned; `train` is what their recipes are drawn around.
        compute: Where and how exactly they are computed.
        key: Of the set that they belong to.
        total: How many there shall be, for what is told of them.
        clock: Notes the work.
    """

    data_set: DataSet
    settings: ExperimentSettings
    compute: "Compute"
    key: str
    total: int
    clock: WorkClock
    _few: TestImages = field(init=False)

    def __post_init__(self) -> None:
        few = self.data_set.test.subset(np.arange(_MONITORED))
        self._few = TestImages.of(few, Trigger.empty(self.data_set.test.shape), 0)

    def make(self, number: int) -> Job[CleanNetwork]:
        """Make the network of this number, from 0; one that learns too little is drawn again.

        Raises:
            TooFewImages: A scan needs more test images.
            EngineError: Four recipes in a row taught it too little.
        """
        reason = ""
        for attempt in range(ATTEMPTS):
            recipe = draw(self.settings.train, SEED, number, attempt)
            begun, start = self.clock.done, self.clock.spent
            try:
                found = yield from self._train_and_scan(recipe, number)
            except TooFewImages:  # other recipes would not help
                raise
            except EngineError as problem:  # it diverged, or can hardly tell classes apart
                reason = str(problem)
            else:
                if found.clean_accuracy >= LEAST_ACCURACY:
                    return CleanNetwork(
                        key=self.key, number=number, attempt=attempt, recipe=recipe,
                        seconds=self.clock.spent - start, figures=_figures(found, recipe),
                        pair_places=places_text(found.pair_map),
                    )  # fmt: skip
                reason = f"It was right on {percent(found.clean_accuracy)} of clean images."
            self.clock.done = begun
        raise EngineError(
            f"The training settings do not teach {self.data_set.title}: {ATTEMPTS} clean networks"
            f" in a row, trained around them, were right on less than {percent(LEAST_ACCURACY)} of"
            f" the test images. Train longer, or with another learning rate or network, until one"
            f" of your own learns; then calibrate again. The last one: {reason}"
        )

    def _train_and_scan(self, recipe: Recipe, number: int) -> Job[Detection]:
        from engine.detection.scan import scan
        from engine.network import Network
        from engine.training import Samples, train

        clock, tests = self.clock, self.data_set.test
        detect = self.settings.detect.model_copy(update={"seed": number})
        training = recipe.train.width * images_of(recipe, self.data_set)
        searching = work(recipe, self.data_set, detect) - training
        which = f"network {number + 1} of {self.total} · "
        images = yield from clock.follow(
            preparing(self.data_set.train, recipe), 0, which + "images"
        )
        samples = Samples(self._few.clean[:1], self._few.clean[:1])
        job = train(images, self._few, samples, recipe.train, self.compute)
        learned = yield from clock.follow(job, training, which + "{}")
        network = Network.of(learned.model, self.compute)
        search = scan(learned.model, network, tests, detect)
        return (yield from clock.follow(search, searching, which + "scan"))


def _figures(found: Detection, recipe: Recipe) -> Reference:
    """What of a scan is kept; a mask that never worked counts as the whole image."""
    logs = np.empty((2, 0)) if found.pair_map is None else pair_logs(found.pair_map)
    pixels = float(found.classes[0].trigger.mask.size)
    forms = [forms_of(one)[0] for one in found.classes]
    return Reference(
        recipe=str(recipe)[:400],
        clean_accuracy=found.clean_accuracy,
        mask_l1=tuple(round(one.mask_l1 if one.converged else pixels, 3) for one in found.classes),
        converged=tuple(one.converged for one in found.classes),
        mask_opacity=tuple(round(form.opacity, 4) for form in forms),
        mask_radius=tuple(round(form.radius, 3) for form in forms),
        pair_l1=tuple(round(float(size), 3) for size in np.exp(logs[0])),
        pair_elsewhere=tuple(round(float(share), 4) for share in shares_of(logs)),
    )
