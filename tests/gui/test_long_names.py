"""Names of files and classes that are longer than a line never widen the window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from engine.modelfile import display_name
from gui import verdict_status, words
from gui.opening_words import FILE
from gui.pair_findings import PairFinding
from gui.questions import Question
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.long_words import BREAK, breakable, without_breaks
from gui.widgets.message_bar import MessageBar
from gui.widgets.pair_detail import PairDetail
from gui.widgets.pictures import NO_SAMPLES
from gui.widgets.story_tabs import StoryTabs
from gui.widgets.tips import as_plain, as_tip
from gui.widgets.tone_label import ToneLabel
from tests.gui import made_up
from tests.gui import test_model_page as model_pages

opening, page = model_pages.opening, model_pages.page
LONG = "x" * 200
SENTENCE = f"The file {LONG}.png cannot be read: it is empty."


@pytest.mark.parametrize("text", ["", "two words", "a" * 20, SENTENCE, f"{LONG}\n{LONG}"])
def test_only_long_words_are_broken_and_all_letters_stay(text):
    broken = breakable(text)
    assert without_breaks(broken) == text
    assert (BREAK in broken) == (LONG in text)
    assert breakable(broken) == broken


def test_a_wrapped_label_breaks_long_words_and_says_what_it_was_told(qtbot):
    label = ToneLabel(SENTENCE, wrap=True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 200
    assert label.text() == SENTENCE
    assert ToneLabel(SENTENCE).minimumSizeHint().width() > 1000, "it was not asked to"


def test_what_is_copied_has_no_breaks_in_it(qtbot):
    label = ToneLabel(SENTENCE, wrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    qtbot.addWidget(label)
    label.resize(300, 300)
    label.show()
    menu = label.copy_menu()
    copy, everything = menu.actions()
    assert not copy.isEnabled()
    everything.trigger()
    qtbot.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == SENTENCE
    QGuiApplication.clipboard().clear()
    menu = label.copy_menu()
    menu.actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == SENTENCE


def test_an_elided_line_gives_up_its_middle_and_tells_it_in_the_tooltip(qtbot):
    name = f"first{LONG}last.pth"
    label = ElidedLabel(name)
    label.resize(200, 20)
    qtbot.addWidget(label)
    label.show()
    shown = super(ToneLabel, label).text()
    assert shown.startswith("first")
    assert shown.endswith("last.pth")
    assert "…" in shown
    assert label.text() == name
    assert name in as_plain(label.toolTip())
    label.setText("short")
    assert label.toolTip() == ""


@pytest.mark.parametrize("stem", [LONG, "a name with spaces " * 10], ids=["letters", "spaces"])
@pytest.mark.parametrize("has_error", [False, True])
def test_opening_a_file_with_a_long_name_leaves_the_window_as_it_is(
    qtbot,
    window,
    page,
    opening,
    monkeypatch,
    stem,
    has_error,
):
    window.resize(1024, 640)
    path = f"/somewhere/{stem}.pth"
    if has_error:
        opening.error = ValueError(f"“{display_name(Path(path))}” is damaged.")
    model_pages.open_file(qtbot, window, monkeypatch, path)
    QApplication.processEvents()
    assert window.width() == 1024
    assert window.minimumSizeHint().width() <= 1024
    assert page.sentence.minimumSizeHint().width() < 300
    row = page._facts.itemAtPosition(0, 1).widget()
    assert page._facts.itemAtPosition(0, 0).widget().text() == FILE
    assert isinstance(row, ElidedLabel)
    assert row.minimumSizeHint().width() < 200


def test_messages_and_questions_and_tooltips_stay_narrow(qtbot):
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_message("error", SENTENCE)
    assert bar.minimumSizeHint().width() < 400
    assert bar.messages[0].label.text() == SENTENCE
    bar.take_back(SENTENCE)
    assert bar.messages == []
    question = Question(bar, SENTENCE, "Replace")
    qtbot.addWidget(question)
    question.show()
    assert question.width() < 900
    assert BREAK in as_tip(SENTENCE)
    assert as_plain(as_tip(SENTENCE)) == SENTENCE
    assert "&amp;" in as_tip(f"{LONG[:23]}&{LONG}"), "a sign is not broken"


@pytest.mark.parametrize(
    ("name", "longest", "short"),
    [("ship", 20, "ship"), ("a" * 9 + "b" * 9, 8, "aaaa…bbb"), ("a" * 30 + "b" * 30, 5, "aa…bb")],
)
def test_a_name_in_short(name, longest, short):
    assert words.in_short(name, longest) == short
    assert len(short) <= longest


def test_class_names_give_up_letters_only_where_they_are_too_many():
    names = ["a" * 64, "b" * 64, *"cdefghij"]
    for found in (made_up.detection(), made_up.mapped(pairs=((0, 1),))):
        status = verdict_status.status_of(found, names)
        assert len(status) <= 32
        assert status.endswith(("suspicious", "likely"))
    other = made_up.detection(said=made_up.verdict(target=3))
    assert verdict_status.status_of(other, names) == "class d suspicious"
    animals = verdict_status.status_of(made_up.mapped(pairs=((0, 1),)), ["airplane", "car"])
    assert animals == "airplane → car likely"


def test_the_tabs_stay_in_a_small_window_whatever_they_tell(qtbot):
    tabs = StoryTabs()
    qtbot.addWidget(tabs)
    for name in ("Attack", "Training", "Detection"):
        tabs.add_page(name, f"Tip of {name}.")
    story = f"9 px → {'c' * 64} and more"
    tabs.set_story(0, "done", story)
    tabs.set_story(1, "done", "99.1 % / 99.98 %")
    tabs.set_story(2, "done", f"class {'d' * 64} suspicious")
    assert tabs.tabBar().sizeHint().width() < 940
    assert tabs.tabText(2).endswith("suspicious")
    assert story in tabs.tabToolTip(0)
    tabs.set_story(0, "done", "9 px → 0")
    assert "9 px" not in tabs.tabToolTip(0)


def test_the_heading_of_a_pair_breaks_long_names(qtbot):
    detail = PairDetail()
    qtbot.addWidget(detail)
    finding = PairFinding("s" * 64, "t" * 64, 3.0, "converged", trigger=made_up.patch(24, 24))
    detail.set_finding(finding, NO_SAMPLES, None)
    for label in (detail.heading, detail.facts, detail.samples_title, detail.note):
        assert label.minimumSizeHint().width() < 300
    assert "s" * 64 in detail.heading.text()
