"""Which data sets there are, what is known of each before it is loaded, and loading them."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.data import published_sets
from engine.data.gtsrb import read_gtsrb
from engine.data.idx import load_mnist
from engine.data.image_folder import read_image_folder
from engine.data.image_set import DataSet
from engine.data.publications import FASHION_MNIST, KMNIST
from engine.events import Job, Pulse
from engine.settings import DataSettings

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Normalisation:
    """The usual mean and standard deviation of each channel of a data set, of values 0..1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class DataSource:
    """What is known of a data set before it is loaded.

    Attributes:
        title: What people call it.
        shape: C, H, W of its images; None for a folder, which has to be read first.
        classes: K, the number of its classes; None for a folder.
        read: The Job that reads it, given the settings.
        normalisation: What networks from elsewhere usually subtract and divide by, or None.
    """

    title: str
    shape: Shape | None
    classes: int | None
    read: Callable[[DataSettings], Job[DataSet]]
    normalisation: Normalisation | None = None


def _read_mnist(_: DataSettings) -> Job[DataSet]:
    yield Pulse()
    return load_mnist()


def _read_fashion_mnist(_: DataSettings) -> Job[DataSet]:
    return published_sets.read_idx_set(FASHION_MNIST, published_sets.FASHION_NAMES)


def _read_kmnist(_: DataSettings) -> Job[DataSet]:
    return published_sets.read_idx_set(KMNIST, published_sets.KMNIST_NAMES)


DATA_SOURCES = {
    "mnist": DataSource(
        "MNIST", (1, 28, 28), 10, _read_mnist, Normalisation((0.1307,), (0.3081,))
    ),
    "fashion-mnist": DataSource(
        "Fashion-MNIST", (1, 28, 28), 10, _read_fashion_mnist,
        Normalisation((0.2860,), (0.3530,)),
    ),
    "kmnist": DataSource(
        "KMNIST", (1, 28, 28), 10, _read_kmnist, Normalisation((0.1918,), (0.3483,))
    ),
    "cifar10": DataSource(
        "CIFAR-10", (3, 32, 32), 10, lambda _: published_sets.read_cifar10(),
        Normalisation((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    ),
    "gtsrb": DataSource(
        "GTSRB", (3, 32, 32), 43, lambda _: read_gtsrb(),
        Normalisation((0.3403, 0.3121, 0.3214), (0.2724, 0.2608, 0.2669)),
    ),
    "svhn": DataSource(
        "SVHN", (3, 32, 32), 10, lambda _: published_sets.read_svhn(),
        Normalisation((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970)),
    ),
    "folder": DataSource("Folder of images", None, None, read_image_folder),
}  # fmt: skip
