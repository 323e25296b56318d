"""What the bar of a scan says of further searches, and what stopping asks first."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer

from engine.detection.steadying import RULE, _told
from engine.events import Progress
from gui.commands import DETECTION, TRAINING
from gui.questions import LOSE_MAP, LOSE_PAIRS, MapQuestion
from gui.run_bar import RunBar
from tests.gui import made_up
from tests.gui.scanning import train_and_scan

LEFT = Qt.MouseButton.LeftButton


def further(number, share, what="search"):
    """The progress of a borderline case's further search, as the engine tells it."""

    def search():
        yield Progress(round(100 * share), 100, "step 3 of 7", 14_900.0, 7.0)

    told = next(_told(search(), number - 1, what))
    assert (told.further.most_seconds is None) == (share == 0), "before a step nobody knows"
    return replace(told, further=replace(told.further, most_seconds=95.0)) if share else told


@pytest.fixture
def bar(qtbot, session):
    shown = RunBar(session, "scan")
    qtbot.addWidget(shown)
    shown.resize(1240, shown.sizeHint().height())
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    session.running = None


def seen(bar):
    return bar.progress.value(), bar.progress.text(), bar.text.text()


def test_a_borderline_case_says_that_one_search_is_done_and_shows_the_present_one(bar, session):
    made_up.begin_scan(session)
    session._on_events([made_up.progress(200)])
    assert seen(bar)[:2] == (100, "100 %")
    session._on_events([further(2, 0.0)])
    assert seen(bar) == (
        0, "search 2: 0 %", "borderline: first search done, looking again (2 of at most 9)",
    )  # fmt: skip
    assert "near the bound" in bar.progress.toolTip()
    session._on_events([further(4, 0.6)])
    assert seen(bar) == (
        60, "search 4: 60 %",
        "borderline: 3 searches done, looking again (4 of at most 9, at most 1 min 35 s)",
    )  # fmt: skip
    assert bar.text.fontMetrics().horizontalAdvance(bar.text.text()) <= bar.text.width()
    session._on_events([further(RULE.most, 1.0, "map")])
    assert seen(bar)[:2] == (100, "map 9: 100 %")
    made_up.finish_scan(session, made_up.detection())
    assert seen(bar)[:2] == (100, "100 %")
    made_up.begin_scan(session)
    assert bar.progress.format() == "%p %"


@pytest.fixture
def map_run(qtbot, window, session, jobs):
    """The window while the pairs of a map are searched, after its classes."""
    train_and_scan(qtbot, session)
    window.tabs.setCurrentIndex(DETECTION)
    jobs.maps, jobs.stops_complete, jobs.endless = False, True, True
    with qtbot.waitSignal(session.run_events, check_params_cb=_tells_of_pairs):
        window.commands.map_pairs()
    yield window
    session.stop()
    qtbot.waitUntil(lambda: session.running is None)


def _tells_of_pairs(_, events):
    return any(isinstance(event, type(made_up.pairs_moved())) for event in events)


def answer(window, act):
    """Let something be done with the next question; the answer is what it asked."""
    asked = []

    def look():
        question = window.findChild(MapQuestion)
        asked.append(question.text())
        act(question)

    QTimer.singleShot(0, window, look)
    return asked


def test_stopping_a_map_asks_and_goes_on_if_not_wanted(qtbot, map_run, session):
    asked = answer(map_run, lambda question: question.reject())
    qtbot.mouseClick(map_run.run_bar.stop_button, LEFT)
    assert asked == [LOSE_PAIRS]
    assert session.running == "scan"
    assert not session.is_stopping


@pytest.mark.parametrize("tab", [DETECTION, TRAINING])
def test_stopping_a_map_keeps_the_classes(qtbot, map_run, session, tab):
    map_run.tabs.setCurrentIndex(tab)
    asked = answer(map_run, lambda question: qtbot.mouseClick(question.go_on, LEFT))
    with qtbot.waitSignal(session.run_ended) as ended:
        map_run.commands.stop_run()
    assert asked == [LOSE_PAIRS]
    assert ended.args == ["scan", "stopped"]
    assert session.detection.pair_map is None
    assert len(session.detection.classes) == 10


def test_stopping_a_map_says_that_the_whole_one_before_is_back(qtbot, map_run, session):
    session.stop()
    qtbot.waitUntil(lambda: session.running is None)
    before = session.detection = made_up.mapped()
    map_run.commands.map_pairs()
    session._on_events([made_up.pairs_moved()])
    asked = answer(map_run, lambda question: qtbot.mouseClick(question.go_on, LEFT))
    with qtbot.waitSignal(session.run_ended):
        map_run.commands.stop_run()
    assert asked == [LOSE_MAP]
    assert session.detection is before


def test_the_question_goes_when_the_map_ends_meanwhile(qtbot, map_run, session, jobs):
    def end(_):
        jobs.endless = False

    asked = answer(map_run, end)
    with qtbot.waitSignal(session.run_ended) as ended:
        qtbot.mouseClick(map_run.run_bar.stop_button, LEFT)
    assert asked == [LOSE_PAIRS]
    assert ended.args == ["scan", "finished"]


def test_no_question_where_no_pairs_would_be_lost(qtbot, map_run, session):
    session._on_events([further(2, 0.1, "map")])
    with qtbot.waitSignal(session.run_ended):
        qtbot.mouseClick(map_run.run_bar.stop_button, LEFT)
