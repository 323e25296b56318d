"""How far a scan is: the search of the classes, what is tried of the triggers, the pairs."""

import time
from contextlib import closing
from dataclasses import dataclass, field

from engine.detection.judging import MOST_JUDGED
from engine.detection.neural_cleanse import Inversion
from engine.detection.schedules import REFIT_IMAGES, REFIT_STEPS, Schedule, passes_of_pairs
from engine.detection.search import Search
from engine.events import Job, Progress, Pulse, Result, ScanStepped
from engine.settings import DetectSettings

TRYING = "trying the triggers on held-out images"
FORWARD_ALONE = 3  # images that go forward alone cost about as much as one that comes back


def passes_of_trying(classes: int, settings: DetectSettings) -> int:
    """The work after the search, in image passes: the refit, and the trial of each trigger.

    An image that is judged goes through the network twice, soft and hard, but never back.
    """
    judging = 2 * MOST_JUDGED // FORWARD_ALONE
    return classes * (REFIT_STEPS[settings.preset] * REFIT_IMAGES + judging)


@dataclass
class Course:
    """The work of a scan, in image passes, and how far it is.

    Attributes:
        inversion: The search of the classes.
        settings: Of the scan.
        start: When it began.
    """

    inversion: Inversion
    settings: DetectSettings
    start: float = field(default_factory=time.perf_counter)

    @property
    def searching(self) -> int:
        """Image passes of the search, if no class ends early."""
        return _each(self.inversion.schedule) * self.inversion.schedule.steps * self._classes

    @property
    def trying(self) -> int:
        """What follows for the classes."""
        return passes_of_trying(self._classes, self.settings)

    @property
    def total(self) -> int:
        """All of it, with the pairs of a map."""
        pairs = passes_of_pairs(self._classes) if self.settings.preset == "map" else 0
        return self.searching + self.trying + pairs

    def search(self) -> Job[None]:
        """Run the inversion, and tell after each step how far the whole is."""
        schedule, searches = self.inversion.schedule, self.inversion.searches
        for event in self.inversion.run():
            yield event
            if isinstance(event, ScanStepped):
                # A class that ended early has no steps left; those of the others are the work.
                done = _each(schedule) * sum(_steps_due(search, schedule) for search in searches)
                finished = sum(search.finished for search in searches)
                text = f"step {event.step} of {schedule.steps}, {finished} of {self._classes}"
                speed = self.inversion.image_passes / max(self._seconds, 1e-9)
                yield self._at(done, f"{text} classes done", speed)

    def follow(self, job: Job[Result], beats: int, begin: float, end: float) -> Job[Result]:
        """Run a part of what follows the search, and tell how far the whole is.

        Args:
            job: Beats once for each of its steps.
            beats: How often it will.
            begin: What is done of what follows, 0..1, before it.
            end: And after it.
        """
        count = 0
        with closing(job):
            while True:
                try:
                    event = next(job)
                except StopIteration as stop:
                    result: Result = stop.value
                    return result
                yield event
                if isinstance(event, Pulse):
                    count += 1
                    share = begin + (end - begin) * min(count / max(beats, 1), 1.0)
                    yield self._at(self.searching + round(self.trying * share), TRYING)

    @property
    def _classes(self) -> int:
        return len(self.inversion.searches)

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self.start

    def _at(self, done: int, text: str, speed: float | None = None) -> Progress:
        left = self._seconds / max(done, 1) * (self.total - done)
        return Progress(done, self.total, text, speed, left)


def _each(schedule: Schedule) -> int:
    """Image passes of a class's step."""
    return schedule.batches * schedule.images


def _steps_due(search: Search, schedule: Schedule) -> int:
    return schedule.steps if search.finished else search.steps
