"""A private copy of the file, so that what is judged is what was hashed.

The copy, not the original, is examined and read: nobody can exchange the file in between.
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from engine.errors import EngineError
from engine.modelfiles.limits import MAX_FILE_BYTES

_PIECE = 4 * 2**20
_SPARE = 64 * 2**20


class Snapshot:
    """A temporary copy of a file, gone when the context ends.

    Attributes:
        size: Length in bytes; known at once.
        sha256: Hexadecimal digits; empty until `copy` is through.
        file: The copy, for reading, without a buffer.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Open a file for copying.

        Args:
            path: The file.
            name: What it is called in messages.

        Raises:
            EngineError: It is not an ordinary file, cannot be read, or is too large.
        """
        self.sha256 = ""
        self._name = name
        self._source, self.size = _open_source(path, name)
        try:
            self._copy, self.file, self._path = _temporary_pair(name, self.size)
        except BaseException:
            self._source.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._source, self._copy, self.file):
            file.close()
        self._path.unlink(missing_ok=True)

    def copy(self) -> Generator[int, None, None]:
        """Copy the file and hash what is copied, yielding how many bytes are done.

        Raises:
            EngineError: It cannot be read or copied, or changes meanwhile.
        """
        digest, done = hashlib.sha256(), 0
        try:
            while piece := self._source.read(_PIECE):
                done += len(piece)
                if done > self.size:
                    break
                digest.update(piece)
                _write_all(self._copy, piece)
                yield done
        except OSError as error:
            raise EngineError(
                f"“{self._name}” cannot be copied for reading: {error.strerror or error}. Check"
                f" that its drive is connected and that {tempfile.gettempdir()} has room."
            ) from error
        if done != self.size:
            raise EngineError(
                f"“{self._name}” changed while it was read, so it may still be written or copied."
                " Wait until that is done and open it again."
            )
        self._copy.close()
        self.sha256 = digest.hexdigest()


def _write_all(file: BinaryIO, piece: bytes) -> None:
    """Write a piece to a file without a buffer, which may take only a part at a time."""
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]


def _open_source(path: Path, name: str) -> tuple[BinaryIO, int]:
    """Open an ordinary file, and nothing else: a pipe would wait, a device might do things."""
    try:
        _check_ordinary(path.stat().st_mode, name)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        source = os.fdopen(os.open(path, flags), "rb", buffering=0)
        facts = os.fstat(source.fileno())
    except OSError as error:
        raise EngineError(_open_error(name, error)) from error
    except ValueError as error:
        why = f"“{name}” cannot be opened: no file can have such a path. Choose a model file."
        raise EngineError(why) from error
    try:
        _check_ordinary(facts.st_mode, name)
        if facts.st_size > MAX_FILE_BYTES:
            raise EngineError(
                f"“{name}” was not opened: it has {facts.st_size:,} bytes, and at most"
                f" {MAX_FILE_BYTES:,} are read. Save its weights as float16 and open that file."
            )
    except EngineError:
        source.close()
        raise
    return source, facts.st_size


def _open_error(name: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return (
            f"“{name}” cannot be opened: there is no such file. Check its path, and that its drive"
            " is connected."
        )
    if isinstance(error, PermissionError):
        return (
            f"“{name}” cannot be opened: you may not read it. Change its permissions, or copy it to"
            " a folder of yours."
        )
    return (
        f"“{name}” cannot be opened: {error.strerror or error}. Check that its drive is connected"
        " and try again."
    )


def _check_ordinary(mode: int, name: str) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    kind = kinds.get(stat.S_IFMT(mode), "something special")
    raise EngineError(
        f"“{name}” cannot be opened: it is {kind}, not a file. Choose a safetensors, .pt or .pth"
        " file."
    )


def _temporary_pair(name: str, size: int) -> tuple[BinaryIO, BinaryIO, Path]:
    """One temporary file opened twice, for writing and for reading, and its path."""
    try:
        folder = Path(tempfile.gettempdir())
        if shutil.disk_usage(folder).free < size + _SPARE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        number, temporary = tempfile.mkstemp(prefix="backdoor-studio-")
    except OSError as error:
        raise EngineError(
            f"“{name}” was not opened: no temporary copy of its {max(size // 10**6, 1):,} MB can be"
            f" made ({error.strerror or error}). Free some space for temporary files and try again."
        ) from error
    path = Path(temporary)
    writing = os.fdopen(number, "wb", buffering=0)
    reading = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb", buffering=0)
    if os.name == "posix":
        path.unlink()  # so that not even a crash leaves it behind
    return writing, reading, path
