"""How far each tab is, for the mark beside its name."""

from gui.session import Session
from gui.widgets.story_tabs import State


def tab_states(session: Session, *, is_looking: bool) -> tuple[State, State, State]:
    """The states of Attack, Training and Detection.

    Args:
        session: What is open.
        is_looking: Whether a file is looked at that the open scan does not belong to.
    """
    has_data = session.data is not None
    going: State = "paused" if session.is_paused else "running"
    attack: State = "ready" if has_data else "empty"
    training: State = "ready" if has_data else "empty"
    detection: State = "empty" if session.model is None else "ready"
    if session.made_with is not None and not session.stale:
        attack = "done"
    if session.running == "train":
        training = going
    elif session.model is not None and session.losses:  # a stranger's was trained elsewhere
        training = "done" if session.trained is None or session.trained.complete else "stopped"
    if session.running in ("scan", "calibrate"):
        detection = going
    elif session.detection is not None and not is_looking:
        detection = "done" if session.detection.complete else "stopped"
    return attack, training, detection
