"""What is open may be a stranger's model: opening one, using it, and what is said of it."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.data import title_of
from engine.settings import DataSettings
from gui.choosing import Choosing
from gui.data_loading import DataLoading, OpenedData
from gui.model_opening import ModelOpening
from gui.open_experiment import OpenExperiment
from gui.opened_experiment import Audited


class Auditing(QObject):
    """Looks at a file of a stranger's model, and makes it the one to scan.

    Signals:
        tried_again: The file that was looked at is opened once more, for other images.
    """

    tried_again = Signal()

    def __init__(
        self, now: OpenExperiment, opening: ModelOpening, choosing: Choosing, loading: DataLoading
    ) -> None:
        """Open files by `opening` beside what is open now, which changes by `choosing` alone."""
        super().__init__(now)
        self._now, self._telling = now, now.telling
        self._opening, self._choosing = opening, choosing
        self._again: tuple[Path, DataSettings] | None = None
        opening.message.connect(self._telling.message)
        now.changed.connect(self._drop_what_was_opened)  # before any tab shows what changed
        choosing.images_asked.connect(self._forget_trial)
        loading.not_opened.connect(self._forget_trial)
        loading.opened.connect(self._try_again)  # after all tabs have shown the images

    @property
    def has_waiting_file(self) -> bool:
        """Whether a file was opened that is not the one that is scanned."""
        model, audited = self._opening.model, self._now.audited
        if model is None or audited is None:
            return self._opening.opened is not None
        return model.sha256 != audited.sha256

    def open_model(self, path: Path) -> None:
        """Open a model file, and try it; nothing of what is open changes before it is used."""
        if not self._now.is_refused():
            self._telling.take_all_back()
            self._forget_trial()
            if self._choosing.waits_for_server:
                self._choosing.tell_of_server()
            else:
                self._opening.open(path, self._now.settings)

    def try_file_on(self, settings: DataSettings) -> None:
        """Load these images, and try the file that is looked at once more, on them."""
        path = self._opening.path
        if path is not None and not self._now.is_refused():
            self._choosing.choose_data(settings)
            self._again = path, settings

    def tell_of_file(self, sentence: str) -> None:
        """Say why something cannot be done while a file is looked at."""
        self.forget_file()
        self._telling.say_of("file", "info", sentence)

    def forget_file(self) -> None:
        """Take that back, since nobody looks at a file any more."""
        self._telling.take_back("file")

    def use_opened_model(self) -> bool:
        """Make the opened model the one to scan; a trained one is put aside.

        Returns:
            Whether it is the one now.
        """
        opening = self._opening
        model, preflight = opening.model, opening.preflight
        if model is None or preflight is None or self._now.is_refused():
            return False
        if not self._is_of_these_images():
            self._telling.inform(_of_other_images(opening))
            return False
        self._now.audit(Audited(model, preflight, opening.settings, model.sha256))
        return True

    def _forget_trial(self) -> None:
        self._again = None

    def _try_again(self, opened: OpenedData) -> None:
        again, self._again = self._again, None
        if again is None:
            return
        path, wanted = again
        if wanted == opened.settings == self._now.settings.data:
            self._opening.open(path, self._now.settings)
            self.tried_again.emit()

    def _is_of_these_images(self) -> bool:
        """Whether what was measured of a file holds for the images that are open."""
        return self._opening.settings.data == self._now.settings.data

    def _drop_what_was_opened(self, _: str) -> None:
        """Let go of a file that was tried on other images than those that are open now."""
        if not self._is_of_these_images():
            self._opening.drop(_of_other_images(self._opening))


def where_it_is(now: OpenExperiment) -> str:
    """Where a stranger's model that is open can be found once something else is; or nothing."""
    audited, trained = now.audited, now.aside["folder"] if now.aside is not None else None
    if audited is None:
        return ""
    if now.folder is not None:
        said = f"The audit that was open was put aside; it is in {now.folder}."
    else:
        name = audited.model.origin
        said = f"{name} was put aside without a scan. Open it again to scan it."
    return said if trained is None else f"{said} The network trained before is in {trained}."


def _of_other_images(opening: ModelOpening) -> str:
    """Why a file cannot be used, and what to do."""
    before = title_of(opening.settings.data)
    return (
        f"{opening.name} was tried on {before}, and other images are open now. Choose it again to"
        " try it on these."
    )
