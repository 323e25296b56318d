"""The detection tab and pair maps: as they come, as they are offered, and when they are opened."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction

from engine.settings import DetectSettings
from gui.commands import DETECTION
from gui.detection_words import SEARCHING, SEARCHING_PAIRS
from gui.pair_findings import PairFindings
from gui.session import NO_NETWORK_YET
from gui.widgets.image_grid import GAP
from gui.widgets.pair_detail import PairDetail
from gui.widgets.pair_results import PairResults
from gui.widgets.view_switch import CLASSES, PAIRS
from gui.window import MainWindow
from tests.gui import made_up
from tests.gui.scanning import (
    as_read,
    finish,
    finish_map,
    map_half_way,
    points,
    scan,
    send,
    shown_tab,
    tile_texts,
    train,
    train_and_scan,
)

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tab(qtbot, session):
    return shown_tab(qtbot, session)


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
    facts = detail.facts.text().replace("\u00a0", " ")
    assert facts == "Smallest so far: 1 → 7: 9.0 px  ·  2 → 3: 80 px"
    assert detail.samples_title.text() == "Images of a 1, which it is to turn into a 7:"
    assert all(pair.after is None for pair in detail.samples.pairs)
    assert len(detail.samples.pairs) == 8
    assert len(detail.sample_images()) == 0, "the network is asked about triggers only"


def test_the_smallest_mask_is_followed_until_a_cell_is_picked(tab, session, qtbot):
    map_half_way(session)
    chart = tab.views.pairs.chart
    assert chart.chosen_cell == (1, 7)
    sizes = made_up.pairs_moved().mask_l1.copy()
    for smaller, cell in enumerate([(4, 0), (2, 3)]):
        sizes[cell] = 5.0 - smaller
        send(session, replace(made_up.pairs_moved(), mask_l1=sizes.copy()))
        assert chart.chosen_cell == cell
        assert tab.views.pairs.detail.heading.text().startswith(f"{cell[0]} → {cell[1]}: a mask")
    qtbot.mouseClick(chart, LEFT, pos=chart.centre_of(2, 3).toPoint())
    sizes[5, 6] = 1.0
    send(session, replace(made_up.pairs_moved(), mask_l1=sizes.copy()))
    assert chart.chosen_cell == (2, 3), "who looks at a cell is left there"
    made_up.finish_scan(session, made_up.mapped())
    assert chart.chosen_cell == (1, 7)


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
    assert pairs.detail.heading.text().replace("\u00a0%", " %") == (
        "3 → 8: a mask of 3.0 pixels turns images of a 3 into an 8."
    )
    assert pairs.detail.facts.text().replace("\u00a0", " ") == (
        "It turns 0 % of all other images (about 33 % in clean networks) too."
        " Clean networks need about 24 to 60 pixels; z 12.3."
    )
    captions = [pair.caption for pair in pairs.detail.pictures.pairs]
    assert captions == ["mask", "pattern", "trigger"]


def test_a_map_is_shown_before_there_are_images(qtbot):
    """The data set may be loaded later than the experiment."""
    results = PairResults()
    qtbot.addWidget(results)
    results.set_findings(PairFindings.of(made_up.mapped(), "0123456789"))
    assert len(results.detail.pictures.pairs) == 3
    assert not results.detail.samples.isVisible()


@pytest.mark.parametrize("size", [(420, 520), (420, 640), (300, 540)])
def test_the_pairs_pictures_are_well_seen_and_named_in_a_narrow_window(qtbot, size):
    detail = PairDetail()
    qtbot.addWidget(detail)
    detail.resize(*size)
    detail.show()
    found = PairFindings.of(
        made_up.mapped(pair_map=made_up.pair_map([(1, 7)], **made_up.places())), "0123456789"
    )
    detail.set_finding(found.finding(1, 7), np.zeros((8, 1, 28, 28), np.uint8), made_up.patch(0, 0))
    places = {}

    def look():
        places.clear()
        for y in range(0, detail.pictures.height(), 2):
            for x in range(0, detail.pictures.width(), 2):
                pair = detail.pictures.pair_at(QPoint(x, y))
                if pair is not None:
                    places.setdefault(pair.caption, []).append(x)
        return len(places) == 5 and all(max(at) - min(at) >= 54 for at in places.values())

    qtbot.waitUntil(look)
    metrics = detail.pictures.fontMetrics()
    for caption, at in places.items():
        assert metrics.horizontalAdvance(caption) <= max(at) - min(at) + GAP


def test_where_clean_networks_masks_lie_is_shown_beside_the_mask(tab, session):
    finish_map(session, pairs=((3, 8),), pair_map=made_up.pair_map([(3, 8)], **made_up.places()))
    detail = tab.views.pairs.detail
    assert "It lies where clean networks' masks hardly ever do." in detail.facts.text()
    shown = detail.pictures.pairs[-1]
    assert shown.caption == "usual"
    assert "clean networks" in shown.tooltip
    assert shown.before.shape == (28, 28)
    assert shown.before.max() == shown.before[4, 6] == shown.before[7, 9] == 1
    assert shown.before[24, 24] == 0


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


def test_a_map_that_is_there_stays_chosen(tab, session, qtbot, jobs):
    train_and_scan(qtbot, session)
    with qtbot.waitSignal(session.run_ended):
        qtbot.mouseClick(tab.buttons.map_button, LEFT)
    assert session.detection.pair_map is not None
    assert tab.form.value().preset == "map"
    assert not tab.stale_label.isVisible()


@pytest.mark.parametrize(("preset", "is_stale"), [("standard", False), ("quick", True)])
def test_a_map_that_is_stopped_leaves_the_preset_as_it_was(
    tab, session, qtbot, jobs, preset, is_stale
):
    session.set_group(DetectSettings(preset=preset))
    train(qtbot, session)
    jobs.maps, jobs.stops_complete, jobs.endless = False, True, True
    qtbot.mouseClick(tab.buttons.map_button, LEFT)
    assert tab.form.value().preset == "map"
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert session.detection.has_lost_pairs, "the classes are there, as Standard finds them"
    assert tab.form.value().preset == preset
    assert (tab.stale_label.isVisible(), session.is_scanned) == (is_stale, not is_stale)


def test_a_map_that_gives_the_scan_before_back_leaves_its_preset(tab, session, qtbot, jobs):
    session.set_group(DetectSettings(preset="quick"))
    train_and_scan(qtbot, session)
    jobs.endless, jobs.keeps = True, False
    qtbot.mouseClick(tab.buttons.map_button, LEFT)
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert session.has_earlier_back
    assert tab.form.value().preset == "quick"
    assert not tab.stale_label.isVisible()


def test_a_map_that_cannot_start_changes_no_preset(tab, session, qtbot):
    tab.mapping.map_pairs()
    assert session.running is None
    assert tab.form.value().preset == "standard"


def test_a_map_that_was_chosen_in_the_form_stays_and_can_be_started_again(
    tab, session, qtbot, jobs
):
    train(qtbot, session)
    session.set_group(DetectSettings(preset="map"))
    jobs.maps = False
    scan(qtbot, session)
    assert tab.form.value().preset == "map"
    assert not session.is_scanned, "its pairs are not there"


@pytest.mark.parametrize("is_paused", [False, True])
def test_map_buttons_say_why_they_are_grey(tab, session, qtbot, jobs, is_paused):
    def reasons():
        for button in (tab.buttons.map_button, tab.views.pairs.map_button):
            assert not button.isEnabled()
        return {button.accessibleDescription() for button in buttons}

    buttons = tab.buttons.map_button, tab.views.pairs.map_button
    assert reasons() == {NO_NETWORK_YET}
    train(qtbot, session)
    assert all(button.isEnabled() for button in buttons)
    jobs.endless = True
    session.start_scan()
    if is_paused:
        session.toggle_pause()
    assert reasons() == {f"A scan is {'paused' if is_paused else 'running'}."}
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_a_map_that_could_not_be_kept_is_not_offered(tab, session):
    session.model = replace(made_up.model(), classes=1000)
    finish(session, said=made_up.verdict("not_found", None, ()))
    assert not tab.offers.map.button.isVisible()
    for view in (CLASSES, PAIRS):
        tab.views.show_view(view)
        assert tab.offers.map.text.isVisible()
    said = tab.offers.map.text.text()
    assert "is too large here: 7.9 GB" in said
    assert said.count(". ") == 0, "one sentence"
    for button in (tab.buttons.map_button, tab.views.pairs.map_button):
        assert not button.isEnabled()
        assert "1,000 classes" in button.accessibleDescription()
    assert tab.buttons.report_button.objectName() == "primary", "nothing else is left to do"
    session.model = made_up.model()
    finish(session, said=made_up.verdict("not_found", None, ()))
    assert tab.buttons.map_button.isEnabled()


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


def test_a_map_goes_on_from_a_standard_scan_whose_tiles_stay(tab, session, qtbot, jobs):
    train_and_scan(qtbot, session)
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
    train_and_scan(qtbot, session)
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


def test_the_menu_maps_too(session, qtbot, monkeypatch):
    scans = []
    monkeypatch.setattr(session, "start_scan", lambda: scans.append(session.settings.detect))
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.complete()
    line = window.findChild(QAction, "map_pairs")
    assert not line.isEnabled()
    assert NO_NETWORK_YET in as_read(line.toolTip())
    session.model = made_up.model()
    session.changed.emit("trained")
    line.trigger()
    assert [detect.preset for detect in scans] == ["map"]
    assert window.tabs.currentIndex() == DETECTION
