"""Whether a remembered scan is what the program would make today of the same first search.

When to search a borderline network again, and how often, depends on the references and on how
scores are made of sizes. Both may change without a remembered scan being any other: it stands where
today's rule, step by step, would have ended where it did. Of maps only the mean of all searches is
remembered, so that a borderline one stands as long as nothing changes that it depends on.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.judged_networks import SHAPE
from benchmarks.scan_figures import found_of, pair_map_of
from benchmarks.zoo import Entry, scan_key
from engine.detection.calibration import logs_of
from engine.detection.mask_forms import weighted
from engine.detection.references import References, audit_key, find_references
from engine.detection.schedules import PRESETS, passes_of_pairs
from engine.detection.steadying import RULE, is_borderline, is_clear
from engine.detection.steadying_maps import is_borderline_map
from engine.settings import DetectSettings


def stands(figures: dict[str, Any], preset: str) -> bool:
    """Whether a network's scan is remembered, and as it would be made today."""
    if preset not in figures["scans"]:
        return False
    scan, entry = figures["scans"][preset], Entry.from_facts(figures["entry"])
    references = _references(preset, entry.data, entry.recipe.train.architecture)
    made, today = figures["audits"].get(preset, {}), keys_of(entry, [preset])[preset]
    if references is None or made.get("audit") != today["audit"]:
        return made == today
    if references.knows_forms and not scan.get("radii"):
        return False
    if not classes_stand(scan, SHAPE, references):
        return False
    if preset == "map" and references.pair_places and not scan.get("pair_places"):
        return False
    return preset != "map" or made == today or map_stands(scan, SHAPE, references)


def keys_of(entry: Entry, presets: Iterable[str]) -> dict[str, dict[str, str]]:
    """Fingerprints of a network's scans as they are made today.

    One of the audit settings, one of all that decides how often borderline cases are searched.
    """
    architecture = entry.recipe.train.architecture
    return {
        preset: {
            "audit": audit_key(DetectSettings(preset=preset)),
            "again": _scan_key(preset, entry.data, architecture),
        }
        for preset in presets
    }


@cache
def _scan_key(preset: str, data: str, architecture: str) -> str:
    return scan_key(DetectSettings(preset=preset), data, architecture)


@cache
def _references(preset: str, data: str, architecture: str) -> References | None:
    return find_references(data, architecture, DetectSettings(preset=preset))


def classes_stand(
    scan: dict[str, Any], shape: tuple[int, int, int], references: References
) -> bool:
    """Whether the classes were searched as often as they would be today.

    Args:
        scan: As `figures_of` made them.
        shape: C x H x W of the images.
        references: What the scan is compared with today.
    """
    logs = _of_searches(scan, references)
    first = [replace(one, sizes=(), forms=one.forms[:1]) for one in found_of(scan, shape)]
    if not is_borderline(first, references):
        return not len(logs)
    ends = [
        count for count in range(RULE.least, len(logs) + 1) if _decide(logs[:count], references)
    ]
    return (ends[0] if ends else RULE.most) == len(logs)


def map_stands(scan: dict[str, Any], shape: tuple[int, int, int], references: References) -> bool:
    """Whether the pairs were searched once, and would be so today.

    Args:
        scan: As `figures_of` made them, of a scan with a map.
        shape: C x H x W of the images.
        references: What the scan is compared with today.
    """
    pairs = pair_map_of(scan, shape)
    assert pairs is not None
    return _maps(scan) == 1 and not is_borderline_map(pairs, references)


def _maps(scan: dict[str, Any]) -> int:
    """How many maps were made: from their image passes, of which they have by far the most."""
    classes, standard = len(scan["mask_l1"]), PRESETS["standard"]
    searches = max(len(scan["sizes"][0]), 1)
    passes = searches * classes * standard.steps * standard.batches * standard.images
    # Classes and pairs without a mask that works are left before the last step.
    return max(round((scan["image_passes"] - passes) / passes_of_pairs(classes)), 1)


def _of_searches(scan: dict[str, Any], references: References) -> NDArray[np.float64]:
    """Logarithms that are compared, S x K, of all searches; none where there was one."""
    if not all(scan["sizes"]):
        return np.empty((0, len(scan["sizes"])))
    logs = logs_of(np.array(scan["sizes"]).T)
    if references.knows_forms:
        logs += weighted(np.array([scan["opacities"], scan["radii"]]).T)
    return logs


def _decide(logs: NDArray[np.float64], references: References) -> bool:
    def statistic(mean: NDArray[np.float64]) -> float:
        return float(references.calibration().scores(mean).max())

    return is_clear(logs, statistic, references.bounds(mapped=False))
