"""The Attack tab as a person uses it: draw, choose, import, export, and read what follows."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QColorDialog, QFileDialog

from engine import attacks
from engine.impact import impact
from engine.settings import AttackSettings
from engine.triggers import Trigger, preset, preset_names, read_png, write_png
from gui.attack_tab import AttackTab
from gui.trigger_panel import TriggerPanel
from gui.widgets.layers import Layers, Paint
from gui.widgets.stroke import Tool
from tests.gui.canvas_user import shown_attack_tab

LEFT = Qt.MouseButton.LeftButton
SHAPE = (1, 28, 28)
TITLES = preset_names()


@pytest.fixture
def tab(qtbot, session):
    """The tab in a window of its own, which has the focus."""
    tab = shown_attack_tab(qtbot, session)
    tab.activateWindow()
    qtbot.waitUntil(tab.isActiveWindow)
    return tab


def drag(qtbot, tab, *cells):
    canvas = tab.canvas
    points = [canvas.position_of(cell) for cell in cells]
    qtbot.mousePress(canvas, LEFT, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(canvas, point)
    qtbot.mouseRelease(canvas, LEFT, pos=points[-1])


def wait_for_pixels(qtbot, session, pixels):
    qtbot.waitUntil(lambda: session.trigger.pixels == pixels)


def choose(qtbot, box, text):
    """Choose an entry of a combo box with the keyboard."""
    box.setFocus()
    place = box.findText(text)
    assert place >= 0
    qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(place):
        qtbot.keyClick(box, Qt.Key.Key_Down)


def captions(tab):
    return [pair.caption for pair in tab.preview.grid.pairs]


def figure(tab, name):
    return tab.panel.figures[name].text()


def messages(session):
    told = []
    session.telling.message.connect(lambda *message: told.append(message))
    return told


# The default, and what is there before anything is loaded.


def test_the_default_is_the_classic_attack(tab, session):
    assert tab.preview.sentence.text() == (
        "6,000 of 60,000 training images get the trigger and the label 0."
    )
    assert figure(tab, "pixels") == "9 px"
    assert figure(tab, "mask_l1") == "9.0 px"
    assert tab.panel.presets.currentText() == TITLES["white-3x3"]
    assert tab.status_text == "9 px → 0"
    assert not tab.undo_action.isEnabled()


def test_while_the_data_loads_one_reads_so_and_can_draw_already(qtbot, session):
    loaded, session.data = session.data, None
    tab = AttackTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    tab.show()
    assert tab.preview.sentence.text() == "Loading MNIST …"
    drag(qtbot, tab, (2, 2), (2, 5))
    wait_for_pixels(qtbot, session, 13)
    assert figure(tab, "pixels") == "13 px"
    assert figure(tab, "psnr") == "–"  # noqa: RUF001
    session.data = loaded
    session.changed.emit("data")
    assert "6,000 of 60,000" in tab.preview.sentence.text()
    assert len(captions(tab)) == 10


# Session follows the canvas, and the pictures follow at once.


def test_the_trigger_of_the_session_follows_the_drawing(qtbot, tab, session):
    tab.canvas.set_tool(Tool.RECTANGLE)
    with qtbot.waitSignal(session.changed):
        drag(qtbot, tab, (3, 3), (20, 20), (6, 5))
    assert session.trigger.pixels == 9 + 12
    assert figure(tab, "pixels") == "21 px"
    assert tab.panel.presets.currentIndex() == -1
    assert tab.status_text == "21 px → 0"


def test_many_moves_reach_the_session_once_a_frame(qtbot, tab, session):
    sent = []
    session.changed.connect(sent.append)
    drag(qtbot, tab, *[(2, column) for column in range(25)])
    wait_for_pixels(qtbot, session, 9 + 25)
    assert 1 <= sent.count("trigger") < 10


def test_the_shown_pairs_are_really_poisoned_and_of_varied_classes(tab, session):
    train = session.data.train
    chosen = attacks.choose(len(train), session.settings.attack)
    shown = tab.preview.grid.pairs
    clean = {train.images[index].tobytes() for index in chosen.tolist()}
    assert all(pair.before.tobytes() in clean for pair in shown)
    assert len({pair.caption for pair in shown}) == 10
    assert shown[-1].caption == "0 → 0"


def test_the_pairs_are_redrawn_with_every_stroke(qtbot, tab, session):
    before = [pair.after.copy() for pair in tab.preview.grid.pairs]
    drag(qtbot, tab, (0, 0), (0, 27))
    wait_for_pixels(qtbot, session, 9 + 28)
    pairs = tab.preview.grid.pairs
    assert all((pair.after[0, 0] == 255).all() for pair in pairs)
    assert not any(np.array_equal(old, pair.after) for old, pair in zip(before, pairs, strict=True))
    expected = session.trigger.stamp(tab.preview.clean)
    assert all(np.array_equal(pair.after, want) for pair, want in zip(pairs, expected, strict=True))


def test_the_pairs_are_well_seen_in_a_usual_window_however_long_their_sentence_is(window):
    preview = window.attack_tab.preview
    short, long = "A short one.", "A sentence that goes on for a second line, as some do. " * 3
    for sentence in (short, long):
        preview.sentence.setText(sentence)
        QApplication.processEvents()
        assert window.height() == 800
        assert preview.grid._arrange(1.0).zoom * 28 >= 75, "pixels of each picture"
        assert preview.grid.shown_count >= 6
        assert window.attack_tab.canvas.zoom_percent >= 1800, "the drawing is as large as before"


def test_the_preview_follows_while_the_stroke_goes_on(qtbot, tab, session):
    """How soon is measured by benchmarks/canvas.py; here, that nothing has to end first."""
    canvas = tab.canvas
    qtbot.mousePress(canvas, LEFT, pos=canvas.position_of((3, 5)))
    for column in (6, 14):
        with qtbot.waitSignal(session.changed):
            qtbot.mouseMove(canvas, canvas.position_of((3, column)))
        assert canvas.drawing.is_drawing
        assert (tab.preview.grid.pairs[0].after[0, 3, 5 : column + 1] == 255).all()
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.position_of((3, 14)))
    wait_for_pixels(qtbot, session, 9 + 10)


def test_a_trigger_from_elsewhere_is_shown_and_can_be_undone(qtbot, tab, session):
    drag(qtbot, tab, (2, 2))
    wait_for_pixels(qtbot, session, 10)
    session.set_trigger(preset("cross-5x5", SHAPE))
    assert tab.canvas.trigger().pixels == 9
    assert tab.panel.presets.currentText() == TITLES["cross-5x5"]
    tab.undo_action.trigger()
    wait_for_pixels(qtbot, session, 10)
    tab.redo_action.trigger()
    wait_for_pixels(qtbot, session, 9)


def test_a_new_experiment_resets_form_and_canvas(qtbot, tab, session):
    session.set_group(AttackSettings(target=4, poison_rate=0.01))
    drag(qtbot, tab, (2, 2))
    wait_for_pixels(qtbot, session, 10)
    session.choosing.new_experiment()
    assert tab.attack_form.value() == AttackSettings()
    assert tab.canvas.trigger().pixels == 9
    assert "label 0" in tab.preview.sentence.text()


# Settings.


def test_another_target_changes_sentence_captions_and_status(qtbot, tab, session):
    choose(qtbot, tab.attack_form.fields["target"], "7")
    assert session.settings.attack.target == 7
    assert tab.preview.sentence.text().endswith("the trigger and the label 7.")
    assert all(caption.endswith("→ 7") for caption in captions(tab))
    assert captions(tab)[-1] == "7 → 7"
    assert tab.status_text == "9 px → 7"


def test_another_seed_poisons_other_images(tab, session):
    before = tab.preview.clean.copy()
    session.set_group(session.settings.attack.model_copy(update={"seed": 5}))
    assert not np.array_equal(before, tab.preview.clean)
    assert tab.attack_form.value().seed == 5


def test_without_poison_the_sentence_says_what_follows(tab, session):
    session.set_group(AttackSettings(poison_rate=0.0))
    text = tab.preview.sentence.text()
    assert "None of 60,000" in text
    assert "clean" in text
    assert "sham rate" in text
    assert tab.preview.grid.pairs == ()
    assert figure(tab, "psnr") == "–"  # noqa: RUF001
    assert tab.status_text == "nothing poisoned"


def test_an_empty_trigger_is_allowed_and_said(qtbot, tab, session):
    qtbot.mouseClick(tab.area.tools.button(tab.area.tools.clear_action), LEFT)
    wait_for_pixels(qtbot, session, 0)
    assert tab.preview.sentence.text() == (
        "The trigger is empty: 6,000 of 60,000 training images only get the label 0, and the"
        " attack success will equal the sham rate."
    )
    assert figure(tab, "psnr") == "∞ dB"
    assert tab.status_text == "empty trigger"


def test_the_figures_are_those_of_the_engine(qtbot, tab, session):
    choose(qtbot, tab.panel.presets, TITLES["faint-8x8"])
    wait_for_pixels(qtbot, session, 64)
    expected = impact(session.trigger, tab.preview.clean)
    assert figure(tab, "psnr") == f"{expected.psnr_db:.1f} dB"
    assert figure(tab, "mask_l1") == "12.8 px"
    assert figure(tab, "share") == "8.2 %"


# Tools, keys and paint.


def test_each_key_takes_its_tool(qtbot, tab):
    tab.canvas.setFocus()
    for key, tool in {
        "e": Tool.ERASER, "l": Tool.LINE, "r": Tool.RECTANGLE, "g": Tool.FILL,
        "i": Tool.EYEDROPPER, "s": Tool.SELECT, "v": Tool.MOVE, "b": Tool.PENCIL,
    }.items():  # fmt: skip
        qtbot.keyClick(tab.canvas, key)
        assert tab.canvas.tool is tool
        assert tab.area.tools.tool_actions[tool].isChecked()


def test_a_click_on_a_tool_takes_it_and_its_tooltip_names_the_key(qtbot, tab):
    tools = tab.area.tools
    for tool, action in tools.tool_actions.items():
        button = tools.button(action)
        qtbot.mouseClick(button, LEFT)
        assert tab.canvas.tool is tool
        assert f"({action.shortcut().toString()})" in button.toolTip()


def test_undo_and_redo_by_key(qtbot, tab, session):
    drag(qtbot, tab, (2, 2), (2, 20))
    wait_for_pixels(qtbot, session, 9 + 19)
    qtbot.keyClick(tab.canvas, "z", Qt.KeyboardModifier.ControlModifier)
    wait_for_pixels(qtbot, session, 9)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(tab.canvas, "z", both)
    wait_for_pixels(qtbot, session, 9 + 19)


def test_brackets_change_the_brush_wherever_the_focus_is(qtbot, tab):
    for _ in range(2):
        qtbot.keyClick(tab.canvas, "]")
    assert tab.canvas.brush_size == tab.panel.brush.value == 3
    tab.panel.import_button.setFocus()
    qtbot.keyClick(tab.panel.import_button, "[")
    assert tab.canvas.brush_size == tab.panel.brush.value == 2


def test_the_brush_slider_sets_the_brush(qtbot, tab, session):
    tab.panel.brush.slider.setFocus()
    qtbot.keyClick(tab.panel.brush.slider, Qt.Key.Key_End)
    drag(qtbot, tab, (10, 10))
    wait_for_pixels(qtbot, session, 9 + 16 * 16)


def test_x_swaps_black_and_white(qtbot, tab):
    qtbot.keyClick(tab.canvas, "x")
    assert tab.canvas.paint.colour == (0,)
    assert tab.panel.colours.level.value() == 0
    qtbot.keyClick(tab.canvas, "x")
    assert tab.canvas.paint.colour == (255,)


def test_swatch_level_and_opacity_make_the_paint(qtbot, tab, session):
    qtbot.mouseClick(tab.panel.colours.swatch((128,)), LEFT)
    tab.panel.opacity.field.selectAll()
    qtbot.keyClicks(tab.panel.opacity.field, "20")
    qtbot.keyClick(tab.panel.opacity.field, Qt.Key.Key_Return)
    assert tab.canvas.paint == Paint((128,), 51)
    drag(qtbot, tab, (4, 4))
    wait_for_pixels(qtbot, session, 10)
    assert session.trigger.mask[4, 4] == pytest.approx(0.2)
    tab.panel.colours.level.setValue(7)
    assert tab.canvas.paint == Paint((7,), 51)
    assert not tab.panel.colours.swatch((128,)).isChecked()


def test_the_eyedropper_sets_the_panel(qtbot, tab):
    tab.canvas.set_paint(Paint((64,), 128))
    drag(qtbot, tab, (3, 3))
    tab.canvas.set_paint(Paint((255,), 255))
    qtbot.keyClick(tab.canvas, "i")
    drag(qtbot, tab, (3, 3))
    assert tab.canvas.paint == Paint((64,), 128)
    assert tab.panel.colours.level.value() == 64
    assert tab.panel.opacity.value == 50


def test_in_colour_there_are_colours_and_a_dialog(qtbot, monkeypatch):
    panel = TriggerPanel((3, 32, 32))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.mouseClick(panel.colours.swatch((255, 0, 0)), LEFT)
    assert panel.colours.colour == (255, 0, 0)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(1, 2, 3))
    with qtbot.waitSignal(panel.paint_chosen) as chosen:
        qtbot.mouseClick(panel.colours.more_button, LEFT)
    assert chosen.args == [Paint((1, 2, 3), 255)]
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor())
    with qtbot.assertNotEmitted(panel.paint_chosen):
        qtbot.mouseClick(panel.colours.more_button, LEFT)


def test_presets_that_do_not_fit_are_not_offered(qtbot):
    panel = TriggerPanel((1, 4, 4))
    qtbot.addWidget(panel)
    offered = [panel.presets.itemText(place) for place in range(panel.presets.count())]
    assert TITLES["white-3x3"] in offered
    assert not {TITLES["cross-5x5"], TITLES["checkerboard-5x5"], TITLES["faint-8x8"]} & set(offered)


@pytest.mark.parametrize("name", ["checkerboard-5x5", "pixel-pattern", "single-pixel"])
def test_a_preset_replaces_the_drawing_in_one_step(qtbot, tab, session, name):
    drag(qtbot, tab, (1, 1), (20, 9))
    wanted = preset(name, SHAPE)
    choose(qtbot, tab.panel.presets, tab.panel.presets.itemText(tab.panel.presets.findData(name)))
    wait_for_pixels(qtbot, session, wanted.pixels)
    assert Layers.of(session.trigger).equals(Layers.of(wanted))


# The image below the trigger.


def test_leafing_through_the_images_by_key_and_button(qtbot, tab, session):
    test = session.data.test
    assert np.array_equal(tab.canvas.sample, test.images[0])
    qtbot.keyClick(tab.canvas, Qt.Key.Key_PageDown)
    assert np.array_equal(tab.canvas.sample, test.images[1])
    for _ in range(2):
        qtbot.keyClick(tab.canvas, Qt.Key.Key_PageUp)
    assert tab.area.samples.index == len(test) - 1
    tab.area.samples.random_action.trigger()
    assert np.array_equal(tab.canvas.sample, test.images[tab.area.samples.index])


def test_the_readout_says_what_lies_under_the_pointer(qtbot, tab):
    resting = tab.area.readout.text()
    tab.canvas.set_paint(Paint((255,), 51))
    drag(qtbot, tab, (3, 4))
    text = tab.area.readout.text()
    for part in ("Row 3, column 4", "image 0", "pattern 255", "opacity 20 %", "becomes 51"):
        assert part in text
    qtbot.mouseMove(tab.canvas, tab.canvas.position_of((9, 1)))
    assert "not touched" in tab.area.readout.text()
    tab.canvas.leaveEvent(None)
    assert tab.area.readout.text() == resting


# Files.


def test_a_png_goes_out_and_comes_back_exactly(qtbot, tab, session, tmp_path, monkeypatch):
    path = tmp_path / "mine.png"
    told = messages(session)
    tab.canvas.set_paint(Paint((100,), 77))
    drag(qtbot, tab, (3, 4), (9, 9))
    wait_for_pixels(qtbot, session, 9 + 7)
    drawn = Layers.of(session.trigger)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    qtbot.mouseClick(tab.panel.export_button, LEFT)
    assert Layers.of(read_png(path, SHAPE)).equals(drawn)
    assert told == [("info", f"The trigger is in {path}.", "")]
    tab.area.tools.clear_action.trigger()
    wait_for_pixels(qtbot, session, 0)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    qtbot.mouseClick(tab.panel.import_button, LEFT)
    wait_for_pixels(qtbot, session, 16)
    assert Layers.of(session.trigger).equals(drawn)
    tab.undo_action.trigger()
    wait_for_pixels(qtbot, session, 0)


def write_wrong(kind, folder):
    path = folder / "wrong.png"
    if kind == "text":
        path.write_text("no picture")
    elif kind == "cut":
        path.write_bytes(write_png(Trigger.empty(SHAPE))[:40])
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text", "not a PNG"),
        ("cut", "not a PNG"),
        ("missing", "cannot be read"),
    ],
)
def test_a_png_that_cannot_be_used_is_refused_with_a_sentence(
    qtbot, tab, session, tmp_path, kind, words
):
    before, told = tab.canvas.trigger(), messages(session)
    tab.canvas.file_dropped.emit(write_wrong(kind, tmp_path))
    [(level, text, _details)] = told
    assert level == "error"
    assert words in text
    assert tab.canvas.trigger() is before


def test_an_export_that_cannot_be_written_is_told(qtbot, tab, session, tmp_path, monkeypatch):
    told = messages(session)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    target = (str(blocked / "trigger.png"), "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: target)
    qtbot.mouseClick(tab.panel.export_button, LEFT)
    [(level, text, _details)] = told
    assert level == "error"
    assert text


def test_a_dismissed_dialog_changes_nothing(qtbot, tab, session, monkeypatch):
    told, before = messages(session), tab.canvas.trigger()
    for dialog in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, dialog, lambda *_: ("", ""))
    qtbot.mouseClick(tab.panel.export_button, LEFT)
    qtbot.mouseClick(tab.panel.import_button, LEFT)
    assert told == []
    assert tab.canvas.trigger() is before


def test_next_asks_for_the_training(qtbot, tab):
    with qtbot.waitSignal(tab.next_requested):
        qtbot.mouseClick(tab.next_button, LEFT)


def test_the_tab_is_usable_in_a_small_window(tab):
    assert tab.minimumSizeHint().width() <= 1280
    assert tab.minimumSizeHint().height() <= 600


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ({}, ""),
        ({"placement": "random"}, "Every image gets the drawing at another place: see the pairs"),
        (
            {"placement": "several", "copies": 3},
            "Images get the drawing in 3 corners at once, 27 px in all: see",
        ),
        ({"mapping": "two-targets"}, "Those for the second target get a second trigger: see"),
        ({"placement": "random", "family": "sig"}, ""),
    ],
)
def test_where_images_get_other_than_the_drawing_it_is_said_below(tab, session, attack, said):
    session.set_group(AttackSettings(**attack))
    assert attacks.beside_drawing(session.settings.attack, session.trigger).startswith(said)
    if said:
        assert tab.area.readout.text().startswith(said)
    elif attacks.uses_drawing(session.settings.attack):
        assert tab.area.readout.text().startswith("Drag to draw")
