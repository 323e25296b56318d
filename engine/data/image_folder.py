"""A folder of images as a data set: listed, decoded on all cores, and kept for the next time."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data import decoded_cache
from engine.data.decoded_cache import Facts
from engine.data.decoding import MAX_FILE_BYTES, UnusableImageError, Wanted
from engine.data.folder_listing import (
    LONGEST_NAME,
    TEST,
    TRAIN,
    Entry,
    Listing,
    Skipped,
    list_job,
)
from engine.data.image_set import DataSet, ImageSet, fingerprint_job
from engine.data.many_images import Decoded, decode_job
from engine.errors import EngineError
from engine.events import Job
from engine.files import read_capped
from engine.modelfiles.plain_text import plain
from engine.settings import DataSettings

# As engine.detection has them, which data knows nothing of: classes, and test images.
LEAST_FOR_A_VERDICT = 3
LEAST_FOR_A_SCAN = 400
TWO_CLASSES = (
    "Of two classes only, a network can be trained and attacked, but a scan gives no verdict: that"
    " compares three classes or more."
)


def read_image_folder(settings: DataSettings) -> Job[DataSet]:
    """Read the folder that the settings name; what is already in the cache is not decoded again.

    Raises:
        EngineError: It cannot be read, has fewer than two classes, or has a class without enough
            usable images.
    """
    if not settings.folder:
        raise EngineError(
            "No folder of images is chosen. Open one in the Attack tab, or give its path with"
            " --data FOLDER."
        )
    listing = yield from list_job(Path(settings.folder))
    order = _split(listing, settings)
    key = decoded_cache.key_of(
        [listing.digest, listing.class_names, settings.model_dump(exclude={"folder", "name"})]
    )
    found = yield from decoded_cache.find_job(key)
    if found is None:
        train, test, facts = yield from _decode(listing, order, settings)
        kept = yield from decoded_cache.keep_job(key, train, test, facts)
    else:
        (train, test, facts), kept = found, True
    notes = (*_too_few(test), *facts.notes, *([] if kept else [_not_kept()]))
    title = plain(listing.folder.name or str(listing.folder), LONGEST_NAME)
    name = f"folder-{facts.fingerprint[:16]}"
    return DataSet(name, title, train, test, notes, facts.fingerprint)


def few_tests(images: int) -> str:
    """That a scan needs more test images than these, and what to do."""
    return (
        f"Only {images:,} test images: a scan needs {LEAST_FOR_A_SCAN} that the network is right"
        " about. Add images, or test on a larger share."
    )


def _too_few(test: ImageSet) -> list[str]:
    few_classes = [TWO_CLASSES] if test.classes < LEAST_FOR_A_VERDICT else []
    few_images = [few_tests(len(test))] if len(test) < LEAST_FOR_A_SCAN else []
    return few_classes or few_images  # more images of two classes would not help


def _split(listing: Listing, settings: DataSettings) -> tuple[list[Entry], list[Entry]]:
    """The files to learn from and those to test on, each in a random order fixed by the seed."""
    random = np.random.default_rng(settings.split_seed)
    parts: dict[str, list[Entry]] = {TRAIN: [], TEST: []}
    by_class: dict[tuple[int, str], list[Entry]] = {}
    for entry in listing.entries:
        by_class.setdefault((entry.label, entry.part), []).append(entry)
    for (_, part), entries in sorted(by_class.items()):
        if part:
            parts[part] += entries
            continue
        order = random.permutation(len(entries))
        tests = max(1, round(settings.test_share * len(entries)))
        parts[TEST] += [entries[place] for place in order[:tests]]
        parts[TRAIN] += [entries[place] for place in order[tests:]]
    _check_parts(listing, parts, listing.skipped)
    # In no order of classes: the first few hundred stand for all where something is watched.
    train, test = (
        [entries[place] for place in random.permutation(len(entries))]
        for entries in (parts[TRAIN], parts[TEST])
    )
    return train, test


def _check_parts(listing: Listing, parts: dict[str, list[Entry]], skipped: Skipped) -> None:
    """Refuse a class without images in either part."""
    for part, entries in parts.items():
        counts = np.bincount([entry.label for entry in entries], minlength=len(listing.class_names))
        lacking = np.flatnonzero(counts == 0)
        if not len(lacking):
            continue
        names = ", ".join(listing.class_names[label] for label in lacking[:5])
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        purpose = "learn from" if part == TRAIN else "test on"
        noun = "class" if len(lacking) == 1 else "classes"
        raise EngineError(
            f"There are no usable images to {purpose} of the {noun} {names}{more}. Every class"
            " needs at least two PNG or JPEG pictures: add some, or take its folder away."
            + (f" {skipped.sentence()}" if skipped else "")
        )


def _decode(
    listing: Listing, order: tuple[list[Entry], list[Entry]], settings: DataSettings
) -> Job[decoded_cache.Entry]:
    """Decode all files into one array, those to learn from first, without a second copy."""
    entries = [*order[0], *order[1]]
    wanted = Wanted(1 if settings.colour == "grey" else 3, settings.size)

    def content(place: int) -> bytes:
        return _read(entries[place])

    decoded = yield from decode_job(len(entries), content, wanted)
    skipped = listing.skipped
    for place, reason in sorted(decoded.reasons.items()):
        skipped.add(reason, Path(entries[place].path).name)
    kept = [entries[place] for place in decoded.usable]
    first = int(np.searchsorted(decoded.usable, len(order[0])))
    _check_parts(listing, {TRAIN: kept[:first], TEST: kept[first:]}, skipped)
    train, test = _as_sets(listing, decoded, kept, first)
    fingerprint = yield from fingerprint_job(train, test)
    facts = Facts(
        shape=decoded.images.shape,
        train=first,
        class_names=listing.class_names,
        notes=tuple(filter(None, [skipped.sentence()])),
        fingerprint=fingerprint,
    )
    return train, test, facts


def _as_sets(
    listing: Listing, decoded: Decoded, kept: list[Entry], first: int
) -> tuple[ImageSet, ImageSet]:
    labels: NDArray[np.int64] = np.array([entry.label for entry in kept], np.int64)
    images, names = decoded.images, listing.class_names
    return (
        ImageSet(images[:first], labels[:first], names),
        ImageSet(images[first:], labels[first:], names),
    )


def _read(entry: Entry) -> bytes:
    if entry.size > MAX_FILE_BYTES:
        raise UnusableImageError(f"larger than {MAX_FILE_BYTES / 1e6:.0f} MB")
    try:
        return read_capped(Path(entry.path), entry.size)
    except EngineError as error:
        raise UnusableImageError("that cannot be read") from error


def _not_kept() -> str:
    return (
        "The decoded images could not be kept for the next time: the cache folder"
        f" {decoded_cache.cache_root()} cannot be written, or its disk is full."
    )
