"""Arrays to pictures, and where the cells of a picture fall on the screen's own pixels."""

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

NO_SAMPLES: NDArray[np.uint8] = np.zeros((0, 1, 1, 1), np.uint8)


def to_qimage(array: NDArray[Any]) -> QImage:
    """Turn an array into a picture of its own.

    Args:
        array: H x W or C x H x W with one channel (grey), three (colour) or four (colour and
            opacity); uint8 0..255, or floats 0..1 of which those beyond are clipped.

    Raises:
        ValueError: The array has another number of channels or dimensions.
    """
    values = array if array.ndim == 3 else array[None]
    if values.ndim != 3 or values.shape[0] not in {1, 3, 4}:
        raise ValueError(f"an array of shape {array.shape} is no picture")
    if values.dtype != np.uint8:
        clipped = np.clip(np.nan_to_num(values.astype(np.float32)), 0, 1)
        values = np.rint(clipped * 255).astype(np.uint8)
    channels, height, width = values.shape
    rows = np.ascontiguousarray(values.transpose(1, 2, 0))
    formats = {
        1: QImage.Format.Format_Grayscale8,
        3: QImage.Format.Format_RGB888,
        4: QImage.Format.Format_RGBA8888,
    }
    # The copy lets go of the array's memory, which dies with this function.
    return QImage(rows.data, width, height, channels * width, formats[channels]).copy()


@dataclass(frozen=True)
class CellGrid:
    """Where H x W cells lie, in device pixels, each a whole number of them on a side.

    Attributes:
        left: Where the first column begins.
        top: Where the first row begins.
        zoom: Device pixels to a cell's side, at least 1.
        rows: H.
        columns: W.
    """

    left: int
    top: int
    zoom: int
    rows: int
    columns: int

    @classmethod
    def centred(cls, room: QRect, rows: int, columns: int) -> "CellGrid":
        """The largest grid that fits into `room`, a rectangle in device pixels, centred."""
        zoom = max(1, min(room.width() // columns, room.height() // rows))
        left = room.left() + (room.width() - zoom * columns) // 2
        top = room.top() + (room.height() - zoom * rows) // 2
        return cls(left, top, zoom, rows, columns)

    @property
    def rectangle(self) -> QRect:
        """All cells together."""
        return QRect(self.left, self.top, self.columns * self.zoom, self.rows * self.zoom)

    def cell_at(self, across: float, down: float) -> tuple[int, int]:
        """Row and column of a point in device pixels; it may lie outside the grid."""
        return int((down - self.top) // self.zoom), int((across - self.left) // self.zoom)

    def cells(self, top: int, left: int, rows: int = 1, columns: int = 1) -> QRect:
        """The rectangle of some cells, by the row and column of the first."""
        return QRect(
            self.left + left * self.zoom,
            self.top + top * self.zoom,
            columns * self.zoom,
            rows * self.zoom,
        )


def use_device_pixels(painter: QPainter) -> float:
    """Let one unit of the painter be one pixel of the device; returns pixels to a logical unit.

    Widgets may begin between two device pixels where the scale is 125 % or 150 %; the painter's
    origin is moved to a whole one, so that every cell has crisp edges.
    """
    device = painter.device()
    ratio = float(device.devicePixelRatio()) if device is not None else 1.0
    painter.scale(1 / ratio, 1 / ratio)
    transform = painter.deviceTransform()
    across, down = transform.dx(), transform.dy()
    painter.translate(_whole(across) - across, _whole(down) - down)
    return ratio


def _whole(place: float) -> int:
    """The nearest whole number, of two the larger: there Qt's clipping lets the widget begin."""
    return floor(place + 0.5)
