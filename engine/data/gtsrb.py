"""GTSRB: traffic signs of many sizes, read out of their archives without unpacking them."""

import csv
import io
import zipfile
from pathlib import Path, PurePosixPath
from threading import Lock

import numpy as np

from engine.data import decoded_cache
from engine.data.decoded_cache import Facts
from engine.data.decoding import MAX_FILE_BYTES, UnusableImageError, Wanted
from engine.data.image_set import DataSet, ImageSet, fingerprint_job
from engine.data.many_images import decode_job
from engine.data.publications import GTSRB
from engine.data.published import check_job
from engine.errors import EngineError
from engine.events import Job

SIZE = 32
CLASSES = 43
_WANTED = Wanted(3, SIZE, ("PPM",))

# One sign: the path in its archive, and its class.
Sign = tuple[str, int]


def read_gtsrb() -> Job[DataSet]:
    """Read GTSRB in the split of torchvision, every sign brought to 32 x 32 pixels.

    Raises:
        EngineError: The archives are not there, are not the published ones, or are damaged.
    """
    folder = GTSRB.require()
    names = tuple(str(label) for label in range(CLASSES))
    key = decoded_cache.key_of([*(file.md5 for file in GTSRB.files), SIZE])
    found = yield from decoded_cache.find_job(key)
    if found is None:
        yield from check_job(GTSRB, folder)
        paths = [folder / file.name for file in GTSRB.files]
        try:
            train = yield from _read(paths[0], _training_signs(paths[0]), names)
            test = yield from _read(paths[1], _test_signs(paths[2]), names)
        except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise _damaged(str(error)) from error
        fingerprint = yield from fingerprint_job(train, test)
        facts = Facts(
            shape=(len(train) + len(test), *train.shape), train=len(train), class_names=names,
            fingerprint=fingerprint,
        )  # fmt: skip
        yield from decoded_cache.keep_job(key, train, test, facts)
        found = train, test, facts
    train, test, facts = found
    return DataSet(GTSRB.name, GTSRB.title, train, test, (), facts.fingerprint)


def _training_signs(path: Path) -> list[Sign]:
    """Signs below GTSRB/Training, in a folder for each class, mixed by a fixed seed."""
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith(".ppm"))
    signs = [(name, int(PurePosixPath(name).parent.name)) for name in names]
    order = np.random.default_rng(0).permutation(len(signs))
    return [signs[place] for place in order]


def _test_signs(truth: Path) -> list[Sign]:
    """The test signs with the classes that the file of the truth gives them."""
    with zipfile.ZipFile(truth) as archive:
        text = archive.read("GT-final_test.csv").decode("utf-8")
    rows = csv.DictReader(io.StringIO(text), delimiter=";", skipinitialspace=True)
    return [(f"GTSRB/Final_Test/Images/{row['Filename']}", int(row["ClassId"])) for row in rows]


def _read(path: Path, signs: list[Sign], names: tuple[str, ...]) -> Job[ImageSet]:
    labels = np.array([label for _, label in signs], np.int64)
    if not len(labels) or labels.min() < 0 or labels.max() >= len(names):
        raise _damaged(f"{path.name} holds other classes")
    lock = Lock()  # an archive has one place to read from
    with zipfile.ZipFile(path) as archive:

        def content(place: int) -> bytes:
            with lock:
                about = archive.getinfo(signs[place][0])
                if about.file_size > MAX_FILE_BYTES:
                    raise UnusableImageError("too large")
                return archive.read(about)

        decoded = yield from decode_job(len(signs), content, _WANTED)
    if decoded.reasons:
        place, reason = next(iter(decoded.reasons.items()))
        raise _damaged(f"{signs[place][0]} is {reason}")
    return ImageSet(decoded.images, labels, names)


def _damaged(reason: str) -> EngineError:
    return EngineError(f"{GTSRB.title} cannot be read: {reason}. Download it again.")
