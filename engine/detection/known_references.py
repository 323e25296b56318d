"""Which clean networks a scan is compared with: those that ship, or those of a calibration."""

from dataclasses import dataclass
from pathlib import Path

from engine.data import DataSet
from engine.detection import references as shipped
from engine.detection.borrowing import CleanNetworks, borrow_references
from engine.detection.calibration import LEAST_REFERENCES
from engine.detection.recipes import covers
from engine.detection.reference_cache import (
    FINISHED,
    MAX_BYTES,
    Belonging,
    FinishedSet,
    cache_folder,
    folder_name,
    stem,
)
from engine.detection.references import References, is_consistent
from engine.errors import EngineError
from engine.files import read_json
from engine.settings import DetectSettings, TrainSettings, check


@dataclass(frozen=True)
class Known:
    """What a scan is compared with.

    Attributes:
        networks: The clean networks, or None where there are none that fit.
        notes: Which others there are, and why they are not used, in sentences.
    """

    networks: CleanNetworks | None
    notes: tuple[str, ...] = ()


def look_up_references(
    data_set: DataSet, train: TrainSettings, detect: DetectSettings, root: Path | None = None
) -> Known:
    """The references for networks of this data and training, searched with these settings.

    Those that ship come first, then the user's calibrations, and last those of other
    architectures, borrowed. What does not fit or is damaged is passed over, as if it were not
    there, so that a calibration that was only begun makes no verdict worse.

    Args:
        data_set: What the network under audit was trained on.
        train: How it was trained, as far as that is known; its architecture always counts.
        detect: How it is scanned.
        root: Where calibrations lie, or None for the user's own folder.
    """
    problems: list[EngineError] = []
    found = _of_its_own_kind(data_set, train, detect, root, problems)
    if found is not None:
        return Known(found)
    borrowed = borrow_references(data_set.name, train.architecture, data_set.test.classes, detect)
    return Known(borrowed, tuple(str(problem) for problem in problems))


def known_references(
    data_set: DataSet, train: TrainSettings, detect: DetectSettings, root: Path | None = None
) -> CleanNetworks | None:
    """The networks that `look_up_references` finds, or None where there are none at all.

    Raises:
        EngineError: There are some, but none that fit; the sentences say why.
    """
    found = look_up_references(data_set, train, detect, root)
    if found.networks is None and found.notes:
        raise EngineError(" ".join(found.notes))
    return found.networks


def _of_its_own_kind(
    data_set: DataSet,
    train: TrainSettings,
    detect: DetectSettings,
    root: Path | None,
    problems: list[EngineError],
) -> References | None:
    """Those that ship or else those of a calibration; why not is added to `problems`."""
    try:
        found = shipped.find_references(data_set.name, train.architecture, detect)
    except EngineError as problem:
        found = None
        problems.append(problem)
    if found is not None:
        return found
    try:
        return find_cached(data_set, train, detect, root)
    except EngineError as problem:
        problems.append(problem)
    return None


def find_cached(
    data_set: DataSet, train: TrainSettings, detect: DetectSettings, root: Path | None = None
) -> References | None:
    """The references of a finished calibration that fit, or None where there was no calibration.

    Data and audit must be the same. The training must be the same as well, or one that the
    recipes may be drawn for: they vary it on purpose.

    Raises:
        EngineError: There is a calibration, but it does not fit, is damaged or not finished; the
            sentence says why it is not used.
    """
    root = root or cache_folder()
    if not root.is_dir():
        return None  # and the data need not be looked at
    wanted = Belonging.of(data_set, train, detect)
    exact = root / folder_name(wanted)
    near = sorted(root.glob(f"{stem(wanted)}-*"))
    reasons = []
    for folder in [exact] * exact.is_dir() + [one for one in near if one != exact]:
        try:
            return _read_finished(folder, wanted)
        except EngineError as reason:
            reasons.append(str(reason))
    if reasons:
        raise EngineError(reasons[0])
    return None


def _read_finished(folder: Path, wanted: Belonging) -> References:
    if not (folder / FINISHED).is_file():
        count = sum(1 for path in folder.glob("network-*.json"))
        so_far = f"{count} clean network{'s' * (count != 1)} so far"
        raise EngineError(
            f"The calibration in {folder.name} is not finished ({so_far}), so it is not used."
            " Calibrate goes on with the next network."
        )
    try:
        finished = check(FinishedSet, read_json(folder / FINISHED, MAX_BYTES))
    except EngineError as error:
        raise EngineError(
            f"The references in {folder.name} are damaged, so they are not used ({error})."
            " Calibrate makes them again from their networks."
        ) from error
    misfit = _misfit(finished, wanted)
    if misfit:
        raise EngineError(
            f"The references in {folder.name} {misfit}, so they are not used. Calibrate makes some"
            " that fit."
        )
    return finished.references


def _misfit(finished: FinishedSet, wanted: Belonging) -> str:
    """Why references are none for `wanted`, or nothing."""
    there, references = finished.belonging, finished.references
    if there.fingerprint != wanted.fingerprint:
        return "were made with other images of this name"
    if there.audit != wanted.audit or references.audit != wanted.audit:
        return "were scanned with other settings (images, success wanted, steps)"
    if not covers(there.train, wanted.train):
        return "were trained in another way (epochs, batch size, learning rate or width)"
    if len(references.networks) < LEAST_REFERENCES:
        count = len(references.networks)
        return (
            f"hold only {count} network{'s' * (count != 1)}, and {LEAST_REFERENCES} are the least"
        )
    sizes = {len(one.mask_l1) for one in references.networks}
    fits = sizes == {wanted.classes} and references.pixels == wanted.pixels
    if not (fits and is_consistent(references)):
        return "are damaged, sizes are missing"
    return ""
