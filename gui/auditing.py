"""What is open may be a stranger's model: opening one, using it, and going back."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine import store
from engine.data import title_of
from engine.models import Model
from engine.opening.results import Preflight
from engine.settings import DataSettings, ExperimentSettings
from engine.store.images import ImageFacts
from gui.choosing_data import ChoosingExperiment
from gui.data_loading import OpenedData
from gui.model_opening import ModelOpening

# What a training leaves, put aside while a stranger's model is open.
_OF_TRAINING = (
    "trained", "model", "rates", "made_with", "true_trigger", "predictions", "detection", "folder",
    "losses", "measurements", "epoch",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Audited:
    """A stranger's model that is scanned.

    Attributes:
        model: With the input format that was chosen.
        preflight: What was measured before; None where that was lost with a damaged scan, so
            that the next scan measures it again.
        settings: Of the data that it was tried on, with its network.
        sha256: Of the file that it came in; empty where only the copy in an experiment is known.
    """

    model: Model
    preflight: Preflight | None
    settings: ExperimentSettings
    sha256: str = ""


class AuditingExperiment(ChoosingExperiment):
    """What is open, and strangers' models.

    Attributes:
        opening: The file that is being opened, or was.
        audited: The stranger's model that is `model` now, or None.

    Signals:
        tried_again: The file that was looked at is opened once more, for other images.
    """

    tried_again = Signal()

    audited: Audited | None = None
    _again: tuple[Path, DataSettings] | None = None
    _aside: dict[str, Any] | None = None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.opening = ModelOpening(self)
        self.opening.message.connect(self.message)
        self.changed.connect(self._drop_what_was_opened)  # before any tab shows what changed
        self.loading.opened.connect(self._try_again)  # after all tabs have shown the images

    @property
    def has_trained_aside(self) -> bool:
        """Whether there is a trained network to go back to."""
        return self._aside is not None

    @property
    def model_settings(self) -> ExperimentSettings:
        """What the model was made with; of a stranger's, what it was tried on."""
        return self.audited.settings if self.audited is not None else super().model_settings

    @property
    def has_waiting_file(self) -> bool:
        """Whether a file was opened that is not the one that is scanned."""
        model = self.opening.model
        if model is None or self.audited is None:
            return self.opening.opened is not None
        return model.sha256 != self.audited.sha256

    def may_open_model(self) -> bool:
        """Whether no run stands in the way; says so."""
        return not self._is_refused()

    def open_model(self, path: Path) -> None:
        """Open a model file, and try it; nothing of what is open changes before it is used."""
        if self.may_open_model():
            self._take_all_back()
            self.opening.open(path, self.settings)

    def choose_data(self, settings: DataSettings) -> None:
        """Load these images; a file that is looked at is let go when they are there."""
        self._again = None
        super().choose_data(settings)

    def try_file_on(self, settings: DataSettings) -> None:
        """Load these images, and try the file that is looked at once more, on them."""
        path = self.opening.path
        if path is not None and self.may_open_model():
            self.choose_data(settings)
            self._again = path, settings

    def tell_of_file(self, sentence: str) -> None:
        """Say why something cannot be done while a file is looked at."""
        self.forget_file()
        self._say_of("file", "info", sentence)

    def forget_file(self) -> None:
        """Take that back, since nobody looks at a file any more."""
        self._take_back("file")

    def use_opened_model(self) -> bool:
        """Make the opened model the one to scan; a trained one is put aside.

        Returns:
            Whether it is the one now.
        """
        opening = self.opening
        model, preflight = opening.model, opening.preflight
        if model is None or preflight is None or self._is_refused():
            return False
        if not self._is_of_these_images(opening):
            self._inform(_of_other_images(opening))
            return False
        aside = self._aside
        if self.audited is None and self.model is not None:
            aside = {name: getattr(self, name) for name in _OF_TRAINING}
        self._forget_results()
        self._aside = aside
        self.audited = Audited(model, preflight, opening.settings, model.sha256)
        self.model = model
        self.changed.emit("experiment")
        return True

    def return_to_trained(self) -> None:
        """Take up the network that was open before, with its scan."""
        if self._aside is None or self._is_refused():
            return
        aside = self._aside
        self._forget_results()
        for name, value in aside.items():
            setattr(self, name, value)
        self.changed.emit("experiment")

    def _take_over(self, opened: store.Experiment) -> None:
        """Have everything as an experiment has it; an audit's network is a stranger's again.

        Otherwise another scan of it would know nothing of its pre-flight.
        """
        super()._take_over(opened)
        model, trigger, detection = opened.model, opened.trigger, opened.detection
        preflight = detection.preflight if detection is not None else None
        is_lost = bool(opened.scan_problem)
        if model is None or trigger is not None or (preflight is None and not is_lost):
            return
        # Otherwise somebody changed one of them.
        if preflight is None or model.input_range == preflight.taken:
            self.audited = Audited(model, preflight, opened.settings)
            self.made_with = None  # these settings trained nothing

    def _keep(self, result: Any) -> None:
        """Take over what the present run leaves; of an audit, a pre-flight that was lost too."""
        audited = self.audited
        if self.running == "scan" and audited is not None and audited.preflight is None:
            self.audited = replace(audited, preflight=result.preflight)
        super()._keep(result)

    def _put_aside(self, before: ImageFacts) -> str:
        """Put everything aside, a trained network that was put aside before as well."""
        folder = self._aside["folder"] if self._aside is not None else None
        said = super()._put_aside(before)
        if folder is None:
            return said
        return f"{said} The network that you trained on {before.title} is in {folder}."

    def _where_audit_is(self) -> str:
        """Where a stranger's model that is open can be found once something else is."""
        audited = self.audited
        if audited is None:
            return ""
        if self.folder is not None:
            said = f"The audit that was open was put aside; it is in {self.folder}."
        else:
            name = audited.model.origin
            said = f"{name} was put aside without a scan. Open it again to scan it."
        trained = self._aside["folder"] if self._aside is not None else None
        return said if trained is None else f"{said} The network trained before is in {trained}."

    def _forget_results(self) -> None:
        super()._forget_results()
        self.audited = self._aside = None

    def _try_again(self, opened: OpenedData) -> None:
        again, self._again = self._again, None
        if again is None:
            return
        path, wanted = again
        if wanted == opened.settings == self.settings.data:
            self.opening.open(path, self.settings)
            self.tried_again.emit()

    def _is_of_these_images(self, opening: ModelOpening) -> bool:
        """Whether what was measured of a file holds for the images that are open."""
        return opening.settings.data == self.settings.data

    def _drop_what_was_opened(self, _: str) -> None:
        """Let go of a file that was tried on other images than those that are open now."""
        if not self._is_of_these_images(self.opening):
            self.opening.drop(_of_other_images(self.opening))


def _of_other_images(opening: ModelOpening) -> str:
    """Why a file cannot be used, and what to do."""
    before = title_of(opening.settings.data)
    return (
        f"{opening.name} was tried on {before}, and other images are open now. Choose it again to"
        " try it on these."
    )
