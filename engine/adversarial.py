"""Images that a network no longer knows: what label-consistent attacks begin with.

Projected gradient descent: Madry et al. 2018, arXiv 1706.06083, as Turner, Tsipras, Madry 2019,
arXiv 1912.02771, use it for poisoning. The network that is descended against is a helper, trained
here for a moment on images that one quick step has moved already (Wong, Rice, Kolter 2020, arXiv
2001.03994). Against such a network the descent changes what a class looks like; against an ordinary
one it only makes a noise of its own, which would be learned in place of the patch.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine import models
from engine.compute import Compute
from engine.data import ImageSet
from engine.events import Job, Progress
from engine.network import Network
from engine.settings import AttackSettings

HELPER = "badnet"
HELPER_STEPS, HELPER_BATCH, HELPER_RATE = 300, 256, 0.004
BATCH = 128
STRIDE = 2.5  # the steps together are so many times as long as the way they may go


def make_hard(
    clean: ImageSet, indices: NDArray[np.int64], settings: AttackSettings, compute: Compute
) -> Job[NDArray[np.uint8]]:
    """Move the images at `indices` away from their class, each value by at most the perturbation.

    Returns:
        The moved images, M x C x H x W, uint8, in the order of `indices`.
    """
    batches = math.ceil(len(indices) / BATCH)
    total = HELPER_STEPS + batches * settings.perturbation_steps
    helper = yield from _train_helper(clean, settings, compute, total)
    helper.module.eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(settings.seed)
    moved = np.empty((len(indices), *clean.shape), np.uint8)
    for number in range(batches):
        area = slice(number * BATCH, (number + 1) * BATCH)
        some = indices[area]
        done = HELPER_STEPS + number * settings.perturbation_steps
        moved[area] = yield from _descend(
            helper, clean.images[some], clean.labels[some], settings, generator, (done, total)
        )
    return moved


def _train_helper(
    clean: ImageSet, settings: AttackSettings, compute: Compute, total: int
) -> Job[Network]:
    torch.manual_seed(settings.seed)
    module = compute.place(models.build(HELPER, clean.shape, clean.classes)).train()
    helper = Network(module, compute)
    optimizer = torch.optim.Adam(module.parameters(), lr=HELPER_RATE)
    random = np.random.default_rng(settings.seed)
    for step in range(HELPER_STEPS):
        some = random.integers(0, len(clean), min(HELPER_BATCH, len(clean)))
        labels = torch.from_numpy(clean.labels[some]).to(compute.device)
        images = compute.to_input(clean.images[some])
        reach = settings.perturbation * min(2 * step / HELPER_STEPS, 1)  # easy ones first
        moved = _moved(helper, images, images, labels, 1.25 * reach, reach)
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(helper.logits(moved), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield Progress(step + 1, total, "training the helper network")
    return helper


def _moved(
    helper: Network, now: Tensor, original: Tensor, labels: Tensor, stride: float, reach: float
) -> Tensor:
    """One step up the slope of the loss, kept within reach of the original and in 0..1."""
    now = now.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(functional.cross_entropy(helper.logits(now), labels), now)
    moved = now.detach() + stride * slope.sign()
    return torch.minimum(torch.maximum(moved, original - reach), original + reach).clamp_(0, 1)


def _descend(
    helper: Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    settings: AttackSettings,
    generator: torch.Generator,
    progress: tuple[int, int],
) -> Job[NDArray[np.uint8]]:
    """Projected gradient descent from a random start, in the maximum norm."""
    reach = settings.perturbation
    stride = STRIDE * reach / settings.perturbation_steps
    original = helper.compute.to_input(images)
    goals = torch.from_numpy(labels).to(original.device)
    start = torch.rand(images.shape, generator=generator).to(original.device) * 2 - 1
    moved = (original + reach * start).clamp_(0, 1)
    for step in range(settings.perturbation_steps):
        moved = _moved(helper, moved, original, goals, stride, reach)
        yield Progress(progress[0] + step + 1, progress[1], "making images hard to learn")
    hard: NDArray[np.uint8] = (moved * 255).round().to(torch.uint8).cpu().numpy()
    return hard
