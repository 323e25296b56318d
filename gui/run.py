"""Run: the one place with a thread. It pulls a Job and hands its events over in batches."""

import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.events import Event, Job, StopRequested

BATCH_MS = 33
THREAD_NAME = "backdoor-studio-run"


class Run(QObject):
    """One run of one Job, in a thread of its own.

    The thread only appends to a mailbox; a timer in the window's thread empties it. So every
    signal is emitted in the window's thread, and none after the one that ends the run. The ending
    signals come exactly once, after the thread is gone.

    Signals:
        events: A batch (list of Event): every number, and the newest of each picture.
        finished: The Job's result.
        stopped: What a stopped Job kept, or None.
        failed: The exception, and its traceback as text.
    """

    events = Signal(list)
    finished = Signal(object)
    stopped = Signal(object)
    failed = Signal(object, str)

    def __init__(
        self, job: Callable[[], Job[Any]] | Job[Any], parent: QObject | None = None
    ) -> None:
        """Prepare a run of `job`; a callable is called in the thread, imports and all."""
        super().__init__(parent)
        self._job: Callable[[], Job[Any]] | Job[Any] | None = job
        self._mailbox: deque[Event] = deque()
        self._may_continue = threading.Event()
        self._may_continue.set()
        self._stop_wanted = threading.Event()
        self._ending: tuple[str, Any, str] | None = None
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self, interval=BATCH_MS)
        self._timer.timeout.connect(self._deliver)

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not announced its end yet."""
        return self._timer.isActive()

    @property
    def is_paused(self) -> bool:
        """Whether it waits for resume()."""
        return self.is_running and not self._may_continue.is_set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self.is_running and self._stop_wanted.is_set()

    @property
    def is_given_up(self) -> bool:
        """Whether it was asked to stop, also where it finished all the same."""
        return self._stop_wanted.is_set()

    def start(self) -> None:
        """Start the thread; a Run runs once."""
        if self._thread is not None:
            raise RuntimeError("a Run runs only once")
        self._thread = threading.Thread(target=self._work, name=THREAD_NAME, daemon=True)
        self._timer.start()
        self._thread.start()

    def pause(self) -> None:
        """Hold the Job before its next step."""
        if self.is_running and not self.is_stopping:
            self._may_continue.clear()

    def resume(self) -> None:
        """Let a paused Job go on."""
        self._may_continue.set()

    def stop(self) -> None:
        """Ask the Job to end after the step it is in; returns at once, paused or not."""
        self._stop_wanted.set()
        self._may_continue.set()

    def _work(self) -> None:
        """Body of the thread: nothing may escape from here, and the ending is set last."""
        try:
            ending = self._pull()
        except BaseException as error:
            text = "".join(traceback.format_exception(error))
            # The frames would keep the Job's arrays alive for as long as somebody has the error.
            ending = ("failed", error.with_traceback(None), text)
        self._ending = ending

    def _pull(self) -> tuple[str, Any, str]:
        source, self._job = self._job, None
        if self._stop_wanted.is_set() or source is None:
            return "stopped", None, ""
        job = source() if callable(source) else source
        thrown = False
        try:
            while True:
                self._may_continue.wait()
                if self._stop_wanted.is_set() and not thrown:
                    thrown = True
                    event = job.throw(StopRequested())
                else:
                    event = next(job)
                self._mailbox.append(event)
        except StopIteration as end:
            return ("stopped" if thrown else "finished"), end.value, ""
        except StopRequested:
            return "stopped", None, ""
        finally:
            job.close()

    def _deliver(self) -> None:
        """Empty the mailbox; announce the end when the thread has set it."""
        ending = self._ending  # read first: what was sent before it is in the mailbox by now
        batch = _newest_pictures([self._mailbox.popleft() for _ in range(len(self._mailbox))])
        if ending is None:
            if batch:
                self.events.emit(batch)
            return
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()
        self._ending = None
        if batch:
            self.events.emit(batch)
        self._announce(*ending)

    def _announce(self, how: str, value: Any, details: str) -> None:
        if how == "finished":
            self.finished.emit(value)
        elif how == "stopped":
            self.stopped.emit(value)
        else:
            self.failed.emit(value, details)


def _newest_pictures(batch: list[Event]) -> list[Event]:
    """Keep every number, and of each `newest_only` type the last event, in order."""
    seen: set[type[Event]] = set()
    kept: list[Event] = []
    for event in reversed(batch):
        if event.newest_only:
            if type(event) in seen:
                continue
            seen.add(type(event))
        kept.append(event)
    return kept[::-1]
