"""What detection.json holds, as a schema: names that a newer program added are passed over."""

import math
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from engine.detection.results import Basis, DecidedBy, Mapping, Outcome
from engine.settings import DetectSettings, Settings
from engine.store.record import Computed


def plain_text(text: str) -> str:
    """Drop characters that are not shown but change how the others look, such as controls."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


def finite(value: float | None) -> float | None:
    """A number as a document holds it: what is NaN or infinite becomes null."""
    return None if value is None or not math.isfinite(value) else float(value)


def number(value: float | None) -> float:
    """A number that a document holds; NaN for null."""
    return math.nan if value is None else value


Text = Annotated[str, Field(max_length=4000), AfterValidator(plain_text)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e9)]
Number = Annotated[float, Field(ge=-1e30, le=1e30)]  # as large as float32 holds
Band = tuple[Amount, Amount]
Count = Annotated[int, Field(ge=0, le=10**15)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]


class Document(Settings):
    """Part of detection.json; names that a newer program may have added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class FormDocument(Document):
    """What a mask looks like."""

    opacity: float = Field(gt=0, le=1)
    radius: float = Field(ge=1, le=1e6)


class ClassDocument(Document):
    """One class."""

    label: int = Field(ge=0, le=999)
    mask_l1: Amount | None = None
    success: Share | None = None
    anomaly_index: Number | None = None
    z: Number | None = None
    converged: bool = False
    iou: Share | None = None
    usual: Band | None = None
    hard_pixels: Count | None = None
    hard_success: Share | None = None
    sizes: tuple[Amount, ...] = Field(default=(), max_length=100)
    forms: tuple[FormDocument, ...] = Field(default=(), max_length=100)
    suspicious_size: float | None = Field(None, gt=0, le=1e9)
    usual_form: FormDocument | None = None


class PairDocument(Document):
    """One pair of a source and a target."""

    source: int = Field(ge=0, le=999)
    target: int = Field(ge=0, le=999)
    mask_l1: Amount | None = None
    z: Number | None = None
    success: Share | None = None
    converged: bool = False
    usual: Band | None = None
    sizes: tuple[Amount | None, ...] = Field(default=(), max_length=100)
    elsewhere: Share | None = None
    elsewheres: tuple[Share | None, ...] = Field(default=(), max_length=100)
    usual_elsewhere: Share | None = None
    place_density: Amount | None = None
    usual_place_density: Amount | None = None


class FormatDocument(Document):
    """How a network did under one input format."""

    input_format: Text
    meaning: Text = ""
    clean_accuracy: Share
    loss: float | None = None
    images: Count = 0
    non_finite: Count = 0


class BrightnessRowDocument(Document):
    """How a network answers to one change of brightness or contrast."""

    change: Text
    clean_accuracy: Share
    label: int = Field(ge=0, le=999)
    share: Share
    confidence: Share
    usual: Share | None = None
    suspected: bool = False


class BrightnessDocument(Document):
    """The check of brightness and contrast."""

    rows: tuple[BrightnessRowDocument, ...] = Field(default=(), max_length=100)
    label: int | None = Field(None, ge=0, le=999)
    sentence: Text = ""
    basis: Literal["references", "rule", "none"] = "none"
    references: Count = 0


class PreflightDocument(Document):
    """What was measured before a scan."""

    rates: tuple[FormatDocument, ...] = Field(min_length=1, max_length=100)
    given: Text | None = None
    taken: Text
    proposed: Text
    equally_good: tuple[Text, ...] = Field(default=(), max_length=100)
    clean_accuracy: Share
    images: Count = 0
    brightness: BrightnessDocument | None = None
    seconds: Seconds = 0.0
    warnings: tuple[Text, ...] = Field(default=(), max_length=100)


class DetectionDocument(Document):
    """The whole file."""

    verdict: Outcome
    target: int | None = None
    p_value: Share | None = None
    basis: Basis = "none"
    headline: Text = ""
    explanation: Text = ""
    flagged: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    references: Count = 0
    mapping: Mapping | None = None
    standing_out: tuple[tuple[int, int], ...] = Field(default=(), max_length=1000)
    statistic: Number | None = None
    decided_by: DecidedBy | None = None
    pairs: tuple[PairDocument, ...] = Field(default=(), max_length=1_000_000)
    complete: bool = True
    seconds: Seconds = 0.0
    image_passes: Count = 0
    model_sha256: str = Field("", pattern="^[0-9a-f]{0,64}$")
    numbers_sha256: str = Field("", pattern="^[0-9a-f]{0,64}$")
    clean_accuracy: Share | None = None
    classes: tuple[ClassDocument, ...] = Field(default=(), max_length=1000)
    warnings: tuple[Text, ...] = Field(default=(), max_length=100)
    preflight: PreflightDocument | None = None
    settings: DetectSettings = DetectSettings()
    audit: str = Field("", max_length=64, pattern="^[0-9a-f]*$")
    computed: Computed = Computed()
