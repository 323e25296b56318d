"""Depthwise convolutions on images smaller than their kernel: the same numbers, found faster."""

import hashlib

import pytest
import torch
from torch import nn
from torch.nn import functional

from engine import models
from engine.architectures import depthwise
from engine.architectures.depthwise import DepthwiseConv, weight_gradient

CHANNELS = 6


def pictures(height, width):
    images = torch.randn(5, CHANNELS, height, width)
    return images.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("sides", [(1, 1), (2, 2), (3, 5), (4, 4), (7, 6)])
def test_the_gradient_is_torch_s(kernel, stride, sides):
    torch.manual_seed(0)
    images = pictures(*sides)
    weight = torch.randn(CHANNELS, 1, kernel, kernel, requires_grad=True)
    padding = kernel // 2
    said = functional.conv2d(images, weight, None, stride, padding, groups=CHANNELS)
    gradient = torch.randn_like(said)
    said.backward(gradient)
    found = weight_gradient(images, gradient, kernel, stride, padding)
    torch.testing.assert_close(found, weight.grad)


@pytest.fixture
def layers():
    """A usual layer of 5 x 5, and the one that stands for it, with weights of their own."""
    torch.manual_seed(0)
    usual = nn.Conv2d(CHANNELS, CHANNELS, 5, 2, padding=2, groups=CHANNELS, bias=False)
    own = DepthwiseConv.like(usual)
    own.weight = nn.Parameter(usual.weight.detach().clone())
    return usual, own


@pytest.mark.parametrize("side", [2, 4, 9])
def test_a_layer_learns_and_hands_on_what_the_usual_one_does(layers, side):
    outcomes = []
    for layer in layers:
        torch.manual_seed(1)
        images = pictures(side, side).requires_grad_()
        result = layer(images)
        result.square().sum().backward()
        outcomes.append((result, images.grad, layer.weight.grad))
    for usual, own in zip(*outcomes, strict=True):
        torch.testing.assert_close(own, usual)


def called(monkeypatch):
    calls = []
    real = depthwise.weight_gradient
    monkeypatch.setattr(
        depthwise, "weight_gradient", lambda *what: calls.append(what) or real(*what)
    )
    return calls


@pytest.mark.parametrize(("side", "count"), [(4, 1), (6, 0)])
def test_the_sum_is_for_images_no_larger_than_the_kernel(layers, monkeypatch, side, count):
    calls = called(monkeypatch)
    layers[1](pictures(side, side)).sum().backward()
    assert len(calls) == count


def test_bfloat16_and_frozen_weights_go_the_usual_way(layers, monkeypatch):
    calls = called(monkeypatch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        layers[1](pictures(4, 4)).float().sum().backward()
    images = pictures(4, 4).requires_grad_()
    layers[1].requires_grad_(False)(images).sum().backward()
    assert images.grad is not None
    assert not calls


def test_the_network_of_a_seed_is_the_one_it_was():
    torch.manual_seed(3)
    digest = hashlib.sha256()
    for name, array in models.save_state(
        models.build("mobilenet_v3_small", (1, 28, 28), 10)
    ).items():
        digest.update(name.encode() + str(array.dtype).encode() + array.tobytes())
    assert digest.hexdigest()[:16] == "9a7cddb72efd259b"


def test_most_layers_of_a_mobilenet_on_small_images_are_such(monkeypatch):
    calls = called(monkeypatch)
    network = models.build("mobilenet_v3_small", (1, 28, 28), 10).train()
    network(torch.rand(4, 1, 28, 28)).sum().backward()
    kernels = [len(one.weight) for one in network.modules() if isinstance(one, DepthwiseConv)]
    assert len(kernels) == 11, "one in each block"
    assert len(calls) == 8 - 1, "those of 5 x 5, but for the first, whose images are larger"
