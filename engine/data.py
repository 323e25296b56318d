"""Data sets: resident uint8 images, their labels and the names of their classes."""

import hashlib
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError

DATASET_FOLDER = Path(__file__).parent.parent / "resources" / "datasets"

_LOADING = Lock()
_MNIST_FILES = {
    "train-images-idx3-ubyte": ("6bbc9ace898e44ae57da46a324031adb", (60000, 28, 28)),
    "train-labels-idx1-ubyte": ("a25bea736e30d166cdddb491f175f624", (60000,)),
    "t10k-images-idx3-ubyte": ("2646ac647ad5339dbf082846283269ea", (10000, 28, 28)),
    "t10k-labels-idx1-ubyte": ("27ae3e4e09519cfbb04c329615203637", (10000,)),
}


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with labels.

    Attributes:
        images: N x C x H x W, uint8, 0..255.
        labels: N class indices, int64.
        class_names: K names, by class index.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H, W of each image."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return len(self.class_names)

    def subset(self, indices: NDArray[np.int64]) -> "ImageSet":
        """The images at `indices`, copied, with the same class names."""
        return ImageSet(self.images[indices], self.labels[indices], self.class_names)


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set: images to learn from, and images that no network may learn from."""

    name: str
    title: str
    train: ImageSet
    test: ImageSet


@dataclass(frozen=True)
class DataSource:
    """What is known of a data set before it is loaded."""

    title: str
    shape: tuple[int, int, int]
    classes: int
    load: Callable[[], DataSet]


def load(name: str) -> DataSet:
    """Load a data set by name; it stays in memory, and a second call returns the same arrays.

    Raises:
        EngineError: No data set has this name, or its files are missing or damaged.
    """
    if name not in DATA_SOURCES:
        raise EngineError(
            f"There is no data set named {name!r}. Known are: {', '.join(DATA_SOURCES)}."
        )
    with _LOADING:  # whoever comes second waits, and gets the arrays of the first
        return DATA_SOURCES[name].load()


@cache
def _load_mnist() -> DataSet:
    folder = DATASET_FOLDER / "mnist"
    names = tuple(str(digit) for digit in range(10))

    def image_set(prefix: str) -> ImageSet:
        images = _read_idx(folder, f"{prefix}-images-idx3-ubyte")
        labels = _read_idx(folder, f"{prefix}-labels-idx1-ubyte")
        return ImageSet(images[:, None], labels.astype(np.int64), names)

    return DataSet("mnist", "MNIST", image_set("train"), image_set("t10k"))


def _read_idx(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read one xz-packed IDX file of bytes and compare it with its known MD5."""
    path = folder / f"{name}.xz"
    md5, shape = _MNIST_FILES[name]
    try:
        content = lzma.decompress(path.read_bytes())
    except (OSError, lzma.LZMAError) as error:
        raise EngineError(
            f"The data file {path.name} is missing or damaged ({error}). Fetch the program's"
            " files again."
        ) from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise EngineError(
            f"The data file {path.name} is not the original: its MD5 differs from the published"
            " one. Fetch the program's files again."
        )
    header_bytes = 4 + 4 * len(shape)
    return np.frombuffer(content, np.uint8, offset=header_bytes).reshape(shape)


DATA_SOURCES = {"mnist": DataSource("MNIST", (1, 28, 28), 10, _load_mnist)}
