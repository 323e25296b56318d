"""Decoded images kept between runs: a big folder opens in seconds the second time.

Each entry is a folder below the user's cache folder with the bytes of all images, and is there
whole or not at all. The oldest entries make room for new ones.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray
from pydantic import Field

from engine.data.image_set import ImageSet
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.files import is_left_over, open_regular
from engine.json_files import read_json, to_json
from engine.settings import Settings, check

SCHEMA = 1
MAX_ENTRIES = 6
MAX_JSON_BYTES = 2**20
_PIECE = 8 * 2**20


class Facts(Settings):
    """What an entry says of itself.

    Attributes:
        schema_number: Of its form.
        shape: N, C, H, W of all images, those to learn from first.
        train: How many of them are to learn from.
        class_names: K names, by class index.
        notes: What a person should know of how the images were read.
        fingerprint: SHA-256 of shapes, images and labels, as `DataSet.fingerprint`.
    """

    schema_number: int = Field(SCHEMA, ge=SCHEMA, le=SCHEMA)
    shape: tuple[int, int, int, int]
    train: int = Field(ge=1)
    class_names: tuple[str, ...] = Field(max_length=1000)
    notes: tuple[str, ...] = Field(default=(), max_length=100)
    fingerprint: str = Field(pattern="^[0-9a-f]{64}$")


Entry = tuple[ImageSet, ImageSet, Facts]


def cache_root() -> Path:
    """Where the entries lie."""
    return platformdirs.user_cache_path("backdoor-studio") / "decoded"


def key_of(parts: Sequence[object]) -> str:
    """A name for the entry that belongs to these facts."""
    return hashlib.sha256(repr((SCHEMA, *parts)).encode("utf-8", "replace")).hexdigest()[:32]


def find_job(key: str) -> Job[Entry | None]:
    """The entry with this key, or None if there is none or it is damaged."""
    folder = cache_root() / key
    if not (folder / "facts.json").is_file():
        return None
    try:
        entry: Entry | None = yield from _read(folder)
    except (EngineError, OSError, ValueError):
        entry = None
    if entry is None:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    os.utime(folder)
    return entry


def keep_job(key: str, train: ImageSet, test: ImageSet, facts: Facts) -> Job[bool]:
    """Write an entry; answers whether it could be written. What fails leaves nothing behind."""
    root = cache_root()
    temporary = root / f".{key}.{secrets.token_hex(8)}.part"
    try:
        temporary.mkdir(parents=True)
        for name, part in (("train", train), ("test", test)):
            yield from _write(temporary / f"{name}.images", part.images)
            yield from _write(temporary / f"{name}.labels", part.labels)
        (temporary / "facts.json").write_bytes(to_json(facts.model_dump()))
        shutil.rmtree(root / key, ignore_errors=True)
        temporary.rename(root / key)
        _make_room(root)
    except OSError:
        return False
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return True


def _read(folder: Path) -> Job[Entry | None]:
    facts = check(Facts, read_json(folder / "facts.json", MAX_JSON_BYTES))
    count, *shape = facts.shape
    digest, parts = hashlib.sha256(), []
    for name, images in (("train", facts.train), ("test", count - facts.train)):
        digest.update(f"{(images, *shape)} {len(facts.class_names)}\n".encode())
        pixels = np.empty((images, *shape), np.uint8)
        labels = np.empty(images, np.int64)
        for file, array in ((f"{name}.images", pixels), (f"{name}.labels", labels)):
            yield from _fill(folder / file, array, digest)
        if labels.min() < 0 or labels.max() >= len(facts.class_names):
            return None
        parts.append(ImageSet(pixels, labels, facts.class_names))
    # Whatever a disk may have done to them: these are the images that were decoded.
    return (parts[0], parts[1], facts) if digest.hexdigest() == facts.fingerprint else None


def _fill(path: Path, array: NDArray[np.generic], digest: "hashlib._Hash") -> Job[None]:
    content = array.reshape(-1).view(np.uint8).data
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size != len(content):
            raise ValueError("cut off")
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            if file.readinto(piece) != len(piece):  # type: ignore[attr-defined]
                raise ValueError("cut off")
            digest.update(piece)
            yield Progress(min(start + _PIECE, len(content)), len(content), "reading the cache")


def _write(path: Path, array: NDArray[np.generic]) -> Job[None]:
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    with path.open("xb") as file:
        for start in range(0, len(content), _PIECE):
            file.write(content[start : start + _PIECE])
            yield Progress(
                min(start + _PIECE, len(content)), len(content), "keeping the images for next time"
            )
        file.flush()
        os.fsync(file.fileno())


def _make_room(root: Path) -> None:
    """Delete what was used longest ago, and what a killed program left days ago."""
    paths = sorted(root.iterdir(), key=lambda path: path.stat().st_mtime)
    entries = [path for path in paths if not path.name.startswith(".")]
    left = [path for path in paths if path.name.endswith(".part") and is_left_over(path)]
    for path in [*entries[:-MAX_ENTRIES], *left]:
        shutil.rmtree(path, ignore_errors=True)
