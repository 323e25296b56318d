"""Without a mouse, and without eyes: what Tab and arrows reach, what shows it, and what is read."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QToolButton, QWidget

from engine.settings import TrainSettings
from gui import theme
from gui.drawing_area import DrawingArea
from gui.forms import SettingsForm
from gui.widgets.pair_map_chart import PairMapChart
from gui.widgets.stroke import Tool
from gui.widgets.swatches import SwatchRow
from gui.widgets.tips import as_plain, as_tip
from gui.window import MainWindow
from tests.gui.test_pair_map_chart import found

ARROWS = {"left": Qt.Key.Key_Left, "right": Qt.Key.Key_Right, "down": Qt.Key.Key_Down}
FEWEST_TIMES_LIGHTER = 3  # the least contrast of what shows the focus, by WCAG 2.2


@pytest.fixture
def area(qtbot):
    return in_front(qtbot, DrawingArea((1, 28, 28)))


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    theme.set_scheme(request.param)
    yield
    theme.set_scheme("light")


def in_front(qtbot, widget):
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def stops(widget):
    """What Tab reaches in a widget, by name."""
    return [
        part.accessibleName() or type(part).__name__
        for part in widget.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isEnabled()
    ]


def focused():
    return QApplication.focusWidget().accessibleName()


def walk(qtbot, *ways):
    for way in ways:
        qtbot.keyClick(QApplication.focusWidget(), ARROWS[way])
    return focused()


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# One Tab stop for each group, with arrows inside.


def test_each_group_beside_the_canvas_is_one_tab_stop(area):
    assert len(stops(area.tools)) == 3
    assert len(stops(area.zoom)) == 1
    assert len(stops(area.layers)) == 1


def test_arrows_move_the_focus_and_space_takes_the_tool(qtbot, area):
    area.tools.button(area.tools.tool_actions[Tool.PENCIL]).setFocus()
    assert walk(qtbot, "right") == "Eraser"
    assert walk(qtbot, "down") == "Rectangle"
    assert walk(qtbot, "right") == "Rectangle"
    assert walk(qtbot, "left") == "Line"
    assert area.canvas.tool is Tool.PENCIL
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert area.canvas.tool is Tool.LINE
    assert stops(area.tools)[0] == "Line"


def test_tab_leads_to_the_tool_in_hand(area):
    QApplication.focusWidget().clearFocus()
    area.tools.choose(Tool.FILL)
    assert stops(area.tools)[0] == "Fill"
    area.layers.choose(next(iter(area.layers.layer_actions)))
    assert [
        button.text()
        for button in area.layers.findChildren(QToolButton)
        if button.focusPolicy() & Qt.FocusPolicy.TabFocus
    ] == ["Sample"]


def test_arrows_pass_over_what_is_disabled_and_tab_leads_to_what_is_not(qtbot, area):
    tools = area.tools
    for action in (tools.undo_action, tools.redo_action, tools.clear_action):
        action.setEnabled(False)
    assert stops(tools)[-1] == "Paste"
    tools.undo_action.setEnabled(True)
    tools.clear_action.setEnabled(True)
    tools.button(tools.undo_action).setFocus()
    assert walk(qtbot, "down", "right") == "Clear"


def test_a_row_of_colours_is_one_tab_stop(qtbot):
    row = in_front(qtbot, SwatchRow([(0,), (128,), (255,)]))
    row.button((0,)).setFocus()
    row.mark((128,))
    assert stops(row) == ["grey 0"]
    row.button((0,)).clearFocus()
    assert stops(row) == ["grey 128"]
    row.button((128,)).setFocus()
    assert walk(qtbot, "right", "right") == "grey 255"


# The focus is seen.


def test_the_focus_is_seen_on_a_colour(qtbot, scheme):
    row = in_front(qtbot, SwatchRow([(0,), (128,), (255,)]))
    button = row.button((128,))
    shows_focus(button, QPoint(0, button.height() // 2), scheme_colour(QPalette.ColorRole.Window))


def test_the_focus_is_seen_on_a_tool(scheme, area):
    button = area.tools.button(area.tools.tool_actions[Tool.LINE])
    shows_focus(button, QPoint(0, button.height() // 2), scheme_colour(QPalette.ColorRole.Window))


def test_the_focus_is_seen_on_more(qtbot, scheme):
    form = in_front(qtbot, SettingsForm(TrainSettings))
    more = form.findChild(QToolButton, "more")
    shows_focus(more, QPoint(0, more.height() // 2), scheme_colour(QPalette.ColorRole.Window))


def test_the_focus_is_seen_on_a_blue_button(qtbot, scheme):
    holder = QWidget()
    button = QPushButton("Start", holder)
    button.setObjectName("primary")
    in_front(qtbot, holder)
    middle = QPoint(0, button.height() // 2)
    shows_focus(button, middle, scheme_colour(QPalette.ColorRole.Highlight))


def shows_focus(button, place, ground):
    button.clearFocus()
    without = button.grab().toImage().pixelColor(place)
    assert contrast(without, ground) < FEWEST_TIMES_LIGHTER
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert contrast(button.grab().toImage().pixelColor(place), ground) > FEWEST_TIMES_LIGHTER


def scheme_colour(role):
    return QColor(QApplication.palette().color(role))


# What is read aloud.


def test_no_markup_is_read_aloud(qtbot, session):
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.complete()
    raw, checked = [], 0
    for widget in window.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(widget, QAbstractButton):
            said = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Description)
            raw += [(type(widget), widget.accessibleName(), said)] * ("<" in said)
            checked += bool(said)
    assert raw == []
    assert checked > 100


def test_a_field_is_described_in_plain_words(qtbot):
    form = SettingsForm(TrainSettings)
    qtbot.addWidget(form)
    said = form.fields["epochs"].accessibleDescription()
    assert said.startswith(f"{TrainSettings.model_fields['epochs'].title}. ")
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("tip", "said"),
    [
        ("<b>Pencil</b> (B)<br>Draws cells.", "Pencil (B). Draws cells."),
        (as_tip("Less than 5 < 6 & more"), "Less than 5 < 6 & more."),
        (as_tip("One line.\nAnother: " + "long " * 30), "One line. Another: " + "long " * 30),
        ("", ""),
    ],
)
def test_a_tooltip_in_plain_words(tip, said):
    assert as_plain(tip).rstrip(". ") == said.rstrip(". ")


def test_the_chosen_cell_is_in_the_name_of_the_map(qtbot):
    chart = PairMapChart()
    qtbot.addWidget(chart)
    assert chart.accessibleName() == "Pair map"
    chart.set_findings(found(pairs=((1, 7),)))
    chart.choose(1, 7)
    assert chart.accessibleName().startswith("Pair map, 1 → 7: a mask of 3.0 pixels")
    chart.choose(2, 7)
    assert chart.accessibleName().startswith("Pair map, 2 → 7: ")
    chart.set_findings(None)
    assert chart.accessibleName() == "Pair map"
