"""The detection tab: a scan as it comes, its verdict, and results that are opened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLabel

from engine.detection.results import HardTrigger, ScanCurves
from engine.metrics import Rates
from engine.settings import DetectSettings
from gui.commands import DETECTION
from gui.detection_tab import (
    ENDED,
    INVITATION,
    NO_MODEL,
    SEARCHING,
    SEARCHING_PAIRS,
    DetectionTab,
)
from gui.widgets.scan_results import PARTS
from gui.widgets.view_switch import CLASSES, PAIRS
from gui.window import MainWindow
from tests.gui import made_up

LEFT = Qt.MouseButton.LeftButton
NAN = float("nan")


@pytest.fixture
def tab(qtbot, session):
    tab = DetectionTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


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


def test_without_a_network_it_says_what_to_do(tab):
    assert tab.verdict.headline.text() == NO_MODEL
    assert tab.network.origin.text() == "none yet"
    assert not tab.buttons.masks_button.isEnabled()
    assert not tab.buttons.numbers_button.isEnabled()
    assert tab.pages.currentWidget() is not tab.views


def test_a_trained_network_invites_to_scan(tab, session):
    made_up.begin_training(session)
    made_up.finish_training(session, Rates(0.991, 1.0, 0.0006, 10_000))
    assert tab.verdict.headline.text() == INVITATION
    assert tab.network.origin.text() == "badnet, just trained"
    assert tab.network.rates.text() == "99.1 % right on clean images"


def test_a_scan_is_shown_as_it_goes(tab, session):
    scan_a_little(session)
    assert tab.verdict.headline.text() == SEARCHING
    assert tab.status_text == "running"
    assert tab.pages.currentWidget() is tab.views
    tab.views.draw()
    texts = [tab.views.classes.tiles.text(label) for label in (0, 1, 8, 9)]
    assert [text.size for text in texts] == ["5.0 px", "no mask yet", "no mask", "–"]  # noqa: RUF001
    assert [text.state for text in texts] == ["searching", "searching", "not found", "waiting"]
    assert tab.views.classes.chart.dot_at(0) is not None
    assert tab.views.classes.chart.dot_at(1) is None
    assert tab.views.classes.detail.heading.text() == (
        "Class 0, still searching: a mask of 5.0 pixels turns 99.0 % of other images into a 0."
    )


def test_every_batch_draws_a_part_and_a_round_draws_all(tab, session):
    scan_a_little(session, steps=3)
    send(session, made_up.moved([2.0] * 10, ["searching"] * 10))
    for _ in range(PARTS - 1):
        send(session)
    assert tab.views.classes.tiles.text(0).size == "2.0 px"
    assert "2.0 pixels" in tab.views.classes.detail.heading.text()


def test_the_curves_of_the_chosen_class(tab, session):
    scan_a_little(session, steps=4)
    tab.views.draw()
    detail = tab.views.classes.detail
    np.testing.assert_allclose(detail.plots["mask_l1"].curve("mask_l1")[1], 100 / np.arange(1, 5))
    np.testing.assert_allclose(detail.plots["success"].curve("success")[1], [90] * 4, rtol=1e-6)
    assert detail.title("mask_l1") == "Mask size 25 px"
    assert detail.title("penalty") == "Lambda 0.04"
    tab.views.classes.choose(9)
    assert detail.plots["mask_l1"].is_empty, "this class waits"
    assert detail.heading.text() == "Class 9 waits for its turn."


def test_a_verdict(tab, session, qtbot):
    with qtbot.waitSignal(tab.status_changed):
        finish(session)
    assert tab.verdict.word.text() == "Suspicious"
    assert tab.verdict.headline.text() == "Backdoor suspected: class 0."
    assert tab.status_text == "class 0 suspicious"
    assert tab.views.classes.tiles.text(0).state == "suspected"
    assert tab.buttons.masks_button.isEnabled()
    assert tab.buttons.numbers_button.isEnabled()
    assert (
        tab.views.classes.detail.index.text() == "Classic anomaly index 8.3 (classic rule: above 2)"
    )


@pytest.mark.parametrize(
    ("outcome", "target", "word", "status"),
    [
        ("likely", 0, "Likely", "class 0 likely"),
        ("not_found", None, "Nothing found", "nothing found"),
        ("not_auditable", None, "No verdict", "no verdict"),
    ],
)
def test_other_verdicts(tab, session, outcome, target, word, status):
    finish(session, said=made_up.verdict(outcome, target, ()))
    assert tab.verdict.word.text() == word
    assert tab.status_text == status


def test_what_it_means_can_be_read(tab, session, qtbot):
    finish(session, warnings=("Only 300 images were searched on.",))
    assert not tab.verdict.explanation.isVisible()
    tab.verdict.why_button.setFocus()
    qtbot.keyClick(tab.verdict.why_button, Qt.Key.Key_Space)
    assert tab.verdict.explanation.isVisible()
    said = tab.verdict.explanation.text()
    for part in ("Grubbs", "p-value", "Only 300 images", "64,000 image passes", "99.1 %"):
        assert part in said


def test_the_suspect_is_chosen_by_itself(tab, session):
    finish(
        session,
        sizes=(90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 4.0, 90.0, 90.0),
        said=made_up.verdict("suspicious", 7, (7,)),
    )
    assert tab.views.classes.tiles.chosen_label == 7


def test_without_a_suspect_the_smallest_mask_is_chosen(tab, session):
    sizes = (90.0, None, 90.0, 60.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0)
    finish(session, sizes=sizes, said=made_up.verdict("not_found", None, ()))
    assert tab.views.classes.tiles.chosen_label == 3


def test_without_a_suspect_the_class_that_stands_out_most_beside_clean_networks_is_chosen(
    tab, session
):
    scores = (0.5, 2.1, -0.3, *[0.0] * 7)
    classes = made_up.detection((60.0, 75.0, *[90.0] * 8)).classes
    judged = tuple(replace(one, z=z) for one, z in zip(classes, scores, strict=True))
    finish(session, classes=judged, said=made_up.verdict("not_found", None, ()))
    assert tab.views.classes.tiles.chosen_label == 1


def test_an_ended_search_shows_the_numbers_of_the_trigger_that_is_kept(tab, session):
    scan_a_little(session)
    detail = tab.views.classes.detail
    assert detail.title("success") == "Success 90.0 %"
    finish(session)
    assert detail.title("success") == "Success by step"
    assert detail.title("mask_l1") == "Mask size by step"
    assert "turns 99.8 % of other, held-out images into a 0" in detail.heading.text()


def test_a_class_is_searched_before_its_first_trigger_is_shown(tab, session):
    made_up.begin_scan(session)
    send(session, made_up.stepped(1, range(10)))
    tab.views.draw()
    assert {text.state for text in tile_texts(tab)} == {"searching"}
    detail = tab.views.classes.detail
    assert detail.heading.text() == "Class 0: the search has begun."
    assert detail.note.isHidden()


def test_a_trigger_of_whole_pixels_is_shown_with_its_success(tab, session):
    hard = HardTrigger(made_up.patch(24, 24), 0.97)
    found = made_up.detection().classes
    classes = (replace(found[0], hard=hard), *found[1:])
    finish(session, classes=classes)
    detail = tab.views.classes.detail
    captions = [pair.caption for pair in detail.pictures.pairs]
    assert captions == ["mask", "pattern", "sample", "hard mask", "planted"]
    assert (
        "4 pixels alone, wholly covered, turn 97.0 % of other images into a 0."
        in detail.whole.text()
    )


def test_the_planted_trigger_beside_the_found_one(tab, session):
    finish(session)
    captions = [pair.caption for pair in tab.views.classes.detail.pictures.pairs]
    assert captions == ["mask", "pattern", "sample", "mask × pattern", "planted"]  # noqa: RUF001
    planted = tab.views.classes.detail.pictures.pairs[-1].before
    assert planted[0, 25:28, 25:28].min() == 1
    assert planted.sum() == 9
    note = tab.views.classes.detail.note
    assert note.isVisible()
    assert "44.4 %" in note.text()
    assert "often a part" in note.text()
    tab.views.classes.choose(1)
    assert not note.isVisible(), "the trigger leads to class 0"
    assert len(tab.views.classes.detail.pictures.pairs) == 4


def test_nothing_was_planted_in_a_clean_network(tab, session):
    clean = session.settings.attack.model_copy(update={"poison_rate": 0.0})
    session.set_group(clean)
    finish(session)
    assert not tab.views.classes.detail.note.isVisible()


def test_keys_choose_a_class_in_all_views(tab, session, qtbot):
    finish(session)
    tab.views.classes.tiles.setFocus()
    qtbot.keyClick(tab.views.classes.tiles, Qt.Key.Key_Right)
    assert tab.views.classes.tiles.chosen_label == 1
    assert tab.views.classes.detail.heading.text().startswith("Class 1:")
    assert tab.views.classes.chart._chosen == 1


def test_a_click_in_the_chart_chooses_too(tab, session, qtbot):
    finish(session)
    chart = tab.views.classes.chart
    qtbot.mouseClick(chart.viewport(), LEFT, pos=chart.dot_at(5).toPoint())
    assert tab.views.classes.tiles.chosen_label == 5
    assert tab.views.classes.detail.heading.text().startswith("Class 5:")


def test_a_hidden_tab_draws_nothing_and_catches_up(tab, session):
    made_up.begin_scan(session)
    send(session, made_up.moved([50.0] * 10, ["searching"] * 10))
    tab.hide()
    for step in range(1, 20):
        send(session, made_up.stepped(step, range(10)), made_up.moved([8.0] * 10, ["x"] * 10))
    assert tab.views.classes.tiles.text(0).size == "50 px"
    tab.show()
    assert tab.views.classes.tiles.text(0).size == "8.0 px"
    assert len(tab.views.classes.detail.plots["mask_l1"].curve("mask_l1")[0]) == 19


def test_a_scan_that_failed_leaves_what_it_had_and_starts_again(tab, session):
    scan_a_little(session)
    session.running = None
    session.run_ended.emit("scan", "failed")
    assert tab.verdict.headline.text() == ENDED
    assert tab.views.classes.tiles.text(0).size == "5.0 px"
    assert tab.form.isEnabled()
    made_up.begin_scan(session)
    assert tab.verdict.headline.text() == SEARCHING
    assert tab.views.classes.tiles.text(0).state == "waiting"


def test_an_opened_experiment(tab, session):
    session.made_with, session.true_trigger = session.settings, session.trigger
    session.model, session.rates = made_up.model(), Rates(0.98, 1.0, 0.001, 10_000)
    session.detection = made_up.detection()
    session.changed.emit("experiment")
    assert tab.pages.currentWidget() is tab.views
    assert tab.verdict.headline.text() == "Backdoor suspected: class 0."
    assert points(tab) == len(made_up.detection().curves.mask_l1)
    session.made_with = session.true_trigger = session.model = None
    session.rates = session.detection = None
    session.changed.emit("experiment")
    assert tab.verdict.headline.text() == NO_MODEL
    assert tab.pages.currentWidget() is not tab.views


def test_an_empty_scan_that_was_stopped_at_once(tab, session):
    nothing = ScanCurves(*(np.zeros((0, 10), np.float32) for _ in range(3)))
    finish(
        session,
        sizes=(None,) * 10,
        said=made_up.verdict("not_auditable", None, ()),
        curves=nothing,
        complete=False,
    )
    assert tab.views.classes.tiles.text(0).state == "not finished"
    assert "stopped before a mask worked" in tab.views.classes.detail.heading.text()


def test_many_classes(tab, session):
    tab._record = type(tab._record)([f"sign {label}" for label in range(43)])
    tab.views.set_record(tab._record)
    session.running = "scan"
    send(session, made_up.moved([20.0 + k for k in range(43)], ["searching"] * 43))
    tab.views.draw()
    tab.views.classes.choose(42)
    tab.grab()
    assert tab.views.classes.tiles.text(42).name == "sign 42"
    assert tab.views.classes.detail.heading.text().startswith("Class sign 42")


def test_changed_settings_are_told(tab, session):
    finish(session)
    assert not tab.stale_label.isVisible()
    session.set_group(DetectSettings(preset="quick"))
    assert tab.stale_label.isVisible()
    assert tab.form.value().preset == "quick"


def test_exports_ask_for_a_place(tab, session, qtbot, tmp_path, monkeypatch):
    finish(session)
    masks, numbers = tmp_path / "masks", tmp_path / "numbers"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(masks))
    monkeypatch.setattr(
        QFileDialog,
        "getSaveFileName",
        lambda *_: (str(numbers), "Table of classes (*.csv)"),
    )
    qtbot.mouseClick(tab.buttons.masks_button, LEFT)
    qtbot.mouseClick(tab.buttons.numbers_button, LEFT)
    assert len(list(masks.glob("class_*.png"))) == 10
    assert Path(f"{numbers}.csv").read_text().count("\n") == 11


def test_a_cancelled_export_does_nothing(tab, session, qtbot, monkeypatch):
    finish(session)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    with qtbot.assertNotEmitted(session.message):
        qtbot.mouseClick(tab.buttons.masks_button, LEFT)
        qtbot.mouseClick(tab.buttons.numbers_button, LEFT)


def test_text_of_files_is_plain(tab, session):
    session.model = made_up.model()
    object.__setattr__(session.model, "origin", "<b>evil</b>")
    session.changed.emit("trained")
    label = tab.network.origin
    assert isinstance(label, QLabel)
    assert label.text() == "badnet, <b>evil</b>"
    assert label.textFormat() == Qt.TextFormat.PlainText


def map_half_way(session):
    """A scan with the preset "map" whose classes are done."""
    made_up.begin_scan(session)
    send(session, made_up.moved([90.0] * 10, ["converged"] * 10))
    send(session, made_up.pairs_moved())


def finish_map(session, **changes):
    session.made_with, session.true_trigger = session.settings, session.trigger
    map_half_way(session)
    made_up.finish_scan(session, made_up.mapped(**changes))


def test_a_map_is_shown_as_soon_as_it_begins(tab, session):
    made_up.begin_scan(session)
    send(session, made_up.moved([90.0] * 10, ["searching"] * 10))
    assert tab.views.currentWidget() is tab.views.classes
    send(session, made_up.pairs_moved())
    assert tab.views.currentWidget() is tab.views.pairs
    assert tab.views.pairs.chart.text(1, 7) == "9.0"
    assert tab.verdict.headline.text() == SEARCHING_PAIRS


def test_a_map_that_is_searched_has_no_triggers_yet(tab, session):
    map_half_way(session)
    tab.views.pairs.chart.choose(1, 7)
    detail = tab.views.pairs.detail
    assert detail.heading.text() == (
        "1 → 7: a mask of 9.0 pixels turns images of a 1 into a 7; still searching."
    )
    assert detail.pictures.pairs == ()
    assert not detail.samples.isVisible()


def test_whoever_looks_at_the_classes_is_left_there(tab, session, qtbot):
    map_half_way(session)
    qtbot.mouseClick(tab.views.pairs.switch.buttons[CLASSES], LEFT)
    assert tab.views.currentWidget() is tab.views.classes
    send(session, made_up.pairs_moved(step=50))
    assert tab.views.currentWidget() is tab.views.classes
    made_up.finish_scan(session, made_up.mapped())
    assert tab.views.currentWidget() is tab.views.classes
    qtbot.mouseClick(tab.views.classes.switch.buttons[PAIRS], LEFT)
    assert tab.views.currentWidget() is tab.views.pairs
    assert tab.views.pairs.chart.chosen_cell == (1, 7)


def test_the_switch_works_with_keys(tab, session, qtbot):
    finish_map(session)
    switch = tab.views.pairs.switch
    assert [button.isChecked() for button in switch.buttons] == [False, True]
    switch.buttons[CLASSES].setFocus()
    qtbot.keyClick(switch.buttons[CLASSES], Qt.Key.Key_Space)
    assert tab.views.currentWidget() is tab.views.classes
    other = tab.views.classes.switch
    assert [button.isChecked() for button in other.buttons] == [True, False]
    assert other.buttons[CLASSES].hasFocus()


def test_the_pair_that_stands_out_is_shown_large(tab, session):
    finish_map(session, pairs=((3, 8),))
    pairs = tab.views.pairs
    assert pairs.chart.chosen_cell == (3, 8)
    assert pairs.detail.heading.text() == (
        "3 → 8: a mask of 3.0 pixels turns images of a 3 into an 8; z 12.3; in clean networks about"
        " 24 to 60."
    )
    assert [pair.caption for pair in pairs.detail.pictures.pairs] == [
        "mask", "pattern", "mask × pattern",  # noqa: RUF001
    ]  # fmt: skip


def test_a_trigger_is_shown_on_images_of_its_source(tab, session, qtbot):
    finish_map(session)
    chart, detail = tab.views.pairs.chart, tab.views.pairs.detail
    qtbot.mouseClick(chart, LEFT, pos=chart.centre_of(4, 2).toPoint())
    tests = session.data.test
    first_four = tests.images[tests.labels == 4][0]
    shown = detail.samples.pairs[0]
    assert shown.before_caption == "a 4"
    np.testing.assert_array_equal(shown.before, first_four)
    assert (shown.after != shown.before).any()
    np.testing.assert_array_equal(shown.after[:, 24, 24:27], 255)


def test_the_planted_trigger_beside_a_pair_that_leads_to_its_target(tab, session):
    finish_map(session)
    tab.views.pairs.chart.choose(5, 0)
    assert tab.views.pairs.detail.pictures.pairs[-1].caption == "planted"
    tab.views.pairs.chart.choose(5, 1)
    assert tab.views.pairs.detail.pictures.pairs[-1].caption != "planted"


def test_an_opened_map_and_then_a_scan_without_one(tab, session):
    session.model, session.detection = made_up.model(), made_up.mapped()
    session.changed.emit("experiment")
    assert tab.views.currentWidget() is tab.views.pairs
    assert tab.views.pairs.chart.chosen_cell == (1, 7)
    session.detection = made_up.mapped(pairs=((5, 6),))
    session.changed.emit("experiment")
    assert tab.views.pairs.chart.chosen_cell == (5, 6)
    session.detection = made_up.detection()
    session.changed.emit("experiment")
    assert tab.views.currentWidget() is tab.views.classes


def test_a_map_that_came_while_the_tab_was_hidden(tab, session):
    made_up.begin_scan(session)
    tab.hide()
    send(session, made_up.moved([90.0] * 10, ["converged"] * 10), made_up.pairs_moved())
    made_up.finish_scan(session, made_up.mapped(pairs=((2, 9),)))
    tab.show()
    assert tab.views.currentWidget() is tab.views.pairs
    assert tab.views.pairs.chart.chosen_cell == (2, 9)


def test_a_suspect_that_came_while_the_tab_was_hidden(tab, session):
    tab.hide()
    finish(session, said=made_up.verdict("suspicious", 7, (7,)))
    tab.show()
    assert tab.views.classes.tiles.chosen_label == 7


def test_a_scan_that_found_nothing_offers_the_map(tab, session, qtbot, monkeypatch):
    scans = []
    monkeypatch.setattr(session, "start_scan", lambda: scans.append(session.settings.detect))
    finish(session, said=made_up.verdict("not_found", None, ()))
    assert tab.offers.map.isVisible()
    assert "moves chosen classes only" in tab.offers.map.text.text()
    assert "seconds" in tab.offers.map.text.text()
    qtbot.mouseClick(tab.offers.map.button, LEFT)
    assert [detect.preset for detect in scans] == ["map"]
    assert tab.form.value().preset == "map"


@pytest.mark.parametrize("preset", ["quick", "standard", "paper"])
def test_every_scan_of_the_classes_that_found_nothing_offers_the_map(tab, session, preset):
    settings = DetectSettings(preset=preset)
    finish(session, said=made_up.verdict("not_found", None, ()), settings=settings)
    assert tab.offers.map.isVisible()


@pytest.mark.parametrize("outcome", ["likely", "suspicious", "not_auditable"])
def test_other_verdicts_offer_no_map(tab, session, outcome):
    finish(session, said=made_up.verdict(outcome, None, ()))
    assert not tab.offers.map.isVisible()


def test_a_map_that_found_nothing_offers_no_other(tab, session):
    finish_map(session, outcome="not_found", pairs=())
    assert tab.verdict.word.text() == "Nothing found"
    assert not tab.offers.map.isVisible()


def scan_standard(qtbot, session):
    """Train and scan, with jobs of milliseconds."""
    for start in (session.start_training, session.start_scan):
        with qtbot.waitSignal(session.run_ended):
            start()


def test_a_map_goes_on_from_a_standard_scan_whose_tiles_stay(tab, session, qtbot, jobs):
    scan_standard(qtbot, session)
    tiles, steps, earlier = tile_texts(tab), points(tab), session.detection
    assert [text.size for text in tiles[:2]] == ["4.0 px", "90 px"]
    jobs.endless = True
    qtbot.mouseClick(tab.buttons.map_button, LEFT)
    assert session.running == "scan"
    assert tab.verdict.headline.text() == SEARCHING_PAIRS
    assert (tile_texts(tab), points(tab)) == (tiles, steps)
    qtbot.waitUntil(lambda: tab.views.currentWidget() is tab.views.pairs)
    assert jobs.earlier == [None, earlier]
    qtbot.mouseClick(tab.views.pairs.switch.buttons[CLASSES], LEFT)
    assert (tile_texts(tab), points(tab)) == (tiles, steps)
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    said = tab.verdict.headline.text().replace("\u00a0%", " %")
    assert said == session.detection.verdict.headline


def test_a_map_after_a_quick_scan_begins_with_empty_tiles(tab, session, qtbot, jobs):
    session.set_group(DetectSettings(preset="quick"))
    scan_standard(qtbot, session)
    jobs.endless = True
    qtbot.mouseClick(tab.buttons.map_button, LEFT)
    assert tab.verdict.headline.text() == SEARCHING
    assert {text.state for text in tile_texts(tab)} == {"waiting"}
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert jobs.earlier == [None, None]


def test_a_map_that_searches_the_classes_all_the_same_shows_them(tab, session):
    finish(session)
    session.continued = session.detection
    made_up.begin_scan(session)
    assert tab.verdict.headline.text() == SEARCHING_PAIRS
    send(session, made_up.stepped(1, range(10)), made_up.moved([50.0] * 10, ["searching"] * 10))
    tab.views.draw()
    assert tab.verdict.headline.text() == SEARCHING
    assert {text.size for text in tile_texts(tab)} == {"50 px"}
    assert points(tab) == 1


def test_the_offer_goes_away_with_the_next_scan(tab, session):
    finish(session, said=made_up.verdict("not_found", None, ()))
    made_up.begin_scan(session)
    assert not tab.offers.map.isVisible()
    assert not tab.views.pairs.map_button.isEnabled()


def test_an_empty_map_says_how_to_get_one(tab, session, qtbot, monkeypatch):
    scans = []
    monkeypatch.setattr(session, "start_scan", lambda: scans.append(session.settings.detect))
    finish(session)
    qtbot.mouseClick(tab.views.classes.switch.buttons[PAIRS], LEFT)
    button = tab.views.pairs.map_button
    qtbot.waitUntil(lambda: button.isVisible() and button.width() > 50)
    qtbot.mouseClick(button, LEFT)
    assert [detect.preset for detect in scans] == ["map"]


def test_the_bands_of_clean_networks(tab, session):
    classes = tuple(
        replace(found, z=27.0 if found.label == 0 else 0.3, usual=(61.0, 140.0))
        for found in made_up.detection().classes
    )
    finish(session, classes=classes)
    chart = tab.views.classes.chart
    low, high = chart.band_at(0)
    assert chart.dot_at(0).x() < low < chart.dot_at(1).x() < high
    assert tab.views.classes.detail.index.text() == (
        "In clean networks class 0 needs about 61 to 140; z 27.0. Classic anomaly index 8.3"
        " (classic rule: above 2)"
    )
    finish(session)
    assert chart.band_at(0) is None


def test_the_facts_below_the_verdict(tab, session):
    finish_map(session)
    said = tab.verdict.facts.text()
    assert tab.verdict.facts.isVisible()
    for part in (
        "Chance of this in a clean model: at most 2.4 %",
        "Compared with 40 clean networks of the same kind",
        "images of a 1 become a 7; other pairs do not stand out",
        "Classic anomaly index",
    ):
        assert part in said
    assert tab.status_text == "1 → 7 likely"
    made_up.begin_scan(session)
    assert not tab.verdict.facts.isVisible()


def test_the_menu_maps_too(session, qtbot, monkeypatch):
    scans = []
    monkeypatch.setattr(session, "start_scan", lambda: scans.append(session.settings.detect))
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.complete()
    session.model = made_up.model()
    window.findChild(QAction, "map_pairs").trigger()
    assert [detect.preset for detect in scans] == ["map"]
    assert window.tabs.currentIndex() == DETECTION
