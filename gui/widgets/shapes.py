"""Which cells a tool touches: brushes, lines, rectangles, fills and mirror images. No Qt.

Each answer is an H x W array of bool; what lies outside the drawing is left out.
"""

from dataclasses import dataclass
from enum import Enum, Flag

import numpy as np
from numpy.typing import NDArray

from gui.widgets.layers import Area, Cell

Touched = NDArray[np.bool_]
LARGEST_BRUSH = 16


class BrushShape(Enum):
    """The form of the brush."""

    SQUARE = "square"
    ROUND = "round"


class Symmetry(Flag):
    """Where a stroke is drawn again, mirrored at the middle of the drawing."""

    NONE = 0
    LEFT_RIGHT = 1
    TOP_BOTTOM = 2
    BOTH = 3


@dataclass(frozen=True)
class Brush:
    """What pencil, eraser and line draw with.

    Attributes:
        size: Cells from side to side, 1 to `LARGEST_BRUSH`.
        shape: Square, or as round as so few cells can be.
    """

    size: int = 1
    shape: BrushShape = BrushShape.SQUARE

    def cells(self) -> Touched:
        """The cells of one touch, size x size."""
        if self.shape is BrushShape.SQUARE:
            return np.ones((self.size, self.size), np.bool_)
        # Twice the distance from the middle, so that all numbers are whole.
        away = 2 * np.arange(self.size) - (self.size - 1)
        near: Touched = away[:, None] ** 2 + away**2 <= max(self.size**2 - 2, 0)
        return near

    @property
    def reach(self) -> int:
        """How many cells of it lie above, and how many left of, the cell that is pointed at."""
        return (self.size - 1) // 2


def line(size: tuple[int, int], start: Cell, end: Cell, brush: Brush) -> Touched:
    """The cells of a line without gaps; both ends may lie outside."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
    rows = np.floor(np.linspace(start[0], end[0], steps) + 0.5).astype(np.int64)
    columns = np.floor(np.linspace(start[1], end[1], steps) + 0.5).astype(np.int64)
    down, right = np.nonzero(brush.cells())
    all_rows = (rows[:, None] + down - brush.reach).ravel()
    all_columns = (columns[:, None] + right - brush.reach).ravel()
    inside = (all_rows >= 0) & (all_rows < size[0])
    inside &= (all_columns >= 0) & (all_columns < size[1])
    touched = np.zeros(size, np.bool_)
    touched[all_rows[inside], all_columns[inside]] = True
    return touched


def rectangle(size: tuple[int, int], corner: Cell, opposite: Cell) -> Touched:
    """The cells between two cells, both included."""
    touched = np.zeros(size, np.bool_)
    area = Area.between(corner, opposite, size)
    if area is not None:
        touched[area.slices] = True
    return touched


def connected(area: Touched, cell: Cell) -> Touched:
    """The part of an H x W area that a cell of it reaches by steps up, down, left and right."""
    reached = np.zeros_like(area)
    reached[cell] = area[cell]
    count = -1
    while count != (count := int(np.count_nonzero(reached))):
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        reached = grown & area
    return reached


def mirrored(touched: Touched, symmetry: Symmetry) -> Touched:
    """These cells and their mirror images."""
    if Symmetry.LEFT_RIGHT in symmetry:
        touched = touched | touched[:, ::-1]
    if Symmetry.TOP_BOTTOM in symmetry:
        touched = touched | touched[::-1]
    return touched


def mirror_cells(size: tuple[int, int], cell: Cell, symmetry: Symmetry) -> list[Cell]:
    """A cell of the drawing and its mirror images, each once, the cell itself first."""
    alone = np.zeros(size, np.bool_)
    alone[cell] = True
    rows, columns = np.nonzero(mirrored(alone, symmetry))
    images = list(zip(rows.tolist(), columns.tolist(), strict=True))
    return [cell, *(image for image in images if image != cell)]


def straightened(start: Cell, end: Cell) -> Cell:
    """The end of a line that runs level, upright or at 45 degrees, nearest to the wanted one."""
    down, right = end[0] - start[0], end[1] - start[1]
    if 2 * abs(down) < abs(right):
        return start[0], end[1]
    if 2 * abs(right) < abs(down):
        return end[0], start[1]
    return squared(start, end)


def squared(start: Cell, end: Cell) -> Cell:
    """The opposite corner of the square that spans as far as the wanted rectangle's long side."""
    down, right = end[0] - start[0], end[1] - start[1]
    side = max(abs(down), abs(right))
    return start[0] + (side if down >= 0 else -side), start[1] + (side if right >= 0 else -side)
