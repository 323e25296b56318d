"""What is open now: settings, trigger, data, and what the runs so far have left."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine import attacks, store, triggers
from engine.data import DataSet
from engine.detection.calibrate import USUAL_NETWORKS
from engine.detection.results import Detection
from engine.detection.schedules import search_classes_alike
from engine.events import BatchTrained, Event, Measured, NetworkCalibrated, Predicted, Warned
from engine.experiment import Trained
from engine.metrics import Rates
from engine.models import Model
from engine.settings import ExperimentSettings, Settings
from engine.store.images import ImageFacts
from engine.trigger_fitting import fitted
from engine.triggers import Trigger
from gui.attack_problems import AttackProblems
from gui.opened_experiment import Audited, audited_of, of_scan, of_training, trained_of
from gui.run_kinds import Kind
from gui.saved_drawings import SavedDrawings, same
from gui.telling import Telling

# What a training leaves, put aside while a stranger's model is open.
_OF_TRAINING = (
    "trained", "model", "rates", "made_with", "true_trigger", "predictions", "detection", "folder",
    "losses", "measurements", "epoch",
)  # fmt: skip


class OpenExperiment(QObject):
    """The state that the tabs show. They read it; what Session is made of writes it.

    Attributes:
        data: The data set, or None until it is loaded in the background.
        images: What is known of its images before that.
        settings: What the next run will do.
        trigger: The trigger that the next training will stamp.
        trained: How the training came out, or None before its end.
        model: The network to audit: the one just trained, or an opened one.
        rates: Its rates at the end of training, where known.
        made_with: The settings that it was trained with, where known.
        true_trigger: The trigger that it was trained with, where known.
        losses: (step, loss) of every optimiser step of this model's training.
        measurements: The rates during it.
        epoch: The one that its training has come to; 0 where that is not known.
        predictions: What the network says now of the sample images.
        detection: The last scan of `model`, or None.
        folder: The experiment's folder, or None before the first run.
        running: "train", "scan" or "calibrate" while a run goes, otherwise None.
        networks_wanted: How many clean networks a calibration makes.
        calibrated: What the newest calibration has told so far of its clean networks.
        audited: The stranger's model that is `model` now, or None.
        aside: What a training has left while a stranger's model is open, or None.
        telling: Says what a person should know of it.

    Signals:
        changed: What changed: "data", "torch", "settings", "trigger", "trained", "detection",
            "folder" (the same is elsewhere) or "experiment" (all of it at once).
    """

    changed = Signal(str)

    data: DataSet | None
    images: ImageFacts
    settings: ExperimentSettings
    trigger: Trigger
    trained: Trained | None
    model: Model | None
    rates: Rates | None
    made_with: ExperimentSettings | None
    true_trigger: Trigger | None
    losses: list[tuple[int, float]]
    measurements: list[Measured]
    epoch: int
    predictions: Predicted | None
    detection: Detection | None
    folder: Path | None
    running: Kind | None
    networks_wanted: int
    calibrated: list[NetworkCalibrated]
    audited: Audited | None
    aside: dict[str, Any] | None
    telling: Telling

    def __init__(self, parent: QObject | None = None) -> None:
        """Begin with the default experiment."""
        super().__init__(parent)
        self.telling = Telling(self)
        self.data = self.running = None
        self.networks_wanted, self.calibrated = USUAL_NETWORKS, []
        self._drawings = SavedDrawings()
        self._problems = AttackProblems()
        self.set_defaults()
        self.forget_results()

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H, W of the images."""
        return self.images.shape if self.data is None else self.data.shape

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, as far as they are known until the data set is loaded."""
        return self.images.class_names if self.data is None else self.data.class_names

    @property
    def stale(self) -> bool:
        """Whether settings or trigger changed since the model was trained."""
        if self.made_with is None:
            return False
        now, then = of_training(self.settings), of_training(self.made_with)
        if now != then or not attacks.uses_drawing(self.settings.attack):
            return now != then
        return not same(self.trigger, self.true_trigger)

    @property
    def scan_stale(self) -> bool:
        """Whether the scan's settings changed since the detection.

        A map that was stopped before it had its pairs is the scan of its classes, no more.
        """
        if self.detection is None:
            return False
        done, wanted = self.detection.settings, self.settings.detect
        if self.detection.has_lost_pairs and search_classes_alike(done.preset, wanted.preset):
            done = done.model_copy(update={"preset": wanted.preset})
        return done != wanted

    @property
    def is_scanned(self) -> bool:
        """Whether another scan would only do the same again."""
        detection, idle = self.detection, self.running is None and self.model is not None
        if not idle or detection is None or not detection.complete or self.scan_stale:
            return False
        return not (detection.has_lost_pairs and self.settings.detect.preset == "map")

    @property
    def model_settings(self) -> ExperimentSettings:
        """What the model was made with, as far as that is known; a stranger's: was tried on."""
        if self.audited is not None:
            return self.audited.settings
        return self.made_with or self.settings

    @property
    def scan_settings(self) -> ExperimentSettings:
        """What a scan is done with: how the model was made, the images open and the forms now."""
        return of_scan(self.made_with or self.settings, self.settings)

    @property
    def calibration_settings(self) -> ExperimentSettings:
        """What clean networks to compare the model with are made with."""
        settings = self.scan_settings
        if self.model is None:
            return settings
        like_it = {"architecture": self.model.architecture, "width": self.model.width}
        train = settings.train.model_copy(update=like_it)
        return settings.model_copy(update={"train": train})

    @property
    def has_unsaved_drawing(self) -> bool:
        """Whether the trigger is a drawing that no file holds."""
        aside = self.aside or {"folder": None, "true_trigger": None}
        runs = (self.folder, self.true_trigger), (aside["folder"], aside["true_trigger"])
        return not self._drawings.hold(self.trigger, runs)

    def set_group(self, group: Settings) -> None:
        """Replace the group of settings of this type."""
        for name, present in self.settings:
            if type(present) is type(group) and present != group:
                self.settings = self.settings.model_copy(update={name: group})
                self.changed.emit("settings")

    def want_networks(self, count: int) -> None:
        """Say how many clean networks the next calibration shall make."""
        self.networks_wanted = count

    def set_trigger(self, trigger: Trigger) -> None:
        """Take another trigger for the next training."""
        if not same(trigger, self.trigger):
            self.trigger = trigger
            self.changed.emit("trigger")

    def note_file(self, trigger: Trigger) -> None:
        """Remember that a PNG holds this trigger: it was imported, or exported."""
        self._drawings.note(trigger)

    def audit(self, audited: Audited) -> None:
        """Make a stranger's model the one to scan; a trained network is put aside."""
        aside = self.aside
        if self.audited is None and self.model is not None:
            aside = {name: getattr(self, name) for name in _OF_TRAINING}
        self.forget_results()
        self.aside, self.audited, self.model = aside, audited, audited.model
        self.changed.emit("experiment")

    def return_to_trained(self) -> None:
        """Take up the network that was open before, with its scan."""
        if self.aside is None or self.is_refused():
            return
        aside = self.aside
        self.forget_results()
        for name, value in aside.items():
            setattr(self, name, value)
        self.changed.emit("experiment")

    def attack_problems(self) -> dict[str, str]:
        """Why the attack cannot be made as it stands: a sentence for each setting at fault."""
        attack, classes = self.settings.attack, len(self.class_names)
        return self._problems.of(attack, self.trigger, classes, self.data)

    def _note(self, event: Event) -> None:
        """Remember what of a run must outlive the tab that shows it."""
        match event:
            case BatchTrained():
                self.losses.append((event.step, event.loss))
                self.epoch = event.epoch
            case Measured():
                self.measurements.append(event)
            case Predicted():
                self.predictions = event
            case NetworkCalibrated():
                self.calibrated.append(event)
            case Warned():
                self.telling.say_of("trigger" if event.of_trigger else "run", "warning", event.text)

    def _keep(self, result: Any) -> None:
        """Take over what the present run leaves."""
        if self.running == "train":
            self.trained, self.model, self.rates = result, result.model, result.rates
            self.predictions = result.predictions or self.predictions
            self.changed.emit("trained")
            return
        audited = self.audited
        if self.running == "scan" and audited is not None and audited.preflight is None:
            self.audited = replace(audited, preflight=result.preflight)
        detection = result if self.running == "scan" else result.detection
        if detection is not None:
            self.detection = detection
            self.changed.emit("detection")

    def take_over(self, opened: store.Experiment) -> None:
        """Have everything as an experiment has it; an audit's network is a stranger's again."""
        self.forget_results()
        self.settings, self.audited = opened.settings, audited_of(opened)
        self.made_with = opened.settings if self.audited is None else None  # it trained nothing
        self.true_trigger, self.folder = opened.trigger, opened.folder
        self._expect_images(opened.images)
        self.trigger = opened.trigger or fitted(self.trigger, opened.images.shape)
        self.model, self.rates, self.detection = opened.model, opened.rates, opened.detection
        self.losses = [(step, float(loss)) for step, loss in enumerate(opened.losses, start=1)]
        self.measurements = list(opened.measurements)
        self.epoch = self.measurements[-1].epoch if self.measurements else 0
        self.predictions = opened.predictions
        self.trained = trained_of(opened)

    def set_defaults(self) -> None:
        """Have the usual settings and trigger."""
        self.settings = ExperimentSettings()
        self._expect_images(ImageFacts.before_loading(self.settings.data))
        self.trigger = triggers.preset(self.settings.attack.trigger, self.shape)

    def _expect_images(self, images: ImageFacts) -> None:
        """Let go of the data set if these are not its images."""
        self.images = images
        if self.data is not None and self.data.name != images.name:
            self.data = None

    def forget_results(self) -> None:
        """Be as before the first run; what runs have left stays on disk."""
        self.trained = self.model = self.rates = self.made_with = self.true_trigger = None
        self.predictions = self.detection = self.folder = None
        self.losses, self.measurements, self.epoch = [], [], 0
        self.audited = self.aside = None

    def _is_impossible(self) -> bool:
        """Whether the attack cannot be made as it stands; says so, unless a run goes on."""
        found = {} if self.running is not None else self.attack_problems()
        if found:
            self.telling.take_back("run")
            self.telling.say_of("run", "error", " ".join(found.values()))
        return bool(found)

    def _forget_unmade(self) -> None:
        """Forget a training that ended before it wrote anything: what it began with is nowhere."""
        if self.model is None and self.folder is not None and store.remove_if_empty(self.folder):
            self.forget_results()
            self.changed.emit("trained")

    def is_refused(self) -> bool:
        """Whether a run stands in the way; says so."""
        if self.running is not None:
            self.telling.refuse()
        return self.running is not None
