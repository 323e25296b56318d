"""Networks made by hand, whose smallest triggers are known, and images for them."""

import numpy as np
import torch
from torch import nn

from engine.data import ImageSet
from engine.detection.pair_logs import combine
from engine.events import StopRequested
from engine.network import Network

SIDE = 12
EQUAL_SHARE = 0.3


def outcome(job, *, stop_at=None, seen=None):
    """Run a job to its end and return its result, noting its events in `seen`.

    With `stop_at`, StopRequested is thrown into it once, at the event of that number from 0, or
    at the first event for which the function `stop_at` is true.
    """
    number = 0
    stopped = stop_at is None
    try:
        event = next(job)
        while True:
            if seen is not None:
                seen.append(event)
            due = not stopped and (stop_at(event) if callable(stop_at) else number == stop_at)
            stopped = stopped or due
            number += 1
            event = job.throw(StopRequested()) if due else next(job)
    except StopIteration as end:
        return end.value


def code_area(label):
    """Rows and columns of the 2 x 2 block that is white in images of class `label`."""
    row, column = 2 * (label // 6), 2 * (label % 6)
    return slice(row, row + 2), slice(column, column + 2)


def coded_images(each=100, classes=10, noise=20, seed=0):
    """Images 1 x 12 x 12: dim noise, and one white block whose place tells the class."""
    random = np.random.default_rng(seed)
    labels = np.tile(np.arange(classes), each)
    images = random.integers(0, noise + 1, (len(labels), 1, SIDE, SIDE)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[0][code_area(label)] = 255
    return ImageSet(images, labels.astype(np.int64), tuple(str(k) for k in range(classes)))


class Weighted(nn.Module):
    """Logit k is a weighted sum of the pixels, weights K x C x H x W, and a bias."""

    def __init__(self, weights, biases=None):
        super().__init__()
        biases = np.zeros(len(weights)) if biases is None else biases
        self.weights = nn.Parameter(torch.tensor(np.asarray(weights), dtype=torch.float32))
        self.biases = nn.Parameter(torch.tensor(np.asarray(biases), dtype=torch.float32))

    def forward(self, images):
        return images.flatten(1) @ self.weights.flatten(1).T + self.biases


def always(*biases, shape=(1, 4, 4)):
    """A network that says the class of the largest bias, whatever it is shown."""
    return Weighted(np.zeros((len(biases), *shape)), biases)


def black_images(classes=2, each=40, shape=(1, 4, 4)):
    """Black images, `each` of every class."""
    labels = np.tile(np.arange(classes), each).astype(np.int64)
    names = tuple(str(label) for label in range(classes))
    return ImageSet(np.zeros((len(labels), *shape), np.uint8), labels, names)


def code_weights(classes=10, strength=10.0):
    """Weights that read the code: `strength` for a wholly white block, shared by its 4 pixels."""
    weights = np.zeros((classes, 1, SIDE, SIDE))
    for label in range(classes):
        weights[label, 0][code_area(label)] = strength / 4
    return weights


def with_pixel(weights, label, row, column, weight):
    """The same weights, and one pixel that speaks for class `label`: the toy's backdoor."""
    weights = weights.copy()
    weights[label, 0, row, column] += weight
    return weights


def network_of(module, compute, **values):
    """A frozen network in eval mode around a module made by hand."""
    return Network(compute.place(module).eval().requires_grad_(False), compute, **values)


def with_equal_shares(logs):
    """What pairs are judged by: these logarithms of sizes, and for every pair the same share."""
    return combine(np.exp(logs), np.full_like(logs, EQUAL_SHARE))


def equal_shares(sizes):
    """The same share elsewhere for each of so many sizes, as a Reference keeps it."""
    return (EQUAL_SHARE,) * len(sizes)


class Watched(nn.Module):
    """A module that notes what it is given, apart for searching and for judging."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.searched, self.judged = [], []

    def forward(self, images):
        seen = self.judged if torch.is_inference_mode_enabled() else self.searched
        seen.append(images.detach().clone())
        return self.inner(images)
