"""Opening a stranger's model in the background: its file, its network, its pre-flight."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine import data
from engine.errors import EngineError
from engine.events import Event, Job, Progress
from engine.modelfile import ModelFileRefused, display_name
from engine.models import Model
from engine.opening.fits import Fit
from engine.opening.jobs import AUTO, Opened, open_model_job, preflight_job
from engine.opening.results import (
    BrightnessMeasured,
    BrightnessRow,
    FormatMeasured,
    FormatRate,
    Preflight,
)
from engine.settings import ExperimentSettings
from gui.failures import of_failure
from gui.side_run import SideRun

STOPPED = "Stopped. Choose a network to go on, or open again."
STOPPED_EARLY = "Stopped before it was read. Choose the file again to go on."


def open_model(path: Path, settings: ExperimentSettings) -> Job[Opened]:
    """Read a file, and compare it with every network, for images of the settings' data set."""
    data_set = yield from data.load_job(settings.data)
    return (yield from open_model_job(path, data_set.shape, data_set.classes))


class ModelOpening(SideRun):
    """One file at a time: read, fitted to a network, and tried under every input format.

    Attributes:
        path: The file, or None while none is open.
        opened: What was read, once that is done.
        fit: The network that was chosen for it, once there is one.
        wanted: The input format that was asked for, or "auto".
        rates: The input formats tried so far.
        brightness: The changes of brightness tried so far.
        preflight: What all of that came to.
        problem: Why it cannot be used, or why none is open any more, or nothing.
        has_failed: Whether that is an error, and no advice on how to go on.
        sha256: Of a file that was examined and not opened, or nothing.
        progress: How far the work is, or None.

    Signals:
        changed: Any of these is another.
    """

    changed = Signal()

    path: Path | None
    opened: Opened | None
    fit: Fit | None
    wanted: str
    rates: list[FormatRate]
    brightness: list[BrightnessRow]
    preflight: Preflight | None
    problem: str
    has_failed: bool
    sha256: str
    progress: Progress | None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = ExperimentSettings()
        self._next: Callable[[], None] | None = None
        self._forget()

    @property
    def name(self) -> str:
        """The file's name, as it may be shown."""
        return display_name(self.path) if self.path is not None else ""

    @property
    def model(self) -> Model | None:
        """The network as it can be scanned, once its pre-flight is done."""
        if self.opened is None or self.fit is None or self.preflight is None:
            return None
        return self.fit.as_model(self.opened.file, self.preflight.taken)

    @property
    def settings(self) -> ExperimentSettings:
        """The settings of the data that it was tried on, with its network."""
        if self.fit is None:
            return self._settings
        network = {"architecture": self.fit.architecture, "width": self.fit.width}
        train = self._settings.train.model_copy(update=network)
        return self._settings.model_copy(update={"train": train})

    def open(self, path: Path, settings: ExperimentSettings) -> None:
        """Open a file; one that is being opened is given up."""
        self._when_idle(partial(self._open, path, settings))

    def choose(self, architecture: str) -> None:
        """Take another network for the file, and try the input formats with it."""
        self._when_idle(partial(self._choose, architecture))

    def try_format(self, input_format: str) -> None:
        """Take an input format, or "auto" for the best, and measure with it."""
        self._when_idle(partial(self._try, input_format))

    def drop(self, why: str) -> None:
        """Let go of the file, and of what is being done with it, for a reason to tell."""
        if self.path is not None and self._next is None:
            self._when_idle(partial(self._drop, why))

    def stop(self) -> None:
        """Give up what goes on; what was found stays."""
        self._next = None
        super().stop()

    def _open(self, path: Path, settings: ExperimentSettings) -> None:
        self._forget()
        self.path, self._settings = path, settings
        self._work(partial(open_model, path, settings), self._on_opened)

    def _on_opened(self, opened: Opened) -> None:
        self.opened = opened
        try:
            fit = opened.choose()
        except EngineError as problem:
            self.problem = str(problem)
            self.has_failed = not any(fit.fits for fit in opened.fits)
            self.fit = opened.fits[0] if opened.fits else None
            return
        self.wanted = fit.input_range or AUTO
        self._measure(fit)

    def _choose(self, architecture: str) -> None:
        if self.opened is None:
            return
        try:
            self._measure(self.opened.choose(architecture))
        except EngineError as problem:
            self._forget_measurements()
            self.problem = str(problem)
            self.has_failed = not any(fit.fits for fit in self.opened.fits)
            self.fit = next(fit for fit in self.opened.fits if fit.architecture == architecture)
            self.changed.emit()

    def _try(self, input_format: str) -> None:
        if self.fit is not None and self.fit.fits:
            self.wanted = input_format
            self._measure(self.fit)

    def _measure(self, fit: Fit) -> None:
        self._forget_measurements()
        self.fit = fit
        if self.opened is not None:
            model = fit.as_model(self.opened.file, AUTO)
            job = partial(preflight_job, self.settings, model, self.wanted)
            self._work(job, self._on_measured)

    def _on_measured(self, preflight: Preflight) -> None:
        self.preflight = preflight
        self.rates = list(preflight.rates)
        if preflight.brightness is not None:
            self.brightness = list(preflight.brightness.rows)

    def _drop(self, why: str) -> None:
        self._forget()
        self.problem = why
        self.changed.emit()

    def _when_idle(self, work: Callable[[], None]) -> None:
        """Do something as soon as what goes on was stopped."""
        if self._run is None:
            work()
        else:
            self._next = work
            self._run.stop()

    def _work(self, job: Callable[[], Job[Any]], take: Callable[[Any], None]) -> None:
        self._take = take
        self._begin(job)
        self.changed.emit()

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            match event:
                case Progress():
                    self.progress = event
                case FormatMeasured():
                    self.rates.append(event.rate)
                case BrightnessMeasured():
                    self.brightness.append(event.row)
        self.changed.emit()

    def _on_finished(self, result: Any) -> None:
        if self._next is None and self._run is not None and self._run.is_given_up:
            self._on_stopped(None)  # in its last step, after which nobody looks
            return
        self._end()
        if self._next is None:  # otherwise nobody wants it any more
            self._take(result)
        self._settle()

    def _on_stopped(self, _: object) -> None:
        self._end()
        if self.preflight is None:
            self.problem = STOPPED if self.opened is not None else STOPPED_EARLY
        self._settle()

    def _on_failed(self, error: BaseException, details: str) -> None:
        self._end()
        self.problem, shown = of_failure("Opening it", error, details)
        self.has_failed = True
        if isinstance(error, ModelFileRefused):
            self.problem, self.sha256 = error.sentence, error.sha256
        if shown:
            self.message.emit("error", self.problem, shown)
        self._settle()

    def _end(self) -> None:
        self._release()
        self.progress = None

    def _settle(self) -> None:
        following, self._next = self._next, None
        if following is not None and self._run is None:
            following()
        self.changed.emit()
        if self._run is None:
            self.ended.emit()

    def _forget(self) -> None:
        self.path = self.opened = self.progress = None
        self.wanted, self.sha256 = AUTO, ""
        self._forget_measurements()

    def _forget_measurements(self) -> None:
        self.fit = self.preflight = None
        self.rates, self.brightness = [], []
        self.problem, self.has_failed = "", False
