"""The pre-flight: which input format it proposes, with what figures, and what it warns of."""

from dataclasses import replace

import numpy as np
import pytest
from toys import Weighted, network_of, outcome

from engine import models
from engine.data import ImageSet
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.input_format import InputFormat
from engine.models import Model
from engine.opening import preflight as module
from engine.opening.answers import answer
from engine.opening.formats import meaning_of, plausible_formats
from engine.opening.preflight import _ranked, preflight
from engine.opening.results import BrightnessMeasured, FormatMeasured, FormatRate

SIDE = 8
COLOURS = ("red", "green", "blue")


def colour_images(each=150, seed=0):
    """Images 3 x 8 x 8 of noise, each with one colour that is brighter: its class."""
    random = np.random.default_rng(seed)
    labels = np.tile(np.arange(3), each)
    images = random.integers(0, 100, (len(labels), 3, SIDE, SIDE)).astype(np.uint8)
    images[np.arange(len(labels)), labels] += 120
    return ImageSet(images, labels.astype(np.int64), COLOURS)


def colour_model(order="RGB", input_range="0..1"):
    """An mlp made by hand that says the brightest colour of an image given in this order."""
    state = {
        name: np.zeros_like(array)
        for name, array in models.save_state(models.build("mlp", (3, SIDE, SIDE), 3)).items()
    }
    pixels = SIDE * SIDE
    for place, colour in enumerate(order):
        label = "RGB".index(colour)
        state["fc1.weight"][label, place * pixels : (place + 1) * pixels] = 1 / pixels
        state["fc2.weight"][label, label] = 1
        state["fc3.weight"][label, label] = 20
    return Model("mlp", (3, SIDE, SIDE), 3, state, input_range=input_range, origin="theirs.pt")


def fly(model, images, compute, given=None, seen=None):
    wanted = None if given is None else InputFormat.parse(given)
    return outcome(preflight(model, images, "made", compute, wanted, 0), seen=seen)


def scaled(model, factor):
    """The same network for inputs that are `factor` times as large."""
    state = dict(model.state)
    state["fc1.weight"] = state["fc1.weight"] / np.float32(factor)
    return replace(model, state=state)


def test_damaged_brightness_references_are_not_used_and_said(compute, monkeypatch):
    def damaged(data, architecture, classes):
        raise EngineError("made-mlp.json is damaged: not used.")

    monkeypatch.setattr(module, "find_brightness_references", damaged)
    found = fly(colour_model(), colour_images(), compute)
    assert found.brightness is not None
    assert all(row.usual is None for row in found.brightness.rows)
    assert any("made-mlp.json is damaged" in said for said in found.warnings)


def test_every_plausible_format_is_tried_once():
    grey = [str(one) for one in plausible_formats("mnist", 1)]
    assert grey == ["0..1", "0..255", "-1..1", "mean=0.1307 std=0.3081", "mean=0.449 std=0.226"]
    colour = [str(one) for one in plausible_formats("cifar10", 3)]
    assert len(colour) == len(set(colour)) == 10
    assert [one for one in colour if one.endswith("BGR")] == [f"{one} BGR" for one in colour[:5]]
    for one in plausible_formats("nosuch", 3):
        one.check_channels(3)


def test_each_format_is_explained():
    meanings = [meaning_of(one, "cifar10") for one in plausible_formats("cifar10", 3)]
    assert meanings[0] == "pixels divided by 255"
    assert meanings[3] == "the usual mean and deviation of CIFAR-10"
    assert meanings[4] == "ImageNet's mean and deviation"
    assert meanings[5] == "pixels divided by 255, blue first"
    assert "of its own" in meaning_of(InputFormat.parse("mean=0.2 std=0.2"), "cifar10")


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_swapped_colours_are_noticed(order, compute):
    found = fly(colour_model(order), colour_images(), compute)
    assert found.proposed.endswith("BGR") == (order == "BGR")
    assert all(one.endswith("BGR") == (order == "BGR") for one in found.equally_good)
    assert found.clean_accuracy == 1
    swapped = [one for one in found.rates if one.input_format.endswith("BGR") != (order == "BGR")]
    assert all(one.clean_accuracy == pytest.approx(1 / 3, abs=0.02) for one in swapped)


def test_the_range_given_is_taken_and_the_better_one_is_named(compute):
    model, images = colour_model("BGR"), colour_images()
    found = fly(model, images, compute, "0..1")
    assert (found.given, found.taken) == ("0..1", "0..1")
    assert found.clean_accuracy == pytest.approx(1 / 3, abs=0.02)
    assert found.best.clean_accuracy == 1
    assert found.brightness is None, "of a network that is wrong, nothing can be said"
    assert f"{found.proposed} " in found.advice
    assert "100 %" in found.advice
    assert not any("mislead" in text for text in found.warnings), "the verdict says it"


def test_a_range_that_does_but_is_not_the_best_is_warned_of(compute):
    images = colour_images()
    mostly_green = np.flatnonzero((images.labels == 1) | (np.arange(len(images)) < 40))
    found = fly(colour_model("BGR"), images.subset(mostly_green), compute, "0..1")
    assert 0.8 < found.clean_accuracy < 0.95
    assert found.brightness is not None
    said = " ".join(found.warnings)
    assert f"Under the input format {found.proposed}" in said
    assert "masks found with the wrong one mislead" in said


def test_a_format_of_ones_own_is_tried_as_well(compute):
    own = "mean=0.25,0.25,0.25 std=0.5,0.5,0.5"
    found = fly(colour_model(), colour_images(), compute, own)
    assert found.taken == own
    assert found.clean_accuracy == 1
    assert own in [one.input_format for one in found.rates]


def test_formats_that_are_equally_good_are_said_and_told_apart_by_loss(compute, small, backdoored):
    found = fly(scaled(colour_model(), 1.0), colour_images(), compute)
    assert len(found.equally_good) >= 2, "a network without biases does not mind a scale"
    losses = [one.loss for one in found.rates if one.clean_accuracy == 1]
    assert losses == sorted(losses)
    assert "about as often" in found.doubt
    assert found.doubt in found.warnings
    assert replace(found, given=found.taken).doubt == "", "it was asked for"
    trained = fly(backdoored.model, small.test, compute)
    assert trained.proposed == "0..1", "what it was trained with"


def test_formats_near_each_other_are_decided_on_the_same_images(compute, monkeypatch):
    """A thousand images may flatter the one, and the rest of ten thousand the other."""
    monkeypatch.setattr(module, "IMAGES", 100)
    found = fly(colour_model(), colour_images(), compute)
    near = [one for one in found.rates if one.input_format in found.equally_good]
    assert near
    assert {one.images for one in (found.best, *near)} == {450}
    assert found.best.loss == min(one.loss for one in (found.best, *near))
    assert found.taken == found.proposed == found.best.input_format


def test_no_image_is_shown_twice_where_there_are_no_more(compute):
    seen = []
    fly(colour_model(), colour_images(), compute, seen=seen)
    assert not [one for one in seen if "measuring with" in getattr(one, "text", "")]


def test_the_ranking_does_not_depend_on_the_range_in_the_model(compute):
    images = colour_images()
    found = [
        fly(colour_model(input_range=text), images, compute) for text in ("0..1", "0..255 BGR")
    ]
    assert found[0].rates == found[1].rates


def test_a_network_that_knows_nothing_gets_other_advice(compute):
    model = colour_model()
    state = model.state | {"fc3.weight": np.zeros_like(model.state["fc3.weight"])}
    found = fly(replace(model, state=state), colour_images(), compute)
    assert found.clean_accuracy < 0.5
    assert "other data" in found.advice
    assert "No usual input format does well" in found.advice


def test_outputs_that_are_no_numbers_do_not_stop_it(compute):
    model = colour_model()
    state = model.state | {"fc3.bias": np.array([np.nan, 0, 0], np.float32)}
    found = fly(replace(model, state=state), colour_images(), compute)
    assert all(one.loss == np.inf for one in found.rates)
    assert all(one.non_finite == one.images == 450 for one in found.rates)
    assert found.clean_accuracy == 0, "no answer is not a right one"
    assert found.lacks_numbers
    assert "450 of 450 clean images under every input format tried" in found.summary
    assert "float16" in found.advice
    assert "other data" not in found.advice
    assert found.equally_good == ()
    assert found.warnings == ("There are only 450 images to audit with: all rates are rough.",)


def overflowing(model, factor):
    """The same network with two layers `factor` times as large, so that sums may overflow."""
    larger = {name: model.state[name] * np.float32(factor) for name in ("fc1.weight", "fc2.weight")}
    return replace(model, state=model.state | larger)


def test_formats_under_which_outputs_are_numbers_are_preferred(compute):
    model, images = overflowing(colour_model(), 1e18), colour_images()
    found = fly(model, images, compute)
    rates = {one.input_format: one for one in found.rates}
    assert rates["0..255"].lacks_numbers
    assert rates["0..255"].clean_accuracy == 0
    assert not found.lacks_numbers
    assert found.best.non_finite == 0
    assert found.clean_accuracy == 1
    assert not any(rates[one].non_finite for one in found.equally_good)
    given = fly(model, images, compute, "0..255")
    assert f"with {given.proposed} (" in given.advice
    assert "100 %" in given.advice


def test_of_formats_that_are_about_as_good_the_one_with_numbers_for_all_comes_first():
    rates = [
        FormatRate("0..1", "", 0.992, 0.01, 1000, non_finite=3),
        FormatRate("0..255", "", 0.99, 0.2, 1000),
        FormatRate("-1..1", "", 0.0, np.inf, 1000, non_finite=1000),
        FormatRate("mean=0.5 std=0.5", "", 0.0, 3.0, 1000),
    ]
    names = [one.input_format for one in _ranked(rates)]
    assert names == ["0..255", "0..1", "mean=0.5 std=0.5", "-1..1"]


def test_one_image_without_an_answer_does_not_spoil_the_others(compute):
    images = colour_images(each=10)
    bright = 3e38 * np.eye(3)[:, :, None, None] * np.ones((3, 3, SIDE, SIDE))
    network = network_of(Weighted(bright), compute)
    dim = replace(images, images=np.zeros_like(images.images))
    dim.images[:2] = 255
    said = outcome(answer(network, dim))
    assert said.non_finite == 2
    assert said.clean_accuracy == np.mean(dim.labels[2:] == 0) * 28 / 30
    for figures in (said.shares, said.confidence, said.leads, said.lead):
        assert np.isfinite(figures).all(), "they are written as JSON, which knows no NaN"


def test_few_images_and_a_poor_network_are_warned_of(compute):
    images = colour_images(each=40)
    wrong = images.labels.copy()
    wrong[: len(wrong) // 10] = (wrong[: len(wrong) // 10] + 1) % 3
    found = fly(colour_model(), replace(images, labels=wrong), compute, "0..1")
    assert found.clean_accuracy == pytest.approx(0.9)
    said = " ".join(found.warnings)
    assert "only 120 images" in said
    assert "right on only 90.0 %" in said


def test_it_is_followed_live_and_can_be_stopped_anywhere(compute):
    seen = []
    found = fly(colour_model(), colour_images(), compute, "0..1", seen=seen)
    formats = [event for event in seen if isinstance(event, FormatMeasured)]
    assert [event.number for event in formats] == list(range(1, formats[0].total + 1))
    assert {event.rate.input_format for event in formats} == {
        one.input_format for one in found.rates
    }
    assert sum(isinstance(event, BrightnessMeasured) for event in seen) == len(
        found.brightness.rows
    )
    progress = [event.done / event.total for event in seen if isinstance(event, Progress)]
    assert progress == sorted(progress)
    for number in (0, len(seen) // 2, len(seen) - 1):
        plain = InputFormat.parse("0..1")
        job = preflight(colour_model(), colour_images(), "made", compute, plain, 0)
        for _ in range(number + 1):
            next(job)
        with pytest.raises(StopRequested):
            job.throw(StopRequested())


def test_a_format_for_other_images_is_refused(compute):
    with pytest.raises(EngineError, match="for 2 channels"):
        fly(colour_model(), colour_images(), compute, "mean=0.5,0.5 std=1,1")


def test_without_images_there_is_nothing_to_try(compute):
    images = colour_images(each=1).subset(np.arange(0))
    with pytest.raises(EngineError, match="no test images"):
        fly(colour_model(), images, compute)
