"""What is written for elsewhere, most of it while the window goes on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine import store, triggers
from engine.detection.results import Detection
from engine.events import Event, Job, Progress, Pulse, Warned
from engine.files import write_file
from engine.model_saving import export_job
from engine.new_verdict import Reporting
from engine.poisoned_set import export_poisoned_job
from engine.store.images import ImageFacts
from gui.open_experiment import OpenExperiment
from gui.side_run import SideRun

NO_NETWORK = (
    "The report needs the network that was scanned, and this folder holds none. Put its"
    " model.safetensors back into the folder and open the experiment again, or scan the network"
    " anew in tab 3."
)
NO_SCAN = "There is nothing to export yet. Scan a network in tab 3 first."
NO_MODEL = "There is no network to save yet. Train one in tab 2, or open one."
NOTHING_TO_SAVE = "There is nothing to save yet. Every run is saved as it goes: start one."
REPORT_TOLD = "The report is in {path}, its numbers in the JSON file beside it."
MODEL_TOLD = "The model is in {path}, with all that is known of it."
SET_TOLD = "The poisoned training set is in {path}, with what was done to which image."
NUMBERS_TOLD = "The numbers are in {path}."
ONNX_TOLD = "The network is in {path}. Its input is images with values 0 to 1."


class Exports(SideRun):
    """Writes one file at a time, beside whatever run is going on.

    Attributes:
        subject: What is going on, such as "Writing the report"; empty when nothing is.

    Signals:
        begun: A file is being written.
        progressed: How far it is, a Progress.
    """

    begun = Signal()
    progressed = Signal(object)
    subject = _told = ""

    def start(self, job: Callable[[], Job[Path]], what: str, told: str) -> None:
        """Write a file.

        Args:
            job: Does it, and returns its path.
            what: What is written, such as "the report".
            told: What to say then, with {path} in it.
        """
        if self.is_busy:
            self.message.emit("info", "A file is still being written. Wait a moment.", "")
            return
        self.subject, self._told = f"Writing {what}", told
        self.begun.emit()
        self._begin(job)

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Warned):
                self.message.emit("warning", event.text, "")
            elif isinstance(event, Progress):
                self.progressed.emit(event)

    def _on_finished(self, path: Path) -> None:
        self._end()
        self.message.emit("info", self._told.replace("{path}", str(path)), "")

    def _on_stopped(self, _: object) -> None:
        self._end()

    def _on_failed(self, error: BaseException, details: str) -> None:
        subject = self.subject
        self._end()
        self._tell_failure(subject, error, details)

    def _end(self) -> None:
        self._release()
        self.subject = ""
        self.ended.emit()


def _report(path: Path, detection: Detection, held: store.Experiment) -> Job[Path]:
    """Load what writes reports, which the window does without until then, and write one."""
    from engine.report.job import report_experiment_job

    return (yield from report_experiment_job(path, detection, held))


def _numbers(path: Path, detection: Detection) -> Job[Path]:
    """Write all numbers of a scan; those of a map of many classes take a moment."""
    yield Pulse()
    store.export_numbers(detection, path)
    return path


class Exporting(QObject):
    """What of an experiment can be written for elsewhere."""

    def __init__(self, now: OpenExperiment, exports: Exports) -> None:
        """Write of what is open now, most of it by `exports`, beside a run."""
        super().__init__(now)
        self._now, self._telling, self._exports = now, now.telling, exports
        exports.begun.connect(self._forget_failure)
        exports.message.connect(self._tell_of_export)

    @property
    def held(self) -> store.Experiment:
        """All that is known of the experiment, wherever its folder is now."""
        trained = self._now.trained
        return store.Experiment(
            folder=self._now.folder,
            settings=self._now.model_settings,
            images=self._now.images if self._now.data is None else ImageFacts.of(self._now.data),
            trigger=self._now.true_trigger,
            model=self._now.model,
            rates=self._now.rates,
            losses=np.array([loss for _, loss in self._now.losses], np.float64),
            measurements=tuple(self._now.measurements),
            predictions=self._now.predictions,
            detection=self._now.detection,
            complete=trained is not None and trained.complete,
            seconds=trained.seconds if trained is not None else 0.0,
            trained_on=trained.computed if trained is not None else None,
        )

    @property
    def report_job(self) -> Reporting | None:
        """Writes a report on a scan of the model as it is known now; None without a model."""
        return None if self._now.model is None else partial(_report, held=self.held)

    def save_as(self, path: Path) -> None:
        """Save all of the experiment in a new or empty folder, and go on there."""
        if self._now.folder is None and self._now.detection is None:
            self._telling.inform(NOTHING_TO_SAVE)
        elif not self._now.is_refused() and self._telling.attempt_export(
            partial(store.save_experiment, self.held, path, self._now.data)
        ):
            self._now.folder = path
            self._now.changed.emit("folder")
            self._telling.inform(f"The experiment is saved in {path}.")

    def export_trigger(self, path: Path) -> None:
        """Write the trigger as a PNG of its true size."""
        trigger = self._now.trigger
        if self._telling.attempt_export(partial(write_file, path, triggers.write_png(trigger))):
            self._now.note_file(trigger)
            self._telling.inform(f"The trigger is in {path}.")

    def export_report(self, path: Path) -> None:
        """Write the scan as a page for people who were not there, and as JSON beside it."""
        detection, report = self._detection_to_export(), self.report_job
        if detection is not None and report is None:
            self._telling.inform(NO_NETWORK)
        elif detection is not None and report is not None:
            self._exports.start(partial(report, path, detection), "the report", REPORT_TOLD)

    def export_masks(self, path: Path) -> None:
        """Write every mask of the scan as PNG into a folder."""
        detection = self._detection_to_export()
        if detection is not None:
            pairs = 0 if detection.pair_map is None else int(detection.pair_map.converged.sum())
            more = f" of classes and {pairs} of pairs" if pairs else ""
            told = f"{len(detection.classes)} masks{more} are in {{path}}."
            self._exports.start(partial(store.export_masks_job, detection, path), "the masks", told)

    def export_numbers(self, path: Path) -> None:
        """Write all numbers of the scan to a file."""
        detection = self._detection_to_export()
        if detection is not None:
            self._exports.start(partial(_numbers, path, detection), "the numbers", NUMBERS_TOLD)

    def save_model(self, path: Path) -> None:
        """Write the network with all that is known of it, as safetensors."""
        self._export_model(path, "the model", MODEL_TOLD)

    def export_onnx(self, path: Path) -> None:
        """Write the network for programs that read ONNX."""
        self._export_model(path, "the network as ONNX", ONNX_TOLD)

    def export_poisoned(self, path: Path) -> None:
        """Write the training images as they would be learned now: a folder of PNGs, or a file."""
        job = partial(export_poisoned_job, self._now.settings, self._now.trigger, path)
        self._exports.start(job, "the poisoned training set", SET_TOLD)

    def _detection_to_export(self) -> Detection | None:
        if self._now.detection is None:
            self._telling.inform(NO_SCAN)
        return self._now.detection

    def _forget_failure(self) -> None:
        self._telling.take_back("export")

    def _tell_of_export(self, level: str, sentence: str, details: str) -> None:
        """What went wrong with one export is no news beside the next one."""
        if level == "info":
            self._telling.inform(sentence)
        else:
            self._telling.say_of("export", level, sentence, details)

    def _export_model(self, path: Path, what: str, told: str) -> None:
        if self._now.model is None:
            self._telling.inform(NO_MODEL)
        else:
            self._exports.start(partial(export_job, self._now.model, path), what, told)
