"""Which precision a network is computed in: measured, for the kind of network that it is."""

import pytest
import torch
from torch import nn
from toys import outcome

from engine import compute, models, triggers
from engine.architectures import ARCHITECTURES
from engine.detection.calibrate import calibrate_job
from engine.errors import EngineError
from engine.experiment import scan_job, train_job
from engine.opening.jobs import preflight_job
from engine.settings import ComputeSettings, ExperimentSettings, TrainSettings
from engine.training_cost import cost_job

USUAL, DEPTHWISE = "badnet", "mobilenet_v3_small"


@pytest.fixture
def timed(monkeypatch):
    """A machine on which layers take these seconds: dense in bfloat16, and depthwise in it."""

    def take(dense, depthwise):
        def seconds(_device, dtype, groups):
            if dtype is torch.float32:
                return 1.0
            return dense if groups == 1 else depthwise

        monkeypatch.setattr(compute, "_time_layer", seconds)
        compute._bfloat16_is_faster.cache_clear()

    yield take
    compute._bfloat16_is_faster.cache_clear()


def chosen(architecture, precision="auto"):
    settings = ComputeSettings(device="cpu", precision=precision, threads=1)
    return compute.prepare(settings, architecture).dtype


@pytest.mark.parametrize(
    ("dense", "depthwise", "usual", "mobile"),
    [
        (0.5, 2.0, torch.bfloat16, torch.float32),
        (0.5, 0.5, torch.bfloat16, torch.bfloat16),
        (2.0, 0.5, torch.float32, torch.float32),
        (0.9, 0.9, torch.float32, torch.float32),  # no clear lead
    ],
)
def test_depthwise_networks_take_bfloat16_only_where_it_serves_them(
    timed, dense, depthwise, usual, mobile
):
    timed(dense, depthwise)
    assert chosen(USUAL) is usual
    assert chosen(None) is usual
    assert chosen(DEPTHWISE) is mobile


def test_what_was_asked_for_is_taken_unmeasured(timed):
    timed(2.0, 2.0)
    assert chosen(DEPTHWISE, "bfloat16") is torch.bfloat16
    timed(0.1, 0.1)
    assert chosen(USUAL, "float32") is torch.float32


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_those_with_depthwise_convolutions_say_so(architecture):
    with torch.device("meta"):
        network = models.build(architecture, (1, 28, 28), 10)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    depthwise = [layer for layer in layers if layer.groups == layer.in_channels > 1]
    assert bool(depthwise) == ARCHITECTURES[architecture].is_depthwise


@pytest.mark.parametrize("groups", [1, 64])
def test_layers_are_timed_in_both_precisions(groups):
    for dtype in (torch.float32, torch.bfloat16):
        assert compute._time_layer(torch.device("cpu"), dtype, groups) > 0


def jobs_of(architecture):
    """Every job that computes a network of its own."""
    settings = ExperimentSettings(train=TrainSettings(architecture=architecture))
    trigger = triggers.preset("white-3x3", (1, 28, 28))
    model = models.Model(architecture, (1, 28, 28), 10, {})
    yield train_job(settings, trigger, None)
    yield scan_job(settings, model, None, None)
    yield preflight_job(settings, model)
    yield calibrate_job(settings)
    yield cost_job(settings.train, (1, 28, 28), 10, settings.compute)


def test_every_job_asks_for_its_own_kind_of_network(monkeypatch):
    asked = []

    def prepare(_settings, architecture=None):
        asked.append(architecture)
        raise EngineError("enough")

    monkeypatch.setattr(compute, "prepare", prepare)
    monkeypatch.setattr("engine.training_cost.prepare", prepare)
    for job in jobs_of(DEPTHWISE):
        with pytest.raises(EngineError, match="enough"):
            outcome(job)
    assert asked == [DEPTHWISE] * 5
