"""Data sets that their authors publish as files: where they lie, and whether they are right."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.errors import EngineError
from engine.events import Job, Progress
from engine.files import open_regular

PIECE = 2**20


@dataclass(frozen=True)
class PublishedFile:
    """One file as its authors publish it.

    Attributes:
        name: Its name, in torchvision's layout too.
        md5: Its published checksum.
        size: Its size in bytes, roughly.
        url: Where it is.
        repacked: Checksum of the same content as a package of the operating system packs it
            (another date in the header of the .gz), or nothing.
    """

    name: str
    md5: str
    size: int
    url: str
    repacked: str = ""

    def fits(self, digest: str) -> bool:
        """Whether this is the MD5 of the file."""
        return digest in {self.md5, self.repacked}


@dataclass(frozen=True)
class Publication:
    """The files of one data set.

    Attributes:
        name: The data set's name in settings.
        title: What people call it.
        layout: The folder of its files below a root of torchvision's layout.
        files: All of them.
        packaged: Where a package of the operating system puts them, or nothing.
    """

    name: str
    title: str
    layout: str
    files: tuple[PublishedFile, ...]
    packaged: str = ""

    @property
    def size(self) -> int:
        """Bytes to download, roughly."""
        return sum(file.size for file in self.files)

    def home(self) -> Path:
        """The folder that downloads of it go to."""
        return data_root() / self.layout

    def find(self) -> Path | None:
        """The folder on this computer that holds all its files, or None."""
        packaged = [Path(self.packaged)] if self.packaged else []
        return next(filter(self._is_whole, [self.home(), *packaged]), None)

    def find_in(self, folder: Path) -> Path | None:
        """Where all its files lie in a folder: in torchvision's layout, or just so; or None."""
        return next(filter(self._is_whole, [folder / self.layout, folder, folder / "raw"]), None)

    def require(self) -> Path:
        """The folder that holds all its files.

        Raises:
            EngineError: There is none.
        """
        found = self.find()
        if found is None:
            raise EngineError(
                f"{self.title} is not on this computer yet. Download it once"
                f" ({megabytes(self.size)}), or take its files from a folder where they lie:"
                f" in the Attack tab, or with the command download {self.name}."
            )
        return found

    def _is_whole(self, folder: Path) -> bool:
        return all((folder / file.name).is_file() for file in self.files)


def data_root() -> Path:
    """Where downloaded data sets lie, in torchvision's layout."""
    return platformdirs.user_data_path("backdoor-studio") / "datasets"


def megabytes(size: float) -> str:
    """A number of bytes in words: "30 MB", "0.4 MB"."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e6:.1f} MB"


def check_job(publication: Publication, folder: Path) -> Job[None]:
    """Compare the files in a folder with their published checksums.

    Raises:
        EngineError: One differs or cannot be read.
    """
    total, done = max(publication.size, 1), 0
    for file in publication.files:
        digest = hashlib.md5(usedforsecurity=False)
        for piece in pieces(folder / file.name):
            digest.update(piece)
            done += len(piece)
            yield Progress(min(done, total), total, f"checking {file.name}")
        check_digest(publication, file, digest.hexdigest())


def read_checked(publication: Publication, folder: Path, name: str) -> bytes:
    """The content of one small file, compared with its published checksum.

    Raises:
        EngineError: It differs or cannot be read.
    """
    file = next(file for file in publication.files if file.name == name)
    content = b"".join(pieces(folder / name))
    check_digest(publication, file, hashlib.md5(content, usedforsecurity=False).hexdigest())
    return content


def check_digest(publication: Publication, file: PublishedFile, digest: str) -> None:
    """Compare a checksum with the published one.

    Raises:
        EngineError: It differs.
    """
    if not file.fits(digest):
        raise EngineError(
            f"{file.name} is not the file that the authors of {publication.title} published: its"
            f" MD5 is {digest}, not {file.md5}. Nothing of it is used. Download"
            f" {publication.title} again, or take it from another place."
        )


def pieces(path: Path, size: int = PIECE) -> Iterator[bytes]:
    """The bytes of a regular file, a piece at a time.

    Raises:
        EngineError: It is no regular file, or cannot be read.
    """
    try:
        with open_regular(path, follow_link=True) as file:  # the checksum decides
            while piece := file.read(size):
                yield piece
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise EngineError(f"{path} cannot be read: {reason}. Check the file.") from error


def listing(files: Iterable[PublishedFile]) -> str:
    """The names of files for a sentence."""
    return ", ".join(file.name for file in files)
