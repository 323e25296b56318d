"""Zoom and pan, what is seen, and the divider of the comparison, as a person uses them."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QInputDevice, QNativeGestureEvent, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QApplication

from engine.clippings import Clipping
from engine.triggers import Trigger, preset
from gui.widgets.canvas_picture import Shown
from gui.widgets.canvas_view import CanvasView, Room
from gui.widgets.layers import Paint
from gui.widgets.shapes import BrushShape, Symmetry
from gui.widgets.stroke import Tool
from tests.gui.canvas_user import (
    CTRL,
    LEFT,
    MIDDLE,
    PLAIN,
    RIGHT,
    SHIFT,
    colour_at,
    drag,
    drag_points,
    make,
    scroll,
    square,
    touched,
)  # fmt: skip

SHAPE = (1, 28, 28)


@pytest.fixture
def canvas(qtbot):
    return make(qtbot, SHAPE)


# Zoom and pan.


@pytest.mark.parametrize("cell", [(14, 14), (3, 20), (27, 27)])
def test_the_wheel_zooms_and_keeps_what_lies_under_the_pointer(qtbot, canvas, cell):
    at = canvas.position_of(cell)
    with qtbot.waitSignal(canvas.zoomed):
        scroll(canvas, 240, at=at)
    assert canvas.zoom_percent > 1600
    assert not canvas.fits
    assert (canvas.position_of(cell) - at).manhattanLength() <= 8
    drag_points(qtbot, canvas, canvas.position_of(cell))
    assert touched(canvas) == {cell}


def test_a_fine_wheel_adds_up_to_notches(canvas):
    for _ in range(7):
        scroll(canvas, 15)
    assert canvas.fits
    scroll(canvas, 15)
    assert not canvas.fits


def test_zooming_out_again_fits_and_follows_the_window(canvas):
    for turned in (120, 120, 120, -120, -120, -120):
        scroll(canvas, turned)
    assert canvas.fits
    canvas.resize(300, 300)
    assert canvas.zoom_percent == 100 * ((300 - 16) // 28)


def test_zoom_has_its_limits_and_fit_brings_everything_back(canvas):
    for _ in range(40):
        canvas.zoom_in()
    assert canvas.zoom_percent == 6400
    for _ in range(60):
        canvas.zoom_out()
    assert 100 <= canvas.zoom_percent < 1600
    canvas.zoom_fit()
    assert canvas.fits
    assert canvas.zoom_percent == 1600


def move_about(qtbot, canvas, how):
    middle = canvas.rect().center()
    end = middle + QPoint(-60, 40)
    if how == "middle button":
        drag_points(qtbot, canvas, middle, end, button=MIDDLE)
    elif how == "space":
        qtbot.mouseMove(canvas, middle)
        qtbot.keyPress(canvas, Qt.Key.Key_Space)
        assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
        drag_points(qtbot, canvas, middle, end)
        qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    else:
        scroll(canvas, QPoint(-120, 80), pixels=QPoint(-60, 40), pad=True)
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor


@pytest.mark.parametrize("how", ["middle button", "space", "touchpad"])
def test_panning_moves_the_view_and_draws_nothing(qtbot, canvas, how):
    for _ in range(4):
        canvas.zoom_in()
    before = canvas.position_of((14, 14))
    move_about(qtbot, canvas, how)
    assert canvas.position_of((14, 14)) - before == QPoint(-60, 40)
    assert canvas.trigger().is_empty
    drag(qtbot, canvas, (14, 14))
    assert touched(canvas) == {(14, 14)}


def test_panning_ends_at_the_edge_of_the_drawing(qtbot, canvas):
    for _ in range(4):
        canvas.zoom_in()
    middle = canvas.rect().center()
    drag_points(qtbot, canvas, middle, middle + QPoint(9000, 9000), button=MIDDLE)
    corner = canvas.position_of((0, 0))
    assert canvas.rect().contains(corner)
    assert max(corner.x(), corner.y()) < 60


def test_ctrl_and_two_fingers_zoom(canvas):
    scroll(canvas, 120, keys=CTRL, pad=True)
    assert not canvas.fits


def test_a_pinch_zooms(canvas):
    for _ in range(3):
        point = QPointF(200, 200)
        event = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2,
            point, point, point, 0.1, QPointF(),
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
    assert not canvas.fits


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_any_zoom_keeps_a_small_drawing_in_the_middle_and_a_large_one_around_it(ratio):
    room = Room(QRect(8, 8, 701, 450), 64, 40, ratio)
    view = CanvasView()
    for steps in (3, 2, -9, 4, 1, -2):
        view = view.zoomed(room, steps, (700.0, 20.0)).panned(room, 311, -97)
        grid, area = view.grid(room).rectangle, room.rectangle
        for start, end, low, high in (
            (grid.left(), grid.right(), area.left(), area.right()),
            (grid.top(), grid.bottom(), area.top(), area.bottom()),
        ):
            larger = end - start > high - low
            assert start <= low + 1 if larger else start >= low
            assert end >= high - 1 if larger else end <= high


# What is seen.


@pytest.fixture
def grey_canvas(canvas):
    canvas.set_lines(False)
    canvas.set_sample(np.full(SHAPE, 100, np.uint8))
    canvas.put(preset("white-3x3", SHAPE))
    return canvas


@pytest.mark.parametrize(
    ("shown", "inside", "outside"),
    [(Shown.SAMPLE, 100, 100), (Shown.RESULT, 255, 100), (Shown.TRIGGER, 255, None)],
)
def test_the_layers_can_be_seen_one_by_one(grey_canvas, shown, inside, outside):
    grey_canvas.set_shown(shown)
    assert colour_at(grey_canvas, (26, 26)).red() == inside
    assert outside in {None, colour_at(grey_canvas, (5, 5)).red()}
    if shown is Shown.TRIGGER:
        assert colour_at(grey_canvas, (5, 5)).red() > 170  # the chequered ground


def test_who_draws_on_the_sample_gets_to_see_the_result(qtbot, grey_canvas):
    grey_canvas.set_shown(Shown.SAMPLE)
    with qtbot.waitSignal(grey_canvas.shown_changed) as told:
        drag(qtbot, grey_canvas, (3, 3))
    assert told.args == [Shown.RESULT]
    assert touched(grey_canvas) == {(3, 3)} | square(25, 25, 3)


def test_the_divider_parts_before_from_after_and_can_be_dragged(qtbot, grey_canvas):
    canvas = grey_canvas
    canvas.set_shown(Shown.COMPARE)
    assert colour_at(canvas, (26, 26)).red() == 255
    grip = QPoint(canvas.rect().center().x(), canvas.position_of((0, 0)).y())
    drag_points(qtbot, canvas, grip, QPoint(canvas.position_of((0, 27)).x() + 4, grip.y()))
    assert colour_at(canvas, (26, 25)).red() == 100
    assert touched(canvas) == square(25, 25, 3)
    for _ in range(30):
        canvas.divider_left()
    assert canvas.divider == 0
    assert colour_at(canvas, (26, 25)).red() == 255
    canvas.divider_right()
    assert canvas.divider == pytest.approx(0.05)


def test_in_a_comparison_one_can_still_draw(qtbot, grey_canvas):
    grey_canvas.set_shown(Shown.COMPARE)
    drag(qtbot, grey_canvas, (14, 14), (14, 20))
    assert touched(grey_canvas) == square(14, 14, 1, 7) | square(25, 25, 3)
    assert grey_canvas.shown is Shown.COMPARE


@pytest.mark.parametrize(("column", "shown"), [(13, Shown.RESULT), (14, Shown.COMPARE)])
def test_nobody_draws_below_the_sample_of_a_comparison(qtbot, grey_canvas, column, shown):
    grey_canvas.set_shown(Shown.COMPARE)
    drag(qtbot, grey_canvas, (14, column))
    assert grey_canvas.shown is shown
    assert colour_at(grey_canvas, (14, column)).red() == 255, "it is seen"


@pytest.mark.parametrize("by_keyboard", [False, True])
def test_a_stroke_that_crosses_to_the_sample_of_a_comparison_is_seen(
    qtbot, grey_canvas, by_keyboard
):
    canvas = grey_canvas
    canvas.set_shown(Shown.COMPARE)
    if by_keyboard:
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
        qtbot.keyPress(canvas, Qt.Key.Key_Space)
        for _ in range(3):
            qtbot.keyClick(canvas, Qt.Key.Key_Left)
    else:
        drag(qtbot, canvas, (14, 15), (14, 12), release=False)
    assert canvas.shown is Shown.RESULT, "while it goes on"
    assert colour_at(canvas, (14, 13)).red() == 255


def test_a_picture_that_is_laid_on_the_sample_of_a_comparison_is_seen(grey_canvas):
    grey_canvas.set_shown(Shown.COMPARE)
    white = preset("white-3x3", (1, 3, 3))
    grey_canvas.place(Clipping(white, width=3, height=3, is_whole=False), "a.png", (2, 20))
    assert grey_canvas.shown is Shown.COMPARE
    grey_canvas.place(Clipping(white, width=3, height=3, is_whole=False), "a.png", (2, 2))
    assert grey_canvas.shown is Shown.RESULT


def test_the_halves_of_a_comparison_are_named_where_there_is_room(grey_canvas):
    def differs():
        picture = grey_canvas.grab().toImage()
        top = grey_canvas.position_of((0, 0)).y()
        return {
            half
            for half, columns in (("left", range(1, 13)), ("right", range(15, 27)))
            if any(
                picture.pixelColor(grey_canvas.position_of((0, at)).x(), top).red() != 100
                for at in columns
            )
        }

    grey_canvas.set_shown(Shown.RESULT)
    assert differs() == set()
    grey_canvas.set_shown(Shown.COMPARE)
    assert differs() == {"left", "right"}
    grey_canvas.move_divider(-1)
    assert differs() == {"left"}, "only the right half is there, and its name at the edge"


def test_a_sample_of_another_size_is_not_shown_while_the_data_change(qtbot, grey_canvas):
    grey_canvas.set_sample(np.full((3, 32, 32), 9, np.uint8))
    assert colour_at(grey_canvas, (5, 5)).red() > 170
    grey_canvas.set_shown(Shown.COMPARE)
    grey_canvas.grab()
    grey_canvas.set_paint(Paint((9,), 200))
    grey_canvas.reset(Trigger.empty((3, 32, 32)))
    assert grey_canvas.paint == Paint((255, 255, 255), 200)
    assert colour_at(grey_canvas, (5, 3)) == QColor(9, 9, 9)


@pytest.mark.parametrize("zoomed", [False, True])
def test_the_pixel_grid_can_be_hidden(canvas, zoomed):
    canvas.set_sample(np.zeros(SHAPE, np.uint8))
    for _ in range(3 if zoomed else 0):
        canvas.zoom_in()
    one, other = canvas.position_of((10, 10)), canvas.position_of((10, 11))
    between = QRect(one, other).adjusted(0, 0, 1, 1)

    def lines():
        picture = canvas.grab(between).toImage()
        return sum(picture.pixelColor(x, 0).red() > 0 for x in range(picture.width()))

    assert lines() == 1
    canvas.set_lines(False)
    assert lines() == 0


# Mirrors, brushes and pens.


def test_a_stroke_is_drawn_on_both_sides_of_the_mirror(qtbot, canvas):
    canvas.set_symmetry(Symmetry.BOTH)
    drag(qtbot, canvas, (2, 3), (2, 5))
    assert touched(canvas) == {(row, column) for row in (2, 25) for column in (3, 4, 5, 22, 23, 24)}
    drag(qtbot, canvas, (25, 22), button=RIGHT)
    assert {(2, 5), (2, 22), (25, 5), (25, 22)}.isdisjoint(touched(canvas))
    canvas.undo()
    canvas.undo()
    assert canvas.trigger().is_empty


def test_a_round_brush_draws_without_corners(qtbot, canvas):
    canvas.set_brush_size(3)
    canvas.set_brush_shape(BrushShape.ROUND)
    drag(qtbot, canvas, (10, 10))
    assert touched(canvas) == square(9, 9, 3) - {(9, 9), (9, 11), (11, 9), (11, 11)}


def test_shift_makes_lines_level_and_rectangles_square(qtbot, canvas):
    canvas.set_tool(Tool.LINE)
    start, end = canvas.position_of((4, 4)), canvas.position_of((5, 12))
    qtbot.mousePress(canvas, LEFT, PLAIN, start)
    shift_move(canvas, end)
    qtbot.mouseRelease(canvas, LEFT, SHIFT, end)
    assert touched(canvas) == square(4, 4, 1, 9)
    canvas.set_tool(Tool.RECTANGLE)
    qtbot.mousePress(canvas, LEFT, PLAIN, canvas.position_of((10, 10)))
    shift_move(canvas, canvas.position_of((11, 13)))
    qtbot.mouseRelease(canvas, LEFT, SHIFT, canvas.position_of((11, 13)))
    assert touched(canvas) == square(4, 4, 1, 9) | square(10, 10, 4)


def shift_move(canvas, point):
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(point), canvas.mapToGlobal(QPointF(point)),
        Qt.MouseButton.NoButton, LEFT, SHIFT,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_ctrl_and_a_click_pick_a_colour_and_draw_nothing(qtbot, canvas):
    canvas.set_paint(Paint((7,), 77))
    drag(qtbot, canvas, (1, 1))
    canvas.set_paint(Paint((255,), 200))
    with qtbot.waitSignal(canvas.picked) as picked:
        drag(qtbot, canvas, (1, 1), keys=CTRL)
    assert picked.args == [Paint((7,), 77)]
    assert touched(canvas) == {(1, 1)}


def pen(canvas, kind, cell, button=Qt.MouseButton.NoButton, *, eraser=False):
    tip = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
    device = QPointingDevice(
        "pen", 7, QInputDevice.DeviceType.Stylus, tip, QInputDevice.Capability.Pressure, 1, 3
    )
    point = QPointF(canvas.position_of(cell))
    event = QTabletEvent(
        kind, device, point, canvas.mapToGlobal(point), 0.6, 0, 0, 0, 0, 0, PLAIN, button, button
    )
    QApplication.sendEvent(canvas, event)
    return event.isAccepted()


def test_a_pen_draws_and_its_other_end_erases(canvas):
    for eraser, start, end in ((False, (3, 2), (3, 9)), (True, (3, 5), (3, 6))):
        assert pen(canvas, QEvent.Type.TabletMove, start, eraser=eraser)
        assert pen(canvas, QEvent.Type.TabletPress, start, LEFT, eraser=eraser)
        assert pen(canvas, QEvent.Type.TabletMove, end, LEFT, eraser=eraser)
        assert pen(canvas, QEvent.Type.TabletRelease, end, LEFT, eraser=eraser)
    assert touched(canvas) == square(3, 2, 1, 3) | square(3, 7, 1, 3)
    canvas.undo()
    assert touched(canvas) == square(3, 2, 1, 8)


def test_a_finished_stroke_tells_its_paint_and_an_erasing_one_does_not(qtbot, canvas):
    with qtbot.waitSignal(canvas.painted) as painted:
        drag(qtbot, canvas, (3, 3))
    assert painted.args == [Paint((255,), 255)]
    with qtbot.assertNotEmitted(canvas.painted):
        drag(qtbot, canvas, (3, 3), button=RIGHT)
        drag(qtbot, canvas, (5, 5), button=MIDDLE)
