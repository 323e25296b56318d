"""A run that is paused says so wherever it is spoken of, and what is grey says why."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction

from gui import detection_words
from gui.commands import DETECTION, TRAINING
from gui.possible import NOTHING_RUNS, STOPPING
from gui.training_tab import NO_NEXT
from gui.widgets.verdict_panel import LOOKS
from tests.gui.scanning import as_read, train, train_and_scan

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def going(window, session, jobs, qtbot):
    """Starts a run that goes on until it is stopped; it is, at the end."""
    jobs.endless = True
    yield lambda start: start()
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_a_paused_training_is_paused_in_its_tab(window, session, going):
    going(session.start_training)
    window.tabs.setCurrentIndex(TRAINING)
    assert "Now: running" in window.tabs.tabToolTip(TRAINING)
    session.toggle_pause()
    assert window.tabs.tabText(TRAINING).endswith("paused")
    assert "Now: paused" in window.tabs.tabToolTip(TRAINING)
    assert "Goes on" in as_read(window.training_tab.run_bar.pause_button.toolTip())
    session.toggle_pause()
    assert window.tabs.tabText(TRAINING).endswith("running")


def test_a_paused_scan_is_paused_in_its_tab_and_above_its_tiles(
    window, session, jobs, going, qtbot
):
    jobs.endless = False
    train(qtbot, session)
    jobs.endless = True
    going(session.start_scan)
    window.tabs.setCurrentIndex(DETECTION)
    panel = window.detection_tab.verdict
    assert panel.word.text() == LOOKS["searching"].word
    session.toggle_pause()
    assert panel.word.text() == "Paused"
    assert panel.headline.text() == detection_words.PAUSED
    assert window.tabs.tabText(DETECTION).endswith("paused")
    session.toggle_pause()
    assert panel.word.text() == LOOKS["searching"].word


def test_a_line_that_a_paused_run_greys_says_that_it_is_paused(window, session, going):
    going(session.start_training)
    line = window.findChild(QAction, "map_pairs")
    assert as_read(line.toolTip()) == "A training is running."
    session.toggle_pause()
    assert as_read(line.toolTip()) == "A training is paused."
    assert as_read(window.try_button.toolTip()) == "A training is paused."


def test_pause_and_stop_say_why_they_are_grey(window, session, jobs, qtbot):
    mine, other = window.training_tab.run_bar, window.detection_tab.scan_bar

    def reasons(bar):
        pair = bar.pause_button, bar.stop_button
        assert not any(button.isEnabled() for button in pair)
        [reason] = {as_read(button.toolTip()) for button in pair}
        return reason

    assert reasons(mine) == NOTHING_RUNS
    jobs.endless = True
    session.start_training()
    assert mine.pause_button.isEnabled()
    assert mine.stop_button.isEnabled()
    assert reasons(other) == "A training is running. Show leads to it."
    with qtbot.waitSignal(session.run_ended):
        session.stop()
        assert reasons(mine) == STOPPING
    assert reasons(mine) == NOTHING_RUNS


def test_next_says_why_it_is_grey(window, session, jobs, qtbot):
    button = window.training_tab.next_button
    assert not button.isEnabled()
    assert as_read(button.toolTip()) == NO_NEXT
    train_and_scan(qtbot, session)
    assert button.isEnabled()
    assert "tab 3" in as_read(button.toolTip())


def test_without_images_no_start_is_spoken_of(window, session, jobs, qtbot):
    train(qtbot, session)
    tab = window.training_tab
    window.tabs.setCurrentIndex(TRAINING)
    session.set_group(session.settings.train.model_copy(update={"epochs": 9}))
    assert tab.stale_label.isVisible()
    session.data = None
    session.changed.emit("data")
    assert not tab.run_bar.start_button.isEnabled()
    assert not tab.stale_label.isVisible()
