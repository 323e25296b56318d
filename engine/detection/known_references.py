"""Which clean networks a scan is compared with: those that ship, or those of a calibration."""

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


def known_references(
    data_set: DataSet, train: TrainSettings, detect: DetectSettings, root: Path | None = None
) -> CleanNetworks | None:
    """The references for networks of this data and training, searched with these settings.

    Those that ship come first, then the user's calibrations, and last those of other
    architectures, borrowed.

    Args:
        data_set: What the network under audit was trained on.
        train: How it was trained, as far as that is known; its architecture always counts.
        detect: How it is scanned.
        root: Where calibrations lie, or None for the user's own folder.

    Returns:
        None where there are none at all.

    Raises:
        EngineError: There are some, but they do not fit; the sentence says why.
    """
    reason = None
    try:
        found = shipped.find_references(data_set.name, train.architecture, detect)
    except EngineError as problem:
        found, reason = None, problem
    if found is None:
        try:
            found = find_cached(data_set, train, detect, root)
        except EngineError as problem:
            reason = reason or problem
    if found is None and reason is not None:
        raise reason
    return found or borrow_references(
        data_set.name, train.architecture, data_set.test.classes, detect
    )


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
        raise EngineError(
            f"The calibration in {folder.name} is not finished ({count} clean networks so far), so"
            " it is not used. Calibrate goes on with the next network."
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
        return f"are only {len(references.networks)} networks, and {LEAST_REFERENCES} are the least"
    sizes = {len(one.mask_l1) for one in references.networks}
    fits = sizes == {wanted.classes} and references.pixels == wanted.pixels
    if not (fits and is_consistent(references)):
        return "are damaged, sizes are missing"
    return ""
