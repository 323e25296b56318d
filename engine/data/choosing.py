"""Which data set somebody means: a name, or a folder; and whether it is there."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.data.fetching import take_job
from engine.data.folder_listing import LONGEST_NAME
from engine.data.publications import PUBLICATIONS
from engine.data.published import Publication, megabytes, pieces
from engine.data.sources import DATA_SOURCES
from engine.errors import EngineError
from engine.events import Job
from engine.modelfiles.plain_text import plain
from engine.settings import DataSettings, check


@dataclass(frozen=True)
class Availability:
    """Whether a data set can be opened now.

    Attributes:
        here: Whether nothing has to be fetched first.
        text: The same in a few words: "ships with the program", "31 MB to download".
    """

    here: bool
    text: str


def availability(name: str) -> Availability:
    """Whether the data set of this name is on this computer, from the presence of its files."""
    publication = PUBLICATIONS.get(name)
    if publication is None:
        return Availability(here=True, text="" if name == "folder" else "ships with the program")
    if publication.find() is not None:
        return Availability(here=True, text="on this computer")
    return Availability(here=False, text=f"{megabytes(publication.size)} to download")


def title_of(settings: DataSettings) -> str:
    """What to call the data set that settings name, before it is loaded."""
    if settings.name == "folder" and settings.folder:
        folder = Path(settings.folder)
        return plain(folder.name or str(folder), LONGEST_NAME)
    return DATA_SOURCES[settings.name].title


def choose_job(text: str, before: DataSettings | None = None) -> Job[DataSettings]:
    """The settings for what somebody wrote: a data set's name, or a folder.

    A folder is one of images, unless the files of a published data set lie in it: then they are
    taken from there.

    Args:
        text: The name or the path.
        before: Where a folder's size, colour and split are taken from.

    Raises:
        EngineError: It is neither, or the files are not the published ones.
    """
    if text in DATA_SOURCES and text != "folder":
        return check(DataSettings, {"name": text})
    folder = Path(text).expanduser()
    if not folder.is_dir():
        known = ", ".join(name for name in DATA_SOURCES if name != "folder")
        raise EngineError(
            f"{plain(text, 200)} is neither a data set nor a folder. Data sets are: {known}. A"
            " folder of images has one subfolder of PNG or JPEG pictures for each class."
        )
    published = recognise(folder)
    if published is None:
        return folder_settings(folder, before)
    yield from take_job(published.name, folder)
    return check(DataSettings, {"name": published.name})


def folder_settings(folder: Path, before: DataSettings | None = None) -> DataSettings:
    """Settings for a folder of images, by its whole path so that they hold anywhere.

    Size, colour and split are those of `before`.
    """
    kept = (before or DataSettings()).model_dump()
    return check(DataSettings, {**kept, "name": "folder", "folder": str(folder.absolute())})


def recognise(folder: Path) -> Publication | None:
    """The published data set whose files lie in a folder, or None.

    Some have files of the same names; the checksum of the smallest tells them apart.
    """
    found = [(one, one.find_in(folder)) for one in PUBLICATIONS.values()]
    fitting = [(one, place) for one, place in found if place is not None]
    if len(fitting) == 1:
        return fitting[0][0]
    return next((one for one, place in fitting if _fits(one, place)), None)


def _fits(publication: Publication, folder: Path) -> bool:
    file = min(publication.files, key=lambda file: file.size)
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces(folder / file.name):
        digest.update(piece)
    return file.fits(digest.hexdigest())
