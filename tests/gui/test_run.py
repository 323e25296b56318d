"""Run: every way a Job can end, and what the window may rely on meanwhile."""

import threading
import time

import pytest
from PySide6.QtCore import QTimer

from engine.errors import EngineError
from engine.events import BatchTrained, Event, Progress, StopRequested
from gui.run import THREAD_NAME, Run


class Heard:
    """Everything a Run says, in order."""

    def __init__(self, run):
        self.run, self.said = run, []
        run.events.connect(self.hear_events)
        run.finished.connect(self.hear_finished)
        run.stopped.connect(self.hear_stopped)
        run.failed.connect(self.hear_failed)

    def hear_events(self, batch):
        assert threading.current_thread() is threading.main_thread()
        self.said.append(("events", batch))

    def hear_finished(self, result):
        self.said.append(("finished", result))

    def hear_stopped(self, result):
        self.said.append(("stopped", result))

    def hear_failed(self, error, details):
        self.said.append(("failed", error, details))

    @property
    def events(self):
        return [event for kind, *rest in self.said if kind == "events" for event in rest[0]]

    @property
    def endings(self):
        return [entry for entry in self.said if entry[0] != "events"]


def step(number):
    return BatchTrained(number, 1, 0.5)


class Gate:
    """A job that goes one step each time the test lets it."""

    def __init__(self, ends=None):
        self.may_step, self.stepped, self.finally_ran = threading.Semaphore(0), 0, False
        self.ends = ends

    def job(self):
        try:
            while True:
                assert self.may_step.acquire(timeout=20)
                self.stepped += 1
                yield step(self.stepped)
        except StopRequested:
            if self.ends is None:
                raise
            return self.ends
        finally:
            self.finally_ran = True

    def open(self, steps=1):
        for _ in range(steps):
            self.may_step.release()


def endless():
    number = 0
    while True:
        number += 1
        yield step(number)
        time.sleep(0.0005)  # stands for the work of a step


def test_all_events_arrive_in_order_and_then_the_result(qtbot):
    def job():
        for number in range(1, 501):
            yield step(number)
        return "result"

    run = Run(job)
    heard = Heard(run)
    with qtbot.waitSignal(run.finished):
        run.start()
    assert [event.step for event in heard.events] == list(range(1, 501))
    assert heard.endings == [("finished", "result")]
    assert heard.said[-1] == ("finished", "result")
    assert not run.is_running


def test_a_generator_will_do_as_well_as_a_callable(qtbot):
    def job():
        yield step(1)
        return 7

    run = Run(job())
    with qtbot.waitSignal(run.finished) as caught:
        run.start()
    assert caught.args == [7]


def test_of_pictures_only_the_newest_of_a_batch_arrives(qtbot):
    def job():
        for number in range(1, 301):
            yield step(number)
            yield Progress(number, 300, "")

    run = Run(job)
    heard = Heard(run)
    with qtbot.waitSignal(run.finished):
        run.start()
    batches = [rest[0] for kind, *rest in heard.said if kind == "events"]
    assert sum(isinstance(event, BatchTrained) for event in heard.events) == 300
    for batch in batches:
        pictures = [event for event in batch if isinstance(event, Progress)]
        assert len(pictures) <= 1
    assert next(e for e in reversed(heard.events) if isinstance(e, Progress)).done == 300


@pytest.mark.parametrize(
    "error",
    [RuntimeError("out of memory"), EngineError("Lower the rate."), KeyError("x"), SystemExit(3)],
    ids=repr,
)
def test_every_error_travels_and_finally_runs(qtbot, error):
    cleaned = []

    def job():
        try:
            yield step(1)
            raise error
        finally:
            cleaned.append(True)

    run = Run(job)
    heard = Heard(run)
    with qtbot.waitSignal(run.failed):
        run.start()
    [(_, seen, details)] = heard.endings
    assert seen is error
    assert "Traceback" in details
    assert "raise error" in details
    assert cleaned == [True]
    assert not run.is_running


def test_an_error_while_the_job_is_made_travels_too(qtbot):
    def make():
        raise ImportError("no such module")

    run = Run(make)
    with qtbot.waitSignal(run.failed) as caught:
        run.start()
    assert isinstance(caught.args[0], ImportError)


def test_stop_keeps_what_the_job_returns(qtbot):
    gate = Gate(ends="the best so far")
    run = Run(gate.job)
    heard = Heard(run)
    run.start()
    gate.open(2)
    qtbot.waitUntil(lambda: len(heard.events) == 2)
    with qtbot.waitSignal(run.stopped):
        run.stop()
        assert run.is_stopping
        gate.open()  # the step it is in ends
    assert heard.endings == [("stopped", "the best so far")]
    assert gate.finally_ran


def test_stop_without_anything_worth_keeping(qtbot):
    gate = Gate()
    run = Run(gate.job)
    heard = Heard(run)
    run.start()
    with qtbot.waitSignal(run.stopped):
        gate.open()
        run.stop()
        gate.open()
    assert heard.endings == [("stopped", None)]
    assert gate.finally_ran


def test_stop_before_the_first_step(qtbot):
    run = Run(endless)
    run.stop()
    with qtbot.waitSignal(run.stopped) as caught:
        run.start()
    assert caught.args == [None]


def test_events_that_a_stopped_job_still_yields_arrive(qtbot):
    def job():
        try:
            while True:
                yield step(1)
        except StopRequested:
            yield Progress(9, 9, "saving")
            return "saved"

    run = Run(job)
    heard = Heard(run)
    run.start()
    qtbot.waitUntil(lambda: bool(heard.events))
    with qtbot.waitSignal(run.stopped):
        run.stop()
    assert heard.events[-1] == Progress(9, 9, "saving")
    assert heard.said[-1] == ("stopped", "saved")


def test_an_error_while_stopping_is_an_error(qtbot):
    def job():
        try:
            while True:
                yield step(1)
        except StopRequested:
            raise OSError("disk full") from None

    run = Run(job)
    heard = Heard(run)
    run.start()
    qtbot.waitUntil(lambda: bool(heard.events))
    with qtbot.waitSignal(run.failed) as caught:
        run.stop()
    assert isinstance(caught.args[0], OSError)
    assert len(heard.endings) == 1


def test_pause_holds_and_resume_goes_on(qtbot):
    gate = Gate()
    run = Run(gate.job)
    heard = Heard(run)
    run.start()
    gate.open()
    qtbot.waitUntil(lambda: gate.stepped == 1)
    run.pause()
    assert run.is_paused
    gate.open(5)  # a step that it is in may still end; no further one may begin
    ticks = []
    timer = QTimer(interval=20)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    qtbot.waitUntil(lambda: len(ticks) >= 8)
    timer.stop()
    assert gate.stepped <= 2
    run.resume()
    assert not run.is_paused
    qtbot.waitUntil(lambda: len(heard.events) == 6)
    with qtbot.waitSignal(run.stopped):
        run.stop()
        gate.open()


def test_stop_ends_a_paused_run(qtbot):
    gate = Gate(ends="kept")
    run = Run(gate.job)
    run.start()
    gate.open(2)
    qtbot.waitUntil(lambda: gate.stepped == 2)
    run.pause()
    gate.open()
    with qtbot.waitSignal(run.stopped, timeout=1000) as caught:
        run.stop()
    assert caught.args == ["kept"]


def test_a_run_runs_only_once(qtbot):
    run = Run(endless)
    run.start()
    with pytest.raises(RuntimeError, match="once"):
        run.start()
    with qtbot.waitSignal(run.stopped):
        run.stop()


def test_the_error_does_not_keep_the_arrays_of_the_job_alive(qtbot):
    class Array(Event):
        pass

    import weakref

    seen = []

    def job():
        array = Array()
        seen.append(weakref.ref(array))
        yield step(1)
        raise RuntimeError("out of memory")

    run = Run(job)
    heard = Heard(run)
    with qtbot.waitSignal(run.failed):
        run.start()
    assert heard.endings[0][1].args == ("out of memory",)
    qtbot.waitUntil(lambda: seen[0]() is None)


def test_a_fast_producer_leaves_the_window_responsive(qtbot):
    gaps, last = [], [time.perf_counter()]

    def beat():
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    run = Run(endless)
    heard = Heard(run)
    timer = QTimer(interval=10)
    timer.timeout.connect(beat)
    run.start()
    last[0] = time.perf_counter()
    timer.start()
    qtbot.waitUntil(lambda: len(gaps) >= 100, timeout=20_000)
    timer.stop()
    with qtbot.waitSignal(run.stopped):
        run.stop()
    assert len(heard.events) > 200
    assert sorted(gaps)[len(gaps) // 2] < 0.03
    assert max(gaps) < 0.3  # generous: the machine may be busy with other things


def test_a_hundred_starts_and_stops_leave_no_thread(qtbot):
    for number in range(100):
        run = Run(endless)
        with qtbot.waitSignal(run.stopped):
            run.start()
            if number % 3 == 0:
                run.pause()
            run.stop()
        run.deleteLater()
    assert [thread for thread in threading.enumerate() if thread.name == THREAD_NAME] == []
