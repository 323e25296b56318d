"""What the networks cost that may be trained: counted and measured beside the window."""

import logging
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from engine.architectures import Cost, Shape
from engine.events import Event, Job, Progress
from engine.settings import ComputeSettings, ExperimentSettings, TrainSettings
from gui.side_run import SideRun

Key = tuple[str, float, Shape, int, ComputeSettings]
log = logging.getLogger("backdoor_studio")


class NetworkCosts(SideRun):
    """Finds out what networks cost, one at a time, and remembers it.

    Signals:
        told: The cost of another network is known.
    """

    told = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[Key, Cost | None] = {}  # None: it cannot be built or measured
        self._asked: Key | None = None
        self._is_closed = False

    def of(self, settings: ExperimentSettings, shape: Shape, classes: int) -> Cost | None:
        """What the network of these settings costs, as far as it is known."""
        return self._known.get(_key(settings, shape, classes))

    def ask(self, settings: ExperimentSettings, shape: Shape, classes: int) -> None:
        """Find out what a network costs, unless that is known; `told` says when it is."""
        key = _key(settings, shape, classes)
        if self.is_busy or key in self._known or self._is_closed:
            return
        what = settings.train, shape, classes, settings.compute
        self._asked = key
        self._begin(partial(_measure, *what))

    def note(
        self, events: list[Event], settings: ExperimentSettings, shape: Shape, classes: int
    ) -> None:
        """Take the speed of a training that goes on now: nothing tells it better."""
        key = _key(settings, shape, classes)
        known = self._known.get(key)
        told = [event.images_per_second for event in events if isinstance(event, Progress)]
        speeds = [speed for speed in told if speed]
        if known is not None and speeds:
            self._known[key] = replace(known, images_per_second=speeds[-1])

    def close(self) -> None:
        """Ask the measurement to end, and begin no other."""
        self._is_closed = True
        self.stop()

    def _on_finished(self, cost: Cost) -> None:
        self._end(cost, is_known=True)

    def _on_stopped(self, _: object) -> None:
        self._end(None, is_known=False)

    def _on_failed(self, _: BaseException, details: str) -> None:
        log.info("A network could not be measured\n%s", details)  # Start says why, if it is tried
        self._end(None, is_known=True)

    def _end(self, cost: Cost | None, *, is_known: bool) -> None:
        self._release()
        key, self._asked = self._asked, None
        if is_known and key is not None:
            self._known[key] = cost
        self.ended.emit()
        if is_known:
            self.told.emit()


def _key(settings: ExperimentSettings, shape: Shape, classes: int) -> Key:
    train = settings.train
    return train.architecture, train.width, shape, classes, settings.compute


def _measure(
    train: TrainSettings, shape: Shape, classes: int, compute: ComputeSettings
) -> Job[Cost]:
    """Load what measures, which the window does without until then."""
    from engine.training_cost import cost_job

    return (yield from cost_job(train, shape, classes, compute))
