"""The canvas: how soon a stroke is seen, on it and in the pairs below it.

    python benchmarks/canvas.py                     64 x 64 in colour, 200 moves of the pointer
    python benchmarks/canvas.py --shape 1x28x28 --moves 500

The real Attack tab, drawn on with the mouse. `canvas` is the time from a move of the mouse until
the canvas is painted with it; `pairs` until the pairs and the figures are, too, which includes the
wait for the next frame (16 ms). Where there is no display, QT_QPA_PLATFORM=offscreen draws into
memory. Other work on the machine shows in these times; `processor` is what a move takes of it.
"""

import argparse
import os
import sys
import tempfile
import time
from math import cos, sin
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from benchmarks.window import wait
from engine.data import DataSet, ImageSet
from engine.triggers import Trigger
from gui import app as gui_app
from gui.attack_tab import AttackTab
from gui.session import Session
from gui.widgets.shapes import Symmetry

SIZE = (1280, 665)  # of the tab in a window of 1280 x 720


class PaintWatch(QObject):
    """Notes when a widget was painted last."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count the paint events; they are handled after this."""
        self.count += event.type() == QEvent.Type.Paint
        return super().eventFilter(watched, event)


def made_up_data(shape: tuple[int, int, int]) -> DataSet:
    """Noise: no image of it is cheaper to draw than a photo."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (2000, *shape), dtype=np.uint8)
    names = tuple(map(str, range(10)))
    whole = ImageSet(images, np.arange(len(images)) % 10, names)
    return DataSet("made-up", "Made up", whole, whole)


def speckled(shape: tuple[int, int, int]) -> Trigger:
    """A trigger of single cells all over: the longest outline that there is."""
    mask = (np.indices(shape[1:]).sum(axis=0) % 2).astype(np.float32)
    pattern = np.random.default_rng(1).random(shape, np.float32)
    return Trigger(mask, pattern)


def open_tab(folder: Path, shape: tuple[int, int, int], trigger: Trigger) -> AttackTab:
    """The tab with images of this size and a trigger to begin with."""
    session = Session(folder)
    session.data, session.trigger = made_up_data(shape), trigger
    tab = AttackTab(session)
    session.setParent(tab)
    tab.resize(*SIZE)
    tab.show()
    wait(tab.canvas.isVisible)
    QCoreApplication.processEvents()
    return tab


def wait_for(watch: PaintWatch, count: int, begin: float) -> float:
    """Run the event loop until a widget was painted more often; milliseconds since `begin`."""
    wait(lambda: watch.count > count)
    return (time.perf_counter() - begin) * 1000


def measure(tab: AttackTab, moves: int) -> dict[str, list[float]]:
    """Drag the pencil in a spiral; times until canvas and pairs are painted, in milliseconds."""
    canvas = tab.canvas
    canvas_watch, pairs_watch = PaintWatch(canvas), PaintWatch(tab.preview.grid)
    middle, reach = canvas.rect().center(), min(canvas.width(), canvas.height()) / 2 - 20
    turns = np.linspace(0, 12 * np.pi, moves + 1)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    times: dict[str, list[float]] = {"canvas": [], "pairs": [], "processor": []}
    for turn in turns.tolist():
        away = reach * turn / turns[-1]
        counts = canvas_watch.count, pairs_watch.count
        before = canvas.drawing.layers.copy()
        begin, begin_work = time.perf_counter(), time.process_time()
        QTest.mouseMove(canvas, middle + QPoint(round(away * cos(turn)), round(away * sin(turn))))
        if not before.equals(canvas.drawing.layers):  # otherwise there is nothing to see
            times["canvas"].append(wait_for(canvas_watch, counts[0], begin))
            times["pairs"].append(wait_for(pairs_watch, counts[1], begin))
            times["processor"].append((time.process_time() - begin_work) * 1000)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle)
    return times


def report(name: str, times: list[float]) -> None:
    """Print how long something took."""
    p50, p95 = np.percentile(times, (50, 95))
    print(
        f"{name:38} {len(times):4} moves, median {p50:5.1f} ms, p95 {p95:5.1f} ms,"
        f" worst {max(times):5.1f} ms"
    )


def main() -> None:
    """Measure a small trigger, one that is all outline, and one that is mirrored and zoomed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="3x64x64", help="channels x height x width")
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args()
    channels, height, width = map(int, options.shape.split("x"))
    shape = (channels, height, width)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; images of {options.shape}")
    application = gui_app.make_application(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        for name, trigger, zooms in (
            ("empty at first", Trigger.empty(shape), 0),
            ("speckled", speckled(shape), 0),
            ("speckled, mirrored, zoomed", speckled(shape), 3),
        ):
            tab = open_tab(Path(folder), shape, trigger)
            for _ in range(zooms):
                tab.canvas.zoom_in()
                tab.canvas.set_symmetry(Symmetry.BOTH)
            for what, taken in measure(tab, options.moves).items():
                report(f"{name}: {what}", taken)
            tab.close()
            tab.deleteLater()
        QCoreApplication.processEvents()
    application.quit()


if __name__ == "__main__":
    main()
