"""The window's manners: how soon it is there, how steadily it beats, how well it stops.

    python benchmarks/window.py start   seconds from the start of the process to the first picture
    python benchmarks/window.py beat    the default experiment while a 10 ms heartbeat is timed
    python benchmarks/window.py stop    start and stop training again and again
    python benchmarks/window.py open    open a model file of 1 GB while the heartbeat is timed

Where there is no display, QT_QPA_PLATFORM=offscreen draws into memory; a virtual one (Xvfb) is
closer to what a person has.
"""

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import safetensors.numpy
from PySide6.QtCore import QCoreApplication, QEventLoop, QSettings, Qt, QTimer

from gui import app as gui_app
from gui.session import Session
from gui.window import MainWindow

BEAT_MS = 10
POLL_MS = 20
START_PROBE = """
import sys, time
sys.path.insert(0, {root!r})
from gui import app, window
class Timed(window.MainWindow):
    def __init__(self, session):
        super().__init__(session)
        self.painted.connect(self.tell)
    def tell(self):
        print(time.time(), "torch" in sys.modules, flush=True)
        import os
        os._exit(0)
app.MainWindow = Timed
app.main()
"""


class Heart:
    """A timer of 10 ms that notes how late each of its beats is."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append((now - self._last) * 1000 - BEAT_MS)
        self._last = now

    def report(self, name: str, since: int) -> int:
        """Print the beats since an earlier report and return where the next one begins."""
        gaps = np.array(self.late_ms[since:]) + BEAT_MS
        if len(gaps):
            p50, p99 = np.percentile(gaps, (50, 99))
            print(
                f"{name:24} {len(gaps):6} beats, median {p50:5.1f} ms, p99 {p99:5.1f} ms,"
                f" worst {gaps.max():6.1f} ms"
            )
        return len(self.late_ms)


def open_window(folder: Path) -> tuple[Session, MainWindow]:
    """The real window with settings and runs of its own, once torch and the data are there."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    session = Session(folder / "runs")
    window = MainWindow(session)
    window.painted.connect(session.prepare, Qt.ConnectionType.QueuedConnection)
    window.painted.connect(window.complete, Qt.ConnectionType.QueuedConnection)
    window.show()
    return session, window


def wait(condition: Callable[[], bool], seconds: float = 300) -> None:
    """Run the event loop until a condition holds, as idle as a person's between its events."""
    end = time.monotonic() + seconds
    waking = QTimer(interval=POLL_MS)
    waking.start()
    while not condition():
        # Not with a time limit: Qt does not wait then, and the loop would take the engine's core.
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")


def measure_start(repeats: int) -> None:
    """Print how long the first picture takes, and whether torch was imported by then."""
    probe = START_PROBE.format(root=str(Path(__file__).parent.parent))
    for _ in range(repeats):
        begin = time.time()
        done = subprocess.run(
            [sys.executable, "-c", probe], capture_output=True, text=True, check=True
        )
        shown, torch_there = done.stdout.split()[-2:]
        print(f"first picture after {float(shown) - begin:.2f} s; torch imported: {torch_there}")


def measure_beat(session: Session) -> None:
    """Time the heartbeat while idle, preparing, training and scanning as Try it does."""
    heart = Heart()
    wait(lambda: session.preparation.torch_ready)
    since = heart.report("loading data and torch", 0)
    begin = time.perf_counter()
    session.try_it()
    wait(lambda: session.running == "scan")
    trained = time.perf_counter()
    since = heart.report("training", since)
    wait(lambda: session.detection is not None and not session.is_busy)
    heart.report("scanning", since)
    print(
        f"training {trained - begin:.1f} s, scan {time.perf_counter() - trained:.1f} s, together"
        f" {time.perf_counter() - begin:.1f} s, verdict: {session.detection.verdict.headline}"
    )


def measure_stop(session: Session, cycles: int) -> None:
    """Start and stop training; print how long stopping takes, and what is left behind."""
    wait(lambda: session.preparation.torch_ready)
    taken, before = [], (0, 0)
    for cycle in range(cycles):
        session.start_training()
        wait(lambda: len(session.losses) > 5)
        begin = time.perf_counter()
        session.stop()
        answered = time.perf_counter() - begin
        wait(lambda: not session.is_busy)
        taken.append((answered * 1000, (time.perf_counter() - begin) * 1000))
        if cycle == min(10, cycles // 2):
            before = resident_mib(), threading.active_count()
    gc.collect()
    answers, stops = np.array(taken).T
    print(f"{cycles} cycles: stop() returned within {answers.max():.1f} ms; ended after a median of"
          f" {np.median(stops):.0f} ms, at most {stops.max():.0f} ms")  # fmt: skip
    print(f"memory {before[0]:.0f} -> {resident_mib():.0f} MiB, threads {before[1]} ->"
          f" {threading.active_count()} (after 10 cycles -> at the end)")  # fmt: skip


def measure_open(session: Session, window: MainWindow, folder: Path, megabytes: int) -> None:
    """Open a network trained here, and a big honest file that fits none; time the heartbeat."""
    wait(lambda: session.preparation.torch_ready and window.detection_tab is not None)
    session.start_training()
    wait(lambda: session.running is None)
    assert session.model is not None
    ours, big = folder / "ours.safetensors", folder / "big.safetensors"
    ours.write_bytes(session.model.to_bytes())
    layer = np.zeros(megabytes * 2**20 // 8 // 4, np.float32)
    safetensors.numpy.save_file({f"layer{n}.weight": layer for n in range(8)}, big)
    heart = Heart()
    since = 0
    for name, path in (("our own network", ours), (f"{megabytes} MB that fit nothing", big)):
        begin = time.perf_counter()
        window.commands.open_model(path)
        wait(lambda: not session.opening.is_busy)
        since = heart.report(name, since)
        print(f"{'':24} open after {time.perf_counter() - begin:.1f} s")


def resident_mib() -> float:
    """This process's memory, in MiB (Linux; 0 elsewhere)."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0.0
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["start", "beat", "stop", "open"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--megabytes", type=int, default=1000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if options.what == "start":
        measure_start(options.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        sys.setswitchinterval(gui_app.SWITCH_SECONDS)
        application = gui_app.make_application(sys.argv[:1])
        session, window = open_window(Path(folder))
        if options.what == "beat":
            measure_beat(session)
        elif options.what == "open":
            measure_open(session, window, Path(folder), options.megabytes)
        else:
            measure_stop(session, options.cycles)
        window.close()
        wait(lambda: not session.is_busy)
        application.quit()


if __name__ == "__main__":
    main()
