"""Saving an experiment elsewhere: what its folder holds, and what is only open as yet."""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine import attacks, triggers
from engine.data import DataSet
from engine.detection.results import Detection
from engine.errors import EngineError
from engine.files import built_beside, read_capped, write_file
from engine.models import Model
from engine.samples import WatchedImages
from engine.store import findings
from engine.store.curves import read_losses, read_measurements
from engine.store.folders import check_empty
from engine.store.reading import MAX_TENSOR_BYTES, Experiment, read_detection
from engine.store.record import Record, read_record
from engine.store.writing import RunFolder

MODEL, REPORTS = "model.safetensors", ("report.html", "report.json")
_FILES = re.compile(
    r"experiment\.json|metrics\.csv|loss\.csv|model\.safetensors|trigger\.png|detection\.json"
    r"|detection\.safetensors|report\.(html|json)|masks/class_\d+\.png|images/[a-z0-9_]+\.png"
)


def is_kept(held: Experiment) -> bool:
    """Whether an experiment's folder is there and has its network; its files are not opened."""
    record = _own_record(held)
    if record is None or held.folder is None:
        return False
    return held.model is None or (record.model_sha256 is not None and _has_model(held.folder))


def has_scan(folder: Path) -> bool:
    """Whether a scan lies in a folder, be it damaged."""
    return any((folder / f"detection.{kind}").exists() for kind in ("json", "safetensors"))


def has_trigger(folder: Path) -> bool:
    """Whether the trigger of a run lies in its folder, which begins with it."""
    return (folder / "trigger.png").exists()


def save_experiment(held: Experiment, destination: Path, data_set: DataSet | None = None) -> None:
    """Write an experiment to a folder that is not there yet or is empty: all of it or nothing.

    The files of its own folder are copied. What is missing there or is of another network, since
    the folder was moved or could not be written, is written from what is given.

    Args:
        held: All that is known of it.
        destination: The folder.
        data_set: Its images, of which samples are written where there are none.

    Raises:
        EngineError: The destination is not empty or inside the experiment's own folder, or it
            cannot be written.
    """
    source, own = held.folder, _own_record(held)
    if own and source and destination.resolve().is_relative_to(source.resolve()):
        raise EngineError("An experiment cannot be saved inside itself. Choose another folder.")
    check_empty(destination)
    with built_beside(destination) as building:
        if own and source:
            _copy_files(source, building)
            run = RunFolder.reopen(building)
        else:
            run = RunFolder.create(building, held.settings, held.trigger, held.images)
            if held.trained_on is not None:
                run.write_computed(held.trained_on)
        with run:
            _Completion(run, held).write(data_set)


@dataclass(frozen=True, eq=False)
class _Completion:
    """Adds to a folder what an experiment has and the folder lacks.

    Attributes:
        run: The folder.
        held: The experiment.
    """

    run: RunFolder
    held: Experiment

    def write(self, data_set: DataSet | None) -> None:
        """Write all of it; samples only with the images that they are of."""
        self._write_trigger()
        self._write_model()
        self._write_curves()
        self._write_results()
        self._write_samples(data_set)
        self._write_detection()

    def _write_trigger(self) -> None:
        path, trigger = self.run.path / "trigger.png", self.held.trigger
        if trigger is not None and not path.exists():
            write_file(path, triggers.write_png(trigger))

    def _write_model(self) -> None:
        model, path = self.held.model, self.run.path / MODEL
        if model is None:
            return
        expected = read_record(self.run.path).model_sha256
        there = _digest(read_capped(path, MAX_TENSOR_BYTES)) if path.exists() else None
        if expected is None or there != expected:
            self.run.write_model(model)

    def _write_curves(self) -> None:
        rows = 0, 0
        with suppress(EngineError):  # damaged: written anew
            rows = len(read_losses(self.run.path)), len(read_measurements(self.run.path))
        if rows[0] < len(self.held.losses) or rows[1] < len(self.held.measurements):
            self.run.write_curves(self.held.losses, self.held.measurements)

    def _write_results(self) -> None:
        held = self.held
        if held.rates is not None and held.rates != self.run.rates:
            self.run.write_results(
                held.rates,
                complete=held.complete,
                seconds=held.seconds,
                predictions=held.predictions,
            )

    def _write_samples(self, data_set: DataSet | None) -> None:
        held = self.held
        if data_set is None or held.trigger is None or held.predictions is None:
            return
        if (self.run.path / "images").exists() or data_set.name != held.images.name:
            return
        attack = attacks.make(held.settings.attack, held.trigger, data_set.test.classes)
        shown = WatchedImages.under(attack, data_set.test)
        clean = shown.clean
        if len(clean) == len(held.predictions.clean):
            self.run.write_samples(clean.images, shown.stamped, clean.labels, held.predictions)

    def _write_detection(self) -> None:
        found = self.held.detection
        if found is None or _is_same_scan(found, self._detection_there()):
            return
        self.run.write_detection(found)
        for name in REPORTS:  # of another scan
            (self.run.path / name).unlink(missing_ok=True)

    def _detection_there(self) -> Detection | None:
        try:
            return read_detection(self.run.path, self.held.images)
        except EngineError:
            return None


def _own_record(held: Experiment) -> Record | None:
    """What the experiment's folder says of itself; None where it is gone, or is another one now."""
    if held.folder is None:
        return None
    try:
        record = read_record(held.folder)
    except EngineError:
        return None
    if held.model is None or _is_of(held.model, record):
        return record
    lacks_its_own = record.model_sha256 is None and (
        (record.settings.data, record.settings.train) == (held.settings.data, held.settings.train)
    )
    return record if lacks_its_own else None


def _is_of(model: Model, record: Record) -> bool:
    # A stranger's model has the hash of the file that it came in, and another one in our format.
    expected = record.model_sha256
    if expected is None or expected == model.sha256:
        return expected is not None
    return expected == _digest(model.to_bytes())  # last: of a large network it takes a while


def _is_same_scan(one: Detection, other: Detection | None) -> bool:
    return other is not None and findings.without_pairs(one) == findings.without_pairs(other)


def _has_model(folder: Path) -> bool:
    return (folder / MODEL).is_file()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _copy_files(source: Path, building: Path) -> None:
    """Copy the files that belong to an experiment, and nothing else that lies there."""
    for path in sorted(source.glob("*")) + sorted(source.glob("*/*")):
        name = path.relative_to(source).as_posix()
        if _FILES.fullmatch(name):
            copy = building / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_file(copy, read_capped(path, MAX_TENSOR_BYTES))
