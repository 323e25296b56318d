"""What a model file holds: which bytes of it are which tensor.

The child finds this out and the program checks it again, because the child has touched the file.
"""

import math
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from engine.modelfiles.limits import MAX_DIMENSIONS, MAX_ELEMENTS, MAX_TENSORS
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import FETCH_AGAIN, WEIGHTS_ALONE, Refusal

ITEM_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int64": 8}
"""The element types that are read; int64 is for batch normalisation's counters and indices."""

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,256}")
_PREFIXES = ("module.", "_orig_mod.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor: numbers that lie in one stretch of the file.

    Attributes:
        name: The parameter's name.
        dtype: A key of ITEM_BYTES.
        begin: Where the stretch begins, in bytes from the beginning of the file.
        count: How many elements the stretch holds.
        first: Which of them is the tensor's first.
        shape: Sizes of the dimensions.
        strides: Steps of the dimensions, in elements, each >= 0.
    """

    name: str
    dtype: str
    begin: int
    count: int
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many numbers the tensor has."""
        return math.prod(self.shape)

    @property
    def span(self) -> int:
        """How many elements lie from its first to its last."""
        if not self.elements:
            return 0
        steps = zip(self.shape, self.strides, strict=True)
        return 1 + sum((size - 1) * step for size, step in steps)

    @property
    def is_dense(self) -> bool:
        """Whether its numbers lie one after the other, the last dimension moving fastest."""
        steps = zip(self.shape, self.strides, dense_strides(self.shape), strict=True)
        return not self.elements or all(size == 1 or step == row for size, step, row in steps)


@dataclass(frozen=True)
class Contents:
    """A whole model file, understood.

    Attributes:
        format: "safetensors" or "torch zip".
        entries: Its tensors, in the order of the file.
        metadata: Texts that came with them.
        notes: What a person should know about how the file was understood.
    """

    format: str
    entries: tuple[Entry, ...]
    metadata: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def dense_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides, in elements, of a tensor whose last dimension moves fastest."""
    strides = [1]
    for size in reversed(shape[1:]):
        strides.append(strides[-1] * size)
    return tuple(reversed(strides))[: len(shape)]


def check_name(name: object, what: str) -> str:
    """Return the name of a tensor if it is one that networks use.

    Raises:
        Refusal: It is no text, or holds other characters than letters, digits, _, . and -.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    shown = plain(name, 60) if isinstance(name, str) else type(name).__name__
    raise Refusal(
        what,
        f"a tensor is called “{shown}”, and names of parameters have up to 256 letters, digits,"
        " dots, dashes and underscores",
    )


def check_shape(shape: object) -> tuple[int, ...] | None:
    """Return sizes or steps as a tuple, or None if they are not a few numbers in 0..2^40."""
    if not isinstance(shape, list | tuple) or len(shape) > MAX_DIMENSIONS:
        return None
    if all(type(size) is int and 0 <= size <= 2**40 for size in shape):
        return tuple(shape)
    return None


def check_entry(entry: Entry, what: str, file_bytes: int) -> None:
    """Check that a tensor lies inside its stretch and the stretch inside the file.

    Raises:
        Refusal: It does not, or it repeats the stored numbers.
    """
    item = ITEM_BYTES[entry.dtype]
    if entry.begin < 0 or entry.count < 0 or entry.begin + entry.count * item > file_bytes:
        raise Refusal(what, f"{entry.name} lies outside the file", FETCH_AGAIN)
    if entry.elements > entry.count:
        raise Refusal(
            what,
            f"{entry.name} is not contiguous: it makes {entry.elements:,} numbers out of the"
            f" {entry.count:,} that are stored",
        )
    if math.prod(size or 1 for size in entry.shape) > MAX_ELEMENTS:
        raise Refusal(what, f"the sizes of {entry.name} are larger than those of any network")
    if entry.first < 0 or entry.first + entry.span > entry.count:
        why = f"{entry.name} reaches beyond the numbers stored for it"
        raise Refusal(what, why, FETCH_AGAIN)


def check_contents(contents: Contents, file_bytes: int) -> None:
    """Check every tensor and all of them together.

    Raises:
        Refusal: There are none, too many, two of one name, or more numbers than the file can mean.
    """
    what = f"a {contents.format} file"
    if not contents.entries:
        raise Refusal(what, "there are no tensors in it")
    if len(contents.entries) > MAX_TENSORS:
        why = f"it has {len(contents.entries):,} tensors, and at most {MAX_TENSORS:,} are read"
        raise Refusal(what, why)
    for entry in contents.entries:
        check_name(entry.name, what)
        check_entry(entry, what, file_bytes)
    names = sorted(entry.name for entry in contents.entries)
    for name, following in pairwise(names):
        if name == following:
            raise Refusal(what, f"it has two tensors called {name}", FETCH_AGAIN)
    # Numbers with steps between them are read with all that lies in the steps.
    reach = {entry.name: max(entry.span, entry.elements) for entry in contents.entries}
    total = sum(reach[entry.name] * ITEM_BYTES[entry.dtype] for entry in contents.entries)
    numbers = sum(reach.values())
    if numbers > MAX_ELEMENTS or total > 2 * file_bytes:
        why = f"its tensors reach over {numbers:,} numbers in all, more than such a file can mean"
        raise Refusal(what, why, WEIGHTS_ALONE)


def without_prefix(contents: Contents) -> Contents:
    """Strip what DataParallel and torch.compile put before every name, and say so."""
    notes, entries = contents.notes, contents.entries
    for prefix in _PREFIXES:
        if entries and all(
            entry.name.startswith(prefix) and len(entry.name) > len(prefix) for entry in entries
        ):
            entries = tuple(
                replace(entry, name=entry.name.removeprefix(prefix)) for entry in entries
            )
            notes = (*notes, f"“{prefix}” was taken off the front of every name.")
    return replace(contents, entries=entries, notes=notes)


def entry_to_json(entry: Entry) -> list[Any]:
    """An entry as JSON values, the inverse of `entry_from_json`."""
    return [
        entry.name,
        entry.dtype,
        entry.begin,
        entry.count,
        entry.first,
        list(entry.shape),
        list(entry.strides),
    ]


def entry_from_json(value: object) -> Entry | None:
    """An entry from JSON values that nobody vouches for; None if they are not one."""
    if not isinstance(value, list) or len(value) != 7:
        return None
    name, dtype, begin, count, first = value[:5]
    shape, strides = check_shape(value[5]), check_shape(value[6])
    if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in ITEM_BYTES:
        return None
    if shape is None or strides is None or len(shape) != len(strides):
        return None
    if not all(type(number) is int and 0 <= number <= 2**40 for number in (begin, count, first)):
        return None
    return Entry(name, dtype, begin, count, first, shape, strides)
