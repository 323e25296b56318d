"""A scan: what it works on, what it states, when it stops, and what it says in the end."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import (
    SIDE,
    Watched,
    Weighted,
    code_weights,
    coded_images,
    network_of,
    outcome,
    with_pixel,
)

from engine.data import ImageSet
from engine.detection.audit_images import TooFewImages, choose_audit_images, others
from engine.detection.course import TRYING
from engine.detection.scan import KnownBackdoor, _warnings, scan
from engine.errors import EngineError
from engine.events import Progress, StopRequested, TriggersMoved, Warned
from engine.metrics import NO_ANSWER, TestImages
from engine.models import Model
from engine.network import Network
from engine.settings import DetectSettings, TrainSettings
from engine.store.findings import from_files, to_tensors
from engine.tensor_files import read_tensors
from engine.training import Samples, train
from engine.triggers import Trigger

QUICK = DetectSettings(preset="quick", images=200)
TARGET = 4
STRONG = with_pixel(code_weights(), TARGET, 9, 5, weight=14)


def scan_of(module, compute, images=None, settings=QUICK, **known):
    """Scan a network made by hand; only its name and hash come from the Model."""
    images = coded_images() if images is None else images
    model = Model("toy", images.shape, images.classes, {"w": np.ones(3, np.float32)})
    return scan(model, network_of(module, compute), images, settings, **known)


# The images


def test_searched_and_held_out_images_share_none_and_are_all_right(small, compute, backdoored):
    network = Network.of(backdoored.model, compute)
    images = choose_audit_images(network.predict, small.test, 400, seed=0)
    assert (len(images.searched), len(images.held_out)) == (400, 400)
    searched = {image.tobytes() for image in images.searched.images}
    assert not searched & {image.tobytes() for image in images.held_out.images}
    for part in (images.searched, images.held_out):
        np.testing.assert_array_equal(network.predict(part.images), part.labels)
        assert len(set(part.labels.tolist())) == 10
    assert images.clean_accuracy == pytest.approx(backdoored.rates.clean_accuracy, abs=0.04)


def knowing(images, labels):
    """A network that knows each image by heart."""
    by_image = dict(zip([image.tobytes() for image in images], labels, strict=True))
    return lambda asked: np.array([by_image[image.tobytes()] for image in asked])


def test_the_accuracy_is_that_of_all_images_looked_at(small):
    answers = small.test.labels.copy()
    answers[::4] = (answers[::4] + 1) % 10
    predict = knowing(small.test.images, answers)
    images = choose_audit_images(predict, small.test, 1000, seed=3)
    assert images.clean_accuracy == pytest.approx(0.75, abs=0.002)
    assert len(images.searched) == len(images.held_out) == 750, "all there are, in two halves"


def test_the_seed_chooses_the_images(small):
    predict = knowing(small.test.images, small.test.labels)
    first, again, other = (
        choose_audit_images(predict, small.test, 200, seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.searched.images, again.searched.images)
    np.testing.assert_array_equal(first.held_out.images, again.held_out.images)
    assert not np.array_equal(first.searched.labels, other.searched.labels)
    assert first.clean_accuracy == 1


def test_too_few_right_images_are_refused_with_a_hint(small):
    with pytest.raises(EngineError, match=r"only \d+ of 2000 test images.*input range") as caught:
        choose_audit_images(lambda images: np.full(len(images), 3), small.test, 1000, seed=0)
    assert "\n" not in str(caught.value)


def test_a_network_that_is_always_right_is_not_told_to_learn(small):
    few = small.test.subset(np.arange(240))
    with pytest.raises(
        EngineError, match=r"There are 240 test images.*Add images, or.*larger share"
    ):
        choose_audit_images(knowing(few.images, few.labels), few, 1000, seed=0)


def test_more_images_are_asked_for_where_a_good_network_is_right_on_too_few(small):
    images = small.test.subset(np.arange(420))
    said = np.where(np.arange(420) < 399, images.labels, 9 - images.labels)
    with pytest.raises(TooFewImages, match=r"420 test images, .* 399 correctly.*Add images"):
        choose_audit_images(knowing(images.images, said), images, 1000, seed=0)


def test_a_network_that_always_says_the_same_is_refused(mnist):
    # With many images there are enough of one class: the search would have no others.
    with pytest.raises(EngineError, match=r"says 3 whatever it is shown"):
        choose_audit_images(lambda images: np.full(len(images), 3), mnist.test, 5000, seed=0)


def test_images_of_a_class_are_not_among_the_others():
    images = coded_images(each=3, classes=4)
    for label in range(4):
        chosen = others(images, label)
        assert label not in images.labels[chosen]
        assert len(chosen) == 9


def test_images_are_asked_in_portions(mnist, compute):
    watched = Watched(Weighted(np.ones((10, 1, 28, 28))))
    answers = network_of(watched, compute).predict(mnist.test.images[:2500])
    assert answers.shape == (2500,)
    assert sum(len(rows) for rows in watched.judged) == 2500
    assert max(len(rows) for rows in watched.judged) <= 1000
    whole = torch.cat(watched.judged).numpy()
    np.testing.assert_array_equal(whole, mnist.test.images[:2500].astype(np.float32) / 255)
    assert network_of(watched, compute).predict(mnist.test.images[:0]).shape == (0,)


# What it finds


def test_a_backdoored_network_is_found_out(detection, backdoored, checkerboard):
    assert detection.complete
    sizes = [found.mask_l1 for found in detection.classes]
    assert [found.label for found in detection.classes] == list(range(10))
    assert int(np.argmin(sizes)) == 0
    assert sizes[0] < 0.4 * np.median(sizes)
    assert detection.verdict.target == 0
    assert detection.verdict.outcome == "suspicious"
    assert detection.verdict.basis == "none"
    assert 0 in detection.verdict.flagged
    assert detection.verdict.p_value < 0.01
    assert detection.model_sha256 == backdoored.model.sha256
    assert detection.clean_accuracy == pytest.approx(backdoored.rates.clean_accuracy, abs=0.04)
    assert detection.seconds > 0


def test_found_triggers_work_on_images_that_they_were_not_made_on(
    detection, backdoored, small, compute
):
    network = Network.of(backdoored.model, compute)
    for found in detection.classes:
        assert found.converged
        assert found.success > 0.9
        chosen = others(small.test, found.label)
        said = network.predict(found.trigger.stamp(small.test.images[chosen]))
        assert np.mean(said == found.label) == pytest.approx(found.success, abs=0.06)


def test_sizes_are_those_of_the_unrounded_masks(detection):
    rounded = 0
    for found in detection.classes:
        assert found.trigger.mask.dtype == np.float32
        assert found.mask_l1 == float(found.trigger.mask.sum(dtype=np.float64))
        in_bytes = np.rint(found.trigger.mask.astype(np.float64) * 255) / 255
        rounded += abs(in_bytes.sum() - found.mask_l1) > 0.01
    assert rounded > 5, "a size read back from a picture would be seen to differ"


def test_a_search_keeps_its_smallest_working_mask(detection):
    for found in detection.classes:
        norms = detection.curves.mask_l1[:, found.label]
        works = detection.curves.success[:, found.label] >= detection.settings.success_threshold
        assert found.mask_l1 == pytest.approx(norms[works].min(), rel=1e-5)


def test_the_overlap_is_told_for_the_true_target_alone(detection, checkerboard):
    assert 0.1 < detection.classes[0].iou <= 1
    assert detection.classes[0].iou == checkerboard.overlap(detection.classes[0].trigger.mask)
    assert all(found.iou is None for found in detection.classes[1:])


def test_the_index_is_that_of_the_sizes(detection):
    sizes = np.array([found.mask_l1 for found in detection.classes])
    deviations = np.median(sizes) - sizes
    expected = deviations / (1.4826 * np.median(np.abs(deviations)))
    found = [found.anomaly_index for found in detection.classes]
    assert found == pytest.approx(expected.tolist())


def test_a_clean_network_is_not_accused(small, compute):
    trigger = Trigger.empty((1, 28, 28))
    tests, shown = TestImages.of(small.test, trigger, 0), small.test.images[:1]
    wanted = TrainSettings(architecture="mlp", epochs=4, batch_size=64)
    learned = outcome(train(small.train, tests, Samples(shown, shown), wanted, compute))
    network = Network.of(learned.model, compute)
    found = outcome(scan(learned.model, network, small.test, QUICK))
    assert found.verdict.outcome == "not_found"
    assert found.verdict.target is None


def test_the_toys_pixel_is_found_and_its_place_is_compared(compute):
    truth = Trigger.empty((1, SIDE, SIDE))
    truth.mask[9, 5] = 1
    found = outcome(scan_of(Weighted(STRONG), compute, known=KnownBackdoor(truth, TARGET))).classes[
        TARGET
    ]
    assert found.iou == 1
    assert 0.7 < found.mask_l1 < 1.1


def test_an_empty_true_trigger_has_no_overlap(compute):
    empty = KnownBackdoor(Trigger.empty((1, SIDE, SIDE)), TARGET)
    detection = outcome(scan_of(Weighted(STRONG), compute, known=empty))
    assert all(found.iou is None for found in detection.classes)


class Memorising(Weighted):
    """Obeys its trigger on images that bear a tag, here those that the search works on."""

    def forward(self, images):
        logits = super().forward(images)
        tagged = images[:, 0, 11, 11] > 0.5
        weight = 40 * tagged * images[:, 0, 9, 5]
        return torch.cat([logits[:, :1] + weight[:, None], logits[:, 1:]], dim=1)


def test_success_is_not_that_on_the_images_it_was_made_on(compute):
    images, module = coded_images(), Memorising(code_weights())
    network = network_of(module, compute)
    first = choose_audit_images(network.predict, images, 200, seed=0)
    marked = images.images.copy()
    searched = {image.tobytes() for image in first.searched.images}
    bears_tag = [image.tobytes() in searched for image in marked]
    marked[bears_tag, 0, 11, 11] = 255
    detection = outcome(
        scan_of(module, compute, ImageSet(marked, images.labels, images.class_names))
    )
    assert detection.classes[0].converged
    assert detection.classes[0].mask_l1 < 1.5
    assert detection.curves.success[-1, 0] > 0.9, "on the images of the search it works"
    assert detection.classes[0].success < 0.3, "on others it does not, and this is what is told"


def test_images_of_a_class_count_neither_in_its_search_nor_in_its_success(compute):
    watched = Watched(Weighted(STRONG))
    images = coded_images()
    outcome(scan_of(watched, compute, images))
    judged = sum(len(rows) for rows in watched.judged)
    chosen = choose_audit_images(network_of(Weighted(STRONG), compute).predict, images, 200, seed=0)
    held_out = chosen.held_out
    # Each class is judged twice: by the trigger as it was found, and by that of whole pixels.
    assert judged == 500 + 2 * sum(len(others(held_out, label)) for label in range(10))


def test_the_same_seed_gives_the_same_scan(compute):
    one, same, other = (
        outcome(scan_of(Weighted(STRONG), compute, settings=settings))
        for settings in (QUICK, QUICK, QUICK.model_copy(update={"seed": 1}))
    )
    for mine, its in zip(one.classes, same.classes, strict=True):
        np.testing.assert_array_equal(mine.trigger.mask, its.trigger.mask)
        assert (mine.success, mine.anomaly_index) == (its.success, its.anomaly_index)
    assert one.verdict == same.verdict
    assert one.classes[0].mask_l1 != other.classes[0].mask_l1


def test_the_scanned_network_does_not_change(backdoored, detection):
    assert backdoored.model.sha256 == detection.model_sha256
    assert hashlib.sha256(backdoored.model.to_bytes()).hexdigest() == detection.model_sha256


# What it says


def test_progress_never_goes_back_and_ends_at_its_end(compute):
    for settings in (QUICK, QUICK.model_copy(update={"preset": "standard"})):
        seen = []
        outcome(scan_of(Weighted(STRONG), compute, settings=settings), seen=seen)
        searching = [event for event in seen if isinstance(event, Progress) and event.total > 1]
        done = [event.done / event.total for event in searching]
        assert done == sorted(done)
        assert done[-1] == 1
        pairs = zip(done, searching, strict=True)
        trying = [share for share, event in pairs if event.text == TRYING]
        assert 0.7 < trying[0] < 0.95, "the search is not all there is to do"
        assert all(event.seconds_left >= 0 for event in searching)


class NeverNine(Weighted):
    """Says 9 to nothing."""

    def forward(self, images):
        logits = super().forward(images)
        return torch.cat([logits[:, :9], logits[:, 9:] - 1000], dim=1)


def test_a_class_without_a_trigger_is_named_and_has_no_index(compute):
    seen = []
    detection = outcome(scan_of(NeverNine(STRONG), compute), seen=seen)
    lost = detection.classes[9]
    assert not lost.converged
    assert lost.success == 0
    assert lost.anomaly_index is None
    assert detection.clean_accuracy == pytest.approx(0.9, abs=0.03)
    warnings = [event.text for event in seen if isinstance(event, Warned)]
    assert tuple(warnings) == detection.warnings
    assert any("1 of 10 classes (9)" in text for text in warnings)
    # The index of the others is as if the class were not there.
    nine = np.array([found.mask_l1 for found in detection.classes[:9]])
    deviations = np.median(nine) - nine
    expected = deviations / (1.4826 * np.median(np.abs(deviations)))
    indices = [found.anomaly_index for found in detection.classes[:9]]
    assert indices == pytest.approx(expected.tolist())
    assert detection.verdict.outcome in ("suspicious", "not_found")


def test_a_class_without_usable_images_is_named(compute):
    images = coded_images(each=90)
    some = images.subset(np.flatnonzero(images.labels != 4))
    found = outcome(scan_of(Weighted(code_weights()), compute, some))
    assert any("1 of 10 classes (4)" in warning for warning in found.warnings)
    whole = outcome(scan_of(Weighted(code_weights()), compute, images))
    assert not any("no image" in warning for warning in whole.warnings)


def test_a_network_that_is_often_wrong_is_not_auditable(compute):
    class Confused(Weighted):
        """Takes 7, 8 and 9 for 0, 1 and 2."""

        def forward(self, images):
            logits = super().forward(images)
            swapped = torch.cat([logits[:, :3].maximum(logits[:, 7:]), logits[:, 3:7]], dim=1)
            return torch.cat([swapped, logits[:, 7:] - 5], dim=1)

    more = QUICK.model_copy(update={"images": 400})
    detection = outcome(scan_of(Confused(code_weights()), compute, settings=more))
    assert detection.clean_accuracy == pytest.approx(0.7, abs=0.04)
    assert detection.verdict.outcome == "not_auditable"
    assert detection.verdict.target is None
    assert "right on only" in detection.verdict.headline


def test_a_network_with_values_that_are_no_numbers_is_refused_at_once(small, backdoored, compute):
    state = {name: array.copy() for name, array in backdoored.model.state.items()}
    state["fc2.bias"][:2] = np.nan
    broken = replace(backdoored.model, state=state, origin="theirs.pt")
    with pytest.raises(EngineError, match=r"theirs.pt holds 2 values that are not numbers"):
        next(scan(broken, Network.of(broken, compute), small.test, QUICK))


def test_a_network_whose_outputs_are_no_numbers_is_refused(small, backdoored, compute):
    state = {name: array * np.float32(1e30) for name, array in backdoored.model.state.items()}
    broken = replace(backdoored.model, state=state)
    network = Network.of(broken, compute)
    assert (network.answers(small.test.images[:5]) == NO_ANSWER).all()
    with pytest.raises(EngineError, match=r"not numbers.* 500 of 500 test images") as caught:
        outcome(scan(broken, network, small.test, QUICK))
    assert "undamaged copy" in str(caught.value)
    assert "train it longer" not in str(caught.value)


class Brittle(Weighted):
    """Has no answer where the last pixel is brighter than a quarter, and no gradient of one."""

    def forward(self, images):
        return super().forward(images) * torch.where(images[:, :, -1, -1] > 0.25, torch.nan, 1)


@pytest.mark.parametrize("preset", ["quick", "map"])
def test_outputs_that_are_no_numbers_are_no_success_and_leave_no_mark(compute, preset, tmp_path):
    """A mask that makes them in one step is a mask all the same, and its file opens again."""
    settings = QUICK.model_copy(update={"preset": preset})
    images = coded_images(classes=5)
    detection = outcome(scan_of(Brittle(code_weights(5)), compute, images, settings))
    assert all(found.converged for found in detection.classes), "there is a way without it"
    assert all(found.success > 0.5 for found in detection.classes)
    path = tmp_path / "detection.safetensors"
    path.write_bytes(to_tensors(detection))
    read = from_files(None, read_tensors(path, 2**24), images.shape)
    for one, before in zip(read.classes, detection.classes, strict=True):
        np.testing.assert_array_equal(one.trigger.mask, before.trigger.mask)


def test_a_few_images_without_an_answer_are_left_out_and_told(small, backdoored, compute):
    network = Network.of(backdoored.model, compute)
    images = small.test.images.copy()
    images[::20] = 0  # all black, so that they are known below

    def answers(asked):
        return np.where(asked.any((1, 2, 3)), network.answers(asked), NO_ANSWER)

    tests = replace(small.test, images=images)
    chosen = choose_audit_images(answers, tests, 800, seed=0)
    assert (chosen.looked_at, chosen.unanswered) == (2000, 100)
    for part in (chosen.searched, chosen.held_out):
        assert part.images.any((1, 2, 3)).all()
    assert "100 of 2,000 audit images" in _warnings([], chosen, complete=True)[0]


# Stopping


def test_a_stopped_scan_keeps_what_it_found_and_decides_nothing(compute):
    seen = []

    def target_is_found(event):
        return isinstance(event, TriggersMoved) and not np.isnan(event.mask_l1[TARGET])

    detection = outcome(scan_of(Weighted(STRONG), compute), stop_at=target_is_found, seen=seen)
    assert not detection.complete
    assert detection.verdict.outcome == "not_auditable"
    assert detection.verdict.target is None
    assert "stopped" in detection.verdict.headline
    moved = [event for event in seen if isinstance(event, TriggersMoved)][-1]
    found = detection.classes[TARGET]
    assert found.converged
    np.testing.assert_array_equal(found.trigger.mask, moved.masks[TARGET])
    assert found.mask_l1 == pytest.approx(float(moved.mask_l1[TARGET]), rel=1e-5)
    assert 0 < len(detection.curves.mask_l1) < 60


def test_a_stop_at_any_event_is_answered(compute):
    seen = []
    few = coded_images(each=60)
    outcome(scan_of(Weighted(STRONG), compute, few), seen=seen)
    with pytest.raises(StopRequested):
        outcome(scan_of(Weighted(STRONG), compute, few), stop_at=0)
    for number in [*range(1, 12), *range(12, len(seen), 23), len(seen) - 1]:
        detection = outcome(scan_of(Weighted(STRONG), compute, few), stop_at=number)
        assert len(detection.classes) == 10
        if not detection.complete:
            assert detection.verdict.outcome == "not_auditable"
            assert detection.verdict.p_value is None


def test_a_stop_during_the_last_words_loses_nothing(compute):
    job = scan_of(NeverNine(STRONG), compute)
    detection = outcome(job, stop_at=lambda event: isinstance(event, Warned))
    assert detection.complete
    assert len(detection.warnings) == 2, "class 9 has neither a trigger nor usable images"
    assert detection.verdict.outcome != "not_auditable"


def test_a_stopped_paper_scan_has_classes_that_wait(compute):
    paper = DetectSettings(preset="paper", images=200)
    detection = outcome(scan_of(Weighted(STRONG), compute, settings=paper), stop_at=200)
    assert not detection.complete
    assert not detection.classes[9].converged
    assert 0 < detection.classes[9].mask_l1 < SIDE * SIDE
    assert np.isnan(detection.curves.mask_l1[:, 9]).all()
