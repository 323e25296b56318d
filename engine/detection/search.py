"""One search of an inversion: its goal, where it stands, and the best trigger so far."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.data import ImageSet
from engine.detection.audit_images import others
from engine.detection.schedules import Schedule
from engine.triggers import Trigger


@dataclass(frozen=True)
class Goal:
    """What a trigger shall do: turn images of `source`, or of every other class, into `target`."""

    target: int
    source: int | None = None

    def pool(self, images: ImageSet) -> NDArray[np.int64]:
        """Indices of the images to optimise on; never one of the target's own."""
        if self.source is None:
            return others(images, self.target)
        return np.flatnonzero(images.labels == self.source)


@dataclass(eq=False)
class Search:
    """The search for one trigger.

    `raw_mask` (H x W) and `raw_pattern` (C x H x W) are unbounded; tanh(raw) / 2 + 1/2 is the
    mask and the pattern. `index` is its place among the searches of an inversion.
    """

    index: int
    goal: Goal
    raw_mask: Tensor
    raw_pattern: Tensor
    penalty: float
    recent: deque[float]
    state: str = "waiting"
    best: Trigger | None = None
    best_l1: float = float("inf")
    best_success: float = 0.0
    mask_l1: float = float("nan")
    steps: int = 0
    batches: int = 0
    good: int = 0
    bad: int = 0
    stalled: int = 0
    turns: set[str] = field(default_factory=set)

    def begin(self, schedule: Schedule) -> None:
        """Search with this schedule from where the mask is; what was found before is forgotten."""
        self.state = "searching"
        self.best, self.best_l1, self.best_success = None, float("inf"), 0.0
        self.steps = self.good = self.bad = self.stalled = 0
        self.recent = deque(maxlen=schedule.window)
        self.turns = set()

    @property
    def success(self) -> float:
        """Mean success over the last batches, 0..1; 0 before the first."""
        return sum(self.recent) / len(self.recent) if self.recent else 0.0

    @property
    def label(self) -> int:
        """The class that images are turned into."""
        return self.goal.target

    @property
    def finished(self) -> bool:
        """Whether the search has ended, with or without a trigger."""
        return self.state in ("converged", "not found")

    @property
    def trigger(self) -> Trigger:
        """The best trigger so far, or the present one if none has worked yet."""
        if self.best is not None:
            return self.best
        with torch.no_grad():
            return to_trigger(bounded(self.raw_mask), bounded(self.raw_pattern))


def bounded(raw: Tensor) -> Tensor:
    """The unbounded numbers of the optimiser as values in 0..1."""
    return torch.tanh(raw) / 2 + 0.5


def unbounded(values: Tensor) -> Tensor:
    """The inverse of `bounded`, for values in 0..1; 0 and 1 themselves become merely large."""
    return torch.atanh((values - 0.5) * 1.998)


def stamp(images: Tensor, masks: Tensor, patterns: Tensor) -> Tensor:
    """Stamp n triggers on their n x B images: (n B) x C x H x W, channels last."""
    mask = masks[:, None, None]
    stamped = (1 - mask) * images + mask * patterns[:, None]
    return stamped.flatten(0, 1).contiguous(memory_format=torch.channels_last)


def answered(logits: Tensor, stamped: Tensor) -> Tensor:
    """Logits N x K of N stamped images, in which no answer prefers no class and changes no mask.

    Outputs that are NaN or infinite are none. On the way back they would make the gradients of a
    mask NaN, which sum those of all its images, and Adam's averages with them, for good.
    """
    finite = logits.isfinite().all(1, keepdim=True)
    if finite.all():
        return logits
    stamped.register_hook(_without_nan)  # type: ignore[no-untyped-call]
    return torch.where(finite, logits, 0)


def _without_nan(gradient: Tensor) -> Tensor:
    return gradient.nan_to_num(0, 0, 0)


def to_trigger(mask: Tensor, pattern: Tensor) -> Trigger:
    """A mask H x W and a pattern C x H x W as a Trigger of their own memory."""
    return Trigger(mask.detach().cpu().numpy().copy(), pattern.detach().cpu().numpy().copy())
