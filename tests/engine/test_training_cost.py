"""What a training costs is known before it starts, and asking for it changes nothing."""

import pytest
import torch
from toys import outcome

from engine import compute, models
from engine.architectures import ARCHITECTURES, Cost, cost_of
from engine.errors import EngineError
from engine.settings import ComputeSettings, TrainSettings
from engine.training_cost import cost_job

GREY = (1, 28, 28)


def test_multiply_adds_are_counted_layer_by_layer():
    # 16 maps of 24x24 from 5x5, 32 of 8x8 from 16 of 5x5, then two linear layers.
    by_hand = 16 * 24 * 24 * 25 + 32 * 8 * 8 * 16 * 25 + 512 * 512 + 512 * 10
    assert cost_of("badnet", GREY, 10).multiply_adds == by_hand
    assert cost_of("mlp", GREY, 10).multiply_adds == 784 * 512 + 512 * 256 + 256 * 10


@pytest.mark.parametrize("architecture", ["mobilenet_v3_small", "resnet18", "preact_resnet18"])
def test_torchs_own_count_is_the_same(architecture):
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        models.build(architecture, (3, 32, 32), 10).eval()(torch.zeros(1, 3, 32, 32))
    assert cost_of(architecture, (3, 32, 32), 10).multiply_adds == counter.get_total_flops() // 2


def test_a_cost_knows_how_long_a_training_takes():
    assert Cost(1, 1, 500.0).seconds(60_000, 4) == 480
    assert Cost(1, 1).seconds(60_000, 4) is None


@pytest.mark.parametrize("architecture", ["vgg11_bn", "mobilenet_v3_small"])
def test_measuring_takes_no_random_number_and_is_soon_over(architecture):
    compute._bfloat16_is_faster.cache_clear()
    state, seen = torch.get_rng_state(), []
    train = TrainSettings(architecture=architecture, width=0.25)
    cost = outcome(cost_job(train, GREY, 10, ComputeSettings(threads=1)), seen=seen)
    assert torch.equal(torch.get_rng_state(), state)
    assert cost.images_per_second > 0
    assert cost.parameters == models.count_parameters(architecture, GREY, 10, 0.25)
    assert len(seen) <= 21


def test_what_cannot_be_built_cannot_be_measured():
    with pytest.raises(EngineError, match="one width only"):
        outcome(cost_job(TrainSettings(architecture="resnet18", width=2), GREY, 10,
                         ComputeSettings(threads=1)))  # fmt: skip


def test_the_table_tells_where_networks_come_from():
    assert all(
        known.paper for name, known in ARCHITECTURES.items() if name not in ("bn_cnn", "mlp")
    )
