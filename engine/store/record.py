"""experiment.json: the settings of an experiment, what made it, and how it came out."""

import datetime as dt
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from engine.errors import EngineError
from engine.json_files import read_json, to_json
from engine.metrics import Rates
from engine.settings import ComputeSettings, ExperimentSettings, Settings, check
from engine.store.images import ImageFacts
from engine.version import VERSION

FILE_NAME = "experiment.json"
SCHEMA = 1
MAX_BYTES = 2**20
Share = Annotated[float, Field(ge=0, le=1)]
Labels = Annotated[tuple[int, ...], Field(max_length=1000)]


class NewerVersionError(EngineError):
    """A file of a newer version of this program, which only that can read."""


class _Part(Settings):
    """Part of the file; names that a newer program may have added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Computed(_Part):
    """Where the numbers were computed; the same seed repeats only on the same ground."""

    device: str = Field("", max_length=100)
    precision: str = Field("", max_length=100)
    threads: int = Field(0, ge=0, le=10**6)

    def as_settings(self) -> ComputeSettings | None:
        """The settings that compute on the same ground; None where it was not noted."""
        try:
            return check(ComputeSettings, self.model_dump()) if self.device else None
        except EngineError:  # a device that only another version knows
            return None


class Results(_Part):
    """How the training came out; None where nothing was measured yet.

    Attributes:
        clean_accuracy: Share of clean test images classified rightly, 0..1.
        attack_success: Share of stamped test images of other classes taken for the target, 0..1.
        sham_rate: The same with the mask set to zero.
        bystander_rate: Share of stamped test images of classes that a source-specific attack shall
            leave alone, taken for the target.
        images: How many test images the rates were measured on.
        complete: Whether the training ran to its end.
        seconds: How long it took.
        predicted_clean: The network's classes of the sample images.
        predicted_stamped: The same with the trigger.
    """

    clean_accuracy: Share | None = None
    attack_success: Share | None = None
    sham_rate: Share | None = None
    bystander_rate: Share | None = None
    images: int = Field(0, ge=0, le=10**15)
    complete: bool = False
    seconds: float = Field(0.0, ge=0, le=1e12)
    predicted_clean: Labels = ()
    predicted_stamped: Labels = ()

    @property
    def rates(self) -> Rates | None:
        """The rates, or None where not all were measured."""
        rates = self.clean_accuracy, self.attack_success, self.sham_rate
        if rates[0] is None or rates[1] is None or rates[2] is None:
            return None
        return Rates(rates[0], rates[1], rates[2], self.images, self.bystander_rate)


LONGEST_FILE_NAME = 200


class Record(_Part):
    """Everything in experiment.json but the number of its schema.

    Attributes:
        settings: All settings; `attack.trigger` names a preset or a PNG beside the file.
        created: When the run began, ISO 8601 in UTC.
        versions: Version numbers of the program and of what it stands on.
        computed: Where the training was computed; empty before there was one.
        images: What its images are, or None where that was not noted.
        has_trigger: Whether trigger.png belongs to the experiment.
        model_sha256: SHA-256 of model.safetensors, or None before there is one.
        model_file: Name of the file that somebody else's network was read from, or nothing.
        results: How the training came out.
    """

    settings: ExperimentSettings = ExperimentSettings()
    created: str = Field("", max_length=100)
    versions: dict[str, str] = Field(default_factory=dict, max_length=100)
    computed: Computed = Computed()
    images: ImageFacts | None = None
    has_trigger: bool = False
    model_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    model_file: str = Field("", max_length=300)
    results: Results = Results()

    @classmethod
    def begin(
        cls, settings: ExperimentSettings, images: ImageFacts | None, *, has_trigger: bool
    ) -> Self:
        """The record of a run that begins now."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return cls(
            settings=settings, created=now, versions=_versions(), images=images,
            has_trigger=has_trigger,
        )  # fmt: skip

    def to_bytes(self) -> bytes:
        """The record as the file's content."""
        return to_json({"schema": SCHEMA, **self.model_dump()})


def read_record(folder: Path) -> Record:
    """Read and check the experiment.json of a folder.

    Raises:
        EngineError: It is missing, damaged, from a newer version, or a value in it is wrong.
    """
    return _checked(_experiment_file(folder))


def read_settings(path: Path) -> ExperimentSettings:
    """Read the settings of an experiment: its folder, or a file like experiment.json.

    Settings that the file does not mention have their defaults. A trigger that it names must be
    a preset or a PNG beside it, so that a stranger's file cannot reach for other files.

    Raises:
        EngineError: It cannot be read, is damaged, from a newer version, or a value is wrong.
    """
    path = _experiment_file(path) if path.is_dir() else path
    record = _checked(Path(os.path.realpath(path)))
    if "settings" not in record.model_fields_set:
        raise EngineError(
            f"{path.name} is no file of an experiment: it holds no settings. Choose the"
            f" {FILE_NAME} that a run wrote, or its folder."
        )
    settings = record.settings
    if Path(settings.attack.trigger).name != settings.attack.trigger or "\\" in (
        settings.attack.trigger
    ):
        raise EngineError(
            f"{path.name} names a trigger outside its own folder. Put the PNG beside it, or give"
            " its path with --set attack.trigger=PATH."
        )
    return settings


def check_schema(document: dict[str, Any], name: str, newest: int) -> dict[str, Any]:
    """Check the schema number of a document, and return the rest of it.

    Raises:
        NewerVersionError: The number is larger than `newest`.
        EngineError: It is wrong.
    """
    schema = document.get("schema", newest)
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise EngineError(f"{name} is damaged: its schema number is wrong. Restore it from a copy.")
    if schema > newest:
        raise NewerVersionError(
            f"{name} was written by a newer version of this program (schema {schema}, this one"
            f" reads {newest}). Update the program to open it."
        )
    return {key: value for key, value in document.items() if key != "schema"}


def _experiment_file(folder: Path) -> Path:
    path = folder / FILE_NAME
    if not path.exists():
        raise EngineError(
            f"{folder} holds no experiment: there is no {FILE_NAME} in it. Choose the folder that"
            " a run wrote."
        )
    return path


def _checked(path: Path) -> Record:
    values = check_schema(read_json(path, MAX_BYTES), path.name, SCHEMA)
    try:
        return check(Record, values)
    except EngineError as error:
        raise EngineError(f"{path.name} is not usable: {error}") from error


def _versions() -> dict[str, str]:
    """Versions by name, read from what is installed, so that torch need not be imported."""
    versions = {"backdoor-studio": VERSION, "python": platform.python_version()}
    for name in ("torch", "torchvision", "numpy", "safetensors"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
