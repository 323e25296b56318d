"""Recipes of clean reference networks, which differ on purpose.

Networks of one recipe resemble each other more than any of them resembles a stranger's network,
so that references of one recipe would accuse honest strangers. These vary in all that strangers
do differently: optimiser, length, rates, regularisation, width, input range, and the data.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.architectures import ARCHITECTURES
from engine.data import ImageSet
from engine.events import Job, Pulse
from engine.settings import MOST_EPOCHS, Settings, TrainSettings

EPOCHS, BATCHES, RATES, WIDTHS = (0.25, 1.75), (0.5, 2.0), (0.25, 2.0), (0.5, 2.0)  # times usual
PIECE = 8192  # images copied at a time


class Recipe(Settings):
    """How one clean network is made.

    Attributes:
        train: Its architecture and all settings of its training.
        share: Share of the training images used, 0..1.
        shift: Greatest shift of each training image, in pixels.
        label_noise: Share of training labels replaced by random ones, 0..1.
        imbalance: How many times rarer the rarest class is than the commonest.
    """

    train: TrainSettings = TrainSettings()
    share: float = Field(1.0, gt=0, le=1)
    shift: int = Field(0, ge=0, le=8)
    label_noise: float = Field(0.0, ge=0, le=1)
    imbalance: float = Field(1.0, ge=1)

    def __str__(self) -> str:
        """The recipe in words, with all that is not usual."""
        train = self.train
        words = [
            f"{train.epochs} epochs of {train.optimiser}, batch {train.batch_size}, rate"
            f" {train.learning_rate:g}, inputs {train.input_range}"
        ]
        words += [f"width {train.width:g}"] * (train.width != 1)
        words += [f"weight decay {train.weight_decay:g}"] * (train.weight_decay > 0)
        words += [f"label smoothing {train.label_smoothing:g}"] * (train.label_smoothing > 0)
        words += [f"{self.share:.0%} of the data"] * (self.share < 1)
        words += [f"shifts up to {self.shift}"] * (self.shift > 0)
        words += [f"{self.label_noise:.0%} wrong labels"] * (self.label_noise > 0)
        words += [f"classes up to {self.imbalance:g} times rarer"] * (self.imbalance > 1)
        return ", ".join(words)


def draw(base: TrainSettings, seed: int, number: int, attempt: int = 0) -> Recipe:
    """Draw a recipe at random from what is sensible around `base`.

    Args:
        base: The architecture and the usual epochs, batch and learning rate.
        seed: Of the whole set of networks.
        number: Of the network in its set.
        attempt: How often this network was tried before; another attempt is another recipe.
    """
    random = np.random.default_rng((seed, number, attempt))
    input_range = str(random.choice(["0..1", "0..1", "-1..1", "0..255"]))
    # Plain descent is too short-sighted for inputs that are hundreds of times larger.
    optimiser = "adam" if input_range == "0..255" else str(random.choice(["adam", "adam", "sgd"]))
    factor = float(np.exp(random.uniform(*np.log(RATES))))
    train = {
        "epochs": int(np.clip(round(base.epochs * random.uniform(*EPOCHS)), 1, MOST_EPOCHS)),
        "batch_size": int(np.clip(base.batch_size * random.choice([0.5, 1, 2]), 8, 4096)),
        "learning_rate": min(float(f"{base.learning_rate * factor:.3g}"), 1.0),
        "weight_decay": float(random.choice([0.0, 0.0, 0.01, 0.1])),
        "label_smoothing": float(random.choice([0.0, 0.0, 0.05, 0.1])),
        "optimiser": optimiser,
        "width": _width(base, float(random.choice([0.5, 1, 1, 1, 1.5, 2]))),
        "input_range": input_range,
        "seed": int(random.integers(2**31)),
    }
    return Recipe(
        train=TrainSettings.model_validate(base.model_dump() | train),
        share=float(random.choice([1.0, 1.0, 0.7, 0.4])),
        shift=int(random.choice([0, 0, 1])),
        label_noise=float(random.choice([0.0, 0.0, 0.0, 0.02])),
        imbalance=float(random.choice([1.0, 1.0, 1.0, 3.0])),
    )


def _width(base: TrainSettings, factor: float) -> float:
    """A width so many times that of `base`, where its network has more than one."""
    wanted = base.width * factor if ARCHITECTURES[base.architecture].has_width else base.width
    return float(np.clip(wanted, 0.25, 4))


def around(train: TrainSettings) -> TrainSettings:
    """What recipes are drawn around: the settings that they vary, without those that they replace.

    Two trainings for which this is equal have the same recipes.
    """
    usual = TrainSettings()
    replaced = ("weight_decay", "label_smoothing", "optimiser", "input_range", "seed")
    return train.model_copy(update={name: getattr(usual, name) for name in replaced})


def covers(base: TrainSettings, train: TrainSettings) -> bool:
    """Whether a training is one that recipes around `base` may be drawn for."""
    ratios = (
        (train.epochs / base.epochs, EPOCHS),
        (train.batch_size / base.batch_size, BATCHES),
        (train.learning_rate / base.learning_rate, RATES),
        (train.width / base.width, WIDTHS),
    )
    same = train.architecture == base.architecture
    # What was drawn is rounded, so the bounds may be missed by a hair.
    return same and all(0.99 * low <= ratio <= 1.01 * high for ratio, (low, high) in ratios)


def prepare(images: ImageSet, recipe: Recipe) -> ImageSet:
    """Thin out, shift and mislabel the clean training images as the recipe says."""
    job = preparing(images, recipe)
    while True:
        try:
            next(job)
        except StopIteration as stop:
            prepared: ImageSet = stop.value
            return prepared


def preparing(images: ImageSet, recipe: Recipe) -> Job[ImageSet]:
    """What `prepare` does, a piece of the images at a time."""
    random = np.random.default_rng(recipe.train.seed)
    rarity = np.linspace(1, 1 / recipe.imbalance, images.classes)
    rarity = rarity[random.permutation(images.classes)]
    kept = np.flatnonzero(random.random(len(images)) < recipe.share * rarity[images.labels])
    moves = random.integers(-recipe.shift, recipe.shift + 1, (len(kept), 2))
    labels = images.labels[kept]
    noisy = random.random(len(kept)) < recipe.label_noise
    labels[noisy] = random.integers(0, images.classes, int(noisy.sum()))
    pictures = np.empty((len(kept), *images.shape), np.uint8)
    for start in range(0, len(kept), PIECE):
        piece = slice(start, start + PIECE)
        pictures[piece] = _shifted(images.images[kept[piece]], moves[piece])
        yield Pulse()
    return ImageSet(pictures, labels, images.class_names)


def _shifted(images: NDArray[np.uint8], moves: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Each image moved by so many rows and columns; what leaves comes in again."""
    for move in np.unique(moves, axis=0):
        if move.any():
            there = np.flatnonzero((moves == move).all(axis=1))
            images[there] = np.roll(images[there], tuple(move), axis=(2, 3))
    return images
