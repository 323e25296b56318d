"""What is open is chosen: an experiment, or images, and what becomes of trigger and results."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine import store
from engine.data import DATA_SOURCES, title_of
from engine.modelfiles.plain_text import plain
from engine.settings import AttackSettings, DataSettings
from engine.store.images import ImageFacts
from engine.trigger_fitting import fitted
from gui import data_loading
from gui.data_loading import DataLoading, Loads, OpenedData, lies_on_a_server
from gui.open_experiment import OpenExperiment


class Choosing(QObject):
    """Opens experiments and images in place of what is open.

    Attributes:
        could_not_open: Whether the images that should be open are not, and are not being loaded.

    Signals:
        images_asked: A person wants other images than before, or what comes with others.
    """

    images_asked = Signal()

    def __init__(self, now: OpenExperiment, loading: DataLoading) -> None:
        """Change what is open now; images are loaded by `loading`."""
        super().__init__(now)
        self._now, self._telling, self._loading = now, now.telling, loading
        loading.message.connect(self._telling.message)
        loading.opened.connect(self._take_data)
        loading.not_opened.connect(self.note_failure)
        self.could_not_open = False
        self._is_wanted = True  # what is being loaded was asked for since something was opened

    @property
    def waits_for_server(self) -> bool:
        """Whether images lie on a server, which is not called unasked: a stranger may name it."""
        return self._now.data is None and lies_on_a_server(self._now.settings.data)

    @property
    def why_no_data(self) -> str:
        """What to say while no images are open."""
        title = self._now.images.title
        if self.could_not_open:
            return f"{title} is not open. Choose data in tab 1."
        return f"Loading {title} …"

    def open_experiment(self, path: Path) -> None:
        """Open an experiment's folder, and its images; if it cannot be used, nothing changes."""
        if not self._now.is_refused() and self._telling.attempt_open(
            path.name, partial(self._open, path)
        ):
            self._load_missing()

    def new_experiment(self) -> None:
        """Return to the usual settings, images and trigger; what runs have left stays on disk."""
        if not self._now.is_refused():
            self._telling.take_all_back()
            self._now.set_defaults()
            self._now.forget_results()
            self.could_not_open = False
            self._now.changed.emit("experiment")
            self._load_missing()

    def choose_data(self, settings: DataSettings) -> None:
        """Load these images; they are open, and all else follows, when they are there."""
        if not self._now.is_refused():
            self._ask(f"Loading {title_of(settings)}", partial(data_loading.load, settings))

    def download_data(self, name: str) -> None:
        """Download a published data set, and open it."""
        job = partial(data_loading.download, name)
        self._ask(f"Downloading {DATA_SOURCES[name].title}", job, fetching=True)

    def take_data_files(self, name: str, folder: Path) -> None:
        """Take the files of a published data set from a folder, and open it."""
        job = partial(data_loading.take, name, folder)
        self._ask(f"Taking {DATA_SOURCES[name].title}", job, fetching=True)

    def open_image_folder(self, folder: Path, wanted: DataSettings) -> None:
        """Open a folder of images, with the size and colour that `wanted` says."""
        if not self._now.is_refused():
            job = partial(data_loading.open_folder, folder, wanted)
            self._ask(f"Reading {folder.name or folder}", job)

    def take_prepared(self, opened: OpenedData) -> None:
        """Open what was loaded on the way, unless other images were chosen meanwhile."""
        if opened.settings == self._now.settings.data and opened.data is not self._now.data:
            self._take_data(opened)

    def tell_of_server(self) -> None:
        """Say why images that `waits_for_server` speaks of are not there."""
        folder = plain(self._now.settings.data.folder, 200)
        self._telling.inform(
            f"The images of this experiment lie on a server, {folder}. They are not fetched by"
            " themselves: open the folder in tab 1."
        )

    def note_failure(self) -> None:
        """Say that what is not open now is not on its way any more."""
        self.could_not_open = self._now.data is None
        if self.could_not_open:
            self._now.changed.emit("data")

    def _ask(self, subject: str, job: Loads, *, fetching: bool = False) -> None:
        self.images_asked.emit()
        self._is_wanted = True
        self._loading.start(subject, job, fetching=fetching)

    def _open(self, path: Path) -> None:
        opened = store.open_experiment(path)
        self._telling.take_all_back()
        self._now.take_over(opened)
        self.could_not_open = self.waits_for_server
        self._now.changed.emit("experiment")
        if opened.scan_problem:
            self._telling.say_of("run", "warning", opened.scan_problem, opened.scan_details)

    def _load_missing(self) -> None:
        """Load the images of what was opened just now; those asked for before it are not opened."""
        self.images_asked.emit()
        self._is_wanted = self._now.data is None and not self.waits_for_server
        if self._is_wanted:
            subject = f"Loading {self._now.images.title}"
            self._loading.start(subject, partial(data_loading.load, self._now.settings.data))
        elif not self._loading.is_fetching:
            self._loading.stop()
        if self.waits_for_server:
            self.tell_of_server()

    def _take_data(self, opened: OpenedData) -> None:
        """Open images that have been loaded."""
        awaited = self._now.data is None and opened.settings == self._now.settings.data
        if self._now.running is not None and not awaited:
            self._telling.inform(
                f"{opened.data.title} is here now. Choose it when the run that goes on has ended."
            )
            return
        if not self._is_wanted and opened.settings != self._now.settings.data:
            self._telling.inform(f"{opened.data.title} is here now. Choose it in tab 1 to open it.")
            return
        self.could_not_open = False
        chosen = opened.settings != self._now.settings.data
        said = []
        if awaited or opened.settings.folder != self._now.settings.data.folder:
            notes = opened.data.notes
            said = [f"{opened.data.title}: {' '.join(notes)}"] if notes else []
        before, images = self._now.images, ImageFacts.of(opened.data)
        self._now.data, self._now.images = opened.data, images
        self._now.settings = self._now.settings.model_copy(update={"data": opened.settings})
        if opened.data.name == before.name:
            if chosen:
                self._now.changed.emit("settings")
            self._now.changed.emit("data")
        else:
            fits = images.shape == before.shape and images.classes == before.classes
            said.append(self._changed_images() if awaited and fits else self._put_aside(before))
            said.append(self._fit_trigger())
            self._fit_attack()
            self._now.changed.emit("experiment")
        if any(said):
            self._telling.inform(" ".join(filter(None, said)))

    def _changed_images(self) -> str:
        if self._now.model is None:
            return ""
        return (
            f"The images in {self._now.images.title} are others than when this experiment was"
            " made: what is measured on them now may differ."
        )

    def _put_aside(self, before: ImageFacts) -> str:
        """Results belong to the images they were made with; on disk they stay as they are."""
        folder, model, aside = self._now.folder, self._now.model, self._now.aside
        self._now.forget_results()
        said = ""
        if folder is not None:
            said = f"The results on {before.title} were put aside; they are in {folder}."
        elif model is not None:
            said = f"{model.origin} was tried on {before.title}. Open it again to try it on these."
        if aside is None or aside["folder"] is None:
            return said
        return f"{said} The network that you trained on {before.title} is in {aside['folder']}."

    def _fit_trigger(self) -> str:
        """Give the trigger the size of the images."""
        if self._now.trigger.shape == self._now.images.shape:
            return ""
        is_drawing = self._now.has_unsaved_drawing
        self._now.trigger = fitted(self._now.trigger, self._now.images.shape)
        return "Your drawing was moved to images of another size." if is_drawing else ""

    def _fit_attack(self) -> None:
        """Let the attack speak of classes that there are."""
        classes, attack = self._now.images.classes, self._now.settings.attack
        changes: dict[str, object] = {
            name: default
            for name, default in (("target", 0), ("second_target", 1 % classes))
            if getattr(attack, name) >= classes
        }
        if any(source >= classes for source in attack.sources):
            changes["sources"] = AttackSettings().sources
        if changes:
            fitting = attack.model_copy(update=changes)
            self._now.settings = self._now.settings.model_copy(update={"attack": fitting})
