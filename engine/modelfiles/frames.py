"""How the child's reply is written: JSON texts, each behind its length in 4 bytes.

Never a pickle: the program reads this although the child has touched a stranger's file. Many
short texts and not a long one, so that a thread that shows a window gets its turn in between.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from engine.modelfiles.limits import MAX_FRAME_BYTES, MAX_REPLY_BYTES


def write_frame(file: BinaryIO, value: Any) -> None:
    """Write one JSON value."""
    text = json.dumps(value, ensure_ascii=False).encode(errors="replace")
    file.write(len(text).to_bytes(4, "little") + text)


def read_frames(file: BinaryIO) -> Iterator[Any]:
    """Read JSON values until the end.

    Raises:
        ValueError: A length or a text is not as `write_frame` writes them, or it is all too long.
    """
    total = 0
    while start := file.read(4):
        length = int.from_bytes(start, "little")
        total += length
        if length > MAX_FRAME_BYTES or total > MAX_REPLY_BYTES:
            raise ValueError("too long")
        text = file.read(length)
        if len(text) != length:
            raise ValueError("cut short")
        try:
            yield json.loads(text)
        except RecursionError:
            raise ValueError("nested too deep") from None
