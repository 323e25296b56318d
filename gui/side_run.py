"""Work beside the session's own run: one Job at a time, its ends, and how a failure is told."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.events import Event, Job
from gui.failures import of_failure
from gui.run import Run


class SideRun(QObject):
    """Does one Job at a time; whoever inherits says what its events and its ends mean.

    Signals:
        message: Level, one sentence, and a traceback or nothing.
        ended: Nothing goes on any more.
    """

    message = Signal(str, str, str)
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something goes on."""
        return self._run is not None

    def stop(self) -> None:
        """Ask it to end; nothing is half done."""
        if self._run is not None:
            self._run.stop()

    def close(self) -> None:
        """Ask it to end: the program does."""
        self.stop()

    def _begin(self, job: Callable[[], Job[Any]]) -> None:
        self._run = Run(job, self)
        self._run.events.connect(self._on_events)
        self._run.finished.connect(self._on_finished)
        self._run.stopped.connect(self._on_stopped)
        self._run.failed.connect(self._on_failed)
        self._run.start()

    def _release(self) -> None:
        """Let go of a run that has ended."""
        if self._run is not None:
            self._run.deleteLater()
        self._run = None

    def _tell_failure(self, what: str, error: BaseException, details: str) -> None:
        """Say why `what`, such as "Writing the report", failed."""
        self.message.emit("error", *of_failure(what, error, details))

    def _on_events(self, batch: list[Event]) -> None:
        """Take in what has come since the last batch."""

    def _on_finished(self, result: Any) -> None:
        raise NotImplementedError

    def _on_stopped(self, result: object) -> None:
        raise NotImplementedError

    def _on_failed(self, error: BaseException, details: str) -> None:
        raise NotImplementedError
