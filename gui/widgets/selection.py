"""A rectangle that was selected, and what floats in it once it was moved or pasted. No Qt."""

from dataclasses import dataclass

import numpy as np

from gui.widgets.layers import Area, Cell, Layers


@dataclass(frozen=True, eq=False)
class Selection:
    """A selected area. Once it is moved, its cells float above what lies below.

    So it can be moved on without taking along, or wiping out, what it passes over.

    Attributes:
        area: Where it lies.
        floating: The cells in it, of the area's size, or None while they are part of the drawing.
        below: The drawing without them, or None likewise.
    """

    area: Area
    floating: Layers | None = None
    below: Layers | None = None

    @classmethod
    def of_piece(cls, piece: Layers, corner: Cell, below: Layers) -> "Selection":
        """A piece that floats above a drawing, its top left cell at `corner`."""
        _, rows, columns = piece.shape
        return cls(Area(*corner, rows, columns), piece, below)

    @classmethod
    def everything(cls, layers: Layers) -> "Selection":
        """A whole drawing that floats above nothing."""
        return cls.of_piece(layers, (0, 0), Layers.blank(layers.shape))

    def lifted(self, layers: Layers) -> "Selection":
        """The same with its cells taken out of the drawing, if they do not float already."""
        if self.floating is not None:
            return self
        return Selection(self.area, layers.part(self.area), layers.without(self.area))

    def anchored(self) -> "Selection":
        """The same area, its cells part of the drawing."""
        return Selection(self.area)

    def reachable(self, down: int, right: int) -> Cell:
        """How far a lifted one can be moved of so many cells without losing a touched cell.

        One that holds nothing stops where its own edge meets the drawing's.
        """
        assert self.floating is not None  # noqa: S101 - it was lifted
        assert self.below is not None  # noqa: S101
        rows, columns = np.nonzero(self.floating.opacity)
        if not len(rows):
            rows, columns = np.arange(self.area.rows), np.arange(self.area.columns)
        _, height, width = self.below.shape
        top, bottom = self.area.top + rows.min(), self.area.top + rows.max()
        left, right_most = self.area.left + columns.min(), self.area.left + columns.max()
        return (
            int(np.clip(down, -top, height - 1 - bottom)),
            int(np.clip(right, -left, width - 1 - right_most)),
        )

    def moved(self, by: Cell) -> "Selection":
        """The same so many rows down and columns to the right."""
        area = self.area
        place = Area(area.top + by[0], area.left + by[1], area.rows, area.columns)
        return Selection(place, self.floating, self.below)

    def flattened(self) -> Layers:
        """The drawing that one sees: what floats, above what is below."""
        assert self.floating is not None  # noqa: S101 - it was lifted
        assert self.below is not None  # noqa: S101
        return self.below.with_piece(self.floating, (self.area.top, self.area.left))
