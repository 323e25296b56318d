"""A Detection as files: detection.json for scripts, and every float in detection.safetensors."""

import math
import unicodedata
from typing import Annotated, Any

import numpy as np
import safetensors.numpy
from pydantic import AfterValidator, ConfigDict, Field

from engine.detection.results import (
    Basis,
    Detection,
    FoundTrigger,
    Mapping,
    Outcome,
    PairMap,
    Verdict,
)
from engine.errors import EngineError
from engine.files import Tensors, fingerprint, parse_json, to_json
from engine.models import Shape
from engine.settings import DetectSettings, Settings, check
from engine.store.arrays import (
    Arrays,
    arrays_of,
    damaged,
    read_curves,
    read_images,
)
from engine.store.record import check_schema
from engine.triggers import Trigger

SCHEMA = 1
DOCUMENT_KEY = "detection"


def plain_text(text: str) -> str:
    """Drop characters that are not shown but change how the others look, such as controls."""
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


Text = Annotated[str, Field(max_length=4000), AfterValidator(plain_text)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Document(Settings):
    """Part of detection.json; names that a newer program may have added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Class(_Document):
    label: int = Field(ge=0, le=999)
    mask_l1: float | None = None
    success: Share | None = None
    anomaly_index: float | None = None
    z: float | None = None
    converged: bool = False
    iou: Share | None = None
    usual: tuple[float, float] | None = None


class _Pair(_Document):
    source: int = Field(ge=0, le=999)
    target: int = Field(ge=0, le=999)
    mask_l1: float | None = None
    z: float | None = None
    converged: bool = False
    usual: tuple[float, float] | None = None


class _Results(_Document):
    verdict: Outcome
    target: int | None = None
    p_value: Share | None = None
    basis: Basis = "none"
    headline: Text = ""
    explanation: Text = ""
    flagged: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()
    references: int = Field(0, ge=0)
    mapping: Mapping | None = None
    standing_out: tuple[tuple[int, int], ...] = Field(default=(), max_length=1000)
    pairs: tuple[_Pair, ...] = Field(default=(), max_length=1_000_000)
    complete: bool = True
    seconds: float = Field(0.0, ge=0)
    image_passes: int = Field(0, ge=0)
    model_sha256: str = Field("", pattern="^[0-9a-f]{0,64}$")
    numbers_sha256: str = Field("", pattern="^[0-9a-f]{0,64}$")
    clean_accuracy: Share | None = None
    classes: tuple[_Class, ...] = Field(default=(), max_length=1000)
    warnings: tuple[Text, ...] = Field(default=(), max_length=100)
    settings: DetectSettings = DetectSettings()


def to_document(detection: Detection) -> dict[str, Any]:
    """Everything but the arrays, as detection.json holds it; what is not finite becomes null."""
    verdict = detection.verdict
    return {
        "schema": SCHEMA,
        "verdict": verdict.outcome,
        "target": verdict.target,
        "p_value": _finite(verdict.p_value),
        "basis": verdict.basis,
        "headline": verdict.headline,
        "explanation": verdict.explanation,
        "flagged": list(verdict.flagged),
        "targets": list(verdict.targets),
        "references": verdict.references,
        "mapping": verdict.mapping,
        "standing_out": [list(pair) for pair in verdict.pairs],
        "complete": detection.complete,
        "seconds": _finite(detection.seconds),
        "image_passes": int(detection.image_passes),
        "model_sha256": detection.model_sha256,
        "numbers_sha256": fingerprint(arrays_of(detection)),
        "clean_accuracy": _finite(detection.clean_accuracy),
        "classes": [_class_document(found) for found in detection.classes],
        "pairs": [] if detection.pair_map is None else _pair_documents(detection.pair_map),
        "warnings": list(detection.warnings),
        "settings": detection.settings.model_dump(),
    }


def to_tensors(detection: Detection) -> bytes:
    """The content of detection.safetensors: all arrays, and the document in the header.

    Masks are K x H x W, patterns K x C x H x W, curves S x K, float32, without loss.
    """
    document = to_json(to_document(detection)).decode()
    return safetensors.numpy.save(arrays_of(detection), metadata={DOCUMENT_KEY: document})


def from_files(document: bytes | None, tensors: Tensors, shape: Shape) -> Detection:
    """Put a Detection together again.

    Args:
        document: The content of detection.json, or None where it is not there.
        tensors: What detection.safetensors holds.
        shape: C, H, W of the images that the masks must fit.

    Raises:
        EngineError: A value is missing or wrong, or the two files do not belong together.
    """
    results = _choose(document, tensors)
    classes = len(results.classes)
    masks, patterns = read_images(tensors.arrays, "", (classes,), shape)
    return Detection(
        classes=tuple(
            _found(entry, Trigger(mask, pattern))
            for entry, mask, pattern in zip(results.classes, masks, patterns, strict=True)
        ),
        verdict=_verdict(results),
        curves=read_curves(tensors.arrays, classes),
        settings=results.settings,
        model_sha256=results.model_sha256,
        clean_accuracy=_number(results.clean_accuracy),
        seconds=results.seconds,
        image_passes=results.image_passes,
        warnings=results.warnings,
        complete=results.complete,
        pair_map=_pair_map(results, tensors.arrays, shape),
    )


def _choose(document: bytes | None, tensors: Tensors) -> _Results:
    """The results that belong to the arrays: those of detection.json, as a rule.

    Where a kill came between the renaming of the two files, detection.json is missing or that of
    the scan before; the copy in the header of the arrays is then the right one.
    """
    results = None if document is None else _parse(document, "detection.json")
    saved = fingerprint(tensors.arrays)
    if results is None or results.numbers_sha256 != saved:
        copy = tensors.metadata.get(DOCUMENT_KEY, "{}").encode()
        results = _parse(copy, "detection.safetensors")
    if results.numbers_sha256 != saved:
        raise damaged("its numbers are not those that were saved, by their SHA-256")
    return results


def _parse(content: bytes, name: str) -> _Results:
    values = check_schema(parse_json(content, name), name, SCHEMA)
    try:
        return check(_Results, values)
    except EngineError as error:
        raise EngineError(f"{name} is not usable: {error}") from error


def _verdict(results: _Results) -> Verdict:
    return Verdict(
        results.verdict,
        results.target,
        results.p_value,
        results.basis,
        results.flagged,
        results.headline,
        results.explanation,
        results.targets,
        results.references,
        results.mapping,
        results.standing_out,
    )


def _found(entry: _Class, trigger: Trigger) -> FoundTrigger:
    return FoundTrigger(
        entry.label,
        trigger,
        _number(entry.mask_l1),
        _number(entry.success),
        entry.converged,
        entry.anomaly_index,
        entry.z,
        entry.iou,
        entry.usual,
    )


def _class_document(found: FoundTrigger) -> dict[str, Any]:
    return {
        "label": int(found.label),
        "mask_l1": _finite(found.mask_l1),
        "success": _finite(found.success),
        "anomaly_index": _finite(found.anomaly_index),
        "z": _finite(found.z),
        "converged": bool(found.converged),
        "iou": _finite(found.iou),
        "usual": None if found.usual is None else [float(size) for size in found.usual],
    }


def _pair_documents(pair_map: PairMap) -> list[dict[str, Any]]:
    """One entry for each pair that was searched, row by row."""
    scores = pair_map.z if pair_map.z is not None else np.full_like(pair_map.mask_l1, np.nan)
    usual = pair_map.usual
    return [
        {
            "source": int(source),
            "target": int(target),
            "mask_l1": float(pair_map.mask_l1[source, target]),
            "z": _finite(float(scores[source, target])),
            "converged": bool(pair_map.converged[source, target]),
            "usual": None if usual is None else [float(one) for one in usual[source, target]],
        }
        for source, target in np.argwhere(np.isfinite(pair_map.mask_l1))
    ]


def _pair_map(results: _Results, arrays: Arrays, shape: Shape) -> PairMap | None:
    if not results.pairs:
        return None
    classes = len(results.classes)
    masks, patterns = read_images(arrays, "pairs.", (classes, classes), shape)
    sizes = np.full((classes, classes), np.nan, np.float32)
    converged, scores = np.zeros(sizes.shape, np.bool_), sizes.copy()
    usual = np.full((*sizes.shape, 2), np.nan, np.float32)
    for pair in results.pairs:
        if max(pair.source, pair.target) >= classes:
            raise damaged(f"there is no pair {pair.source} to {pair.target}")
        cell = (pair.source, pair.target)
        sizes[cell], scores[cell] = _number(pair.mask_l1), _number(pair.z)
        converged[cell] = pair.converged
        usual[cell] = pair.usual or np.nan
    return PairMap(
        sizes,
        converged,
        masks,
        patterns,
        None if np.isnan(scores).all() else scores,
        None if np.isnan(usual).all() else usual,
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
