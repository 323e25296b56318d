"""A scan's masks beside those of clean networks: scores, bands, and a verdict given anew."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.detection.borrowing import CleanNetworks
from engine.detection.calibration import LEAST_REFERENCES
from engine.detection.evidence import (
    calibration_of_pairs,
    comparable,
    logs_beside,
    sizes_of,
    suspicious_score,
)
from engine.detection.mask_forms import Form, weighted
from engine.detection.references import audit_key
from engine.detection.results import Detection, FoundTrigger, PairMap, Verdict
from engine.detection.verdict import decide
from engine.errors import EngineError

LEAST_TOLD = 0.1  # pixels; a smaller mask is as good as none


def compare(
    found: Sequence[FoundTrigger], references: CleanNetworks, pair_map: PairMap | None = None
) -> list[FoundTrigger]:
    """Add to each class its score against clean networks, and the sizes that are usual there.

    Args:
        found: What was found for each class.
        references: Clean networks to compare with.
        pair_map: What was found for each pair, if that takes part in the verdict.
    """
    calibration = references.calibration()
    logs = logs_beside(found, references)
    # Bars are told as the sizes of masks that look as usual, strokes as those of masks like these.
    usual = _added_in_clean(references)
    added = np.where([one.converged for one in found], logs - sizes_of(found), usual)
    pixels = found[0].trigger.mask.size  # either may be moved beyond the image
    bands = np.minimum(np.exp(-usual) * calibration.usual_sizes(logs), pixels)
    at_bound = calibration.sizes_at(logs, suspicious_score(references, pair_map))
    least = np.minimum(np.exp(-added) * at_bound, pixels)
    columns = zip(calibration.scores(logs), *bands, least, usual_forms(references), strict=True)
    return [
        replace(
            one,
            z=float(z),
            usual=(float(low), float(high)),
            suspicious_size=float(size) if size >= LEAST_TOLD else None,
            usual_form=form,
        )
        for one, (z, low, high, size, form) in zip(found, columns, strict=True)
    ]


def usual_forms(references: CleanNetworks) -> list[Form | None]:
    """The middle figures of those masks of each class that worked in clean networks, if known."""
    worked = np.array([one.converged for one in references.networks])
    if not references.knows_forms:
        return [None] * worked.shape[1]
    forms = np.array([one.forms for one in references.networks])
    return [
        Form(*np.median(forms[worked[:, label], label], axis=0).tolist())
        if worked[:, label].any()
        else None
        for label in range(worked.shape[1])
    ]


def _added_in_clean(references: CleanNetworks) -> NDArray[np.float64]:
    """What the usual forms add to the K logarithms of sizes; where no mask worked, the image's."""
    if not references.knows_forms:
        return np.zeros(len(references.networks[0].mask_l1))
    first = [Form(*one) for one in references.networks[0].forms]
    usual = zip(usual_forms(references), first, strict=True)
    return weighted([own or whole for own, whole in usual])


def as_judged(found: Sequence[FoundTrigger], verdict: Verdict) -> tuple[FoundTrigger, ...]:
    """The classes as they are kept: where there is no verdict, no size is suspicious."""
    if verdict.outcome != "not_auditable":
        return tuple(found)
    return tuple(replace(one, suspicious_size=None) for one in found)


def compare_map(pair_map: PairMap | None, references: CleanNetworks) -> PairMap | None:
    """Add to each pair its score against clean networks.

    Where these have no maps, nothing is left of what it was compared with before.
    """
    calibration = calibration_of_pairs(pair_map, references)
    if pair_map is None:
        return None
    if calibration is None:
        return replace(
            pair_map, z=None, usual=None, usual_elsewhere=None,
            place_density=None, usual_place_density=None, usual_places=None,
        )  # fmt: skip
    logs = calibration.logs(pair_map)
    bands = np.minimum(calibration.usual_sizes(logs), pair_map.masks[0, 0].size)
    return replace(
        calibration.place(pair_map),
        z=calibration.scores(logs).astype(np.float32),
        usual=bands.astype(np.float32),
        usual_elsewhere=calibration.usual_shares().astype(np.float32),
    )


def judge_again(
    detection: Detection, references: CleanNetworks, class_names: Sequence[str]
) -> Detection:
    """Give the verdict on a finished scan anew, beside other clean networks; nothing is scanned.

    Raises:
        EngineError: The scan was stopped early; or the references are too few, were scanned in
            another way or have other classes, so that their sizes cannot be compared with its own.
    """
    if not detection.complete:
        raise EngineError("The scan was stopped before its end. Scan again to have a verdict.")
    count, labels = len(references.networks), len(detection.classes)
    if count < LEAST_REFERENCES:
        raise EngineError(
            f"{LEAST_REFERENCES} clean networks are the least to judge by, and there"
            f" {'is' if count == 1 else 'are'} {count}. Calibrate more."
        )
    fits = len(references.networks[0].mask_l1) == labels
    if references.audit != _audit_of(detection) or not fits:
        raise EngineError(
            "The clean networks were scanned with other settings than this network, so their sizes"
            " cannot be compared with its own. Scan again with the present settings."
        )
    references = comparable(references, detection.classes)
    found = compare(detection.classes, references, detection.pair_map)
    pair_map = compare_map(detection.pair_map, references)
    verdict = decide(
        found, class_names, detection.clean_accuracy, references=references, pair_map=pair_map
    )
    classes = as_judged(found, verdict)
    return replace(detection, classes=classes, verdict=verdict, pair_map=pair_map)


def _audit_of(detection: Detection) -> str:
    """How a scan was made; a map of an older version may have searched its pairs otherwise."""
    if detection.audit or detection.pair_map is not None:
        return detection.audit
    return audit_key(detection.settings)
