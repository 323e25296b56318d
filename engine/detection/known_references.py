"""Which clean networks a scan is compared with: those that ship, or those of a calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.data import DataSet
from engine.detection import references as shipped
from engine.detection.borrowing import CleanNetworks, borrow_references
from engine.detection.calibration import LEAST_REFERENCES
from engine.detection.recipes import covers
from engine.detection.reference_cache import (
    FINISHED,
    Belonging,
    FinishedSet,
    cache_folder,
    folder_name,
    stem,
)
from engine.detection.reference_damage import damage_of
from engine.detection.references import OtherSettings, References, read_sound
from engine.detection.schedules import PRESETS, search_classes_alike
from engine.errors import EngineError
from engine.settings import DetectSettings, TrainSettings

NO_PAIRS = (
    "Clean networks of this network's own kind were scanned with the preset Standard only, which"
    " searches no pairs."
)
CLASSES_ALONE = (
    f"{NO_PAIRS} So the verdict rests on the classes alone, and the map of pairs decides nothing."
    " Calibrate with the preset Map to have the pairs judged as well."
)
OF_OTHERS = (
    f"{NO_PAIRS} Those of other kinds are compared in their place. Calibrate with the preset Map to"
    " have the pairs judged beside its own kind."
)


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

    Where there are none for Standard, those for Map do as well, and the other way round, since
    both search the classes alike. Those for Standard have no pairs, though: for a map they come
    last, because nobody asks for one but for its pairs.

    Args:
        data_set: What the network under audit was trained on.
        train: How it was trained, as far as that is known; its architecture always counts.
        detect: How it is scanned.
        root: Where calibrations lie, or None for the user's own folder.
    """
    problems: list[EngineError] = []
    found = _of_its_own_kind(data_set, train, detect, root, problems)
    # What is made for Standard lies with Map's: why that is not used is to be said as well.
    why = problems if detect.preset != "map" else []
    classes = _for_classes(data_set, train, detect, root, why) if found is None else None
    if detect.preset != "map":
        found = found or classes
    if found is not None:
        # With what other settings something else was scanned is of no interest then.
        problems = [one for one in problems if not isinstance(one, OtherSettings)]
        return Known(found, _sentences(problems))
    borrowed, left_out = borrow_references(
        data_set.name, train.architecture, data_set.test.classes, detect, pixels=_pixels(data_set)
    )
    notes = _sentences([*problems, *left_out])
    if classes is None:
        return Known(borrowed, notes)
    return Known(borrowed or classes, (*notes, OF_OTHERS if borrowed else CLASSES_ALONE))


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
        found = shipped.find_references(
            data_set.name, train.architecture, detect,
            classes=data_set.test.classes, pixels=_pixels(data_set),
        )  # fmt: skip
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


def _for_classes(
    data_set: DataSet,
    train: TrainSettings,
    detect: DetectSettings,
    root: Path | None,
    problems: list[EngineError],
) -> References | None:
    """What networks of its own kind needed for their classes, scanned with a preset like this one.

    They are as a scan with this very preset would have left them, but for the pairs. Why others
    are not used is added to `problems`.
    """
    for preset in PRESETS:
        if preset == detect.preset or not search_classes_alike(preset, detect.preset):
            continue
        alike = detect.model_copy(update={"preset": preset})
        found = _of_its_own_kind(data_set, train, alike, root, problems)
        if found is not None:
            return found.classes_alone(detect)
    return None


def _sentences(problems: Sequence[EngineError]) -> tuple[str, ...]:
    """What is wrong; of several that were scanned with other settings the first stands for all."""
    others = [one for one in problems if isinstance(one, OtherSettings)]
    return tuple(str(one) for one in problems if one not in others[1:])


def _pixels(data_set: DataSet) -> int:
    _, height, width = data_set.test.shape
    return height * width


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
            reasons.append(reason)
    if reasons:
        raise reasons[0]
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
        finished = read_sound(FinishedSet, folder / FINISHED)
    except ValueError as problem:
        raise EngineError(
            f"The references in {folder.name} are damaged ({problem}), so they are not used."
            " Calibrate makes them again from their networks."
        ) from problem
    unused = "The references in {} {}, so they are not used. Calibrate makes some that fit."
    misfit = _misfit(finished, wanted)
    if misfit:
        raise EngineError(unused.format(folder.name, misfit))
    if {finished.belonging.audit, finished.references.audit} != {wanted.audit}:
        others = "were scanned with other settings (images, success wanted, steps)"
        raise OtherSettings(unused.format(folder.name, others))
    damage = damage_of(finished.references, wanted.preset, wanted.classes, wanted.pixels)
    if damage:
        raise EngineError(unused.format(folder.name, f"are damaged ({damage})"))
    return finished.references


def _misfit(finished: FinishedSet, wanted: Belonging) -> str:
    """Why references are none for `wanted`, however they were scanned, or nothing."""
    there, references = finished.belonging, finished.references
    if there.fingerprint != wanted.fingerprint:
        return "were made with other images of this name"
    if not covers(there.train, wanted.train):
        return "were trained in another way (epochs, batch size, learning rate or width)"
    count = len(references.networks)
    if count < LEAST_REFERENCES:
        return (
            f"hold only {count} network{'s' * (count != 1)}, and {LEAST_REFERENCES} are the least"
        )
    return ""
