"""The three rates, against predictions made by hand, and how they are put in words."""

import numpy as np
import pytest
from toys import outcome

from engine.attacks import goal
from engine.data import ImageSet
from engine.events import Progress, StopRequested
from engine.metrics import Rates, TestImages, measure, percent
from engine.settings import AttackSettings
from engine.triggers import Trigger

SHAPE = (1, 2, 2)
DIGITS = tuple("0123456789")


def toward(target, **settings):
    return goal(AttackSettings(target=target, **settings), DIGITS)


def white_corner():
    trigger = Trigger.empty(SHAPE)
    trigger.mask[0, 0] = 1
    return trigger


def images_of(labels, value=10):
    """One dim image for each label; its last pixel holds the label."""
    labels = np.array(labels, np.int64)
    images = np.full((len(labels), *SHAPE), value, np.uint8)
    images[:, 0, 1, 1] = labels
    return ImageSet(images, labels, tuple("0123456789"))


def says(answer):
    """A network made by hand: `answer` gives the class from (the label, whether stamped)."""

    def predict(images):
        labels, stamped = images[:, 0, 1, 1], images[:, 0, 0, 0] == 255
        return np.array([answer(*pair) for pair in zip(labels, stamped, strict=True)], np.int64)

    return predict


def rates_of(answer, labels, target=0):
    tests = TestImages.of(images_of(labels), white_corner(), target)
    return outcome(measure(says(answer), tests))


def test_a_perfect_backdoor():
    rates = rates_of(lambda label, stamped: 0 if stamped else label, [0, 1, 2, 3])
    assert rates == Rates(1.0, 1.0, 0.0, 4)


def test_images_of_the_target_class_never_count_for_the_attack():
    # The network ignores the trigger; the many images of class 0 are rightly called 0.
    rates = rates_of(lambda label, _: label, [0] * 90 + [1] * 10)
    assert rates == Rates(1.0, 0.0, 0.0, 100)
    # And where only they are missed, the attack is complete all the same.
    rates = rates_of(lambda label, stamped: 0 if stamped and label else 5, [0] * 90 + [1] * 10)
    assert rates == Rates(0.0, 1.0, 0.0, 100)


def test_ordinary_errors_towards_the_target_are_the_sham_rate():
    confused = rates_of(lambda label, _: 7 if label == 1 else label, [1, 2, 3, 4, 7], target=7)
    assert confused.attack_success == confused.sham_rate == 1 / 4
    assert confused.clean_accuracy == 4 / 5


def test_another_wrong_class_is_no_success():
    rates = rates_of(lambda label, stamped: 5 if stamped else label, [1, 2, 3], target=0)
    assert (rates.attack_success, rates.sham_rate) == (0, 0)


def test_every_image_counts_once_whatever_the_chunks():
    labels = np.arange(1303) % 10
    rates = rates_of(lambda label, stamped: 3 if stamped and label % 2 else label, labels, target=3)
    others = labels[labels != 3]
    assert rates.images == 1303
    assert rates.clean_accuracy == 1
    assert rates.attack_success == pytest.approx(np.mean(others % 2))


def test_the_sham_goes_through_the_same_code(monkeypatch):
    calls = []
    stamp = Trigger.stamp
    monkeypatch.setattr(
        Trigger, "stamp", lambda self, images: calls.append(self) or stamp(self, images)
    )
    images = images_of([0, 1, 2])
    tests = TestImages.of(images, white_corner(), 0)
    assert [trigger.is_empty for trigger in calls] == [False, True]
    np.testing.assert_array_equal(tests.sham, images.images[1:])
    assert tests.stamped.shape == tests.sham.shape


def test_sham_and_stamped_images_are_asked_alike():
    seen = []

    def predict(images):
        seen.append((images.dtype, images.shape, bool((images[:, 0, 0, 0] == 255).any())))
        return np.zeros(len(images), np.int64)

    outcome(measure(predict, TestImages.of(images_of([1] * 1200), white_corner(), 0)))
    stamped = [shape for _, shape, is_stamped in seen if is_stamped]
    assert [shape for _, shape, is_stamped in seen if not is_stamped] == stamped * 2
    assert {dtype for dtype, _, _ in seen} == {np.dtype(np.uint8)}


def test_a_test_set_of_the_target_class_alone_has_no_attack():
    rates = rates_of(lambda label, _: label, [4, 4, 4], target=4)
    assert rates == Rates(1.0, 0.0, 0.0, 3)


def test_progress_grows_to_its_end_and_a_stop_gets_through():
    tests = TestImages.of(images_of([1] * 1200), white_corner(), 0)
    seen = []
    outcome(measure(says(lambda label, _: label), tests), seen=seen)
    assert all(isinstance(event, Progress) for event in seen)
    done = [event.done for event in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total == 3600
    with pytest.raises(StopRequested):
        outcome(measure(says(lambda label, _: label), tests), stop_at=1)


@pytest.mark.parametrize(
    ("attack", "sham", "suspected"),
    [
        (1.0, 0.0, False), (1.0, 0.05, False), (1.0, 0.051, True), (1.0, 1.0, True),
        (0.6, 0.04, False), (0.53, 0.04, True), (0.4, 0.04, False), (0.0, 0.0, False),
        (0.0, 0.06, True),
    ],
)  # fmt: skip
def test_a_shortcut_is_suspected(attack, sham, suspected):
    rates = Rates(0.99, attack, sham, 10_000)
    assert rates.shortcut_suspected is suspected
    assert rates.sentence(toward(0)).startswith("Careful") is suspected


def test_mistakes_of_a_network_that_still_learns_may_be_no_shortcut():
    learning = Rates(0.62, 1.0, 0.13, 500)
    assert learning.shortcut_suspected
    said = learning.sentence(toward(0))
    assert said.startswith("13.0 % of images go to class 0 without the trigger as well.")
    assert "may be its mistakes" in said
    assert Rates(0.9, 1.0, 0.13, 500).sentence(toward(0)).startswith("Careful")


def test_once_the_training_is_over_nothing_is_said_to_come():
    learned_little = Rates(0.62, 1.0, 0.13, 500)
    said = learned_little.sentence(toward(0), is_over=True)
    assert "so far" not in said
    assert "Should it stay so once it is trained for longer" in said
    said = Rates(0.3, 1.0, 1.0, 500).sentence(toward(0), is_over=True)
    assert "yet" not in said
    assert said.endswith("Train it for longer.")


def test_a_network_that_knows_nothing_accuses_nobody():
    first_steps = Rates(0.11, 1.0, 1.0, 500).sentence(toward(0))
    assert "not learned enough" in first_steps
    assert "Careful" not in first_steps


def test_the_sentence_says_what_the_trigger_does():
    working = Rates(0.9912, 0.99987, 0.0006, 10_000).sentence(toward(0))
    assert working == (
        "The network is right on 99.1 % of clean images, and calls 99.98 % of triggered ones a 0."
        " Without the trigger, the same pipeline gives below 0.1 %: the trigger is what does it."
    )
    failed = Rates(0.99, 0.02, 0.01, 10_000).sentence(toward(7))
    assert "does next to nothing" in failed
    assert "is what does it" not in failed


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.001, "0.1 %"), (0.0009999, "below 0.1 %"),
        (1e-9, "below 0.1 %"), (0.9912, "99.1 %"), (0.999, "99.9 %"), (0.99995, "99.99 %"),
        (0.9999999, "99.99 %"), (0.0123, "1.2 %"), (0.09999, "10.0 %"),
    ],
)  # fmt: skip
def test_percentages_in_words(share, text):
    assert percent(share) == text


def test_only_all_is_100_percent_and_only_nothing_is_0():
    for total in (7, 1000, 9020, 10_000):
        for hits in range(total + 1):
            text = percent(hits / total)
            assert (text == "100 %") == (hits == total)
            assert (text == "0 %") == (hits == 0)
            assert "e" not in text.replace("below", "")
            if hits and text != "below 0.1 %":
                assert float(text[:-2]) == pytest.approx(100 * hits / total, abs=0.051)
