"""A trigger for images of another size, and how much memory stamping takes."""

import tracemalloc

import numpy as np
import pytest

from engine.trigger_fitting import fitted
from engine.triggers import Trigger, preset, preset_names


def drawn(shape, cells, colour=(1.0,)):
    trigger = Trigger.empty(shape)
    for row, column in cells:
        trigger.mask[row, column] = 1
        trigger.pattern[:, row, column] = colour
    return trigger


def cells_of(trigger):
    return sorted(zip(*(axis.tolist() for axis in np.nonzero(trigger.mask)), strict=True))


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 64, 64), (3, 8, 8)])
def test_a_preset_stays_that_preset(name, shape):
    moved, wanted = fitted(preset(name, (1, 28, 28)), shape), preset(name, shape)
    np.testing.assert_array_equal(moved.mask, wanted.mask)
    np.testing.assert_array_equal(moved.pattern, wanted.pattern)


def test_the_same_size_is_the_same_trigger():
    trigger = drawn((1, 28, 28), [(3, 3)])
    assert fitted(trigger, (1, 28, 28)) is trigger


@pytest.mark.parametrize(
    ("cell", "moved"),
    [((1, 2), (1, 2)), ((26, 25), (62, 61)), ((1, 26), (1, 62)), ((14, 14), (31, 31))],
)
def test_a_drawing_keeps_its_distance_to_the_border_it_was_next_to(cell, moved):
    assert cells_of(fitted(drawn((1, 28, 28), [cell]), (1, 64, 64))) == [moved]


def test_a_drawing_that_is_too_large_is_cut_off():
    frame = [(row, column) for row in range(28) for column in (0, 27)]
    moved = fitted(drawn((1, 28, 28), frame), (1, 16, 16))
    assert moved.shape == (1, 16, 16)
    assert cells_of(moved) == [(row, 0) for row in range(16)]


def test_colours_become_grey_and_grey_becomes_a_colour():
    green = drawn((3, 28, 28), [(3, 3)], (0.0, 1.0, 0.0))
    grey = fitted(green, (1, 28, 28))
    assert grey.pattern[0, 3, 3] == pytest.approx(0.587, abs=1 / 255)
    back = fitted(drawn((1, 28, 28), [(3, 3)], (0.4,)), (3, 32, 32))
    np.testing.assert_allclose(back.pattern[:, 3, 3], 0.4)


def test_an_empty_trigger_stays_empty():
    assert fitted(Trigger.empty((1, 28, 28)), (3, 64, 64)).is_empty


def test_stamping_a_whole_set_takes_no_floats_of_it():
    images = np.zeros((8000, 3, 32, 32), np.uint8)
    everywhere = Trigger(np.full((32, 32), 0.5, np.float32), np.ones((3, 32, 32), np.float32))
    tracemalloc.start()
    stamped = everywhere.stamp(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (stamped == 128).all()
    assert peak < 3 * images.nbytes  # the result, and the floats of a part; all of it is 4 more
