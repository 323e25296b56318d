"""Where the size beside a dot of the chart of mask sizes stands, clear of all that is there."""

from dataclasses import dataclass

from PySide6.QtGui import QFontMetricsF

GAP = 4


@dataclass(frozen=True)
class Row:
    """What lies in a row, across, in the viewport's pixels.

    Attributes:
        dot: The middle of the dot.
        radius: Of the largest dot.
        name_end: Where the class's name ends.
        end: Where the row ends.
        stroke: From where on the class is suspicious, or None.
        bar: Where the bar of clean networks begins and ends, or None.
    """

    dot: float
    radius: float
    name_end: float
    end: float
    stroke: float | None
    bar: tuple[float, float] | None


def value_place(word: str, number: str, row: Row, metrics: QFontMetricsF) -> tuple[str, float]:
    """What is written, and where it begins: the word with its number, or the number alone.

    At the right of the dot, and of a bar around it, if it ends before the stroke, the bar and the
    row do, or else at the left of all of them. The number alone may lie on the bar, and stands
    behind the stroke where nothing is free.
    """
    right, left = row.dot + row.radius + GAP, row.dot - row.radius - GAP
    if row.bar is not None and row.bar[0] <= row.dot < row.bar[1] + GAP:
        behind = max(row.bar[1] + GAP, right)
        for text in (word, number):
            if behind + metrics.horizontalAdvance(text) < row.end:
                return text, behind
        before = min(row.bar[0], left, left if row.stroke is None else row.stroke) - GAP
        for text in (word, number):
            if before - metrics.horizontalAdvance(text) >= row.name_end:
                return text, before - metrics.horizontalAdvance(text)
    ends = [row.end, *(one for one in (row.stroke,) if one is not None and one > row.dot)]
    with_bar = ends if row.bar is None or row.bar[0] < right else [*ends, row.bar[0]]
    for text, edges in ((word, with_bar), (number, ends)):
        width = metrics.horizontalAdvance(text)
        if right + width < min(edges):
            return text, right
        if left - width >= row.name_end:
            return text, left - width
    return number, right if len(ends) == 1 else min(ends) + GAP
