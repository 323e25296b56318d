"""Curves that grow, their labels at the ends of the lines, and what happens to odd numbers."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from gui import theme
from gui.widgets.curve_plot import CurvePlot, CurveStyle
from gui.widgets.end_labels import spread
from gui.widgets.trace import Trace

STYLES = (
    CurveStyle("clean", "Clean accuracy", "clean", marker="o"),
    CurveStyle("attack", "Attack success", "backdoor", Qt.PenStyle.DashLine, "s"),
)


@pytest.fixture
def plot(qtbot):
    plot = CurvePlot(STYLES, x_unit="epochs", empty_text="Nothing yet.")
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.set_x_range(0, 4)
    plot.set_y_range(0, 100, {0.0: "0", 100.0: "100 %"})
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


def count_pixels(widget, tone, left=0, right=None):
    """How many pixels come near the colour of a meaning; edges and letters are blended."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    distance = np.abs(pixels[:, left:right].astype(int) - theme.colour(tone).toTuple()[:3])
    return int(np.count_nonzero(distance.max(axis=2) < 60))


def test_a_curve_is_drawn_in_its_colour(plot):
    assert count_pixels(plot, "clean") == 0
    plot.set_curve("clean", [0, 1, 2], [10, 50, 50], "50 %")
    assert count_pixels(plot, "clean") > 100
    assert count_pixels(plot, "backdoor") == 0


def test_the_label_stands_at_the_end_of_the_line(plot):
    plot.set_curve("clean", [0, 1, 2], [50, 50, 50], "50 %")
    assert plot.end_labels() == {"Clean accuracy": "50 %"}
    assert count_pixels(plot, "clean", left=330) > 20, "the line ends in the middle of the plot"
    assert "Clean accuracy 50 %" in plot.accessibleDescription()


def test_an_empty_plot_says_what_will_come(plot):
    empty = plot.grab().toImage()
    plot.set_curve("clean", [0, 1], [3, 4], "4 %")
    plot.clear_curves()
    assert plot.is_empty
    assert plot.end_labels() == {}
    assert plot.grab().toImage() == empty


def test_nan_leaves_a_gap_and_the_label_keeps_the_last_number(plot):
    y = [50.0, 50.0, np.nan, np.nan]
    plot.set_curve("clean", [0, 1, 2, 3], y, "50 %")
    np.testing.assert_array_equal(plot.curve("clean")[1], y)
    assert count_pixels(plot, "clean", left=10, right=200) > 50
    plot.set_curve("clean", [0, 1], [np.nan, np.nan])
    assert count_pixels(plot, "clean") == 0


def test_a_logarithmic_axis_bears_zero(plot):
    plot.set_curve("clean", [0, 1, 2], [10.0, 0.0, 1.0], "1")
    plot.set_log(on=True)
    plot.set_y_range(1, 10)
    assert plot.is_log
    plot.grab()
    plot.set_log(on=False)
    np.testing.assert_array_equal(plot.curve("clean")[1], [10.0, 0.0, 1.0])


def test_the_scheme_changes_the_colours(plot, qapp):
    plot.set_curve("clean", [0, 2], [50, 50], "50 %")
    light = theme.colour("clean")
    theme.set_scheme("dark")
    try:
        assert theme.colour("clean") != light
        assert count_pixels(plot, "clean") > 50
    finally:
        theme.set_scheme("light")


@pytest.mark.parametrize("wanted", [[10, 11, 12], [99, 98, 97], [50, 0, 100], [7], []])
def test_labels_never_overlap_and_keep_their_order(wanted):
    placed = spread(wanted, 20, 10, 90)
    assert len(placed) == len(wanted)
    assert all(10 <= height <= 90 for height in placed)
    ranks = sorted(range(len(wanted)), key=lambda index: wanted[index])
    heights = [placed[index] for index in ranks]
    assert all(later - earlier >= 20 for earlier, later in pairwise(heights))


def test_labels_with_room_stay_where_they_belong():
    assert spread([30, 70], 20, 0, 100) == [30, 70]


def test_a_trace_draws_few_points_evenly_and_every_spike():
    trace = Trace(limit=100)
    for start in range(0, 5000, 37):
        steps = np.arange(start, start + 37)
        trace.extend(steps, np.where(steps == 777, 99.0, 1.0 + (steps == 2222) * -5))
    x, y = trace.drawn()
    assert len(trace) > 5000
    assert len(x) < 250
    assert y.max() == 99.0
    assert y.min() == -4.0
    assert np.all(np.diff(x) > 0)
    assert np.diff(x).max() < 5000 / 25, "old points are as dense as new ones"


def test_a_short_trace_is_drawn_as_it_is():
    trace = Trace(limit=100)
    trace.extend([1, 2, 3], [4, np.nan, 6])
    np.testing.assert_array_equal(trace.drawn(), [[1, 2, 3], [4, np.nan, 6]])


def test_a_trace_thins_where_all_is_nan():
    trace = Trace(limit=8)
    trace.extend(np.arange(100), np.full(100, np.nan))
    assert len(trace.drawn()[0]) < 20
    assert np.isnan(trace.newest)
    trace.extend(100, 3.0)
    assert trace.newest == 3.0
    assert trace.drawn()[1][-1] == 3.0
