"""Where a file is read or written: the dialogs, which all begin at one place."""

import os
import re
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.questions import Question
from gui.session import Session

LAST_FOLDER_KEY = "last_folder"


def start_folder(session: Session) -> Path:
    """Where dialogs begin: the experiment's folder, else the one used last, else home."""
    last = QSettings().value(LAST_FOLDER_KEY, "", str)
    for folder in (session.folder, Path(str(last)) if last else None):
        if folder is not None and folder.is_dir():
            return folder
    return Path.home()


def file_to_write(
    parent: QWidget, session: Session, title: str, name: str, filters: str
) -> Path | None:
    """Ask where to write a file; None if the person does not want to.

    Args:
        parent: Above which the dialog stands.
        session: What is open.
        title: Of the dialog.
        name: What the file is called unless the person wants another name, or it is taken.
        filters: As Qt writes them. A name without one of their endings gets that of the chosen
            filter; one without any ending is a folder.
    """
    chosen, wanted = QFileDialog.getSaveFileName(
        parent, title, str(_free(start_folder(session) / name)), filters
    )
    if not chosen:
        return None
    path, ending = Path(chosen), _endings(wanted or filters.partition(";;")[0])
    _remember(path.parent)
    if not ending or path.suffix.lower() in _endings(filters):
        return path
    path = path.with_name(path.name + ending[0])
    if path.exists():  # the dialog asked about the other name
        question = f"{path.name} already exists and would be replaced."
        return path if Question(parent.window(), question, "Replace").put() else None
    return path


def file_to_read(parent: QWidget, session: Session, title: str, filters: str) -> Path | None:
    """Ask for a file; None if the person does not want to."""
    name, _ = QFileDialog.getOpenFileName(parent, title, str(start_folder(session)), filters)
    if not name:
        return None
    _remember(Path(name).parent)
    return Path(name)


def folder(parent: QWidget, session: Session, title: str) -> Path | None:
    """Ask for a folder; None if the person does not want to."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start_folder(session)))
    if not name:
        return None
    _remember(Path(name))
    return Path(name)


def _free(path: Path) -> Path:
    """The path, or the first one with a number behind its name that nothing has taken."""
    number = 2
    free = path
    while os.path.lexists(free):  # a link to nowhere takes a name as well
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def _remember(folder: Path) -> None:
    QSettings().setValue(LAST_FOLDER_KEY, str(folder))


def _endings(filters: str) -> list[str]:
    return re.findall(r"\*(\.\w+)", filters)
