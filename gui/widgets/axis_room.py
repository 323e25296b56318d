"""How much room the numbers beside a plot's axes take: it grows with the system's font."""

from dataclasses import dataclass
from math import ceil

from PySide6.QtGui import QFontMetricsF

from gui import theme

WIDEST, USUAL = "0.0001", "5,000"  # on an axis of heights; on one of steps
TICK_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)


@dataclass(frozen=True)
class AxisRoom:
    """Sizes in pixels.

    Attributes:
        width: Of the axis at the left.
        height: Of the axis below.
        edge: Beyond the last tick of a height, for half its number.
        side: Beyond the last tick of a step, for half its number.
        apart: From one tick of a step to the next.
    """

    width: int
    height: int
    edge: int
    side: int
    apart: int

    @classmethod
    def of_font(cls) -> "AxisRoom":
        """For numbers in small text."""
        metrics = QFontMetricsF(theme.text_font("small", tabular=True))
        line, usual = metrics.height(), metrics.horizontalAdvance(USUAL)
        return cls(
            width=ceil(metrics.horizontalAdvance(WIDEST)) + theme.SPACING,
            height=ceil(line) + theme.SPACING // 2,
            edge=ceil(line / 2) + 2,
            side=max(2 * theme.SPACING, ceil(usual / 2) + 2),
            apart=ceil(usual) + theme.SPACING,
        )


def whole_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Whole numbers from `low` to `high` and their texts, at most about so many."""
    step = next((step for step in TICK_STEPS if (high - low) / step <= most), TICK_STEPS[-1])
    first = -int(-low // step) * step
    return [(float(tick), f"{tick:,}") for tick in range(first, int(high) + 1, step)]
