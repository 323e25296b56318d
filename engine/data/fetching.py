"""Getting the files of a published data set: by download, or from a folder where they lie.

Either way a file is compared with its published checksum before it has its name, so that what lies
under that name is always whole and right.
"""

import hashlib
import http.client
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import BinaryIO
from urllib.parse import urlsplit

from engine.data.publications import PUBLICATIONS
from engine.data.published import (
    PIECE,
    Publication,
    PublishedFile,
    check_digest,
    check_job,
    listing,
    megabytes,
    pieces,
)
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.files import sweep, write_error
from engine.modelfiles.plain_text import plain
from engine.version import VERSION

TIMEOUT = 20  # seconds without a byte until a server counts as silent
_PATIENCE = 0.04
_PIECE_RECEIVED = 2**16


def publication_of(name: str) -> Publication:
    """The published files of a data set.

    Raises:
        EngineError: There is nothing to fetch for this name.
    """
    if name not in PUBLICATIONS:
        raise EngineError(
            f"There is nothing to download for {name!r}. Data sets to download are:"
            f" {', '.join(PUBLICATIONS)}."
        )
    return PUBLICATIONS[name]


def download_job(name: str) -> Job[Path]:
    """Download what is not there yet of a data set; returns the folder of its files.

    Raises:
        EngineError: The server cannot be reached, sends something else than the published files,
            or the disk is full.
    """
    publication = publication_of(name)
    home, total, done = _prepared(publication), max(publication.size, 1), 0
    for file in publication.files:
        if not (yield from _is_right(publication, home / file.name, file)):
            yield from _download(publication, file, home / file.name, done)
        done += file.size
        yield Progress(min(done, total), total, f"{file.name} is here")
    return home


def take_job(name: str, folder: Path) -> Job[Path]:
    """Copy the files of a data set from a folder; returns the folder they are in now.

    Raises:
        EngineError: They do not lie there, are not the published ones, or cannot be copied.
    """
    publication = publication_of(name)
    found = publication.find_in(folder)
    if found is None:
        raise EngineError(
            f"{plain(str(folder), 200)} does not hold {publication.title}. Its files are:"
            f" {listing(publication.files)}. They may lie in the folder itself, or in"
            f" {publication.layout or 'it'} below, as torchvision keeps them."
        )
    yield from check_job(publication, found)
    home, total, done = _prepared(publication), max(publication.size, 1), 0
    for file in publication.files if found.resolve() != home.resolve() else ():
        with _temporary_beside(home / file.name) as temporary:
            with temporary.open("xb") as out:
                digest = hashlib.md5(usedforsecurity=False)
                for piece in pieces(found / file.name):
                    out.write(piece)
                    digest.update(piece)
                    done += len(piece)
                    yield Progress(min(done, total), total, f"copying {file.name}")
                _flush(out)
            check_digest(publication, file, digest.hexdigest())
            temporary.replace(home / file.name)
    return home


def _prepared(publication: Publication) -> Path:
    """The folder for the files, without what a killed program left in it."""
    home = publication.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        sweep(home)
    except OSError as error:
        raise write_error(home, error) from error
    return home


def _is_right(publication: Publication, path: Path, file: PublishedFile) -> Job[bool]:
    """Whether a file is there already and is the published one."""
    if not path.is_file():
        return False
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces(path):
        digest.update(piece)
        yield Progress(0, max(publication.size, 1), f"checking {file.name}")
    return file.fits(digest.hexdigest())


def _download(publication: Publication, file: PublishedFile, path: Path, before: int) -> Job[None]:
    total = max(publication.size, 1)
    with _temporary_beside(path) as temporary:
        with temporary.open("xb") as out:
            transfer = _Transfer(file, out)
            try:
                while not transfer.ended.wait(_PATIENCE):
                    done = before + transfer.received
                    text = f"{megabytes(done)} of {megabytes(total)}"
                    yield Progress(min(done, total), total, text)
            finally:
                transfer.give_up()
            if transfer.error is not None:
                raise _explained(publication, file, transfer.error) from transfer.error
            _flush(out)
        check_digest(publication, file, transfer.digest.hexdigest())
        temporary.replace(path)


class _Transfer:
    """Receives one file in a thread of its own: a server may be silent for longer than a step.

    Attributes:
        received: Bytes so far.
        digest: MD5 of them.
        error: Why it ended early, or None.
        ended: Set at the end.
    """

    def __init__(self, file: PublishedFile, out: BinaryIO) -> None:
        self.received = 0
        self.error: Exception | None = None
        self.digest = hashlib.md5(usedforsecurity=False)
        self.ended, self._given_up = Flag(), Flag()
        self._file, self._out = file, out
        self._thread = Thread(target=self._receive, name="download", daemon=True)
        self._thread.start()

    def give_up(self) -> None:
        """Write nothing more; a server that is silent is not waited for."""
        self._given_up.set()

    def _receive(self) -> None:
        try:
            self._pull()
        except urllib.error.HTTPError as error:
            error.close()  # it is also the answer, which nobody reads
            self.error = error
        except (OSError, http.client.HTTPException, ValueError, EngineError) as error:
            self.error = error  # ValueError: also a file that was closed when all was given up
        finally:
            self.ended.set()

    def _pull(self) -> None:
        agent = {"User-Agent": f"backdoor-studio/{VERSION}"}
        request = urllib.request.Request(self._file.url, headers=agent)  # noqa: S310 - from our table
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - likewise
            expected = response.headers.get("Content-Length")
            while piece := response.read1(_PIECE_RECEIVED):
                if self._given_up.is_set():
                    return
                self.received += len(piece)
                if self.received > 2 * self._file.size + PIECE:
                    raise ValueError("it sends far more than the file has")
                self.digest.update(piece)
                self._write(piece)
        if expected is not None and self.received < int(expected):
            raise ValueError("the connection broke off")

    def _write(self, piece: bytes) -> None:
        try:
            self._out.write(piece)
        except OSError as error:  # of the disk, not of the network
            raise write_error(Path(self._file.name), error) from error


@contextmanager
def _temporary_beside(path: Path) -> Iterator[Path]:
    """A name for a file beside `path`; what has not been renamed by the end is deleted."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        yield temporary
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _flush(out: BinaryIO) -> None:
    out.flush()
    os.fsync(out.fileno())


def _explained(publication: Publication, file: PublishedFile, error: Exception) -> EngineError:
    """A sentence on a download that failed, and what else can be done."""
    if isinstance(error, EngineError):
        return error
    host = urlsplit(file.url).hostname or file.url
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(error, urllib.error.HTTPError):
        reason = f"it answered {error.code} {error.reason}"
    if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
        reason = f"it said nothing for {TIMEOUT} seconds"
    return EngineError(
        f"{publication.title} could not be downloaded from {host}:"
        f" {plain(str(reason), 200) or type(error).__name__}. Check the connection and try again,"
        f" or get {file.name} in another way and take it from a folder."
        " Nothing of it was kept."
    )
