"""A logarithmic scale: where sizes stand on it, and which of them have a mark."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True)
class LogScale:
    """From `low` to `high`, both positive; sizes beyond stand at its ends."""

    low: float = 1.0
    high: float = 1000.0

    @classmethod
    def reaching(cls, least: float, high: float) -> "LogScale":
        """The scale from the power of ten at or below `least` to `high`."""
        return cls(10.0 ** floor(log10(least)), high)

    def share(self, size: float) -> float:
        """Where a positive size stands, from 0 at the low end to 1 at the high one."""
        share = (log10(size) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return min(max(share, 0.0), 1.0)

    def marks(self) -> Iterator[float]:
        """The powers of ten on it, except one at the very end."""
        return (10.0**power for power in range(round(log10(self.low)), ceil(log10(self.high))))
