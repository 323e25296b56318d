"""Selecting, moving, cutting, copying, pasting and dropping pieces of the trigger."""

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from engine.triggers import preset
from gui.widgets.layers import Area, Paint
from gui.widgets.stroke import Tool
from tests.gui.canvas_user import CTRL, LEFT, PLAIN, SHIFT, drag, make, square, touched

SHAPE = (1, 28, 28)


@pytest.fixture
def canvas(qtbot):
    """A canvas with the white patch at the bottom right, and an empty clipboard."""
    QGuiApplication.clipboard().clear()
    canvas = make(qtbot, SHAPE)
    canvas.reset(preset("white-3x3", SHAPE))
    canvas.set_tool(Tool.SELECT)
    yield canvas
    QGuiApplication.clipboard().clear()


def point_at_nothing(canvas):
    canvas.leaveEvent(None)


# Selecting and moving.


def test_a_drag_selects_and_a_click_drops_the_selection(qtbot, canvas):
    drag(qtbot, canvas, (20, 20), (40, 26))
    assert canvas.drawing.selection == Area(20, 20, 8, 7)
    assert not canvas.drawing.can_undo
    drag(qtbot, canvas, (2, 2))
    assert canvas.drawing.selection is None
    drag(qtbot, canvas, (2, 2))
    assert canvas.drawing.selection == Area(2, 2, 1, 1)
    assert touched(canvas) == square(25, 25, 3)


def test_a_drag_within_the_selection_moves_it_as_one_step(qtbot, canvas):
    drag(qtbot, canvas, (25, 25), (26, 27))
    drag(qtbot, canvas, (26, 26), (14, 3), (10, 10))
    assert touched(canvas) == square(9, 9, 2, 3) | square(27, 25, 1, 3)
    assert canvas.drawing.selection == Area(9, 9, 2, 3)
    canvas.undo()
    assert touched(canvas) == square(25, 25, 3)
    assert not canvas.drawing.can_undo


def test_the_move_tool_moves_what_is_selected_from_anywhere(qtbot, canvas):
    drag(qtbot, canvas, (25, 25), (27, 25))
    canvas.set_tool(Tool.MOVE)
    drag(qtbot, canvas, (3, 3), (3, 0))
    assert touched(canvas) == square(25, 22, 3, 1) | square(25, 26, 3, 2)


def test_arrows_nudge_the_selection_by_one_or_four_as_one_step(qtbot, canvas):
    drag(qtbot, canvas, (25, 25), (25, 27))
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    qtbot.keyClick(canvas, Qt.Key.Key_Left, SHIFT)
    assert touched(canvas) == square(24, 21, 1, 3) | square(26, 25, 2, 3)
    canvas.undo()
    assert touched(canvas) == square(25, 25, 3)
    assert canvas.drawing.selection == Area(25, 25, 1, 3)


def test_ctrl_and_arrows_nudge_the_whole_trigger_with_any_tool(qtbot, canvas):
    canvas.set_tool(Tool.PENCIL)
    qtbot.keyClick(canvas, Qt.Key.Key_Up, CTRL)
    qtbot.keyClick(canvas, Qt.Key.Key_Left, CTRL | SHIFT)
    assert touched(canvas) == square(24, 21, 3)


def test_the_keyboard_alone_can_select_and_move(qtbot, canvas):
    canvas.select_all()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.drawing.selection is None
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right):
        for _ in range(3):
            qtbot.keyClick(canvas, key, SHIFT)
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right):
        qtbot.keyClick(canvas, key)
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.drawing.selection == Area(26, 26, 2, 2)
    qtbot.keyClick(canvas, Qt.Key.Key_Up, SHIFT)
    assert touched(canvas) == square(25, 25, 1, 3) | square(26, 25, 2, 1) | square(22, 26, 2)


def test_painting_drops_the_selection(qtbot, canvas):
    canvas.select_all()
    canvas.set_tool(Tool.PENCIL)
    drag(qtbot, canvas, (1, 1))
    assert canvas.drawing.selection is None
    assert touched(canvas) == {(1, 1)} | square(25, 25, 3)


def test_escape_within_a_move_puts_everything_back(qtbot, canvas):
    drag(qtbot, canvas, (24, 24), (27, 27))
    drag(qtbot, canvas, (25, 25), (3, 3), release=False)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert touched(canvas) == square(25, 25, 3)
    assert canvas.drawing.selection == Area(24, 24, 4, 4)


def test_clear_erases_what_is_selected_only(qtbot, canvas):
    drag(qtbot, canvas, (25, 25), (26, 27))
    canvas.clear()
    assert touched(canvas) == square(27, 25, 1, 3)
    canvas.deselect()
    canvas.clear()
    assert canvas.trigger().is_empty


# The clipboard.


def test_cut_and_paste_at_the_pointer_and_move_on(qtbot, canvas):
    canvas.set_paint(Paint((40,), 51))
    drag(qtbot, canvas, (25, 25), (26, 26))
    canvas.cut()
    assert touched(canvas) == square(25, 25, 3) - square(25, 25, 2)
    qtbot.mouseMove(canvas, canvas.position_of((5, 6)))
    with qtbot.waitSignal(canvas.selection_placed):
        canvas.paste()
    assert canvas.drawing.selection == Area(4, 5, 2, 2)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert square(4, 6, 2) <= touched(canvas)
    for _ in range(3):
        canvas.undo()
    assert touched(canvas) == square(25, 25, 3)


def test_without_a_pointer_a_copy_returns_to_its_place(qtbot, canvas):
    drag(qtbot, canvas, (25, 25), (26, 26))
    assert canvas.copy()
    canvas.select_all()
    canvas.clear()
    point_at_nothing(canvas)
    canvas.paste()
    assert touched(canvas) == square(25, 25, 2)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_a_copy_is_exact_whatever_its_opacity(qtbot, shape):
    canvas = make(qtbot, shape)
    canvas.set_paint(Paint((7, 200, 93)[: shape[0]], 3))
    drag(qtbot, canvas, (2, 2), (2, 8))
    before = canvas.drawing.layers
    canvas.select_all()
    canvas.cut()
    assert canvas.trigger().is_empty
    point_at_nothing(canvas)
    canvas.paste()
    assert canvas.drawing.layers.looks_like(before)
    QGuiApplication.clipboard().clear()


def test_without_a_selection_all_that_is_drawn_is_copied(qtbot, canvas):
    canvas.set_tool(Tool.PENCIL)
    canvas.copy()
    qtbot.mouseMove(canvas, canvas.position_of((4, 9)))
    canvas.paste()
    assert canvas.drawing.selection == Area(3, 8, 3, 3)
    assert touched(canvas) == square(3, 8, 3) | square(25, 25, 3)


def test_other_programs_get_a_picture_with_transparency(qtbot, canvas):
    canvas.select_all()
    canvas.copy()
    data = QGuiApplication.clipboard().mimeData()
    picture = Image.open(io.BytesIO(data.data("image/png").data()))
    assert picture.size == (28, 28)
    assert np.asarray(picture.convert("RGBA"))[..., 3].sum() == 9 * 255
    assert data.hasImage()


def test_a_picture_from_elsewhere_is_scaled_to_fit_and_told(qtbot, canvas):
    image = QImage(560, 280, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    point_at_nothing(canvas)
    with qtbot.waitSignal(canvas.told) as told:
        canvas.paste()
    assert told.args[0] == "info"
    assert "560 x 280 pixels and was scaled to 28 x 14" in told.args[1]
    assert canvas.drawing.selection == Area(7, 0, 14, 28)
    assert canvas.drawing.paint_at((7, 0)) == Paint((76,), 255)
    canvas.undo()
    assert touched(canvas) == square(25, 25, 3)


def test_a_small_picture_keeps_its_size(qtbot, canvas):
    image = QImage(3, 2, QImage.Format.Format_Grayscale8)
    image.fill(50)
    QGuiApplication.clipboard().setImage(image)
    qtbot.mouseMove(canvas, canvas.position_of((0, 27)))
    with qtbot.assertNotEmitted(canvas.told):
        canvas.paste()
    assert canvas.drawing.selection == Area(0, 25, 2, 3)


def test_a_file_on_the_clipboard_is_handed_on(qtbot, canvas, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    QGuiApplication.clipboard().setMimeData(data)
    with qtbot.waitSignal(canvas.file_dropped) as dropped:
        canvas.paste()
    assert dropped.args == [tmp_path / "a.png"]


def test_what_cannot_be_pasted_is_told_and_changes_nothing(qtbot, canvas):
    before = canvas.trigger()
    with qtbot.waitSignal(canvas.told) as told:
        canvas.paste()
    assert told.args[0] == "info"
    assert "no picture on the clipboard" in told.args[1]
    data = QMimeData()
    data.setData("image/png", b"\x89PNG\r\n\x1a\nno picture")
    QGuiApplication.clipboard().setMimeData(data)
    with qtbot.waitSignal(canvas.told) as told:
        canvas.paste()
    assert told.args[0] == "error"
    assert "cannot be read as a picture" in told.args[1]
    assert canvas.trigger() is before


def test_copying_nothing_is_told_and_keeps_the_clipboard(qtbot, canvas):
    QGuiApplication.clipboard().setText("mine")
    drag(qtbot, canvas, (2, 2), (3, 3))
    with qtbot.waitSignal(canvas.told):
        assert not canvas.copy()
    assert QGuiApplication.clipboard().text() == "mine"


# Dropping.


def drop(canvas, data, cell):
    point = canvas.position_of(cell)
    common = Qt.DropAction.CopyAction, data, LEFT, PLAIN
    enter = QDragEnterEvent(point, *common)
    enter.ignore()
    QApplication.sendEvent(canvas, enter)
    if enter.isAccepted():
        QApplication.sendEvent(canvas, QDropEvent(QPointF(point), *common))
    return enter.isAccepted()


def test_a_picture_dragged_from_another_program_is_laid_where_it_is_dropped(qtbot, canvas):
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    data = QMimeData()
    data.setImageData(image)
    data.setUrls([QUrl("https://example.org/a.png")])
    assert drop(canvas, data, (10, 12))
    assert canvas.drawing.selection == Area(8, 10, 4, 4)
    assert touched(canvas) == square(8, 10, 4) | square(25, 25, 3)


def test_text_is_not_taken(canvas):
    data = QMimeData()
    data.setText("hello")
    assert not drop(canvas, data, (10, 12))
    assert canvas.rect().contains(QPoint(1, 1))
