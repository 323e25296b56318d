"""The outline around the touched cells of the canvas, made as a picture: quick for any trigger."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from gui import theme
from gui.widgets.pictures import CellGrid

Bools = NDArray[np.bool_]
# Colours, each with its reach in logical pixels; one that lets light through is black, so that it
# is the same with and without its opacity multiplied in.
Edges = tuple[tuple[QColor, int], ...]
_Span = tuple[int, int]
_TRIGGER_EDGES: Edges = ((QColor(0, 0, 0, 70), 2), (QColor(theme.BACKDOOR), 1))


def paint_outline(
    painter: QPainter,
    grid: CellGrid,
    touched: Bools,
    ratio: float,
    seen: QRect,
    edges: Edges = _TRIGGER_EDGES,
) -> None:
    """Outline the touched cells, H x W, so that even black on black is seen.

    Args:
        painter: Draws in device pixels.
        grid: Where the cells lie.
        touched: Which cells.
        ratio: Device pixels to a logical one.
        seen: The part of the canvas that is seen.
        edges: What is drawn, the widest first.
    """
    if not touched.any():
        return
    line = max(1, round(ratio))
    margin = line * edges[0][1]
    padded = np.pad(touched, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    down = padded[1:-1, 1:] != padded[1:-1, :-1]
    (top, bottom), (left, right) = _seen_cells(grid, seen, touched)
    across, down = across[top : bottom + 1, left:right], down[top:bottom, left : right + 1]
    colours = np.zeros(_picture_size(bottom - top, right - left, grid.zoom, margin), np.uint32)
    for colour, reach in edges:
        colours[_bars(across, down, grid.zoom, line * reach, margin)] = colour.rgba()
    height, width = colours.shape
    image = QImage(
        colours.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
    )
    painter.drawImage(grid.cells(top, left).topLeft() - QPoint(margin, margin), image)


def paint_frame(painter: QPainter, area: QRect, ratio: float) -> None:
    """Frame a selection with dashes, dark on light, so that it is seen on anything."""
    width = max(1, round(ratio))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    frame = area.adjusted(0, 0, -1, -1)
    for colour, style in (
        (QColor("white"), Qt.PenStyle.SolidLine),
        (QColor("black"), Qt.PenStyle.CustomDashLine),
    ):
        pen = QPen(colour, width, style)
        if style is Qt.PenStyle.CustomDashLine:
            pen.setDashPattern([4, 4])
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(frame)


def _seen_cells(grid: CellGrid, seen: QRect, touched: Bools) -> tuple[_Span, _Span]:
    """The rows and columns of touched cells that are seen, each as the first and the one behind."""
    first, last = grid.cell_at(seen.left(), seen.top()), grid.cell_at(seen.right(), seen.bottom())
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    return _span(rows, first[0], last[0]), _span(columns, first[1], last[1])


def _span(places: NDArray[np.intp], first: int, last: int) -> _Span:
    start = max(int(places[0]), first)
    return start, max(start, min(int(places[-1]), last) + 1)


def _picture_size(rows: int, columns: int, zoom: int, margin: int) -> tuple[int, int]:
    return rows * zoom + 2 * margin, columns * zoom + 2 * margin


def _bars(across: Bools, down: Bools, zoom: int, reach: int, margin: int) -> Bools:
    """The pixels nearer than `reach` to the sides that are outlined.

    Args:
        across: The level sides, (rows + 1) x columns.
        down: The upright sides, rows x (columns + 1).
        zoom: Pixels to a cell.
        reach: Half the thickness of the outline, in pixels.
        margin: Pixels around the cells.
    """
    rows, columns = len(down), across.shape[1]
    bars = np.zeros(_picture_size(rows, columns, zoom, margin), np.bool_)
    inside = slice(margin, -margin)
    for row, sides in enumerate(np.repeat(across, zoom, axis=1)):
        middle = margin + row * zoom
        bars[middle - reach : middle + reach, inside] |= sides
    for column, sides in enumerate(np.repeat(down, zoom, axis=0).T):
        middle = margin + column * zoom
        bars[inside, middle - reach : middle + reach] |= sides[:, None]
    return _with_corners(bars, across, down, zoom, reach, margin)


def _with_corners(
    bars: Bools, across: Bools, down: Bools, zoom: int, reach: int, margin: int
) -> Bools:
    """The bars with a square on every corner where one ends, so that they meet without a notch."""
    ends = np.zeros((len(across), down.shape[1]), np.bool_)
    ends[:, :-1] |= across
    ends[:, 1:] |= across
    ends[:-1] |= down
    ends[1:] |= down
    rows, columns = np.nonzero(ends)
    around = np.arange(-reach, reach)
    bars[
        (margin + rows * zoom)[:, None, None] + around[:, None],
        (margin + columns * zoom)[:, None, None] + around,
    ] = True
    return bars
