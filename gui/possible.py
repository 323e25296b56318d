"""What can be written, paused or stopped now, and why not: menus and buttons ask the same."""

from engine.detection.map_size import check_map_size
from engine.errors import EngineError
from gui.exporting import NO_MODEL, NO_NETWORK, NO_SCAN, NOTHING_TO_SAVE
from gui.run_kinds import Kind
from gui.run_words import NO_ATTACK, busy
from gui.session import NO_NETWORK_YET, Session

NOTHING_RUNS = "Nothing is running now."
STOPPING = "The run is being stopped."
NO_MASKS = "Nothing was searched for in this scan, so there are no masks."
LOOKING = (
    "In tab 3 another network's file is looked at, which has no scan yet. Go back to the scan there"
    " to export it."
)
LOOKING_FOR_MAP = (
    "In tab 3 another network's file is looked at. Use it there, or go back to the scan; then pairs"
    " can be mapped."
)


def run_obstacle(session: Session, kind: Kind | None = None) -> str:
    """Why no run can be paused or stopped, or none of this kind; or nothing."""
    if session.running is None:
        return NOTHING_RUNS
    if kind not in {None, session.running}:
        return f"{busy(session.running, is_paused=session.is_paused)} Show leads to it."
    return STOPPING if session.is_stopping else ""


def start_obstacle(session: Session, kind: Kind) -> str:
    """Why no run of this kind can start now, or nothing."""
    if session.running is not None:
        return busy(session.running, is_paused=session.is_paused)
    if session.data is None:
        return session.choosing.why_no_data
    if kind == "scan" and session.model is None:
        return NO_NETWORK_YET
    return NO_ATTACK if kind == "train" and session.attack_problems() else ""


def numbers_obstacle(session: Session, *, is_looking: bool) -> str:
    """Why a scan's numbers cannot be exported; another network's file has no scan."""
    if session.detection is None:
        return NO_SCAN
    return LOOKING if is_looking else ""


def masks_obstacle(session: Session, *, is_looking: bool) -> str:
    """Why there are no masks to export, or nothing."""
    obstacle = numbers_obstacle(session, is_looking=is_looking)
    has_none = session.detection is not None and not session.detection.classes
    return obstacle or NO_MASKS * has_none


def map_obstacle(session: Session, *, is_looking: bool) -> str:
    """Why no pair map of the network can be searched now, or nothing."""
    obstacle = start_obstacle(session, "scan")
    return obstacle or LOOKING_FOR_MAP * is_looking or map_too_large(session)


def map_too_large(session: Session) -> str:
    """Why a pair map of the network, were it searched, could not be kept; or nothing."""
    if session.model is None:
        return ""
    try:
        check_map_size(session.model.classes, session.model.shape)
    except EngineError as error:
        return str(error)
    return ""


def report_obstacle(session: Session, *, is_looking: bool) -> str:
    """Why no report can be written, or nothing."""
    return numbers_obstacle(session, is_looking=is_looking) or NO_NETWORK * (session.model is None)


def model_obstacle(session: Session) -> str:
    """Why no network can be saved, or nothing."""
    return NO_MODEL * (session.model is None)


def saving_obstacle(session: Session) -> str:
    """Why no experiment can be saved, or nothing."""
    if session.running is not None:
        return busy(session.running, is_paused=session.is_paused)
    return NOTHING_TO_SAVE * (session.folder is None and session.detection is None)


def try_obstacle(session: Session) -> str:
    """Why the default experiment cannot be tried now, or nothing."""
    if session.running is not None:
        return busy(session.running, is_paused=session.is_paused)
    return "" if session.data is not None else session.choosing.why_no_data


def attack_obstacle(session: Session) -> str:
    """Why nothing can be poisoned as the attack stands, or nothing."""
    if session.data is None:
        return session.choosing.why_no_data
    return " ".join(session.attack_problems().values())
