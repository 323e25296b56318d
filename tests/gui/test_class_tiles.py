"""Tiles: what they say and show, how one is chosen, and many of them."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from engine.triggers import Trigger
from gui import theme, words
from gui.scan_record import NAN, ClassFinding, ScanRecord
from gui.widgets.class_tiles import ClassTiles
from tests.gui import made_up

LEFT = Qt.MouseButton.LeftButton
NAMES = tuple(map(str, range(10)))


def findings(k=10, **changes):
    found = [
        ClassFinding(label, str(label), made_up.patch(0, 0), 90.0 + label, 0.99, "converged")
        for label in range(k)
    ]
    for label, finding in changes.items():
        found[int(label.removeprefix("c"))] = finding
    return found


@pytest.fixture
def tiles(qtbot):
    tiles = ClassTiles()
    qtbot.addWidget(tiles)
    tiles.resize(800, 340)
    tiles.set_samples(np.full((10, *made_up.SHAPE), 128, np.uint8))
    tiles.set_findings(findings())
    with qtbot.waitExposed(tiles):
        tiles.show()
    return tiles


def pixel(tiles, label, picture, row, column):
    """The grey of one cell of one of the three pictures of a tile."""
    image = tiles.viewport().grab().toImage()
    tile = tiles.tile_rect(label)
    size = tiles._arrangement()[0]
    step = (tile.width() - 10 - size.picture[0]) // 2
    x = tile.left() + 5 + picture * step + column * size.zoom + 1
    y = tile.top() + 5 + size.line + 4 + row * size.zoom + 1
    return image.pixelColor(x, y).red()


def test_a_tile_says_size_success_and_state(tiles):
    text = tiles.text(3)
    assert (text.name, text.state, text.size, text.success) == ("3", "converged", "93 px", "99.0 %")


def test_states_without_a_mask(tiles):
    tiles.set_findings(
        findings(
            c0=ClassFinding(0, "0"),
            c1=ClassFinding(1, "1", made_up.patch(0, 0), NAN, 0.4, "searching"),
            c2=ClassFinding(2, "2", made_up.patch(0, 0), NAN, 0.0004, "not found"),
        )
    )
    tiles.grab()
    assert (tiles.text(0).state, tiles.text(0).size, tiles.text(0).success) == (
        "waiting", words.NONE, words.NONE,
    )  # fmt: skip
    assert (tiles.text(1).size, tiles.text(1).success) == ("no mask yet", "40.0 %")
    assert (tiles.text(2).size, tiles.text(2).success) == ("no mask", "below 0.1 %")


def test_masks_are_shown_from_0_to_1_and_never_stretched(tiles):
    faint = np.zeros((28, 28), np.float32)
    faint[10, 10] = 0.5
    trigger = Trigger(faint, np.full(made_up.SHAPE, 1.0, np.float32))
    tiles.set_findings(findings(c1=ClassFinding(1, "1", trigger, 0.5, 0.1, "searching")))
    assert pixel(tiles, 1, 0, 10, 10) == 128, "half of the mask is half of the scale"
    assert pixel(tiles, 1, 0, 0, 0) == 0
    assert pixel(tiles, 1, 1, 0, 0) == 255, "the pattern, also where the mask is 0"
    assert pixel(tiles, 1, 2, 10, 10) == 192, "half pattern, half sample"
    assert pixel(tiles, 1, 2, 0, 0) == 128, "the sample alone"


def test_a_suspected_class_stands_out_by_colour_and_word(tiles):
    def vermilion():
        image = tiles.viewport().grab(tiles.tile_rect(4)).toImage()
        wanted = QColor(theme.colour("backdoor")).rgb()
        return sum(
            image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height())
        )

    assert vermilion() == 0
    four = ClassFinding(4, "4", made_up.patch(0, 0), 4.0, 1.0, "converged", suspected=True)
    tiles.set_findings(findings(c4=four))
    assert vermilion() > 100
    assert tiles.text(4).state == "likely"


def test_the_classic_rule_alone_only_flags(tiles):
    four = ClassFinding(4, "4", made_up.patch(0, 0), 4.0, 1.0, "converged", flagged=True)
    tiles.set_findings(findings(c4=four))
    assert tiles.text(4).state == "flagged"


def test_a_click_chooses(tiles, qtbot):
    with qtbot.waitSignal(tiles.chosen) as signal:
        qtbot.mouseClick(tiles.viewport(), LEFT, pos=tiles.tile_rect(6).center())
    assert signal.args == [6]
    assert tiles.chosen_label == 6
    assert "Class 6" in tiles.accessibleDescription()
    qtbot.mouseClick(tiles.viewport(), LEFT, pos=QPoint(799, 339))
    assert tiles.chosen_label == 6, "beside the tiles nothing is chosen"


def test_the_keyboard_chooses(tiles, qtbot):
    columns = tiles._arrangement()[1]
    assert columns == 4
    steps = [
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 5),
        (Qt.Key.Key_Left, 4),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_End, 9),
        (Qt.Key.Key_Right, 9),
        (Qt.Key.Key_Home, 0),
    ]
    for key, label in steps:
        qtbot.keyClick(tiles, key)
        assert tiles.chosen_label == label, key


@pytest.mark.parametrize("k", [1, 3, 10, 43])
def test_any_number_of_tiles_can_be_reached(tiles, qtbot, k):
    tiles.set_samples(np.zeros((k, *made_up.SHAPE), np.uint8))
    tiles.set_findings(findings(k))
    qtbot.keyClick(tiles, Qt.Key.Key_End)
    assert tiles.chosen_label == k - 1
    area = tiles.tile_rect(k - 1)
    assert tiles.viewport().rect().contains(area), "the chosen tile is in view"
    tiles.grab()
    assert (tiles.verticalScrollBar().maximum() > 0) == (k == 43)


def test_fewer_classes_than_the_chosen_one(tiles, qtbot):
    qtbot.keyClick(tiles, Qt.Key.Key_End)
    tiles.set_findings(findings(3))
    tiles.grab()
    qtbot.keyClick(tiles, Qt.Key.Key_Home)
    assert tiles.chosen_label == 0


def test_larger_windows_get_larger_pictures(tiles):
    small = tiles._arrangement()[0].zoom
    tiles.resize(1700, 1000)
    assert tiles._arrangement()[0].zoom > small


def test_tiles_fill_their_rows(tiles):
    for width, height in ((800, 340), (1226, 600), (1500, 700)):
        tiles.resize(width, height)
        columns = tiles._arrangement()[1]
        assert columns < 10
        right = tiles.tile_rect(columns - 1).right()
        assert tiles.viewport().width() - columns <= right + 1 <= tiles.viewport().width()


def test_a_small_window_has_smaller_tiles_before_they_scroll(tiles):
    tiles.resize(522, 270)
    assert tiles.verticalScrollBar().maximum() == 0
    assert all(tiles.viewport().rect().contains(tiles.tile_rect(label)) for label in range(10)), (
        "all ten are seen"
    )
    tiles.resize(522, 200)
    assert tiles.verticalScrollBar().maximum() > 0
    assert tiles._arrangement()[0].picture[0] == 56, "who scrolls sees well"


def test_the_chosen_tile_stays_in_view_when_the_window_shrinks(tiles):
    tiles.choose(9)
    tiles.resize(522, 200)
    assert tiles.viewport().rect().contains(tiles.tile_rect(9))


def test_no_samples_yet(qtbot):
    tiles = ClassTiles()
    qtbot.addWidget(tiles)
    tiles.set_findings(findings())
    tiles.resize(500, 300)
    tiles.grab()
    assert tiles.text(0).name == "0"


def test_a_record_of_a_class_that_was_idle():
    detection = made_up.detection()
    record = ScanRecord.of(detection, NAMES)
    assert record.fraction == 1
    assert np.isnan(record.curves(1).mask_l1.y[-1])
    assert record.curves(1).mask_l1.newest == detection.curves.mask_l1[9, 1]
    assert record.finding(0).suspected
    assert not record.finding(1).suspected


def test_a_record_of_a_stopped_scan_says_so():
    stopped = made_up.detection((4.0, None, 90.0), complete=False)
    record = ScanRecord.of(stopped, NAMES[:3])
    assert [finding.state for finding in record.findings()] == [
        "best so far", "not finished", "best so far",
    ]  # fmt: skip
    assert np.isnan(record.finding(1).mask_l1), "a mask that never worked has no size to compare"
