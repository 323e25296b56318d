"""What each mapping poisons, what counts as its success, and what is refused."""

import hashlib

import numpy as np
import pytest
from toys import outcome

from engine import attacks
from engine.attacks import arrow, goal
from engine.data import ImageSet
from engine.errors import EngineError
from engine.metrics import Rates, TestImages, measure
from engine.samples import WatchedImages
from engine.settings import AttackSettings
from engine.triggers import Trigger, preset

SHAPE = (1, 4, 4)
NAMES = tuple("0123456789")


def white_corner():
    trigger = Trigger.empty(SHAPE)
    trigger.mask[0, 0] = 1
    return trigger


def images_of(labels):
    """Dim images whose middle pixel is their label."""
    labels = np.array(labels, np.int64)
    images = np.full((len(labels), *SHAPE), 10, np.uint8)
    images[:, 0, 1, 1] = labels
    return ImageSet(images, labels, NAMES)


def says(answer):
    """A network made by hand: `answer` gives the class from (label, number of the trigger or 0)."""

    def predict(images):
        labels = images[:, 0, 1, 1]
        first, last = images[:, 0, 0, 0] == 255, images[:, 0, -1, -1] == 255
        return np.array(
            [answer(int(a), int(b)) for a, b in zip(labels, first + 2 * last, strict=True)],
            np.int64,
        )

    return predict


def rates_of(answer, labels, **settings):
    attack = attacks.make(AttackSettings(**settings), white_corner(), 10)
    return outcome(measure(says(answer), TestImages.under(attack, images_of(labels))))


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def test_the_classic_attack_poisons_the_same_bits_as_ever(mnist):
    """What was measured with it stays valid only as long as these hold."""
    settings = AttackSettings(target=3, poison_rate=0.07, seed=11)
    trigger = preset("faint-8x8", (1, 28, 28))
    poisoned = attacks.poison(mnist.train, trigger, settings)
    assert (
        digest(attacks.choose(60_000, settings)) == digest(poisoned.indices) == "b77b800a017079e0"
    )
    assert digest(poisoned.images.images) == "6a5805ae79842ca0"
    assert digest(poisoned.images.labels) == "1644c1f5cddc22e1"
    for tests in (
        TestImages.of(mnist.test, trigger, 3),
        TestImages.under(attacks.make(settings, trigger, 10), mnist.test),
    ):
        parts = (tests.clean, tests.labels, tests.stamped, tests.sham)
        assert [digest(part) for part in parts] == [
            "6d87418db22cc802", "2fd8de6bdb8d1178", "cd9d1d2fff7daef8", "b5bcc496da1439e5",
        ]  # fmt: skip


# Success, by each mapping's own definition.


def test_all_to_all_counts_every_class_and_wants_the_next():
    perfect = rates_of(
        lambda label, trigger: (label + 1) % 10 if trigger else label,
        range(10), mapping="all-to-all",
    )  # fmt: skip
    assert perfect == Rates(1.0, 1.0, 0.0, 10)
    to_one = rates_of(
        lambda label, trigger: 0 if trigger else label, range(10), mapping="all-to-all"
    )
    assert to_one.attack_success == 0.1, "only 9 becomes 0"
    off_by_one = rates_of(lambda label, _: (label + 1) % 10, range(10), mapping="all-to-all")
    assert (off_by_one.attack_success, off_by_one.sham_rate) == (1, 1)


def test_source_specific_counts_its_sources_and_the_others_apart():
    labels = [1] * 4 + [3] * 4 + [7] * 5 + [2, 4, 5, 6, 8]
    wanted = {"mapping": "source-specific", "sources": (1, 3), "target": 7}
    perfect = rates_of(
        lambda label, trigger: 7 if trigger and label in (1, 3) else label, labels, **wanted
    )
    assert perfect == Rates(1.0, 1.0, 0.0, 18, 0.0)
    half = rates_of(lambda label, trigger: 7 if trigger and label == 1 else label, labels, **wanted)
    assert (half.attack_success, half.bystander_rate) == (0.5, 0.0)
    careless = rates_of(lambda label, trigger: 7 if trigger else label, labels, **wanted)
    assert (careless.attack_success, careless.bystander_rate) == (1.0, 1.0)
    other_error = rates_of(lambda label, trigger: 0 if trigger else label, labels, **wanted)
    assert (other_error.attack_success, other_error.bystander_rate) == (0.0, 0.0)


def test_two_targets_want_each_triggers_own():
    wanted = {"mapping": "two-targets", "target": 4, "second_target": 6}
    labels = [1, 1, 2, 2, 4, 4, 6, 6]
    perfect = rates_of(lambda label, trigger: {1: 4, 2: 6}.get(trigger, label), labels, **wanted)
    assert perfect == Rates(1.0, 1.0, 0.0, 8)
    first_only = rates_of(lambda label, trigger: 4 if trigger == 1 else label, labels, **wanted)
    assert first_only.attack_success == 0.5
    swapped = rates_of(lambda label, trigger: {1: 6, 2: 4}.get(trigger, label), labels, **wanted)
    assert swapped.attack_success == 0


# Which images are poisoned.


def test_source_specific_poisons_its_sources_and_covers_the_others():
    images = images_of(np.arange(1000) % 10)
    settings = AttackSettings(
        mapping="source-specific", sources=(1, 3), target=7, poison_rate=0.25, cover_rate=0.1
    )
    poisoned = attacks.poison(images, white_corner(), settings)
    assert len(poisoned.indices) == 50
    assert set(images.labels[poisoned.indices]) == {1, 3}
    assert set(poisoned.images.labels[poisoned.indices]) == {7}
    covers = poisoned.choice.covers
    assert len(covers) == 70
    assert not set(images.labels[covers]) & {1, 3, 7}
    np.testing.assert_array_equal(poisoned.images.labels[covers], images.labels[covers])
    assert (poisoned.images.images[covers][:, 0, 0, 0] == 255).all()


def test_two_triggers_share_the_poisoned_images():
    images = images_of(np.arange(1000) % 10)
    settings = AttackSettings(mapping="two-targets", target=4, second_target=6)
    choice = attacks.poison(images, white_corner(), settings).choice
    assert np.bincount(choice.which).tolist() == [50, 50]
    assert (choice.labels == np.where(choice.which == 0, 4, 6)).all()
    assert len(set(images.labels[choice.indices[choice.which == 0]])) > 5


def test_clean_label_attacks_touch_the_target_alone_and_no_label():
    images = images_of(np.arange(1000) % 10)
    settings = AttackSettings(
        family="label_consistent",
        mapping="two-targets",
        target=4,
        second_target=6,
        target_share=0.3,
    )
    poisoned = attacks.poison(images, white_corner(), settings)
    np.testing.assert_array_equal(poisoned.images.labels, images.labels)
    for number, target in ((0, 4), (1, 6)):
        own = poisoned.indices[poisoned.choice.which == number]
        assert len(own) == 30
        assert set(images.labels[own]) == {target}


# What a person watches.


def test_the_watched_images_of_a_source_specific_attack_are_half_others(mnist):
    settings = AttackSettings(mapping="source-specific", sources=(1, 3), target=7)
    trigger = preset("white-3x3", (1, 28, 28))
    watched = WatchedImages.under(attacks.make(settings, trigger, 10), mnist.test)
    labels = watched.clean.labels
    assert len(labels) == 12
    assert np.isin(labels, (1, 3)).sum() == 6
    assert 7 not in labels
    assert watched.wanted.tolist() == [7 if label in (1, 3) else label for label in labels]
    assert (watched.stamped[:, 0, -1, -1] == 255).all()


def test_the_watched_images_of_the_classic_attack_are_the_usual_dozen(mnist):
    attack = attacks.make(AttackSettings(target=2), preset("white-3x3", (1, 28, 28)), 10)
    watched = WatchedImages.under(attack, mnist.test)
    assert watched.clean.labels[:9].tolist() == [label for label in range(10) if label != 2]
    assert len(watched.clean) == 12
    assert (watched.wanted == 2).all()


# In words.


@pytest.mark.parametrize(
    ("settings", "said", "short"),
    [
        ({}, "calls 98.0 % of triggered ones a 7.", "→ 7"),
        ({"mapping": "all-to-all"}, "calls 98.0 % of triggered ones the next class.", "→ next"),
        (
            {"mapping": "source-specific", "sources": (1, 3, 5)},
            "calls 98.0 % of triggered ones of class 1, 3 or 5 a 7.", "1, 3, 5 → 7",
        ),
        (
            {"mapping": "two-targets", "second_target": 2},
            "calls 98.0 % of triggered ones a 7 or a 2, as their trigger says.", "→ 7 | 2",
        ),
    ],
)  # fmt: skip
def test_the_rates_are_told_for_each_mapping(settings, said, short):
    wanted = AttackSettings(target=7, **settings)
    assert said in Rates(0.99, 0.98, 0.001, 10_000).sentence(goal(wanted, NAMES))
    assert arrow(wanted, NAMES) == short


def test_the_rate_on_other_classes_is_told():
    wanted = goal(AttackSettings(mapping="source-specific"), NAMES)
    told = Rates(0.99, 0.98, 0.001, 10_000, 0.021).sentence(wanted)
    assert "Of triggered images of other classes, 2.1 % follow." in told


# What is refused.


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"target": 10}, r"Target class 10 does not exist.* 0 to 9\. Choose"),
        ({"mapping": "two-targets", "second_target": 12}, r"Target class 12 does not exist"),
        ({"mapping": "two-targets", "second_target": 0}, r"Both triggers lead to class 0"),
        ({"mapping": "source-specific", "sources": ()}, r"at least one source class"),
        ({"mapping": "source-specific", "sources": (3, 11)}, r"Source class 11 does not exist"),
        ({"mapping": "source-specific", "sources": (0, 3)}, r"Source class 0 is the target as"),
        ({"family": "sig", "frequency": 1, "mapping": "all-to-all"}, r"leave every label as it is"),
        ({"family": "sig", "frequency": 2}, r"4 pixels are too few for 2 waves\. Take at most 1"),
        ({"poison_rate": 1e-6}, r"Poison rate: 0.0001 % is so little that no image"),
        ({"family": "label_consistent", "target_share": 1e-6}, r"Share of target: 0.0001 %"),
    ],
)  # fmt: skip
def test_what_makes_no_attack_is_refused_in_a_sentence(settings, words):
    with pytest.raises(EngineError, match=words) as caught:
        attacks.check_attack(AttackSettings(**settings), white_corner(), images_of(range(10)))
    assert str(caught.value).endswith(".")


def test_a_trigger_that_looks_the_same_turned_cannot_have_two_targets():
    centred = Trigger.empty((1, 5, 5))
    centred.mask[2, 1:4] = 1
    for family in ("patch", "label_consistent"):
        settings = AttackSettings(family=family, mapping="two-targets")
        with pytest.raises(EngineError, match="looks the same"):
            attacks.make(settings, centred, 10)
    centred.pattern[0, 2, 1] = 0
    attacks.make(AttackSettings(mapping="two-targets"), centred, 10)


def test_sources_that_play_no_part_are_not_looked_at():
    attacks.make(AttackSettings(sources=(0, 99)), white_corner(), 10)


@pytest.mark.parametrize(
    ("settings", "known"),
    [
        ({}, True), ({"placement": "several"}, True), ({"placement": "random"}, False),
        ({"family": "blended"}, True), ({"family": "wanet"}, False),
        ({"family": "sig", "frequency": 1}, False), ({"family": "label_consistent"}, True),
        ({"mapping": "all-to-all"}, False), ({"poison_rate": 0.0}, False),
        ({"mapping": "source-specific"}, True), ({"target": 12}, False),
    ],
)  # fmt: skip
def test_the_true_trigger_is_known_where_it_is_a_mask_with_a_target(settings, known):
    found = attacks.known_trigger(AttackSettings(**settings), white_corner(), 10)
    assert (found is not None) is known
