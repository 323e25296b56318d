"""How the canvas looks: sample, trigger, grid, outline and brush, all in device pixels."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLine, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from engine.triggers import Trigger
from gui import theme
from gui.widgets.drawing import Cell, Paint
from gui.widgets.pictures import CellGrid, to_qimage

FINEST_GRID = 6  # device pixels a cell needs before lines between cells help
# Between black and white, so that both stand out against it.
_LIGHT_CHECK, _DARK_CHECK = (0xC6, 0xB6), (0x50, 0x46)


def paint_picture(
    painter: QPainter, grid: CellGrid, trigger: Trigger, sample: NDArray[np.uint8] | None
) -> None:
    """Paint the sample, C x H x W uint8, with the trigger on it; or the trigger alone.

    The trigger alone lies on a chequered ground, which shows through where the mask is not full.
    """
    if sample is not None:
        painter.drawImage(grid.rectangle, to_qimage(trigger.stamp(sample[None])[0]))
        return
    _paint_chequers(painter, grid)
    colour = trigger.pattern if len(trigger.pattern) == 3 else trigger.pattern.repeat(3, axis=0)
    painter.drawImage(grid.rectangle, to_qimage(np.concatenate([colour, trigger.mask[None]])))


def _paint_chequers(painter: QPainter, grid: CellGrid) -> None:
    """Four squares to a cell: finer than the cells, so that they are not taken for values."""
    shades = _DARK_CHECK if theme.is_dark() else _LIGHT_CHECK
    tiles = np.indices((2 * grid.rows, 2 * grid.columns)).sum(axis=0) % 2
    painter.drawImage(grid.rectangle, to_qimage(np.asarray(shades, np.uint8)[tiles]))


def paint_lines(painter: QPainter, grid: CellGrid) -> None:
    """Paint the lines between cells, faint on black and on white alike."""
    if grid.zoom < FINEST_GRID:
        return
    area = grid.rectangle
    painter.setPen(QPen(QColor(128, 128, 128, 70), 1))
    painter.drawLines(
        [
            QLine(area.left() + column * grid.zoom, area.top(), area.left() + column * grid.zoom,
                  area.bottom())
            for column in range(1, grid.columns)
        ]
        + [
            QLine(area.left(), area.top() + row * grid.zoom, area.right(),
                  area.top() + row * grid.zoom)
            for row in range(1, grid.rows)
        ]
    )  # fmt: skip


def paint_outline(
    painter: QPainter, grid: CellGrid, touched: NDArray[np.bool_], ratio: float
) -> None:
    """Outline the touched cells, H x W, so that even black on black is seen."""
    line = max(1, round(ratio))
    for colour, reach in ((QColor(0, 0, 0, 70), 2 * line), (QColor(theme.BACKDOOR), line)):
        painter.fillPath(_border(grid, touched, reach), colour)


def _border(grid: CellGrid, touched: NDArray[np.bool_], reach: int) -> QPainterPath:
    """The sides where a touched cell has an untouched neighbour or the edge.

    Each is a bar that reaches this far, in device pixels, to all sides of the line between cells;
    one path of all of them, so that a colour which lets light through does so evenly.
    """
    padded = np.pad(touched, 1)
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]).tolist()
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]).tolist()
    border = QPainterPath()
    border.setFillRule(Qt.FillRule.WindingFill)
    thick, long = 2 * reach, grid.zoom + 2 * reach
    for sides, width, height in ((across, long, thick), (down, thick, long)):
        for row, column in sides:
            x, y = grid.left + column * grid.zoom, grid.top + row * grid.zoom
            border.addRect(x - reach, y - reach, width, height)
    return border


def footprint(grid: CellGrid, cell: Cell, size: int) -> QRect:
    """The cells under a brush of `size` x `size`, as far as they lie on the grid."""
    reach = (size - 1) // 2
    return grid.cells(cell[0] - reach, cell[1] - reach, size, size).intersected(grid.rectangle)


def paint_brush(painter: QPainter, area: QRect, paint: Paint, ratio: float) -> None:
    """Show what a press would leave: the colour at its opacity, or a cross where it erases."""
    if area.isEmpty():
        return
    width = max(1, round(ratio))
    frame = area.adjusted(0, 0, -1, -1)
    if paint.opacity:
        colour = QColor(*(paint.colour if len(paint.colour) == 3 else paint.colour * 3))
        colour.setAlpha(paint.opacity)
        painter.fillRect(area, colour)
    for colour, spread in ((QColor(0, 0, 0, 200), 0), (QColor(255, 255, 255), width)):
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(frame.adjusted(-spread, -spread, spread, spread))
    if not paint.opacity:
        _paint_cross(painter, frame, width)


def _paint_cross(painter: QPainter, frame: QRect, width: int) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, line in ((QColor(0, 0, 0, 200), 3 * width), (QColor(255, 255, 255), width)):
        painter.setPen(QPen(colour, line))
        painter.drawLine(frame.topLeft(), frame.bottomRight())
        painter.drawLine(frame.bottomLeft(), frame.topRight())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
