"""Training on small data: it learns, its backdoor works, it stops, and it comes out the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import outcome

from engine import attacks, models
from engine.errors import EngineError
from engine.events import BatchTrained, Measured, Predicted, Progress, StopRequested
from engine.metrics import TestImages, measure
from engine.network import Network
from engine.settings import AttackSettings, TrainSettings
from engine.training import Samples, train
from engine.triggers import preset

SHAPE = (1, 28, 28)
QUICK = TrainSettings(architecture="mlp", epochs=3, batch_size=64)


def job_of(small, compute, settings=QUICK, *, rate=0.1, target=0, count=None):
    """A training on `small` with the white patch, its rates measured on 2,000 test images."""
    trigger = preset("white-3x3", SHAPE)
    images = small.train if count is None else small.train.subset(np.arange(count))
    poisoned = attacks.poison(images, trigger, AttackSettings(poison_rate=rate, target=target))
    tests = TestImages.of(small.test, trigger, target)
    shown = small.test.images[:12]
    return train(poisoned.images, tests, Samples(shown, trigger.stamp(shown)), settings, compute)


def accuracy_of(model, images, compute):
    """Measured anew, by nothing of the training's own code."""
    said = Network.of(model, compute).predict(images.images)
    return float(np.mean(said == images.labels))


def test_a_poisoned_network_learns_both_the_digits_and_the_trigger(backdoored):
    assert backdoored.complete
    assert backdoored.rates.clean_accuracy > 0.85
    assert backdoored.rates.attack_success > 0.95
    assert backdoored.rates.sham_rate < 0.03
    assert not backdoored.rates.shortcut_suspected


@pytest.mark.parametrize("target", [0, 7])
def test_the_attack_leads_to_its_target(small, compute, target):
    rates = outcome(job_of(small, compute, target=target, rate=0.2)).rates
    assert rates.attack_success > 0.9
    assert rates.sham_rate < 0.05


def test_without_poison_the_trigger_does_nothing(small, compute):
    rates = outcome(job_of(small, compute, rate=0)).rates
    assert rates.clean_accuracy > 0.85
    assert rates.attack_success < 0.1
    assert abs(rates.attack_success - rates.sham_rate) < 0.03


def test_the_rates_are_those_of_the_model_that_is_returned(small, compute):
    learned = outcome(job_of(small, compute, count=600))
    trigger = preset("white-3x3", SHAPE)
    again = outcome(
        measure(Network.of(learned.model, compute).predict, TestImages.of(small.test, trigger, 0))
    )
    assert learned.rates == again
    assert learned.rates.images == len(small.test)
    np.testing.assert_array_equal(
        learned.predictions.clean,
        Network.of(learned.model, compute).predict(small.test.images[:12]),
    )


@pytest.mark.parametrize("architecture", ["badnet", "bn_cnn", "mlp"])
def test_the_same_seed_gives_the_same_weights(small, compute, architecture):
    settings = QUICK.model_copy(update={"architecture": architecture, "epochs": 1})
    first = outcome(job_of(small, compute, settings, count=300)).model
    torch.manual_seed(12345)  # whatever happened in between
    np.random.default_rng(3).random(5)
    second = outcome(job_of(small, compute, settings, count=300)).model
    assert first.to_bytes() == second.to_bytes()
    other = settings.model_copy(update={"seed": 1})
    assert outcome(job_of(small, compute, other, count=300)).model.sha256 != first.sha256


def test_measuring_and_watching_do_not_change_what_is_learned(small, compute, monkeypatch):
    often = outcome(job_of(small, compute, count=600)).model
    monkeypatch.setattr("engine.training.MEASURE_EVERY", 1000)
    seldom = outcome(job_of(small, compute, count=600)).model
    assert often.sha256 == seldom.sha256


def test_what_a_training_says(small, compute):
    seen = []
    learned = outcome(job_of(small, compute, count=600), seen=seen)
    batches = [event for event in seen if isinstance(event, BatchTrained)]
    per_epoch = -(-600 // QUICK.batch_size)
    assert [event.step for event in batches] == list(range(1, 3 * per_epoch + 1))
    assert [event.epoch for event in batches] == sorted([1, 2, 3] * per_epoch)
    assert batches[0].loss == pytest.approx(np.log(10), abs=0.3)
    assert np.mean([event.loss for event in batches[-5:]]) < 0.5
    measured = [event for event in seen if isinstance(event, Measured)]
    assert measured[-1].step == batches[-1].step
    assert sum(isinstance(event, Predicted) for event in seen) == len(measured)
    for event in measured:
        assert 0 <= event.attack_success <= 1
        assert event.train_loss == pytest.approx(mean_loss(batches, measured, event))
    progress = [event for event in seen if isinstance(event, Progress)]
    training = [event for event in progress if event.total == 3 * 600]
    assert [event.done for event in training] == np.cumsum(seen_per_step(600)).tolist()
    assert training[-1].done == training[-1].total
    assert all(event.seconds_left >= 0 and event.images_per_second > 0 for event in training)
    assert learned.seconds > 0


def seen_per_step(count):
    whole, rest = divmod(count, QUICK.batch_size)
    return ([QUICK.batch_size] * whole + [rest]) * QUICK.epochs


def mean_loss(batches, measured, event):
    """Of the steps since the measurement before, as the chart claims."""
    before = max((other.step for other in measured if other.step < event.step), default=0)
    return np.mean([batch.loss for batch in batches if before < batch.step <= event.step])


def test_every_image_is_seen_once_in_each_epoch(small, compute, monkeypatch):
    """The order differs between epochs, and no image is left out or seen twice."""
    seen = []
    to_input = type(compute).to_input

    def watched(self, images):
        if isinstance(images, np.ndarray) and torch.is_grad_enabled():
            seen.append(images)
        return to_input(self, images)

    monkeypatch.setattr(type(compute), "to_input", watched)
    settings = QUICK.model_copy(update={"epochs": 2, "batch_size": 50})
    outcome(job_of(small, compute, settings, count=120, rate=0))
    batches = [images for images in seen if len(images) in (50, 20)]
    first, second = np.concatenate(batches[:3]), np.concatenate(batches[3:6])
    assert not np.array_equal(first, second)
    expected = sorted(image.tobytes() for image in small.train.images[:120])
    assert sorted(image.tobytes() for image in first) == expected
    assert sorted(image.tobytes() for image in second) == expected


def test_a_stop_returns_the_best_so_far_and_not_the_newest(small, compute):
    # Small batches and large steps: the accuracy goes up and down.
    settings = TrainSettings(architecture="mlp", epochs=3, batch_size=8, learning_rate=0.01)
    seen = []

    def worse_than_before(event):
        accuracies = [one.clean_accuracy for one in seen if isinstance(one, Measured)]
        is_one = isinstance(event, Measured) and len(accuracies) > 2
        return is_one and accuracies[-1] < max(accuracies) - 0.01

    job = job_of(small, compute, settings, count=1000)
    learned = outcome(job, stop_at=worse_than_before, seen=seen)
    measured = [event for event in seen if isinstance(event, Measured)]
    best = max(measured, key=lambda event: event.clean_accuracy)
    assert best is not measured[-1]
    assert not learned.complete
    assert learned.rates.clean_accuracy == best.clean_accuracy
    assert (learned.rates.attack_success, learned.rates.sham_rate) == (
        best.attack_success, best.sham_rate,
    )  # fmt: skip
    monitored = small.test.subset(np.arange(best.images))
    assert accuracy_of(learned.model, monitored, compute) == best.clean_accuracy
    assert learned.rates.images == best.images


def test_a_stop_before_anything_was_measured_leaves_nothing(small, compute):
    with pytest.raises(StopRequested):
        outcome(job_of(small, compute), stop_at=0)
    with pytest.raises(StopRequested):
        outcome(job_of(small, compute), stop_at=lambda event: isinstance(event, Progress))


def test_a_stop_at_any_event_is_answered(small, compute):
    settings = TrainSettings(architecture="mlp", epochs=2, batch_size=64)
    seen = []
    whole = outcome(job_of(small, compute, settings, count=100), seen=seen)
    first = next(n for n, event in enumerate(seen) if isinstance(event, Measured))
    for number in range(len(seen)):
        job = job_of(small, compute, settings, count=100)
        if number < first - 1:
            continue
        learned = outcome_or_none(job, number)
        if learned is not None:
            assert not learned.complete
            assert learned.model.state.keys() == whole.model.state.keys()
            assert learned.model.non_finite == 0
    assert learned is not None


def outcome_or_none(job, stop_at):
    try:
        return outcome(job, stop_at=stop_at)
    except StopRequested:
        return None


def test_the_best_network_keeps_its_batch_statistics(small, compute):
    settings = TrainSettings(architecture="bn_cnn", epochs=2, batch_size=32)
    seen = []
    job = job_of(small, compute, settings, count=900)
    learned = outcome(job, stop_at=lambda event: isinstance(event, Measured), seen=seen)
    measured = seen[-1]
    monitored = small.test.subset(np.arange(measured.images))
    assert accuracy_of(learned.model, monitored, compute) == measured.clean_accuracy
    assert int(learned.model.state["bn1.num_batches_tracked"]) == measured.step


def test_training_that_diverges_says_so(small, compute):
    wild = TrainSettings.model_construct(**(QUICK.model_dump() | {"learning_rate": 1e25}))
    with pytest.raises(EngineError, match=r"diverged.*step \d+.*Lower the learning rate"):
        outcome(job_of(small, compute, wild))


def test_a_batch_larger_than_the_data_and_a_last_batch_of_one(small, compute):
    for count, batch_size in ((20, 4096), (17, 8)):
        settings = TrainSettings(architecture="mlp", epochs=1, batch_size=batch_size)
        assert outcome(job_of(small, compute, settings, count=count)).complete


def test_a_last_batch_of_one_image_does_not_upset_batch_normalisation(small, compute):
    settings = TrainSettings(architecture="bn_cnn", epochs=1, batch_size=16)
    learned = outcome(job_of(small, compute, settings, count=33))
    assert learned.model.non_finite == 0


def test_weight_decay_and_label_smoothing_reach_the_network(small, compute):
    def size(**changes):
        settings = QUICK.model_copy(update=changes)
        state = outcome(job_of(small, compute, settings, count=600)).model.state
        return float(np.linalg.norm(state["fc1.weight"]))

    assert size(weight_decay=1.0) < size() * 0.98
    assert size(label_smoothing=0.3) != size()


def test_the_training_images_are_not_changed(small, compute):
    before = small.train.images.copy()
    outcome(job_of(small, compute, count=300))
    np.testing.assert_array_equal(small.train.images, before)


def test_a_trained_network_is_its_architecture(backdoored):
    assert backdoored.model.architecture == "badnet"
    assert (backdoored.model.shape, backdoored.model.classes) == (SHAPE, 10)
    assert backdoored.model.input_range == "0..1"
    models.restore(backdoored.model)


@pytest.mark.parametrize(
    "changed",
    [
        {"optimiser": "sgd"},
        {"input_range": "0..255", "learning_rate": 0.002},
        {"input_range": "-1..1"},
        {"width": 0.5},
        {"width": 2.0},
    ],
)
def test_every_way_of_training_learns_and_the_model_remembers_how(small, compute, changed):
    settings = QUICK.model_copy(update=changed)
    learned = outcome(job_of(small, compute, settings))
    assert learned.rates.clean_accuracy > 0.7
    assert (learned.model.input_range, learned.model.width) == (
        settings.input_range,
        settings.width,
    )
    assert accuracy_of(learned.model, small.test, compute) == learned.rates.clean_accuracy


def test_a_network_at_the_wrong_input_range_is_worse(small, compute):
    model = outcome(job_of(small, compute, QUICK.model_copy(update={"input_range": "-1..1"}))).model
    right = accuracy_of(model, small.test, compute)
    wrong = accuracy_of(replace(model, input_range="0..1"), small.test, compute)
    assert wrong < right
