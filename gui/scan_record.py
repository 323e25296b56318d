"""What a scan has shown so far, class by class, so that it can be drawn again at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from engine.detection.calibration import mean_size
from engine.detection.mask_forms import Form
from engine.detection.phrases import how_formed, so_formed
from engine.detection.results import Detection, HardTrigger
from engine.events import Event, PairsMoved, Progress, ScanStepped, TriggersMoved
from engine.triggers import Trigger
from gui import words
from gui.pair_findings import PairFindings
from gui.widgets.trace import Floats, Trace

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class ClassFinding:
    """What is known of one class now.

    Attributes:
        label: The class index.
        name: Its name.
        trigger: The trigger found for it so far, or None before the first.
        mask_l1: Size of the smallest mask that worked, in pixels; NaN while none did.
        success: Share of images that it turns into this class, 0..1; NaN while unknown.
        state: "waiting", "searching", "converged" or "not found"; after a stop "best so far" or
            "not finished"; "not searched" where the scan ended before that.
        suspected: Whether the verdict points at it.
        flagged: Whether the paper's rule flags it.
        anomaly_index: The paper's index, or None.
        iou: Overlap with the true trigger, 0..1, or None.
        z: The score against clean reference networks, or None.
        usual: Between which sizes, in pixels, its mask lies in clean networks, moved to this
            network's level, or None.
        hard: The trigger with whole pixels, or None.
        held_out: Whether the success is that on images that the search has not seen.
        suspicious_size: Below which size, in pixels, the class alone makes a suspicion, or None.
        sizes: Of the masks of all searches, in pixels, where there were several: their mean counts,
            and the trigger is that of the first one.
        outcome: The verdict on a class that is suspected: "likely" or "suspicious".
        forms: What its mask looks like, of several searches the mean, and what is usual in clean
            networks; None where either is unknown.
    """

    label: int
    name: str
    trigger: Trigger | None = None
    mask_l1: float = NAN
    success: float = NAN
    state: str = "waiting"
    suspected: bool = False
    flagged: bool = False
    anomaly_index: float | None = None
    iou: float | None = None
    z: float | None = None
    usual: tuple[float, float] | None = None
    hard: HardTrigger | None = None
    held_out: bool = False
    suspicious_size: float | None = None
    sizes: tuple[float, ...] = ()
    outcome: str = "likely"
    forms: tuple[Form, Form] | None = None

    @property
    def counted_size(self) -> float:
        """The size that the verdict rests on, in pixels: of several searches the mean.

        NaN where the first one found no mask, since there is none to show.
        """
        has_several = bool(self.sizes) and isfinite(self.mask_l1)
        return mean_size(self.sizes) if has_several else self.mask_l1

    def comparison(self) -> str:
        """How the mask compares with those of clean networks, in a sentence; or nothing."""
        if self.z is None or self.usual is None:
            return ""
        low, high = (words.amount(size) for size in self.usual)
        suspicious, such = "", so_formed(self.forms)
        if self.suspicious_size is not None:
            mean = " in the mean" * bool(self.sizes)
            below = f"below {words.amount(self.suspicious_size)}{mean}"
            suspicious = f", {below} it is suspicious"
            if such:
                suspicious = f"; one {such} ({how_formed(self.forms)}) is suspicious {below}"
        usual = f"In clean networks class {self.name} needs about {low} to {high}{suspicious}"
        searched = ""
        if self.sizes:
            ends = f"{words.amount(min(self.sizes))} to {words.amount(max(self.sizes))}"
            mean = words.amount(self.counted_size)
            searched = f"{len(self.sizes)} searches ended at {ends}, {mean} in the mean. "
        return f"{searched}{usual}; z\N{NO-BREAK SPACE}{words.score(self.z)}."


@dataclass(frozen=True, eq=False)
class ClassCurves:
    """How the search for one class went: steps, and the values there; NaN where it was idle."""

    mask_l1: Trace
    success: Trace
    penalty: Trace

    @classmethod
    def empty(cls) -> "ClassCurves":
        """Curves without a point."""
        return cls(Trace(500), Trace(500), Trace(500))


class ScanRecord:
    """Collects a running scan's events, or unpacks a finished one, which a map may go on from."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self._names = tuple(class_names)
        self._curves = [ClassCurves.empty() for _ in self._names]
        self._moved: TriggersMoved | None = None
        self._detection: Detection | None = None
        self.pairs: PairFindings | None = None  # once a map was begun
        self.fraction = 0.0

    @classmethod
    def of(cls, detection: Detection, class_names: Sequence[str]) -> "ScanRecord":
        """The record of a scan that has ended."""
        record = cls(class_names)
        record._detection = detection
        record.pairs = PairFindings.of(detection, record._names)
        record.fraction = 1.0
        curves = detection.curves
        steps = np.arange(1, len(curves.mask_l1) + 1)
        for label, held in enumerate(record._curves[: curves.mask_l1.shape[1]]):
            held.mask_l1.extend(steps, curves.mask_l1[:, label])
            held.success.extend(steps, curves.success[:, label])
            held.penalty.extend(steps, curves.penalty[:, label])
        return record

    def add(self, event: Event) -> None:
        """Take in one event; those of no use here are passed over."""
        if isinstance(event, (ScanStepped, TriggersMoved)) and self._detection is not None:
            self._forget()  # the map searches the classes all the same
        if isinstance(event, ScanStepped):
            for place, label in enumerate(event.labels):
                curves = self._curves[int(label)]
                curves.mask_l1.extend(event.step, event.mask_l1[place])
                curves.success.extend(event.step, event.success[place])
                curves.penalty.extend(event.step, event.penalty[place])
        elif isinstance(event, TriggersMoved):
            self._moved = event
        elif isinstance(event, PairsMoved):
            self.pairs = PairFindings.live(event, self._names)
        elif isinstance(event, Progress):
            self.fraction = event.done / max(event.total, 1)

    def _forget(self) -> None:
        self._detection = None
        self._curves = [ClassCurves.empty() for _ in self._names]

    @property
    def has_begun(self) -> bool:
        """Whether there is a trigger to show."""
        return self._moved is not None or self._detection is not None

    @property
    def has_all_classes(self) -> bool:
        """Whether the classes are done, so that what is still searched are pairs."""
        return self.pairs is not None or self._detection is not None

    @property
    def classes(self) -> int:
        """K."""
        return len(self._names)

    def curves(self, label: int) -> ClassCurves:
        """How the search for a class went."""
        return self._curves[label]

    def findings(self) -> tuple[ClassFinding, ...]:
        """What is known of every class, in order."""
        return tuple(self.finding(label) for label in range(len(self._names)))

    def bands(self) -> tuple[Floats | None, Floats | None]:
        """Between which K sizes each class lies in clean networks; None where that is unknown."""
        usual = [finding.usual for finding in self.findings()]
        if not any(usual):
            return None, None
        low, high = np.array([band or (NAN, NAN) for band in usual]).T
        return low, high

    def finding(self, label: int) -> ClassFinding:
        """What is known of one class."""
        if self._detection is not None and label < len(self._detection.classes):
            return self._finished(self._detection, label)
        if self._moved is not None and label < len(self._moved.states):
            return self._live(self._moved, label)
        has_begun = len(self._curves[label].mask_l1.x) > 0
        state = "searching" if has_begun else "waiting"
        if self._detection is not None:  # it ended before the search
            state = "not searched"
        return ClassFinding(label, self._names[label], state=state)

    def _finished(self, detection: Detection, label: int) -> ClassFinding:
        found = detection.classes[label]
        is_judged = detection.verdict.outcome != "not_auditable"
        works, fails = "converged", "not found"
        if not detection.complete:
            works, fails = "best so far", "not finished"
        return ClassFinding(
            label,
            self._names[label],
            found.trigger,
            found.mask_l1 if found.converged else NAN,
            found.success,
            works if found.converged else fails,
            label == detection.verdict.target or label in detection.verdict.targets,
            is_judged and label in detection.verdict.flagged,
            found.anomaly_index,
            found.iou,
            found.z,
            found.usual,
            found.hard,
            held_out=True,
            suspicious_size=found.suspicious_size,
            sizes=found.sizes if len(found.sizes) > 1 else (),
            outcome=detection.verdict.outcome,
            forms=found.judged_form(),
        )

    def _live(self, moved: TriggersMoved, label: int) -> ClassFinding:
        return ClassFinding(
            label,
            self._names[label],
            Trigger(moved.masks[label], moved.patterns[label]),
            float(moved.mask_l1[label]),
            float(moved.success[label]),
            moved.states[label],
        )
