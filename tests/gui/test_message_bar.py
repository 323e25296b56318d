"""Messages lie over the tab: nothing moves when one comes, and what ends a tab stays free."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.widgets.message_bar import MessageBar
from gui.widgets.overlay import FOOT

LONG = "The results were put aside; they are in a folder with a long name. " * 6


@pytest.fixture
def page(qtbot):
    """A page with a canvas and a foot, and a bar of messages over it."""
    page = QWidget()
    page.canvas, page.foot, page.bar = QWidget(), QWidget(), MessageBar()
    page.foot.setObjectName(FOOT)
    page.foot.setFixedHeight(40)
    column = QVBoxLayout(page)
    column.addWidget(page.canvas, 1)
    column.addWidget(page.foot)
    page.resize(1280, 720)
    page.bar.lie_on(page, [page.foot])
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    return page


def place_of(widget, page):
    return QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("size", [(1024, 580), (1280, 720), (1920, 1000)])
@pytest.mark.parametrize("sentence", ["Saved.", LONG])
def test_a_message_moves_nothing_and_leaves_the_foot_free(qtbot, page, size, sentence):
    page.resize(*size)
    before = place_of(page.canvas, page), place_of(page.foot, page)
    page.bar.show_message("warning", sentence)
    qtbot.waitUntil(page.bar.isVisible)
    assert (place_of(page.canvas, page), place_of(page.foot, page)) == before
    place = place_of(page.bar, page)
    assert place.bottom() < place_of(page.foot, page).top()
    assert page.rect().contains(place)
    assert place.left() > 240, "the form is free"
    label = page.bar.messages[0].label
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert page.rect().contains(place_of(page.bar, page)), "all of it is read"


def test_it_grows_and_shrinks_with_its_messages_and_follows_the_page(qtbot, page):
    page.bar.show_message("warning", "One.")
    qtbot.waitUntil(page.bar.isVisible)
    one = place_of(page.bar, page)
    page.bar.show_message("error", "Two.")
    qtbot.waitUntil(lambda: place_of(page.bar, page).height() > one.height())
    assert place_of(page.bar, page).bottom() == one.bottom()
    page.bar.take_back("Two.")
    qtbot.waitUntil(lambda: place_of(page.bar, page) == one)
    page.foot.hide()
    qtbot.waitUntil(lambda: place_of(page.bar, page).bottom() > one.bottom())
    page.resize(900, 500)
    qtbot.waitUntil(lambda: page.rect().contains(place_of(page.bar, page)))
    qtbot.mouseClick(page.bar.messages[0].close_button, Qt.MouseButton.LeftButton)
    assert not page.bar.isVisible()


def test_it_lies_over_another_page_as_well(qtbot, page):
    page.bar.show_message("warning", "One.")
    other = QWidget()
    other.resize(800, 400)
    qtbot.addWidget(other)
    with qtbot.waitExposed(other):
        other.show()
    page.bar.lie_on(other, [])
    assert page.bar.isVisible()
    assert other.rect().contains(place_of(page.bar, other))


def test_a_message_is_announced(page, monkeypatch):
    said = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append(event.message())
    )
    page.bar.show_message("info", "The trigger was written.")
    assert said == ["The trigger was written."]
