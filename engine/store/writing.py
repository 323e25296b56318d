"""Writing an Experiment while its run goes."""

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine import triggers
from engine.data import DataSet
from engine.detection.results import Detection
from engine.events import BatchTrained, Event, Measured, Predicted
from engine.files import sweep, write_error, write_file, write_files
from engine.metrics import Rates
from engine.modelfiles.plain_text import plain
from engine.models import Model
from engine.settings import ComputeSettings, ExperimentSettings
from engine.store import findings, pictures
from engine.store.folders import make_empty_folder
from engine.store.images import ImageFacts
from engine.store.record import FILE_NAME, LONGEST_FILE_NAME, Computed, Record, Results, read_record
from engine.store.tables import GrowingTable
from engine.triggers import Trigger

METRICS_COLUMNS = (
    "step", "epoch", "train_loss", "clean_accuracy", "attack_success", "sham_rate", "images",
)  # fmt: skip
LOSS_COLUMNS = ("step", "epoch", "loss")


class RunFolder:
    """The folder that a run writes into; make one with `create` or `reopen`.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, record: Record) -> None:
        self.path = path
        self._record = record
        self._losses = GrowingTable(path / "loss.csv", LOSS_COLUMNS)
        self._metrics = GrowingTable(path / "metrics.csv", METRICS_COLUMNS)

    @classmethod
    def create(
        cls,
        path: Path,
        settings: ExperimentSettings,
        trigger: Trigger | None,
        images: DataSet | ImageFacts | None = None,
    ) -> Self:
        """Begin an experiment in a folder that is not there yet or is empty.

        Args:
            path: The folder; folders above it are made as needed.
            settings: All settings of the run.
            trigger: What is stamped, or None where it is not known (the audit of a model).
            images: Its images; without them only a published data set opens again.

        Raises:
            EngineError: There is something in the folder, or it cannot be written.
        """
        make_empty_folder(path)
        if trigger is not None:
            settings = _naming_its_trigger(settings, trigger)
            write_file(path / "trigger.png", triggers.write_png(trigger))
        facts = ImageFacts.of(images) if isinstance(images, DataSet) else images
        folder = cls(path, Record.begin(settings, facts, has_trigger=trigger is not None))
        folder._losses.start()
        folder._metrics.start()
        folder._write_record()
        return folder

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on in the folder of an experiment, to add a scan to it.

        Raises:
            EngineError: It holds no experiment that can be used, or cannot be written.
        """
        record = read_record(path)
        try:
            for folder in (path, path / "masks", path / "images"):
                sweep(folder)
        except OSError as error:
            raise write_error(path, error) from error
        return cls(path, record)

    @property
    def rates(self) -> Rates | None:
        """The rates at the end of the training, or None."""
        return self._record.results.rates

    def record(self, event: Event) -> None:
        """Note the numbers of an event, if it has any that are kept.

        They reach the disk within about a second, so that a person can watch the files grow.

        Raises:
            EngineError: The disk is full or gone; what was written before is whole.
        """
        if isinstance(event, BatchTrained):
            self._losses.add(event.step, event.epoch, event.loss)
        elif isinstance(event, Measured):
            self._metrics.add(*(getattr(event, name) for name in METRICS_COLUMNS))
            self._metrics.flush()

    def write_curves(self, losses: NDArray[np.float64], measurements: Sequence[Measured]) -> None:
        """Write all of a training's curves, in place of what is there of them.

        Args:
            losses: Loss of every optimiser step, in order.
            measurements: The rates during the training.

        Raises:
            EngineError: They cannot be written.
        """
        for table in (self._losses, self._metrics):
            table.start()
        ends = [event.step for event in measurements]
        epochs = [event.epoch for event in measurements]
        for step, loss in enumerate(losses.tolist(), start=1):
            following = bisect_left(ends, step)  # no measurement spans two epochs
            epoch = epochs[min(following, len(epochs) - 1)] if epochs else 1
            self.record(BatchTrained(step, epoch, loss))
        for event in measurements:
            self.record(event)
        self.flush()

    @property
    def trained_on(self) -> ComputeSettings | None:
        """Where the training was computed, or None where that was not noted."""
        return self._record.computed.as_settings()

    def write_computed(self, settled: ComputeSettings) -> None:
        """Note where the training is computed: settings that leave nothing open.

        Raises:
            EngineError: It cannot be written.
        """
        self._change(computed=Computed(**settled.model_dump()))
        self._write_record()

    def write_model(self, model: Model) -> None:
        """Write model.safetensors; its SHA-256 and whose file it was into experiment.json.

        Raises:
            EngineError: They cannot be written; a model from before is whole.
        """
        if self._record.model_sha256 is not None:
            # So that a kill between the two files leaves no hash that belongs to neither.
            self._change(model_sha256=None)
            self._write_record()
        content = model.to_bytes()
        write_file(self.path / "model.safetensors", content)
        file = plain(model.origin, LONGEST_FILE_NAME) if model.is_of_a_file else ""
        self._change(model_sha256=hashlib.sha256(content).hexdigest(), model_file=file)
        self._write_record()

    def write_results(
        self,
        rates: Rates | None,
        *,
        complete: bool,
        seconds: float,
        predictions: Predicted | None = None,
    ) -> None:
        """Write how the training came out into experiment.json.

        Args:
            rates: The rates measured last, or None.
            complete: False when the training was stopped early.
            seconds: How long it took.
            predictions: What the network says of the sample images at the end.

        Raises:
            EngineError: It cannot be written.
        """
        self.flush()
        results = Results(complete=complete, seconds=seconds)
        if rates is not None:
            results = results.model_copy(update=vars(rates))
        if predictions is not None:
            said = {
                "predicted_clean": tuple(predictions.clean.tolist()),
                "predicted_stamped": tuple(predictions.stamped.tolist()),
            }
            results = results.model_copy(update=said)
        self._change(results=results)
        self._write_record()

    def write_samples(
        self,
        originals: NDArray[np.uint8],
        stamped: NDArray[np.uint8],
        labels: NDArray[np.int64],
        predictions: Predicted | None = None,
    ) -> None:
        """Write sample images to images/, each original beside its poisoned copy.

        Args:
            originals: N x C x H x W, uint8.
            stamped: The same ones with the trigger.
            labels: N, their true classes.
            predictions: What the network says of both, if it is known.

        Raises:
            EngineError: They cannot be written.
        """
        folder = _make_folder(self.path / "images")
        contents = {folder / "samples.png": pictures.sheet(originals, stamped, labels, predictions)}
        for number, (original, poisoned) in enumerate(zip(originals, stamped, strict=True)):
            contents[folder / f"{number:02d}_original.png"] = pictures.png(original)
            contents[folder / f"{number:02d}_poisoned.png"] = pictures.png(poisoned)
        write_files(contents)

    def write_detection(self, detection: Detection) -> None:
        """Write detection.json, detection.safetensors and masks/, in place of an earlier scan's.

        Raises:
            EngineError: They cannot be written; an earlier scan is then still there.
        """
        masks = _make_folder(self.path / "masks")
        settings = self._record.settings.model_copy(update={"detect": detection.settings})
        self._change(settings=settings)
        write_files(
            {
                **pictures.mask_files(detection, masks),
                self.path / FILE_NAME: self._record.to_bytes(),
                self.path / "detection.safetensors": findings.to_tensors(detection),
                self.path / "detection.json": findings.to_json_file(detection),
            }
        )

    def flush(self) -> None:
        """Write the rows that still wait.

        Raises:
            EngineError: They cannot be written.
        """
        self._losses.flush()
        self._metrics.flush()

    def close(self) -> None:
        """Write what still waits; the folder is complete then.

        Raises:
            EngineError: It cannot be written.
        """
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _change(self, **changes: object) -> None:
        self._record = self._record.model_copy(update=changes)

    def _write_record(self) -> None:
        write_file(self.path / FILE_NAME, self._record.to_bytes())


def _naming_its_trigger(settings: ExperimentSettings, trigger: Trigger) -> ExperimentSettings:
    """The settings, naming trigger.png unless they name a preset that looks the same."""
    name = settings.attack.trigger
    if name in triggers.preset_names():
        preset = triggers.preset(name, trigger.shape)
        if triggers.write_png(preset) == triggers.write_png(trigger):
            return settings
    attack = settings.attack.model_copy(update={"trigger": "trigger.png"})
    return settings.model_copy(update={"attack": attack})


def _make_folder(path: Path) -> Path:
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error
    return path
