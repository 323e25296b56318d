"""Recipes of clean networks: they differ, they repeat, and they do to the images what they say."""

import numpy as np
import pytest

from engine.data import ImageSet
from engine.detection.recipes import Recipe, around, covers, draw, prepare
from engine.settings import TrainSettings

NAMES = tuple("0123456789")


def images(count=2000):
    random = np.random.default_rng(5)
    pictures = random.integers(0, 256, (count, 1, 6, 5), dtype=np.uint8)
    return ImageSet(pictures, np.arange(count) % 10, NAMES)


def test_recipes_cover_what_strangers_do():
    recipes = [draw(TrainSettings(architecture="mlp"), 0, number) for number in range(40)]
    trains = [recipe.train for recipe in recipes]
    assert {train.architecture for train in trains} == {"mlp"}
    assert {train.optimiser for train in trains} == {"adam", "sgd"}
    assert {train.input_range for train in trains} == {"0..1", "-1..1", "0..255"}
    assert {0.5, 1.0, 2.0} <= {train.width for train in trains}
    assert min(train.epochs for train in trains) == 1
    assert max(train.epochs for train in trains) > 4
    assert len({train.seed for train in trains}) == 40
    assert len({str(recipe) for recipe in recipes}) == 40


def test_a_recipe_repeats_and_another_attempt_is_another_recipe():
    base = TrainSettings()
    assert draw(base, 1, 2) == draw(base, 1, 2)
    assert len({draw(base, 1, 2), draw(base, 2, 2), draw(base, 1, 3), draw(base, 1, 2, 1)}) == 4


def test_recipes_stay_within_bounds_at_the_edges():
    for width, batch in ((0.25, 8), (4.0, 4096)):
        for number in range(20):
            drawn = draw(TrainSettings(width=width, batch_size=batch, epochs=1), 0, number)
            assert drawn.train.epochs >= 1


def test_recipes_around_the_longest_and_fastest_training_are_such_as_can_be_set():
    longest = TrainSettings(epochs=200, learning_rate=1.0)
    drawn = [draw(longest, 0, number).train for number in range(20)]
    assert {one.epochs for one in drawn} > {200}, "they vary, and end at the longest"
    assert max(one.learning_rate for one in drawn) == 1.0


def test_the_plain_recipe_changes_nothing():
    clean = images()
    prepared = prepare(clean, Recipe())
    np.testing.assert_array_equal(prepared.images, clean.images)
    np.testing.assert_array_equal(prepared.labels, clean.labels)


def test_a_share_of_the_images_is_used():
    assert len(prepare(images(), Recipe(share=0.4))) == pytest.approx(800, abs=80)


def test_imbalance_makes_the_rarest_class_as_rare_as_it_says():
    counts = np.bincount(prepare(images(20_000), Recipe(imbalance=4)).labels)
    assert counts.max() / counts.min() == pytest.approx(4, rel=0.15)


def test_label_noise_replaces_labels_and_only_so_many():
    clean = images()
    wrong = np.mean(prepare(clean, Recipe(label_noise=0.2)).labels != clean.labels)
    assert wrong == pytest.approx(0.18, abs=0.03)  # one in ten random labels is right


def test_shifts_move_whole_images_by_no_more_than_they_say():
    clean = images(300)
    moved = prepare(clean, Recipe(shift=1)).images
    steps = set()
    for before, after in zip(clean.images, moved, strict=True):
        fits = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if np.array_equal(np.roll(before, (down, right), (1, 2)), after)
        ]
        assert len(fits) == 1
        steps.update(fits)
    assert len(steps) == 9


def test_the_clean_images_are_not_changed():
    clean = images()
    before = clean.images.copy(), clean.labels.copy()
    prepare(clean, Recipe(shift=2, label_noise=0.5))
    np.testing.assert_array_equal(clean.images, before[0])
    np.testing.assert_array_equal(clean.labels, before[1])


def test_what_recipes_are_drawn_around_decides_them():
    base = TrainSettings(epochs=6, learning_rate=0.01)
    other = base.model_copy(
        update={"seed": 9, "optimiser": "sgd", "label_smoothing": 0.2, "weight_decay": 0.5}
    )
    assert around(base) == around(other)
    assert all(draw(base, 0, number) == draw(other, 0, number) for number in range(20))
    assert around(base) != around(base.model_copy(update={"epochs": 7}))


def test_recipes_cover_the_trainings_that_they_may_be():
    base = TrainSettings(epochs=8)
    for number in range(40):
        assert covers(base, draw(base, 0, number).train)
    assert covers(base, base)
    for other in (
        {"epochs": 15}, {"epochs": 1}, {"learning_rate": 0.02}, {"batch_size": 1024},
        {"width": 4.0}, {"architecture": "mlp"},
    ):  # fmt: skip
        assert not covers(base, base.model_copy(update=other)), other
