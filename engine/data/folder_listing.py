"""What lies in a folder of images: classes, files, and what is passed over.

Folders come from strangers: a link may lead anywhere or in circles, and a pipe never ends. So
neither is followed or opened, and nothing is looked for deeper than the folders of the classes.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import EngineError
from engine.events import Event, Job, Progress
from engine.modelfiles.plain_text import plain

MAX_FILES = 200_000
MAX_CLASSES = 1000
LONGEST_NAME = 60
TRAIN, TEST = "train", "test"
_TELL_EVERY = 500
_MANY = {
    "link": "links",
    "pipe or device": "pipes or devices",
    "file outside the classes": "files outside the classes",
    "folder inside a class": "folders inside classes",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One regular file below a class's folder.

    Attributes:
        path: Where it is.
        label: Index of its class.
        size: In bytes.
        modified: Time of its last change, in nanoseconds.
        part: "train" or "test" where the folder says which, otherwise empty.
    """

    path: str
    label: int
    size: int
    modified: int
    part: str


@dataclass
class Skipped:
    """What was left out of a folder, and why.

    Attributes:
        counts: Number of things left out by reason, such as "link" or "damaged".
        examples: Of each reason the names of the first few.
    """

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str, few: int = 3) -> None:
        """Count one thing, and keep its name if it is among the first few of its kind."""
        self.counts[reason] += 1
        names = self.examples.setdefault(reason, [])
        if len(names) < few:
            names.append(plain(name, LONGEST_NAME))

    def __bool__(self) -> bool:
        return bool(self.counts)

    def sentence(self) -> str:
        """All of it, such as "Skipped: 3 links (a, b, c); 1 damaged (d).", or nothing."""
        if not self:
            return ""
        parts = [self._part(reason, count) for reason, count in self.counts.most_common()]
        return f"Skipped: {'; '.join(parts)}."

    def _part(self, reason: str, count: int) -> str:
        names = self.examples[reason]
        what = reason if count == 1 else _MANY.get(reason, reason)
        more = " …" if count > len(names) else ""
        return f"{count:,} {what} ({', '.join(names)}{more})"


@dataclass(frozen=True)
class Listing:
    """A folder of images before one of them is opened.

    Attributes:
        folder: The folder.
        class_names: Names to show, by class index; the order is that of torchvision's
            ImageFolder, which sorts names as text, so that networks trained with it fit.
        entries: All files, in a fixed order.
        skipped: What was passed over.
        digest: SHA-256 over names, sizes and times: the same as long as nothing changes.
    """

    folder: Path
    class_names: tuple[str, ...]
    entries: tuple[Entry, ...]
    skipped: Skipped
    digest: str


def list_job(folder: Path) -> Job[Listing]:
    """List a folder with one subfolder for each class, directly or below train and test.

    Raises:
        EngineError: It cannot be read, has fewer than two classes, too many, or too many files.
    """
    skipped, entries = Skipped(), list[Entry]()
    roots = _roots(folder, skipped)
    names = sorted({entry.name for found in roots.values() for entry in found})
    _check_classes(folder, names, roots)
    labels = {name: index for index, name in enumerate(names)}
    seen = 0
    for part, classes in roots.items():
        for class_folder in classes:
            label = labels[class_folder.name]
            found = _scan(class_folder.path)
            seen += len(found)  # links too: they are no files, but looking at them takes as long
            if seen > MAX_FILES:
                raise EngineError(
                    f"{_shown(folder)} holds more than {MAX_FILES:,} files. Take a part of them"
                    " into another folder."
                )
            for entry in _files(found, label, part, skipped):
                entries.append(entry)
                if len(entries) % _TELL_EVERY == 0:
                    yield _counted(len(entries))
            yield _counted(len(entries))
    return Listing(folder, display_names(names), tuple(entries), skipped, _digest(folder, entries))


def display_names(names: list[str]) -> tuple[str, ...]:
    """Folder names made safe to show: no control or direction characters, none twice."""
    shown: list[str] = []
    for index, name in enumerate(names):
        text = plain(name, LONGEST_NAME).strip() or f"class {index}"
        shown.append(text if text not in shown else f"{text} ({index})")
    return tuple(shown)


def _counted(files: int) -> Event:
    return Progress(0, 1, f"{files:,} files found")


def _roots(folder: Path, skipped: Skipped) -> dict[str, list["os.DirEntry[str]"]]:
    """The folders of the classes, under "train" and "test", or under "" where there are none."""
    top = _subfolders(folder, skipped)
    parts = {entry.name.lower(): entry for entry in top}
    if set(parts) != {TRAIN, TEST} or len(top) > len(parts):
        return {"": top}
    return {part: _subfolders(parts[part].path, skipped) for part in (TRAIN, TEST)}


def _subfolders(folder: Path | str, skipped: Skipped) -> list["os.DirEntry[str]"]:
    """The folders in a folder by name; hidden ones are none of the person's classes."""
    found = []
    for entry in _scan(folder):
        if entry.is_symlink():
            skipped.add("link", entry.name)
        elif entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                found.append(entry)
        elif not entry.name.startswith("."):
            skipped.add("file outside the classes", entry.name)
    return sorted(found, key=lambda entry: entry.name)


def _files(
    found: list["os.DirEntry[str]"], label: int, part: str, skipped: Skipped
) -> Iterator[Entry]:
    for entry in sorted(found, key=lambda entry: entry.name):
        if entry.is_symlink():
            skipped.add("link", entry.name)
        elif entry.is_dir(follow_symlinks=False):
            skipped.add("folder inside a class", entry.name)
        elif not entry.is_file(follow_symlinks=False):
            skipped.add("pipe or device", entry.name)
        elif not entry.name.startswith("."):
            about = entry.stat(follow_symlinks=False)
            yield Entry(entry.path, label, about.st_size, about.st_mtime_ns, part)


def _scan(folder: Path | str) -> list["os.DirEntry[str]"]:
    """The entries of a folder, no more than are of use, so that no folder is endless."""
    try:
        with os.scandir(folder) as found:
            entries = [entry for _, entry in zip(range(MAX_FILES + 1), found, strict=False)]
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise EngineError(
            f"The folder {_shown(folder)} cannot be read: {reason}. Check that it is there and"
            " that you may read it."
        ) from error
    return entries


def _check_classes(
    folder: Path, names: list[str], roots: dict[str, list["os.DirEntry[str]"]]
) -> None:
    if [name.lower() for name in names] in ([TRAIN], [TEST]):
        other = TEST if names[0].lower() == TRAIN else TRAIN
        raise EngineError(
            f"{_shown(folder)} has a folder {plain(names[0], 60)} and none called {other}. Add"
            f" {other}, or open {plain(names[0], 60)} itself: a share of its images is then kept"
            " to test on."
        )
    if len(names) < 2:
        found = "no subfolder" if not names else f"only one subfolder, {plain(names[0], 60)}"
        raise EngineError(
            f"{_shown(folder)} has {found}. A folder of images needs at least two classes: one"
            " subfolder for each, with its PNG or JPEG pictures in it."
        )
    if len(names) > MAX_CLASSES:
        raise EngineError(
            f"{_shown(folder)} has {len(names):,} subfolders, but at most {MAX_CLASSES:,} classes"
            " are possible. Choose the folder right above the folders of the classes."
        )
    for part, classes in roots.items():
        lacking = sorted(set(names) - {entry.name for entry in classes})
        if lacking:
            raise EngineError(
                f"The class {plain(lacking[0], 60)} has no subfolder in {part} of"
                f" {_shown(folder)}. Both train and test need a subfolder for every class."
            )


def _shown(folder: Path | str) -> str:
    return plain(str(folder), 200)


def _digest(folder: Path, entries: list[Entry]) -> str:
    digest = hashlib.sha256()
    start = len(str(folder))
    for entry in entries:
        line = f"{entry.path[start:]}\0{entry.size}\0{entry.modified}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
