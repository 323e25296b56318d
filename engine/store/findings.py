"""A Detection as files: detection.json for scripts, and every float in detection.safetensors."""

import hashlib
import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, Field

from engine.detection.results import (
    Basis,
    Detection,
    FoundTrigger,
    Outcome,
    PairMap,
    ScanCurves,
    Verdict,
)
from engine.detection.results import (
    Mapping as BackdoorMapping,
)
from engine.errors import EngineError
from engine.files import Tensors, parse_json, to_json
from engine.models import Shape
from engine.settings import DetectSettings, Settings, check
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
    mapping: BackdoorMapping | None = None
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
        "numbers_sha256": _fingerprint(_arrays(detection)),
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
    return safetensors.numpy.save(_arrays(detection), metadata={DOCUMENT_KEY: document})


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
    masks, patterns, curves = _check_arrays(tensors.arrays, len(results.classes), shape)
    return Detection(
        classes=tuple(
            _found(entry, Trigger(mask, pattern))
            for entry, mask, pattern in zip(results.classes, masks, patterns, strict=True)
        ),
        verdict=_verdict(results),
        curves=curves,
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
    fingerprint = _fingerprint(tensors.arrays)
    if results is None or results.numbers_sha256 != fingerprint:
        copy = tensors.metadata.get(DOCUMENT_KEY, "{}").encode()
        results = _parse(copy, "detection.safetensors")
    if results.numbers_sha256 != fingerprint:
        raise _damaged("its numbers are not those that were saved, by their SHA-256")
    return results


def _parse(content: bytes, name: str) -> _Results:
    values = check_schema(parse_json(content, name), name, SCHEMA)
    try:
        return check(_Results, values)
    except EngineError as error:
        raise EngineError(f"{name} is not usable: {error}") from error


def _fingerprint(arrays: Mapping[str, NDArray[np.generic]]) -> str:
    """SHA-256 over all arrays, their names, types and shapes."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _arrays(detection: Detection) -> dict[str, NDArray[np.generic]]:
    curves = detection.curves
    pair_map = detection.pair_map
    pairs: dict[str, NDArray[np.generic]] = {}
    if pair_map is not None:
        pairs = {
            "pairs.masks": np.ascontiguousarray(pair_map.masks, np.float32),
            "pairs.patterns": np.ascontiguousarray(pair_map.patterns, np.float32),
        }
    return pairs | {
        "masks": _stack([found.trigger.mask for found in detection.classes], 3),
        "patterns": _stack([found.trigger.pattern for found in detection.classes], 4),
        "curves.mask_l1": np.ascontiguousarray(curves.mask_l1, np.float32),
        "curves.success": np.ascontiguousarray(curves.success, np.float32),
        "curves.penalty": np.ascontiguousarray(curves.penalty, np.float32),
    }


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


def _pair_map(
    results: _Results, arrays: dict[str, NDArray[np.generic]], shape: Shape
) -> PairMap | None:
    if not results.pairs:
        return None
    classes = len(results.classes)
    channels, height, width = shape
    masks = _array(arrays, "pairs.masks", (classes, classes, height, width))
    patterns = _array(arrays, "pairs.patterns", (classes, classes, channels, height, width))
    sizes = np.full((classes, classes), np.nan, np.float32)
    converged, scores = np.zeros(sizes.shape, np.bool_), sizes.copy()
    usual = np.full((*sizes.shape, 2), np.nan, np.float32)
    for pair in results.pairs:
        if max(pair.source, pair.target) >= classes:
            raise _damaged(f"there is no pair {pair.source} to {pair.target}")
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


def _check_arrays(
    arrays: dict[str, NDArray[np.generic]], classes: int, shape: Shape
) -> tuple[NDArray[np.float32], NDArray[np.float32], ScanCurves]:
    """Masks, patterns and curves, once their shapes, types and ranges are known to be right."""
    channels, height, width = shape
    masks = _array(arrays, "masks", (classes, height, width))
    patterns = _array(arrays, "patterns", (classes, channels, height, width))
    for name, array in (("masks", masks), ("patterns", patterns)):
        # A rounding error beyond the range is no damage.
        if array.size and not (np.abs(array - np.float32(0.5)) <= 0.501).all():
            raise _damaged(f"{name} holds values outside 0..1")
    steps = sum(arrays["curves.mask_l1"].shape[:1]) if "curves.mask_l1" in arrays else 0
    curves = [
        _array(arrays, f"curves.{name}", (steps, classes))
        for name in ("mask_l1", "success", "penalty")
    ]
    return masks, patterns, ScanCurves(*curves)


def _array(
    arrays: dict[str, NDArray[np.generic]], name: str, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    array = arrays.get(name)
    if array is None:
        raise _damaged(f"{name} is missing")
    if array.dtype != np.float32 or (array.shape != shape and array.size + math.prod(shape)):
        wanted, found = "x".join(map(str, shape)), "x".join(map(str, array.shape))
        raise _damaged(f"{name} is {found} {array.dtype} instead of {wanted} float32")
    return array.astype(np.float32, copy=False).reshape(shape)


def _damaged(reason: str) -> EngineError:
    return EngineError(f"detection.safetensors is damaged: {reason}. Restore it from a copy.")


def _stack(arrays: Sequence[NDArray[np.float32]], dimensions: int) -> NDArray[np.float32]:
    if not arrays:
        return np.zeros((0,) * dimensions, np.float32)
    return np.ascontiguousarray(np.stack(arrays), np.float32)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
