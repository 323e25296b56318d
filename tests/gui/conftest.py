"""Each GUI test starts from nothing, and must leave nothing behind.

The settings of whoever runs the tests must not decide how a test comes out, and a thread, timer
or window that outlives its test would make another one fail.
"""

import gc
import threading

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from engine import data
from gui import theme
from gui.run import THREAD_NAME
from gui.session import Session
from gui.window import MainWindow
from tests.gui.made_up_jobs import MadeUpJobs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.call_passed = report.passed
    return report


@pytest.fixture(scope="session", autouse=True)
def styled(qapp):
    """The program's own look; fonts and colours decide sizes."""
    theme.apply(qapp, "light")
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    """Settings of the window and folders of their own."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings")
    )
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv(theme.SCHEME_VARIABLE, raising=False)


@pytest.fixture(autouse=True)
def nothing_left(request, qapp, isolated):
    """Fail a test that passed but left a thread, an active timer or a window."""
    before = {id(widget) for widget in QApplication.topLevelWidgets()}
    gc.freeze()  # what is here already, half a million objects with torch, is not looked at again
    yield
    if not getattr(request.node, "call_passed", False):
        return
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert [t.name for t in threading.enumerate() if t.name == THREAD_NAME] == []
    assert [
        w for w in QApplication.topLevelWidgets() if w.parent() is None and id(w) not in before
    ] == []
    assert _active_timers() == []


@pytest.fixture(params=[11, 13])
def large_font(request, qapp):
    """A system whose text is larger than usual."""
    usual = qapp.font()
    font = QFont(usual)
    font.setPointSizeF(request.param)
    qapp.setFont(font)
    yield request.param
    qapp.setFont(usual)


@pytest.fixture
def session(tmp_path, qtbot):
    """A session whose data set is loaded and whose runs go into a folder of this test."""
    opened = Session(tmp_path / "runs")
    opened.data = data.load("mnist")
    yield opened
    opened.shut_down()
    qtbot.waitUntil(lambda: not opened.is_busy, timeout=20_000)
    opened.deleteLater()


@pytest.fixture
def said(session):
    """Level and text of every message, as the session says them."""
    messages = []
    session.telling.message.connect(lambda level, text, _: messages.append((level, text)))
    return messages


@pytest.fixture
def told(session):
    """Every message, in order: (level, sentence, details)."""
    messages = []
    session.telling.message.connect(lambda *message: messages.append(message))
    return messages


@pytest.fixture
def jobs(monkeypatch):
    """Jobs of milliseconds in place of the engine's."""
    made_up_jobs = MadeUpJobs()
    monkeypatch.setattr("gui.session.train_job", made_up_jobs.train_job)
    monkeypatch.setattr("gui.session.scan_job", made_up_jobs.scan_job)
    monkeypatch.setattr("engine.experiment.scan_job", made_up_jobs.scan_job)
    return made_up_jobs


def _active_timers():
    """The timers made since the freeze that still run."""
    return [
        thing
        for thing in gc.get_objects()
        # Asking for `thing.__class__`, as isinstance does, makes some of torch's objects warn.
        if issubclass(type(thing), QTimer) and shiboken6.isValid(thing) and thing.isActive()
    ]


@pytest.fixture
def window(qtbot, session):
    """The whole window, on the screen; a test file that needs another has its own."""
    opened = MainWindow(session)
    opened.resize(1280, 800)
    with qtbot.waitExposed(opened):
        opened.show()
    opened.complete()
    yield opened
    opened.close()
    qtbot.waitUntil(lambda: not session.is_busy)
    opened.deleteLater()
