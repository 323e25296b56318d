"""The detection tab: a scan as it comes, its verdict, and results that are opened."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from engine.detection.results import ScanCurves
from engine.metrics import Rates
from engine.settings import DetectSettings
from gui.detection_tab import ENDED, INVITATION, NO_MODEL, SEARCHING, DetectionTab
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


def test_without_a_network_it_says_what_to_do(tab):
    assert tab.verdict.headline.text() == NO_MODEL
    assert tab.model_label.text() == "none yet"
    assert not tab.masks_button.isEnabled()
    assert not tab.numbers_button.isEnabled()
    assert tab.pages.currentWidget() is not tab.results


def test_a_trained_network_invites_to_scan(tab, session):
    made_up.begin_training(session)
    made_up.finish_training(session, Rates(0.991, 1.0, 0.0006, 10_000))
    assert tab.verdict.headline.text() == INVITATION
    assert tab.model_label.text() == "badnet, just trained"
    assert tab.model_rates.text() == "99.1 % right on clean images"


def test_a_scan_is_shown_as_it_goes(tab, session):
    scan_a_little(session)
    assert tab.verdict.headline.text() == SEARCHING
    assert tab.status_text == "running"
    assert tab.pages.currentWidget() is tab.results
    tab.results.draw()
    texts = [tab.results.tiles.text(label) for label in (0, 1, 8, 9)]
    assert [text.size for text in texts] == ["5.0 px", "no mask yet", "no mask", "–"]  # noqa: RUF001
    assert [text.state for text in texts] == ["searching", "searching", "not found", "waiting"]
    assert tab.results.chart.dot_at(0) is not None
    assert tab.results.chart.dot_at(1) is None
    assert tab.results.detail.heading.text() == (
        "Class 0, still searching: a mask of 5.0 pixels turns 99.0 % of other images into a 0."
    )


def test_every_batch_draws_a_part_and_four_draw_all(tab, session):
    scan_a_little(session, steps=3)
    send(session, made_up.moved([2.0] * 10, ["searching"] * 10))
    for _ in range(3):
        send(session)
    assert tab.results.tiles.text(0).size == "2.0 px"
    assert "2.0 pixels" in tab.results.detail.heading.text()


def test_the_curves_of_the_chosen_class(tab, session):
    scan_a_little(session, steps=4)
    tab.results.draw()
    detail = tab.results.detail
    np.testing.assert_allclose(detail.plots["mask_l1"].curve("mask_l1")[1], 100 / np.arange(1, 5))
    np.testing.assert_allclose(detail.plots["success"].curve("success")[1], [90] * 4, rtol=1e-6)
    assert detail.title("mask_l1") == "Mask size 25 px"
    assert detail.title("penalty") == "Lambda (λ) 0.04"
    tab.results.choose(9)
    assert detail.plots["mask_l1"].is_empty, "this class waits"
    assert detail.heading.text() == "Class 9 waits for its turn."


def test_a_verdict(tab, session, qtbot):
    with qtbot.waitSignal(tab.status_changed):
        finish(session)
    assert tab.verdict.word.text() == "Suspicious"
    assert tab.verdict.headline.text() == "Backdoor suspected: class 0."
    assert tab.status_text == "class 0 suspicious"
    assert tab.results.tiles.text(0).state == "suspected"
    assert tab.masks_button.isEnabled()
    assert tab.numbers_button.isEnabled()
    assert tab.results.detail.index.text() == "Classic anomaly index 8.3 (classic rule: above 2)"


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
    for part in ("Grubbs", "Only 300 images", "cannot see", "64,000 image passes", "99.1 %"):
        assert part in said


def test_the_suspect_is_chosen_by_itself(tab, session):
    finish(
        session,
        sizes=(90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0, 4.0, 90.0, 90.0),
        said=made_up.verdict("suspicious", 7, (7,)),
    )
    assert tab.results.tiles.chosen_label == 7


def test_without_a_suspect_the_smallest_mask_is_chosen(tab, session):
    sizes = (90.0, None, 90.0, 60.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0)
    finish(session, sizes=sizes, said=made_up.verdict("not_found", None, ()))
    assert tab.results.tiles.chosen_label == 3


def test_the_planted_trigger_beside_the_found_one(tab, session):
    finish(session)
    captions = [pair.caption for pair in tab.results.detail.pictures.pairs]
    assert captions == ["mask", "pattern", "sample", "mask × pattern", "planted"]  # noqa: RUF001
    planted = tab.results.detail.pictures.pairs[-1].before
    assert planted[0, 25:28, 25:28].min() == 1
    assert planted.sum() == 9
    note = tab.results.detail.note
    assert note.isVisible()
    assert "44.4 %" in note.text()
    assert "often a part" in note.text()
    tab.results.choose(1)
    assert not note.isVisible(), "the trigger leads to class 0"
    assert len(tab.results.detail.pictures.pairs) == 4


def test_nothing_was_planted_in_a_clean_network(tab, session):
    clean = session.settings.attack.model_copy(update={"poison_rate": 0.0})
    session.set_group(clean)
    finish(session)
    assert not tab.results.detail.note.isVisible()


def test_keys_choose_a_class_in_all_views(tab, session, qtbot):
    finish(session)
    tab.results.tiles.setFocus()
    qtbot.keyClick(tab.results.tiles, Qt.Key.Key_Right)
    assert tab.results.tiles.chosen_label == 1
    assert tab.results.detail.heading.text().startswith("Class 1:")
    assert tab.results.chart._chosen == 1


def test_a_click_in_the_chart_chooses_too(tab, session, qtbot):
    finish(session)
    chart = tab.results.chart
    qtbot.mouseClick(chart.viewport(), LEFT, pos=chart.dot_at(5).toPoint())
    assert tab.results.tiles.chosen_label == 5
    assert tab.results.detail.heading.text().startswith("Class 5:")


def test_a_hidden_tab_draws_nothing_and_catches_up(tab, session):
    made_up.begin_scan(session)
    send(session, made_up.moved([50.0] * 10, ["searching"] * 10))
    tab.hide()
    for step in range(1, 20):
        send(session, made_up.stepped(step, range(10)), made_up.moved([8.0] * 10, ["x"] * 10))
    assert tab.results.tiles.text(0).size == "50 px"
    tab.show()
    assert tab.results.tiles.text(0).size == "8.0 px"
    assert len(tab.results.detail.plots["mask_l1"].curve("mask_l1")[0]) == 19


def test_a_scan_that_failed_leaves_what_it_had_and_starts_again(tab, session):
    scan_a_little(session)
    session.running = None
    session.run_ended.emit("scan", "failed")
    assert tab.verdict.headline.text() == ENDED
    assert tab.results.tiles.text(0).size == "5.0 px"
    assert tab.form.isEnabled()
    made_up.begin_scan(session)
    assert tab.verdict.headline.text() == SEARCHING
    assert tab.results.tiles.text(0).state == "waiting"


def test_an_opened_experiment(tab, session):
    session.made_with, session.true_trigger = session.settings, session.trigger
    session.model, session.rates = made_up.model(), Rates(0.98, 1.0, 0.001, 10_000)
    session.detection = made_up.detection()
    session.changed.emit("experiment")
    assert tab.pages.currentWidget() is tab.results
    assert tab.verdict.headline.text() == "Backdoor suspected: class 0."
    assert len(tab.results.detail.plots["mask_l1"].curve("mask_l1")[0]) == 30
    session.made_with = session.true_trigger = session.model = None
    session.rates = session.detection = None
    session.changed.emit("experiment")
    assert tab.verdict.headline.text() == NO_MODEL
    assert tab.pages.currentWidget() is not tab.results


def test_an_empty_scan_that_was_stopped_at_once(tab, session):
    nothing = ScanCurves(*(np.zeros((0, 10), np.float32) for _ in range(3)))
    finish(
        session,
        sizes=(None,) * 10,
        said=made_up.verdict("not_auditable", None, ()),
        curves=nothing,
        complete=False,
    )
    assert tab.results.tiles.text(0).state == "not finished"
    assert "stopped before a mask worked" in tab.results.detail.heading.text()


def test_many_classes(tab, session):
    tab._record = type(tab._record)([f"sign {label}" for label in range(43)])
    tab.results.set_record(tab._record)
    session.running = "scan"
    send(session, made_up.moved([20.0 + k for k in range(43)], ["searching"] * 43))
    tab.results.draw()
    tab.results.choose(42)
    tab.grab()
    assert tab.results.tiles.text(42).name == "sign 42"
    assert tab.results.detail.heading.text().startswith("Class sign 42")


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
    qtbot.mouseClick(tab.masks_button, LEFT)
    qtbot.mouseClick(tab.numbers_button, LEFT)
    assert len(list(masks.glob("class_*.png"))) == 10
    assert Path(f"{numbers}.csv").read_text().count("\n") == 11


def test_a_cancelled_export_does_nothing(tab, session, qtbot, monkeypatch):
    finish(session)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    with qtbot.assertNotEmitted(session.message):
        qtbot.mouseClick(tab.masks_button, LEFT)
        qtbot.mouseClick(tab.numbers_button, LEFT)


def test_text_of_files_is_plain(tab, session):
    session.model = made_up.model()
    object.__setattr__(session.model, "origin", "<b>evil</b>")
    session.changed.emit("trained")
    label = tab.model_label
    assert isinstance(label, QLabel)
    assert label.text() == "badnet, <b>evil</b>"
    assert label.textFormat() == Qt.TextFormat.PlainText
