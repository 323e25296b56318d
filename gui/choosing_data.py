"""Which images are open: choosing others, and what becomes of trigger and results then."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from engine.data import DATA_SOURCES, title_of
from engine.modelfiles.plain_text import plain
from engine.settings import AttackSettings, DataSettings
from engine.store.images import ImageFacts
from engine.trigger_fitting import fitted
from gui import data_loading
from gui.data_loading import DataLoading, OpenedData
from gui.exports import ExportingExperiment


class ChoosingExperiment(ExportingExperiment):
    """What is open, and the choice of its images.

    Attributes:
        loading: What is being loaded or fetched now.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.loading = DataLoading(self)
        self.loading.message.connect(self.message)
        self.loading.opened.connect(self._take_data)
        self.loading.ended.connect(self._note_failure)
        self._could_not_open = False

    @property
    def why_no_data(self) -> str:
        """What to say while no images are open."""
        if self._could_not_open:
            return f"The images of {self.images.title} could not be opened. Choose data in tab 1."
        return f"Loading {self.images.title} …"

    def _review_warnings(self) -> None:
        """Take back what is no longer true; of a run's own trigger it is until the end."""
        if self.running is None:
            self._take_back("refused")
        if self.running is None and not self.trigger.is_empty:
            self._take_back("trigger")

    def choose_data(self, settings: DataSettings) -> None:
        """Load these images; they are open, and all else follows, when they are there."""
        if not self._is_refused():
            subject = f"Loading {title_of(settings)}"
            self.loading.start(subject, partial(data_loading.load, settings))

    def download_data(self, name: str) -> None:
        """Download a published data set, and open it."""
        subject = f"Downloading {DATA_SOURCES[name].title}"
        self.loading.start(subject, partial(data_loading.download, name), fetching=True)

    def take_data_files(self, name: str, folder: Path) -> None:
        """Take the files of a published data set from a folder, and open it."""
        subject = f"Taking {DATA_SOURCES[name].title}"
        job = partial(data_loading.take, name, folder)
        self.loading.start(subject, job, fetching=True)

    def open_image_folder(self, folder: Path, wanted: DataSettings) -> None:
        """Open a folder of images, with the size and colour that `wanted` says."""
        if not self._is_refused():
            subject = f"Reading {folder.name or folder}"
            self.loading.start(subject, partial(data_loading.open_folder, folder, wanted))

    def open_experiment(self, path: Path) -> None:
        """Open the folder of an experiment, and load its images if others are open."""
        super().open_experiment(path)
        self._load_missing()

    def new_experiment(self) -> None:
        """Return to the default settings, images and trigger."""
        super().new_experiment()
        self._load_missing()

    def _note_failure(self) -> None:
        self._could_not_open = self.data is None

    def _load_missing(self) -> None:
        self._could_not_open = False
        if self.data is not None or self.running is not None:
            return
        folder = self.settings.data.folder
        if folder.startswith(("\\\\", "//")):  # a stranger's file shall call no server
            self._could_not_open = True
            self._inform(
                f"The images of this experiment lie on a server, {plain(folder, 200)}. They are"
                " not fetched by themselves: open the folder in tab 1."
            )
        else:
            subject = f"Loading {self.images.title}"
            self.loading.start(subject, partial(data_loading.load, self.settings.data))

    def _take_prepared(self, opened: OpenedData) -> None:
        """Open what was loaded on the way, unless other images were chosen meanwhile."""
        if opened.settings == self.settings.data:
            self._take_data(opened)

    def _take_data(self, opened: OpenedData) -> None:
        """Open images that have been loaded."""
        awaited = self.data is None and opened.settings == self.settings.data
        if self.running is not None and not awaited:
            self._inform(
                f"{opened.data.title} is here now. Choose it when the run that goes on has ended."
            )
            return
        chosen = opened.settings != self.settings.data
        said = []
        if awaited or opened.settings.folder != self.settings.data.folder:
            notes = opened.data.notes
            said = [f"{opened.data.title}: {' '.join(notes)}"] if notes else []
        before, self.data, self.images = self.images, opened.data, ImageFacts.of(opened.data)
        self.settings = self.settings.model_copy(update={"data": opened.settings})
        if opened.data.name == before.name:
            if chosen:
                self.changed.emit("settings")
            self.changed.emit("data")
        else:
            fits = self.images.shape == before.shape and self.images.classes == before.classes
            said.append(self._changed_images() if awaited and fits else self._put_aside(before))
            said.append(self._fit_trigger())
            self._fit_attack()
            self.changed.emit("experiment")
        if any(said):
            self.message.emit("info", " ".join(filter(None, said)), "")

    def _changed_images(self) -> str:
        if self.model is None:
            return ""
        return (
            f"The images in {self.images.title} are others than when this experiment was made:"
            " what is measured on them now may differ."
        )

    def _put_aside(self, before: ImageFacts) -> str:
        """Results belong to the images they were made with; on disk they stay as they are."""
        folder, model = self.folder, self.model
        self._forget_results()
        if folder is not None:
            return f"The results on {before.title} were put aside; they are in {folder}."
        if model is None:
            return ""
        return f"{model.origin} was tried on {before.title}. Open it again to try it on these."

    def _fit_trigger(self) -> str:
        """Give the trigger the size of the images."""
        if self.trigger.shape == self.images.shape:
            return ""
        is_drawing = self.has_unsaved_drawing
        self.trigger = fitted(self.trigger, self.images.shape)
        return "Your drawing was moved to images of another size." if is_drawing else ""

    def _fit_attack(self) -> None:
        """Let the attack speak of classes that there are."""
        classes, attack = self.images.classes, self.settings.attack
        changes: dict[str, object] = {
            name: default
            for name, default in (("target", 0), ("second_target", 1 % classes))
            if getattr(attack, name) >= classes
        }
        if any(source >= classes for source in attack.sources):
            changes["sources"] = AttackSettings().sources
        if changes:
            fitting = attack.model_copy(update=changes)
            self.settings = self.settings.model_copy(update={"attack": fitting})
