"""The scan that was open before another one of the same network began."""

from dataclasses import dataclass
from pathlib import Path

from engine.detection.results import Detection


@dataclass(frozen=True, eq=False)
class EarlierScan:
    """What is put aside while its network is scanned again.

    Attributes:
        detection: What it found.
        folder: Where it lies.
    """

    detection: Detection
    folder: Path | None

    @classmethod
    def of(cls, detection: Detection | None, folder: Path | None) -> "EarlierScan | None":
        """The open scan, or None where there is none."""
        return None if detection is None else cls(detection, folder)

    def has_more_than(self, other: Detection | None) -> bool:
        """Whether one that ended early has left less: not all classes, or no map."""
        return other is None or _extent(other) < _extent(self.detection)


def _extent(detection: Detection) -> tuple[bool, bool]:
    return detection.complete, detection.pair_map is not None
