"""Loading data sets: once each, however many ask."""

from threading import Lock
from weakref import WeakValueDictionary

from engine.data.image_set import DataSet
from engine.data.sources import DATA_SOURCES
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.settings import DataSettings, check

_PATIENCE = 0.04


class _Memory:
    """The data sets in memory: the newest one, and those that somebody still holds."""

    def __init__(self) -> None:
        self.busy = Lock()
        self._newest: DataSet | None = None
        self._held: WeakValueDictionary[DataSettings, DataSet] = WeakValueDictionary()

    def find(self, settings: DataSettings) -> DataSet | None:
        return self._held.get(settings)

    def keep(self, settings: DataSettings, data_set: DataSet) -> None:
        self._newest = self._held[settings] = data_set


_MEMORY = _Memory()


def load(name: str) -> DataSet:
    """Load a data set by name; while it is in memory, the same object is returned.

    Raises:
        EngineError: No data set has this name, or its files are missing or damaged.
    """
    if name not in DATA_SOURCES:
        raise EngineError(
            f"There is no data set named {name!r}. Known are: {', '.join(DATA_SOURCES)}."
        )
    job = load_job(check(DataSettings, {"name": name}))
    try:
        while True:
            next(job)
    except StopIteration as stop:
        data_set: DataSet = stop.value
        return data_set


def load_job(settings: DataSettings, *, afresh: bool = False) -> Job[DataSet]:
    """Load the data set that settings name; whoever comes second waits for the first.

    Args:
        settings: Which data set.
        afresh: Look at the files again even if the data set is in memory.

    Raises:
        EngineError: Its files are missing, damaged or of no use; nothing is half loaded.
    """
    settings = _deciding(settings)
    while not _MEMORY.busy.acquire(timeout=_PATIENCE):
        yield Progress(0, 1, "waiting for other images to be loaded")
    try:
        found = None if afresh else _MEMORY.find(settings)
        if found is None:
            found = yield from DATA_SOURCES[settings.name].read(settings)
        _MEMORY.keep(settings, found)
        return found
    finally:
        _MEMORY.busy.release()


def _deciding(settings: DataSettings) -> DataSettings:
    """Without what makes no difference: a published set has no folder, size or colour."""
    return settings if settings.name == "folder" else DataSettings(name=settings.name)
