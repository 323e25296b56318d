"""What the Detection tab says before there is a verdict."""

from typing import Literal

from gui import run_words
from gui.scan_record import ScanRecord
from gui.session import NO_NETWORK_YET, Session

LEARNING = "The network is being trained in tab 2; it can be scanned when that has ended."
LEARNING_PAUSED = (
    "The training of the network is paused in tab 2; it can be scanned when that has ended."
)
INVITATION = "Press Start to search for the smallest trigger that leads to each class."
SEARCHING = (
    "For every class, the search shrinks a trigger that turns other images into it. A backdoor's"
    " class needs far fewer pixels than the others."
)
SEARCHING_PAIRS = (
    "The classes are done; now a trigger for every pair of classes. A backdoor that moves chosen"
    " classes only stands out in the map."
)
PAUSED = (
    "The search is paused. What it has found so far is below; Resume goes on from here, Stop ends"
    " it."
)
ENDED = "The scan ended without a verdict. What was found until then is below; scan again."
STALE = "The settings have changed since this scan; Start scans with the new ones."
PLACEHOLDER = (
    "One tile for each class will appear here: the mask, the pattern and both on a sample of the"
    " smallest trigger that turns other images into that class.\n\nBeside them, a chart of the"
    " mask sizes: the class of a backdoor stands out to the left."
)


def look(session: Session) -> Literal["none", "searching", "paused"]:
    """How far a scan without a verdict is."""
    if session.running != "scan":
        return "none"
    return "paused" if session.is_paused else "searching"


def sentence(session: Session, record: ScanRecord) -> str:
    """Where a scan without a verdict stands, or what to do for one."""
    if session.running == "scan" and session.is_paused:
        return PAUSED
    if session.running == "scan":
        return SEARCHING_PAIRS if record.has_all_classes else SEARCHING
    if session.running == "train":
        return LEARNING_PAUSED if session.is_paused else LEARNING
    if session.model is None:
        return run_words.after(session, "a network can be trained in tab 2") or NO_NETWORK_YET
    if session.running is not None:
        return run_words.after(session, "the scan can start")
    return ENDED if record.has_begun else INVITATION
