"""The Calibrate page: the band grows, nothing is lost, and the verdict is given anew."""

import json
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from engine import store
from engine.architectures import Cost
from engine.detection.calibrate import standing
from engine.detection.clean_networks import CleanNetworks, work
from engine.detection.references import audit_key
from engine.detection.results import Detection, FoundTrigger, ScanCurves
from engine.errors import EngineError
from engine.events import Progress
from engine.settings import ComputeSettings, DetectSettings
from gui import calibration_state
from gui.detection_tab import DetectionTab
from gui.widgets.calibration_offer import JUDGE
from gui.widgets.message_bar import MessageBar
from gui.widgets.network_list import ACCURACY, RECIPE
from gui.window import MainWindow
from tests.gui import made_up
from tests.gui.scanning import as_read

LEFT = Qt.MouseButton.LeftButton
IMAGES = 900  # none ship for this many


class MadeUpNetworks:
    """Stands for the training and the scan of clean networks.

    Attributes:
        gates: How many networks may be finished; more after `release`.
        error: Raised in the next network, if there is one.
        made: The numbers that were made, from 0.
    """

    def __init__(self):
        self.gates, self.error, self.made = threading.Semaphore(1000), None, []

    def hold(self, after):
        self.gates = threading.Semaphore(after)

    def release(self):
        self.gates.release(1000)

    def train_and_scan(self, maker, recipe, number):
        amount = work(recipe, maker.data_set, maker.settings.detect)
        which = f"network {number + 1} of {maker.total} · "
        yield from maker.clock.follow(self._wait(), amount, which + "{}")
        self.made.append(number)
        random = np.random.default_rng(recipe.train.seed)
        sizes = 80 * np.exp(random.normal(0, 0.1, 10))
        trigger = made_up.patch(10, 10)
        found = tuple(
            FoundTrigger(label, trigger, float(size), 1.0, True, None)
            for label, size in enumerate(sizes)
        )
        curves = ScanCurves(*(np.zeros((1, 10), np.float32) for _ in range(3)))
        said, detect = made_up.verdict("not_found", None, ()), maker.settings.detect
        pair_map = made_up_map(random) if detect.preset == "map" else None
        return Detection(found, said, curves, detect, "", 0.98, 1.0, 1, pair_map=pair_map)

    def _wait(self):
        if self.error is not None:
            raise self.error
        while not self.gates.acquire(timeout=0.005):
            yield Progress(1, 2, "epoch 1 of 2", 20_000.0)
        yield Progress(2, 2, "epoch 2 of 2", 20_000.0)


def made_up_map(random):
    usual = made_up.pair_map(small=(), z=False)
    scattered = usual.mask_l1 * np.exp(random.normal(0, 0.1, usual.mask_l1.shape))
    return replace(usual, mask_l1=scattered.astype(np.float32))


@pytest.fixture
def networks(monkeypatch, tmp_path):
    made = MadeUpNetworks()

    def train_and_scan(maker, recipe, number):
        return (yield from made.train_and_scan(maker, recipe, number))

    monkeypatch.setattr(CleanNetworks, "_train_and_scan", train_and_scan)
    monkeypatch.setenv("BACKDOOR_STUDIO_REFERENCES", str(tmp_path / "references"))
    yield made
    made.release()


@pytest.fixture
def tab(qtbot, session, networks, jobs):
    """The tab, with settings for which no clean networks ship."""
    compute = ComputeSettings(device="cpu", precision="float32", threads=1)
    session.set_group(compute)
    session.set_group(session.settings.detect.model_copy(update={"images": IMAGES}))
    tab = DetectionTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


def open_page(tab, qtbot):
    qtbot.mouseClick(tab.buttons.calibrate_button, LEFT)
    assert tab.calibration.isVisible()
    return tab.calibration


def run_to_end(session, qtbot, start):
    with qtbot.waitSignal(session.run_ended, timeout=30_000) as ended:
        start()
    return ended.args


def train_and_scan(session, qtbot):
    """A network and a scan of it, in a folder, as the made-up jobs leave them."""
    run_to_end(session, qtbot, session.start_training)
    run_to_end(session, qtbot, session.start_scan)


def start(tab, qtbot):
    qtbot.mouseClick(tab.calibration.run_bar.start_button, LEFT)


def accuracies(page):
    rows = range(page.list.topLevelItemCount())
    return [page.list.topLevelItem(row).text(ACCURACY) for row in rows]


def test_the_page_says_what_it_is_for_and_what_is_there(tab, session, qtbot):
    page = open_page(tab, qtbot)
    assert page.purpose.text() == (
        "For MNIST, the network badnet, and the presets Standard and Map on 900 images"
    )
    assert page.state.text() == (
        "None of 20 clean networks are finished. The first tells how long they take."
    )
    assert page.note.text() == (
        "40 clean networks are known for 1,000 images: a scan with the preset's own values needs"
        " no calibration."
    )
    assert page.pictures.currentIndex() == 0, "the placeholder says what will appear"
    assert accuracies(page) == [""] * 20
    session.set_group(session.settings.detect.model_copy(update={"preset": "quick"}))
    assert "preset Quick" in page.purpose.text()


def test_before_a_training_it_says_what_the_training_tab_knows(tab, session, qtbot, monkeypatch):
    cost = Cost(1000, 1000, images_per_second=10_000.0)
    monkeypatch.setattr(session.costs, "of", lambda *_: cost)
    epochs = session.settings.train.epochs
    assert calibration_state.seconds_of_training(session) == pytest.approx(6 * epochs)
    page = open_page(tab, qtbot)
    said = page.state.text()
    assert said.startswith("None of 20 clean networks are finished. They take about")
    assert re.search(r"(minutes|hours), as long as about \d\d plain trainings\.$", said)
    button = tab.buttons.calibrate_button
    asked = QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), button.mapToGlobal(QPoint(5, 5)))
    tab.buttons.eventFilter(button, asked)  # what Qt does before it shows the tooltip
    takes = said.partition("They take ")[2].partition(",")[0]
    assert f"It takes {takes} here, once for each data set" in as_read(button.toolTip())


def test_after_a_training_it_says_how_long_it_will_take(tab, session, qtbot):
    train_and_scan(session, qtbot)
    page = open_page(tab, qtbot)
    assert "They take about 5 seconds" in page.state.text(), "the made-up training took 0.1 s"


def test_keys_lead_in_and_out(qtbot, session, networks, jobs):
    window = MainWindow(session)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.complete()
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    tab = window.detection_tab
    assert tab.is_calibrating
    assert tab.calibration.isVisible()
    assert window.run_bar is tab.calibration.run_bar, "Ctrl+R starts what is shown"
    assert tab.calibration.run_bar.isVisible()
    assert not tab.scan_bar.isVisible()
    qtbot.keyClick(tab.calibration, Qt.Key.Key_Escape)
    assert not tab.is_calibrating
    assert tab.scan_bar.isVisible()
    window.close()


def test_what_runs_is_a_click_away(qtbot, session, networks, jobs):
    window = MainWindow(session)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.complete()
    tab = window.detection_tab
    with qtbot.waitSignal(session.telling.message) as told:
        window.commands.show_run()
    assert told.args[1] == "Nothing is running now."
    networks.hold(after=0)
    session.start_calibration()
    window.commands.show_training()
    bar = window.training_tab.run_bar
    assert bar.text.text() == "A calibration is running."
    qtbot.mouseClick(bar.show_button, LEFT)
    assert tab.calibration.run_bar.stop_button.isVisible()
    assert tab.calibration.run_bar.show_button.isHidden(), "it shows what runs"
    qtbot.mouseClick(tab.calibration.back_button, LEFT)
    qtbot.mouseClick(tab.scan_bar.show_button, LEFT)
    assert tab.is_calibrating
    with qtbot.waitSignal(session.run_ended, timeout=30_000):
        session.stop()
    assert bar.show_button.isHidden()
    window.close()


def test_the_band_grows_with_every_network(tab, session, networks, qtbot):
    page = open_page(tab, qtbot)
    networks.hold(after=2)
    start(tab, qtbot)
    qtbot.waitUntil(lambda: page.state.text().startswith("2 of 20"), timeout=30_000)
    assert accuracies(page)[:4] == ["98.0 %", "98.0 %", "being made", ""]
    assert "epochs of" in page.list.topLevelItem(0).text(RECIPE)
    narrow = [right - left for left, right in map(page.chart.band_at, range(10))]
    assert page.chart.dot_at(0) is not None
    assert page.pictures.currentIndex() == 1
    assert not page.networks_field.isEnabled()
    assert tab.status_text == "calibrating"
    networks.release()
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)
    wide = [right - left for left, right in map(page.chart.band_at, range(10))]
    assert all(after > before for before, after in zip(narrow, wide, strict=True))
    assert accuracies(page) == ["98.0 %"] * 20
    assert page.state.text() == "All 20 clean networks are finished."
    assert page.run_bar.text.text().startswith("Finished in")


def test_a_row_of_the_chart_tells_its_numbers(tab, session, networks, qtbot, monkeypatch):
    page = open_page(tab, qtbot)
    run_to_end(session, qtbot, lambda: start(tab, qtbot))
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda *what: told.append(what[1]))
    place = page.chart.dot_at(3).toPoint()
    asked = QHelpEvent(QEvent.Type.ToolTip, place, page.chart.viewport().mapToGlobal(place))
    QApplication.sendEvent(page.chart.viewport(), asked)
    text = as_read(told[0])
    sizes = session.calibrated[-1]
    assert text.startswith(f"Class 3: {sizes.low[3]:.0f} px to {sizes.high[3]:.0f} px so far")
    assert "newest" in text


def test_a_stop_keeps_what_is_done_and_start_goes_on(tab, session, networks, qtbot):
    page = open_page(tab, qtbot)
    networks.hold(after=3)
    start(tab, qtbot)
    qtbot.waitUntil(lambda: page.state.text().startswith("3 of 20"), timeout=30_000)
    with qtbot.waitSignal(session.run_ended, timeout=30_000):
        qtbot.mouseClick(page.run_bar.stop_button, LEFT)
    said = page.state.text()
    assert said.startswith("3 of 20 clean networks are finished. The others take about")
    assert accuracies(page)[:4] == ["98.0 %"] * 3 + [""]
    assert page.run_bar.text.text() == "Stopped. 3 clean networks are finished, and kept."
    start(tab, qtbot)
    qtbot.waitUntil(lambda: "epoch" in page.run_bar.text.text(), timeout=30_000)
    with qtbot.waitSignal(session.run_ended, timeout=30_000):
        qtbot.mouseClick(page.run_bar.stop_button, LEFT)
    assert page.run_bar.text.text() == "Stopped before another clean network was finished."
    networks.made.clear()
    networks.release()
    run_to_end(session, qtbot, lambda: start(tab, qtbot))
    assert networks.made == list(range(3, 20))


def test_pause_holds_it(tab, session, networks, qtbot):
    page = open_page(tab, qtbot)
    networks.hold(after=1)
    start(tab, qtbot)
    qtbot.waitUntil(lambda: page.state.text().startswith("1 of 20"), timeout=30_000)
    qtbot.mouseClick(page.run_bar.pause_button, LEFT)
    assert page.run_bar.text.text() == "Paused. Resume goes on from here."
    qtbot.mouseClick(page.run_bar.pause_button, LEFT)
    networks.release()
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)
    assert accuracies(page) == ["98.0 %"] * 20


def test_the_page_can_be_left_while_it_runs(tab, session, networks, qtbot):
    train_and_scan(session, qtbot)
    page = open_page(tab, qtbot)
    networks.hold(after=1)
    start(tab, qtbot)
    qtbot.waitUntil(lambda: page.state.text().startswith("1 of 20"), timeout=30_000)
    qtbot.mouseClick(page.back_button, LEFT)
    assert tab.views.isVisible()
    assert not tab.scan_bar.start_button.isEnabled()
    assert as_read(tab.scan_bar.start_button.toolTip()) == "A calibration is running."
    assert tab.scan_bar.text.text() == "A calibration is running.", "not how the scan ended"
    assert tab.scan_bar.progress.isHidden(), "how far it is stands on its own page"
    assert tab.status_text == "calibrating", "though there is a verdict"
    session.toggle_pause()
    assert tab.scan_bar.text.text() == "A calibration is paused."
    assert tab.status_text == "calibration paused"
    open_page(tab, qtbot)
    assert page.state.text() == "1 of 20 clean networks are finished; the calibration is paused."
    assert accuracies(page)[1] == "paused"
    session.toggle_pause()
    assert page.state.text().endswith("the next one is being made.")
    assert accuracies(page)[1] == "being made"
    networks.release()
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)
    open_page(tab, qtbot)
    assert accuracies(page) == ["98.0 %"] * 20


def test_a_calibration_stopped_within_its_first_network(tab, session, networks, qtbot):
    page = open_page(tab, qtbot)
    networks.hold(after=0)
    assert page.empty.text().endswith("Press Start.")
    start(tab, qtbot)
    assert page.empty.text().endswith("The first network is not finished yet.")
    qtbot.waitUntil(lambda: "epoch" in page.run_bar.text.text(), timeout=30_000)
    with qtbot.waitSignal(session.run_ended, timeout=30_000):
        qtbot.mouseClick(page.run_bar.stop_button, LEFT)
    assert page.run_bar.text.text() == "Stopped before a clean network was finished."


def test_the_open_scan_is_judged_again_without_scanning(tab, session, networks, jobs, qtbot):
    train_and_scan(session, qtbot)
    assert tab.verdict.word.text() == "Suspicious"
    before, scans = session.detection, len(jobs.scanned)
    open_page(tab, qtbot)
    how = run_to_end(session, qtbot, lambda: start(tab, qtbot))
    assert how == ["calibrate", "finished"]
    assert len(jobs.scanned) == scans
    verdict = session.detection.verdict
    assert (verdict.basis, verdict.references) == ("references", 20)
    assert (verdict.outcome, verdict.target) == ("likely", 0)
    assert session.detection.classes[0].trigger is before.classes[0].trigger
    assert tab.verdict.word.text() == "Likely"
    assert tab.calibration.state.text() == (
        "All 20 clean networks are finished. The open scan was judged with them."
    )
    kept = store.open_experiment(session.folder).detection
    assert (kept.verdict.basis, kept.verdict.outcome) == ("references", "likely")
    told = json.loads((session.folder / "report.json").read_text())
    assert told["detection"]["verdict"] == "likely", "a page beside it would tell another verdict"
    qtbot.mouseClick(tab.calibration.back_button, LEFT)
    assert tab.views.classes.chart.band_at(0) is not None, "the chart has its band now"


def test_a_verdict_without_clean_networks_offers_them(tab, session, networks, qtbot):
    offer = tab.offers.calibration
    assert not offer.isVisible()
    train_and_scan(session, qtbot)
    assert offer.isVisible()
    assert offer.text.text() == (
        "40 clean badnet networks for MNIST are known, but for 1,000 images, so this is a suspicion"
        " at most. Scan again with 1,000 images, or Calibrate makes some, in about 5 seconds, and"
        " judges this scan again."
    )
    qtbot.mouseClick(offer.button, LEFT)
    assert tab.is_calibrating
    assert not offer.isVisible(), "the page says it all"
    qtbot.keyClick(tab.calibration, Qt.Key.Key_Escape)
    assert offer.isVisible()
    session.set_group(session.settings.detect.model_copy(update={"preset": "quick"}))
    assert not offer.isVisible(), "the scan is no longer what the form says"


def test_networks_for_other_settings_are_a_click_away(tab, session, networks, jobs, qtbot):
    train_and_scan(session, qtbot)
    offer = tab.offers.calibration
    assert offer.again_button.text() == "Scan again with 1,000 images"
    run_to_end(session, qtbot, lambda: qtbot.mouseClick(offer.again_button, LEFT))
    assert jobs.scanned[-1][0].detect == DetectSettings()
    assert session.settings.detect == DetectSettings()
    assert "1,000 images" not in offer.text.text(), "these are the preset's own values"
    assert not offer.again_button.isVisible()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"success_threshold": 0.9}, "1,000 images and 99.0 % success"),
        ({"images": 1000, "success_threshold": 0.9}, "99.0 % success"),
        ({"preset": "map"}, "1,000 images"),
    ],
)
def test_which_values_the_known_networks_have(tab, session, networks, qtbot, changes, said):
    session.set_group(session.settings.detect.model_copy(update=changes))
    train_and_scan(session, qtbot)
    assert tab.offers.calibration.again_button.text() == f"Scan again with {said}"


def test_networks_of_other_architectures_for_other_settings(tab, session, networks, qtbot):
    session.set_group(session.settings.train.model_copy(update={"architecture": "resnet18"}))
    train_and_scan(session, qtbot)
    model = replace(session.model, architecture="resnet18")
    session.model = model
    tab.offers.refresh(is_calibrating=False, is_opening=False, shows_pairs=False)
    said = tab.offers.calibration.text.text()
    assert "clean networks of other architectures for MNIST are known, but for 1,000" in said


def test_where_none_were_scanned_like_it(tab, session, networks, qtbot):
    session.set_group(session.settings.detect.model_copy(update={"preset": "paper"}))
    train_and_scan(session, qtbot)
    assert tab.offers.calibration.text.text().startswith(
        "No clean badnet networks for MNIST, scanned like this one, are known, so this is a"
        " suspicion at most. Calibrate makes some, in about"
    )
    assert not tab.offers.calibration.again_button.isVisible()


@pytest.mark.parametrize("preset", ["standard", "paper"])
def test_a_calibration_that_was_only_begun(tab, session, networks, qtbot, preset):
    session.set_group(session.settings.detect.model_copy(update={"preset": preset}))
    train_and_scan(session, qtbot)
    page = open_page(tab, qtbot)
    networks.hold(after=5)
    start(tab, qtbot)
    qtbot.waitUntil(lambda: page.state.text().startswith("5 of 20"), timeout=30_000)
    with qtbot.waitSignal(session.run_ended, timeout=30_000):
        session.stop()
    qtbot.mouseClick(page.back_button, LEFT)
    said = tab.offers.calibration.text.text()
    begun = "Only 5 of 20 clean badnet networks for MNIST are finished yet, so this is a suspicion"
    assert said.startswith(begun) == (preset == "paper"), "none ship for that preset"
    assert "Calibrate makes the other 15, in about" in said


def test_borrowed_networks_are_not_its_own(tab, session, networks, qtbot):
    borrowed = replace(made_up.verdict(), basis="borrowed", references=40)
    train_and_scan(session, qtbot)
    made_up.finish_scan(session, replace(session.detection, verdict=borrowed))
    assert tab.offers.calibration.isVisible()
    assert "rests on networks of another architecture" in tab.offers.calibration.text.text()
    run_to_end(session, qtbot, session.start_calibration)
    assert session.detection.verdict.basis == "references"


def test_a_map_whose_pairs_were_not_compared_can_still_be_calibrated(tab, session, networks, qtbot):
    session.set_group(session.settings.detect.model_copy(update={"preset": "map"}))
    train_and_scan(session, qtbot)
    by_classes = replace(made_up.verdict("not_found", None, ()), basis="references", references=20)
    unjudged = made_up.pair_map(z=False)
    audit = audit_key(session.settings.detect)
    made_up.finish_scan(
        session,
        replace(session.detection, verdict=by_classes, pair_map=unjudged, audit=audit),
    )
    offer = tab.offers.calibration
    assert offer.text.text().startswith(
        "40 clean badnet networks for MNIST are known, but for 1,000 images, so the pairs are not"
        " judged. Scan again with 1,000 images, or Calibrate makes some"
    )
    run_to_end(session, qtbot, session.start_calibration)
    assert session.detection.pair_map.z is not None
    assert session.detection.verdict.pairs == ((1, 7),)
    assert not offer.isVisible()


def test_networks_that_are_there_judge_at_once(tab, session, networks, qtbot):
    run_to_end(session, qtbot, session.start_calibration)
    networks.made.clear()
    train_and_scan(session, qtbot)
    offer = tab.offers.calibration
    assert offer.text.text() == "20 clean badnet networks for MNIST are finished now."
    assert offer.button.text() == JUDGE
    run_to_end(session, qtbot, lambda: qtbot.mouseClick(offer.button, LEFT))
    assert networks.made == []
    assert session.detection.verdict.basis == "references"
    assert not offer.isVisible()


def test_a_scan_with_other_settings_has_to_be_done_again(tab, session, networks, qtbot):
    train_and_scan(session, qtbot)
    before = session.detection
    page = open_page(tab, qtbot)
    session.set_group(session.settings.detect.model_copy(update={"preset": "quick"}))
    assert page.note.text().endswith(
        "The open scan was made with other settings; scan again afterwards."
    )
    run_to_end(session, qtbot, lambda: start(tab, qtbot))
    assert session.detection is before


def test_what_ships_is_said(tab, session, qtbot):
    page = open_page(tab, qtbot)
    session.set_group(session.settings.detect.model_copy(update={"images": 1000}))
    assert page.state.text().startswith("You need not calibrate: 40 clean networks for this come")
    assert not page.note.isVisible()
    assert not page.empty.text().endswith("Press Start.")
    assert page.run_bar.start_button.objectName() != "primary"
    session.set_group(session.settings.detect.model_copy(update={"images": 999}))
    assert page.state.text().startswith("None of 20 clean networks are finished.")
    assert page.empty.text().endswith("Press Start.")
    assert page.run_bar.start_button.objectName() == "primary"


def test_fewer_networks_than_a_verdict_needs(tab, session, networks, qtbot):
    page = open_page(tab, qtbot)
    field = page.networks_field.lineEdit()
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "6")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "With fewer than 19 a verdict is never more than suspicious." in page.note.text()
    assert accuracies(page) == [""] * 6
    run_to_end(session, qtbot, lambda: start(tab, qtbot))
    assert len(networks.made) == 6


def test_an_error_is_told_and_start_works_again(tab, session, networks, qtbot):
    open_page(tab, qtbot)
    networks.error = EngineError("The disk is gone.")
    with qtbot.waitSignal(session.telling.message, timeout=30_000) as told:
        start(tab, qtbot)
    assert told.args[0] == "error"
    assert "do not teach MNIST" in told.args[1]
    networks.error = None
    assert run_to_end(session, qtbot, lambda: start(tab, qtbot))[1] == "finished"


def test_damaged_files_are_told_and_made_again(tab, session, networks, qtbot):
    run_to_end(session, qtbot, session.start_calibration)
    folder = standing(session.calibration_settings, session.data).folder
    (folder / "network-0007.json").write_text("{")
    page = open_page(tab, qtbot)
    assert page.state.text().startswith("19 of 20 clean networks are finished.")
    networks.made.clear()
    with qtbot.waitSignal(session.telling.message, timeout=30_000) as told:
        start(tab, qtbot)
    assert told.args[0] == "warning"
    assert "network-0007.json" in told.args[1]
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)
    assert networks.made == [7]


def test_a_scan_brings_its_tiles_back(tab, session, jobs, qtbot):
    train_and_scan(session, qtbot)
    page = open_page(tab, qtbot)
    jobs.gate.clear()
    jobs.endless = True
    session.start_scan()
    qtbot.waitUntil(lambda: not page.isVisible(), timeout=30_000)
    assert not tab.is_calibrating
    assert as_read(page.run_bar.start_button.toolTip()) == "A scan is running."
    jobs.gate.set()
    jobs.endless = False
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)


def test_escape_leads_back_wherever_the_focus_is(tab, session, networks, qtbot):
    tab.activateWindow()
    qtbot.waitUntil(tab.isActiveWindow)
    bar = tab.calibration.run_bar
    for widget in (bar.start_button, tab.calibration.back_button, tab.buttons.calibrate_button):
        open_page(tab, qtbot)
        widget.setFocus()
        assert QApplication.focusWidget() is widget
        qtbot.keyClick(widget, Qt.Key.Key_Escape)
        assert not tab.is_calibrating
    open_page(tab, qtbot)
    networks.hold(after=1)
    start(tab, qtbot)
    qtbot.waitUntil(lambda: session.running == "calibrate")
    qtbot.keyClick(tab, Qt.Key.Key_Escape)
    assert not tab.is_calibrating, "with the focus nowhere"
    networks.release()
    qtbot.waitUntil(lambda: session.running is None, timeout=30_000)


def test_escape_closes_the_details_of_a_message_first(tab, qtbot):
    bar = MessageBar()
    tab.layout().insertWidget(0, bar)
    tab.activateWindow()
    qtbot.waitUntil(tab.isActiveWindow)
    open_page(tab, qtbot)
    bar.show_message("error", "It failed.", "a traceback")
    qtbot.mouseClick(bar.messages[0].details_button, LEFT)
    details = bar.messages[0].details_view
    assert details.copy_button.hasFocus()
    qtbot.keyClick(details.copy_button, Qt.Key.Key_Escape)
    assert not details.isVisible()
    assert tab.is_calibrating
    qtbot.keyClick(tab, Qt.Key.Key_Escape)
    assert not tab.is_calibrating
