"""A Pre-flight as part of detection.json."""

import math
from dataclasses import asdict
from typing import Any

from engine.opening.results import BrightnessCheck, BrightnessRow, FormatRate, Preflight
from engine.store.documents import BrightnessDocument, PreflightDocument


def preflight_document(preflight: Preflight | None) -> dict[str, Any] | None:
    """All of it as plain values; a loss that is infinite becomes null."""
    if preflight is None:
        return None
    document = asdict(preflight)
    for rate in document["rates"]:
        rate["loss"] = rate["loss"] if math.isfinite(rate["loss"]) else None
    return document


def read_preflight(document: PreflightDocument | None) -> Preflight | None:
    """Put a Preflight together again."""
    if document is None:
        return None
    rates = tuple(
        FormatRate(
            one.input_format,
            one.meaning,
            one.clean_accuracy,
            math.inf if one.loss is None else one.loss,
            one.images,
            one.non_finite,
        )
        for one in document.rates
    )
    return Preflight(
        rates,
        document.given,
        document.taken,
        document.proposed,
        document.equally_good,
        document.clean_accuracy,
        document.images,
        _brightness(document.brightness),
        document.seconds,
        document.warnings,
    )


def _brightness(document: BrightnessDocument | None) -> BrightnessCheck | None:
    if document is None:
        return None
    return BrightnessCheck(
        tuple(
            BrightnessRow(
                row.change,
                row.clean_accuracy,
                row.label,
                row.share,
                row.confidence,
                row.usual,
                row.suspected,
            )
            for row in document.rows
        ),
        document.label,
        document.sentence,
        document.basis,
        document.references,
    )
