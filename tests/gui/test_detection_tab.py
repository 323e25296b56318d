"""The detection tab: a scan as it comes, its verdict, and results that are opened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton

from engine.data import ImageSet
from engine.detection.results import HardTrigger, ScanCurves
from engine.metrics import Rates
from engine.settings import DetectSettings
from gui.detection_words import ENDED, INVITATION, LEARNING, LEARNING_PAUSED, SEARCHING
from gui.session import NO_NETWORK_YET
from gui.widgets.scan_results import PARTS
from gui.widgets.view_switch import PAIRS
from tests.gui import made_up
from tests.gui.scanning import (
    finish,
    finish_map,
    points,
    scan_a_little,
    send,
    shown_tab,
    tile_texts,
)

LEFT = Qt.MouseButton.LeftButton
NAN = float("nan")


@pytest.fixture
def tab(qtbot, session):
    return shown_tab(qtbot, session)


def test_without_a_network_it_says_what_to_do(tab):
    assert tab.verdict.headline.text() == NO_NETWORK_YET
    assert tab.network.origin.text() == "none yet"
    assert not tab.buttons.masks_button.isEnabled()
    assert not tab.buttons.numbers_button.isEnabled()
    assert tab.pages.currentWidget() is not tab.views


def test_a_network_that_learns_is_not_asked_for(tab, session, jobs, qtbot):
    jobs.endless = True
    session.start_training()
    assert tab.verdict.headline.text() == LEARNING
    session.toggle_pause()
    assert tab.verdict.headline.text() == LEARNING_PAUSED
    session.toggle_pause()
    assert tab.verdict.headline.text() == LEARNING
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert tab.verdict.headline.text() == INVITATION


@pytest.mark.parametrize(
    ("has_model", "said"),
    [
        (True, "A calibration is running; the scan can start when it has ended."),
        (False, "A calibration is running; a network can be trained in tab 2 when it has ended."),
    ],
)
def test_it_invites_nobody_while_a_calibration_goes_on(tab, session, has_model, said):
    session.model = made_up.model() if has_model else None
    session.running = "calibrate"
    session.run_started.emit("calibrate")
    assert tab.verdict.headline.text() == said
    session.running = None
    session.run_ended.emit("calibrate", "stopped")
    assert tab.verdict.headline.text() == (INVITATION if has_model else NO_NETWORK_YET)


def test_a_trained_network_invites_to_scan(tab, session):
    made_up.begin_training(session)
    made_up.finish_training(session, Rates(0.991, 1.0, 0.0006, 10_000))
    assert tab.verdict.headline.text() == INVITATION
    assert tab.network.origin.text() == "badnet, just trained"
    assert tab.network.rates.text() == "99.1 % right on 10,000 test images"


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


def test_nothing_moves_when_a_verdict_comes(tab, session):
    scan_a_little(session)
    tab.layout().activate()
    before = tab.pages.mapTo(tab, tab.pages.rect().topLeft())
    headline = (
        "Backdoor likely: class 0. A mask of 3.9 pixels turns 99.8 % of other images into a 0. In"
        " 40 clean networks class 0 never needed fewer than 61 pixels. Chance of this in a clean"
        " model: at most 2.4 %."
    )
    facts = {"headline": headline, "basis": "references", "references": 40}
    found = made_up.detection()
    made_up.finish_scan(session, replace(found, verdict=replace(found.verdict, **facts)))
    tab.layout().activate()
    assert "In 40 clean" in tab.verdict.headline.text().replace("\N{NO-BREAK SPACE}", " ")
    assert tab.verdict.facts.isVisible()
    assert tab.pages.mapTo(tab, tab.pages.rect().topLeft()) == before


def test_every_batch_draws_a_part_and_a_round_draws_all(tab, session):
    scan_a_little(session, steps=3)
    send(session, made_up.moved([2.0] * 10, ["searching"] * 10))
    for _ in range(PARTS - 1):
        send(session)
    assert tab.views.classes.tiles.text(0).size == "2.0 px"
    assert "2.0 pixels" in tab.views.classes.detail.heading.text()


def seen_of_class_0(tab):
    """The size of its mask on the tile, in the chart and in the sentence, and its curve's end."""
    views = tab.views.classes
    size = views.tiles.text(0).size
    told = views.detail.heading.text().partition("a mask of ")[2].split(" pixel")[0]
    place = views.chart.dot_at(0)
    return size, told, place.x(), views.detail.title("mask_l1")


def test_a_pause_draws_everything_once(tab, session):
    scan_a_little(session)
    tab.views.draw()
    before = seen_of_class_0(tab)
    send(session, made_up.stepped(4, range(10), 6.0), made_up.moved([2.0] * 10, ["searching"] * 10))
    session.run_paused.emit(True)
    size, told, place, curve = seen_of_class_0(tab)
    assert (size, told, curve) == ("2.0 px", "2.0", "Mask now 6.0 px")
    assert place < before[2]
    assert {text.state for text in tile_texts(tab)} == {"searching"}


def test_the_step_that_ends_after_the_pause_is_drawn_as_a_whole(tab, session, jobs, qtbot):
    jobs.endless = True
    session.model = made_up.model()
    session.start_scan()
    qtbot.waitUntil(lambda: tab._is_drawn)
    jobs.gate.clear()
    session.toggle_pause()
    send(session, made_up.moved([3.0] * 10, ["searching"] * 10))
    assert seen_of_class_0(tab)[:2] == ("3.0 px", "3.0")
    jobs.gate.set()
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_the_curves_of_the_chosen_class(tab, session):
    scan_a_little(session, steps=4)
    tab.views.draw()
    detail = tab.views.classes.detail
    np.testing.assert_allclose(detail.plots["mask_l1"].curve("mask_l1")[1], 100 / np.arange(1, 5))
    np.testing.assert_allclose(detail.plots["success"].curve("success")[1], [90] * 4, rtol=1e-6)
    assert detail.title("mask_l1") == "Mask now 25 px"
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
    assert tab.views.classes.tiles.text(0).state == "suspicious"
    assert tab.buttons.masks_button.isEnabled()
    assert tab.buttons.numbers_button.isEnabled()
    assert tab.views.classes.detail.index.text() == "Classic anomaly index 8.3 (rule: above 2)"


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
    assert tab.verdict.caution.text() == "Mind: Only 300 images were searched on."
    assert tab.verdict.caution.isVisibleTo(tab.verdict)
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
    assert detail.title("mask_l1") == "Mask by step"
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
    assert captions == ["mask", "pattern", "sample", "trigger", "4 pixels", "planted"]
    assert (
        "4 pixels alone, wholly covered, turn 97.0 % of other images into a 0."
        in detail.whole.text()
    )


def test_the_planted_trigger_beside_the_found_one(tab, session):
    finish(session)
    captions = [pair.caption for pair in tab.views.classes.detail.pictures.pairs]
    assert captions == ["mask", "pattern", "sample", "trigger", "planted"]
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
    assert tab.verdict.headline.text() == NO_NETWORK_YET
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
    tab.show_calibration()
    assert not tab.stale_label.isVisible(), "Start makes clean networks there"
    tab.show_scan()
    assert tab.stale_label.isVisible()


def test_exporting_ask_for_a_place(tab, session, qtbot, tmp_path, monkeypatch):
    finish(session)
    masks, numbers = tmp_path / "masks", tmp_path / "numbers"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(masks))
    monkeypatch.setattr(
        QFileDialog,
        "getSaveFileName",
        lambda *_: (str(numbers), "Table of classes (*.csv)"),
    )
    for button in (tab.buttons.masks_button, tab.buttons.numbers_button):
        with qtbot.waitSignal(session.exports.ended):
            qtbot.mouseClick(button, LEFT)
    assert len(list(masks.glob("class_*.png"))) == 10
    assert Path(f"{numbers}.csv").read_text().count("\n") == 11


def test_a_cancelled_export_does_nothing(tab, session, qtbot, monkeypatch):
    finish(session)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    with qtbot.assertNotEmitted(session.telling.message):
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
        "In clean networks class 0 needs about 61 to 140; z\u00a027.0. Classic anomaly index 8.3"
        " (rule: above 2)"
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


MANY = tuple(f"Warning {number}. " + "Mind it. " * 60 for number in range(9))


def places(tab):
    """Where everything is that what it means may lie on."""
    return [part.geometry() for part in (tab.verdict, tab.pages, tab.bars)]


@pytest.mark.parametrize("warnings", [(), MANY])
@pytest.mark.parametrize(("width", "height"), [(1280, 740), (1024, 580), (1920, 990)])
def test_what_it_means_lies_over_the_tab_and_moves_nothing(
    tab, session, qtbot, width, height, warnings
):
    tab.resize(width, height)
    finish(session, warnings=warnings)
    qtbot.waitUntil(lambda: tab.size().width() == width)
    before = places(tab)
    tab.verdict.why_button.click()
    sheet = tab.verdict.explanation
    most = sheet.fontMetrics().horizontalAdvance("a line that can be read " * 4)
    qtbot.waitUntil(lambda: all(said.width() < most for said in sheet.paragraphs))
    assert places(tab) == before
    assert tab.rect().contains(sheet.geometry())
    assert sheet.geometry().top() > tab.verdict.geometry().bottom()
    needed = sheet.widget().sizeHint().height()
    assert (sheet.viewport().height() >= needed) == (sheet.verticalScrollBar().maximum() == 0)
    for said in sheet.paragraphs:
        assert said.height() >= said.heightForWidth(said.width()), "all of it is read"
        right = said.mapTo(sheet.viewport(), said.rect().topRight()).x()
        assert right <= sheet.viewport().width()


def test_what_it_means_begins_with_what_matters_most(tab, session):
    finish(session, warnings=("Only 300 images were searched on.",))
    said = tab.verdict.explanation.text().splitlines()
    assert said[0].startswith("A backdoor is suspected, no more: class 0 stands out. A trigger of")
    assert "Only 300 images" in said[1]
    assert said[2] == f"Verdict: {session.detection.verdict.explanation}"


def test_no_text_of_what_it_means_has_a_gap_below_it(tab, session):
    finish(session)
    tab.verdict.why_button.click()
    sheet = tab.verdict.explanation
    for words in range(20, 120):
        sheet.set_terms((), [("Term", "a " * words)])
        QApplication.processEvents()
        [said] = sheet.paragraphs
        height, width = said.height(), said.width()
        said.setMinimumHeight(0)  # or it would be the least answer
        assert height == said.heightForWidth(width)


def test_the_scroll_bar_of_what_it_means_is_seen(tab, session, qtbot):
    finish(session, warnings=("Only 300 images were searched on.",) * 30)
    tab.verdict.why_button.click()
    bar = tab.verdict.explanation.verticalScrollBar()
    qtbot.waitUntil(bar.isVisible)
    picture, side = bar.grab().toImage(), bar.width()
    handle, groove = (picture.pixel(side // 2, y) for y in (2 * side, bar.height() - 2 * side))
    assert handle != groove


def test_escape_closes_what_it_means_and_gives_the_keyboard_back(tab, session, qtbot):
    finish(session)
    tab.verdict.why_button.setFocus()
    qtbot.keyClick(tab.verdict.why_button, Qt.Key.Key_Space)
    sheet = tab.verdict.explanation
    qtbot.waitUntil(sheet.hasFocus)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert not tab.verdict.why_button.isChecked()
    assert tab.verdict.why_button.hasFocus()


@pytest.mark.parametrize("warnings", [(), MANY])
def test_a_button_in_sight_closes_what_it_means(tab, session, qtbot, warnings):
    finish(session, warnings=warnings)
    tab.verdict.why_button.click()
    sheet = tab.verdict.explanation
    button, bar = sheet.close_button, sheet.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert sheet.rect().contains(button.geometry())
    assert not button.geometry().intersects(sheet.viewport().geometry()), "it hides no text"
    assert not bar.isVisible() or button.geometry().right() < bar.mapTo(sheet, QPoint(0, 0)).x()
    assert (button.accessibleName(), button.toolTip()) == ("Close", "Close. Escape does the same.")
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not sheet.isVisible()
    assert not tab.verdict.why_button.isChecked()
    assert tab.verdict.why_button.hasFocus()


def test_what_it_means_goes_and_comes_with_the_verdict(tab, session):
    finish(session)
    tab.verdict.why_button.click()
    tab.show_opening()
    assert not tab.verdict.explanation.isVisible()
    tab.show_scan()
    assert tab.verdict.explanation.isVisible()


@pytest.mark.parametrize("finish_one", [finish, finish_map])
def test_results_of_other_images_than_are_loaded_are_drawn(tab, session, finish_one):
    """An opened run is shown before its data are loaded, while those of another one still are."""
    pixels = np.zeros((40, 3, 32, 32), np.uint8)
    images = ImageSet(pixels, np.arange(40) % 10, session.class_names)
    session.data = replace(session.data, train=images, test=images)
    session.changed.emit("data")
    finish_one(session)
    tab.grab()
    assert tab.views.classes.tiles._strip(0).isNull()
    session.data = None
    session.changed.emit("experiment")
    tab.grab()
    assert not len(tab.views.classes.tiles._samples)


def primaries(tab):
    """What is prominent and can be seen."""
    buttons = tab.findChildren(QPushButton)
    return [one.text() for one in buttons if one.objectName() == "primary" and one.isVisible()]


def test_the_next_step_is_prominent_until_another_scan_would_do_something_else(tab, session):
    session.model = made_up.model()
    session.changed.emit("trained")
    assert primaries(tab) == ["Start"]
    finish(session)
    assert primaries(tab) == ["Re&port …"]
    session.set_group(DetectSettings(seed=5))
    assert primaries(tab) == ["Start"]
    session.set_group(DetectSettings())
    made_up.begin_scan(session)
    made_up.finish_scan(session, made_up.detection(complete=False), "stopped")
    assert primaries(tab) == ["Start"], "the scan can go to its end"


def test_where_a_map_is_offered_that_is_the_next_step(tab, session):
    session.model = made_up.model()
    finish(session, said=made_up.verdict("not_found", None, ()))
    assert primaries(tab) == ["Map all pair&s"]
    tab.views.show_view(PAIRS)
    assert tab.offers.map.isHidden(), "the button is where the map will be"
    assert primaries(tab) == ["Map all pair&s"]
    tab.show_opening()
    assert primaries(tab) == ["&Use this network"]


def test_a_stopped_scan_says_how_it_comes_to_its_end(tab, session):
    session.model = made_up.model()
    said = made_up.verdict("not_auditable", None, (0,))
    finish(session, said=said, complete=False)
    assert tab.verdict.headline.text() == "Not auditable. Press Start to scan to the end."
    assert tab.verdict.word.text() == tab.status_text.capitalize() == "Stopped"
    assert tab.views.classes.tiles.text(0).state == "best so far", "the rule judges whole scans"


def test_a_network_whose_training_was_stopped_is_called_that(tab, session):
    made_up.begin_training(session)
    send(session, *made_up.batches(3))
    made_up.finish_training(session, how="stopped")
    epochs = session.settings.train.epochs
    assert tab.network.origin.text() == f"badnet, just trained, stopped in epoch 1 of {epochs}"
