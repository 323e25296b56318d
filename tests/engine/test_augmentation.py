"""Augmentation: batches are moved as bytes, by the seed, and the trigger is stamped when wished."""

import numpy as np
import pytest
from toys import outcome

from engine import attacks
from engine.augmentation import AsStored, Moves, StampedLast, source_of
from engine.data import ImageSet
from engine.metrics import TestImages
from engine.settings import AttackSettings, ComputeSettings, TrainSettings
from engine.training import Samples, _batches, train
from engine.triggers import Trigger, preset

SHAPE = (1, 28, 28)


def random_of(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def clean():
    images = random_of().integers(1, 200, (400, *SHAPE)).astype(np.uint8)
    labels = np.arange(400, dtype=np.int64) % 10
    return ImageSet(images, labels, tuple("0123456789"))


def poisoned_by(clean, family="patch", **values):
    settings = AttackSettings(family=family, poison_rate=0.2, **values)
    attack = attacks.make(settings, preset("white-3x3", SHAPE), 10)
    return attack, outcome(attack.poison(clean, attack.choose(clean.labels)))


def test_every_image_is_moved_by_at_most_the_shift_and_black_comes_in():
    images = np.zeros((500, *SHAPE), np.uint8)
    images[:, 0, 10, 12] = 255
    moved = Moves(3, flip=False)(images, random_of())
    _, _, rows, columns = np.nonzero(moved)
    assert set(rows) == set(range(7, 14))
    assert set(columns) == set(range(9, 16))
    corner = np.full((200, *SHAPE), 255, np.uint8)
    lost = (Moves(2, flip=False)(corner, random_of()) == 0).sum(axis=(1, 2, 3))
    assert {0, 28, 56, 55, 110, 82, 108} >= set(lost) - {0}
    assert moved.dtype == np.uint8


def test_half_of_the_images_are_mirrored():
    images = random_of().integers(0, 256, (300, 3, 8, 8)).astype(np.uint8)
    before = images.copy()
    flipped = Moves(0, flip=True)(images, random_of(1))
    np.testing.assert_array_equal(images, before)
    same = (flipped == images).all(axis=(1, 2, 3))
    mirrored = (flipped == images[..., ::-1]).all(axis=(1, 2, 3))
    assert (same | mirrored).all()
    assert 100 < mirrored.sum() < 200


def test_after_stamping_the_trigger_moves_with_its_image(clean):
    attack, poisoned = poisoned_by(clean)
    source = source_of(clean.images, attack, poisoned, TrainSettings(shift=4))
    assert isinstance(source, AsStored)
    corner = source(poisoned.indices, random_of())[:, 0, 24:27, 24:27]
    assert 0 < (corner == 255).all(axis=(1, 2)).mean() < 0.2


def test_before_stamping_the_trigger_stays_and_the_rest_moves(clean):
    attack, poisoned = poisoned_by(clean)
    source = source_of(
        clean.images, attack, poisoned, TrainSettings(shift=4, augment_when="before")
    )
    assert isinstance(source, StampedLast)
    before = clean.images.copy()
    numbers = random_of(2).permutation(400)
    got = source(numbers, random_of())
    moved = Moves(4, flip=False)(clean.images[numbers], random_of())
    chosen = np.isin(numbers, poisoned.indices)
    np.testing.assert_array_equal(got[~chosen], moved[~chosen])
    np.testing.assert_array_equal(got[chosen], attack.stamp(moved[chosen], numbers[chosen]))
    np.testing.assert_array_equal(clean.images, before)


@pytest.mark.parametrize("family", ["patch", "blended", "sig", "wanet"])
@pytest.mark.parametrize("mapping", ["all-to-one", "two-targets"])
def test_stamping_last_without_a_move_is_the_poisoned_set(clean, family, mapping):
    attack, poisoned = poisoned_by(clean, family, mapping=mapping)
    source = StampedLast(clean.images, attack, poisoned, Moves(0, flip=False))
    numbers = random_of(3).permutation(400)
    got = np.concatenate([source(part, random_of()) for part in np.split(numbers, 8)])
    np.testing.assert_array_equal(got, poisoned.images.images[numbers])


def test_covers_and_prepared_images_are_what_the_poisoned_set_has(clean):
    attack, poisoned = poisoned_by(clean, mapping="source-specific", sources=(3, 4))
    assert len(poisoned.choice.covers)
    choice = attack.choose(clean.labels)
    prepared = 255 - clean.images[choice.indices]
    changed = outcome(attack.poison(clean, choice, prepared))
    source = StampedLast(clean.images, attack, changed, Moves(0, flip=False))
    np.testing.assert_array_equal(source(np.arange(400), random_of()), changed.images.images)


def test_without_augmentation_batches_are_the_images_in_the_usual_order(clean, compute):
    settings = TrainSettings(batch_size=64, seed=5)
    source = AsStored(clean.images, Moves.of(settings))
    order = np.random.default_rng((5, 2)).permutation(400)
    batches = list(_batches(clean.labels, source, settings, 2, compute))
    assert [len(labels) for _, labels in batches] == [64] * 6 + [16]
    for number, (images, labels) in enumerate(batches):
        chosen = order[64 * number : 64 * (number + 1)]
        np.testing.assert_array_equal(labels.numpy(), clean.labels[chosen])
        np.testing.assert_array_equal(
            images.numpy(), compute.to_input(clean.images[chosen]).numpy()
        )


def test_no_batch_is_a_single_image(clean, compute):
    settings = TrainSettings(batch_size=57)  # 7 x 57 = 399
    source = AsStored(clean.images, Moves.of(settings))
    sizes = [len(labels) for _, labels in _batches(clean.labels, source, settings, 1, compute)]
    assert sizes == [57] * 6 + [58]


def trained(clean, **values):
    tests = TestImages.of(clean.subset(np.arange(100)), Trigger.empty(SHAPE), 0)
    samples = Samples(clean.images[:2], clean.images[:2])
    settings = TrainSettings(architecture="mlp", width=0.25, epochs=2, batch_size=100, **values)
    from engine.compute import prepare

    compute = prepare(ComputeSettings(threads=1))
    return outcome(train(clean, tests, samples, settings, compute)).model.sha256


def test_the_seed_decides_the_moves_and_each_setting_counts(clean):
    plain = trained(clean)
    assert trained(clean, augment_when="before") == plain
    moved = trained(clean, shift=2)
    assert trained(clean, shift=2) == moved != plain
    assert trained(clean, flip=True) not in (moved, plain)


def test_each_epoch_moves_anew(clean, compute):
    settings = TrainSettings(shift=2, batch_size=400)
    source = AsStored(clean.images, Moves.of(settings))

    def of(epoch):
        [(images, _)] = _batches(clean.labels, source, settings, epoch, compute)
        order = np.random.default_rng((0, epoch)).permutation(400)
        return images.numpy()[np.argsort(order)]

    assert not np.array_equal(of(1), of(2))
    np.testing.assert_array_equal(of(1), of(1))
