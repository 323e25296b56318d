"""How fast a network would learn on this machine, measured for a moment before it does."""

import time

import torch
from torch import nn
from torch.nn import functional

from engine.architectures import Cost, Shape, build, cost_of
from engine.compute import Compute, prepare
from engine.errors import EngineError
from engine.events import Job, Progress, Pulse
from engine.network import Network
from engine.settings import ComputeSettings, TrainSettings

MEASURED_SECONDS = 0.4
MEASURED_STEPS = 20
STEP_WORK = 1e9  # multiply-adds: a step of so many shall be short, whatever the network is
_PLACEHOLDER = 0.01  # weights that cost as much as any, and need no random number


def cost_job(
    train: TrainSettings, shape: Shape, classes: int, settings: ComputeSettings
) -> Job[Cost]:
    """Count, and measure for a moment how fast such a network learns on this machine.

    It takes no random number, so that a training that starts meanwhile is the same as without it.

    Raises:
        EngineError: Such a network cannot be built, or the device is missing.
    """
    yield Progress(0, 1, "measuring the speed")
    counted = cost_of(train.architecture, shape, classes, train.width)
    compute = prepare(settings, train.architecture)
    batch = min(max(int(STEP_WORK / max(counted.multiply_adds, 1)), 4), train.batch_size)
    try:
        network = _unlearned(train, shape, classes, compute)
        speed = yield from _speed(network, (batch, *shape), compute)
    except (RuntimeError, MemoryError) as error:
        raise EngineError(
            f"The speed of {train.architecture} could not be measured: {str(error)[:200]}."
        ) from error
    return Cost(counted.parameters, counted.multiply_adds, speed)


def _unlearned(train: TrainSettings, shape: Shape, classes: int, compute: Compute) -> Network:
    """A network in training mode whose weights are all the same."""
    with torch.device("meta"):
        module = build(train.architecture, shape, classes, train.width)
    module = compute.place(module.to_empty(device="cpu")).train()
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.fill_(_PLACEHOLDER if tensor.is_floating_point() else 0)
    for layer in module.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()  # it would take random numbers
    return Network(module, compute)


def _speed(network: Network, shape: tuple[int, int, int, int], compute: Compute) -> Job[float]:
    """Images a second that steps of training take; the first step only warms up."""
    optimizer = torch.optim.SGD(network.module.parameters(), lr=0.0, fused=True)
    images = compute.to_input(torch.zeros(shape, dtype=torch.uint8))
    labels = torch.zeros(shape[0], dtype=torch.int64, device=compute.device)
    seconds: list[float] = []
    while len(seconds) < 2 or (sum(seconds) < MEASURED_SECONDS and len(seconds) < MEASURED_STEPS):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(network.logits(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        float(loss.detach())  # waits for a GPU to finish
        seconds.append(time.perf_counter() - start)
        yield Pulse()
    return shape[0] / min(seconds[1:])
