"""The drawing document: strokes without gaps, shapes, fills, and a history that is exact."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.triggers import Trigger, preset, read_png, write_png
from gui.widgets.drawing import Drawing
from gui.widgets.layers import Area, Layers, Paint
from gui.widgets.shapes import (
    LARGEST_BRUSH,
    Brush,
    BrushShape,
    Symmetry,
    connected,
    squared,
    straightened,
)

WHITE = Paint((255,), 255)
BLACK = Paint((0,), 255)
ERASE = Paint((0,), 0)
cells = st.tuples(st.integers(-5, 16), st.integers(-5, 16))


def stroke(drawing, *calls):
    drawing.begin()
    for name, *arguments in calls:
        getattr(drawing, name)(*arguments)
    return drawing.end()


def state(drawing):
    return drawing.pattern.tobytes(), drawing.opacity.tobytes()


@given(start=cells, end=cells)
def test_a_line_has_no_gaps_and_reaches_both_ends(start, end):
    drawing = Drawing((1, 40, 40))
    shift = 10
    start, end = (start[0] + shift, start[1] + shift), (end[0] + shift, end[1] + shift)
    stroke(drawing, ("line", start, end, Brush(1), WHITE))
    rows, columns = np.nonzero(drawing.opacity)
    assert drawing.opacity[start] == drawing.opacity[end] == 255
    # Along its longer side a line has exactly one cell in each row or column: no gap, no clump.
    longest = max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
    assert len(rows) == longest
    along = rows if abs(end[0] - start[0]) >= abs(end[1] - start[1]) else columns
    order = np.argsort(along)
    assert np.abs(np.diff(rows[order])).max(initial=0) <= 1
    assert np.abs(np.diff(columns[order])).max(initial=0) <= 1


@pytest.mark.parametrize("size", range(1, 9))
def test_a_brush_is_a_square_of_its_size(size):
    drawing = Drawing((3, 20, 30))
    stroke(drawing, ("line", (9, 9), (9, 9), Brush(size), Paint((1, 2, 3), 77)))
    rows, columns = np.nonzero(drawing.opacity)
    assert len(rows) == size * size
    assert np.ptp(rows) == np.ptp(columns) == size - 1
    assert rows.min() <= 9 <= rows.max()
    assert drawing.paint_at((9, 9)) == Paint((1, 2, 3), 77)


def test_a_line_from_outside_to_outside_crosses_the_drawing():
    drawing = Drawing((1, 5, 5))
    stroke(drawing, ("line", (2, -90), (2, 90), Brush(1), WHITE))
    assert drawing.opacity[2].tolist() == [255] * 5
    assert np.count_nonzero(drawing.opacity) == 5


def test_a_rectangle_holds_both_corners_whichever_way_it_was_dragged():
    for corner, opposite in [((1, 2), (3, 5)), ((3, 5), (1, 2)), ((1, 5), (3, 2))]:
        drawing = Drawing((1, 8, 8))
        stroke(drawing, ("rectangle", corner, opposite, WHITE))
        expected = np.zeros((8, 8), np.uint8)
        expected[1:4, 2:6] = 255
        assert np.array_equal(drawing.opacity, expected)


@pytest.mark.parametrize("corners", [((-9, -9), (-2, -2)), ((20, 20), (30, 30))])
def test_a_rectangle_outside_the_drawing_draws_nothing(corners):
    drawing = Drawing((1, 8, 8))
    assert not stroke(drawing, ("rectangle", *corners, WHITE))


def test_a_fill_stops_at_a_closed_line_and_leaks_through_no_corner():
    drawing = Drawing((1, 9, 9))
    ring = [(1, 4), (4, 7), (7, 4), (4, 1), (1, 4)]
    lines = [("line", a, b, Brush(1), BLACK) for a, b in itertools.pairwise(ring)]
    stroke(drawing, *lines)
    stroke(drawing, ("fill", (4, 4), WHITE))
    assert drawing.paint_at((4, 4)) == WHITE
    assert drawing.paint_at((0, 0)).opacity == 0
    assert drawing.paint_at((1, 4)) == BLACK


def test_a_fill_tells_colours_apart_and_takes_everything_empty_as_one():
    trigger = Trigger.empty((3, 2, 4))
    trigger.pattern[:, :, 0] = 0.2  # a colour under an opacity of 0 is invisible
    drawing = Drawing((3, 2, 4))
    drawing.reset(trigger)
    red, blue = Paint((255, 0, 0), 255), Paint((0, 0, 255), 255)
    stroke(drawing, ("fill", (0, 0), red))
    assert (drawing.opacity == 255).all()
    stroke(drawing, ("rectangle", (0, 2), (1, 3), blue), ("fill", (0, 3), Paint((0, 9, 0), 255)))
    assert drawing.paint_at((1, 2)) == Paint((0, 9, 0), 255)
    assert drawing.paint_at((1, 1)) == red


def test_a_winding_area_is_filled_to_its_end():
    area = np.array([[1, 0, 1, 1, 1], [1, 0, 1, 0, 1], [1, 1, 1, 0, 1], [0, 0, 0, 0, 1]], np.bool_)
    assert np.array_equal(connected(area, (0, 0)), area)
    assert not connected(area, (0, 1)).any()


def test_erasing_leaves_nothing_behind():
    drawing = Drawing((1, 6, 6))
    blank = state(drawing)
    stroke(drawing, ("rectangle", (0, 0), (5, 5), BLACK), ("rectangle", (0, 0), (5, 5), ERASE))
    assert state(drawing) == blank


def test_painting_twice_in_one_place_does_not_add_up():
    drawing = Drawing((1, 4, 4))
    faint = Paint((255,), 51)
    there, back = ((0, 0), (0, 3)), ((0, 3), (0, 0))
    stroke(drawing, ("line", *there, Brush(2), faint), ("line", *back, Brush(2), faint))
    assert set(drawing.opacity.ravel().tolist()) == {0, 51}


def test_moving_stops_at_the_edge_and_loses_nothing():
    drawing = Drawing((1, 28, 28))
    drawing.reset(preset("pixel-pattern", (1, 28, 28)))
    before = sorted(drawing.pattern[0][drawing.opacity > 0].tolist())
    stroke(drawing, ("move", 100, 100))
    rows, columns = np.nonzero(drawing.opacity)
    assert (rows.max(), columns.max()) == (27, 27)
    stroke(drawing, ("move", -100, -3))
    rows, columns = np.nonzero(drawing.opacity)
    assert (rows.min(), columns.max()) == (0, 24)
    assert sorted(drawing.pattern[0][drawing.opacity > 0].tolist()) == before


def test_a_move_within_one_stroke_counts_from_its_beginning():
    drawing = Drawing((1, 10, 10))
    stroke(drawing, ("line", (2, 2), (2, 2), Brush(1), WHITE))
    stroke(drawing, ("move", 50, 50), ("move", 1, 0))
    assert np.argwhere(drawing.opacity).tolist() == [[3, 2]]


def test_one_stroke_is_one_step_and_one_without_effect_is_none():
    drawing = Drawing((1, 8, 8))
    assert stroke(drawing, *[("line", (i, 0), (i, 7), Brush(1), WHITE) for i in range(8)])
    assert not stroke(drawing, ("line", (0, 0), (0, 7), Brush(1), WHITE))
    assert not stroke(drawing, ("move", 1, 1))  # it fills the drawing: there is no room
    assert drawing.undo()
    assert not drawing.can_undo
    assert not drawing.opacity.any()
    assert not drawing.undo()


def test_a_cancelled_stroke_leaves_no_trace():
    drawing = Drawing((1, 8, 8))
    stroke(drawing, ("line", (0, 0), (7, 7), Brush(1), WHITE))
    before = state(drawing)
    drawing.begin()
    drawing.clear()
    assert drawing.cancel()
    assert state(drawing) == before
    assert not drawing.can_redo
    assert not drawing.cancel()


def test_restarting_a_shape_keeps_only_its_last_form():
    drawing = Drawing((1, 8, 8))
    drawing.begin()
    drawing.rectangle((0, 0), (7, 7), WHITE)
    drawing.restart()
    drawing.rectangle((0, 0), (1, 1), WHITE)
    drawing.end()
    assert np.count_nonzero(drawing.opacity) == 4


def test_a_trigger_of_another_size_is_refused_but_may_start_a_new_drawing():
    drawing = Drawing((1, 8, 8))
    trigger = preset("white-3x3", (3, 12, 10))
    with pytest.raises(ValueError, match="another size"):
        drawing.put(trigger)
    stroke(drawing, ("clear",), ("fill", (0, 0), WHITE))
    drawing.reset(trigger)
    assert drawing.shape == (3, 12, 10)
    assert not drawing.can_undo


# Round brushes, mirrors, and shapes made even.


@pytest.mark.parametrize(
    ("size", "rows"),
    [
        (1, ["#"]),
        (2, ["##", "##"]),
        (3, [".#.", "###", ".#."]),
        (4, [".##.", "####", "####", ".##."]),
        (5, [".###.", "#####", "#####", "#####", ".###."]),
    ],
)
def test_a_round_brush_has_no_corners(size, rows):
    drawn = Brush(size, BrushShape.ROUND).cells()
    assert ["".join(".#"[cell] for cell in row) for row in drawn.tolist()] == rows


@pytest.mark.parametrize("size", range(1, LARGEST_BRUSH + 1))
def test_a_round_brush_is_the_same_from_every_side(size):
    drawn = Brush(size, BrushShape.ROUND).cells()
    assert drawn.any(axis=0).all()
    assert np.array_equal(drawn, drawn.T)
    assert np.array_equal(drawn, drawn[::-1])


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 9, 13), (3, 64, 64)])
@pytest.mark.parametrize("symmetry", [*Symmetry, Symmetry.BOTH, Symmetry.NONE])
def test_strokes_are_mirrored_at_the_middle(shape, symmetry):
    drawing = Drawing(shape)
    drawing.symmetry = symmetry
    paint = Paint((7,) * shape[0], 90)
    stroke(drawing, ("line", (0, 1), (3, 2), Brush(2), paint), ("rectangle", (5, 0), (6, 1), paint))
    plain = Drawing(shape)
    stroke(plain, ("line", (0, 1), (3, 2), Brush(2), paint), ("rectangle", (5, 0), (6, 1), paint))
    expected = plain.opacity > 0
    if Symmetry.LEFT_RIGHT in symmetry:
        expected = expected | expected[:, ::-1]
    if Symmetry.TOP_BOTTOM in symmetry:
        expected = expected | expected[::-1]
    assert np.array_equal(drawing.opacity > 0, expected)
    assert (drawing.pattern[:, expected] == 7).all()


def test_a_mirrored_fill_fills_what_is_alike_at_each_image_of_the_cell():
    drawing = Drawing((1, 6, 8))
    stroke(drawing, ("rectangle", (0, 6), (0, 7), BLACK))
    drawing.symmetry = Symmetry.LEFT_RIGHT
    grey = Paint((90,), 255)
    stroke(drawing, ("fill", (0, 0), grey))
    # At the left the empty area is filled, at the right the black bar: not its mirror image.
    assert drawing.paint_at((0, 7)) == drawing.paint_at((0, 0)) == grey
    assert (drawing.opacity == 255).all()


@pytest.mark.parametrize(
    ("end", "even"),
    [((6, 1), (6, 0)), ((-1, 6), (0, 6)), ((4, 5), (5, 5)), ((-4, 5), (-5, 5)), ((0, 0), (0, 0))],
)
def test_a_straightened_line_runs_in_one_of_eight_directions(end, even):
    assert straightened((0, 0), end) == even


def test_a_squared_rectangle_keeps_its_long_side_and_direction():
    assert squared((5, 5), (7, 1)) == (9, 1)
    assert squared((5, 5), (4, 9)) == (1, 9)


# Selections.


def select(drawing, top, left, rows, columns):
    drawing.select(Area(top, left, rows, columns))


def test_an_area_is_cut_to_the_drawing():
    assert Area.between((5, 6), (2, 3), (8, 8)) == Area(2, 3, 4, 4)
    assert Area.between((-9, 6), (2, 99), (8, 8)) == Area(0, 6, 3, 2)
    assert Area.between((9, 0), (12, 3), (8, 8)) is None


def test_moving_a_selection_leaves_the_rest_and_what_it_passes_over():
    drawing = Drawing((1, 10, 10))
    stroke(drawing, ("rectangle", (1, 1), (2, 2), WHITE), ("rectangle", (1, 5), (8, 5), BLACK))
    select(drawing, 0, 0, 4, 4)
    stroke(drawing, ("move", 0, 4))
    assert drawing.selection == Area(0, 4, 4, 4)
    assert drawing.paint_at((1, 5)) == WHITE  # it hides the bar while it lies there
    stroke(drawing, ("move", 0, 3))
    assert drawing.paint_at((1, 5)) == BLACK
    assert drawing.opacity[1, 8] == drawing.opacity[2, 9] == 255
    assert not drawing.opacity[:, :5].any()
    assert np.count_nonzero(drawing.opacity) == 4 + 8


def test_what_floats_is_anchored_by_the_next_stroke():
    drawing = Drawing((1, 10, 10))
    stroke(drawing, ("rectangle", (0, 0), (0, 9), BLACK), ("rectangle", (5, 5), (5, 5), WHITE))
    select(drawing, 5, 5, 1, 1)
    stroke(drawing, ("move", -5, 0))
    stroke(drawing, ("line", (9, 9), (9, 9), Brush(), WHITE))
    assert drawing.selection is None
    select(drawing, 0, 5, 1, 1)
    stroke(drawing, ("move", 4, 0))
    assert drawing.paint_at((0, 5)).opacity == 0  # the bar was replaced there


def test_a_selection_moves_as_far_as_what_it_holds_allows():
    drawing = Drawing((1, 10, 10))
    stroke(drawing, ("rectangle", (4, 4), (5, 5), WHITE))
    select(drawing, 2, 2, 6, 6)
    stroke(drawing, ("move", 50, -50))
    assert np.argwhere(drawing.opacity).tolist() == [[8, 0], [8, 1], [9, 0], [9, 1]]
    assert drawing.selection == Area(6, -2, 6, 6)
    stroke(drawing, ("move", -8, 8))
    assert np.count_nonzero(drawing.opacity) == 4
    select(drawing, 0, 0, 2, 2)  # nothing lies in it: the frame stops at the edge
    assert not stroke(drawing, ("move", -5, 3))
    assert drawing.selection == Area(0, 3, 2, 2)


def test_erasing_a_selection_leaves_the_rest_and_the_frame():
    drawing = Drawing((1, 6, 6))
    stroke(drawing, ("rectangle", (0, 0), (5, 5), WHITE))
    select(drawing, 1, 1, 2, 3)
    assert stroke(drawing, ("erase_selection",))
    assert np.count_nonzero(drawing.opacity) == 36 - 6
    assert drawing.selection == Area(1, 1, 2, 3)
    assert not stroke(drawing, ("erase_selection",))


def test_a_placed_piece_can_be_moved_and_erased_without_a_trace():
    drawing = Drawing((3, 8, 8))
    stroke(drawing, ("rectangle", (0, 0), (7, 7), Paint((9, 9, 9), 255)))
    before = state(drawing)
    assert stroke(drawing, ("place", preset("white-3x3", (3, 3, 3)), (2, 2)))
    assert drawing.paint_at((2, 2)) == Paint((255, 255, 255), 255)
    stroke(drawing, ("move", 3, 3))
    assert drawing.paint_at((2, 2)) == Paint((9, 9, 9), 255)
    assert drawing.selected().equals(Layers.of(preset("white-3x3", (3, 3, 3))))
    stroke(drawing, ("erase_selection",))
    assert state(drawing) == before


def test_undo_brings_back_what_was_selected_then():
    drawing = Drawing((1, 8, 8))
    stroke(drawing, ("rectangle", (0, 0), (1, 1), WHITE))
    select(drawing, 0, 0, 2, 2)
    stroke(drawing, ("move", 4, 4))
    drawing.undo()
    assert drawing.selection == Area(0, 0, 2, 2)
    drawing.redo()
    assert drawing.selection == Area(4, 4, 2, 2)
    assert drawing.selected().opacity.tolist() == [[255, 255], [255, 255]]


def test_nudges_in_a_row_are_one_step_and_none_where_they_lead_back():
    drawing = Drawing((1, 8, 8))
    stroke(drawing, ("rectangle", (3, 3), (4, 4), WHITE))
    before = state(drawing)
    assert drawing.nudge(1, 0)
    assert drawing.nudge(0, -1)
    assert np.argwhere(drawing.opacity)[0].tolist() == [4, 2]
    assert drawing.nudge(-1, 0)
    assert drawing.nudge(0, 1)
    assert state(drawing) == before
    assert drawing.undo()
    assert not drawing.can_undo
    assert not Drawing((1, 8, 8)).nudge(1, 1)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), channels=st.sampled_from([1, 3]))
def test_drawing_to_png_and_back_is_exact(seed, channels, tmp_path_factory):
    chance = np.random.default_rng(seed)
    shape = (channels, 5, 7)
    layers = Layers(
        chance.integers(0, 256, shape, dtype=np.uint8),
        chance.integers(0, 256, shape[1:], dtype=np.uint8),
    )
    drawing = Drawing(shape)
    drawing.put(
        Trigger(*(np.float32(a) / np.float32(255) for a in (layers.opacity, layers.pattern)))
    )
    path = tmp_path_factory.getbasetemp() / "trigger.png"
    path.write_bytes(write_png(drawing.trigger()))
    assert Layers.of(read_png(path, shape)).equals(layers)


class EditingSession(RuleBasedStateMachine):
    """Any order of strokes, undo and redo, against a plain list of states."""

    paints = st.builds(
        Paint,
        st.tuples(*[st.integers(0, 255)] * 3),
        st.sampled_from([0, 51, 255]),
    )
    brushes = st.builds(Brush, st.integers(1, LARGEST_BRUSH), st.sampled_from(BrushShape))

    def __init__(self):
        super().__init__()
        self.drawing = Drawing((3, 12, 9))
        self.states = [state(self.drawing)]
        self.position = 0

    def finish(self):
        changed = self.drawing.end()
        assert changed == (state(self.drawing) != self.states[self.position])
        if changed:
            del self.states[self.position + 1 :]
            self.states.append(state(self.drawing))
            self.position += 1

    @rule(points=st.lists(cells, min_size=2, max_size=4), brush=brushes, paint=paints)
    def draw(self, points, brush, paint):
        self.drawing.begin()
        for start, end in itertools.pairwise(points):
            self.drawing.line(start, end, brush, paint)
        self.finish()

    @rule(corner=cells, opposite=cells, paint=paints)
    def draw_rectangle(self, corner, opposite, paint):
        self.drawing.begin()
        self.drawing.rectangle(corner, opposite, paint)
        self.finish()

    @rule(cell=cells, paint=paints)
    def fill(self, cell, paint):
        self.drawing.begin()
        self.drawing.fill(cell, paint)
        self.finish()

    @rule(by=cells)
    def move(self, by):
        self.drawing.begin()
        self.drawing.move(*by)
        self.finish()

    @rule(by=cells)
    def nudge(self, by):
        before = state(self.drawing)
        self.drawing.select(self.drawing.selection)  # parts it from the nudge before
        moved = self.drawing.nudge(*by)
        assert moved == (state(self.drawing) != before)
        if moved:
            del self.states[self.position + 1 :]
            self.states.append(state(self.drawing))
            self.position += 1

    @rule(corner=cells, opposite=cells)
    def select(self, corner, opposite):
        self.drawing.select(Area.between(corner, opposite, (12, 9)))

    @rule(corner=cells, paint=paints)
    def place(self, corner, paint):
        piece = Drawing((3, 4, 3))
        stroke(piece, ("rectangle", (0, 1), (3, 1), paint))
        self.drawing.begin()
        self.drawing.place(piece.trigger(), corner)
        self.finish()

    @rule()
    def erase_selection(self):
        self.drawing.begin()
        self.drawing.erase_selection()
        self.finish()

    @rule()
    def clear(self):
        self.drawing.begin()
        self.drawing.clear()
        self.finish()

    @rule(paint=paints)
    def draw_and_cancel(self, paint):
        self.drawing.begin()
        self.drawing.fill((0, 0), paint)
        self.drawing.cancel()

    @precondition(lambda self: self.position > 0)
    @rule()
    def undo(self):
        assert self.drawing.undo()
        self.position -= 1

    @precondition(lambda self: self.position < len(self.states) - 1)
    @rule()
    def redo(self):
        assert self.drawing.redo()
        self.position += 1

    @invariant()
    def shows_the_state_of_its_position(self):
        assert state(self.drawing) == self.states[self.position]
        assert self.drawing.can_undo == (self.position > 0)
        assert self.drawing.can_redo == (self.position < len(self.states) - 1)


EditingSession.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestEditingSession = EditingSession.TestCase
