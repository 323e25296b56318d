"""The Attack tab around the canvas: keys wherever the focus is, figures, and data of any size."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from engine.attacks import Attack
from engine.data import DataSet, ImageSet
from engine.impact import impact
from engine.settings import AttackSettings
from engine.triggers import Trigger, preset, write_png
from gui.attack_tab import PANEL_WIDTH
from gui.trigger_panel import TriggerPanel
from gui.widgets.canvas_picture import Shown
from gui.widgets.layers import Area, Paint
from gui.widgets.shapes import BrushShape, Symmetry
from gui.widgets.stroke import Tool
from tests.gui.canvas_user import CTRL, LEFT, RIGHT, SHIFT, drag, shown_attack_tab, square, touched


@pytest.fixture
def tab(qtbot, session):
    """The tab in a window of its own, which has the focus."""
    tab = shown_attack_tab(qtbot, session)
    tab.activateWindow()
    qtbot.waitUntil(tab.isActiveWindow)
    return tab


def press(qtbot, tab, *keys):
    for key, held in keys:
        qtbot.keyClick(tab.canvas, key, held)


# Keys and buttons.


def test_cut_copy_and_paste_by_key_reach_the_session(qtbot, tab, session):
    press(qtbot, tab, ("a", CTRL), ("c", CTRL))
    assert tab.canvas.tool is Tool.SELECT
    press(qtbot, tab, (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier))
    qtbot.waitUntil(lambda: session.trigger.is_empty)
    press(qtbot, tab, ("v", CTRL))
    qtbot.waitUntil(lambda: session.trigger.pixels == 9)
    press(qtbot, tab, ("x", CTRL))
    qtbot.waitUntil(lambda: session.trigger.is_empty)
    press(qtbot, tab, ("z", CTRL))
    qtbot.waitUntil(lambda: session.trigger.pixels == 9)
    QGuiApplication.clipboard().clear()


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (Qt.Key.Key_F5, Shown.SAMPLE),
        (Qt.Key.Key_F6, Shown.TRIGGER),
        (Qt.Key.Key_F8, Shown.COMPARE),
    ],
)
def test_the_layers_have_keys_and_drawing_on_the_sample_shows_the_result(qtbot, tab, key, shown):
    tab.panel.import_button.setFocus()
    qtbot.keyClick(tab.panel.import_button, key)
    assert tab.canvas.shown is shown
    assert tab.area.layers.layer_actions[shown].isChecked()
    drag(qtbot, tab.canvas, (2, 2))
    expected = shown if shown is Shown.TRIGGER else Shown.RESULT  # in a comparison it is hidden
    assert tab.canvas.shown is expected
    assert tab.area.layers.layer_actions[expected].isChecked()


def test_zoom_keys_and_the_figure_that_follows(qtbot, tab):
    fitting = tab.area.zoom.figure.text()
    for key in ("+", "=", "-"):
        qtbot.keyClick(tab.canvas, key, CTRL)
    assert tab.canvas.zoom_percent > 1000
    assert tab.area.zoom.figure.text() == f"{tab.canvas.zoom_percent:,} %" != fitting
    qtbot.keyClick(tab.canvas, "0", CTRL)
    assert tab.area.zoom.figure.text() == fitting
    assert tab.canvas.fits
    assert not tab.area.zoom.fit_action.isEnabled()


def test_mirrors_grid_and_brush_shape_have_keys(qtbot, tab, session):
    press(qtbot, tab, ("h", Qt.KeyboardModifier.NoModifier), ("h", SHIFT))
    assert tab.canvas.drawing.symmetry == Symmetry.BOTH
    press(qtbot, tab, ("h", Qt.KeyboardModifier.NoModifier), ("g", CTRL))
    assert tab.canvas.drawing.symmetry == Symmetry.TOP_BOTTOM
    assert not tab.canvas.has_lines
    press(qtbot, tab, ("o", Qt.KeyboardModifier.NoModifier))
    assert tab.canvas.brush.shape is BrushShape.ROUND
    qtbot.mouseClick(options_button(tab, BrushShape.SQUARE), LEFT)
    assert tab.canvas.brush.shape is BrushShape.SQUARE


def options_button(tab, shape):
    from PySide6.QtWidgets import QToolButton

    action = tab.panel.options.shape_actions[shape]
    buttons = tab.panel.options.findChildren(QToolButton)
    return next(button for button in buttons if button.defaultAction() is action)


def test_every_tool_shows_its_own_options_and_every_key_is_its_own(tab):
    options = tab.panel.options
    pages = {}
    for tool in Tool:
        tab.area.tools.choose(tool)
        pages[tool] = options.currentIndex()
        height = options.height()
        assert options.currentWidget().minimumSizeHint().height() <= height
    assert pages[Tool.PENCIL] == pages[Tool.LINE] != pages[Tool.SELECT] != pages[Tool.FILL]
    keys = [shortcut.toString() for action in tab.actions() for shortcut in action.shortcuts()]
    assert len(keys) == len(set(keys))
    for action in tab.actions():
        assert action.text()
        assert action.shortcut().toString()


def test_colours_that_were_painted_with_are_kept_at_hand(qtbot, tab):
    for row, level in enumerate((10, 20, 10, 30)):
        tab.panel.colours.level.setValue(level)
        drag(qtbot, tab.canvas, (row, 5))
    assert tab.panel.colours.recent.colours == ((30,), (10,), (20,))
    qtbot.mouseClick(tab.panel.colours.recent.button((20,)), LEFT)
    assert tab.canvas.paint == Paint((20,), 255)
    assert tab.panel.colours.level.value() == 20


# Files of other sizes.


def test_a_dropped_picture_of_another_size_is_laid_on_the_drawing(qtbot, tab, session, tmp_path):
    told = []
    session.telling.message.connect(lambda *message: told.append(message))
    path = tmp_path / "logo.png"
    Image.new("RGB", (64, 32), "white").save(path)
    tab.canvas.file_dropped.emit(path)
    qtbot.waitUntil(lambda: session.trigger.pixels == 28 * 14 + 9)
    assert tab.canvas.tool is Tool.SELECT
    assert tab.canvas.drawing.selection == Area(7, 0, 14, 28)
    [(level, text, _)] = told
    assert level == "info"
    assert text.startswith("logo.png is 64 x 32 pixels and was scaled to 28 x 14.")
    tab.undo_action.trigger()
    assert touched(tab.canvas) == square(25, 25, 3)


# Figures.


def test_the_figures_are_those_of_the_engine(qtbot, tab, session):
    drag(qtbot, tab.canvas, (3, 3), (3, 20))
    qtbot.waitUntil(lambda: session.trigger.pixels == 9 + 18)
    figures = {name: label.text() for name, label in tab.panel.figures.items()}
    expected = impact(session.trigger, tab.preview.clean)
    assert figures["pixels"] == "27 px"
    assert figures["mask_l1"] == "27.0 px"
    assert figures["psnr"] == f"{expected.psnr_db:.1f} dB"
    assert figures["ssim"] == f"{expected.ssim:.3f}"
    assert expected.ssim < 1


# Data of any size, at any time.


def made_up_data(shape):
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (60, *shape), dtype=np.uint8)
    labels = np.arange(60) % 10
    names = tuple(map(str, range(10)))
    return DataSet(
        "made-up",
        "Made up",
        ImageSet(images, labels, names),
        ImageSet(images[:20], labels[:20], names),
    )


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 64, 64), (1, 8, 8), (1, 64, 40)])
@pytest.mark.parametrize("data_first", [True, False])
def test_canvas_and_panel_follow_to_images_of_another_size(qtbot, tab, session, shape, data_first):
    """Whatever is told first: for a moment, the images and the trigger differ in size."""
    press(qtbot, tab, (Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier), ("+", CTRL))
    drag(qtbot, tab.canvas, (3, 3), (20, 20))
    steps = [lambda: change(session, "data", made_up_data(shape)),
             lambda: change(session, "trigger", preset("white-3x3", shape))]  # fmt: skip
    for step in steps if data_first else reversed(steps):
        step()
        tab.grab()
    assert tab.canvas.drawing.shape == shape
    assert tab.canvas.fits
    assert len(tab.canvas.paint.colour) == len(tab.panel.colours.colour) == shape[0]
    assert not tab.canvas.drawing.can_undo
    drag(qtbot, tab.canvas, (0, 0))
    qtbot.waitUntil(lambda: session.trigger.pixels == 10)
    assert session.trigger.shape == shape
    assert tab.minimumSizeHint().height() <= 665


def change(session, what, value):
    setattr(session, what, value)
    session.changed.emit(what)


def test_a_switch_back_to_grey_gives_grey_levels_again(qtbot, tab, session):
    for shape in ((3, 32, 32), (1, 28, 28)):
        change(session, "data", made_up_data(shape))
        change(session, "trigger", Trigger.empty(shape))
    assert tab.panel.colours.level.isVisible()
    assert not tab.panel.colours.more_button.isVisible()
    qtbot.mouseClick(tab.panel.colours.swatch((128,)), LEFT)
    assert tab.canvas.paint == Paint((128,), 255)


# Attacks that are not drawn.


def test_the_canvas_shows_what_an_attack_that_is_not_drawn_makes_of_the_image(qtbot, tab, session):
    session.set_group(AttackSettings(family="sig"))
    sample = session.data.test.images[0]
    assert tab.area.readout.text().startswith("Sinusoidal does not use the drawing")
    result = tab.canvas.result()
    attack = Attack.build(session.settings.attack, session.trigger, 10)
    assert np.array_equal(result, attack.stamp(sample[None], np.asarray([0]))[0])
    qtbot.keyClick(tab.canvas, Qt.Key.Key_PageDown)
    other = attack.stamp(session.data.test.images[1:2], np.asarray([1]))[0]
    assert np.array_equal(tab.canvas.result(), other)
    session.set_group(AttackSettings())
    trigger = tab.canvas.trigger()
    stamped = trigger.stamp(session.data.test.images[1:2])[0]
    assert np.array_equal(tab.canvas.result(), stamped)


OF_DRAWING = ("pixels", "share", "mask_l1")


def shown_figures(tab):
    return [tab.panel.figures[name].text() for name in OF_DRAWING]


def drawing_actions(tab):
    tools = tab.area.tools
    return [
        *tools.tool_actions.values(), *tools.mirror_actions.values(), *tools.edit_actions,
        *tab.panel.options.shape_actions.values(), tab.area.layers.layer_actions[Shown.TRIGGER],
    ]  # fmt: skip


def test_nothing_can_be_drawn_that_is_not_used_and_the_drawing_comes_back(qtbot, tab, session):
    drag(qtbot, tab.canvas, (2, 2))
    qtbot.waitUntil(lambda: session.trigger.pixels == 10)
    tab.area.layers.choose(Shown.TRIGGER)
    session.set_group(AttackSettings(family="wanet"))
    panel = tab.panel
    offered = panel.colours, panel.opacity, panel.options, panel.presets, panel.import_button
    assert not any(action.isEnabled() for action in drawing_actions(tab))
    assert not any(part.isEnabled() for part in offered)
    assert tab.canvas.shown is Shown.RESULT
    for button in (LEFT, RIGHT):
        drag(qtbot, tab.canvas, (20, 4), (20, 9), button=button)
    qtbot.keyClick(tab.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(tab.canvas, Qt.Key.Key_Space)
    qtbot.keyClick(tab.canvas, Qt.Key.Key_Right, CTRL)
    qtbot.keyClick(tab.canvas, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(tab.canvas, Qt.Key.Key_X)
    assert tab.canvas.trigger().pixels == 10
    assert tab.canvas.paint == Paint((255,), 255)
    session.set_group(AttackSettings())
    assert all(part.isEnabled() for part in offered)
    assert tab.undo_action.isEnabled()
    assert not tab.redo_action.isEnabled()
    assert shown_figures(tab)[0] == "10 px"
    drag(qtbot, tab.canvas, (20, 4))
    assert tab.canvas.trigger().pixels == 11


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        ({"family": "sig"}, "Sinusoidal does not use the drawing; it is kept."),
        ({"family": "wanet"}, "Warping does not use the drawing; it is kept."),
        ({"family": "blended"}, "Blended does not use the drawing unless Picture is Drawn; it"),
        ({"family": "blended", "picture": "drawn"}, ""),
        ({"family": "label_consistent"}, ""),
    ],
)
def test_nothing_is_told_of_a_drawing_that_is_not_used(tab, session, attack, why):
    session.set_group(AttackSettings(**attack))
    readout = tab.area.readout
    assert readout.text().startswith(why)
    tab.resize(1024, 640)
    if why:
        assert readout.sizeHint().width() <= readout.width(), "all of it can be read"
    assert tab.panel.export_button.isVisible() == (not why)
    if why:
        assert shown_figures(tab) == ["–"] * 3  # noqa: RUF001
        assert all(why in tab.panel.figures[name].toolTip() for name in OF_DRAWING)
        assert tab.panel.figures["psnr"].text().endswith("dB")
        assert tab.panel.parts.pairs == ()
        assert tab.panel.presets.currentIndex() == -1
    else:
        mixed_in = "1.8 px" if attack.get("family") == "blended" else "9.0 px"
        assert shown_figures(tab) == ["9 px", "1.1 %", mixed_in]
        assert "does not use" not in tab.panel.figures["pixels"].toolTip()
        assert [pair.caption for pair in tab.panel.parts.pairs] == ["Mask", "Pattern"]
        assert tab.panel.presets.currentIndex() >= 0


def test_a_picture_that_would_not_be_used_is_not_taken(tab, session, tmp_path, qtbot):
    told = []
    session.telling.message.connect(lambda *message: told.append(message))
    path = tmp_path / "trigger.png"
    path.write_bytes(write_png(Trigger.empty(session.shape)))
    session.set_group(AttackSettings(family="sig"))
    tab.import_png(path)
    tab.ask_import()
    assert [level for level, *_ in told] == ["info"] * 2
    assert told[0][1].startswith("Sinusoidal does not use the drawing")
    assert tab.canvas.trigger().pixels == 9


def test_an_attack_that_cannot_be_made_shows_no_patch_either(tab, session):
    session.set_group(AttackSettings(family="sig", mapping="all-to-all"))
    assert np.array_equal(tab.canvas.result(), session.data.test.images[0])


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64)])
@pytest.mark.parametrize("pixels", [1, 10**4])
def test_no_figure_is_cut_off(qtbot, shape, pixels):
    panel = TriggerPanel(shape)
    qtbot.addWidget(panel)
    panel.setFixedWidth(max(PANEL_WIDTH, panel.minimumSizeHint().width()))
    panel.show()
    trigger = Trigger.empty(shape)
    trigger.mask.flat[:pixels] = 1
    clean = np.zeros((2, *shape), np.uint8)
    clean[..., 0, 0] = 253
    panel.show_trigger(trigger, trigger, impact(trigger, clean))
    for label in panel.figures.values():
        assert label.sizeHint().width() <= label.minimumWidth(), label.text()
