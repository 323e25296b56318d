"""What the canvas shows as the result is what stamping gives, and the figures count the same."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine import attacks
from engine.settings import AttackSettings
from gui.widgets.canvas_picture import Shown
from tests.gui.canvas_user import drag, shown_attack_tab, square, touched

DRAWN_ATTACKS = [
    {},
    {"placement": "several"},
    {"placement": "several", "copies": 2},
    {"placement": "several", "family": "label_consistent"},
    {"placement": "random"},
    {"family": "blended", "picture": "drawn"},
]


@pytest.fixture
def tab(qtbot, session):
    """The tab in a window of its own."""
    return shown_attack_tab(qtbot, session)


def stamped(session, tab):
    """What the attack makes of the image that lies on the canvas."""
    attack = attacks.make(session.settings.attack, tab.canvas.trigger(), 10)
    number = tab.area.samples.index
    return attack.stamp(session.data.test.images[[number]], np.asarray([number]))[0]


def figures(tab, *names):
    return [tab.panel.figures[name].text() for name in names]


@pytest.mark.parametrize("attack", DRAWN_ATTACKS)
def test_the_result_is_what_stamping_gives_for_every_image_and_stroke(qtbot, tab, session, attack):
    session.set_group(AttackSettings(**attack))
    for _ in range(2):
        np.testing.assert_array_equal(tab.canvas.result(), stamped(session, tab))
        qtbot.keyClick(tab.canvas, Qt.Key.Key_PageDown)
    drag(qtbot, tab.canvas, (4, 4), (4, 8))
    np.testing.assert_array_equal(tab.canvas.result(), stamped(session, tab))
    assert touched(tab.canvas) == square(4, 4, 1, 5) | square(25, 25, 3)


@pytest.mark.parametrize(("copies", "pixels"), [(2, 18), (3, 27), (4, 36)])
def test_all_places_count_the_pixels_that_an_image_gets(tab, session, copies, pixels):
    session.set_group(AttackSettings(placement="several", copies=copies))
    changed = tab.canvas.result() != tab.area.samples.sample
    assert np.count_nonzero(changed) == pixels, "the corners of this image are black"
    assert figures(tab, "pixels", "mask_l1") == [f"{pixels} px", f"{pixels}.0 px"]
    assert figures(tab, "share") == [f"{100 * pixels / 784:.1f} %"]
    mask, _pattern = tab.panel.parts.pairs
    assert np.count_nonzero(mask.before) == pixels
    assert tab.status_text == f"{pixels} px → 0"
    assert f"in {copies} corners at once, {pixels} px in all" in tab.area.readout.text()
    assert tab.panel.presets.currentIndex() >= 0, "what is drawn is still the preset"
    session.set_group(AttackSettings())
    assert figures(tab, "pixels") == ["9 px"]
    assert tab.status_text == "9 px → 0"


def test_what_is_read_out_agrees_with_the_result(tab, session):
    session.set_group(AttackSettings(placement="several"))
    for cell, said in (
        ((25, 25), "Row 25, column 25   ·   image 0   ·   pattern 255   ·   opacity 100 %"),
        ((0, 0), "Row 0, column 0   ·   image 0   ·   becomes 255"),
        ((0, 14), "Row 0, column 14   ·   image 0   ·   not touched"),
    ):
        tab.canvas.pointed.emit(cell)
        assert tab.area.readout.text().startswith(said)


@pytest.mark.parametrize("before", [Shown.RESULT, Shown.COMPARE, Shown.SAMPLE])
def test_who_draws_for_random_places_sees_the_drawing(qtbot, tab, session, before):
    session.set_group(AttackSettings(placement="random"))
    tab.area.layers.choose(before)
    drag(qtbot, tab.canvas, (4, 20))
    assert tab.canvas.shown is Shown.TRIGGER
    tab.canvas.pointed.emit((4, 20))
    assert tab.area.readout.text().endswith("pattern 255   ·   opacity 100 %")
    tab.area.layers.choose(Shown.RESULT)
    tab.canvas.pointed.emit((14, 0))
    assert "pattern" not in tab.area.readout.text()
    session.set_group(AttackSettings())
    drag(qtbot, tab.canvas, (4, 21))
    assert tab.canvas.shown is Shown.RESULT
