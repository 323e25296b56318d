"""A network of which nothing can be said: the tab shows why, and nothing that is not there."""

import numpy as np

from engine import store
from engine.detection.results import ScanCurves, Verdict
from engine.opening.results import BrightnessCheck, BrightnessRow, FormatRate, Preflight
from gui.detection_tab import DetectionTab
from tests.gui import made_up

HEADLINE = "Not auditable: with the input range 0..1 the network is right on only 9.8 %."


def detection():
    """What an audit leaves that ended before the search: no classes at all."""
    rates = tuple(
        FormatRate(text, "pixels", share, 0.1, 1000)
        for text, share in (("0..255", 0.99), ("0..1", 0.098))
    )
    row = BrightnessRow("brightness x 1/255", 0.1, 0, 1.0, 0.99, 0.1, suspected=True)
    check = BrightnessCheck((row,), 0, "Brightness shortcut suspected.", "references", 20)
    idle = np.zeros((0, 0), np.float32)
    return made_up.detection(
        classes=(),
        said=Verdict("not_auditable", None, None, "none", (), HEADLINE, "What it means."),
        curves=ScanCurves(idle, idle, idle),
        clean_accuracy=0.098,
        seconds=0.0,
        image_passes=0,
        warnings=("Another input range does better.",),
        preflight=Preflight(rates, "0..1", "0..1", "0..255", (), 0.098, 10_000, check),
    )


def test_the_tab_says_why_there_is_no_verdict(qtbot, session):
    tab = DetectionTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    with qtbot.waitExposed(tab):
        tab.show()
    made_up.begin_scan(session)
    made_up.finish_scan(session, detection())
    assert tab.verdict.headline.text() == HEADLINE.replace(" %", "\u00a0%")  # no line ends there
    assert tab.verdict.word.text() == "No verdict"
    assert {tab.views.classes.tiles.text(label).state for label in range(10)} == {"not searched"}
    assert tab.views.classes.detail.heading.text().startswith("Class 0 was not searched")
    assert not tab.buttons.masks_button.isEnabled()
    assert tab.buttons.numbers_button.isEnabled()
    tab.verdict.why_button.setChecked(True)
    assert tab.verdict.explanation.isVisible()
    assert not tab.grab().isNull()


def test_it_is_saved_opened_and_exported_like_any_other(qtbot, session, tmp_path):
    made = detection()
    with store.RunFolder.create(tmp_path / "out", session.settings, None) as record:
        record.write_detection(made)
    opened = store.open_experiment(tmp_path / "out").detection
    assert (opened.verdict, opened.preflight) == (made.verdict, made.preflight)
    assert opened.classes == ()
    session.detection = opened
    for export, name in (
        (session.exporting.export_masks, "masks"),
        (session.exporting.export_numbers, "numbers.safetensors"),
    ):
        with qtbot.waitSignal(session.exports.ended):
            export(tmp_path / name)
    assert (tmp_path / "numbers.safetensors").exists()
