"""Clean reference networks: the masks that a scan of each of them found, in figures.

Those for MNIST and Fashion-MNIST ship with the program, in `resources/references/`;
`benchmarks/make_references.py` makes them. A file belongs to one data set, one architecture and one
audit setting: with any other the sizes would not be comparable, and it is not used.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engine.detection.bounds import Bounds
from engine.detection.calibration import LEAST_REFERENCES, Calibration, log_sizes
from engine.detection.mask_forms import weighted
from engine.detection.pair_calibration import PairCalibration, usual_statistics
from engine.detection.reference import Reference
from engine.detection.reference_damage import damage_of
from engine.detection.results import Basis
from engine.detection.schedules import (
    IMAGES_ELSEWHERE,
    PAIRS,
    schedule_of,
    success_of_pairs,
)
from engine.detection.usual_places import UsualPlaces
from engine.errors import EngineError
from engine.files import write_file
from engine.json_files import read_json, to_json
from engine.settings import DetectSettings, Settings

REFERENCE_FOLDER = Path(__file__).parent.parent.parent / "resources" / "references"
SCHEMA = 1
MAX_BYTES = 32 * 2**20  # twenty networks of a hundred classes, with all their pairs, are a third
SettingsT = TypeVar("SettingsT", bound=Settings)


class References(Settings):
    """The clean networks of one data set, architecture and audit setting.

    Attributes:
        schema_number: Of the file's form.
        data: Name of the data set.
        architecture: Name of the architecture.
        audit: Fingerprint of the audit settings, from `audit_key`.
        pixels: H x W of the images.
        networks: The networks.
        pair_places: Where the masks of their pairs lie, as `usual_places.to_text` has it; empty
            where that was not kept, and pairs are not judged by it.
    """

    schema_number: int = Field(SCHEMA, ge=1, le=SCHEMA)
    data: str = Field(max_length=64)
    architecture: str = Field(max_length=64)
    audit: str = Field(max_length=64)
    pixels: int = Field(ge=1)
    networks: tuple[Reference, ...] = Field(max_length=10_000)
    pair_places: str = Field("", max_length=MAX_BYTES)

    def sizes(self) -> NDArray[np.float64]:
        """What classes are judged by: logarithms of mask sizes, N x K, and of forms."""
        return _logs(self.networks, self.pixels)

    def calibration(self) -> Calibration:
        """The calibration that follows from all of the networks."""
        return _calibration(self.networks, self.pixels)

    def pair_calibration(self) -> PairCalibration | None:
        """The calibration of pair maps, or None if these references have none."""
        return _pair_calibration(self.networks, self.pair_places)

    @property
    def knows_forms(self) -> bool:
        """Whether classes are judged by what their masks look like, too."""
        return all(one.forms for one in self.networks)

    def without_forms(self) -> "References":
        """The same, but classes are judged by sizes alone."""
        if not self.knows_forms:
            return self
        networks = [one.without_forms for one in self.networks]
        return self.model_copy(update={"networks": tuple(networks)})

    def without_places(self) -> "References":
        """The same, but pairs are not judged by where their masks lie."""
        return self.model_copy(update={"pair_places": ""})

    def classes_alone(self, detect: DetectSettings) -> "References":
        """As a scan like `detect` would have left them that searches classes alike, but no pairs.

        Args:
            detect: With a preset that `search_classes_alike` and theirs.
        """
        networks = [one.classes_alone for one in self.networks]
        facts = {"audit": audit_key(detect), "networks": networks, "pair_places": ""}
        return References.model_validate(self.model_dump() | facts)

    @property
    def basis(self) -> Basis:
        """What a verdict rests on that compares with these networks."""
        return "references"

    @property
    def kind(self) -> str:
        """What the networks are, for people."""
        return "of the same kind"

    def bounds(self, *, mapped: bool) -> Bounds:
        """The statistics from which a backdoor is suspected, and likely.

        Args:
            mapped: Those of the classes and the pair map together; else those of the classes.
        """
        pairs = self.pair_calibration() if mapped else None
        return Bounds.beside(usual_statistics(self.calibration(), pairs))

    @property
    def least_accuracy(self) -> float:
        """The poorest clean accuracy among the references, 0..1."""
        return min(one.clean_accuracy for one in self.networks)


def _logs(networks: Sequence[Reference], pixels: int) -> NDArray[np.float64]:
    sizes = np.stack(
        [log_sizes(np.array(one.mask_l1), np.array(one.converged), pixels) for one in networks]
    )
    if not all(one.forms for one in networks):
        return sizes
    return sizes + weighted([one.forms for one in networks])


# Remembered by the networks themselves: a copy of references with others has another calibration.
@lru_cache(maxsize=16)
def _calibration(networks: tuple[Reference, ...], pixels: int) -> Calibration:
    return Calibration.of(_logs(networks, pixels))


@lru_cache(maxsize=16)
def _pair_calibration(networks: tuple[Reference, ...], places: str) -> PairCalibration | None:
    if not all(one.pair_l1 for one in networks):
        return None
    logs = np.array([one.pair_logs(placed=bool(places)) for one in networks])
    usual = UsualPlaces.from_text(places, logs.shape[-1]) if places else None
    return PairCalibration.of(logs, len(networks[0].mask_l1), places=usual)


def audit_key(settings: DetectSettings) -> str:
    """Fingerprint of all that decides what a scan finds, its seed aside."""
    facts = asdict(schedule_of(settings)) | {
        "images": settings.images,
        "success_threshold": settings.success_threshold,
    }
    if settings.preset == "map":
        facts["pairs"] = asdict(PAIRS) | {"success": success_of_pairs(settings)}
        facts["images_elsewhere"] = IMAGES_ELSEWHERE
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def file_name(data: str, architecture: str, settings: DetectSettings) -> str:
    """The name of the file of references for a data set, an architecture and a preset."""
    return f"{data}-{architecture}-{settings.preset}.json"


class OtherSettings(EngineError):  # noqa: N818 - it is no fault
    """References that are sound, but of scans with other settings."""


def find_references(
    data: str,
    architecture: str,
    settings: DetectSettings,
    folder: Path = REFERENCE_FOLDER,
    classes: int | None = None,
    pixels: int | None = None,
) -> References | None:
    """The references that fit, or None where there are none.

    Args:
        data: Name of the data set.
        architecture: Name of the architecture.
        settings: How networks are scanned.
        folder: Where references lie.
        classes: K of the data set, where it is known.
        pixels: H x W of its images, where that is known.

    Raises:
        EngineError: There is a file, but it is damaged or was made with other audit settings; the
            sentence says why it is not used.
    """
    path = folder / file_name(data, architecture, settings)
    if not path.is_file():
        return None
    try:
        references = read_sound(References, path)
    except ValueError as problem:
        raise _damaged(path, str(problem)) from problem
    if (references.data, references.architecture) != (data, architecture):
        raise EngineError(
            f"The reference file {path.name} belongs to other networks, so it is not used."
            " Calibrate makes references that fit."
        )
    if references.audit != audit_key(settings):
        raise OtherSettings(
            f"The reference networks in {path.name} were scanned with other settings (images,"
            " success wanted, steps), so they are not used. Take the preset's own values back to"
            " have a calibrated verdict."
        )
    count = len(references.networks)
    if count < LEAST_REFERENCES:
        raise EngineError(
            f"The reference file {path.name} holds {count} network{'s' * (count != 1)}, and"
            f" {LEAST_REFERENCES} are the least, so it is not used. Calibrate makes more."
        )
    damage = damage_of(references, settings.preset, classes, pixels)
    if damage:
        raise _damaged(path, damage)
    return references


def read_sound(group: type[SettingsT], path: Path) -> SettingsT:
    """Read a file of references, or one that has them in it.

    Raises:
        ValueError: It is damaged or cannot be read; a few words say why, since a file may break
            every rule at once.
    """
    try:
        return group.model_validate(read_json(path, MAX_BYTES))
    except ValidationError as error:
        first, *others = error.errors()
        where = " ".join(".".join(map(str, first["loc"])).split())[:60]
        more = f", and {len(others)} more" if others else ""
        raise ValueError(f"{where}: {first['msg'].lower()}{more}") from error
    except EngineError as error:
        first_sentence = str(error).partition(". ")[0].removesuffix(".")
        what = first_sentence.replace("is damaged or not JSON", "is not JSON")
        raise ValueError(what.replace(path.name, "it")) from error


def _damaged(path: Path, why: str) -> EngineError:
    return EngineError(
        f"The reference file {path.name} is damaged ({why}), so it is not used. Restore it from a"
        " copy, or let Calibrate make references that fit."
    )


def write_references(references: References, path: Path) -> None:
    """Write a file of references.

    Raises:
        EngineError: It cannot be written; an earlier one is whole.
    """
    write_file(path, to_json(references.model_dump()))
