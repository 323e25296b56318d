"""Tables of numbers that grow while a run goes: CSV files to which whole rows are appended."""

import contextlib
import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.files import opened_for_reading, write_error, write_file

SECONDS_BETWEEN_FLUSHES = 1.0
_PIECE = 2**20
LONGEST_LINE = 4096


class GrowingTable:
    """A CSV file that others may read while rows are added; what they see ends with a whole row.

    Rows wait in memory for about a second, so that adding one costs next to nothing.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self.columns = columns
        self._waiting: list[str] = []
        self._flushed = time.monotonic()

    def start(self) -> None:
        """Create the file, with the names of its columns as first line.

        Raises:
            EngineError: It cannot be written.
        """
        write_file(self.path, (",".join(self.columns) + "\n").encode())

    def add(self, *values: float) -> None:
        """Add a row, and write those that have waited long enough.

        Raises:
            EngineError: They cannot be written; they wait on, and the file has whole rows only.
        """
        self._waiting.append(",".join(map(_digits, values)) + "\n")
        if time.monotonic() - self._flushed >= SECONDS_BETWEEN_FLUSHES:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait.

        Raises:
            EngineError: They cannot be written; they wait on, and the file has whole rows only.
        """
        self._flushed = time.monotonic()
        if not self._waiting:
            return
        try:
            self._append("".join(self._waiting).encode())
        except OSError as error:
            raise write_error(self.path, error) from error
        self._waiting.clear()

    def _append(self, content: bytes) -> None:
        with self.path.open("ab", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            try:
                written = 0
                while written < len(content):
                    written += file.write(content[written:])
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(size)
                raise


def read_table(path: Path, columns: tuple[str, ...], most_rows: int) -> NDArray[np.float64]:
    """Read named columns of a table, N rows x len(columns), float64.

    A last line without its end, as a power failure leaves it, does not count, nor does an empty
    one. Other columns may be there and are passed over. A table that is not there has no rows.

    Args:
        path: The file; it is read in pieces, so that it takes the memory of its numbers alone.
        columns: Their names.
        most_rows: As many lines as such a table can have, its header left aside.

    Raises:
        EngineError: The file cannot be read, is too long, lacks a column, or holds something else
            than numbers.
    """
    if not path.exists():
        return np.empty((0, len(columns)))
    try:
        with opened_for_reading(path) as file:
            lines = _whole_lines(file, most_rows)
            places = _places(next(lines, []), columns)
            blocks = [_numbers(block, places) for block in lines]
    except ValueError as error:
        raise EngineError(f"{path.name} is damaged: {error}. Restore it from a copy.") from error
    return np.concatenate([np.empty((0, len(columns))), *blocks])


def _whole_lines(file: BinaryIO, most_rows: int) -> Iterator[list[str]]:
    """The first line that is not empty, and then all others in blocks."""
    rest, count, has_header = b"", 0, False
    while piece := file.read(_PIECE):
        whole, end, rest = (rest + piece).rpartition(b"\n")
        count += whole.count(b"\n") + len(end)
        if count > most_rows + 1 or len(rest) > LONGEST_LINE:
            raise ValueError(f"it has more than {most_rows:,} lines, or one of them is too long")
        texts = whole.decode("utf-8", "replace").split("\n")
        lines = [text for text in texts if text and not text.isspace()]
        if lines and not has_header:
            yield [lines.pop(0)]
            has_header = True
        if lines:
            yield lines
    if not has_header:
        raise ValueError("it is empty")


def _places(header: list[str], columns: tuple[str, ...]) -> list[int]:
    """Which columns those with these names are."""
    names = next(csv.reader(header))
    missing = [name for name in columns if name not in names]
    if missing:
        raise ValueError(f"the column {missing[0]} is missing")
    return [names.index(name) for name in columns]


def _numbers(lines: list[str], places: list[int]) -> NDArray[np.float64]:
    try:
        return np.loadtxt(
            lines, delimiter=",", usecols=places, ndmin=2, comments=None, dtype=np.float64
        )
    except ValueError as error:
        raise ValueError(f"a row holds something else than numbers ({error})") from error


def _digits(value: float) -> str:
    """The shortest digits that come back as the very same number."""
    return str(int(value)) if isinstance(value, int | np.integer) else repr(float(value))
