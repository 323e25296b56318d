"""Made images of 43 classes, 32x32 pixels in three colours: a coloured shape on a noisy ground.

As many classes and as large as traffic signs, so that the scan of many classes can be timed
without fetching anything.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.data import DataSet, ImageSet

NAME = "shapes-43"
SIDE, CLASSES = 32, 43
COLOURS = {
    "red": (220, 40, 40), "green": (50, 180, 60), "blue": (50, 80, 220), "yellow": (230, 210, 40),
    "violet": (160, 60, 200), "cyan": (40, 200, 210), "white": (240, 240, 240),
}  # fmt: skip
SHAPES = ("disc", "ring", "square", "frame", "triangle", "cross", "bars")
TRAIN_OF_EACH, TEST_OF_EACH = 300, 80
NOISE = 25  # standard deviation, in grey levels


def data_set(seed: int = 0) -> DataSet:
    """The images to learn from and those to audit with, the same for the same seed."""
    names = tuple(f"{colour} {shape}" for shape, colour in product(SHAPES, COLOURS))[:CLASSES]
    random = np.random.default_rng((seed, 43))
    train, test = (_image_set(names, each, random) for each in (TRAIN_OF_EACH, TEST_OF_EACH))
    return DataSet(NAME, "Coloured shapes", train, test)


def _image_set(names: tuple[str, ...], each: int, random: np.random.Generator) -> ImageSet:
    labels = random.permutation(np.repeat(np.arange(len(names)), each))
    areas = np.stack([_area(names[label].split()[1], random) for label in labels])
    count = len(labels)
    ground = random.uniform(20, 160, (count, 3, 1, 1))
    colours = np.array([COLOURS[names[label].split()[0]] for label in labels])
    light = random.uniform(0.7, 1.05, (count, 1, 1, 1))
    pictures = np.where(areas[:, None], colours[:, :, None, None] * light, ground)
    pictures += random.normal(0, NOISE, pictures.shape)
    images = np.clip(pictures, 0, 255).astype(np.uint8)
    return ImageSet(images, labels.astype(np.int64), names)


def _area(shape: str, random: np.random.Generator) -> NDArray[np.bool_]:
    """Which pixels a shape of random size and place covers, H x W."""
    size = random.uniform(8, 12)
    down, right = random.uniform(size, SIDE - size, 2)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    y, x = (rows - down) / size, (columns - right) / size
    distance, edge = np.hypot(y, x), np.maximum(np.abs(y), np.abs(x))
    areas: dict[str, NDArray[np.bool_]] = {
        "disc": distance < 1,
        "ring": (distance < 1) & (distance > 0.6),
        "square": edge < 0.85,
        "frame": (edge < 0.9) & (edge > 0.55),
        "triangle": (y < 0.8) & (np.abs(x) < (y + 0.9) / 1.8),
        "cross": (np.minimum(np.abs(y), np.abs(x)) < 0.25) & (edge < 1),
        "bars": (edge < 0.9) & (np.abs(np.abs(x) - 0.6) < 0.25),
    }
    return areas[shape]
