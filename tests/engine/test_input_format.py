"""What a network takes for an image: the text, its round trip, and what reaches the network."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toys import Watched, Weighted, network_of

from engine import models
from engine.errors import EngineError
from engine.input_format import InputFormat
from engine.model_metadata import read_metadata
from engine.models import Model
from engine.network import Network

IMAGENET = "mean=0.485,0.456,0.406 std=0.229,0.224,0.225"


@pytest.mark.parametrize(
    "text",
    [
        "0..1",
        "0..255",
        "-1..1",
        "0..255 BGR",
        "mean=0.1307 std=0.3081",
        "mean=0 std=1",
        f"{IMAGENET} BGR",
        IMAGENET,
    ],
)
def test_the_canonical_text_comes_back(text):
    assert str(InputFormat.parse(text)) == text
    assert InputFormat.parse(str(InputFormat.parse(text))) == InputFormat.parse(text)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("  0..255  ", "0..255"),
        ("0..255 rgb", "0..255"),
        ("-1..1 bgr", "-1..1 BGR"),
        ("std=0.3081   mean=0.1307", "mean=0.1307 std=0.3081"),
        ("MEAN=0.50 STD=5e-1", "mean=0.5 std=0.5"),
        ("mean=0.13066047740239 std=0.30810780", "mean=0.1306605 std=0.3081078"),
    ],
)
def test_other_ways_to_write_it_become_the_canonical_one(written, canonical):
    assert str(InputFormat.parse(written)) == canonical


numbers = st.floats(1e-6, 1.0).map(lambda number: float(f"{number:.7g}"))


@given(st.sampled_from([1, 3]), st.data(), st.sampled_from(["RGB", "BGR"]))
def test_every_format_that_is_written_is_read_back(channels, data, order):
    mean, std = (
        tuple(data.draw(st.lists(numbers, min_size=channels, max_size=channels))) for _ in range(2)
    )
    made = InputFormat(mean=mean, std=std, order=order)
    assert InputFormat.parse(str(made)) == made
    assert len(str(made)) <= 120, "as much as the header of a model's file may hold"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "write one of 0..1"),
        ("BGR", "write one of 0..1"),
        ("0..7", "write one of 0..1, 0..255, -1..1"),
        ("0..255 0..1", "write one of"),
        ("mean=0.5", "write one of"),
        ("mean=0.5 mean=0.5", "write one of"),
        ("mean=nan std=1", "write one of"),
        ("mean=0.5 std=1e999", "above zero"),
        ("mean=0.5 std=0", "above zero"),
        ("mean=0.5 std=-1", "above zero"),
        ("mean=0.5,0.5 std=1", "as many means"),
        ("mean=0.5,0.5 std=1,1 BGR", "three channels"),
        ("mean=123.675 std=58.4", "divide those in 0..255 by 255"),
        ("mean=\N{ARABIC-INDIC DIGIT ONE} std=1", "write one of"),
        ("mean=1_0 std=1", "write one of"),
        ("0..1 " * 1000, "write one of"),
        ("\x1b[31mred\n", "write one of"),
    ],
)
def test_any_other_text_is_refused_in_one_sentence(text, advice):
    with pytest.raises(EngineError, match="is no input format") as caught:
        InputFormat.parse(text)
    said = str(caught.value)
    assert advice in said
    assert said.isprintable()
    assert len(said) < 300


@pytest.mark.parametrize(("text", "channels"), [("0..1 BGR", 1), (IMAGENET, 1)])
def test_a_format_for_other_channels_is_refused(text, channels):
    with pytest.raises(EngineError, match="channel"):
        InputFormat.parse(text).check_channels(channels)
    InputFormat.parse(text).check_channels(3)


def seen(text, images, compute):
    """What reaches a network of this input format."""
    watched = Watched(Weighted(np.zeros((2, *images.shape[1:]))))
    network_of(watched, compute, input_format=InputFormat.parse(text)).predict(images)
    return torch.cat(watched.judged).numpy()


def test_the_network_gets_what_the_format_says(compute):
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4)).astype(np.uint8)
    pixels = images / np.float32(255)
    np.testing.assert_allclose(seen("0..1", images, compute), pixels, atol=1e-6)
    np.testing.assert_allclose(seen("0..255", images, compute), images, atol=1e-3)
    np.testing.assert_allclose(
        seen("-1..1 BGR", images, compute), 2 * pixels[:, ::-1] - 1, atol=1e-6
    )
    np.testing.assert_allclose(
        seen("mean=0.1307 std=0.3081", images, compute), (pixels - 0.1307) / 0.3081, atol=1e-5
    )
    mean, std = (
        np.array(three, np.float32)[:, None, None]
        for three in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    expected = (pixels - mean) / std
    np.testing.assert_allclose(seen(IMAGENET, images, compute), expected, atol=1e-5)
    np.testing.assert_allclose(
        seen(f"{IMAGENET} BGR", images, compute), expected[:, ::-1], atol=1e-5
    )


def test_gradients_pass_through_the_format_after_images_were_judged(compute):
    # What is made while judging may not take part in gradients, unless it was made for both.
    weights = np.random.default_rng(0).normal(size=(2, 3, 4, 4))
    network = network_of(
        Weighted(weights), compute, input_format=InputFormat.parse(f"{IMAGENET} BGR")
    )
    network.predict(np.zeros((2, 3, 4, 4), np.uint8))
    images = torch.zeros(2, 3, 4, 4, requires_grad=True)
    network.logits(images)[:, 0].sum().backward()
    std = np.array([0.229, 0.224, 0.225])[:, None, None]
    np.testing.assert_allclose(images.grad[0], weights[0][::-1] / std, rtol=1e-4)


def test_the_plain_format_costs_nothing(compute):
    images = torch.rand(2, 1, 4, 4)
    watched = Watched(Weighted(np.zeros((2, 1, 4, 4))))
    network = network_of(watched, compute)
    seen = []
    watched.inner.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.logits(images)
    assert seen[0] is images


def state_of(shape):
    return models.save_state(models.build("mlp", shape, 10))


def test_a_model_is_saved_with_its_format(compute):
    shape = (3, 8, 8)
    model = Model("mlp", shape, 10, state_of(shape), input_range=f"  {IMAGENET}  bgr")
    content = model.to_bytes()
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    about = read_metadata(json.loads(header)["__metadata__"])
    assert about.input_range == f"{IMAGENET} BGR"
    assert str(Network.of(model, compute).input_format) == f"{IMAGENET} BGR"


def test_a_model_of_an_unknown_format_is_neither_saved_nor_used(compute):
    shape = (1, 8, 8)
    model = Model("mlp", shape, 10, state_of(shape), input_range="0..7")
    with pytest.raises(EngineError, match="no input format"):
        model.to_bytes()
    with pytest.raises(EngineError, match="no input format"):
        Network.of(model, compute)
    with pytest.raises(EngineError, match="swaps red and blue"):
        Network.of(Model("mlp", shape, 10, state_of(shape), input_range="0..1 BGR"), compute)
