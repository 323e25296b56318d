"""The pair map: where cells lie, what lights up, what is marked, and choosing one."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from gui import theme, words
from gui.pair_findings import PairFinding, PairFindings
from gui.widgets.pair_map_chart import PairMapChart
from gui.widgets.pair_map_layout import colours_of, inks_of, shade_of
from gui.widgets.pair_map_legend import NO_MASK, NONE_YET, NOT_YET, STANDS_OUT, TURNS_FEW
from tests.gui import made_up
from tests.gui.scanning import as_read

LEFT = Qt.MouseButton.LeftButton
DIGITS = tuple(map(str, range(10)))


def found(names=DIGITS, **changes):
    return PairFindings.of(made_up.mapped(**changes), names)


def live(sizes, names=None):
    sizes = np.array(sizes, np.float32)
    return PairFindings(tuple(names or map(str, range(len(sizes)))), sizes, 0.5)


def square(classes, size=50.0):
    return np.where(np.eye(classes), np.nan, size)


@pytest.fixture
def chart(qtbot):
    chart = PairMapChart()
    qtbot.addWidget(chart)
    chart.resize(520, 560)
    chart.set_pixels(784)
    chart.set_findings(found())
    with qtbot.waitExposed(chart):
        chart.show()
    return chart


def colour_near(chart, cell, across=0.0, down=0.0):
    """The colour at a place in a cell; 0, 0 is its middle, 0.5 its right or lower edge."""
    side = chart.centre_of(0, 1).x() - chart.centre_of(0, 0).x()
    place = chart.centre_of(*cell) + QPointF(across * side, down * side)
    return chart.grab().toImage().pixelColor(place.toPoint())


def brightness(chart, cell):
    return colour_near(chart, cell, -0.3, 0.3).lightness()


def has_vermilion(chart, cell):
    """Whether the frame of a cell is drawn in the colour of a backdoor."""
    edges = [step / 100 for step in range(40, 52)]
    return any(colour_near(chart, cell, -edge, 0.2) == theme.colour("backdoor") for edge in edges)


def test_rows_are_sources_and_columns_are_targets(chart):
    middle = chart.centre_of(1, 7)
    assert chart.cell_at(middle) == (1, 7)
    assert chart.centre_of(1, 8).x() > middle.x()
    assert chart.centre_of(2, 7).y() > middle.y()


def test_the_diagonal_and_the_margins_are_no_cells(chart):
    assert chart.cell_at(chart.centre_of(3, 3)) is None
    assert chart.cell_at(QPointF(2, 2)) is None
    assert chart.cell_at(QPointF(515, 555)) is None


def test_numbers_are_in_the_cells(chart):
    assert chart.text(1, 7) == "3.0"
    assert chart.text(0, 1) == "70"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_mask_lights_up(chart, scheme):
    theme.set_scheme(scheme)
    try:
        small, usual = brightness(chart, (1, 7)), brightness(chart, (4, 5))
    finally:
        theme.set_scheme("light")
    difference = usual - small if scheme == "light" else small - usual
    assert difference > 100


def test_shades_follow_the_logarithm_and_leave_usual_sizes_pale():
    shades = shade_of(np.array([0.5, 2.0, 3.0, 30.0, 100.0, 392.0, 700.0, np.nan]), 784)
    assert shades[0] == shades[1] == 1
    assert (np.diff(shades[1:6]) < 0).all()
    assert shades[5] == shades[6] == 0
    assert shades[2] > 0.8
    assert shades[4] < 0.15
    assert np.isnan(shades[7])


def test_what_stands_out_is_framed_and_nothing_else(chart):
    chart.choose(5, 6)  # the frame of the chosen cell lies around another one
    assert has_vermilion(chart, (1, 7))
    assert not has_vermilion(chart, (4, 5))


def test_a_whole_column_stands_out(chart):
    chart.set_findings(found(mapping="all-to-one", pairs=tuple((s, 0) for s in range(1, 10))))
    chart.choose(2, 5)
    assert all(has_vermilion(chart, (source, 0)) for source in (1, 4, 9))
    assert not has_vermilion(chart, (1, 4))


def test_a_mark_beside_the_colour(chart):
    chart.choose(5, 6)
    corner = 0.5 - 0.13, -0.5 + 0.17
    assert colour_near(chart, (1, 7), *corner) == theme.colour("backdoor"), "a triangle"
    assert colour_near(chart, (4, 5), *corner) != theme.colour("backdoor")


def test_nothing_is_framed_where_nothing_was_found(chart):
    chart.set_findings(found(outcome="not_found"))
    chart.choose(5, 6)
    assert not has_vermilion(chart, (1, 7))


def test_a_click_chooses(chart, qtbot):
    with qtbot.waitSignal(chart.chosen) as signal:
        qtbot.mouseClick(chart, LEFT, pos=chart.centre_of(4, 2).toPoint())
    assert signal.args == [4, 2]
    assert chart.chosen_cell == (4, 2)
    with qtbot.assertNotEmitted(chart.chosen):
        qtbot.mouseClick(chart, LEFT, pos=chart.centre_of(4, 4).toPoint())
    assert chart.chosen_cell == (4, 2)


@pytest.mark.parametrize(
    ("start", "key", "expected"),
    [
        ((4, 2), Qt.Key.Key_Right, (4, 3)),
        ((4, 3), Qt.Key.Key_Right, (4, 5)),
        ((4, 5), Qt.Key.Key_Left, (4, 3)),
        ((3, 4), Qt.Key.Key_Down, (5, 4)),
        ((5, 4), Qt.Key.Key_Up, (3, 4)),
        ((4, 9), Qt.Key.Key_Right, (4, 9)),
        ((0, 4), Qt.Key.Key_Up, (0, 4)),
        ((8, 9), Qt.Key.Key_Down, (8, 9)),
        ((4, 2), Qt.Key.Key_Home, (4, 0)),
        ((0, 5), Qt.Key.Key_Home, (0, 1)),
        ((4, 2), Qt.Key.Key_End, (4, 9)),
        ((9, 2), Qt.Key.Key_End, (9, 8)),
    ],
)
def test_keys_choose_and_pass_over_the_diagonal(chart, qtbot, start, key, expected):
    chart.choose(*start)
    chart.setFocus()
    qtbot.keyClick(chart, key)
    assert chart.chosen_cell == expected


def test_the_pointer_is_told_about_a_cell(chart, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _, text, *__: told.append(text))
    place = chart.centre_of(1, 7).toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, place, chart.mapToGlobal(place))
    QApplication.sendEvent(chart, event)
    assert told[0].startswith("<table width="), "in lines that can be read"
    assert "0\u00a0% of all" in told[0], "no line ends before a percent sign"
    assert [as_read(tip) for tip in told] == [
        "1 → 7: a mask of 3.0 pixels turns images of a 1 into a 7 and 0 % of all other images"
        " (about 33 % in clean networks); z 12.3; in clean networks about 24 to 60 pixels."
    ]


def test_the_pointer_makes_names_stand_out(chart, qtbot):
    before = chart.grab().toImage()
    qtbot.mouseMove(chart, chart.centre_of(8, 2).toPoint())
    assert chart.grab().toImage() != before
    qtbot.mouseMove(chart, QPoint(1, 1))
    assert chart.grab().toImage() == before


def test_the_legend_explains_what_is_in_the_map_and_nothing_else(chart):
    assert chart.legend() == [STANDS_OUT]
    chart.set_findings(live(square(4)))
    assert chart.legend() == []
    sizes = square(4)
    sizes[1, 2] = np.nan
    chart.set_findings(live(sizes))
    assert chart.legend() == [NONE_YET]
    ended = found()
    few = np.full((10, 10), 0.95, np.float32)
    few[3, 4] = 0.3
    sizes = ended.sizes.copy()
    sizes[5, 6] = np.nan
    chart.set_findings(replace(ended, sizes=sizes, pair_map=replace(ended.pair_map, success=few)))
    assert chart.legend() == [STANDS_OUT, TURNS_FEW, NO_MASK]
    before = chart.grab().toImage()
    chart.set_findings(ended)
    assert chart.grab().toImage() != before


def test_a_person_who_picks_the_cell_that_is_chosen_is_heard_as_well(chart, qtbot):
    chart.choose(1, 7)
    with qtbot.waitSignal(chart.picked), qtbot.assertNotEmitted(chart.chosen):
        qtbot.mouseClick(chart, LEFT, pos=chart.centre_of(1, 7).toPoint())
    with qtbot.waitSignals([chart.picked, chart.chosen]):
        qtbot.keyClick(chart, Qt.Key.Key_Down)


def test_it_says_the_chosen_cell_to_a_screen_reader(chart):
    chart.choose(1, 7)
    assert chart.accessibleDescription().startswith("1 → 7: a mask of 3.0 pixels")


def test_a_live_map_fills_itself(chart):
    sizes = square(10)
    sizes[1, 7] = np.nan
    chart.set_findings(live(sizes))
    assert chart.text(1, 7) == NOT_YET
    empty = brightness(chart, (1, 7))
    sizes[1, 7] = 4.0
    chart.set_findings(live(sizes))
    assert chart.text(1, 7) == "4.0"
    assert brightness(chart, (1, 7)) < empty - 100


def test_the_chosen_cell_stays_while_the_map_grows(chart):
    chart.choose(3, 8)
    chart.set_findings(live(square(10)))
    assert chart.chosen_cell == (3, 8)
    chart.set_findings(live(square(3)))
    assert chart.chosen_cell == (0, 1)


def test_a_pair_without_a_mask_has_a_dash(chart):
    detection = made_up.mapped(pair_map=made_up.pair_map(missing=((4, 5),)))
    findings = PairFindings.of(detection, DIGITS)
    chart.set_findings(findings)
    assert chart.text(4, 5) == "–"  # noqa: RUF001
    assert findings.finding(4, 5).sentence() == (
        "4 → 5: no mask turned enough images of a 4 into a 5."
    )


@pytest.mark.parametrize("classes", [2, 3, 10, 43])
@pytest.mark.parametrize("size", [(240, 240), (560, 600), (900, 500)])
def test_every_cell_can_be_pointed_at(chart, classes, size):
    chart.resize(*size)
    chart.set_findings(live(square(classes)))
    chart.grab()
    last = classes - 1
    for cell in ((0, 1), (last, 0), (0, last), (last, last - 1)):
        assert chart.cell_at(chart.centre_of(*cell)) == cell
        assert chart.rect().contains(chart.centre_of(*cell).toPoint())


def test_long_names_leave_room_for_the_map(chart):
    chart.set_findings(live(square(10), [f"speed limit {label}0 at night" for label in range(10)]))
    chart.grab()
    side = chart.centre_of(0, 1).x() - chart.centre_of(0, 0).x()
    assert side > 25


def test_the_width_that_it_needs(chart):
    narrow = chart.width_for(chart.size())
    assert chart.centre_of(0, 9).x() < narrow <= chart.width() + 3
    chart.set_findings(live(square(3)))
    assert chart.width_for(chart.size()) < narrow


def test_nothing_to_show(chart, qtbot):
    chart.set_findings(None)
    chart.grab()
    assert chart.cell_at(QPointF(100, 100)) is None
    assert chart.width_for(chart.size()) == 0
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(chart, key)
    qtbot.mouseClick(chart, LEFT, pos=QPoint(100, 100))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (1, 7)),
        ({"pairs": ((3, 4), (5, 6))}, (3, 4)),
        ({"mapping": "all-to-one", "pairs": ((2, 6), (1, 6))}, (1, 6)),
        ({"outcome": "not_found", "pairs": ((8, 3),)}, (8, 3)),
    ],
)
def test_the_pair_worth_a_look(changes, expected):
    assert found(**changes).first() == expected


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.885, "88 %"), (0.999, "99 %"), (0.001, "1 %")],
)
def test_a_share_of_few_images_never_claims_all_or_none(share, said):
    assert words.whole_share(share) == said


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_are_readable_in_every_shade(dark):
    shades = np.linspace(0, 1, 101)
    for ground, ink in zip(
        colours_of(shades, dark=dark).T, inks_of(shades, dark=dark), strict=True
    ):
        assert contrast(ground, ink) >= 4.5


def contrast(ground, ink):
    """The contrast ratio of WCAG 2 between two colours, RGB in 0..1."""
    lights = sorted(
        np.dot([0.2126, 0.7152, 0.0722], [_linear(float(part)) for part in colour])
        for colour in (ground, ink)
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _linear(part):
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"mask_l1": 20.0}, "1 → 7: a mask of 20 pixels turns images of a 1 into a 7; still"
         " searching."),
        ({}, "1 → 7: no mask works yet."),
        ({"mask_l1": 20.0, "state": "converged", "z": -0.04}, "1 → 7: a mask of 20 pixels turns"
         " images of a 1 into a 7; z\u00a00.0."),
        ({"state": "left out"}, "1 → 7: not searched, as too few images of a 1 are usable."),
        ({"mask_l1": 3.0, "state": "converged"}, "1 → 7: a mask of 3.0 pixels turns images of a 1"
         " into a 7."),
        ({"mask_l1": 3.0, "state": "converged", "success": 0.98, "elsewhere": (0.0, 0.334)},
         "1 → 7: a mask of 3.0 pixels turns 98 % of images of a 1 into a 7 and 0 % of all"
         " other images (about 33 % in clean networks)."),
        ({"mask_l1": 3.0, "state": "converged", "elsewhere": (0.125, np.nan)}, "1 → 7: a mask of"
         " 3.0 pixels turns images of a 1 into a 7 and 12 % of all other images."),
    ],
)  # fmt: skip
def test_a_pair_in_a_sentence(facts, said):
    assert PairFinding("1", "7", **facts).sentence() == said


def test_it_is_the_most_unusual_one_and_not_the_smallest():
    shown = found(outcome="not_found", pairs=((8, 3),))
    shown.pair_map.z[2, 5] = np.nanmax(shown.pair_map.z) + 1
    assert shown.first() == (2, 5)
    assert shown.sizes[2, 5] > shown.sizes[8, 3]


def test_it_is_none_that_hardly_works_on_held_out_images():
    shown = found(mapping="all-to-one", pairs=((2, 6), (1, 6)))
    success = np.full_like(shown.sizes, 0.98)
    success[1, 6] = 0.55
    less = replace(shown, pair_map=replace(shown.pair_map, success=success))
    assert (shown.first(), less.first()) == ((1, 6), (2, 6))


def test_of_several_pairs_it_is_the_one_that_the_verdict_names_first():
    shown = found(pairs=((5, 6), (3, 4)))
    shown.sizes[3, 4] = shown.sizes[5, 6] / 2
    assert shown.first() == (5, 6)


def test_a_trigger_that_hardly_works_on_held_out_images_is_in_italics(chart):
    success = np.full((10, 10), 0.9, np.float32)
    chart.set_findings(found(pair_map=made_up.pair_map(success=success)))
    upright = chart.grab().toImage()
    success = success.copy()
    success[5, 4], success[5, 6], success[0, 0] = 0.4, 0.6, np.nan
    weak = found(pair_map=made_up.pair_map(success=success))
    assert weak.weak == {(5, 4)}
    assert weak.finding(5, 4).is_weak
    assert not weak.finding(5, 6).is_weak
    chart.set_findings(weak)
    slanted = chart.grab().toImage()
    for cell, differs in (((5, 4), True), ((5, 6), False)):
        area = chart._arrangement().cells(*cell).toRect()
        assert (slanted.copy(area) != upright.copy(area)) == differs


def test_a_pair_without_a_mask_is_not_in_italics():
    success = np.zeros((10, 10), np.float32)
    assert (2, 3) not in found(pair_map=made_up.pair_map(missing=[(2, 3)], success=success)).weak
