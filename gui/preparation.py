"""What runs need is loaded before the first of them: the images, and then torch."""

from functools import partial

from PySide6.QtCore import QObject, Signal

from engine.events import Event
from engine.settings import ComputeSettings, DataSettings
from gui import jobs
from gui.data_loading import OpenedData
from gui.side_run import SideRun
from gui.telling import Telling


class Preparation(SideRun):
    """Loads the data set and then torch, while the window is there already.

    Attributes:
        torch_ready: Whether torch is loaded, so that a run starts without delay.
        has_failed: Whether the last attempt did.
        place: Where runs compute, such as "CPU, 1 thread, float32"; empty until that is known.
        compute: The settings that `place` is of, or will be.

    Signals:
        loaded: The data set is there, an OpenedData.
        changed: Torch is there, or could not be loaded.
    """

    loaded = Signal(object)
    changed = Signal()

    def __init__(self, telling: Telling, parent: QObject | None = None) -> None:
        """Begin with nothing; `telling` says what went wrong."""
        super().__init__(parent)
        self._telling = telling
        self.torch_ready = self.has_failed = False
        self.place = ""
        self.compute = ComputeSettings()

    def start(self, wanted: DataSettings, compute: ComputeSettings) -> None:
        """Load these images, and find out where runs compute; unless that goes on already."""
        if not self.is_busy:
            self.compute, self.has_failed = compute, False
            self._begin(partial(jobs.prepare, wanted, compute))

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, jobs.DataLoaded):
                self.loaded.emit(OpenedData(event.settings, event.data))

    def _on_finished(self, place: str) -> None:
        self.torch_ready, self.place = True, place
        self._end()
        self.changed.emit()

    def _on_stopped(self, _: object) -> None:
        self._end()

    def _on_failed(self, error: BaseException, details: str) -> None:
        self.place, self.has_failed = "", True
        self._telling.tell_failure("Loading what the program needs", error, details)
        self._end()
        self.changed.emit()

    def _end(self) -> None:
        self._release()
        self.ended.emit()
