"""Alt and a letter does something only where one thing alone has that letter."""

import re
from collections import Counter

from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel

from engine.detection.results import Verdict
from gui.commands import ATTACK, DETECTION, TRAINING
from gui.widgets.view_switch import CLASSES, PAIRS
from tests.gui import made_up
from tests.gui.scanning import finish, finish_map, train, train_and_scan
from tests.gui.test_model_page import MadeUpOpening

NOTHING = Verdict("not_found", None, 0.4, "none", (), "Nothing found.", "Nothing stands out.")


def letters(window):
    """The letter of each thing that Alt would reach now, with what it says."""
    buttons = window.findChildren(QAbstractButton)
    labels = [one for one in window.findChildren(QLabel) if one.buddy() is not None]
    texts = [one.text() for one in (*buttons, *labels) if one.isVisible() and one.isEnabled()]
    texts += [one.text() for one in window.menuBar().actions()]
    return [(found[1].lower(), text) for text in texts if (found := _mnemonic(text)) is not None]


def _mnemonic(text):
    return re.search(r"&(\w)", text.replace("&&", ""))


def assert_unique(window, *expected):
    found = letters(window)
    often = {
        letter for letter, count in Counter(letter for letter, _ in found).items() if count > 1
    }
    assert not [pair for pair in found if pair[0] in often]
    assert set(expected) <= {text for _, text in found}, "the state is the one that is meant"


def scan_without_finding(session):
    session.model = made_up.model()
    finish(session, said=NOTHING)


def test_on_the_first_two_tabs(qtbot, window, session, jobs):
    for tab in (ATTACK, TRAINING):
        window.tabs.setCurrentIndex(tab)
        assert_unique(window, "&File")
    train(qtbot, session)
    assert_unique(window, "&Next: scan")


def test_of_a_scan_at_each_moment(qtbot, window, session, jobs):
    window.tabs.setCurrentIndex(DETECTION)
    assert_unique(window, "&Open model …")
    scan_without_finding(session)
    for view in (CLASSES, PAIRS):
        window.detection_tab.views.show_view(view)
        assert_unique(window, "Re&port …", "Map all pair&s", "P&air map")
    made_up.begin_scan(session)
    assert_unique(window, "&Calibrate …")
    made_up.finish_scan(session, made_up.detection())
    finish_map(session)
    assert_unique(window, "P&air map")


def test_of_the_pages_that_take_the_place_of_a_scan(qtbot, window, session, jobs, monkeypatch):
    made = MadeUpOpening()
    monkeypatch.setattr("gui.model_opening.open_model_job", made.open_model_job)
    monkeypatch.setattr("gui.model_opening.preflight_job", made.preflight_job)
    train_and_scan(qtbot, session)
    window.tabs.setCurrentIndex(DETECTION)
    tab = window.detection_tab
    tab.show_calibration()
    assert_unique(window, "&Back to the scan")
    tab.show_opening()
    assert_unique(window, "Choose a f&ile …")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/somewhere/strange.pth", ""))
    with qtbot.waitSignal(session.opening.ended):
        tab.ask_model()
    assert_unique(window, "&Use this network", "&Another input format")
    tab.opening.use_button.click()
    assert_unique(window, "Back to the &trained network")
