"""Tables of numbers that grow while a run goes: CSV files to which whole rows are appended."""

import contextlib
import csv
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.files import read_capped, write_error, write_file

SECONDS_BETWEEN_FLUSHES = 1.0
MAX_TABLE_BYTES = 256 * 2**20


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


def read_table(path: Path, columns: tuple[str, ...]) -> NDArray[np.float64]:
    """Read named columns of a table, N rows x len(columns), float64.

    A last line without its end, as a power failure leaves it, does not count. Other columns may
    be there and are passed over. A table that is not there has no rows.

    Raises:
        EngineError: The file cannot be read, lacks a column, or holds something else than numbers.
    """
    if not path.exists():
        return np.empty((0, len(columns)))
    lines = read_capped(path, MAX_TABLE_BYTES).decode("utf-8", "replace").split("\n")[:-1]
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise EngineError(f"{path.name} is damaged: it is empty. Restore it from a copy.")
    header = next(csv.reader(lines[:1]))
    missing = [name for name in columns if name not in header]
    if missing:
        raise EngineError(
            f"{path.name} is damaged: the column {missing[0]} is missing. Restore it from a copy."
        )
    if len(lines) == 1:
        return np.empty((0, len(columns)))
    try:
        places = [header.index(name) for name in columns]
        return np.loadtxt(
            lines[1:], delimiter=",", usecols=places, ndmin=2, comments=None, dtype=np.float64
        )
    except ValueError as error:
        raise EngineError(
            f"{path.name} is damaged: a row holds something else than numbers ({error}). Restore"
            " it from a copy."
        ) from error


def _digits(value: float) -> str:
    """The shortest digits that come back as the very same number."""
    return str(int(value)) if isinstance(value, int | np.integer) else repr(float(value))
