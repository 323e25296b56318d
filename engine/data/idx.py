"""The files of MNIST and its relatives: packed IDX files, each compared with its known MD5."""

import gzip
import hashlib
import io
import lzma
import zlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.image_set import DataSet, ImageSet
from engine.errors import EngineError

DATASET_FOLDER = Path(__file__).parent.parent.parent / "resources" / "datasets"
IDX_FILES = {
    "train-images-idx3-ubyte": (60000, 28, 28),
    "train-labels-idx1-ubyte": (60000,),
    "t10k-images-idx3-ubyte": (10000, 28, 28),
    "t10k-labels-idx1-ubyte": (10000,),
}
_MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_DIGITS = tuple(str(digit) for digit in range(10))


@cache
def load_mnist() -> DataSet:
    """MNIST as it ships; the same object every time.

    Raises:
        EngineError: A file is missing or is not the original.
    """
    folder = DATASET_FOLDER / "mnist"

    def image_set(prefix: str) -> ImageSet:
        images = _read_shipped(folder, f"{prefix}-images-idx3-ubyte")
        labels = _read_shipped(folder, f"{prefix}-labels-idx1-ubyte")
        return ImageSet(images[:, None], labels.astype(np.int64), _DIGITS)

    return DataSet("mnist", "MNIST", image_set("train"), image_set("t10k"))


def _read_shipped(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read one xz-packed file that ships with the program."""
    path = folder / f"{name}.xz"
    try:
        content = lzma.decompress(path.read_bytes())
    except (OSError, lzma.LZMAError) as error:
        raise EngineError(
            f"The data file {path.name} is missing or damaged ({error}). Fetch the program's"
            " files again."
        ) from error
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != _MNIST_MD5[name]:
        raise EngineError(
            f"The data file {path.name} is not the original: its MD5 differs from the published"
            " one. Fetch the program's files again."
        )
    return _as_array(content, name)


def read_gzipped(packed: bytes, name: str) -> NDArray[np.uint8]:
    """Unpack the bytes of one .gz file, whose checksum somebody has compared already.

    Args:
        packed: The file's content.
        name: Which of the four `IDX_FILES` it is.

    Raises:
        EngineError: It holds something else.
    """
    header, size = 4 + 4 * len(IDX_FILES[name]), int(np.prod(IDX_FILES[name]))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            content = file.read(header + size + 1)  # no more than it may have
    except (OSError, EOFError, zlib.error) as error:
        raise EngineError(f"{name}.gz is damaged ({error}). Fetch it again.") from error
    if len(content) != header + size:
        raise EngineError(
            f"{name}.gz holds something else than {IDX_FILES[name][0]:,} entries. Fetch it again."
        )
    return _as_array(content, name)


def _as_array(content: bytes, name: str) -> NDArray[np.uint8]:
    shape = IDX_FILES[name]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)
