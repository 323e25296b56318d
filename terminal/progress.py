"""A Job in the terminal: progress bars, the newest rates, and an orderly stop with Ctrl+C."""

import contextlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from engine import events
from engine.events import Event, Job, Measured, StopRequested, Warned
from engine.metrics import percent

Outcome = TypeVar("Outcome")
SECONDS_BETWEEN_LINES = 10.0


class StopFlag:
    """Set by Ctrl+C; the job that is being followed then ends and returns what it has."""

    def __init__(self) -> None:
        self.requested = False
        self.seen = False

    def take(self) -> bool:
        """Whether a stop was requested and has not been passed on yet."""
        now = self.requested and not self.seen
        self.seen = self.requested
        return now


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[StopFlag]:
    """Make the first Ctrl+C (or SIGTERM) set a flag; a second one interrupts at once."""
    flag = StopFlag()

    def request(_number: int, _frame: FrameType | None) -> None:
        if flag.requested:
            raise KeyboardInterrupt
        flag.requested = True

    before: dict[int, Any] = {
        number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def follow(job: Job[Outcome], show: Callable[[Event], None], stop: StopFlag) -> Outcome | None:
    """Iterate a Job to its end, or to its stop.

    Returns:
        Its result, or None where it was stopped before there was one.
    """
    try:
        event = next(job)
        while True:
            show(event)
            event = job.throw(StopRequested()) if stop.take() else next(job)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    except StopRequested:
        return None


class ProgressDisplay:
    """Shows a Job's events: as a moving bar in a terminal, as a line now and then elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rates = ""
        self._bar: Progress | None = None
        self._stage = ""
        self._written = float("-inf")
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TaskProgressColumn(),
                TextColumn("{task.fields[facts]}", markup=False),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=1, facts="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, event: Event) -> None:
        """Show an event; those that are only for pictures are passed over."""
        if isinstance(event, Measured):
            self._rates = (
                f"clean {percent(event.clean_accuracy)}, attack {percent(event.attack_success)},"
                f" sham {percent(event.sham_rate)}"
            )
        elif isinstance(event, Warned):
            self._console.print(
                f"Note: {event.text}", markup=False, highlight=False, soft_wrap=True
            )
        elif isinstance(event, events.Progress):
            self._show_progress(event)

    def _show_progress(self, event: events.Progress) -> None:
        stage = re.sub(r"\d+", "", event.text)
        if stage != self._stage:
            self._stage, self._rates, self._written = stage, "", float("-inf")
        facts = "  ".join(filter(None, [*_speed(event), self._rates]))
        if self._bar:
            self._bar.update(
                self._task,
                description=event.text,
                completed=event.done,
                total=event.total,
                facts=facts,
            )
        else:
            self._write_line(event, facts)

    def _write_line(self, event: events.Progress, facts: str) -> None:
        """A line when another stage begins, and every few seconds within one."""
        now = time.monotonic()
        if now - self._written < SECONDS_BETWEEN_LINES:
            return
        self._written = now
        share = f"{event.done / event.total:4.0%}"
        self._console.print(
            f"{share}  {event.text}  {facts}".rstrip(), markup=False, soft_wrap=True
        )


@dataclass(frozen=True)
class Watch:
    """Follows Jobs to their end: call it with each one."""

    display: ProgressDisplay
    stop: StopFlag

    def __call__(self, job: Job[Outcome]) -> Outcome | None:
        """Follow a Job; None where it was stopped before it had a result."""
        return follow(job, self.display.show, self.stop)


@contextlib.contextmanager
def watching(console: Console) -> Iterator[Watch]:
    """Show the progress of Jobs on a console, and stop them on Ctrl+C."""
    with stopping_on_signals() as stop, ProgressDisplay(console) as display:
        yield Watch(display, stop)


def _speed(event: events.Progress) -> Iterator[str]:
    if event.images_per_second is not None:
        yield f"{event.images_per_second:,.0f} images/s"
    if event.seconds_left is not None:
        yield f"{event.seconds_left:.0f} s left"
