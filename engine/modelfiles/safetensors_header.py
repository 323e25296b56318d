"""The header of a safetensors file, under stricter rules than the format's own library has."""

import json
from typing import Any, BinaryIO

from engine.modelfiles.contents import (
    ITEM_BYTES,
    Contents,
    Entry,
    check_name,
    check_shape,
    dense_strides,
)
from engine.modelfiles.limits import (
    MAX_HEADER_BYTES,
    MAX_METADATA_CHARACTERS,
    MAX_METADATA_ENTRIES,
    MAX_TENSORS,
)
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import FETCH_AGAIN, Refusal, damaged

WHAT = "a safetensors file"
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64", "I64": "int64"}
_METADATA = "__metadata__"


def read_safetensors(file: BinaryIO, size: int) -> Contents:
    """Understand a safetensors file.

    Args:
        file: The file, readable and seekable.
        size: Its length in bytes.

    Raises:
        Refusal: It breaks a rule of the format, or one of ours.
    """
    header, data_begin = _read_header(file, size)
    texts = header.pop(_METADATA, {})
    if len(header) > MAX_TENSORS:
        why = f"it has {len(header):,} tensors, and at most {MAX_TENSORS:,} are read"
        raise Refusal(WHAT, why)
    metadata, notes = _metadata(texts)
    entries = [_entry(name, value, data_begin) for name, value in header.items()]
    _check_cover(entries, data_begin, size)
    return Contents("safetensors", tuple(entries), metadata, notes)


def _read_header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """The header as a dictionary, and where the tensors begin."""
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if length > MAX_HEADER_BYTES:
        why = f"its header claims {length:,} bytes, and at most {MAX_HEADER_BYTES:,} are read"
        raise Refusal(WHAT, why, FETCH_AGAIN)
    if length + 8 > size:
        raise damaged(WHAT, "it ends inside its header, so it was cut short")
    try:
        header = json.loads(
            file.read(length).decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except RecursionError:
        raise damaged(WHAT, "its header is nested deeper than a header can be") from None
    except ValueError:
        raise damaged(WHAT, "its header is not valid JSON") from None
    if not isinstance(header, dict):
        raise damaged(WHAT, "its header is not a table of tensors")
    return header, 8 + length


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object as a dictionary; of a repeated name, every reader would see another tensor."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                break
            seen.add(key)
        why = f"the name “{plain(key, 60)}” stands in its header twice"
        raise damaged(WHAT, why)
    return found


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


def _metadata(texts: object) -> tuple[dict[str, str], tuple[str, ...]]:
    """The file's own texts, made plain, and what was left out of them."""
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise damaged(WHAT, "its metadata is not a table of texts")
    kept = {
        plain(key, 256): plain(text)
        for key, text in list(texts.items())[:MAX_METADATA_ENTRIES]
        if len(text) <= MAX_METADATA_CHARACTERS
    }
    left_out = len(texts) - len(kept)
    if not left_out:
        return kept, ()
    return kept, (
        f"{left_out:,} texts of its metadata are too long or too many and were left out.",
    )


def _entry(name: str, value: Any, data_begin: int) -> Entry:
    """One tensor of the header."""
    check_name(name, WHAT)
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise damaged(WHAT, f"its header does not describe {name} as the format asks")
    code, offsets = value["dtype"], value["data_offsets"]
    if not isinstance(code, str) or code not in _DTYPES:
        shown = plain(code, 20) if isinstance(code, str) else "unknown"
        why = f"{name} is of type {shown}, and weights are read as F32, F16, BF16, F64 or I64"
        raise Refusal(WHAT, why, "Save its weights as float32 and open that file.")
    shape = check_shape(value["shape"])
    if shape is None:
        raise damaged(WHAT, f"{name} has a shape that no tensor of a network has")
    if (
        not isinstance(offsets, list)
        or len(offsets) != 2
        or not all(type(offset) is int and 0 <= offset <= 2**40 for offset in offsets)
    ):
        raise damaged(WHAT, f"the place of {name} in the file makes no sense")
    begin, end = offsets
    dtype = _DTYPES[code]
    item = ITEM_BYTES[dtype]
    count = max((end - begin) // item, 0)
    entry = Entry(name, dtype, data_begin + begin, count, 0, shape, dense_strides(shape))
    if entry.elements * item != end - begin:
        raise damaged(WHAT, f"the shape of {name} does not fit its {end - begin:,} bytes")
    return entry


def _check_cover(entries: list[Entry], data_begin: int, size: int) -> None:
    """Check that the tensors fill the file to its end without overlaps or holes."""
    end = data_begin
    for entry in sorted(entries, key=_place):
        if entry.begin < end:
            raise damaged(WHAT, f"{entry.name} overlaps another tensor")
        if entry.begin > end:
            raise damaged(WHAT, f"there are bytes before {entry.name} that belong to no tensor")
        end = entry.begin + entry.count * ITEM_BYTES[entry.dtype]
    if end > size:
        raise damaged(WHAT, "its tensors reach beyond its end, so it was cut short")
    if end < size:
        raise damaged(WHAT, f"{size - end:,} bytes follow its last tensor and belong to none")


def _place(entry: Entry) -> tuple[int, int]:
    return entry.begin, entry.count
