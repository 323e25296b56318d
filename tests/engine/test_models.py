"""The architectures, and a model as plain arrays that come back exactly or are refused."""

import numpy as np
import pytest
import safetensors.numpy
import torch

from engine import models
from engine.errors import EngineError
from engine.models import ARCHITECTURES, Model
from engine.network import Network

SHAPE = (1, 28, 28)


def model_of(architecture, seed=0, **values):
    torch.manual_seed(seed)
    network = models.build(architecture, SHAPE, 10)
    return Model(architecture, SHAPE, 10, models.save_state(network), **values)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_takes_images_and_gives_logits(architecture, shape):
    network = models.build(architecture, shape, 7)
    assert network(torch.zeros(5, *shape)).shape == (5, 7)
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert models.count_parameters(architecture, shape, 7) == counted


def test_badnet_is_the_network_of_the_paper():
    shapes = {name: array.shape for name, array in model_of("badnet").state.items()}
    assert shapes == {
        "conv1.weight": (16, 1, 5, 5), "conv1.bias": (16,),
        "conv2.weight": (32, 16, 5, 5), "conv2.bias": (32,),
        "fc1.weight": (512, 512), "fc1.bias": (512,),
        "fc2.weight": (10, 512), "fc2.bias": (10,),
    }  # fmt: skip


def test_the_batch_normalised_network_has_batch_normalisation():
    assert "bn1.running_var" in model_of("bn_cnn").state


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(EngineError, match=r"'vgg'.*badnet, bn_cnn, mlp"):
        models.build("vgg", SHAPE, 10)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_state_comes_back_exactly(architecture, compute):
    model = model_of(architecture)
    again = models.save_state(models.restore(model))
    assert list(again) == list(model.state)
    for name, array in model.state.items():
        assert again[name].dtype == array.dtype
        np.testing.assert_array_equal(again[name], array)


def test_a_saved_state_does_not_move_with_its_network():
    network = models.build("mlp", SHAPE, 10)
    state = models.save_state(network)
    before = state["fc1.weight"].copy()
    with torch.no_grad():
        network.fc1.weight.add_(1)
    np.testing.assert_array_equal(state["fc1.weight"], before)
    restored = models.restore(Model("mlp", SHAPE, 10, state))
    with torch.no_grad():
        restored.fc1.weight.add_(1)
    np.testing.assert_array_equal(state["fc1.weight"], before)


def test_the_same_model_gives_the_same_bytes_and_hash():
    one, other = model_of("badnet"), model_of("badnet")
    assert one.to_bytes() == other.to_bytes()
    assert one.sha256 == other.sha256
    turned = Model("badnet", SHAPE, 10, dict(reversed(one.state.items())))
    assert turned.to_bytes() == one.to_bytes()
    assert model_of("badnet", seed=1).sha256 != one.sha256
    assert model_of("badnet", input_range="0..255").sha256 != one.sha256
    assert model_of("badnet", file_sha256="abc").sha256 == "abc"


def test_the_file_holds_the_arrays_in_any_memory_layout():
    model = model_of("badnet")
    laid_out = {name: np.asfortranarray(array) for name, array in model.state.items()}
    loaded = safetensors.numpy.load(Model("badnet", SHAPE, 10, laid_out).to_bytes())
    for name, array in model.state.items():
        np.testing.assert_array_equal(loaded[name], array)


def refusal(state):
    with pytest.raises(EngineError) as caught:
        models.restore(Model("badnet", SHAPE, 10, state, origin="theirs.pt"))
    text = str(caught.value)
    assert text.startswith("theirs.pt does not fit the network badnet: ")
    assert "\n" not in text
    return text


def test_a_missing_parameter_is_named():
    state = model_of("badnet").state
    del state["fc2.bias"]
    assert "missing fc2.bias" in refusal(state)


def test_a_surplus_parameter_is_named():
    state = model_of("badnet").state | {"fc3.bias": np.zeros(10, np.float32)}
    assert "surplus fc3.bias" in refusal(state)


def test_a_parameter_of_another_shape_is_named_with_both():
    state = model_of("badnet").state | {"fc2.weight": np.zeros((43, 512), np.float32)}
    assert "fc2.weight (43x512 instead of 10x512)" in refusal(state)


def test_of_many_misfits_only_some_are_named():
    assert len(refusal(model_of("bn_cnn").state)) < 600


def test_values_that_are_no_numbers_are_counted():
    model = model_of("mlp")
    assert model.non_finite == 0
    model.state["fc1.bias"][:3] = np.nan, np.inf, -np.inf
    assert model.non_finite == 3
    assert model_of("bn_cnn").non_finite == 0


@pytest.mark.parametrize(
    ("input_range", "scale", "shift"), [("0..255", 1 / 255, 0), ("-1..1", 1 / 2, 1 / 2)]
)
def test_a_network_gets_black_and_white_as_it_was_trained(
    input_range, scale, shift, small, compute
):
    usual = model_of("mlp")
    state = dict(usual.state)
    # The same function of an image whose values x come as (x - shift) / scale.
    state["fc1.weight"] = usual.state["fc1.weight"] * np.float32(scale)
    state["fc1.bias"] = usual.state["fc1.bias"] + shift * usual.state["fc1.weight"].sum(1)
    images = compute.to_input(small.test.images[:200])
    other = Model("mlp", SHAPE, 10, state, input_range=input_range)
    torch.testing.assert_close(
        Network.of(other, compute).logits(images), Network.of(usual, compute).logits(images),
        rtol=1e-4, atol=1e-4,
    )  # fmt: skip


def test_a_network_at_work_is_frozen_and_in_eval_mode(compute):
    network = Network.of(model_of("bn_cnn"), compute)
    assert not network.module.training
    assert not any(parameter.requires_grad for parameter in network.module.parameters())


def test_predicting_leaves_batch_statistics_and_mode_alone(small, compute):
    module = compute.place(models.build("bn_cnn", SHAPE, 10)).train()
    before = models.save_state(module)
    alone = Network(module, compute).predict(small.test.images[:1])
    together = Network(module, compute).predict(small.test.images[:64])
    assert alone[0] == together[0]
    assert module.training
    for name, array in models.save_state(module).items():
        np.testing.assert_array_equal(array, before[name])


def test_input_is_the_image_between_0_and_1(small, compute):
    images = small.test.images[:20]
    given = compute.to_input(images)
    assert given.dtype == torch.float32
    np.testing.assert_array_equal(given.numpy(), images.astype(np.float32) / 255)
    np.testing.assert_array_equal(compute.to_input(torch.from_numpy(images)).numpy(), given.numpy())
    unwritable = images.copy()
    unwritable.flags.writeable = False
    np.testing.assert_array_equal(compute.to_input(unwritable).numpy(), given.numpy())


@pytest.mark.parametrize(
    "architecture", [name for name, known in ARCHITECTURES.items() if known.has_width]
)
def test_a_wider_network_has_more_parameters_and_keeps_its_width_on_disk(architecture, tmp_path):
    shape = (1, 28, 28)
    narrow, usual, wide = (
        models.count_parameters(architecture, shape, 10, width) for width in (0.25, 1.0, 2.0)
    )
    assert narrow < usual < wide
    state = models.save_state(models.build(architecture, shape, 10, 0.25))
    restored = models.restore(models.Model(architecture, shape, 10, state, width=0.25))
    assert sum(parameter.numel() for parameter in restored.parameters()) == narrow
