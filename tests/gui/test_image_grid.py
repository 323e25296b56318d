"""Pictures from arrays, and the grid of pairs, asserted on the pixels that one sees."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolTip

from engine.data import ImageSet
from engine.samples import WatchedImages
from gui import theme
from gui.widgets.captions import shortened
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.pictures import CellGrid, to_qimage, use_device_pixels
from gui.widgets.says_now import WIDEST, WIDTH, SaysNow
from tests.gui.scanning import as_read


def test_a_grey_array_becomes_the_same_grey_picture():
    array = np.arange(35, dtype=np.uint8).reshape(1, 5, 7) * 7
    image = to_qimage(array)
    assert (image.width(), image.height()) == (7, 5)
    seen = [[QColor(image.pixel(x, y)).red() for x in range(7)] for y in range(5)]
    assert np.array_equal(seen, array[0])


def test_a_colour_array_keeps_its_channels_apart():
    array = np.zeros((3, 2, 3), np.uint8)
    array[0, 0, 1], array[1, 1, 2], array[2, 1, 0] = 200, 100, 50
    image = to_qimage(array)
    assert image.pixelColor(1, 0) == QColor(200, 0, 0)
    assert image.pixelColor(2, 1) == QColor(0, 100, 0)
    assert image.pixelColor(0, 1) == QColor(0, 0, 50)


def test_opacity_is_the_fourth_channel():
    array = np.full((4, 1, 1), 51, np.uint8)
    assert to_qimage(array).pixelColor(0, 0).alpha() == 51


def test_floats_are_clipped_to_their_range():
    array = np.asarray([[0.0, 1.0, 0.5, -3.0, 9.0, np.nan]])
    image = to_qimage(array)
    seen = [QColor(image.pixel(x, 0)).red() for x in range(6)]
    assert seen == [0, 255, 128, 0, 255, 0]


@pytest.mark.parametrize("shape", [(2, 4, 4), (1, 1, 4, 4), (4,)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="no picture"):
        to_qimage(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("room", [QRect(0, 0, 300, 200), QRect(13, 7, 97, 211), QRect(0, 0, 5, 5)])
def test_cells_are_whole_pixels_and_found_again(room):
    grid = CellGrid.centred(room, rows=28, columns=20)
    for cell in [(0, 0), (27, 19), (5, 11)]:
        area = grid.cells(*cell)
        assert area.width() == area.height() == grid.zoom
        assert grid.cell_at(area.left(), area.top()) == cell
        assert grid.cell_at(area.right(), area.bottom()) == cell
    assert grid.cell_at(grid.left - 1, grid.top - 1) == (-1, -1)


def shown(qtbot, pairs, width, height):
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.set_cells(pairs)
    grid.resize(width, height)
    grid.show()
    return grid, grid.grab().toImage()


def pair(caption="7 → 0", tone="backdoor", **more):
    before, after = np.zeros((1, 28, 28), np.uint8), np.zeros((1, 28, 28), np.uint8)
    after[0, 27, 27] = 255
    return ImagePair(before, after, caption, tone, **more)


def places(grid, count):
    """Points of each pair, found by asking at every tenth point."""
    found = {}
    for y in range(0, grid.height(), 10):
        for x in range(0, grid.width(), 10):
            hit = grid.pair_at(QPoint(x, y))
            if hit is not None:
                found.setdefault(id(hit), []).append((x, y))
    assert len(found) == count
    return found


def test_a_pair_shows_both_images_at_a_whole_zoom(qtbot):
    _, picture = shown(qtbot, [pair()], 400, 84 + 2 + 40)
    # Zoom 3 fits (84 pixels): the frame is one pixel, the last cell of `after` is white.
    white = [
        (x, y)
        for y in range(picture.height())
        for x in range(picture.width())
        if picture.pixelColor(x, y) == QColor("white")
    ]
    corner = 1 + 2 * 84 + 2 + 24
    assert set(white) == {(x, y) for x in range(corner - 3 + 0, corner) for y in range(82, 85)}


def test_the_zoom_grows_until_the_pairs_no_longer_fit(qtbot):
    grid, _ = shown(qtbot, [pair()] * 1, 1200, 400)
    big = grid.pair_at(QPoint(500, 100))
    assert big is not None
    grid.set_cells([pair() for _ in range(12)])
    places(grid, 12)


def test_what_does_not_fit_at_the_smallest_zoom_is_left_out_whole(qtbot):
    grid, _ = shown(qtbot, [pair() for _ in range(12)], 440, 90)
    places(grid, 2)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0])
def test_something_is_seen_at_every_scale_of_the_display(qtbot, monkeypatch, ratio):
    """A zoom of one and a half is none; rounded up, it needs more room than was asked for."""
    monkeypatch.setattr(ImageGrid, "devicePixelRatioF", lambda _: ratio)
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.set_cells([pair() for _ in range(3)])
    grid.resize(400, grid.minimumSizeHint().height())
    assert grid.pair_at(QPoint(10, 20)) is not None


def test_two_that_are_well_seen_count_more_than_many_that_are_tiny(qtbot):
    grid = ImageGrid(min_zoom=1, enough=4)
    qtbot.addWidget(grid)
    grid.set_cells([pair() for _ in range(6)])
    grid.resize(316, 150)
    places(grid, 2)
    grid.resize(316, 50)  # not even one of that size fits
    places(grid, 3)


def test_the_tooltip_tells_of_the_pair_under_the_pointer(qtbot, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _point, text, _widget: told.append(text))
    grid, _ = shown(qtbot, [pair(tooltip="first"), pair(tooltip="second")], 600, 90)
    for points in places(grid, 2).values():
        point = QPoint(*points[len(points) // 2])
        QApplication.sendEvent(
            grid, QHelpEvent(QHelpEvent.Type.ToolTip, point, grid.mapToGlobal(point))
        )
    assert [as_read(tip) for tip in told] == ["first", "second"]


@pytest.mark.parametrize("tone", ["backdoor", "clean", "sham"])
def test_the_second_image_is_framed_in_the_colour_of_its_tone(qtbot, tone):
    _, picture = shown(qtbot, [pair(tone=tone)], 400, 126)
    left_edge = 1 + 84 + 1 + 24
    assert picture.pixelColor(left_edge, 40) == theme.colour(tone)


def test_a_screen_reader_hears_the_captions(qtbot):
    grid, _ = shown(qtbot, [pair("7 → 0"), pair("2 → 0")], 400, 90)
    assert grid.accessibleDescription() == "7 → 0; 2 → 0"


def test_an_empty_grid_says_what_will_come(qtbot):
    grid = ImageGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 80)
    blank = grid.grab().toImage()
    grid.set_placeholder("Loading MNIST …")
    assert grid.grab().toImage() != blank


def test_single_images_and_colour_are_shown_as_well(qtbot):
    red = np.zeros((3, 8, 8), np.uint8)
    red[0] = 255
    _, picture = shown(qtbot, [ImagePair(red, None, "class 3")], 100, 100)
    assert picture.pixelColor(10, 10) == QColor("red")


def test_where_some_are_enough_the_pictures_are_larger_and_fewer(qtbot):
    everything, _ = shown(qtbot, [pair() for _ in range(8)], 1100, 120)
    places(everything, 8 - 1)  # even the smallest zoom has no room for the last
    larger = ImageGrid(enough=5)
    qtbot.addWidget(larger)
    larger.set_cells([pair() for _ in range(8)])
    larger.resize(1100, 120)
    larger.show()
    places(larger, 5)


def test_lines_of_a_grid_are_about_equally_long(qtbot):
    grid, _ = shown(qtbot, [pair() for _ in range(8)], 1100, 240)
    found = places(grid, 8)
    lines = {min(y for _, y in points) for points in found.values()}
    assert len(lines) == 2
    assert [len([p for p in found.values() if min(y for _, y in p) == line]) for line in lines] == [
        4,
        4,
    ]


@pytest.mark.parametrize("caption", ["a → b", "7 → 0", "one"])
def test_a_caption_that_fits_is_shown_whole(qapp, caption):
    metrics = QFontMetrics(qapp.font())
    assert shortened(caption, metrics.horizontalAdvance(caption), metrics) == caption


@pytest.mark.parametrize(
    "caption",
    [
        "a very long name of a class → b",
        "b → a very long name of a class",
        "a very long name of a class → another very long name",
        "x" * 60,
    ],
)
def test_a_long_caption_stays_in_its_room_and_keeps_short_names(qapp, caption):
    metrics = QFontMetrics(qapp.font())
    short = shortened(caption, 120, metrics)
    assert metrics.horizontalAdvance(short) <= 120
    assert "…" in short
    assert ("→" in caption) == ("→" in short)
    if "b" in caption.split(" → "):
        assert "b" in short.split(" → ")


@pytest.mark.parametrize("name", ["dog", "cat", "zebra", "horse", "ship"])
@pytest.mark.parametrize("points", [7.5, 9.0, 9.75, 10.5, 13.0])
def test_a_name_that_fits_keeps_every_letter(qapp, name, points):
    font = QFont(qapp.font())
    font.setPointSizeF(points)
    font.setBold(True)
    caption = f"{name} → a class with a very long name indeed"
    assert shortened(caption, 170, QFontMetrics(font)).startswith(f"{name} → a c")


@pytest.mark.parametrize(
    ("caption", "is_second", "seen"),
    [
        ("automobile → automobile", False, "automobile"),
        ("automobile → automobile", True, "→ automobile"),
        ("automobile → airplane", True, "→ airplane"),
        ("cat → cat", True, "cat → cat"),
    ],
)
def test_a_caption_leaves_out_what_is_read_elsewhere_before_it_gives_up_letters(
    qapp, caption, is_second, seen
):
    metrics = QFontMetrics(qapp.font())
    room = metrics.horizontalAdvance("→ automobile") + 2
    assert shortened(caption, room, metrics, is_second=is_second) == seen


def painted(monkeypatch):
    """Notes each caption as it is painted, and where."""
    seen = []
    monkeypatch.setattr(
        "gui.widgets.image_grid.paint_caption",
        lambda _painter, text, middle, room, **_: seen.append((text, middle, room)),
    )
    return seen


def test_captions_of_one_column_use_the_free_width(qtbot, monkeypatch):
    seen = painted(monkeypatch)
    long = pair("automobile → automobile", before_caption="automobile → airplane")
    shown(qtbot, [long] * 2, 290, 2 * 84 + 10)
    rooms = [room for *_, room in seen]
    metrics = QFontMetrics(theme.text_font("body", bold=True, tabular=True))
    assert min(room.width() for room in rooms) >= min(
        metrics.horizontalAdvance("automobile → automobile"), 290 / 2 - 8
    )
    assert all(room.left() >= 0 and room.right() <= 290 for room in rooms)
    assert rooms[0].right() < rooms[1].left(), "they do not meet"


def watched(side, names):
    random = np.random.default_rng(0)
    images = random.integers(0, 255, (12, 3, side, side), dtype=np.uint8)
    labels = np.arange(12) % len(names)
    return WatchedImages(ImageSet(images, labels, tuple(names)), images, np.zeros(12, np.int64))


@pytest.mark.parametrize(("side", "width"), [(28, WIDTH), (32, None), (64, None), (128, WIDTH)])
def test_the_column_is_a_little_wider_where_two_pairs_need_it(qtbot, side, width):
    says = SaysNow()
    qtbot.addWidget(says)
    says.set_images(watched(side, ["ship", "automobile"]))
    says.set_predictions(None)
    least = says.minimumWidth()
    says.resize(least, 652)
    says.show()
    assert WIDTH <= least <= WIDEST
    assert width is None or least == width
    if side <= 64:
        places(says.grid, 12)


@pytest.mark.parametrize("top", [65, 66, 67, 68, 69])
@pytest.mark.parametrize("ratio", [1.25, 1.5, 1.75])
def test_nothing_is_drawn_above_a_widget_between_two_pixels(qapp, top, ratio):
    """Qt lets a widget begin at the nearest pixel, and of two that are as near at the lower."""
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.translate(0, top)
    use_device_pixels(painter)
    painter.fillRect(0, 0, 10, 1, QColor("black"))
    painter.end()
    rows = [y for y in range(200) if image.pixelColor(5, y) == QColor("black")]
    assert rows == [int(top * ratio + 0.5)]


def test_it_is_said_where_not_all_watched_images_are_seen(qtbot):
    says = SaysNow()
    qtbot.addWidget(says)
    says.set_images(watched(28, ["ship", "automobile"]))
    says.set_predictions(None)
    says.resize(WIDTH, 480)
    says.show()
    seen = says.grid.shown_count
    assert 1 < seen < 12
    assert f"Shown are {seen} of 12" in says.note.text()
    says.resize(500, 900)
    assert says.grid.shown_count == 12
    assert "Shown are" not in says.note.text()
