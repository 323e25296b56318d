"""Everything on a tab stays whole in a system whose text is larger than usual."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFontMetricsF, QImage

from gui import theme
from gui.drawing_area import DrawingArea
from gui.widgets.axis_room import AxisRoom
from gui.widgets.class_detail import QUANTITIES
from gui.widgets.curve_plot import CurvePlot, CurveStyle
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.mask_size_legend import BAND_TITLE, MARK_TITLE, TITLE, legend_lines
from gui.widgets.sample_bar import SampleBar
from tests.gui.scanning import finish, shown_tab

NAMES = ("mask", "pattern", "sample", "trigger", "planted")


@pytest.fixture
def tab(qtbot, large_font, session):
    tab = shown_tab(qtbot, session)
    tab.resize(1280, 740)
    finish(session)
    return tab


def area(widget, inside):
    return QRect(widget.mapTo(inside, QPoint()), widget.size())


def parts(tab):
    """Tiles, heading, pictures and the lines below them, from top to bottom."""
    classes = tab.views.classes
    detail = classes.detail
    shown = (classes.tiles, detail.heading, detail.pictures, detail.whole, detail.note)
    return [area(part, tab) for part in (*shown, detail.index) if part.isVisible()]


def test_the_chosen_classs_pictures_are_well_seen(tab, qtbot):
    pictures = tab.views.classes.detail.pictures
    qtbot.waitUntil(lambda: pictures.height() >= 2 * 28 + pictures.fontMetrics().height())


@pytest.mark.parametrize("height", [740, 620])
@pytest.mark.parametrize("explained", [False, True])
def test_nothing_of_the_chosen_class_lies_on_another_part(tab, qtbot, height, explained):
    tab.resize(1280, height)
    tab.verdict.why_button.setChecked(explained)
    detail = tab.views.classes.detail
    qtbot.waitUntil(lambda: detail.heading.height() >= detail.heading.sizeHint().height())
    found = parts(tab)
    for upper, lower in pairwise(found):
        assert upper.bottom() < lower.top()


def test_what_it_means_has_no_gaps_at_its_first_opening(tab, qtbot):
    tab.verdict.why_button.click()
    terms = tab.verdict.explanation
    qtbot.waitUntil(lambda: terms.height() > 40)
    for upper, lower in pairwise(terms.paragraphs[1:]):
        assert lower.y() - upper.geometry().bottom() <= theme.SPACING + 1


def test_the_titles_of_curves_are_whole(tab):
    detail = tab.views.classes.detail
    for key in QUANTITIES:
        assert detail._titles[key].lines == (detail.title(key),)


@pytest.fixture
def plot(qtbot, large_font):
    plot = CurvePlot((CurveStyle("one"),))
    qtbot.addWidget(plot)
    plot.resize(130, 160)
    plot.set_x_range(0, 100)
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


def ink(plot, ticks):
    """Which pixels of the plot differ from its ground, with these ticks at the left."""
    plot.set_y_range(0, 100, ticks)
    image = plot.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    grey = rows[:, : image.width()].astype(int)
    return abs(grey - grey[0, -1]) > 40


@pytest.mark.parametrize("end", [100.0, 0.0])
def test_the_numbers_at_the_ends_of_an_axis_are_whole(plot, end):
    metrics = QFontMetricsF(theme.text_font("small", tabular=True))
    added = ink(plot, {50.0: "50", end: "100 %"}) & ~ink(plot, {50.0: "50"})
    rows, columns = np.nonzero(added[:, : AxisRoom.of_font().width - 6])
    assert np.ptp(columns) > 0.8 * metrics.horizontalAdvance("100 %")
    assert np.ptp(rows) >= metrics.tightBoundingRect("100 %").height() - 3


def test_the_last_step_is_whole(plot):
    metrics = QFontMetricsF(theme.text_font("small", tabular=True))
    room = AxisRoom.of_font()
    below = ink(plot, {50.0: "50"})[-room.height + 5 :]
    number = np.flatnonzero(below[:, -2 * room.side :].any(axis=0))
    assert np.ptp(number) >= metrics.tightBoundingRect("100").width() - 3


@pytest.mark.parametrize("width", [90, 150, 200, 240, 400])
def test_a_legend_leaves_nothing_out(large_font, width):
    lines = legend_lines(theme.text_font("small"), width, bands=True, marks=True)
    said = [entry for line in lines for entry in line]
    assert lines[0] == [TITLE], "right below the numbers of the axis"
    assert said[1:] == [BAND_TITLE, MARK_TITLE]
    assert legend_lines(theme.text_font("small"), width, bands=False, marks=True) == [[TITLE]]


def test_captions_get_their_width_where_all_fit(qtbot, large_font):
    grid = ImageGrid(min_zoom=1, whole_captions=True)
    qtbot.addWidget(grid)
    black = np.zeros((8, 8))
    grid.set_cells([ImagePair(black, None, name) for name in NAMES])
    grid.resize(600, 8 + 40)
    metrics = grid.fontMetrics()
    lefts = {}
    for x in range(600):
        pair = grid.pair_at(QPoint(x, 4))
        if pair is not None:
            lefts.setdefault(pair.caption, []).append(x)
    assert tuple(lefts) == NAMES
    for name, found in lefts.items():
        assert len(found) >= metrics.horizontalAdvance(name)


def test_the_hint_below_the_canvas_is_elided_and_not_cut(qtbot, large_font):
    drawing = DrawingArea((1, 28, 28))
    qtbot.addWidget(drawing)
    drawing.show()
    notice = "This attack does not use the drawing. " * 9
    drawing.lock(notice)
    assert drawing.readout.lines[-1].endswith("…")
    assert drawing.readout.text() == notice


def named(qtbot, session, width):
    """What a bar of this width says of the first test image."""
    bar = SampleBar()
    qtbot.addWidget(bar)
    bar.resize(width, 30)
    bar.show()
    bar.set_images(session.data.test)
    return bar._label.lines[0]


def test_an_image_is_named_in_short_where_there_is_little_room(qtbot, session):
    assert named(qtbot, session, 500).startswith("Class ")
    least = SampleBar()
    qtbot.addWidget(least)
    short = named(qtbot, session, least.minimumSizeHint().width())
    assert short[-4:] == ", #0"
