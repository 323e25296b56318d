"""Jobs like the engine's, of milliseconds: they write the same folder, and learn nothing."""

import threading

import numpy as np

from engine.events import Predicted, Progress, Pulse, StopRequested
from engine.experiment import Trained
from engine.metrics import Rates
from engine.samples import SAMPLES
from engine.store import RunFolder
from tests.gui import made_up

RATES = Rates(0.991, 0.9996, 0.0006, 10_000)


def endless(ends):
    """A Job that goes on until it is stopped, and notes that it was."""
    try:
        while True:
            yield Pulse()
    except StopRequested:
        ends.append("stopped")
        raise


class MadeUpJobs:
    """Stands for `train_job` and `scan_job`; a test says what shall happen in them.

    Attributes:
        error: Raised after the first steps, if there is one.
        early_error: Raised by a training before it writes anything, if there is one.
        gate: Each turn of the endless part waits for it; closed where a test wants to look.
        endless: Whether they go on until they are stopped.
        keeps: Whether a stopped job has something to keep.
        stops_complete: Whether a scan that is stopped has all classes by then.
        maps: Whether a scan with the preset "map" has its pairs.
        scanned: What each scan was asked for.
        earlier: The scan that each was told to go on from, or None.
    """

    def __init__(self):
        self.error, self.endless, self.keeps = None, False, True
        self.early_error = None
        self.stops_complete, self.maps = False, True
        self.gate = threading.Event()
        self.gate.set()
        self.trained_with, self.scanned, self.earlier = [], [], []

    def train_job(self, settings, trigger, folder):
        self.trained_with.append((settings, trigger, folder))
        yield Progress(0, 10, "loading torch")
        if self.early_error is not None:
            raise self.early_error
        folder_record = RunFolder.create(folder, settings, trigger)
        complete = yield from self._work(made_up.batches(3))
        if complete is None:
            raise StopRequested
        yield made_up.measured(3)
        said = Predicted(np.zeros(SAMPLES, np.int64), np.zeros(SAMPLES, np.int64))
        yield said
        model = made_up.model()
        with folder_record as record:
            for event in (*made_up.batches(3), made_up.measured(3)):
                record.record(event)
            record.write_model(model)
            record.write_results(RATES, complete=complete, seconds=0.1, predictions=said)
        return Trained(model, RATES, said, settings, trigger, 0.1, complete)

    def scan_job(self, settings, model, trigger, folder, earlier=None):
        self.scanned.append((settings, model, trigger, folder))
        self.earlier.append(earlier)
        steps = [made_up.stepped(step, range(10)) for step in (1, 2)]
        complete = yield from self._work([made_up.pairs_moved()] if earlier else steps)
        if complete is None:
            raise StopRequested
        has_map = settings.detect.preset == "map" and self.maps
        detection = made_up.detection(
            settings=settings.detect, model_sha256=model.sha256,
            complete=complete or self.stops_complete,
            pair_map=made_up.pair_map() if has_map else None,
        )  # fmt: skip
        with RunFolder.reopen(folder) as record:
            record.write_detection(detection)
        return detection

    def _work(self, events):
        """Yield the events; True if it ends by itself, False if stopped, None to keep nothing."""
        try:
            yield Progress(0, 10, "beginning")
            yield from events
            if self.error is not None:
                raise self.error
            while self.endless:
                assert self.gate.wait(20)
                yield Progress(5, 10, "half way", 14_900.0, 7.2)
        except StopRequested:
            return False if self.keeps else None
        return True
