"""What is being dragged over the window: an experiment, a folder of images, or a model's file."""

from pathlib import Path

from PySide6.QtGui import QDropEvent


def dragged_experiment(event: QDropEvent) -> Path | None:
    """The one experiment folder that is being dragged, if it is one."""
    path = _dragged_path(event)
    if path is None:
        return None
    folder = path.parent if path.name == "experiment.json" else path
    return folder if (folder / "experiment.json").is_file() else None


def dragged_folder(event: QDropEvent) -> Path | None:
    """The one folder that is being dragged: of images, as far as one can tell."""
    path = _dragged_path(event)
    return path if path is not None and path.is_dir() else None


def dragged_file(event: QDropEvent) -> Path | None:
    """The one file that is being dragged, unless it is a picture, which belongs on the canvas."""
    path = _dragged_path(event)
    is_picture = path is not None and path.suffix.lower() in {".png", ".jpg", ".jpeg"}
    return path if path is not None and path.is_file() and not is_picture else None


def _dragged_path(event: QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
