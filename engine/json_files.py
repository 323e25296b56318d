"""Documents as JSON: strictly read, and written so that people and other programs read them."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.files import read_capped

MAX_JSON_PARTS = 4 * 2**20


def read_json(path: Path, max_bytes: int) -> dict[str, Any]:
    """Read a JSON object, refusing what strict JSON refuses.

    Raises:
        EngineError: The file cannot be read or is not such an object.
    """
    return parse_json(read_capped(path, max_bytes), path.name)


def parse_json(content: bytes | bytearray, name: str) -> dict[str, Any]:
    """Parse a JSON object; a name given twice, NaN and Infinity are errors.

    Raises:
        EngineError: `content` is no such object; the sentence calls it `name`.
    """
    # A list that is empty has three bytes in the file, and sixty in memory.
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MAX_JSON_PARTS:
        raise EngineError(
            f"{name} has more than {MAX_JSON_PARTS:,} values, which no such file needs. Restore it"
            " from a copy, or choose another."
        )
    try:
        document = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        reason = "it is empty" if not content.strip() else _why_no_json(error)
        raise EngineError(
            f"{name} is damaged or not JSON: {reason}. Restore it from a copy, or choose another."
        ) from error
    if not isinstance(document, dict):
        raise EngineError(
            f"{name} holds no JSON object. Restore it from a copy, or choose another."
        )
    return document


class Rows(list[Any]):
    """A list of a document that may be long: each entry stands on one line of the file."""


def to_json(document: Mapping[str, Any]) -> bytes:
    """Encode a document for people and programs; numbers come back exactly.

    All of it is indented, but for what are `Rows`.
    """
    return (_encoded(document, "\n") + "\n").encode()


def _why_no_json(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is no text" if isinstance(error, UnicodeDecodeError) else str(error)


def _encoded(value: object, newline: str) -> str:
    """A value as JSON; its lines begin with what follows the sign of a new line in `newline`."""
    inner = newline + "  "
    if isinstance(value, Mapping) and value:
        entries = [f"{json.dumps(key)}: {_encoded(one, inner)}" for key, one in value.items()]
        return "{" + inner + f",{inner}".join(entries) + newline + "}"
    if isinstance(value, Rows) and value:
        rows = [json.dumps(one, allow_nan=False) for one in value]
        return "[" + inner + f",{inner}".join(rows) + newline + "]"
    # A text holds no such sign as it is: all that are there begin a line.
    return json.dumps(value, indent=2, allow_nan=False).replace("\n", newline)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{twice[:60]!r} stands there twice")
    return document


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number that JSON knows")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:60]} is too large")
    return value
