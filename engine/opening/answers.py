"""What a network says of clean or changed images, a few of them at a time."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.data import ImageSet
from engine.events import Job, Pulse
from engine.metrics import NO_ANSWER
from engine.network import Network

MANY_PARAMETERS = 2_000_000
CHUNK, CHUNK_OF_LARGE = 250, 50  # images at once, so that the Job can be stopped in between


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of labelled images.

    Attributes:
        clean_accuracy: Share of them classified rightly, 0..1. An image whose outputs are not
            numbers is not, and counts for no class below.
        loss: Mean cross-entropy, in nats; infinite where outputs are no numbers.
        shares: K, the share of images of other classes taken for each class, 0..1.
        confidence: K, the mean probability of each class on images of other classes, 0..1.
        leads: K, the median lead of each class over the best other one on images of other
            classes, in logits.
        lead: The median lead of the class that is said over the next, on all images, in logits.
        non_finite: For how many images some output is NaN or infinite.
    """

    clean_accuracy: float
    loss: float
    shares: NDArray[np.float64]
    confidence: NDArray[np.float64]
    leads: NDArray[np.float64]
    lead: float
    non_finite: int = 0


def is_large(network: Network) -> bool:
    """Whether a network takes long for each image."""
    return sum(one.numel() for one in network.module.parameters()) > MANY_PARAMETERS


def answer(
    network: Network, images: ImageSet, change: Callable[[Tensor], Tensor] | None = None
) -> Job[Answers]:
    """Show a network labelled images, and count its answers.

    Args:
        network: The network, with the input format that it shall be shown images in.
        images: At least one.
        change: What is done to the images, N x C x H x W floats in 0..1, before; or None.
    """
    parts = []
    chunk = CHUNK_OF_LARGE if is_large(network) else CHUNK
    for start in range(0, len(images), chunk):
        with torch.inference_mode():
            inputs = network.compute.to_input(images.images[start : start + chunk])
            parts.append(network.logits(inputs if change is None else change(inputs)).cpu())
        yield Pulse()
    return _count(torch.cat(parts), images)


def _count(logits: Tensor, images: ImageSet) -> Answers:
    labels = torch.from_numpy(np.array(images.labels))
    loss = float(functional.cross_entropy(logits, labels))
    finite = logits.isfinite().all(1)
    logits = torch.where(finite[:, None], logits, 0.0)
    top = logits.topk(min(2, logits.shape[1]), dim=1)
    best, second = top.values[:, :1], top.values[:, -1:]
    leads = torch.where(logits == best, logits - second, logits - best).double().numpy()
    probabilities = torch.where(finite[:, None], logits.softmax(1), 0.0).double().numpy()
    said = torch.where(finite, top.indices[:, 0], NO_ANSWER).numpy()
    others = [images.labels != label for label in range(images.classes)]
    return Answers(
        float(np.mean(said == images.labels)),
        loss if math.isfinite(loss) else math.inf,
        np.array([_mean(said[other] == label) for label, other in enumerate(others)]),
        np.array([_mean(probabilities[other, label]) for label, other in enumerate(others)]),
        np.array([_median(leads[other, label]) for label, other in enumerate(others)]),
        float((best - second).median()),
        int((~finite).sum()),
    )


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else 0.0
