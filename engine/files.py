"""Files that are whole or not there: careful writing, and reading that trusts nothing.

A file is written under a temporary name in its own folder, flushed to the disk, and renamed. So a
crash, a full disk or a kill leaves the file from before or the new one, never half of either.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError

LEFT_OVER_SECONDS = 2 * 86_400
_IN_THE_WAY = {
    errno.EEXIST: ("there is a file of that name", "Choose another name"),
    errno.EISDIR: ("there is a folder of that name", "Choose another name"),
    errno.ENOTDIR: ("part of that path is a file, and no folder", "Choose another path"),
}
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.part")


def write_file(path: Path, content: bytes) -> None:
    """Write or replace one file, whole or not at all.

    Raises:
        EngineError: It cannot be written; whatever was there before is unchanged.
    """
    write_files({path: content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: all are on the disk before the first is renamed.

    Raises:
        EngineError: One of them cannot be written; unless a rename itself failed, none changed.
    """
    temporaries: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            temporaries[path] = _write_temporary(path, content)
        for path, temporary in temporaries.items():
            temporary.replace(path)
        for folder in {path.parent for path in contents}:
            _flush_folder(folder)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)


def write_error(path: Path, error: OSError) -> EngineError:
    """The sentence for a file or folder that could not be written."""
    reason = (error.strerror or str(error)).lower()
    advice = {
        errno.ENOSPC: "Free some space and try again",
        errno.EDQUOT: "Free some space and try again",
        errno.ENAMETOOLONG: "Choose a shorter name",
    }.get(error.errno or 0, "Choose a folder that you may write to")
    reason, advice = _IN_THE_WAY.get(error.errno or 0, (reason, advice))
    return EngineError(
        f"{path} could not be written: {reason}. {advice}; what was saved before is unchanged."
    )


@contextmanager
def built_beside(destination: Path) -> Iterator[Path]:
    """A place beside a folder to be, which gets its name once all is in it.

    Whoever builds makes a folder there. Nothing of it is left where that goes wrong.

    Raises:
        EngineError: It cannot be written, or there is something in the destination by then.
    """
    building = destination.with_name(f".{destination.name}.{secrets.token_hex(8)}.part")
    try:
        yield building
        if destination.exists():
            destination.rmdir()
        building.rename(destination)
    except OSError as error:
        raise write_error(destination, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Delete what a killed program left unfinished in a folder days ago, if it is there.

    Raises:
        OSError: The folder cannot be listed. What cannot be deleted is in nobody's way, and stays.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        if _TEMPORARY.fullmatch(path.name) and is_left_over(path):
            with suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def is_left_over(path: Path) -> bool:
    """Whether an unfinished file or folder is so old that no running program can be at it."""
    try:
        return time.time() - path.lstat().st_mtime > LEFT_OVER_SECONDS
    except FileNotFoundError:  # finished meanwhile
        return False


def read_capped(path: Path, max_bytes: int) -> bytes:
    """Read a regular file of limited size; no link, pipe or device is opened.

    Raises:
        EngineError: It is none of that, larger than `max_bytes`, or cannot be read.
    """
    with opened_for_reading(path) as file:
        # One byte more than allowed, so that a file that grows meanwhile is noticed.
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise too_large(path, max_bytes)
    return content


def read_buffer(path: Path, max_bytes: int) -> bytearray:
    """The same as bytes that may be changed, in memory of just the file's size.

    Raises:
        EngineError: As `read_capped`, or another program was writing to it.
    """
    with opened_for_reading(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise too_large(path, max_bytes)
        content = bytearray(size)
        if file.readinto(content) != size or file.read(1):  # type: ignore[attr-defined]
            raise EngineError(
                f"{path.name} changed while it was read: another program is writing to it. Try"
                " again."
            )
    return content


@contextmanager
def opened_for_reading(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open; no link, pipe or device is opened.

    Raises:
        EngineError: It is none of that, or cannot be read.
    """
    try:
        with open_regular(path) as file:
            yield file
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if error.errno == errno.ELOOP:
            reason = "it is a link, and links are not followed here"
        raise EngineError(
            f"{path.name} cannot be read: {reason}. Check the path and the file's permissions."
        ) from error


def too_large(path: Path, max_bytes: int) -> EngineError:
    """The sentence for a file of more bytes than it can need."""
    return EngineError(
        f"{path.name} is larger than {max_bytes / 2**20:,.0f} MiB, which no such file needs."
        " Choose another one."
    )


def open_regular(path: Path, *, follow_link: bool = False) -> BinaryIO:
    """Open a regular file for reading; no pipe or device is opened, and a link only if asked.

    Raises:
        EngineError: It is no regular file.
        OSError: It cannot be opened; its number is ELOOP for a link that is not to be followed.
    """
    # Not blocking: opening a pipe without a writer would otherwise wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    flags |= 0 if follow_link else getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise EngineError(f"{path.name} is not an ordinary file. Choose another one.")
    return open(handle, "rb")  # noqa: PTH123 - the caller closes it


def fingerprint(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """SHA-256 over all arrays, their names, types and shapes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _write_temporary(path: Path, content: bytes) -> Path:
    """Write `content` beside `path`, flushed to the disk; leaves nothing where it fails."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _flush_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no way to ask for it and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
