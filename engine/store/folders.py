"""Folders of experiments: where none is yet, and whole or not there."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        occupied = any(path.iterdir())
    except OSError as error:
        raise write_error(path, error) from error
    if occupied:
        raise _not_empty(path)
    return path


def remove_if_empty(path: Path) -> bool:
    """Remove a folder in which nothing is; answer whether there is none now."""
    with suppress(OSError):  # not empty, or not ours to remove
        path.rmdir()
    return not path.exists()


@contextmanager
def built_beside(destination: Path) -> Iterator[Path]:
    """A place beside a folder to be, which bears its name once all is in it.

    Raises:
        EngineError: There is something in the destination, or it cannot be written; nothing of
            what was built is left then.
    """
    building = destination.with_name(f".{destination.name}.{secrets.token_hex(8)}.part")
    try:
        if destination.exists() and any(destination.iterdir()):
            raise _not_empty(destination)
        yield building
        if destination.exists():
            destination.rmdir()
        building.rename(destination)
    except OSError as error:
        raise write_error(destination, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _not_empty(path: Path) -> EngineError:
    return EngineError(
        f"{path} is not empty, and nothing in it shall be overwritten. Choose a new folder."
    )
