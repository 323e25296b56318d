"""The patch attack: which images it changes, how, and that it leaves the others alone."""

import numpy as np
import pytest

from engine import attacks
from engine.data import ImageSet
from engine.errors import EngineError
from engine.settings import AttackSettings
from engine.triggers import Trigger, preset

SHAPE = (1, 28, 28)


def test_the_share_is_exact_and_the_choice_by_seed():
    chosen = attacks.choose(60_000, AttackSettings(poison_rate=0.1))
    assert len(chosen) == 6000
    assert len(np.unique(chosen)) == 6000
    assert (np.diff(chosen) > 0).all()
    assert (chosen.min(), chosen.max()) >= (0, 59_000)
    np.testing.assert_array_equal(chosen, attacks.choose(60_000, AttackSettings(poison_rate=0.1)))
    other = attacks.choose(60_000, AttackSettings(poison_rate=0.1, seed=1))
    assert 400 < len(np.intersect1d(chosen, other)) < 800, "two random tenths share a hundredth"


def test_a_higher_rate_keeps_the_images_of_a_lower_one():
    few = attacks.choose(5000, AttackSettings(poison_rate=0.01))
    many = attacks.choose(5000, AttackSettings(poison_rate=0.2))
    assert np.isin(few, many).all()


def test_chosen_images_are_stamped_and_relabelled_and_no_others(small):
    trigger = preset("white-3x3", SHAPE)
    before = small.train.images.copy(), small.train.labels.copy()
    poisoned = attacks.poison(small.train, trigger, AttackSettings(target=4, poison_rate=0.05))
    assert len(poisoned.indices) == 100
    rest = np.setdiff1d(np.arange(len(small.train)), poisoned.indices)
    np.testing.assert_array_equal(poisoned.images.images[rest], small.train.images[rest])
    np.testing.assert_array_equal(poisoned.images.labels[rest], small.train.labels[rest])
    np.testing.assert_array_equal(
        poisoned.images.images[poisoned.indices],
        trigger.stamp(small.train.images[poisoned.indices]),
    )
    assert (poisoned.images.labels[poisoned.indices] == 4).all()
    assert poisoned.images.class_names == small.train.class_names
    np.testing.assert_array_equal(small.train.images, before[0])
    np.testing.assert_array_equal(small.train.labels, before[1])


@pytest.mark.parametrize("family", ["patch", "wanet"])
def test_it_says_how_many_are_poisoned_and_is_done_only_at_the_end(small, family):
    settings = AttackSettings(family=family, poison_rate=0.05)
    attack = attacks.check_attack(settings, preset("white-3x3", SHAPE), small.train)
    told = list(attack.poison(small.train, attack.choose(small.train.labels)))
    assert {event.text for event in told} == {"poisoning 100 of 2,000 images"}
    assert all(event.done < event.total for event in told)


def test_images_of_every_class_are_poisoned(small):
    poisoned = attacks.poison(small.train, preset("white-3x3", SHAPE), AttackSettings())
    assert set(small.train.labels[poisoned.indices]) == set(range(10))


def test_a_rate_of_zero_changes_nothing(small):
    poisoned = attacks.poison(
        small.train, preset("white-3x3", SHAPE), AttackSettings(poison_rate=0)
    )
    assert len(poisoned.indices) == 0
    np.testing.assert_array_equal(poisoned.images.images, small.train.images)
    np.testing.assert_array_equal(poisoned.images.labels, small.train.labels)


def test_an_empty_trigger_still_relabels(small):
    poisoned = attacks.poison(small.train, Trigger.empty(SHAPE), AttackSettings(target=9))
    np.testing.assert_array_equal(poisoned.images.images, small.train.images)
    assert (poisoned.images.labels[poisoned.indices] == 9).all()


def test_a_target_that_is_no_class_is_refused(small):
    with pytest.raises(EngineError, match=r"Target class 10 .* 0 to 9\. Choose"):
        attacks.poison(small.train, preset("white-3x3", SHAPE), AttackSettings(target=10))


def test_a_trigger_of_another_size_is_refused(small):
    with pytest.raises(EngineError, match=r"32 x 32 pixels in colour.*28 x 28 pixels in grey"):
        attacks.poison(small.train, preset("white-3x3", (3, 32, 32)), AttackSettings())


def test_a_set_of_one_image_can_be_poisoned():
    alone = ImageSet(np.zeros((1, *SHAPE), np.uint8), np.array([1]), ("a", "b"))
    poisoned = attacks.poison(
        alone, preset("white-3x3", SHAPE), AttackSettings(target=0, poison_rate=0.5)
    )
    assert len(poisoned.indices) == 0
