"""What holds for every attack: bytes in, bytes out, inputs untouched, a sham that is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from engine import attacks
from engine.attacks import FAMILIES
from engine.attacks.stamping import CHUNK
from engine.data import ImageSet
from engine.metrics import TestImages
from engine.settings import AttackSettings
from engine.triggers import Trigger

COMBINATIONS = [(name, mapping) for name, family in FAMILIES.items() for mapping in family.mappings]
PLACEMENTS = ("fixed", "random", "several")


def images_of(shape, count, seed=0, classes=6):
    random = np.random.default_rng(seed)
    pictures = random.integers(0, 256, (count, *shape), np.uint8)
    labels = random.integers(0, classes, count)
    return ImageSet(pictures, labels, tuple(f"class {label}" for label in range(classes)))


def corner(shape, side=2):
    """A trigger whose ends differ, so that it can be turned."""
    trigger = Trigger.empty(shape)
    trigger.mask[:side, :side] = 1
    trigger.mask[0, 0] = 0.5
    trigger.pattern[:, 0, 0] = 0.25
    return trigger


def settings_of(family, mapping, **more):
    given_here = {"frequency": 2, "sources": (1, 3), "poison_rate": 0.3, "noise_rate": 0.2} | more
    return AttackSettings(family=family, mapping=mapping, **given_here)


@st.composite
def situations(draw):
    family, mapping = draw(st.sampled_from(COMBINATIONS))
    shape = (draw(st.sampled_from((1, 3))), draw(st.integers(6, 20)), draw(st.integers(6, 20)))
    settings = settings_of(
        family, mapping,
        placement=draw(st.sampled_from(PLACEMENTS)),
        copies=draw(st.integers(2, 4)),
        picture=draw(st.sampled_from(("noise", "rings", "drawn"))),
        seed=draw(st.integers(0, 1000)),
        warp_strength=draw(st.floats(0.1, 8)),
        warp_grid=draw(st.integers(2, 8)),
    )  # fmt: skip
    drawn = corner(shape, draw(st.integers(1, 4)))
    images = images_of(shape, draw(st.integers(1, 40)), draw(st.integers(0, 99)))
    if attacks.problems(settings, drawn, images.classes):
        settings = settings.model_copy(update={"placement": "fixed", "mapping": "all-to-one"})
    return attacks.make(settings, drawn, images.classes), images


@trying(max_examples=30)
@given(situations())
def test_stamped_images_are_bytes_of_the_same_shape_and_inputs_stay(situation):
    attack, images = situation
    before, numbers = images.images.copy(), np.arange(len(images))
    stamped = attack.stamp(images.images, numbers)
    assert stamped.dtype == np.uint8
    assert stamped.shape == images.images.shape
    assert not np.shares_memory(stamped, images.images)
    np.testing.assert_array_equal(images.images, before)


@trying(max_examples=30)
@given(situations())
def test_the_sham_changes_nothing(situation):
    attack, images = situation
    sham = attack.sham()
    numbers = np.arange(len(images))
    np.testing.assert_array_equal(sham.stamp(images.images, numbers), images.images)
    which = attack.which(numbers)
    learned = sham.stamp_for_training(images.images, numbers, which)
    np.testing.assert_array_equal(learned, images.images)
    assert sham.mapping == attack.mapping
    assert [type(one) for one in sham.triggers] == [type(one) for one in attack.triggers]


@trying(max_examples=30)
@given(situations())
def test_an_image_is_stamped_alike_whatever_comes_with_it(situation):
    attack, images = situation
    numbers = np.arange(len(images))
    together = attack.stamp(images.images, numbers)
    for place in {0, len(images) // 2, len(images) - 1}:
        alone = attack.stamp(images.images[place : place + 1], numbers[place : place + 1])
        np.testing.assert_array_equal(alone[0], together[place])


@trying(max_examples=30)
@given(situations())
def test_poisoning_touches_what_was_chosen_and_nothing_else(situation):
    attack, images = situation
    before = images.images.copy(), images.labels.copy()
    poisoned = outcome(attack.poison(images, attack.choose(images.labels)))
    choice = poisoned.choice
    touched = np.concatenate([choice.indices, choice.covers, choice.decoys])
    assert len(np.unique(touched)) == len(touched), "no image has two roles"
    rest = np.setdiff1d(np.arange(len(images)), touched)
    np.testing.assert_array_equal(poisoned.images.images[rest], before[0][rest])
    others = np.setdiff1d(np.arange(len(images)), choice.indices)
    np.testing.assert_array_equal(poisoned.images.labels[others], before[1][others])
    np.testing.assert_array_equal(images.images, before[0])
    np.testing.assert_array_equal(images.labels, before[1])
    assert poisoned.images.images.dtype == np.uint8
    stamped = attack.stamp_for_training(before[0][choice.indices], choice.indices, choice.which)
    np.testing.assert_array_equal(poisoned.images.images[choice.indices], stamped)
    assert (np.diff(choice.indices) > 0).all()


@trying(max_examples=30)
@given(situations())
def test_what_counts_is_what_shall_move(situation):
    attack, images = situation
    tests = TestImages.under(attack, images)
    numbers = np.arange(len(images))
    counting = attack.counts(images.labels, numbers)
    assert len(tests.stamped) == len(tests.sham) == len(tests.wanted) == counting.sum()
    np.testing.assert_array_equal(tests.sham, images.images[counting])
    assert (tests.wanted != images.labels[counting]).all()
    assert (tests.wanted < images.classes).all()
    if attack.settings.mapping == "source-specific":
        sources = np.isin(images.labels, (1, 3))
        assert counting.sum() == sources.sum()
        assert len(tests.bystanders) == (~sources & (images.labels != 0)).sum()
    else:
        assert len(tests.bystanders) == 0


def test_more_images_than_a_chunk_are_stamped_alike():
    shape = (1, 8, 8)
    images = images_of(shape, CHUNK + 7)
    for family, mapping in COMBINATIONS:
        attack = attacks.make(settings_of(family, mapping), corner(shape), images.classes)
        numbers = np.arange(len(images))
        stamped = attack.stamp(images.images, numbers)
        last = attack.stamp(images.images[-7:], numbers[-7:])
        np.testing.assert_array_equal(stamped[-7:], last)


# What each family does.


def test_a_patch_at_random_places_is_whole_and_moves():
    shape = (1, 12, 12)
    black = np.zeros((200, *shape), np.uint8)
    drawn = Trigger.empty(shape)
    drawn.mask[9:12, 9:12] = 1
    attack = attacks.make(AttackSettings(placement="random"), drawn, 10)
    stamped = attack.stamp(black, np.arange(200))
    assert (stamped.reshape(200, -1) == 255).sum(1).tolist() == [9] * 200
    rows, columns = (stamped[:, 0].max(axis=axis).argmax(1) for axis in (2, 1))
    assert set(rows.tolist()) == set(columns.tolist()) == set(range(10)), "every place that fits"


def test_a_patch_in_several_places_keeps_its_look():
    shape = (1, 10, 12)
    drawn = corner(shape)
    stamped = [
        attacks.make(AttackSettings(placement="several", copies=copies), drawn, 10).stamp(
            np.zeros((1, *shape), np.uint8), np.zeros(1, np.int64)
        )[0, 0]
        for copies in (2, 3, 4)
    ]
    look = stamped[0][:2, :2]
    assert look.tolist() == [[32, 255], [255, 255]]
    for copies, picture in zip((2, 3, 4), stamped, strict=True):
        corners = [picture[rows, columns] for rows in (slice(2), slice(8, 10))
                   for columns in (slice(2), slice(10, 12))]  # fmt: skip
        assert sum(np.array_equal(corner, look) for corner in corners) == copies
        assert np.count_nonzero(picture) == 4 * copies


def test_blending_is_the_papers_formula():
    shape = (3, 4, 4)
    images = images_of(shape, 5)
    settings = AttackSettings(family="blended", blend_ratio=0.25)
    attack = attacks.make(settings, Trigger.empty(shape), 6)
    picture = attack.triggers[0].trigger.pattern
    assert picture.std() > 0.2
    expected = 0.75 * images.images + 0.25 * 255 * picture
    stamped = attack.stamp(images.images, np.arange(5)).astype(float)
    assert np.abs(stamped - expected).max() <= 0.5 + 1e-3


def test_ones_own_picture_is_blended_where_it_is_drawn():
    shape = (1, 6, 6)
    drawn = Trigger.empty(shape)
    drawn.mask[0, 0], drawn.mask[1, 1] = 1, 0.5
    settings = AttackSettings(family="blended", picture="drawn", blend_ratio=0.4)
    black = np.zeros((1, *shape), np.uint8)
    stamped = attacks.make(settings, drawn, 10).stamp(black, np.zeros(1, int))
    assert stamped[0, 0, 0, 0] == 102
    assert stamped[0, 0, 1, 1] == 51
    assert np.count_nonzero(stamped) == 2


def test_waves_are_a_sine_of_that_height_and_clipped():
    grey = np.full((1, 1, 16, 16), 100, np.uint8)
    settings = AttackSettings(family="sig", amplitude=30, test_amplitude=60, frequency=2)
    attack = attacks.make(settings, Trigger.empty((1, 16, 16)), 10)
    learned = attack.stamp_for_training(grey, np.zeros(1, int), np.zeros(1, int))[0, 0].astype(int)
    expected = np.rint(100 + 30 * np.sin(2 * np.pi * 2 * np.arange(16) / 16))
    np.testing.assert_array_equal(learned, np.tile(expected, (16, 1)))
    at_test = attack.stamp(grey, np.zeros(1, int))[0, 0].astype(int)
    assert (at_test.min(), at_test.max()) == (40, 160)
    black = attack.stamp(np.zeros_like(grey), np.zeros(1, int))
    assert (black.min(), black.max()) == (0, 60)


def test_a_warp_moves_pixels_by_its_strength_and_invents_none():
    ramp = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (24, 1))[None, None]
    for strength in (0.5, 2.0):
        settings = AttackSettings(family="wanet", warp_strength=strength)
        attack = attacks.make(settings, Trigger.empty((1, 24, 24)), 10)
        field = attack.triggers[0].field
        assert 0.4 * strength < np.abs(field).mean() < 1.6 * strength
        bent = attack.stamp(ramp, np.zeros(1, int))[0, 0].astype(float)
        inner = slice(6, 18)
        moved = (bent - ramp[0, 0])[inner, inner] / 10
        np.testing.assert_allclose(moved, field[1][inner, inner], atol=0.06)
    flat = np.full((1, 1, 24, 24), 77, np.uint8)
    assert (attack.stamp(flat, np.zeros(1, int)) == 77).all()


@pytest.mark.parametrize(("family", "mapping"), COMBINATIONS)
def test_two_triggers_differ_and_take_turns(family, mapping):
    if mapping != "two-targets":
        return
    shape = (1, 16, 16)
    attack = attacks.make(settings_of(family, mapping), corner(shape), 6)
    grey = np.full((2, *shape), 90, np.uint8)
    first, second = attack.stamp(grey, np.arange(2))
    assert not np.array_equal(first, second) or family == "wanet"
    labels = np.array([0, 0, 1, 1, 4, 4])
    assert attack.wanted(labels, np.arange(6)).tolist() == [0, 1, 0, 1, 0, 1]
    assert attack.counts(labels, np.arange(6)).tolist() == [False, True, True, False, True, True]


def outcome(job):
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value
