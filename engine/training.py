"""Training: a network learns a data set, poisoned or not, and its rates are measured as it goes."""

import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine import models
from engine.augmentation import AsStored, Moves, Source
from engine.compute import Compute
from engine.data import ImageSet
from engine.errors import EngineError
from engine.events import (
    BatchTrained,
    Job,
    Measured,
    Predicted,
    Progress,
    Pulse,
    StopRequested,
)
from engine.input_format import InputFormat
from engine.metrics import Rates, TestImages, measure
from engine.models import Model
from engine.network import Network
from engine.settings import TrainSettings

MEASURE_EVERY = 25
MONITOR_IMAGES = 500
SGD_RATE = 10  # a step of plain descent is as long as one of Adam at a rate some ten times larger

_MOVING = 0xA06  # keeps the random numbers that move images apart from those that order them


@dataclass(frozen=True, eq=False)
class Samples:
    """The few test images whose predictions are shown, uint8 n x C x H x W."""

    clean: NDArray[np.uint8]
    stamped: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Learned:
    """What training leaves.

    Attributes:
        model: The trained network.
        rates: Measured on all test images, or on the monitored ones if training was stopped.
        predictions: What the network says of the samples.
        seconds: Wall-clock time, pauses included.
        complete: False if it was stopped; the model is then the best one measured so far.
    """

    model: Model
    rates: Rates
    predictions: Predicted
    seconds: float
    complete: bool


@dataclass
class _Kept:
    """The best network measured so far, by clean accuracy on the monitored images."""

    rates: Rates | None = None
    state: dict[str, Tensor] = field(default_factory=dict)

    def consider(self, network: Network, rates: Rates) -> None:
        if self.rates is None or rates.clean_accuracy >= self.rates.clean_accuracy:
            self.rates = rates
            self.state = {
                name: tensor.detach().clone()
                for name, tensor in network.module.state_dict().items()
            }


def train(
    images: ImageSet,
    tests: TestImages,
    samples: Samples,
    settings: TrainSettings,
    compute: Compute,
    source: Source | None = None,
) -> Job[Learned]:
    """Train a network from random weights with a one-cycle learning rate.

    The rates are measured every few steps on the first of the test images, which the person
    watches, and at the end on all of them. When stopped, the best network measured so far is
    what remains; with nothing measured yet, nothing remains.

    Args:
        images: What it learns.
        tests: What its rates are measured on.
        samples: Test images whose predictions are told.
        settings: How it learns.
        compute: Where.
        source: Where the images of each batch come from, or None: `images`, moved as the settings
            say.

    Raises:
        EngineError: The loss is no longer a number.
    """
    start = time.perf_counter()
    torch.manual_seed(settings.seed)
    module = compute.place(
        models.build(settings.architecture, images.shape, images.classes, settings.width)
    )
    network = Network(module, compute, InputFormat.parse(settings.input_range))
    kept = _Kept()
    monitored = tests.first(MONITOR_IMAGES)
    source = source or AsStored(images.images, Moves.of(settings))
    try:
        yield from _learn(network, images.labels, source, monitored, samples, settings, kept)
        rates = yield from measure(network.predict, tests)
        complete = True
    except StopRequested:
        if kept.rates is None:
            raise
        module.load_state_dict(kept.state)
        rates, complete = kept.rates, False
    model = Model(
        settings.architecture, images.shape, images.classes, models.save_state(network.module),
        input_range=settings.input_range, width=settings.width,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    return Learned(model, rates, _predict(network, samples), seconds, complete)


def _learn(
    network: Network,
    labels: NDArray[np.int64],
    source: Source,
    monitored: TestImages,
    samples: Samples,
    settings: TrainSettings,
    kept: _Kept,
) -> Job[None]:
    """Take every step of every epoch and measure in between."""
    optimizer, schedule = _optimizer(network, len(labels), settings)
    clock = _Clock(len(labels) * settings.epochs)
    losses: list[float] = []
    step = 0
    for epoch in range(1, settings.epochs + 1):
        for batch, goals in _batches(labels, source, settings, epoch, network.compute):
            step += 1
            loss = _take_step(network, optimizer, batch, goals, settings.label_smoothing)
            schedule.step()
            losses.append(loss)
            _check_loss(loss, step)
            yield BatchTrained(step, epoch, loss)
            yield clock.tick(len(goals), f"epoch {epoch} of {settings.epochs}")
            if step % MEASURE_EVERY == 0 or clock.finished:
                rates = yield from _quietly(measure(network.predict, monitored))
                kept.consider(network, rates)
                yield _measured(step, epoch, losses, rates)
                yield _predict(network, samples)
                losses.clear()


def _optimizer(
    network: Network, images: int, settings: TrainSettings
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    parameters, rate = network.module.parameters(), settings.learning_rate
    optimizer: torch.optim.Optimizer
    if settings.optimiser == "sgd":
        rate *= SGD_RATE
        optimizer = torch.optim.SGD(
            parameters, lr=rate, momentum=0.9, weight_decay=settings.weight_decay / SGD_RATE,
            fused=True,
        )  # fmt: skip
    else:
        optimizer = torch.optim.AdamW(
            parameters, lr=rate, weight_decay=settings.weight_decay, fused=True
        )
    steps = math.ceil(images / settings.batch_size) * settings.epochs
    # OneCycleLR divides by the length of its two phases, so it needs a few steps for each.
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, total_steps=max(steps, 10), cycle_momentum=False
    )
    return optimizer, schedule


def _batches(
    labels: NDArray[np.int64],
    source: Source,
    settings: TrainSettings,
    epoch: int,
    compute: Compute,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Each epoch's batches in a new order, gathered from the resident uint8 images."""
    order = np.random.default_rng((settings.seed, epoch)).permutation(len(labels))
    moving = np.random.default_rng((settings.seed, epoch, _MOVING))
    starts = list(range(0, len(order), settings.batch_size))
    if len(starts) > 1 and len(order) - starts[-1] == 1:
        starts.pop()  # one image alone has no variance for batch normalisation to divide by
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        chosen = order[start:end]
        goals = torch.from_numpy(labels[chosen]).to(compute.device)
        yield compute.to_input(source(chosen, moving)), goals


def _take_step(
    network: Network,
    optimizer: torch.optim.Optimizer,
    batch: Tensor,
    labels: Tensor,
    label_smoothing: float,
) -> float:
    network.module.train()
    optimizer.zero_grad(set_to_none=True)
    loss = functional.cross_entropy(network.logits(batch), labels, label_smoothing=label_smoothing)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())


def _check_loss(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise EngineError(
            f"Training diverged: the loss is no longer a number at step {step}. Lower the learning"
            " rate and start again."
        )


def _measured(step: int, epoch: int, losses: list[float], rates: Rates) -> Measured:
    return Measured(
        step,
        epoch,
        float(np.mean(losses)),
        rates.clean_accuracy,
        rates.attack_success,
        rates.sham_rate,
        rates.images,
    )


def _quietly(job: Job[Rates]) -> Job[Rates]:
    """Run a Job that is part of another one: yield as often, but leave the progress alone."""
    while True:
        try:
            next(job)
        except StopIteration as stop:
            rates: Rates = stop.value
            return rates
        yield Pulse()


def _predict(network: Network, samples: Samples) -> Predicted:
    return Predicted(network.predict(samples.clean), network.predict(samples.stamped))


class _Clock:
    """Progress, speed and time left, from the images seen and the time between steps."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self._last = time.perf_counter()
        self._steps: deque[tuple[float, int]] = deque(maxlen=100)

    @property
    def finished(self) -> bool:
        return self.done >= self.total

    def tick(self, images: int, text: str) -> Progress:
        now = time.perf_counter()
        self._steps.append((now - self._last, images))
        self._last = now
        self.done += images
        # A pause shows as one very long step: it says nothing about the speed.
        longest = 10 * float(np.median([seconds for seconds, _ in self._steps]))
        usual = [step for step in self._steps if step[0] <= longest]
        speed = sum(step[1] for step in usual) / max(sum(step[0] for step in usual), 1e-9)
        return Progress(self.done, self.total, text, speed, (self.total - self.done) / speed)
