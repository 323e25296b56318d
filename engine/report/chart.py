"""Where things lie in the chart of mask sizes: one row a class, a logarithmic axis of pixels.

The template `chart.svg` draws it. Lengths are units of the drawing, 1 unit is 1 CSS pixel.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.detection.results import FoundTrigger
from engine.report.subject import Subject
from engine.report.words import amount

WIDTH, ROW, VALUES, AXIS = 720, 24, 168, 46
LETTER = 8
MOST_ROWS = 60
LONGEST_NAME = 15
_STEPS = ((1,), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))  # in each power of ten, ever denser
LEAST_TICKS = 4


@dataclass(frozen=True)
class Row:
    """One class.

    Attributes:
        name: Its name, shortened.
        y: The middle of its row.
        x: Where its mask size stands, or None where no trigger was found.
        band: Left end and width of the band of clean networks, or None.
        mark: Left of which a class alone makes a suspicion, or None.
        value: The size with its unit, or what is to be said instead.
        marked: Whether it stands out.
    """

    name: str
    y: int
    x: float | None
    band: tuple[float, float] | None
    mark: float | None
    value: str
    marked: bool


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    has_bands: bool
    has_marks: bool
    left_out: int


def chart_of(subject: Subject) -> Chart:
    """Lay the chart of a scan out; of very many classes, those with the smallest masks."""
    found = sorted(subject.detection.classes, key=_size)[:MOST_ROWS]
    found.sort(key=lambda one: one.label)
    sizes = [
        size
        for one in found
        for size in (_size(one), *(one.usual or ()), one.suspicious_size or 0.0)
    ]
    sizes = [size for size in sizes if math.isfinite(size) and size > 0] or [1.0, 10.0]
    low, high = math.log(min(sizes) / 1.3), math.log(max(sizes) * 1.15)
    names = [_shortened(subject.name_of(one.label)) for one in found]
    left, right = LETTER * max(map(len, names), default=0) + 32, WIDTH - VALUES

    def across(size: float) -> float:
        share = (math.log(max(size, 1e-9)) - low) / (high - low)
        return round(left + min(max(share, 0.0), 1.0) * (right - left), 1)

    marked = set(subject.detection.verdict.targets)
    rows = [
        _row(one, names[number], number, across, marked=one.label in marked)
        for number, one in enumerate(found)
    ]
    bottom = len(rows) * ROW
    return Chart(
        WIDTH,
        bottom + AXIS,
        left,
        right,
        bottom,
        tuple(rows),
        tuple((across(tick), f"{tick:g}") for tick in _ticks(math.exp(low), math.exp(high))),
        any(row.band for row in rows),
        any(row.mark is not None for row in rows),
        len(subject.detection.classes) - len(found),
    )


def _row(
    one: FoundTrigger,
    name: str,
    number: int,
    across: Callable[[float], float],
    *,
    marked: bool,
) -> Row:
    ends = None if one.usual is None else (across(one.usual[0]), across(one.usual[1]))
    size = _size(one)
    return Row(
        name,
        number * ROW + ROW // 2,
        across(size) if math.isfinite(size) else None,
        None if ends is None else (ends[0], round(ends[1] - ends[0], 1)),
        None if one.suspicious_size is None else across(one.suspicious_size),
        f"{amount(size)} px" if math.isfinite(size) else "no trigger found",
        marked,
    )


def _size(found: FoundTrigger) -> float:
    """A mask's size in pixels; infinite where no trigger was found."""
    return found.mask_l1 if found.converged and found.mask_l1 > 0 else math.inf


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two sizes."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks: list[float] = []
    for steps in _STEPS:
        candidates = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        ticks = [tick for tick in candidates if low <= tick <= high]
        if len(ticks) >= LEAST_TICKS:
            break
    return ticks


def _shortened(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    return name[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
