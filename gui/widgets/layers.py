"""One state of a drawing as bytes, and rectangles of it. No Qt.

A cell is (row, column).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.triggers import Trigger

Cell = tuple[int, int]
BLANK = 255


@dataclass(frozen=True)
class Paint:
    """What a stroke leaves in a cell.

    Attributes:
        colour: C values, 0..255: the pattern.
        opacity: 0..255: the mask. 0 erases.
    """

    colour: tuple[int, ...]
    opacity: int


@dataclass(frozen=True)
class Area:
    """A rectangle of cells.

    Attributes:
        top: Its first row.
        left: Its first column.
        rows: How many rows, at least 1.
        columns: How many columns, at least 1.
    """

    top: int
    left: int
    rows: int
    columns: int

    @classmethod
    def between(cls, corner: Cell, opposite: Cell, size: tuple[int, int]) -> "Area | None":
        """The part of a drawing of H x W between two cells, both included; None if all outside."""
        top, bottom = sorted((corner[0], opposite[0]))
        left, right = sorted((corner[1], opposite[1]))
        top, left = max(top, 0), max(left, 0)
        rows, columns = min(bottom + 1, size[0]) - top, min(right + 1, size[1]) - left
        return cls(top, left, rows, columns) if rows > 0 and columns > 0 else None

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.top + self.rows), slice(self.left, self.left + self.columns)

    def contains(self, cell: Cell) -> bool:
        """Whether a cell lies in it."""
        down, right = cell[0] - self.top, cell[1] - self.left
        return 0 <= down < self.rows and 0 <= right < self.columns


@dataclass(frozen=True, eq=False)
class Layers:
    """The arrays of one state; they are never written to once it stands in the history.

    Attributes:
        pattern: C x H x W, uint8.
        opacity: H x W, uint8.
    """

    pattern: NDArray[np.uint8]
    opacity: NDArray[np.uint8]

    @classmethod
    def blank(cls, shape: tuple[int, int, int]) -> "Layers":
        """Layers of C x H x W that change nothing."""
        return cls(np.full(shape, BLANK, np.uint8), np.zeros(shape[1:], np.uint8))

    @classmethod
    def of(cls, trigger: Trigger) -> "Layers":
        """The layers of a trigger, its values rounded to bytes."""
        pattern = np.rint(trigger.pattern * 255).astype(np.uint8)
        return cls(pattern, np.rint(trigger.mask * 255).astype(np.uint8))

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H, W."""
        channels, height, width = self.pattern.shape
        return channels, height, width

    def trigger(self) -> Trigger:
        """The trigger that they are, in arrays of its own."""
        full = np.float32(255)
        return Trigger(
            self.opacity.astype(np.float32) / full, self.pattern.astype(np.float32) / full
        )

    def copy(self) -> "Layers":
        """The same values in arrays of their own."""
        return Layers(self.pattern.copy(), self.opacity.copy())

    def equals(self, other: "Layers") -> bool:
        """Whether every byte is the same."""
        return np.array_equal(self.opacity, other.opacity) and np.array_equal(
            self.pattern, other.pattern
        )

    def looks_like(self, other: "Layers") -> bool:
        """Whether they change images alike; what lies under an opacity of 0 does not count."""
        if not np.array_equal(self.opacity, other.opacity):
            return False
        touched = self.opacity > 0
        return np.array_equal(self.pattern[:, touched], other.pattern[:, touched])

    def paint_at(self, cell: Cell) -> Paint:
        """What lies in a cell."""
        colour = tuple(int(value) for value in self.pattern[:, cell[0], cell[1]])
        return Paint(colour, int(self.opacity[cell]))

    # Rectangles of cells.

    def extent(self) -> Area | None:
        """The smallest area that holds all touched cells; None if there is none."""
        rows, columns = np.nonzero(self.opacity)
        if not len(rows):
            return None
        corner = int(rows.min()), int(columns.min())
        opposite = int(rows.max()), int(columns.max())
        _, height, width = self.shape
        return Area.between(corner, opposite, (height, width))

    def part(self, area: Area) -> "Layers":
        """What lies in an area, which may reach beyond the edges."""
        part = Layers.blank((self.pattern.shape[0], area.rows, area.columns))
        part.place(self, (-area.top, -area.left))
        return part

    def without(self, area: Area) -> "Layers":
        """The same with everything in an area erased."""
        rest = self.copy()
        rows, columns = (slice(max(part.start, 0), max(part.stop, 0)) for part in area.slices)
        rest.pattern[:, rows, columns] = BLANK
        rest.opacity[rows, columns] = 0
        return rest

    def with_piece(self, piece: "Layers", corner: Cell) -> "Layers":
        """The same with a piece laid on it, its top left cell at `corner`."""
        whole = self.copy()
        whole.place(piece, corner)
        return whole

    def place(self, piece: "Layers", corner: Cell) -> None:
        """Lay a piece on these very arrays: where it is touched, and as far as it lies on them."""
        rows, columns = np.nonzero(piece.opacity)
        down, right = rows + corner[0], columns + corner[1]
        height, width = self.opacity.shape
        inside = (down >= 0) & (down < height) & (right >= 0) & (right < width)
        here, there = (down[inside], right[inside]), (rows[inside], columns[inside])
        self.opacity[here] = piece.opacity[there]
        self.pattern[:, here[0], here[1]] = piece.pattern[:, there[0], there[1]]
