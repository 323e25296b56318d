"""Events and results as the engine sends them, made up: plausible numbers, no network."""

from dataclasses import replace

import numpy as np

from engine import attacks
from engine.detection.results import Detection, FoundTrigger, PairMap, ScanCurves, Verdict
from engine.detection.schedules import PRESETS
from engine.events import (
    BatchTrained,
    Measured,
    PairsMoved,
    Predicted,
    Progress,
    ScanStepped,
    TriggersMoved,
)
from engine.experiment import Trained
from engine.metrics import Rates
from engine.models import Model
from engine.samples import WatchedImages
from engine.settings import DetectSettings
from engine.triggers import Trigger

SHAPE = (1, 28, 28)


def model():
    return Model("badnet", SHAPE, 10, {"fc2.bias": np.zeros(10, np.float32)})


def batches(steps, loss=0.5, first=1):
    return [BatchTrained(step, 1, loss) for step in range(first, first + steps)]


def measured(step, clean=0.9, attack=0.8, sham=0.01, loss=0.3, images=500):
    return Measured(step, 1 + step // 235, loss, clean, attack, sham, images)


def begin_training(session):
    """What Session does when a training starts, without a thread."""
    session.made_with, session.true_trigger = session.settings, session.trigger
    session.losses, session.measurements = [], []
    session.rates = session.model = session.predictions = session.detection = None
    session.changed.emit("trained")
    session.running = "train"
    session.run_started.emit("train")


def finish_training(session, rates=None, how="finished"):
    """What Session does when a training ends with a network."""
    rates = rates or Rates(0.991, 0.9996, 0.0006, 10_000)
    said = session.predictions or predicted(session)
    session.predictions, session.rates, session.model = said, rates, model()
    session.trained = Trained(
        session.model, rates, said, session.settings, session.trigger, 8.0, how == "finished"
    )
    session.changed.emit("trained")
    session.running = None
    session.run_ended.emit("train", how)


def predicted(session, stamped_as=0, wrong=()):
    """The clean images right, except those in `wrong`, which are called a 5; the others so."""
    tests = session.data.test
    attack = attacks.make(session.settings.attack, session.trigger, tests.classes)
    labels = WatchedImages.under(attack, tests).clean.labels
    clean = labels.copy()
    clean[list(wrong)] = 5
    return Predicted(clean, np.full(len(labels), stamped_as))


def begin_scan(session):
    session.model, session.detection = session.model or model(), None
    session.changed.emit("detection")
    session.running = "scan"
    session.run_started.emit("scan")


def finish_scan(session, detection, how="finished"):
    session.detection = detection
    session.changed.emit("detection")
    session.running = None
    session.run_ended.emit("scan", how)


def patch(row, column, grey=1.0):
    """A trigger of four pixels."""
    mask = np.zeros(SHAPE[1:], np.float32)
    mask[row : row + 2, column : column + 2] = 1
    return Trigger(mask, np.full(SHAPE, grey, np.float32))


def stepped(step, labels, mask_l1=80.0, success=0.9, penalty=0.03):
    n = len(labels)
    return ScanStepped(
        step,
        np.array(labels, np.int64),
        np.full(n, mask_l1, np.float32),
        np.full(n, success, np.float32),
        np.full(n, penalty, np.float32),
    )


def moved(mask_l1, states, success=0.99, mask=0.5):
    k = len(mask_l1)
    return TriggersMoved(
        np.full((k, *SHAPE[1:]), mask, np.float32),
        np.ones((k, *SHAPE), np.float32),
        np.array(mask_l1, np.float32),
        np.full(k, success, np.float32),
        tuple(states),
    )


def progress(done, total=200):
    return Progress(done, total, f"step {done} of {total}")


def verdict(outcome="suspicious", target=0, flagged=(0,)):
    headline = {
        "suspicious": "Backdoor suspected: class 0.",
        "likely": "Backdoor likely: class 0.",
        "not_found": "No patch-type backdoor found.",
        "not_auditable": "Not auditable.",
    }[outcome]
    return Verdict(outcome, target, 0.001, "none", flagged, headline, "Grubbs' test says so.")


def detection(sizes=(4.0, *[90.0] * 9), said=None, **changes):
    """A finished scan; a size of None is a class that never converged."""
    classes = tuple(
        FoundTrigger(
            label,
            patch(24, 24),
            784.0 if size is None else size,
            0.998 if size else 0.4,
            size is not None,
            None if size is None else (8.3 if label == 0 else 0.1),
            iou=0.444 if label == 0 else None,
        )
        for label, size in enumerate(sizes)
    )
    steps, k = PRESETS["standard"].steps, len(sizes)
    curve = np.linspace(300, 5, steps, dtype=np.float32)[:, None].repeat(k, axis=1)
    curve[10:, 1] = np.nan  # this class was done earlier
    facts = {
        "classes": classes,
        "verdict": said or verdict(),
        "curves": ScanCurves(curve, np.full_like(curve, 0.99), np.full_like(curve, 0.03)),
        "settings": DetectSettings(),
        "model_sha256": "0" * 64,
        "clean_accuracy": 0.991,
        "seconds": 5.5,
        "image_passes": 64_000,
    }
    return Detection(**(facts | changes))


def pair_map(small=((1, 7),), z=True, missing=(), **changes):
    """A map of ten classes in which some pairs need 3 pixels, all others 70.

    The triggers of the small ones turn no images of other classes, all others a third.
    """
    k, apart = 10, ~np.eye(10, dtype=bool)
    sizes = np.where(apart, 70.0, np.nan).astype(np.float32)
    for cell in small:
        sizes[cell] = 3.0
    converged = apart.copy()
    for cell in missing:
        converged[cell] = False
    masks = np.zeros((k, k, *SHAPE[1:]), np.float32)
    masks[..., 24, 24:27] = 1
    scores = np.where(sizes < 10, 12.3, 0.1).astype(np.float32)
    bands = np.broadcast_to(np.float32([24, 60]), (k, k, 2)).copy()
    patterns = np.ones((k, k, *SHAPE), np.float32)
    usual = np.where(apart, np.float32(0.33), np.float32(np.nan))
    found = PairMap(
        sizes, converged, masks, patterns, scores if z else None, bands if z else None,
        elsewhere=np.where(sizes < 10, np.float32(0), usual), usual_elsewhere=usual if z else None,
    )  # fmt: skip
    return replace(found, **changes)


def places(here=0.1):
    """Where clean networks' masks lie: in the upper left; and how familiar each place is."""
    usual = np.zeros((10, 10, 14, 14), np.float32)
    usual[..., 2:4, 3:5] = 49
    square = np.ones((10, 10), np.float32)
    return {
        "usual_places": usual, "place_density": square * here, "usual_place_density": square * 30,
    }  # fmt: skip


def mapped(mapping="source-specific", pairs=((1, 7),), outcome="likely", **changes):
    """A finished scan with a pair map, in which these pairs stand out."""
    targets = tuple(dict.fromkeys(target for _, target in pairs))
    said = Verdict(
        outcome, targets[0] if targets else None, 1 / 41, "references", (), "Backdoor likely.",
        "Compared with clean networks.", targets, 40, mapping if targets else None,
        () if mapping == "all-to-one" else pairs,
    )  # fmt: skip
    facts = {"pair_map": pair_map(pairs), "settings": DetectSettings(preset="map")}
    return detection(sizes=(90.0,) * 10, said=said, **(facts | changes))


def pairs_moved(step=40):
    """A search of pairs half way: most cells have no mask yet."""
    found = np.full((10, 10), np.nan, np.float32)
    found[1, 7], found[2, 3] = 9.0, 80.0
    return PairsMoved(found, step, 80)
