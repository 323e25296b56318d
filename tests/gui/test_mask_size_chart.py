"""The chart of mask sizes: where dots lie, what is marked, and odd sizes."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from engine.detection.mask_forms import Form
from gui import theme
from gui.scan_record import NAN, ClassFinding
from gui.widgets.mask_size_chart import MaskSizeChart
from gui.widgets.value_places import Row, value_place
from tests.gui.scanning import as_read

LEFT = Qt.MouseButton.LeftButton


def findings(smallest, **facts):
    return [
        ClassFinding(label, str(label), None, size, 0.99, "converged", **facts)
        for label, size in enumerate(smallest)
    ]


@pytest.fixture
def chart(qtbot):
    chart = MaskSizeChart()
    qtbot.addWidget(chart)
    chart.resize(240, 360)
    chart.set_pixels(784)
    chart.set_findings(findings([1.0, 10.0, 100.0]))
    with qtbot.waitExposed(chart):
        chart.show()
    return chart


def colour_at(chart, point):
    return chart.viewport().grab().toImage().pixelColor(point.toPoint())


def test_equal_factors_are_equal_distances(chart):
    first, second, third = (chart.dot_at(label) for label in range(3))
    assert first.x() < second.x() < third.x()
    assert second.x() - first.x() == pytest.approx(third.x() - second.x())
    assert first.y() < second.y() < third.y(), "one row for each class, in order"


def test_a_dot_is_where_it_says(chart):
    assert colour_at(chart, chart.dot_at(2)) == theme.colour("clean")


def test_a_suspected_class_is_vermilion(chart):
    marked = findings([4.0, 90.0])
    marked[0] = ClassFinding(0, "0", None, 4.0, 1.0, "converged", suspected=True, flagged=True)
    chart.set_findings(marked)
    assert colour_at(chart, chart.dot_at(0)) == theme.colour("backdoor")
    assert colour_at(chart, chart.dot_at(1)) == theme.colour("clean")


def test_a_search_is_a_ring(chart):
    chart.set_findings([ClassFinding(0, "0", None, 50.0, 0.9, "searching")])
    assert colour_at(chart, chart.dot_at(0)) != theme.colour("clean")


@pytest.mark.parametrize("size", [NAN, 0.0, float("inf")])
def test_a_size_that_cannot_be_drawn_has_no_dot(chart, size):
    chart.set_findings(findings([size, 50.0]))
    chart.grab()
    assert chart.dot_at(0) is None
    assert chart.dot_at(1) is not None


def test_sizes_below_a_pixel_move_the_axis(chart):
    before = chart.dot_at(2).x()
    chart.set_findings(findings([0.02, 10.0, 100.0]))
    chart.grab()
    assert 0 < chart.dot_at(0).x() < chart.dot_at(1).x()
    assert chart.dot_at(2).x() > before


def test_the_band_of_clean_networks(chart):
    empty = chart.grab().toImage()
    chart.set_bands(np.array([60.0, 60.0, 60.0]), np.array([140.0, NAN, 140.0]))
    assert chart.grab().toImage() != empty
    chart.set_bands(None, None)
    assert chart.grab().toImage() == empty


def test_a_click_on_a_row_chooses(chart, qtbot):
    with qtbot.waitSignal(chart.chosen) as signal:
        qtbot.mouseClick(chart.viewport(), LEFT, pos=QPoint(30, int(chart.dot_at(1).y())))
    assert signal.args == [1]
    with qtbot.assertNotEmitted(chart.chosen):
        qtbot.mouseClick(chart.viewport(), LEFT, pos=QPoint(30, 350))


def test_many_classes_scroll(chart, qtbot):
    chart.set_findings(findings(np.linspace(5, 200, 43)))
    bar = chart.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    assert chart.row_at(chart.dot_at(42).toPoint()) == 42
    chart.grab()


def test_it_says_the_sizes_to_a_screen_reader(chart):
    assert chart.accessibleDescription() == "0 1.0 px, 1 10 px, 2 100 px"


def test_nothing_to_show(chart):
    chart.set_findings([])
    chart.grab()
    assert chart.row_at(QPoint(5, 5)) is None


def tip_of(chart, monkeypatch, place):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _, text, *__: told.append(text))
    event = QHelpEvent(QEvent.Type.ToolTip, place, chart.viewport().mapToGlobal(place))
    QApplication.sendEvent(chart.viewport(), event)
    return as_read(told[-1])


def test_a_row_tells_how_it_compares_with_clean_networks(chart, monkeypatch):
    chart.set_findings(findings([4.0, 90.0], z=27.0, usual=(61.0, 140.0)))
    told = tip_of(chart, monkeypatch, chart.dot_at(0).toPoint())
    assert "mask 4.0 px" in told
    assert "In clean networks class 0 needs about 61 to 140; z 27.0." in told


def test_a_stroke_shows_from_where_on_a_class_is_suspicious(chart):
    chart.set_bands(np.array([60.0] * 3), np.array([140.0] * 3))
    chart.set_findings(findings([1.0, 10.0, 100.0], suspicious_size=30.0))
    chart.grab()
    left, _ = chart.band_at(2)
    assert chart.dot_at(1).x() < chart.mark_at(2) < left
    row = chart.dot_at(2).y()
    assert colour_at(chart, QPointF(chart.mark_at(2), row)) != chart.palette().base().color()
    usual = "In clean networks class 0 needs about 60 to 140"
    said = f"{usual}, below 30{{}} it is suspicious; z\u00a01.0."
    assert comparison() == said.format("")
    searched = "3 searches ended at 10 to 40, 20 in the mean. "
    assert comparison(sizes=(10.0, 20.0, 40.0)) == searched + said.format(" in the mean")
    chart.set_findings(findings([1.0, 10.0, 100.0]))
    assert chart.mark_at(2) is None


def test_of_several_searches_the_dot_is_at_the_mean_that_counts(chart):
    chart.set_findings(findings([10.0, 20.0, 100.0]))
    single = [chart.dot_at(label).x() for label in range(3)]
    assert chart.whisker_at(1) is None
    chart.set_findings(findings([10.0, 20.0, 100.0], sizes=(10.0, 20.0, 40.0)))
    assert [chart.dot_at(label).x() for label in range(3)] == pytest.approx([single[1]] * 3)
    left, right = chart.whisker_at(0)
    assert left == pytest.approx(single[0])
    assert left < single[1] < right < single[2]
    row = chart.dot_at(0).y()
    chart.grab()
    empty = chart.palette().base().color()
    for across in (left + 3, right - 3):
        assert colour_at(chart, QPointF(across, row)) != empty


def comparison(**more):
    facts = {"suspicious_size": 30.0, "usual": (60, 140), "z": 1.0}
    return findings([10.0], **facts, **more)[0].comparison()


def test_what_an_unusual_mask_looks_like_is_said_where_its_stroke_is():
    usual = Form(0.8, 6.0)
    said = comparison(sizes=(10.0, 20.0, 40.0), forms=(Form(0.2, 5.9), usual))
    assert said.partition(" in the mean. ")[2] == (
        "In clean networks class 0 needs about 60 to 140; one so faint (20 % opaque where 80 % is"
        " usual) is suspicious below 30 in the mean; z\u00a01.0."
    )
    assert "; one so compact (3.0 px in radius" in comparison(forms=(Form(0.8, 3.0), usual))
    assert comparison(forms=(Form(0.78, 5.7), usual)) == comparison()


@pytest.mark.parametrize(
    ("dot", "stroke", "bar", "shown"),
    [
        (40, None, None, "word right"),
        (40, 70, 150, "number right"),  # the word would lie across the stroke
        (130, 160, 170, "word left"),
        (60, 70, 150, "number left"),  # left of it is room for the number alone
        (32, 40, 150, "number behind"),  # not even that
        (190, None, 150, "word left"),
        (130, 135, 140, "word left"),  # just left of both
    ],
)
def test_a_size_stands_clear_of_name_stroke_and_edge(qapp, dot, stroke, bar, shown):
    metrics = QFontMetricsF(QFont())
    row = Row(dot, 7, 25, 200, stroke, bar and (bar, bar + 40))
    text, left = value_place("36 suspicious", "36", row, metrics)
    what, where = shown.split()
    assert text == {"word": "36 suspicious", "number": "36"}[what]
    end = left + metrics.horizontalAdvance(text)
    assert left >= row.name_end
    assert end <= row.end
    assert (end < dot) == (where == "left")
    assert (left > (stroke or 999)) == (where == "behind")


@pytest.mark.parametrize(("bar_end", "is_clear"), [(70, True), (110, True), (190, False)])
def test_a_size_stands_clear_of_the_bar_around_its_dot(qapp, bar_end, is_clear):
    metrics = QFontMetricsF(QFont())
    text, left = value_place("36", "36", Row(65, 7, 25, 200, 30, (40, bar_end)), metrics)
    assert text == "36"
    assert (left > bar_end) == is_clear, "where the row is too short for that, it lies on the bar"
    assert left + metrics.horizontalAdvance(text) < 200


@pytest.mark.parametrize("beyond", [-6, -2, 0, 2, 3.9])
def test_a_size_stands_clear_of_a_dot_at_the_end_of_its_bar(qapp, beyond):
    metrics, bar_end = QFontMetricsF(QFont()), 100
    row = Row(bar_end + beyond, 7, 25, 200, 30, (40, bar_end))
    text, left = value_place("36", "36", row, metrics)
    assert text == "36"
    assert left > row.dot + row.radius


def test_the_band_is_explained_where_there_is_one(chart, monkeypatch):
    below = QPoint(20, chart.viewport().height() - 5)
    assert "own level" not in tip_of(chart, monkeypatch, below)
    chart.set_bands(np.array([60.0, 60.0, 60.0]), np.array([140.0, 140.0, 140.0]))
    assert "moved to this network's own level" in tip_of(chart, monkeypatch, below)


def test_a_legend_names_the_band(chart):
    pale = chart.viewport().grab().toImage()
    chart.set_bands(np.array([60.0] * 3), np.array([140.0] * 3))
    shown = chart.viewport().grab().toImage()
    places = [QPoint(12, y) for y in range(100, chart.viewport().height())]  # below the rows
    assert any(shown.pixelColor(place) != pale.pixelColor(place) for place in places)
