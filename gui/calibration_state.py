"""What there is of a calibration for the open network, and what its scan has to do with it."""

from dataclasses import dataclass
from typing import Literal

from engine.detection.calibrate import Standing, standing
from engine.detection.known_references import look_up_references
from engine.detection.references import audit_key, find_references
from engine.errors import EngineError
from engine.settings import DetectSettings
from gui.session import Session


@dataclass(frozen=True)
class OwnValues:
    """A preset's own values, where clean networks are known for these and not for the present ones.

    Attributes:
        settings: The present ones with these values.
        present: The present ones.
        networks: How many clean networks there are.
        kind: Which, "borrowed" those of other architectures.
    """

    settings: DetectSettings
    present: DetectSettings
    networks: int
    kind: Literal["references", "borrowed"]


def own_values(session: Session) -> OwnValues | None:
    """What to take back to be compared with clean networks that are there; None if that is idle."""
    present, data = session.settings.detect, session.data
    settings = DetectSettings(preset=present.preset, seed=present.seed)
    if data is None or settings == present:
        return None
    found = look_up_references(data, session.calibration_settings.train, settings).networks
    if found is None or found.basis == "none":
        return None
    if present.preset == "map" and not all(one.pair_l1 for one in found.networks):
        return None
    return OwnValues(settings, present, len(found.networks), found.basis)


def look_up(session: Session) -> Standing | None:
    """What is on the disk for the present settings; None while the images are not loaded."""
    if session.data is None:
        return None
    settings, wanted = session.calibration_settings, session.networks_wanted
    return standing(settings, session.data, wanted, seconds_of_training(session))


def seconds_of_training(session: Session) -> float | None:
    """How long a plain training takes: the last one, or else as the Training tab estimates it."""
    trained = session.trained
    if trained is not None and trained.complete:
        return trained.seconds
    settings, data = session.calibration_settings, session.data
    cost = session.costs.of(settings, session.shape, len(session.class_names))
    if cost is None or data is None:
        return None
    return cost.seconds(len(data.train), settings.train.epochs)


def relation_to_scan(session: Session) -> Literal["", "judged", "waiting", "other"]:
    """What a calibration with the present settings is to the open scan.

    Returns:
        "judged" if all of it was compared with clean networks of its kind, "waiting" if it was not
        and can be, "other" if it was made with other settings, nothing if there is none to judge.
    """
    detection = session.detection
    if detection is None or not detection.complete:
        return ""
    if audit_key(detection.settings) != audit_key(session.settings.detect):
        return "other"
    return "judged" if detection.is_calibrated else "waiting"


def count_shipped(session: Session) -> int:
    """How many clean networks for the present settings come with the program."""
    settings, data = session.calibration_settings, session.data
    if data is None:
        return 0
    try:
        found = find_references(
            data.name, settings.train.architecture, settings.detect, classes=data.test.classes
        )
    except EngineError:
        return 0
    return len(found.networks) if found is not None else 0
