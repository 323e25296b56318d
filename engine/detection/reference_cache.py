"""What calibrations leave: the figures of clean networks, each in a file of its own.

They lie below the user's data folder, or where BACKDOOR_STUDIO_REFERENCES says, in one folder for
each data set, architecture, training and audit. A file says what it belongs to, and is whole or
not there, so that a calibration goes on where it was killed. The finished set, `references.json`,
is what scans compare with.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import platformdirs
from pydantic import Field

from engine.data import DataSet
from engine.detection.recipes import Recipe, around, draw
from engine.detection.reference import Reference
from engine.detection.reference_damage import are_possible, has_all_classes
from engine.detection.reference_places import with_places
from engine.detection.references import MAX_BYTES, References, audit_key
from engine.detection.usual_places import from_text
from engine.errors import EngineError
from engine.files import sweep, write_error, write_file
from engine.json_files import read_json, to_json
from engine.settings import DetectSettings, Settings, TrainSettings, check

FOLDER_VARIABLE = "BACKDOOR_STUDIO_REFERENCES"
SEED = 20260101  # of all recipes: every machine makes the same networks
SCHEMA = 1
MOST_NETWORKS = 1000
FINISHED = "references.json"
_NETWORK = re.compile(r"network-(\d{4})\.json")


class Belonging(Settings):
    """What clean networks are good for.

    Attributes:
        data: Name of the data set.
        fingerprint: SHA-256 of its images and labels.
        train: The training that their recipes are drawn around.
        preset: Of the scan.
        audit: Fingerprint of the scan's settings.
        classes: K.
        pixels: H x W.
    """

    data: str = Field(max_length=64)
    fingerprint: str = Field(pattern="^[0-9a-f]{64}$")
    train: TrainSettings
    preset: str = Field(max_length=32)
    audit: str = Field(pattern="^[0-9a-f]{16}$")
    classes: int = Field(ge=2, le=1000)
    pixels: int = Field(ge=1)

    @classmethod
    def of(cls, data_set: DataSet, train: TrainSettings, detect: DetectSettings) -> Self:
        """What networks for this data, training and scan belong to."""
        _, height, width = data_set.test.shape
        return cls(
            data=data_set.name[:64],
            fingerprint=data_set.fingerprint,
            train=around(train),
            preset=detect.preset,
            audit=audit_key(detect),
            classes=data_set.test.classes,
            pixels=height * width,
        )

    @property
    def key(self) -> str:
        """Fingerprint of all of it."""
        facts = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


class CleanNetwork(Settings):
    """One clean network's file.

    Attributes:
        schema_number: Of the file's form.
        key: Of what it belongs to.
        number: From 0; its recipe follows from it and from `attempt`.
        attempt: How many recipes before did not learn.
        recipe: How it was trained.
        seconds: How long training and scan took.
        figures: What the scan found.
        pair_places: Where the masks of its pairs lie, as `usual_places.to_text` has it; empty
            where no pairs were searched, or by an older version.
    """

    schema_number: int = Field(SCHEMA, ge=1, le=SCHEMA)
    key: str = Field(max_length=64)
    number: int = Field(ge=0, lt=MOST_NETWORKS)
    attempt: int = Field(ge=0, le=100)
    recipe: Recipe
    seconds: float = Field(ge=0)
    figures: Reference
    pair_places: str = Field("", max_length=MAX_BYTES)


class FinishedSet(Settings):
    """The file of a finished calibration."""

    schema_number: int = Field(SCHEMA, ge=1, le=SCHEMA)
    belonging: Belonging
    references: References


@dataclass(frozen=True)
class ReferenceSet:
    """The clean networks of one data set, architecture, training and audit, on the disk."""

    belonging: Belonging
    root: Path

    @classmethod
    def of(
        cls,
        data_set: DataSet,
        train: TrainSettings,
        detect: DetectSettings,
        root: Path | None = None,
    ) -> Self:
        """The set for this data, training and scan; whether it is there or not."""
        return cls(Belonging.of(data_set, train, detect), root or cache_folder())

    @cached_property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.root / folder_name(self.belonging)

    def claim(self) -> None:
        """Make its folder, and clear away what a killed program left half written.

        Raises:
            EngineError: It cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            sweep(self.folder)
        except OSError as error:
            raise write_error(self.folder, error) from error

    @property
    def is_begun(self) -> bool:
        """Whether a network of it was made, or tried to be kept."""
        return bool(self._numbers())

    def networks(self) -> tuple[dict[int, CleanNetwork], list[str]]:
        """All networks that can be used, by number, and for each of the others what is wrong."""
        found, problems = {}, []
        for number in self._numbers():
            try:
                found[number] = self.read(number)
            except EngineError as problem:
                problems.append(str(problem))
        return found, problems

    def read(self, number: int) -> CleanNetwork:
        """One network's figures.

        Raises:
            EngineError: The file is missing, damaged, or belongs to something else.
        """
        path = self._path(number)
        content = read_json(path, MAX_BYTES)
        try:
            network = check(CleanNetwork, content)
        except EngineError as problem:
            raise EngineError(f"{path.name} is damaged: not used.") from problem
        about = self.belonging
        if (network.key, network.number) != (about.key, number):
            raise EngineError(f"{path.name} belongs to other networks: not used.")
        if network.recipe != draw(about.train, SEED, number, network.attempt):
            raise EngineError(f"{path.name} was trained by another version's recipe: not used.")
        if not self._is_whole(network.figures) or not self._has_places(network):
            raise EngineError(f"{path.name} is damaged, sizes are missing or impossible: not used.")
        return network

    def write(self, network: CleanNetwork) -> None:
        """Keep one network's figures.

        Raises:
            EngineError: They cannot be written.
        """
        write_file(self._path(network.number), to_json(network.model_dump(mode="json")))

    def finish(self, networks: dict[int, CleanNetwork]) -> References:
        """Join networks to references, and keep them for scans.

        Raises:
            EngineError: They cannot be written.
        """
        about = self.belonging
        references = References(
            data=about.data,
            architecture=about.train.architecture,
            audit=about.audit,
            pixels=about.pixels,
            networks=tuple(networks[number].figures for number in sorted(networks)),
        )
        texts = [networks[number].pair_places for number in sorted(networks)]
        placed = with_places(references, texts)
        for found in (placed, references):
            finished = FinishedSet(belonging=about, references=found)
            content = to_json(finished.model_dump(mode="json"))
            if len(content) <= MAX_BYTES:  # otherwise nothing could read it again
                break
        write_file(self.folder / FINISHED, content)
        return found

    def _numbers(self) -> list[int]:
        names = self.folder.iterdir() if self.folder.is_dir() else ()
        matches = (_NETWORK.fullmatch(path.name) for path in names)
        return sorted(int(match[1]) for match in matches if match)[:MOST_NETWORKS]

    def _path(self, number: int) -> Path:
        return self.folder / f"network-{number:04}.json"

    def _has_places(self, network: CleanNetwork) -> bool:
        """Whether where its masks lie can be read, or is not told."""
        if not network.pair_places:
            return True
        try:
            from_text(network.pair_places, len(network.figures.pair_l1))
        except ValueError:
            return False
        return True

    def _is_whole(self, figures: Reference) -> bool:
        classes, pixels = self.belonging.classes, self.belonging.pixels
        pairs = classes * (classes - 1) if self.belonging.preset == "map" else 0
        return (
            has_all_classes(figures, classes)
            and len(figures.pair_l1) == len(figures.pair_elsewhere) == pairs
            and are_possible(figures, pixels)
        )


def cache_folder() -> Path:
    """Where calibrations are kept."""
    said = os.environ.get(FOLDER_VARIABLE)
    return Path(said) if said else platformdirs.user_data_path("backdoor-studio") / "references"


def folder_name(about: Belonging) -> str:
    """The name of a set's folder: readable, and safe on every disk."""
    return f"{stem(about)}-{about.key}"


def stem(about: Belonging) -> str:
    """What the folders of all sets of this data, architecture and preset begin with."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", about.data)[:40]
    return f"{name}-{about.train.architecture}-{about.preset}"
