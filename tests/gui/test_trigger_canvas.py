"""The canvas, used as a person uses it: drags, clicks, keys, the wheel, a dropped file."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from engine.triggers import Trigger, preset
from gui.widgets.layers import Paint
from gui.widgets.stroke import Tool
from gui.widgets.trigger_canvas import TriggerCanvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHAPE = (1, 28, 28)


@pytest.fixture
def canvas(qtbot):
    return make(qtbot, SHAPE)


def make(qtbot, shape, size=(470, 470)):
    canvas = TriggerCanvas(shape)
    qtbot.addWidget(canvas)
    canvas.resize(*size)
    canvas.show()
    return canvas


def drag(qtbot, canvas, *cells, button=LEFT, release=True):
    points = [canvas.position_of(cell) for cell in cells]
    qtbot.mousePress(canvas, button, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(canvas, point)
    if release:
        qtbot.mouseRelease(canvas, button, pos=points[-1])


def touched(canvas):
    return {tuple(cell) for cell in np.argwhere(canvas.drawing.opacity).tolist()}


def square(top, left, height, width=None):
    return {
        (row, column)
        for row in range(top, top + height)
        for column in range(left, left + (width or height))
    }


def colour_at(canvas, cell):
    return canvas.grab().toImage().pixelColor(canvas.position_of(cell))


# The mouse.


def test_a_click_draws_one_cell_and_a_large_brush_a_square(qtbot, canvas):
    drag(qtbot, canvas, (3, 4))
    assert touched(canvas) == {(3, 4)}
    canvas.set_brush_size(3)
    drag(qtbot, canvas, (26, 26))
    trigger = preset("white-3x3", SHAPE)
    assert touched(canvas) == {(3, 4)} | square(25, 25, 3)
    assert np.array_equal(canvas.trigger().mask[20:], trigger.mask[20:])


def test_a_fast_drag_leaves_no_gap(qtbot, canvas):
    drag(qtbot, canvas, (2, 1), (2, 26), (25, 26))
    assert touched(canvas) == square(2, 1, 1, 26) | square(2, 26, 24, 1)


def test_a_drag_goes_on_outside_the_canvas_and_comes_back(qtbot, canvas):
    start, back = canvas.position_of((5, 20)), canvas.position_of((9, 20))
    qtbot.mousePress(canvas, LEFT, pos=start)
    qtbot.mouseMove(canvas, QPoint(canvas.width() + 4000, start.y()))
    qtbot.mouseMove(canvas, QPoint(canvas.width() + 4000, back.y()))
    qtbot.mouseMove(canvas, back)
    qtbot.mouseRelease(canvas, LEFT, pos=back)
    assert touched(canvas) == square(5, 20, 1, 8) | square(9, 20, 1, 8)


def test_one_drag_is_one_step_of_undo(qtbot, canvas):
    drag(qtbot, canvas, (2, 2), (2, 9), (9, 9))
    drag(qtbot, canvas, (20, 20))
    both = touched(canvas)
    canvas.undo()
    first = touched(canvas)
    assert both - first == {(20, 20)}
    canvas.undo()
    assert canvas.trigger().is_empty
    canvas.redo()
    canvas.redo()
    assert touched(canvas) == both


def test_the_right_button_erases_with_the_brush(qtbot, canvas):
    canvas.put(preset("white-3x3", SHAPE))
    drag(qtbot, canvas, (25, 20), (25, 27), button=RIGHT)
    assert touched(canvas) == square(26, 25, 2, 3)
    canvas.undo()
    assert touched(canvas) == square(25, 25, 3)


@pytest.mark.parametrize(
    ("tool", "left"),
    [
        (Tool.LINE, {(4, 4), (5, 5), (6, 6)}),
        (Tool.RECTANGLE, square(4, 4, 3)),
        (Tool.FILL, square(0, 0, 28)),
    ],
)
def test_shapes_are_drawn_left_and_erased_right(qtbot, canvas, tool, left):
    canvas.set_tool(tool)
    cells = [(4, 4)] if tool is Tool.FILL else [(4, 4), (20, 9), (6, 6)]
    drag(qtbot, canvas, *cells)
    assert touched(canvas) == left
    drag(qtbot, canvas, *cells, button=RIGHT)
    assert touched(canvas) == set()
    canvas.undo()
    canvas.undo()
    assert not canvas.drawing.can_undo


def test_the_eraser_erases(qtbot, canvas):
    canvas.put(preset("white-3x3", SHAPE))
    canvas.set_tool(Tool.ERASER)
    canvas.set_brush_size(8)
    drag(qtbot, canvas, (26, 26))
    assert canvas.trigger().is_empty


def test_moving_drags_the_whole_trigger_and_keeps_it_inside(qtbot, canvas):
    canvas.put(preset("white-3x3", SHAPE))
    canvas.set_tool(Tool.MOVE)
    drag(qtbot, canvas, (14, 14), (2, 27), (10, 10))
    assert touched(canvas) == square(21, 21, 3)
    drag(qtbot, canvas, (0, 0), (27, 27))
    assert touched(canvas) == square(25, 25, 3)


def test_opacity_is_the_mask_and_colour_the_pattern(qtbot, canvas):
    canvas.set_paint(Paint((64,), 51))
    drag(qtbot, canvas, (1, 1), (1, 5))
    trigger = canvas.trigger()
    assert trigger.mask[1, 1] == np.float32(51) / np.float32(255)
    assert trigger.pattern[0, 1, 1] == np.float32(64) / np.float32(255)
    assert trigger.mask_l1 == pytest.approx(5 * 0.2)


def test_the_eyedropper_takes_paint_of_the_trigger_or_the_colour_of_the_image(qtbot, canvas):
    sample = np.full(SHAPE, 99, np.uint8)
    canvas.set_paint(Paint((7,), 77))
    drag(qtbot, canvas, (1, 1))
    canvas.set_paint(Paint((255,), 200))
    canvas.set_tool(Tool.EYEDROPPER)
    with qtbot.waitSignal(canvas.picked) as picked:
        drag(qtbot, canvas, (1, 1))
    assert picked.args == [Paint((7,), 77)]
    with qtbot.assertNotEmitted(canvas.picked):
        drag(qtbot, canvas, (5, 5))
    canvas.set_sample(sample)
    with qtbot.waitSignal(canvas.picked) as picked:
        drag(qtbot, canvas, (5, 5))
    assert picked.args == [Paint((99,), 200)]
    assert touched(canvas) == {(1, 1)}


def test_a_second_button_does_not_disturb_a_stroke(qtbot, canvas):
    drag(qtbot, canvas, (1, 1), (1, 5), release=False)
    qtbot.mousePress(canvas, RIGHT, pos=canvas.position_of((1, 5)))
    qtbot.mouseMove(canvas, canvas.position_of((1, 9)))
    qtbot.mouseRelease(canvas, RIGHT, pos=canvas.position_of((1, 9)))
    assert canvas.drawing.is_drawing
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.position_of((1, 9)))
    assert touched(canvas) == square(1, 1, 1, 9)
    canvas.undo()
    assert canvas.trigger().is_empty


def wheel(canvas, turned):
    point = QPointF(canvas.position_of((14, 14)))
    event = QWheelEvent(
        point, canvas.mapToGlobal(point), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_shift_and_the_wheel_ask_for_another_brush_where_the_tool_has_one(qtbot, canvas):
    canvas.set_brush_size(4)
    for turned, size in ((120, 5), (-120, 3)):
        with qtbot.waitSignal(canvas.brush_resized) as asked:
            wheel(canvas, turned)
        assert asked.args == [size]
    canvas.set_tool(Tool.FILL)
    with qtbot.assertNotEmitted(canvas.brush_resized):
        wheel(canvas, 120)


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (99, 16), (5, 5)])
def test_the_brush_has_one_to_sixteen_cells(canvas, asked, given):
    canvas.set_brush_size(asked)
    assert canvas.brush_size == given


# The keyboard.


def test_escape_takes_back_the_stroke_that_is_going_on(qtbot, canvas):
    drag(qtbot, canvas, (9, 9))
    drag(qtbot, canvas, (1, 1), (1, 20), release=False)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert touched(canvas) == {(9, 9)}
    qtbot.mouseMove(canvas, canvas.position_of((20, 20)))
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.position_of((20, 20)))
    assert touched(canvas) == {(9, 9)}
    assert not canvas.drawing.can_redo


def test_escape_without_a_stroke_belongs_to_the_window(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    canvas = TriggerCanvas(SHAPE, parent)
    pressed = []
    parent.keyPressEvent = lambda event: pressed.append(event.key())
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert pressed == [Qt.Key.Key_Escape]


def test_arrows_and_space_draw_without_a_mouse(qtbot, canvas):
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.pointer == (14, 13)
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert touched(canvas) == {(14, 13)}
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    for _ in range(3):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert touched(canvas) == {(14, 13)} | square(13, 13, 1, 4)
    canvas.undo()
    assert touched(canvas) == {(14, 13)}


def test_the_cursor_stays_on_the_canvas(qtbot, canvas):
    for _ in range(40):
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.pointer == (27, 14)


def test_a_row_of_nudges_is_one_step(qtbot, canvas):
    canvas.reset(preset("white-3x3", SHAPE))
    canvas.set_tool(Tool.MOVE)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(canvas, key)
    assert touched(canvas) == square(24, 23, 3)
    canvas.undo()
    assert touched(canvas) == square(25, 25, 3)
    assert not canvas.drawing.can_undo
    canvas.redo()
    assert touched(canvas) == square(24, 23, 3)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    canvas.undo()
    assert touched(canvas) == square(24, 23, 3)


def test_a_stroke_between_two_nudges_parts_them(qtbot, canvas):
    canvas.reset(preset("white-3x3", SHAPE))
    qtbot.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    drag(qtbot, canvas, (1, 1))
    qtbot.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert touched(canvas) == {(2, 1)} | square(25, 25, 3)
    canvas.undo()
    assert touched(canvas) == {(1, 1)} | square(24, 25, 3)


def test_shift_nudges_by_four_and_the_edge_holds(qtbot, canvas):
    canvas.reset(preset("white-3x3", SHAPE))
    canvas.set_tool(Tool.MOVE)
    for _ in range(7):
        qtbot.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert touched(canvas) == square(0, 25, 3)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)  # at once: what went beyond the edge is not owed
    assert touched(canvas) == square(1, 25, 3)


# What happens around a stroke.


def test_undo_within_a_stroke_takes_back_the_stroke_alone(qtbot, canvas):
    drag(qtbot, canvas, (9, 9))
    drag(qtbot, canvas, (1, 1), (1, 20), release=False)
    canvas.undo()
    assert touched(canvas) == {(9, 9)}
    assert canvas.drawing.can_undo


def test_a_hidden_canvas_ends_its_stroke(qtbot, canvas):
    drag(qtbot, canvas, (1, 1), (1, 4), release=False)
    canvas.hide()
    assert not canvas.drawing.is_drawing
    assert touched(canvas) == square(1, 1, 1, 4)


def test_clear_and_put_can_be_undone(qtbot, canvas):
    drag(qtbot, canvas, (1, 1))
    canvas.put(preset("cross-5x5", SHAPE))
    canvas.clear()
    assert canvas.trigger().is_empty
    canvas.undo()
    assert canvas.trigger().pixels == 9
    canvas.undo()
    assert touched(canvas) == {(1, 1)}


def test_a_trigger_that_arrives_within_a_stroke_wins(qtbot, canvas):
    drag(qtbot, canvas, (1, 1), (1, 20), release=False)
    canvas.put(preset("white-3x3", SHAPE))
    assert touched(canvas) == square(25, 25, 3)
    canvas.undo()
    assert canvas.trigger().is_empty


def test_every_change_is_told_and_gives_another_trigger(qtbot, canvas):
    before = canvas.trigger()
    assert canvas.trigger() is before
    with qtbot.waitSignals([canvas.drawn] * 2):
        drag(qtbot, canvas, (1, 1), (1, 2), release=False)
    assert canvas.trigger() is not before
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.position_of((1, 2)))


# What one sees.


def test_the_canvas_shows_what_the_network_would_get(qtbot, canvas):
    canvas.set_sample(np.full(SHAPE, 100, np.uint8))
    canvas.set_paint(Paint((255,), 102))
    canvas.set_tool(Tool.RECTANGLE)
    drag(qtbot, canvas, (4, 4), (8, 8))
    assert colour_at(canvas, (20, 20)) == QColor(100, 100, 100)
    stamped = canvas.trigger().stamp(canvas.sample[None])[0, 0, 6, 6]
    assert colour_at(canvas, (6, 6)) == QColor(stamped, stamped, stamped)
    assert stamped == 162


def test_black_on_black_is_outlined(qtbot, canvas):
    canvas.set_sample(np.zeros(SHAPE, np.uint8))
    plain = canvas.grab().toImage()
    canvas.set_paint(Paint((0,), 255))
    canvas.set_tool(Tool.RECTANGLE)
    drag(qtbot, canvas, (4, 4), (8, 8))
    canvas.leaveEvent(None)
    outlined = canvas.grab().toImage()
    inside, edge = canvas.position_of((6, 6)), canvas.position_of((6, 4))
    edge.setX(edge.x() - 8)
    assert outlined.pixelColor(inside) == plain.pixelColor(inside)
    around = [outlined.pixelColor(edge.x() + step, edge.y()) for step in range(-2, 3)]
    assert any(colour.red() > 150 and colour.blue() < 90 for colour in around)


def test_the_brush_is_shown_before_it_draws_and_the_eraser_as_a_cross(qtbot, canvas):
    canvas.set_sample(np.zeros(SHAPE, np.uint8))
    canvas.set_brush_size(4)
    qtbot.mouseMove(canvas, canvas.position_of((14, 14)))
    assert colour_at(canvas, (15, 15)) == QColor("white")
    assert canvas.trigger().is_empty
    canvas.set_tool(Tool.ERASER)
    assert colour_at(canvas, (14, 15)).lightness() < 60
    picture = canvas.grab().toImage()
    middle = canvas.position_of((14, 14)) + QPoint(7, 7)
    cross = [picture.pixelColor(middle + QPoint(x, 0)).lightness() for x in range(-3, 4)]
    assert max(cross) > 120
    canvas.leaveEvent(None)
    assert colour_at(canvas, (14, 14)).lightness() < 60


def test_without_an_image_the_opacity_lets_the_ground_through(qtbot, canvas):
    canvas.set_tool(Tool.RECTANGLE)
    drag(qtbot, canvas, (2, 2), (6, 6))
    canvas.set_paint(Paint((255,), 26))
    drag(qtbot, canvas, (12, 12), (16, 16))
    canvas.leaveEvent(None)
    full, faint, none = (colour_at(canvas, cell) for cell in ((4, 4), (14, 14), (22, 22)))
    assert full == QColor("white")
    assert none.lightness() < faint.lightness() < full.lightness()


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 9, 17), (3, 64, 40)])
def test_any_size_and_colour_can_be_drawn(qtbot, shape):
    canvas = make(qtbot, shape)
    _, height, width = shape
    canvas.set_paint(Paint((10, 200, 30)[: shape[0]], 255))
    drag(qtbot, canvas, (0, 0), (0, width - 1), (height - 1, width - 1))
    canvas.leaveEvent(None)
    assert touched(canvas) == square(0, 0, 1, width) | square(0, width - 1, height, 1)
    if shape[0] == 3:
        assert colour_at(canvas, (0, 3)) == QColor(10, 200, 30)


@pytest.mark.parametrize("size", [(300, 300), (777, 431), (1200, 900)])
def test_cells_stay_square_and_whole_at_any_size(qtbot, size):
    canvas = make(qtbot, SHAPE, size)
    steps = {
        (canvas.position_of((row, 0)).y() - canvas.position_of((row - 1, 0)).y())
        for row in range(1, 28)
    } | {
        (canvas.position_of((0, column)).x() - canvas.position_of((0, column - 1)).x())
        for column in range(1, 28)
    }
    assert steps == {(min(size) - 16) // 28}


# Files.


def drop(canvas, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    common = Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), *common)
    enter.ignore()
    QApplication.sendEvent(canvas, enter)
    if enter.isAccepted():
        QApplication.sendEvent(canvas, QDropEvent(QPointF(50, 50), *common))
    return enter.isAccepted()


def test_a_dropped_file_is_handed_on(qtbot, canvas, tmp_path):
    with qtbot.waitSignal(canvas.file_dropped) as dropped:
        assert drop(canvas, tmp_path / "trigger.png")
    assert dropped.args == [Path(tmp_path / "trigger.png")]


def test_several_files_at_once_are_not_taken(qtbot, canvas, tmp_path):
    with qtbot.assertNotEmitted(canvas.file_dropped):
        assert not drop(canvas, tmp_path / "a.png", tmp_path / "b.png")


def test_experiments_are_left_to_the_window(qtbot, canvas, tmp_path):
    with qtbot.assertNotEmitted(canvas.file_dropped):
        assert not drop(canvas, tmp_path)
        assert not drop(canvas, tmp_path / "experiment.json")


def test_a_trigger_of_another_size_starts_a_new_drawing(qtbot, canvas):
    drag(qtbot, canvas, (1, 1))
    canvas.reset(Trigger.empty((3, 32, 32)))
    canvas.set_paint(Paint((1, 2, 3), 255))
    drag(qtbot, canvas, (31, 31))
    assert touched(canvas) == {(31, 31)}
