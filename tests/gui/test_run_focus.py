"""The keyboard's focus while a run disables the forms, and when it has ended."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.triggers import preset_names
from gui.commands import ATTACK, DETECTION, TRAINING
from gui.session import NO_NETWORK_YET
from gui.window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(qtbot, session, jobs):
    opened = MainWindow(session)
    opened.resize(1280, 800)
    with qtbot.waitExposed(opened):
        opened.show()
    opened.complete()
    opened.activateWindow()
    qtbot.waitUntil(opened.isActiveWindow)
    opened.tabs.setCurrentIndex(TRAINING)
    jobs.gate.clear()
    jobs.endless = True
    yield opened
    jobs.gate.set()
    jobs.endless = False
    session.shut_down()  # before the window is closed, which would ask
    qtbot.waitUntil(lambda: not session.is_busy, timeout=30_000)
    opened.close()
    opened.deleteLater()


def end(qtbot, session, jobs):
    jobs.gate.set()
    jobs.endless = False
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)


def has_focus(qtbot, widget):
    qtbot.waitUntil(lambda: QApplication.focusWidget() is widget, timeout=5_000)


def test_pause_has_it_while_the_form_is_disabled_and_the_form_afterwards(
    qtbot, window, session, jobs
):
    field = window.training_tab.train_form.fields["architecture"]
    field.setFocus()
    window.commands.start_run()
    assert session.running == "train"
    has_focus(qtbot, window.training_tab.run_bar.pause_button)
    end(qtbot, session, jobs)
    has_focus(qtbot, field)


@pytest.mark.parametrize("key", ["R", "T"])
def test_a_key_that_starts_nothing_says_why(qtbot, window, session, jobs, key):
    said, back = [], []
    session.telling.message.connect(lambda *message: said.append(message))
    session.telling.taken_back.connect(back.append)
    window.commands.start_run()
    for _ in range(2):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{key}"), CONTROL)
    assert said == [("info", "A training is running.", "")] * 2
    assert back == ["A training is running."]
    end(qtbot, session, jobs)
    assert back == ["A training is running."] * 2


def test_a_key_says_what_is_lacking(qtbot, window, session):
    said = []
    session.telling.message.connect(lambda *message: said.append(message))
    window.tabs.setCurrentIndex(DETECTION)
    qtbot.keyClick(window, Qt.Key.Key_R, CONTROL)
    assert said == [("info", NO_NETWORK_YET, "")]


def test_start_has_it_back_when_it_was_pressed_with_space(qtbot, window, session, jobs):
    bar = window.training_tab.run_bar
    bar.start_button.setFocus()
    qtbot.keyClick(bar.start_button, Qt.Key.Key_Space)
    assert session.running == "train"
    has_focus(qtbot, bar.pause_button)
    bar.stop_button.setFocus()
    end(qtbot, session, jobs)
    has_focus(qtbot, bar.start_button)


def test_where_somebody_put_it_meanwhile_it_stays(qtbot, window, session, jobs):
    window.training_tab.train_form.fields["architecture"].setFocus()
    window.commands.start_run()
    has_focus(qtbot, window.training_tab.run_bar.pause_button)
    window.commands.show_attack()
    canvas = window.attack_tab.canvas
    canvas.setFocus()
    end(qtbot, session, jobs)
    QApplication.processEvents()
    assert QApplication.focusWidget() is canvas


def test_a_tab_that_comes_to_the_front_has_it_if_nothing_has(qtbot, window, session):
    QApplication.focusWidget().clearFocus()
    window.commands.show_attack()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None, timeout=5_000)
    assert window.tabs.currentIndex() == ATTACK
    assert window.attack_tab.isAncestorOf(QApplication.focusWidget())
    before = session.trigger
    window.attack_tab.panel.preset_chosen.emit(list(preset_names())[1])
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: session.trigger == before, timeout=5_000)
