"""Asking a network about a few images."""

import numpy as np
import pytest
import torch
from toys import outcome

from engine.answers import answers_job
from engine.architectures import build
from engine.errors import EngineError
from engine.metrics import NO_ANSWER
from engine.models import Model, save_state
from engine.settings import ComputeSettings

SHAPE = (1, 4, 4)
CPU = ComputeSettings(device="cpu", threads=1)


def untrained():
    """An mlp that was never trained."""
    torch.manual_seed(3)
    return Model("mlp", SHAPE, 10, save_state(build("mlp", SHAPE, 10, 1.0)))


def test_each_image_gets_the_class_that_the_network_says():
    model = untrained()
    images = np.random.default_rng(1).integers(0, 256, (6, *SHAPE), np.uint8)
    labels = outcome(answers_job(model, images, CPU))
    module = build("mlp", SHAPE, 10, 1.0).eval()
    module.load_state_dict({name: torch.from_numpy(value) for name, value in model.state.items()})
    with torch.inference_mode():
        expected = module(torch.from_numpy(images).float() / 255).argmax(1)
    np.testing.assert_array_equal(labels, expected)


def test_what_is_no_number_is_no_class():
    model = untrained()
    for value in model.state.values():
        value.fill(np.nan)
    labels = outcome(answers_job(model, np.zeros((2, *SHAPE), np.uint8), CPU))
    assert labels.tolist() == [NO_ANSWER] * 2


def test_a_network_that_does_not_fit_is_refused():
    with pytest.raises(EngineError, match="does not fit"):
        outcome(answers_job(Model("mlp", SHAPE, 10, {}), np.zeros((2, *SHAPE), np.uint8), CPU))
