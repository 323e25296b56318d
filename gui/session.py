"""Session: what is open now, and the one place that starts runs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine import store
from engine.detection.continuing import has_classes_of
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Event, Job
from engine.experiment import scan_job, train_job
from engine.scanning_copies import can_be_scanned_in_place, scan_copy_job
from gui import jobs
from gui.auditing import Auditing, where_it_is
from gui.borderline import loses_pairs
from gui.choosing import Choosing
from gui.data_loading import DataLoading
from gui.earlier_scan import EarlierScan
from gui.exporting import Exporting, Exports
from gui.model_opening import ModelOpening
from gui.network_answers import NetworkAnswers
from gui.network_cost import NetworkCosts
from gui.open_experiment import OpenExperiment
from gui.preparation import Preparation
from gui.run import Run
from gui.run_kinds import RUN_NAMES, Kind

NO_NETWORK_YET = "There is no network to scan yet. Train one in tab 2, or open one."


class Session(OpenExperiment):
    """What is open, and the run that works on it; there is never more than one.

    Attributes:
        runs_folder: Where each run makes its folder.
        preparation: Loads what runs need.
        exports: Writes files of what is open; `exporting` says which.
        loading: Loads or fetches images; `choosing` opens them, and other experiments.
        opening: Reads and tries a stranger's model; `auditing` makes it the one to scan.
        costs: Finds out what networks cost before they are trained.
        answers: Asks the network about single images.
        searches_pairs: Whether a map's pairs are searched, all of which a stop would lose.
        continued: The scan whose classes the running map has taken over, or None.
        has_earlier_back: Whether the last scan left less than the one before, which is back.

    Signals:
        run_started: The kind of run, "train", "scan" or "calibrate".
        run_events: Its kind and a batch of events, already noted in the attributes.
        run_paused: Whether it waits now.
        run_stopping: It was asked to stop.
        run_ended: Its kind, and "finished", "stopped" or "failed"; results are in place.
        settled: No thread of this session is left.
    """

    run_started = Signal(str)
    run_events = Signal(str, list)
    run_paused = Signal(bool)
    run_stopping = Signal()
    run_ended = Signal(str, str)
    settled = Signal()

    def __init__(self, runs_folder: Path, parent: QObject | None = None) -> None:
        """Begin with the default experiment; every run makes a folder in `runs_folder`."""
        super().__init__(parent)
        self.runs_folder = runs_folder
        self._run: Run | None = None
        self._trying = self._is_ending = self.searches_pairs = False
        self.continued: Detection | None = None
        self._earlier: EarlierScan | None = None
        self.has_earlier_back = False
        self.exports, self.loading = Exports(self), DataLoading(self)
        self.opening = ModelOpening(self)
        self.costs, self.answers = NetworkCosts(self), NetworkAnswers(self)
        self.preparation = Preparation(self.telling, self)
        self.exporting, self.choosing = Exporting(self, self.exports), Choosing(self, self.loading)
        self.auditing = Auditing(self, self.opening, self.choosing, self.loading)
        self._beside = (
            self.exports, self.loading, self.opening, self.costs, self.answers, self.preparation,
        )  # fmt: skip
        for work in self._beside:
            work.ended.connect(self._settle)
        self.preparation.loaded.connect(self.choosing.take_prepared)
        self.preparation.changed.connect(self._on_prepared)
        self.changed.connect(self._review_warnings)
        self.changed.connect(self._review_place)

    @property
    def is_paused(self) -> bool:
        """Whether the run waits."""
        return self._run is not None and self._run.is_paused

    @property
    def is_stopping(self) -> bool:
        """Whether the run was asked to stop and has not ended yet."""
        return self._run is not None and self._run.is_stopping

    @property
    def stop_brings_map_back(self) -> bool:
        """Whether the scan before has a map, so that it is open again if this one is stopped."""
        earlier = self._earlier.detection if self._earlier is not None else None
        return earlier is not None and earlier.complete and earlier.pair_map is not None

    @property
    def is_trying(self) -> bool:
        """Whether the run is part of *Try it*."""
        return self._trying

    @property
    def is_busy(self) -> bool:
        """Whether a thread of this session lives."""
        return self._run is not None or any(one.is_busy for one in self._beside)

    def prepare(self) -> None:
        """Load the data set and then torch, in the background."""
        if self.running is None and not (self._is_ending or self.choosing.waits_for_server):
            self.preparation.start(self.settings.data, self.settings.compute)

    def start_training(self) -> None:
        """Train with the present settings and trigger, in a new folder; unless they do not fit."""
        folder = None if self._is_impossible() else self._new_folder()
        if folder is None:
            return
        put_aside = where_it_is(self)
        self.forget_results()
        self.folder, self.made_with, self.true_trigger = folder, self.settings, self.trigger
        self.changed.emit("trained")
        self._begin("train", partial(train_job, self.settings, self.trigger, folder))
        if put_aside:
            self.telling.inform(put_aside)  # not before: what was said is cleared as a run begins

    def start_scan(self) -> None:
        """Search for triggers in the model, in its folder; a second scan goes into a copy of it.

        A stranger's gets a folder of its own for each scan. A map after a scan that searched the
        classes just so searches the pairs alone.
        """
        if self.model is None:
            self.telling.inform(NO_NETWORK_YET)
            return
        if self._is_ending or self.is_refused():
            return
        source, held = self.folder, self.exporting.held
        in_place = self.audited is None and can_be_scanned_in_place(held)
        folder = source if in_place else self._new_folder()
        if folder is None:
            return
        settings, earlier = self.scan_settings, self.detection
        self._earlier = EarlierScan(earlier, source)
        if earlier is not None and not has_classes_of(earlier, settings.detect):
            earlier = None
        self.continued = earlier
        self.folder, self.detection = folder, None
        self.changed.emit("detection")
        what = settings, self.model, self.true_trigger
        if self.audited is not None:
            self._begin("scan", partial(jobs.audit, settings, self.audited, folder, earlier))
        elif source is None or in_place:
            self._begin("scan", partial(scan_job, *what, folder, earlier))
        else:
            self._begin("scan", partial(scan_copy_job, *what, held, self.data, folder, earlier))

    def start_calibration(self) -> None:
        """Make clean networks to compare the model with, and judge its scan again with them."""
        if not (self._is_ending or self.is_refused()):
            self.calibrated = []
            what = self.calibration_settings, self.networks_wanted, self.detection
            where = self.class_names, self.folder, self.exporting.report_job
            self._begin("calibrate", partial(jobs.calibrate, *what, *where))

    def try_it(self) -> None:
        """Train what is open, then scan it."""
        if self.running is None:
            self._trying = True
            self.start_training()
            self._trying = self.running is not None

    def stop(self) -> None:
        """Ask the run to end; what it has is kept."""
        self._trying = False
        if self._run is not None and not self._run.is_stopping:
            self._run.stop()
            self.run_stopping.emit()
            self.run_paused.emit(False)

    def toggle_pause(self) -> None:
        """Hold the run before its next step, or let it go on."""
        if self._run is not None:
            (self._run.resume if self._run.is_paused else self._run.pause)()
            self.run_paused.emit(self._run.is_paused)

    def shut_down(self) -> None:
        """Ask all background work to end; `settled` tells when, unless nothing is going on."""
        self._is_ending = True
        self.stop()
        for work in self._beside:
            work.close()

    def _begin(self, kind: Kind, job: Callable[[], Job[Any]]) -> None:
        self.costs.stop()
        self.telling.take_back("run", "trigger")
        self._run = Run(job, self)
        self._run.events.connect(self._on_events)
        self._run.finished.connect(self._on_finished)
        self._run.stopped.connect(self._on_stopped)
        self._run.failed.connect(self._on_failed)
        self.running, self.searches_pairs = kind, False
        self._run.start()
        self.run_started.emit(kind)

    def _new_folder(self) -> Path | None:
        """A folder for a run, or None if none may start or none can be made."""
        if self._is_ending or self.is_refused():
            return None
        try:
            return store.new_run_folder(self.runs_folder)
        except EngineError as error:
            self.telling.message.emit("error", str(error), "")
            return None

    def _on_events(self, batch: list[Event]) -> None:
        for event in batch:
            self._note(event)
            self.searches_pairs = loses_pairs(event, before=self.searches_pairs)
        self.run_events.emit(self.running, batch)

    def _on_finished(self, result: Any) -> None:
        self._keep(result)
        continues = self._trying and self.running == "train"
        self._trying = self._trying and continues
        self._end("finished")
        if continues:
            self.start_scan()

    def _on_stopped(self, result: Any) -> None:
        if result is not None:
            self._keep(result)
        self._end("stopped")

    def _on_failed(self, error: BaseException, details: str) -> None:
        name = RUN_NAMES[self.running or "train"]
        self._end("failed")
        self.telling.tell_failure(f"The {name}", error, details)

    def _end(self, how: str) -> None:
        kind, self.running = self.running, None
        if self._run is not None:
            self._run.deleteLater()
        self._run = None
        if how != "finished":
            self._trying = False
            self._forget_unmade()
        self._have_earlier_back(how)
        left = {"train": self.model, "scan": self.detection}.get(str(kind), self.calibrated)
        if left is None or self.has_earlier_back:
            self.telling.take_back("run", "trigger")
        self._review_warnings()
        self.run_ended.emit(kind, how)
        self._settle()

    def _have_earlier_back(self, how: str) -> None:
        """Have the scan back that was there before one that ended early and has left less."""
        earlier, self._earlier, self.continued = self._earlier, None, None
        self.has_earlier_back = False
        if earlier is None:
            return
        is_back = how != "finished" and earlier.has_more_than(self.detection)
        self.has_earlier_back = is_back
        self.detection = earlier.detection if is_back else self.detection
        before, self.folder = self.folder, earlier.folder_after(self.folder, is_back=is_back)
        if is_back or before != self.folder:
            self.changed.emit("detection" if is_back else "folder")

    def _on_prepared(self) -> None:
        if self.preparation.has_failed:
            self.choosing.note_failure()
        self.changed.emit("torch")
        self._review_place()

    def _review_place(self) -> None:
        """Find out where runs compute, if that was of other settings; not while images load."""
        known, wanted = self.preparation, self.settings.compute
        if known.torch_ready and known.compute != wanted and self.data is not None:
            self.prepare()

    def _review_warnings(self) -> None:
        """Take back what is no longer true; of a run's own trigger it is until the end."""
        if self.running is None:
            self.telling.take_back("refused")
        if self.running is None and not self.trigger.is_empty:
            self.telling.take_back("trigger")

    def _settle(self) -> None:
        if not self.is_busy:
            self.settled.emit()
