"""A Detection as files: detection.json for scripts, and every float in detection.safetensors."""

import json
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from engine.detection.mask_forms import Form
from engine.detection.results import (
    Detection,
    FoundTrigger,
    HardTrigger,
    Verdict,
)
from engine.errors import EngineError
from engine.files import fingerprint
from engine.json_files import Rows, parse_json, to_json
from engine.models import Shape
from engine.settings import check
from engine.store.arrays import (
    arrays_of,
    damaged,
    read_curves,
    read_hard_patterns,
    read_images,
)
from engine.store.documents import ClassDocument, DetectionDocument, FormDocument, finite, number
from engine.store.pair_arrays import arrays_of_pairs, has_numbers_of_pairs
from engine.store.pairs import pair_documents, pairs_searched, read_pair_map
from engine.store.plausible import check_classes
from engine.store.preflight import preflight_document, read_preflight
from engine.store.record import check_schema
from engine.tensor_files import Tensors
from engine.triggers import Trigger

SCHEMA = 1
DOCUMENT_KEY = "detection"
_NOT_OF_VERDICT = frozenset({"classes", "pairs", "preflight"})  # long, and slow to check
_IN_ARRAYS = frozenset({"pairs"})


def to_document(detection: Detection) -> dict[str, Any]:
    """Everything but the arrays, as detection.json holds it; what is not finite becomes null."""
    pair_map = detection.pair_map
    return {
        **without_pairs(detection),
        "pairs_searched": 0 if pair_map is None else pairs_searched(pair_map),
        "pairs": Rows([] if pair_map is None else pair_documents(pair_map)),
    }


def to_json_file(detection: Detection) -> bytes:
    """The content of detection.json: as indented as any, but with each pair on one line."""
    return to_json(to_document(detection))


def without_pairs(detection: Detection) -> dict[str, Any]:
    """The document but for the pairs, whose arrays `numbers_sha256` stands for.

    It has a few kB a class, however many pairs there are.
    """
    verdict = detection.verdict
    return {
        "schema": SCHEMA,
        "verdict": verdict.outcome,
        "target": verdict.target,
        "p_value": finite(verdict.p_value),
        "basis": verdict.basis,
        "headline": verdict.headline,
        "explanation": verdict.explanation,
        "flagged": list(verdict.flagged),
        "targets": list(verdict.targets),
        "references": verdict.references,
        "mapping": verdict.mapping,
        "standing_out": [list(pair) for pair in verdict.pairs],
        "statistic": finite(verdict.statistic),
        "decided_by": verdict.decided_by,
        "complete": detection.complete,
        "seconds": finite(detection.seconds),
        "image_passes": int(detection.image_passes),
        "model_sha256": detection.model_sha256,
        "numbers_sha256": fingerprint(_all_arrays(detection)),
        "clean_accuracy": finite(detection.clean_accuracy),
        "classes": [_class_document(found) for found in detection.classes],
        "warnings": list(detection.warnings),
        "preflight": preflight_document(detection.preflight),
        "settings": detection.settings.model_dump(),
        "audit": detection.audit,
        "computed": {} if detection.computed is None else detection.computed.model_dump(),
    }


def to_tensors(detection: Detection) -> bytes:
    """The content of detection.safetensors: all arrays, without loss, and the rest in the header.

    Those of the classes are described in `arrays.arrays_of`, those of the pairs in
    `pair_arrays.arrays_of_pairs`.
    """
    document = json.dumps(without_pairs(detection), allow_nan=False)
    return safetensors.numpy.save(_all_arrays(detection), metadata={DOCUMENT_KEY: document})


def _all_arrays(detection: Detection) -> dict[str, NDArray[np.generic]]:
    pair_map = detection.pair_map
    return arrays_of(detection) | ({} if pair_map is None else arrays_of_pairs(pair_map))


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
    check_classes(results.classes, shape)
    classes = len(results.classes)
    masks, patterns = read_images(tensors.arrays, "", (classes,), shape)
    hard = read_hard_patterns(tensors.arrays, classes, shape)
    return Detection(
        classes=tuple(
            _found(entry, Trigger(masks[at], patterns[at]), None if hard is None else hard[at])
            for at, entry in enumerate(results.classes)
        ),
        verdict=_verdict(results),
        curves=read_curves(tensors.arrays, classes),
        settings=results.settings,
        model_sha256=results.model_sha256,
        clean_accuracy=number(results.clean_accuracy),
        seconds=results.seconds,
        image_passes=results.image_passes,
        warnings=results.warnings,
        complete=results.complete,
        pair_map=read_pair_map(results, tensors.arrays, shape),
        preflight=read_preflight(results.preflight),
        audit=results.audit,
        computed=results.computed.as_settings(),
    )


@dataclass(frozen=True)
class ScanOutcome:
    """How a scan came out, without what it found.

    Attributes:
        verdict: Its verdict.
        complete: Whether the scan ran to its end.
        has_shortcut: Whether the check before it suspected a brightness shortcut.
    """

    verdict: Verdict
    complete: bool
    has_shortcut: bool


def read_outcome(document: bytes) -> ScanOutcome:
    """Read how a scan came out, alone, from the content of detection.json.

    Raises:
        EngineError: It is damaged, or from a newer version.
    """
    values = parse_json(document, "detection.json")
    kept = {key: value for key, value in values.items() if key not in _NOT_OF_VERDICT}
    results = _checked(kept, "detection.json")
    return ScanOutcome(_verdict(results), results.complete, _suspects_shortcut(values))


def _suspects_shortcut(values: dict[str, Any]) -> bool:
    """Read no more of the checks than that: all of their rows would take long to validate."""
    try:
        return values["preflight"]["brightness"]["label"] is not None
    except (KeyError, TypeError):  # there were none, or somebody changed the file
        return False


def names_only(verdict: Verdict, classes: int) -> bool:
    """Whether a verdict names no class but those that there are."""
    named = [*verdict.targets, *verdict.flagged, *(one for pair in verdict.pairs for one in pair)]
    if verdict.target is not None:
        named.append(verdict.target)
    return all(0 <= label < classes for label in named)


def _choose(document: bytes | None, tensors: Tensors) -> DetectionDocument:
    """The results that belong to the arrays: those of detection.json, as a rule.

    Where a kill came between the renaming of the two files, detection.json is missing or that of
    the scan before; the copy in the header of the arrays is then the right one.
    """
    skips = _IN_ARRAYS if has_numbers_of_pairs(tensors.arrays) else frozenset[str]()
    results = None if document is None else _parse(document, "detection.json", skips)
    saved = fingerprint(tensors.arrays)
    if results is None or results.numbers_sha256 != saved:
        copy = tensors.metadata.get(DOCUMENT_KEY, "{}").encode()
        results = _parse(copy, "detection.safetensors", skips)
    if results.numbers_sha256 != saved:
        raise damaged("its numbers are not those that were saved, by their SHA-256")
    return results


def _parse(content: bytes, name: str, skips: Set[str]) -> DetectionDocument:
    values = parse_json(content, name)
    return _checked({key: value for key, value in values.items() if key not in skips}, name)


def _checked(values: dict[str, Any], name: str) -> DetectionDocument:
    values = check_schema(values, name, SCHEMA)
    try:
        return check(DetectionDocument, values)
    except EngineError as error:
        raise EngineError(f"{name} is not usable: {error}") from error


def _verdict(results: DetectionDocument) -> Verdict:
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
        results.statistic,
        results.decided_by,
    )


def _found(
    entry: ClassDocument, trigger: Trigger, hard_pattern: NDArray[np.float32] | None
) -> FoundTrigger:
    hard = None
    if hard_pattern is not None and entry.hard_success is not None:
        hard = HardTrigger(Trigger(trigger.hard.mask, hard_pattern), entry.hard_success)
    return FoundTrigger(
        entry.label,
        trigger,
        number(entry.mask_l1),
        number(entry.success),
        entry.converged,
        entry.anomaly_index,
        entry.z,
        entry.iou,
        entry.usual,
        hard,
        entry.sizes,
        tuple(_form(one) for one in entry.forms),
        entry.suspicious_size,
        None if entry.usual_form is None else _form(entry.usual_form),
    )


def _form(entry: FormDocument) -> Form:
    return Form(entry.opacity, entry.radius)


def _form_document(form: Form) -> dict[str, float]:
    return {"opacity": float(form.opacity), "radius": float(form.radius)}


def _class_document(found: FoundTrigger) -> dict[str, Any]:
    return {
        "label": int(found.label),
        "mask_l1": finite(found.mask_l1),
        "success": finite(found.success),
        "anomaly_index": finite(found.anomaly_index),
        "z": finite(found.z),
        "converged": bool(found.converged),
        "iou": finite(found.iou),
        "usual": None if found.usual is None else [float(size) for size in found.usual],
        "hard_pixels": None if found.hard is None else found.hard.trigger.pixels,
        "hard_success": None if found.hard is None else finite(found.hard.success),
        "sizes": [float(size) for size in found.sizes],
        "forms": [_form_document(one) for one in found.forms],
        "suspicious_size": finite(found.suspicious_size),
        "usual_form": found.usual_form and _form_document(found.usual_form),
    }
