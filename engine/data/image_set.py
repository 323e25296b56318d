"""Resident images with their labels, and the data sets that they make up."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.events import Job, Progress

_PIECE = 4 * 2**20  # bytes hashed at a time: hashing lets other threads go on meanwhile


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

    def counts(self) -> NDArray[np.int64]:
        """How many images there are of each class: K numbers."""
        return np.bincount(self.labels, minlength=self.classes)

    def subset(self, indices: NDArray[np.int64]) -> "ImageSet":
        """The images at `indices`, copied, with the same class names."""
        return ImageSet(self.images[indices], self.labels[indices], self.class_names)


@dataclass(frozen=True, eq=False)
class DataSet:
    """A data set: images to learn from, and images that no network may learn from.

    Attributes:
        name: What references and experiments know it by: "mnist", or, for a folder of images,
            "folder-" and the beginning of its fingerprint. Other images, another name.
        title: What people call it.
        train: Images to learn from.
        test: Images to measure and to audit with.
        notes: What a person should know of how it was read, one sentence each.
        known_fingerprint: Its fingerprint where that was computed before, or nothing.
    """

    name: str
    title: str
    train: ImageSet
    test: ImageSet
    notes: tuple[str, ...] = ()
    known_fingerprint: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H, W of each image."""
        return self.train.shape

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return self.train.classes

    @property
    def class_names(self) -> tuple[str, ...]:
        """The K names, by class index."""
        return self.train.class_names

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all images and labels, in hexadecimal digits; names do not count."""
        if self.known_fingerprint:
            return self.known_fingerprint
        job = fingerprint_job(self.train, self.test)
        try:
            while True:
                next(job)
        except StopIteration as stop:
            digest: str = stop.value
            return digest


def fingerprint_job(train: ImageSet, test: ImageSet) -> Job[str]:
    """SHA-256 of all images and labels and of their shapes, in hexadecimal digits."""
    digest = hashlib.sha256()
    for part in (train, test):
        digest.update(f"{part.images.shape} {part.classes}\n".encode())
        yield from _add(digest, part.images)
        yield from _add(digest, part.labels.astype("<i8"))
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", array: NDArray[np.generic]) -> Job[None]:
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    for start in range(0, len(content), _PIECE):
        digest.update(content[start : start + _PIECE])
        yield Progress(start, len(content), "computing the fingerprint")
