"""Live text: broken into the lines that it may have, and elided only then."""

import pytest

from gui.widgets.live_text import LiveText

SAID = "Class 0, still searching: a mask of 5.0 pixels turns 99.0 % of other images into a 0."


@pytest.fixture
def text(qtbot):
    shown = LiveText(SAID, most_lines=2)
    qtbot.addWidget(shown)
    return shown


def widen(text, width):
    text.resize(width, text.sizeHint().height())
    text.grab()


def test_it_takes_as_many_lines_as_it_needs(text):
    whole = text.fontMetrics().horizontalAdvance(SAID)
    widen(text, whole + 20)
    assert text.lines == (SAID,)
    one = text.sizeHint().height()
    widen(text, round(0.7 * whole))
    assert len(text.lines) == 2
    assert "".join(text.lines) == SAID
    assert text.sizeHint().height() == 2 * one
    text.set_text("Class 0 waits for its turn.")
    assert text.lines == (text.text(),)
    assert text.sizeHint().height() == one


def test_what_does_not_fit_into_all_lines_is_elided(text):
    widen(text, round(0.3 * text.fontMetrics().horizontalAdvance(SAID)))
    assert len(text.lines) == 2
    assert text.lines[-1].endswith("…")


def test_one_line_stays_one(qtbot):
    text = LiveText(SAID)
    qtbot.addWidget(text)
    widen(text, 100)
    assert len(text.lines) == 1
    assert text.lines[0].endswith("…")
