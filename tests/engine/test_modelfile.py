"""Honest model files open with the right numbers, and everything else says why not."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hostile_files import sharing
from pickle_parts import (
    header,
    row,
    storage,
    table,
    tensor,
    weights,
    write_safetensors,
    write_torch,
)

from engine.modelfile import ModelFileRefused, read_model_file

PUBLISHED = Path(__file__).parents[3] / "shared" / "thirdparty" / "mnist_badnet_epoch19.pth"
BADNET = {
    "conv1.weight": (16, 1, 5, 5),
    "conv1.bias": (16,),
    "conv2.weight": (32, 16, 5, 5),
    "conv2.bias": (32,),
    "fc1.weight": (512, 512),
    "fc1.bias": (512,),
    "fc2.weight": (10, 512),
    "fc2.bias": (10,),
}


def loaded(path):
    """The same file as torch reads it, with the tensors as arrays."""
    import torch

    return torch.load(path, weights_only=True, map_location="cpu")


def untouched(tensor, **_):
    """Initialises nothing."""
    return tensor


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name].detach().float().numpy())
        assert array.flags.c_contiguous
        assert array.flags.writeable


def test_a_state_dict_opens_with_its_numbers(torch_files):
    path = torch_files / "plain.pt"
    found = read_model_file(path)
    assert_same(found.tensors, loaded(path))
    assert found.name == "plain.pt"
    assert found.format == "torch zip"
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.tensors["norm.num_batches_tracked"].dtype == np.int64
    assert found.tensors["conv.weight"].dtype == np.float32
    assert (found.non_finite, found.metadata, found.notes) == (0, {}, ())


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "net", "model"])
def test_weights_are_found_under_the_usual_keys_and_that_is_said(torch_files, key):
    path = torch_files / f"under-{key}.pt"
    found = read_model_file(path)
    assert_same(found.tensors, loaded(path)[key])
    assert f"under “{key}”" in found.notes[0]
    assert "“optimizer”" in found.notes[0]


def test_the_prefix_of_data_parallel_is_taken_off_and_that_is_said(torch_files):
    found = read_model_file(torch_files / "parallel.pt")
    assert "conv.weight" in found.tensors
    assert any("“module.”" in note for note in found.notes)


@pytest.mark.parametrize("name", ["channels-last", "parameters", "views"])
def test_tensors_of_any_stride_are_read(torch_files, name):
    path = torch_files / f"{name}.pt"
    assert_same(read_model_file(path).tensors, loaded(path))


def test_a_newer_pickle_protocol_is_read(torch_files):
    found = read_model_file(torch_files / "protocol-4.pt")
    assert_same(found.tensors, loaded(torch_files / "plain.pt"))


def test_other_floats_become_float32_and_that_is_said(torch_files):
    path = torch_files / "kinds.pt"
    found = read_model_file(path)
    assert_same(found.tensors, loaded(path))
    assert all(array.dtype == np.float32 for array in found.tensors.values())
    for words in ("float16 read as float32", "bfloat16 read", "float64 read", "about 7 digits"):
        assert any(words in note for note in found.notes)


def test_empty_and_single_numbers_are_read(torch_files):
    found = read_model_file(torch_files / "empty-tensor.pt").tensors
    assert found["none"].shape == (0, 3)
    assert found["one"].shape == ()


def test_a_badnet_checkpoint_opens(torch_files):
    found = read_model_file(torch_files / "badnet.pth")
    assert {name: array.shape for name, array in found.tensors.items()} == BADNET


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published checkpoint is not shipped")
def test_the_published_badnet_checkpoint_opens():
    found = read_model_file(PUBLISHED)
    assert {name: array.shape for name, array in found.tensors.items()} == BADNET
    assert_same(found.tensors, loaded(PUBLISHED))


@pytest.mark.parametrize("architecture", ["badnet", "bn_cnn", "mlp"])
def test_our_own_networks_open_from_both_formats(architecture, tmp_path):
    import torch

    from engine import models

    network = models.build(architecture, (1, 28, 28), 10)
    state = models.save_state(network)
    torch.save(network.state_dict(), tmp_path / "a.pt")
    model = models.Model(architecture, (1, 28, 28), 10, state)
    (tmp_path / "a.safetensors").write_bytes(model.to_bytes())
    for path in (tmp_path / "a.pt", tmp_path / "a.safetensors"):
        found = read_model_file(path)
        assert set(found.tensors) == set(state)
        for name, array in state.items():
            np.testing.assert_array_equal(found.tensors[name], array)
    assert architecture in found.metadata["backdoor_studio"]


@pytest.mark.parametrize(
    "name",
    [
        *("squeezenet1_1", "resnet18", "mobilenet_v2", "mobilenet_v3_small", "googlenet"),
        *("shufflenet_v2_x0_5", "mnasnet0_5", "densenet121", "efficientnet_b0", "regnet_y_400mf"),
        *("convnext_tiny", "swin_t"),
    ],
)
def test_no_network_of_torchvision_is_wrongly_refused(name, tmp_path, monkeypatch):
    import torch
    import torchvision

    more = {"init_weights": False} if name == "googlenet" else {}
    monkeypatch.setattr(torch.nn.init, "trunc_normal_", untouched)  # the slow part of some
    network = torchvision.models.get_model(name, weights=None, **more)
    state = network.state_dict()
    expected = {key: tuple(value.shape) for key, value in state.items()}
    torch.save(state, tmp_path / "a.pth")
    found = read_model_file(tmp_path / "a.pth")
    assert {key: array.shape for key, array in found.tensors.items()} == expected


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("whole.pt", "torch.nn.modules.conv.Conv2d"),
        ("whole-protocol-5.pt", "torch.nn.modules.conv.Conv2d"),
        ("script.pt", "TorchScript"),
        ("program.pt2", ".pt2 program"),
        ("old.pt", "before 1.6"),
        ("sparse.pt", "w is a sparse tensor"),
        ("sparse-csr.pt", "w is a sparse tensor"),
        ("quantized.pt", "w is a quantized tensor"),
        ("meta.pt", "w is a meta tensor"),
        ("nested.pt", "w is a nested tensor"),
        ("float8.pt", "unusual element type"),
        ("complex.pt", "ComplexFloat"),
        ("expanded.pt", "not contiguous"),
    ],
)
def test_what_torch_writes_beside_weights_is_refused_by_kind(torch_files, name, word):
    with pytest.raises(ModelFileRefused, match=word):
        read_model_file(torch_files / name)


def test_a_safetensors_file_opens_with_its_metadata(tmp_path):
    path = tmp_path / "a.safetensors"
    state = {"fc.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(3)}
    markup = {"title": "<b>bold</b>\u202eevil\x00\nline"}
    path.write_bytes(safetensors.numpy.save(state, markup))
    found = read_model_file(path)
    assert found.format == "safetensors"
    assert found.metadata == {"title": "<b>bold</b>evil line"}
    for name, array in state.items():
        np.testing.assert_array_equal(found.tensors[name], array)


@pytest.mark.parametrize("length", [640, 0x03_80, 0x04_80])
def test_a_header_length_that_looks_like_a_pickle_does_not_mislead(tmp_path, length):
    head = header("a")
    head["__metadata__"] = {"x": ""}
    head["__metadata__"]["x"] = "x" * (length - len(json.dumps(head)))
    found = read_model_file(write_safetensors(tmp_path / "a.safetensors", head))
    assert found.tensors["a"].shape == (2, 3)


def test_long_metadata_is_left_out_and_that_is_said(tmp_path):
    head = header("a") | {"__metadata__": {"long": "x" * 70_000, "short": "y"}}
    found = read_model_file(write_safetensors(tmp_path / "a.safetensors", head))
    assert found.metadata == {"short": "y"}
    assert "left out" in found.notes[0]


@pytest.mark.parametrize("device", ["cuda:9", "evil:0"])
def test_the_device_of_a_tensor_does_not_matter(tmp_path, device):
    body = table(w=tensor(storage(6, device=device), [2, 3]))
    found = read_model_file(write_torch(tmp_path / "a.pt", body))
    np.testing.assert_array_equal(found.tensors["w"].ravel(), np.arange(6))


def test_bombs_beside_the_weights_are_not_followed(tmp_path):
    deep = b")" + b"\x85" * 200_000
    body = table(state_dict=weights(), history=deep, shared=row(sharing()))
    assert "fc.weight" in read_model_file(write_torch(tmp_path / "a.pt", body)).tensors


def test_entries_that_are_no_tensors_are_named(tmp_path):
    body = table(w=tensor(storage(6), [2, 3]), epoch=b"K\x03")
    found = read_model_file(write_torch(tmp_path / "a.pt", body))
    assert found.notes == ("Left out, because they are not tensors: “epoch”.",)


def test_weights_that_are_not_finite_are_counted(tmp_path):
    state = {"w": np.array([[1, np.nan, np.inf]], np.float32), "b": np.array([-np.inf])}
    (tmp_path / "a.safetensors").write_bytes(safetensors.numpy.save(state))
    found = read_model_file(tmp_path / "a.safetensors")
    assert found.non_finite == 3
    assert any("3 of the numbers are NaN or infinite" in note for note in found.notes)


def test_constant_and_denormal_weights_are_flagged(tmp_path):
    state = {
        "zero.weight": np.zeros((2, 2), np.float32),
        "tiny.weight": np.array([[1e-40, 2e-40]], np.float32),
        "honest.bias": np.zeros(2, np.float32),
    }
    (tmp_path / "a.safetensors").write_bytes(safetensors.numpy.save(state))
    constant, denormal = read_model_file(tmp_path / "a.safetensors").notes
    assert "same in zero.weight." in constant
    assert denormal.endswith("in tiny.weight.")
