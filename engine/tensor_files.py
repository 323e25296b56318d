"""Safetensors files of this program's own folders: every byte is accounted for, none is copied.

The format's own library copies each tensor twice. Here the file is read once, and the arrays are
views of what was read, so that a file of N bytes takes N bytes of memory.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.files import read_buffer
from engine.json_files import parse_json

MAX_HEADER_BYTES = 4 * 2**20
MAX_TENSORS = 5000
MAX_DIMENSIONS = 8
_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "U64": "<u8", "I32": "<i4",
    "U32": "<u4", "I16": "<i2", "U16": "<u2", "I8": "i1", "U8": "u1", "BOOL": "?",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Tensors:
    """The content of a safetensors file.

    Attributes:
        arrays: The arrays by name, writable.
        metadata: The texts in its header.
        sha256: SHA-256 of the file's bytes, in hexadecimal digits.
    """

    arrays: dict[str, NDArray[np.generic]]
    metadata: dict[str, str]
    sha256: str


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies among the bytes behind the header."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def read_tensors(path: Path, max_bytes: int, max_header_bytes: int = MAX_HEADER_BYTES) -> Tensors:
    """Read a safetensors file after checking its header against limits of our own.

    Args:
        path: The file; links are not followed.
        max_bytes: The most that it may have.
        max_header_bytes: The most that its header may have.

    Raises:
        EngineError: It cannot be read, is damaged, or has parts that no such file needs.
    """
    content = read_buffer(path, max_bytes)
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(len(content) - 8, max_header_bytes):
        raise _damaged(path.name, "its header is cut off or too large")
    header = parse_json(content[8 : 8 + size], path.name)
    texts = header.pop("__metadata__", {})
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise _damaged(path.name, "its metadata is no table of texts")
    if len(header) > MAX_TENSORS:
        raise EngineError(
            f"{path.name} has {len(header):,} tensors, and no such file needs more than"
            f" {MAX_TENSORS:,}. Choose another one."
        )
    try:
        places = [_place(name, entry) for name, entry in header.items()]
        _check_cover(places, len(content) - 8 - size)
        arrays = {one.name: _view(content, one, 8 + size) for one in places}
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path.name, str(error)) from error
    return Tensors(arrays, texts, hashlib.sha256(content).hexdigest())


def _damaged(name: str, why: str) -> EngineError:
    return EngineError(
        f"{name} is damaged or not a safetensors file: {why}. Restore it from a copy."
    )


def _place(name: str, entry: Any) -> _Place:
    """What the header says of one tensor; ValueError, KeyError or TypeError if that is nothing."""
    shape, offsets = entry["shape"], entry["data_offsets"]
    code = entry["dtype"]
    if code not in _DTYPES:
        raise ValueError(f"{name[:60]!r} is of a type that is not known")
    whole = [*shape, *offsets]
    if not all(type(one) is int and 0 <= one <= 2**40 for one in whole) or (
        len(offsets) != 2 or len(shape) > MAX_DIMENSIONS
    ):
        raise ValueError(f"the shape or place of {name[:60]!r} makes no sense")
    dtype = np.dtype(_DTYPES[code])
    begin, end = offsets
    if math.prod(shape) * dtype.itemsize != end - begin:
        raise ValueError(f"the shape of {name[:60]!r} does not fit its bytes")
    return _Place(name, dtype, tuple(shape), begin, end)


def _check_cover(places: list[_Place], size: int) -> None:
    """Check that the tensors fill the file to its end, without overlaps or holes."""
    end = 0
    for one in sorted(places, key=lambda one: (one.begin, one.end)):
        if one.begin != end:
            raise ValueError(f"{one.name[:60]!r} overlaps another tensor or leaves a hole")
        end = one.end
    if end != size:
        raise ValueError("its tensors do not end where it ends")


def _view(content: bytearray, place: _Place, begin: int) -> NDArray[np.generic]:
    count = math.prod(place.shape)
    flat = np.frombuffer(content, place.dtype, count, begin + place.begin) if count else (
        np.empty(0, place.dtype)
    )  # fmt: skip
    if place.dtype == np.bool_ and (flat.view(np.uint8) > 1).any():
        raise ValueError(f"{place.name[:60]!r} has truth values that are neither 0 nor 1")
    # The library aligns what it writes; arithmetic on what others wrote would be slow.
    aligned = flat if flat.flags.aligned else flat.copy()
    return aligned.reshape(place.shape)
