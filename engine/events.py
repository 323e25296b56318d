"""What a Job says while it works.

A Job is a generator: it yields events and returns its result. Whoever iterates it (the window's
Run, the command line, a test) decides what to do with each event; the Job never knows.

To stop a Job early, throw `StopRequested` into it: one that has something worth keeping catches
it and returns that; any other lets it pass. Its `finally` blocks run either way.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events.

    `newest_only` marks pictures and states: of several that wait in a mailbox, only the last one
    is worth showing. Events without it carry numbers of which none may be dropped.
    """

    newest_only: ClassVar[bool] = False


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Thrown into a Job to ask it to end now and return what it has."""


Job = Generator[Event, None, Result]


@dataclass(frozen=True, slots=True)
class Pulse(Event):
    """Nothing to tell: a moment of longer work at which the Job can be paused or stopped."""

    newest_only: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class FurtherSearch:
    """One more search where those before could not decide; nobody knows how many it takes.

    Attributes:
        what: "search" of all classes, or "map" of all pairs.
        number: Which one it is, from 2 on.
        most: How many there can be.
        share: How far this one is, 0..1.
        most_seconds: What all that can come will take, or None while unknown.
    """

    what: str
    number: int
    most: int
    share: float
    most_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """How far the work is.

    Attributes:
        done: Units of work finished, 0..total.
        total: Units of work in all, at least 1.
        text: What is going on, in a few words ("epoch 3 of 4").
        images_per_second: Speed, or None where it means nothing.
        seconds_left: Estimate for the rest, or None while unknown.
        further: The further search that this is part of, or None.
    """

    newest_only: ClassVar[bool] = True
    done: int
    total: int
    text: str
    images_per_second: float | None = None
    seconds_left: float | None = None
    further: FurtherSearch | None = None


@dataclass(frozen=True, slots=True)
class Warned(Event):
    """Something the person should know although the work goes on.

    Attributes:
        text: One sentence, or more.
        of_trigger: It is about what is drawn, and no longer true when that has been changed.
    """

    text: str
    of_trigger: bool = False


@dataclass(frozen=True, slots=True)
class BatchTrained(Event):
    """One optimiser step: its number from 1, its epoch from 1, the mean loss of its batch."""

    step: int
    epoch: int
    loss: float


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """The network's rates at one step, each 0..1, on images it never trained on.

    Attributes:
        step: Optimiser steps taken.
        epoch: Epoch of that step, from 1.
        train_loss: Mean loss of the batches since the measurement before.
        clean_accuracy: Share of clean test images classified rightly.
        attack_success: Share of stamped test images of other classes classified as the target.
        sham_rate: The same with every strength of the attack set to zero.
        images: How many test images the rates were measured on.
    """

    step: int
    epoch: int
    train_loss: float
    clean_accuracy: float
    attack_success: float
    sham_rate: float
    images: int


@dataclass(frozen=True, slots=True)
class Predicted(Event):
    """What the network says now of the sample images, int64 arrays of one length."""

    newest_only: ClassVar[bool] = True
    clean: NDArray[np.int64]
    stamped: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ScanStepped(Event):
    """Numbers of one inversion step of the classes in `labels`; arrays share its length n.

    Attributes:
        step: Step from 1. Classes scanned one after the other each start from 1 again.
        labels: Place of each entry's search among all of the scan, int64 n; of a scan of classes,
            the class.
        mask_l1: L1 norm of the mask now, in pixels, float32 n.
        success: Share of the last images turned into the class, 0..1, float32 n.
        penalty: Lambda, the weight of the mask's norm, float32 n.
    """

    step: int
    labels: NDArray[np.int64]
    mask_l1: NDArray[np.float32]
    success: NDArray[np.float32]
    penalty: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TriggersMoved(Event):
    """The triggers of all K classes as they are now.

    Attributes:
        masks: K x H x W, 0..1, float32.
        patterns: K x C x H x W, 0..1, float32.
        mask_l1: K norms of the smallest mask so far that worked, in pixels; NaN where none did.
        success: K, the success of that mask (or of the newest one where none worked), 0..1.
        states: K words: "waiting", "searching", "converged" or "not found".
    """

    newest_only: ClassVar[bool] = True
    masks: NDArray[np.float32]
    patterns: NDArray[np.float32]
    mask_l1: NDArray[np.float32]
    success: NDArray[np.float32]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairsMoved(Event):
    """The search for a trigger of every pair as it is now.

    Attributes:
        mask_l1: K x K sizes, sources by targets, of the smallest masks so far that worked, in
            pixels, float32; NaN where none did, and on the diagonal.
        done: Image passes made so far.
        total: At most so many.
    """

    newest_only: ClassVar[bool] = True
    mask_l1: NDArray[np.float32]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class NetworkCalibrated(Event):
    """One more clean network was trained and searched, or was there already.

    Attributes:
        number: Of the network, from 1.
        total: How many there shall be.
        recipe: How it was trained, in words.
        clean_accuracy: On the audit images, 0..1.
        mask_l1: K sizes of its smallest masks, in pixels, float32; all pixels where no mask worked.
        low: K least sizes among the networks so far, float32.
        high: K greatest sizes likewise.
        was_there: Whether it was made in an earlier run.
    """

    number: int
    total: int
    recipe: str
    clean_accuracy: float
    mask_l1: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    was_there: bool
