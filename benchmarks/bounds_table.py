"""The table of docs/detection-benchmark.md that says from where on the verdict accuses."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.scan_document import table
from engine.detection.bounds import RARE, SIGNIFICANCE
from engine.detection.pair_calibration import usual_statistics
from engine.detection.references import References

HEADER = (
    "networks", "scan", "references", "suspicious from", "likely from",
    "largest of a reference", "references suspicious by both",
)  # fmt: skip
WORDS = f"""What is suspicious follows from the references, so that about one clean network in
{round(1 / RARE)} reaches it; a chance of 5 % or less is wanted as well. Each reference is left out
of its own comparison."""


def bounds_table(found: Mapping[tuple[str, str, str], References]) -> list[str]:
    """The section: a row for each set of references.

    Args:
        found: Title of the data, architecture and preset; and what scans are compared with.
    """
    rows, accused, count = [], 0, 0
    for (title, architecture, preset), references in found.items():
        pairs = references.pair_calibration() if preset == "map" else None
        statistics = usual_statistics(references.calibration(), pairs)
        bounds = references.bounds(mapped=pairs is not None)
        these = _accused(statistics, bounds.suspicious)
        accused, count = accused + these, count + len(statistics)
        rows.append(
            (
                f"{title}, {architecture}", preset, len(statistics), *bounds,
                f"{statistics.max():.1f}", f"{these} of {len(statistics)}",
            )
        )  # fmt: skip
    together = f"Together {accused} of {count} would be suspected."
    return ["## From where on it accuses", "", WORDS, "", *table(HEADER, rows), together, ""]


def _accused(statistics: NDArray[np.float64], suspicious: float) -> int:
    """How many reach the bound and have a chance of 5 % or less among the others and itself."""
    chances = (statistics[None] >= statistics[:, None]).mean(axis=1)
    return int(np.count_nonzero((statistics >= suspicious) & (chances <= SIGNIFICANCE)))
