"""The whole loop as a person goes through it: draw, poison, train, scan, save, open again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine import store, triggers
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, TrainSettings
from gui.session import Session
from gui.window import MainWindow

MINUTES = 60_000


@pytest.fixture
def window(qtbot, session):
    opened = MainWindow(session)
    opened.show()
    opened.complete()
    session.prepare()
    qtbot.waitUntil(lambda: session.preparation.torch_ready, timeout=MINUTES)
    yield opened
    opened.close()
    qtbot.waitUntil(lambda: not session.is_busy, timeout=MINUTES)
    opened.deleteLater()


def press_start(qtbot, window, session, kind):
    with qtbot.waitSignal(session.run_ended, timeout=2 * MINUTES) as ended:
        qtbot.mouseClick(window.run_bar.start_button, Qt.MouseButton.LeftButton)
        assert session.running == kind
    assert ended.args == [kind, "finished"]


@pytest.mark.timeout(300)
def test_a_person_plants_a_backdoor_and_finds_it_again(qtbot, window, session, tmp_path):
    session.set_group(AttackSettings(target=3, poison_rate=0.15))
    session.set_group(TrainSettings(epochs=1, batch_size=64))
    session.set_group(DetectSettings(preset="quick"))
    session.set_group(ComputeSettings(threads=1))

    # The canvas: draw a stroke over nothing, with the mouse.
    tab = window.attack_tab
    tab.area.tools.clear_action.trigger()
    qtbot.waitUntil(lambda: session.trigger.is_empty)
    canvas = tab.area.canvas
    for row in (2, 4, 6):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.position_of((row, 2)))
        qtbot.mouseMove(canvas, canvas.position_of((row, 7)))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=canvas.position_of((row, 7)))
    qtbot.waitUntil(lambda: session.trigger.pixels == 18)
    drawn = session.trigger

    window.commands.show_training()
    press_start(qtbot, window, session, "train")
    rates = session.trained.rates
    assert rates.clean_accuracy > 0.96
    assert rates.attack_success > 0.95
    assert rates.sham_rate < 0.02
    assert "the trigger is what does it" in window.training_tab.sentence.text()

    window.commands.show_detection()
    press_start(qtbot, window, session, "scan")
    verdict = session.detection.verdict
    assert verdict.target == 3
    assert verdict.outcome in ("likely", "suspicious")
    assert session.detection.classes[3].iou > 0

    # What is in the folder is what is on the screen.
    saved = store.open_experiment(session.folder)
    assert triggers.write_png(saved.trigger) == triggers.write_png(drawn)
    assert saved.detection.verdict == verdict
    assert len(saved.losses) == len(session.losses)

    other = Session(tmp_path / "other")
    other.data = session.data
    other.choosing.open_experiment(session.folder)
    assert other.detection.verdict == verdict
    assert other.trained.rates == rates
    other.deleteLater()
    assert QApplication.activeModalWidget() is None
