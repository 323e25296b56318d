"""What a run bar says: that something runs, how it ended, and what is kept of it."""

from collections.abc import Sequence

from engine.detection.results import Detection
from engine.events import NetworkCalibrated
from gui.run_kinds import RUN_NAMES, Kind
from gui.session import Session

TIPS: dict[Kind, str] = {
    "train": "Trains the network with these settings, in a new folder. Ctrl+R starts it.",
    "scan": "Searches the network for a trigger to every class. Ctrl+R starts it.",
    "calibrate": "Trains the clean networks that are missing and scans each. Ctrl+R starts it.",
}
PAUSE_TIP = "Holds the run before its next step. Ctrl+P."
RESUME_TIP = "Goes on from where it was held. Ctrl+P."
STOP_TIPS: dict[Kind, str] = {
    "train": "Ends the training; the best network that was measured so far is kept. Ctrl+. ",
    "scan": (
        "Ends the scan. What it found for the classes is kept, pairs only when all are done; where"
        " a scan before had found more, that one is open again. Ctrl+. "
    ),
    "calibrate": "Ends the calibration; the clean networks that are finished are kept. Ctrl+. ",
}
NO_ATTACK = "The attack cannot be made as it stands; tab 1 says why."
_KEPT: dict[Kind, str] = {
    "train": "the best network that was measured so far is kept",
    "scan": "what it found for the classes is kept, and of a map nothing before it is complete",
    "calibrate": "the clean networks that are finished are kept",
}
FINISHED = "Finished in {}."
FAILED = "Ended by an error; the message above says more."
EARLIER_IS_BACK = "Stopped. The scan before had found more, and is open again."
NOTHING_FOUND = "Stopped before it had found anything."
CLASSES_KEPT = "Stopped. What it found for the classes is kept, pairs are not."
BEST_KEPT = "Stopped. The best triggers until then are kept."
ALL_KEPT = "Stopped when the search was done; all of it is kept."
NETWORK_KEPT = "Stopped. The best network measured until then is kept."
NOTHING_MEASURED = "Stopped before a network had been measured."
NO_NETWORK_MADE = "Stopped before a clean network was finished."
NO_OTHER_MADE = "Stopped before another clean network was finished."
NETWORKS_MADE = "Stopped. {} clean network{} finished, and kept."

# The longest of each; a bar is made wide enough for all.
LONGEST: dict[Kind, tuple[str, ...]] = {
    "train": (
        "epoch 88 of 88 · 88,888 images/s · 8 min 88 s left", NETWORK_KEPT, NOTHING_MEASURED,
        FAILED, NO_ATTACK,
    ),
    "scan": (
        "step 888 of 888, 88 of 88 classes done · 88,888 images/s · 8 min 88 s left",
        "borderline: first search done, looking again (8 of at most 8, at most 88 min 88 s)",
        EARLIER_IS_BACK, CLASSES_KEPT,
    ),
    "calibrate": (
        "network 88 of 88 · epoch 88 of 88 · 88,888 images/s · 88 min 88 s left", NO_OTHER_MADE,
    ),
}  # fmt: skip


def going(session: Session) -> str:
    """The run that goes on, in as few words as a tab has room for; nothing where none does."""
    if session.running is None:
        return ""
    if session.running == "calibrate":
        return "calibration paused" if session.is_paused else "calibrating"
    return "paused" if session.is_paused else "running"


def busy(kind: Kind, *, is_paused: bool) -> str:
    """That a run stands in the way of others."""
    return f"A {RUN_NAMES[kind]} is {'paused' if is_paused else 'running'}."


def after(session: Session, what: str) -> str:
    """That a run stands in the way of something, which can be done when it has ended."""
    if session.running is None:
        return ""
    obstacle = busy(session.running, is_paused=session.is_paused)
    return f"{obstacle[:-1]}; {what} when it has ended."


def loss(kind: Kind) -> str:
    """What becomes of a run that is stopped, for the question whether to."""
    return f"A {RUN_NAMES[kind]} is going on. If it is stopped now, {_KEPT[kind]}."


def ending(session: Session, kind: Kind, how: str, took: str) -> str:
    """How a run ended that took so long, once all that it left is in the session."""
    if how == "finished":
        return FINISHED.format(took)
    if how == "failed":
        return FAILED
    if kind == "train":
        return NOTHING_MEASURED if session.model is None else NETWORK_KEPT
    if kind == "calibrate":
        return _networks_kept(session.calibrated)
    return EARLIER_IS_BACK if session.has_earlier_back else _found(session.detection)


def _networks_kept(told: Sequence[NetworkCalibrated]) -> str:
    """What a stopped calibration has made, beside what was there before."""
    count = sum(not one.was_there for one in told)
    if not count:
        return NO_OTHER_MADE if told else NO_NETWORK_MADE
    return NETWORKS_MADE.format(count, " is" if count == 1 else "s are")


def _found(detection: Detection | None) -> str:
    """What a stopped scan has left."""
    if detection is None:
        return NOTHING_FOUND
    if not detection.complete:
        return BEST_KEPT
    return CLASSES_KEPT if detection.has_lost_pairs else ALL_KEPT
