"""Which part of the drawing the canvas shows, and how large: zoom and pan."""

from dataclasses import dataclass

from PySide6.QtCore import QRect

from gui.widgets.pictures import CellGrid

LARGEST_CELL = 64  # logical pixels
_STEP = 1.25


@dataclass(frozen=True)
class Room:
    """The place for a drawing.

    Attributes:
        rectangle: In device pixels.
        rows: H of the drawing.
        columns: W of the drawing.
        ratio: Device pixels to a logical one.
    """

    rectangle: QRect
    rows: int
    columns: int
    ratio: float

    @property
    def fitting(self) -> CellGrid:
        """The largest grid of which everything is seen."""
        return CellGrid.centred(self.rectangle, self.rows, self.columns)

    def next_zoom(self, zoom: int, steps: int) -> int:
        """The zoom some steps larger or, if negative, smaller; it stops at the fitting one once."""
        fitting = self.fitting.zoom
        lowest, highest = max(1, fitting // 4), max(fitting, round(LARGEST_CELL * self.ratio))
        for _ in range(abs(steps)):
            before = zoom
            if steps > 0:
                zoom = max(zoom + 1, round(zoom * _STEP))
            else:
                zoom = min(zoom - 1, round(zoom / _STEP))
            if min(before, zoom) < fitting < max(before, zoom):
                zoom = fitting
        return min(max(zoom, lowest), highest)


@dataclass(frozen=True)
class CanvasView:
    """Zoom and place of the drawing.

    Attributes:
        zoom: Device pixels to a cell's side; None fits the drawing into its room.
        shift: How many device pixels its middle lies right of and below the room's.
    """

    zoom: int | None = None
    shift: tuple[int, int] = (0, 0)

    def grid(self, room: Room) -> CellGrid:
        """Where the cells lie."""
        if self.zoom is None:
            return room.fitting
        across, down = self._kept_near(room).shift
        left, top = _middle(room, self.zoom)
        return CellGrid(left + across, top + down, self.zoom, room.rows, room.columns)

    def zoomed(self, room: Room, steps: int, anchor: tuple[float, float]) -> "CanvasView":
        """The view some steps nearer; the point at `anchor`, in device pixels, stays there."""
        before = self.grid(room)
        zoom = room.next_zoom(before.zoom, steps)
        if zoom == room.fitting.zoom:
            return CanvasView()
        left, top = _middle(room, zoom)
        growth = zoom / before.zoom
        shift = (
            round(anchor[0] - (anchor[0] - before.left) * growth) - left,
            round(anchor[1] - (anchor[1] - before.top) * growth) - top,
        )
        return CanvasView(zoom, shift)._kept_near(room)

    def panned(self, room: Room, across: int, down: int) -> "CanvasView":
        """The view with the drawing moved so many device pixels, no further than its edges."""
        if self.zoom is None:
            return self
        moved = CanvasView(self.zoom, (self.shift[0] + across, self.shift[1] + down))
        return moved._kept_near(room)

    def _kept_near(self, room: Room) -> "CanvasView":
        """The nearest view that leaves no empty room beside a drawing larger than its room."""
        zoom = self.zoom or 1
        most = (
            max(0, (zoom * room.columns - room.rectangle.width() + 1) // 2),
            max(0, (zoom * room.rows - room.rectangle.height() + 1) // 2),
        )
        shift = (
            min(max(self.shift[0], -most[0]), most[0]),
            min(max(self.shift[1], -most[1]), most[1]),
        )
        return CanvasView(self.zoom, shift)


def _middle(room: Room, zoom: int) -> tuple[int, int]:
    """Left and top of a grid in the middle of the room."""
    area = room.rectangle
    left = area.left() + (area.width() - zoom * room.columns) // 2
    return left, area.top() + (area.height() - zoom * room.rows) // 2
