"""Neural Cleanse on networks made by hand, whose smallest triggers can be worked out on paper."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import (
    SIDE,
    Watched,
    Weighted,
    always,
    black_images,
    code_area,
    code_weights,
    coded_images,
    network_of,
    outcome,
    with_pixel,
)

from engine import models
from engine.detection.audit_images import others
from engine.detection.neural_cleanse import Inversion
from engine.detection.schedules import GREATEST_PENALTY, LEAST_PENALTY, PRESETS
from engine.events import Pulse, ScanStepped, StopRequested, TriggersMoved
from engine.input_format import InputFormat
from engine.models import Model
from engine.network import Network

QUICK, STANDARD, PAPER = PRESETS["quick"], PRESETS["standard"], PRESETS["paper"]
THRESHOLD = 0.99


def invert(network, images, schedule=QUICK, *, threshold=THRESHOLD, seed=0, seen=None):
    """Search all classes to the end."""
    inversion = Inversion(network, images, schedule, threshold, seed)
    outcome(inversion.run(), seen=seen)
    return inversion


def sizes(inversion):
    return np.array([search.trigger.mask_l1 for search in inversion.searches])


@pytest.mark.parametrize("schedule", [QUICK, STANDARD], ids=["quick", "standard"])
@pytest.mark.parametrize("target", [0, 7])
def test_the_pixel_that_speaks_for_a_class_is_found(schedule, target, compute):
    # Any other class answers to a block of four pixels; its target needs one pixel at 10 / 14.
    weights = with_pixel(code_weights(), target, 9, 5, weight=14)
    inversion = invert(network_of(Weighted(weights), compute), coded_images(), schedule)
    search = inversion.searches[target]
    assert search.state == "converged"
    assert 0.7 < search.trigger.mask_l1 < 1.0
    assert np.argwhere(search.trigger.mask > 0.5).tolist() == [[9, 5]]
    assert search.trigger.pattern[0, 9, 5] > 0.95
    rest = np.delete(sizes(inversion), target)
    assert (rest > 2.5).all()


def test_the_smallest_trigger_of_a_linear_network(compute):
    # Class 1 wins where 8 (x1 + x2) > 12: two pixels whose masks sum to 1.5.
    weights = np.zeros((2, 1, 4, 4))
    weights[1, 0, 0, 1] = weights[1, 0, 2, 3] = 8
    settled = replace(STANDARD, steps=250, stall=250)
    inversion = invert(network_of(Weighted(weights, [12, 0]), compute), black_images(), settled)
    found = inversion.searches[1].trigger
    # Lambda moves by a tenth in each step, so that the search stops a little above the least.
    assert 1.5 < found.mask_l1 < 1.2 * 1.5
    assert found.mask[0, 1] + found.mask[2, 3] == pytest.approx(found.mask_l1, abs=0.1)
    stamped = (found.mask * found.pattern[0])[[0, 2], [1, 3]].sum()
    assert 8 * stamped > 12


def test_the_loss_is_the_mean_cross_entropy_and_lambda_times_the_norm(compute):
    # With lambda held, log(1 + exp(10 - 20 m)) + lambda m is least at 20 / (1 + exp(20 m - 10))
    # = lambda; a sum over the images, or swapped arguments, would lie elsewhere.
    weights = np.zeros((2, 1, 4, 4))
    weights[1, 0, 1, 2] = 20
    for penalty in (0.05, 0.2, 0.8):  # Adam swings a little around the least point
        held = replace(QUICK, steps=300, stall=300, learning_rate=0.1, penalty=penalty,
                       raised_by=1, lowered_by=1)  # fmt: skip
        inversion = invert(network_of(Weighted(weights, [10, 0]), compute), black_images(), held)
        expected = (10 + np.log(20 / penalty - 1)) / 20
        assert inversion.curves().mask_l1[-60:, 1].mean() == pytest.approx(expected, abs=0.005)
        assert inversion.curves().penalty[:, 1] == pytest.approx(penalty)


def test_colour_patterns_are_found_in_their_channel(compute):
    weights = np.zeros((2, 3, 4, 4))
    weights[1, 1, 3, 0] = 40
    weights[1, 2, 3, 0] = -40
    network = network_of(Weighted(weights, [30, 0]), compute)
    found = invert(network, black_images(shape=(3, 4, 4))).searches[1].trigger
    assert found.shape == (3, 4, 4)
    assert 0.75 < found.mask_l1 < 0.95
    assert found.pattern[1, 3, 0] > 0.9
    assert found.pattern[2, 3, 0] < 0.1


def test_the_kept_mask_is_the_smallest_that_worked(compute):
    weights = with_pixel(code_weights(), 4, 9, 5, weight=14)
    inversion = invert(network_of(Weighted(weights), compute), coded_images())
    curves = inversion.curves()
    first_or_last = []
    for search in inversion.searches:
        norms, works = curves.mask_l1[:, search.label], curves.success[:, search.label] >= THRESHOLD
        assert works.any()
        assert search.best_l1 == pytest.approx(norms[works].min(), rel=1e-6)
        assert search.best.mask_l1 == pytest.approx(search.best_l1, rel=1e-5)
        first_or_last += [norms[works][0], norms[works][-1], norms[0], norms[-1]]
        assert search.best_success >= THRESHOLD
    # Neither the first nor the last step would have done: the test can tell them apart.
    assert (np.reshape(first_or_last, (-1, 4)).min(0) > sizes(inversion).min() * 1.0001).any()
    assert (np.reshape(first_or_last, (-1, 4)) > sizes(inversion)[:, None] * 1.001).any(0).all()


def test_no_mask_is_smaller_than_what_works(compute):
    # The kept trigger itself turns nearly all images, those that it was not tried on included.
    weights = with_pixel(code_weights(), 4, 9, 5, weight=14)
    network, images = network_of(Weighted(weights), compute), coded_images()
    strangers = coded_images(seed=99)
    for search in invert(network, images, STANDARD).searches:
        for some in (images, strangers):
            stamped = search.trigger.stamp(some.images[others(some, search.label)])
            assert np.mean(network.predict(stamped) == search.label) > 0.9


def test_lambda_rises_where_all_goes_well_and_falls_where_nothing_does(compute):
    network = network_of(always(0, 50, 0), compute)
    long = replace(QUICK, steps=120, stall=120)
    inversion = invert(network, black_images(3), long)
    penalties = inversion.curves().penalty
    start = QUICK.penalty
    for step, label, expected in (
        (0, 1, start * QUICK.raised_by), (9, 1, start * QUICK.raised_by**10),
        (0, 0, start / QUICK.lowered_by), (9, 2, start / QUICK.lowered_by**10),
    ):  # fmt: skip
        assert penalties[step, label] == pytest.approx(expected, rel=1e-5)
    assert (np.diff(penalties[:, 1]) >= 0).all()
    assert (np.diff(penalties[:, 0]) <= 0).all()
    assert penalties[-1, 1] == pytest.approx(GREATEST_PENALTY)
    assert penalties[-1, 0] == pytest.approx(LEAST_PENALTY)
    assert sizes(inversion)[1] < 0.01, "no trigger at all is needed"


def test_a_class_that_cannot_be_reached_is_not_found(compute):
    inversion = invert(network_of(always(0, 50, 0), compute), black_images(3))
    assert [search.state for search in inversion.searches] == [
        "not found",
        "converged",
        "not found",
    ]
    lost = inversion.searches[0]
    assert lost.best is None
    assert lost.success == 0
    assert lost.trigger.shape == (1, 4, 4)


def test_lambda_is_not_carried_over_from_one_class_to_the_next(compute):
    in_turn = replace(QUICK, together=False)
    inversion = invert(network_of(always(0, 50, 0), compute), black_images(3), in_turn)
    first = inversion.curves().penalty[0]
    start = QUICK.penalty
    assert first == pytest.approx(
        [start / QUICK.lowered_by, start * QUICK.raised_by, start / QUICK.lowered_by], rel=1e-5
    )


def test_the_papers_lambda_waits_for_success_and_then_doubles(compute):
    short = replace(PAPER, steps=16, batches=2, images=4, window=2)
    inversion = invert(network_of(always(0, 50), compute), black_images(), short)
    lost, easy = inversion.curves().penalty.T
    assert (lost == 0).all()
    assert easy.tolist() == pytest.approx([0] * 4 + [1e-3] * 5 + [2e-3] * 5 + [4e-3] * 2)


def test_all_classes_together_find_what_each_finds_alone(compute):
    weights = with_pixel(code_weights(), 4, 9, 5, weight=14)
    network, images = network_of(Weighted(weights), compute), coded_images()
    together = invert(network, images, QUICK)
    in_turn = invert(network, images, replace(QUICK, together=False))
    assert_same_searches(together, in_turn, tolerance=1e-3)
    assert together.image_passes == in_turn.image_passes


def test_all_classes_together_find_what_each_finds_alone_on_a_trained_network(
    small, backdoored, compute
):
    # Rounding differs between batch sizes and grows with every step, so few steps are compared.
    network = Network.of(backdoored.model, compute)
    images = small.test.subset(np.arange(300))
    short = replace(QUICK, steps=20, images=8)
    together = invert(network, images, short)
    in_turn = invert(network, images, replace(short, together=False))
    assert_same_searches(together, in_turn, tolerance=0.01)


def test_a_class_that_ends_early_leaves_the_others_as_they_are(compute):
    weights = with_pixel(code_weights(), 4, 9, 5, weight=14)
    network, images = network_of(Weighted(weights), compute), coded_images()
    early = replace(STANDARD, stall=4)
    together = invert(network, images, early)
    steps = [search.steps for search in together.searches]
    assert min(steps) < max(steps), "some class must end early for this test to mean anything"
    assert_same_searches(together, invert(network, images, replace(early, together=False)), 1e-3)
    idle = np.isnan(together.curves().mask_l1)
    assert (~idle).sum(0).tolist() == steps
    assert together.image_passes == sum(steps) * early.images


def assert_same_searches(one, other, tolerance):
    for mine, its in zip(one.searches, other.searches, strict=True):
        assert (mine.state, mine.steps) == (its.state, its.steps)
        np.testing.assert_allclose(mine.trigger.mask, its.trigger.mask, atol=tolerance)
        np.testing.assert_allclose(
            mine.raw_mask.detach(), its.raw_mask.detach(), atol=tolerance * 20
        )
        assert mine.trigger.mask_l1 == pytest.approx(its.trigger.mask_l1, rel=10 * tolerance)
    np.testing.assert_allclose(one.curves().penalty, other.curves().penalty, rtol=1e-5)


def test_images_of_the_class_itself_are_never_searched_on(compute):
    # With every mask allowed, lambda rises until the masks vanish and the images show through.
    watched = Watched(Weighted(code_weights()))
    network = network_of(watched, compute)
    invert(network, coded_images(), replace(QUICK, steps=200, stall=200), threshold=0.0)
    last = watched.searched[-1].reshape(10, QUICK.images, SIDE, SIDE)
    code = torch.stack(
        [last[:, :, *code_area(label)].mean((2, 3)) for label in range(10)], dim=2
    ).argmax(2)
    seen = [set(row.tolist()) for row in code]
    for label in range(10):
        assert label not in seen[label]
        assert len(seen[label]) > 3, "images of several other classes"


def test_new_images_come_with_every_step(compute):
    watched = Watched(Weighted(code_weights()))
    images = coded_images(each=20)
    invert(network_of(watched, compute), images, replace(QUICK, steps=200, stall=200), threshold=0)
    assert not torch.equal(watched.searched[-1], watched.searched[-2])
    seen = torch.stack(watched.searched[-18:])[:, : QUICK.images].flatten(0, 1)  # class 0's
    distinct = torch.unique((seen * 255).round().flatten(1), dim=0)
    assert len(distinct) == 180, "all 180 images of the nine other classes, within 18 batches"


@pytest.mark.parametrize("architecture", ["badnet", "bn_cnn"])
def test_the_network_does_not_change(architecture, small, compute):
    torch.manual_seed(0)
    state = models.save_state(models.build(architecture, (1, 28, 28), 10))
    network = Network.of(Model(architecture, (1, 28, 28), 10, state), compute)
    few = replace(QUICK, steps=2, images=4)
    invert(network, small.test.subset(np.arange(50)), few)
    for name, array in models.save_state(network.module).items():
        np.testing.assert_array_equal(array, state[name])
    assert not network.module.training
    assert all(parameter.grad is None for parameter in network.module.parameters())


def test_the_images_are_not_changed(compute):
    images = coded_images(each=10)
    before = images.images.copy()
    invert(network_of(Weighted(code_weights()), compute), images, replace(QUICK, steps=3))
    np.testing.assert_array_equal(images.images, before)


@pytest.mark.parametrize(("black", "white"), [(0.0, 255.0), (-1.0, 1.0)])
def test_the_network_gets_the_values_it_was_trained_on(black, white, compute):
    weights, images = with_pixel(code_weights(), 4, 9, 5, weight=14), coded_images(each=20)
    usual = invert(network_of(Weighted(weights), compute), images)
    scale = white - black
    biases = -black / scale * weights.sum((1, 2, 3))
    watched = Watched(Weighted(weights / scale, biases))
    other = invert(network_of(watched, compute, input_format=InputFormat(black, white)), images)
    seen = torch.stack(watched.searched)
    assert seen.min() == pytest.approx(black, abs=0.02 * scale)
    assert seen.max() == pytest.approx(white, abs=0.02 * scale)
    np.testing.assert_allclose(sizes(other), sizes(usual), rtol=0.02)


def test_masks_and_patterns_stay_between_0_and_1(compute):
    inversion = invert(network_of(Weighted(code_weights()), compute), coded_images(each=20))
    for search in inversion.searches:
        for values in (search.trigger.mask, search.trigger.pattern):
            assert values.dtype == np.float32
            assert values.min() >= 0
            assert values.max() <= 1


def test_the_seed_decides(compute):
    network, images = network_of(Weighted(code_weights()), compute), coded_images(each=20)
    short = replace(QUICK, steps=5)
    first, again = invert(network, images, short), invert(network, images, short)
    other = invert(network, images, short, seed=1)
    for mine, same, its in zip(first.searches, again.searches, other.searches, strict=True):
        np.testing.assert_array_equal(mine.trigger.mask, same.trigger.mask)
        assert not np.array_equal(mine.trigger.mask, its.trigger.mask)


def test_every_class_begins_with_a_mask_of_its_own(compute):
    inversion = Inversion(
        network_of(Weighted(code_weights()), compute), coded_images(each=5), QUICK, THRESHOLD, 0
    )
    first, second = (search.trigger.mask for search in inversion.searches[:2])
    assert not np.array_equal(first, second)
    values = np.stack([search.trigger.mask for search in inversion.searches])
    assert 0.4 < values.mean() < 0.6, "uniform between 0 and 1"
    assert {search.state for search in inversion.searches} == {"waiting"}


def test_what_a_search_says(compute):
    seen = []
    weights = with_pixel(code_weights(), 4, 9, 5, weight=14)
    network, images = network_of(Weighted(weights), compute), coded_images(each=20)
    inversion = invert(network, images, QUICK, seen=seen)
    stepped = [event for event in seen if isinstance(event, ScanStepped)]
    assert [event.step for event in stepped] == list(range(1, QUICK.steps + 1))
    curves = inversion.curves()
    for event in stepped:
        np.testing.assert_array_equal(event.labels, np.arange(10))
        np.testing.assert_array_equal(event.mask_l1, curves.mask_l1[event.step - 1])
        np.testing.assert_array_equal(event.success, curves.success[event.step - 1])
        np.testing.assert_array_equal(event.penalty, curves.penalty[event.step - 1])
    moved = [event for event in seen if isinstance(event, TriggersMoved)]
    assert seen[-1] is moved[-1]
    assert moved[-1].states == ("converged",) * 10
    np.testing.assert_allclose(moved[-1].mask_l1, moved[-1].masks.sum((1, 2)), rtol=1e-5)
    assert set(moved[0].states) == {"searching"}
    assert np.isnan(moved[0].mask_l1).sum() > 5, "hardly anything works after a few steps"
    assert sum(isinstance(event, Pulse) for event in seen) >= QUICK.steps


def test_classes_in_turn_wait_for_theirs(compute):
    seen = []
    in_turn = replace(QUICK, steps=6, together=False)
    invert(network_of(always(50, 0, 0), compute), black_images(3), in_turn, seen=seen)
    states = [event.states for event in seen if isinstance(event, TriggersMoved)]
    assert states[0] == ("searching", "waiting", "waiting")
    assert ("converged", "searching", "waiting") in states
    assert states[-1] == ("converged", "not found", "not found")
    steps = [(int(e.labels[0]), e.step) for e in seen if isinstance(e, ScanStepped)]
    assert steps == [(label, step) for label in range(3) for step in range(1, 7)]


def test_every_pass_through_the_network_is_counted(compute):
    watched = Watched(Weighted(code_weights()))
    inversion = invert(network_of(watched, compute), coded_images(each=20), replace(QUICK, steps=7))
    assert inversion.image_passes == sum(len(rows) for rows in watched.searched)


def test_a_stop_leaves_what_was_found(compute):
    weights = with_pixel(code_weights(), 4, 9, 5, weight=14)
    inversion = Inversion(
        network_of(Weighted(weights), compute), coded_images(), QUICK, THRESHOLD, 0
    )
    with pytest.raises(StopRequested):
        outcome(
            inversion.run(),
            stop_at=lambda _: inversion.searches[4].best is not None,
        )
    found = inversion.searches[4]
    assert found.trigger.mask_l1 == pytest.approx(found.best_l1, rel=1e-5)
    assert inversion.curves().mask_l1.shape[1] == 10
    assert len(inversion.curves().mask_l1) < QUICK.steps
