"""Reads the numbers of a model file into fresh arrays and looks at them once."""

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.modelfiles.contents import Entry
from engine.modelfiles.refusal import damaged

_STORED: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "float16": np.dtype("<f2"),
    "bfloat16": np.dtype("<u2"),
    "float64": np.dtype("<f8"),
    "int64": np.dtype("<i8"),
}
_PIECE_BYTES = 8 * 2**20
_PIECE_NUMBERS = 2**20
_TINY = np.finfo(np.float32).tiny


@dataclass
class Findings:
    """What stands out in the numbers of a model.

    Attributes:
        non_finite: How many are NaN or infinite.
        constant: Weights of two or more dimensions whose numbers are all the same.
        denormal: Weights more than half of whose numbers are too small for full precision.
        cast: How many tensors of each stored element type other than the one they have now.
    """

    non_finite: int = 0
    constant: list[str] = field(default_factory=list)
    denormal: list[str] = field(default_factory=list)
    cast: Counter[str] = field(default_factory=Counter)

    def notes(self) -> tuple[str, ...]:
        """The findings in sentences for people."""
        notes = []
        for dtype, count in sorted(self.cast.items()):
            effect = "keeps about 7 digits" if dtype == "float64" else "holds them exactly"
            notes.append(f"{_count(count)} of {dtype} read as float32, which {effect}.")
        if self.non_finite:
            is_or_are = "is" if self.non_finite == 1 else "are"
            notes.append(f"{self.non_finite:,} of the numbers {is_or_are} NaN or infinite.")
        if self.constant:
            notes.append(f"All numbers are the same in {_some(self.constant)}.")
        if self.denormal:
            notes.append(f"Most numbers are denormal, below 1.2e-38, in {_some(self.denormal)}.")
        return tuple(notes)


def read_tensor(
    file: BinaryIO, entry: Entry, findings: Findings
) -> Generator[int, None, NDArray[Any]]:
    """Read one tensor; yields the number of bytes that each step took in.

    Floats come back as float32 and whole numbers as int64, C-contiguous, in memory of their own.

    Args:
        file: The file, open for reading without a buffer.
        entry: Where the tensor lies, already checked against the file's length.
        findings: Gets what stands out.

    Raises:
        Refusal: The file ends too early.
    """
    stored = _STORED[entry.dtype]
    numbers = np.empty(entry.span, stored)
    yield from _fill(file, entry.begin + entry.first * stored.itemsize, numbers)
    if entry.is_dense:
        shaped = numbers.reshape(entry.shape)
    else:
        steps = tuple(step * stored.itemsize for step in entry.strides)
        view = np.lib.stride_tricks.as_strided(numbers, entry.shape, steps, writeable=False)
        shaped = np.ascontiguousarray(view)
    array = _converted(shaped, entry.dtype)
    if entry.dtype not in ("float32", "int64"):
        findings.cast[entry.dtype] += 1
    if array.dtype == np.float32:
        yield from _look(entry.name, array, findings)
    return array


def _fill(file: BinaryIO, begin: int, numbers: NDArray[Any]) -> Generator[int, None, None]:
    """Fill an array with the file's bytes from one place on."""
    file.seek(begin)
    rest = memoryview(numbers.data).cast("B") if numbers.size else memoryview(b"")
    while rest:
        count = file.readinto(rest[:_PIECE_BYTES])  # type: ignore[attr-defined]
        if not count:
            raise damaged("a model file", "it ends inside a tensor")
        rest = rest[count:]
        yield count


def _converted(numbers: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Numbers as they are stored, in the type they are used in."""
    if dtype == "int64":
        return numbers.astype(np.int64, copy=False)
    if dtype == "bfloat16":  # the upper half of a float32
        return (numbers.astype(np.uint32) << np.uint32(16)).view(np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return numbers.astype(np.float32, copy=False)


def _look(name: str, array: NDArray[np.float32], findings: Findings) -> Generator[int, None, None]:
    """Count what is not finite or denormal, and see whether anything varies."""
    flat = array.reshape(-1)
    denormal, varies = 0, False
    for piece in _pieces(flat):
        sizes = np.abs(piece)
        findings.non_finite += piece.size - int(np.count_nonzero(np.isfinite(piece)))
        denormal += int(np.count_nonzero((sizes > 0) & (sizes < _TINY)))
        varies = varies or bool((piece != flat[0]).any())
        yield 0
    if array.ndim >= 2 and array.size > 1:
        if not varies:
            findings.constant.append(name)
        if 2 * denormal > array.size:
            findings.denormal.append(name)


def _pieces(flat: NDArray[np.float32]) -> Iterable[NDArray[np.float32]]:
    return (flat[start : start + _PIECE_NUMBERS] for start in range(0, flat.size, _PIECE_NUMBERS))


def _count(tensors: int) -> str:
    return "1 tensor" if tensors == 1 else f"{tensors:,} tensors"


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + rest
