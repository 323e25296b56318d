"""Scans of milliseconds, as the Detection tab sees them, and what it then shows."""

from PySide6.QtGui import QTextDocument

from gui.detection_tab import DetectionTab
from tests.gui import made_up

NAN = float("nan")


def shown_tab(qtbot, session):
    """A Detection tab of its own, shown."""
    tab = DetectionTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


def as_read(tip):
    """What a person reads of a tooltip, which is rich text."""
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText().replace("\u00a0", " ").strip()


def send(session, *events):
    session._on_events(list(events))


def scan_a_little(session, steps=3):
    """Ten classes, of which the first has a mask, the last waits and one is done."""
    made_up.begin_scan(session)
    for step in range(1, steps + 1):
        states = ["searching"] * 8 + ["not found", "waiting"]
        send(
            session,
            made_up.stepped(step, range(8), mask_l1=100 / step, success=0.9, penalty=0.01 * step),
            made_up.moved([5.0] + [NAN] * 9, states),
            made_up.progress(step * 20),
        )


def finish(session, **changes):
    """Plant the default trigger, scan and finish."""
    session.made_with, session.true_trigger = session.settings, session.trigger
    made_up.begin_scan(session)
    made_up.finish_scan(session, made_up.detection(**changes))


def tile_texts(tab):
    return [tab.views.classes.tiles.text(label) for label in range(10)]


def points(tab):
    """How many points the curve of the chosen class has."""
    return len(tab.views.classes.detail.plots["mask_l1"].curve("mask_l1")[0])


def map_half_way(session):
    """A scan with the preset "map" whose classes are done."""
    made_up.begin_scan(session)
    send(session, made_up.moved([90.0] * 10, ["converged"] * 10))
    send(session, made_up.pairs_moved())


def finish_map(session, **changes):
    session.made_with, session.true_trigger = session.settings, session.trigger
    map_half_way(session)
    made_up.finish_scan(session, made_up.mapped(**changes))


def train(qtbot, session):
    """Train, with a job of milliseconds; returns the kind of run and how it ended."""
    with qtbot.waitSignal(session.run_ended) as ended:
        session.start_training()
    return ended.args


def scan(qtbot, session):
    """Scan, likewise."""
    with qtbot.waitSignal(session.run_ended) as ended:
        session.start_scan()
    return ended.args


def train_and_scan(qtbot, session):
    """Train and scan, with jobs of milliseconds."""
    train(qtbot, session)
    scan(qtbot, session)
