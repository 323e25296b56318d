"""Reading the published data sets from their files, each file compared with its checksum first."""

from pathlib import Path

import numpy as np

from engine.data.idx import read_gzipped
from engine.data.image_set import DataSet, ImageSet
from engine.data.publications import CIFAR10, SVHN
from engine.data.published import Publication, check_job, read_checked
from engine.errors import EngineError
from engine.events import Job, Progress

FASHION_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip
KMNIST_NAMES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CIFAR10_NAMES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
DIGITS = tuple(str(digit) for digit in range(10))


def read_idx_set(publication: Publication, names: tuple[str, ...]) -> Job[DataSet]:
    """Read a relative of MNIST from its four packed files.

    Raises:
        EngineError: The files are not there, or one is not the published one.
    """
    folder, arrays = publication.require(), []
    for number, file in enumerate(publication.files):
        yield Progress(number, len(publication.files), f"reading {file.name}")
        content = read_checked(publication, folder, file.name)
        arrays.append(read_gzipped(content, file.name.removesuffix(".gz")))
    train, test = (
        ImageSet(images[:, None], labels.astype(np.int64), names)
        for images, labels in zip(arrays[::2], arrays[1::2], strict=True)
    )
    return DataSet(publication.name, publication.title, train, test)


def read_cifar10() -> Job[DataSet]:
    """Read CIFAR-10 through torchvision, which unpacks the archive the first time.

    Raises:
        EngineError: The archive is not there, is not the published one, or cannot be unpacked.
    """
    root = CIFAR10.require()
    # Before torchvision looks: it would download on its own what does not fit.
    yield from check_job(CIFAR10, root)
    yield Progress(0, 2, "loading torchvision")
    from torchvision import datasets

    parts = []
    for number, train in enumerate((True, False)):
        yield Progress(number, 2, f"unpacking {CIFAR10.title}")
        try:
            read = datasets.CIFAR10(str(root), train=train, download=True)
        except (OSError, RuntimeError, EOFError, ValueError) as error:
            raise _unreadable(CIFAR10, root, error) from error
        images = np.ascontiguousarray(read.data.transpose(0, 3, 1, 2))
        parts.append(ImageSet(images, np.array(read.targets, np.int64), CIFAR10_NAMES))
    return DataSet(CIFAR10.name, CIFAR10.title, parts[0], parts[1])


def read_svhn() -> Job[DataSet]:
    """Read SVHN's cropped digits through torchvision.

    Raises:
        EngineError: The files are not there, are not the published ones, or cannot be read.
    """
    root = SVHN.require()
    yield from check_job(SVHN, root)
    yield Progress(0, 2, "loading torchvision")
    from torchvision import datasets

    parts = []
    for number, split in enumerate(("train", "test")):
        yield Progress(number, 2, f"reading {SVHN.files[number].name}")
        try:
            read = datasets.SVHN(str(root), split=split)
        except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
            raise _unreadable(SVHN, root, error) from error
        images = np.ascontiguousarray(read.data)
        parts.append(ImageSet(images, read.labels.astype(np.int64), DIGITS))
    return DataSet(SVHN.name, SVHN.title, parts[0], parts[1])


def _unreadable(publication: Publication, folder: Path, error: Exception) -> EngineError:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return EngineError(
        f"{publication.title} cannot be read from {folder}: {reason[0][:200]}. Look whether the"
        " disk is full; otherwise delete its files there and download it again."
    )
