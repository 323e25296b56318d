"""What was open before another scan of the same network began."""

from dataclasses import dataclass
from pathlib import Path

from engine import store
from engine.detection.results import Detection


@dataclass(frozen=True, eq=False)
class EarlierScan:
    """What is put aside while a network is scanned.

    Attributes:
        detection: What the scan before found, or None where there was none.
        folder: Where the experiment was, or None.
    """

    detection: Detection | None
    folder: Path | None

    def has_more_than(self, other: Detection | None) -> bool:
        """Whether one that ended early has left less: not all classes, or no map."""
        if self.detection is None:
            return False
        return other is None or _extent(other) < _extent(self.detection)

    def folder_after(self, folder: Path | None, *, is_back: bool) -> Path | None:
        """Where the experiment is after a scan into `folder`, which goes if nothing is in it.

        Args:
            folder: Where the scan was to be written.
            is_back: Whether the scan before is open again; it may have been moved meanwhile.
        """
        if folder is None or store.remove_if_empty(folder):
            return self.folder
        was_moved = self.folder is not None and not self.folder.exists()
        return self.folder if is_back and not was_moved else folder


def _extent(detection: Detection) -> tuple[bool, bool]:
    return detection.complete, detection.pair_map is not None
