"""Images that a network no longer knows: what label-consistent attacks begin with.

Projected gradient descent: Madry et al. 2018, arXiv 1706.06083, as Turner, Tsipras, Madry 2019,
arXiv 1912.02771, use it for poisoning. The network that is descended against is a helper, trained
here for a moment on images that one quick step has moved already (Wong, Rice, Kolter 2020, arXiv
2001.03994). Against such a network the descent changes what a class looks like; against an ordinary
one it only makes a noise of its own, which would be learned in place of the patch. For the same
reason the descent is in the Euclidean norm, which leaves most of the background alone.
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

HELPER, HELPER_OF_SMALL = "badnet", "mlp"
HELPER_STEPS, HELPER_BATCH, HELPER_RATE = 300, 256, 0.004
BATCH = 128
STRIDE = 2.5  # the steps together are so many times as long as the way they may go
MOST_REACH, REACH = 0.3, 1.7  # of the helper's own step: at most, and per mean change of a value


def helper_for(shape: tuple[int, int, int]) -> str:
    """The network that images C x H x W are made hard for; the usual one is not for tiny ones."""
    fits = min(shape[1:]) >= models.ARCHITECTURES[HELPER].least_side
    return HELPER if fits else HELPER_OF_SMALL


def make_hard(
    clean: ImageSet, indices: NDArray[np.int64], settings: AttackSettings, compute: Compute
) -> Job[NDArray[np.uint8]]:
    """Move the images at `indices` away from their class, each by at most the perturbation.

    Returns:
        The moved images, M x C x H x W, uint8, in the order of `indices`.
    """
    batches = math.ceil(len(indices) / BATCH)
    total = HELPER_STEPS + batches * settings.perturbation_steps
    helper = yield from _train_helper(clean, settings, compute, total)
    helper.module.eval().requires_grad_(False)
    moved = np.empty((len(indices), *clean.shape), np.uint8)
    for number in range(batches):
        area = slice(number * BATCH, (number + 1) * BATCH)
        some = indices[area]
        done = HELPER_STEPS + number * settings.perturbation_steps
        moved[area] = yield from _descend(
            helper, clean.images[some], clean.labels[some], settings, (done, total)
        )
    return moved


def _train_helper(
    clean: ImageSet, settings: AttackSettings, compute: Compute, total: int
) -> Job[Network]:
    torch.manual_seed(settings.seed)
    helper_module = models.build(helper_for(clean.shape), clean.shape, clean.classes)
    module = compute.place(helper_module).train()
    helper = Network(module, compute)
    optimizer = torch.optim.Adam(module.parameters(), lr=HELPER_RATE)
    random = np.random.default_rng(settings.seed)
    reach = min(REACH * settings.perturbation / math.sqrt(math.prod(clean.shape)), MOST_REACH)
    for step in range(HELPER_STEPS):
        some = random.integers(0, len(clean), min(HELPER_BATCH, len(clean)))
        labels = torch.from_numpy(clean.labels[some]).to(compute.device)
        images = compute.to_input(clean.images[some])
        easier = min(2 * step / HELPER_STEPS, 1)  # to begin with
        moved = images + easier * reach * _slope(helper, images, labels).sign()
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(helper.logits(moved.clamp_(0, 1)), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield Progress(step + 1, total, "training the helper network")
    return helper


def _slope(helper: Network, images: Tensor, labels: Tensor) -> Tensor:
    """The gradient of the loss at each image."""
    images = images.detach().requires_grad_(True)
    loss = functional.cross_entropy(helper.logits(images), labels)
    slope: Tensor = torch.autograd.grad(loss, images)[0]
    return slope


def _descend(
    helper: Network,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    settings: AttackSettings,
    progress: tuple[int, int],
) -> Job[NDArray[np.uint8]]:
    """Projected gradient descent in the Euclidean norm, inside 0..1."""
    stride = STRIDE * settings.perturbation / settings.perturbation_steps
    original = helper.compute.to_input(images)
    goals = torch.from_numpy(labels).to(original.device)
    moved = original
    for step in range(settings.perturbation_steps):
        slope = _slope(helper, moved, goals)
        at_the_edge = ((moved <= 0) & (slope < 0)) | ((moved >= 1) & (slope > 0))
        slope = slope.masked_fill(at_the_edge, 0)
        away = (moved + stride * slope / _length(slope)).clamp_(0, 1) - original
        moved = original + away * (settings.perturbation / _length(away)).clamp_max(1)
        yield Progress(progress[0] + step + 1, progress[1], "making images hard to learn")
    hard: NDArray[np.uint8] = (moved * 255).round().to(torch.uint8).cpu().numpy()
    return hard


def _length(changes: Tensor) -> Tensor:
    """The Euclidean norm of each image's change, N x 1 x 1 x 1, never zero."""
    lengths: Tensor = torch.linalg.vector_norm(changes, dim=(1, 2, 3), keepdim=True)
    return lengths.clamp_min(1e-9)
