"""Loading and fetching data sets in the background, beside whatever run is going on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine import data
from engine.data import DataSet
from engine.events import Event, Job, Progress
from engine.settings import DataSettings
from gui.side_run import SideRun


@dataclass(frozen=True, eq=False)
class OpenedData:
    """A data set that was asked for.

    Attributes:
        settings: That name it.
        data: Its images.
    """

    settings: DataSettings
    data: DataSet


Loads = Callable[[], Job[OpenedData]]
GIVEN_UP = "{} was given up. Files that were complete are kept; ask for it again to go on."


def lies_on_a_server(settings: DataSettings) -> bool:
    """Whether to read these images would call another computer."""
    return settings.name == "folder" and settings.folder.startswith(("\\\\", "//"))


def load(settings: DataSettings, *, afresh: bool = False) -> Job[OpenedData]:
    """Load a data set; `afresh` looks at its files again even if it is in memory."""
    loaded = yield from data.load_job(settings, afresh=afresh)
    _ = loaded.fingerprint  # it takes a moment, and the window asks for it
    return OpenedData(settings, loaded)


def download(name: str) -> Job[OpenedData]:
    """Download a published data set, and load it."""
    yield from data.download_job(name)
    return (yield from load(DataSettings.model_validate({"name": name}), afresh=True))


def take(name: str, folder: Path) -> Job[OpenedData]:
    """Take the files of a published data set from a folder, and load it."""
    yield from data.take_job(name, folder)
    return (yield from load(DataSettings.model_validate({"name": name}), afresh=True))


def open_folder(folder: Path, before: DataSettings) -> Job[OpenedData]:
    """Load a folder: of images, or with the files of a published data set in it."""
    settings = yield from data.choose_job(str(folder), before)
    return (yield from load(settings, afresh=True))


class DataLoading(SideRun):
    """Does one such Job at a time; a newer one takes the place of one that goes on.

    Attributes:
        subject: What is going on, such as "Loading CIFAR-10"; empty when nothing is.
        progress: How far it is, or None.
        is_fetching: Whether files are being fetched, which a mere look at others shall not end.

    Signals:
        changed: Subject or progress are others.
        opened: An OpenedData.
        not_opened: What was asked for last is not there: it was given up, or failed.
    """

    changed = Signal()
    opened = Signal(object)
    not_opened = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.subject = ""
        self.progress: Progress | None = None
        self.is_fetching = False
        self._next: tuple[str, Loads, bool] | None = None

    def start(self, subject: str, job: Loads, *, fetching: bool = False) -> None:
        """Do this Job, as soon as the present one has been stopped; the end of a fetch is told."""
        if self._run is not None:
            if self.is_fetching:
                self.message.emit("info", GIVEN_UP.format(self.subject), "")
            self.is_fetching = False
            self._next = subject, job, fetching
            self._run.stop()
            return
        self.subject, self.progress, self.is_fetching = subject, None, fetching
        self._begin(job)
        self.changed.emit()

    def stop(self) -> None:
        """Give up; nothing is half loaded."""
        self._next = None
        super().stop()

    def _on_events(self, batch: list[Event]) -> None:
        news = [event for event in batch if isinstance(event, Progress)]
        if news:
            self.progress = news[-1]
            self.changed.emit()

    def _on_finished(self, opened: OpenedData) -> None:
        if self._run is not None and self._run.is_given_up:
            self._on_stopped(None)  # in its last step, after which nobody looks
            return
        self._end()
        self.opened.emit(opened)

    def _on_stopped(self, _: object) -> None:
        self._tell_end()
        self._end()

    def _on_failed(self, error: BaseException, details: str) -> None:
        subject = self.subject
        self._tell_end()
        self._end()
        self._tell_failure(subject, error, details)

    def _tell_end(self) -> None:
        """Say that nothing was opened, unless something else is about to be."""
        if self._next is None:
            self.not_opened.emit()

    def _end(self) -> None:
        self._release()
        self.subject, self.progress, self.is_fetching = "", None, False
        following, self._next = self._next, None
        if following is not None:
            subject, job, fetching = following
            self.start(subject, job, fetching=fetching)
            return
        self.changed.emit()
        self.ended.emit()
