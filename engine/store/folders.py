"""Folders for experiments, where none is yet."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from engine.errors import EngineError
from engine.files import write_error


def new_run_folder(base: Path) -> Path:
    """Make an empty folder in `base`, named after this moment, for a run to write into.

    Raises:
        EngineError: It cannot be made.
    """
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for suffix in ("", *(f"_{number}" for number in range(2, 1000))):
        folder = base / (name + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise write_error(folder, error) from error
        return folder
    raise EngineError(f"{base} holds too many runs of this second. Choose another folder.")


def make_empty_folder(path: Path) -> Path:
    """Make a folder where there is none yet, and return it.

    Raises:
        EngineError: There is something in it, or it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    check_empty(path)
    return path


def check_empty(path: Path) -> None:
    """Check that there is nothing in a folder, or no folder.

    Raises:
        EngineError: There is, or that cannot be seen.
    """
    try:
        occupied = path.exists() and any(path.iterdir())
    except OSError as error:
        raise write_error(path, error) from error
    if occupied:
        raise EngineError(
            f"{path} is not empty, and what is there is never overwritten. Choose a new folder."
        )


def remove_if_empty(path: Path) -> bool:
    """Remove a folder in which nothing is; answer whether there is none now."""
    with suppress(OSError):  # not empty, or not ours to remove
        path.rmdir()
    return not path.exists()
