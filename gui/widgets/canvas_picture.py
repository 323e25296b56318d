"""How the canvas looks: sample, trigger, grid, brush and divider, all in device pixels."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLine, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFontInfo, QPainter, QPalette, QPen, QPolygon

from engine.triggers import Trigger
from gui import theme
from gui.widgets.canvas_outline import Bools, Edges, paint_outline
from gui.widgets.layers import Paint
from gui.widgets.pictures import CellGrid, to_qimage
from gui.widgets.shapes import Symmetry

FINEST_GRID = 7  # logical pixels a cell needs before lines between cells help
BLOCK = 8  # every so many cells a line is stronger, to count by, and stays where cells are small
GRIP = 7  # logical pixels from the middle of the divider's grip to its side
# Between black and white, so that both stand out against it.
_LIGHT_CHECK, _DARK_CHECK = (0xC6, 0xB6), (0x50, 0x46)
_BRUSH_EDGES: Edges = ((QColor(0, 0, 0, 170), 2), (QColor(255, 255, 255), 1))
Image = NDArray[np.uint8]


class Shown(Enum):
    """Which layers the canvas shows."""

    SAMPLE = "sample"
    TRIGGER = "trigger"
    RESULT = "result"
    COMPARE = "compare"


def paint_mat(painter: QPainter, area: QRect, palette: QPalette, *, has_focus: bool) -> None:
    """Paint what the drawing lies on, with a frame that shows the focus; in logical pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = QPalette.ColorRole.Highlight if has_focus else QPalette.ColorRole.Mid
    painter.setPen(QPen(palette.color(ring), 1))
    painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase).darker(106))
    frame = area.toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(frame, theme.SPACING / 2, theme.SPACING / 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def paint_image(painter: QPainter, grid: CellGrid, image: Image) -> None:
    """Paint an image, C x H x W."""
    painter.drawImage(grid.rectangle, to_qimage(image))


def paint_trigger(painter: QPainter, grid: CellGrid, trigger: Trigger) -> None:
    """Paint the trigger alone, on chequers that show through where the mask is not full."""
    _paint_chequers(painter, grid)
    colour = trigger.pattern if len(trigger.pattern) == 3 else trigger.pattern.repeat(3, axis=0)
    painter.drawImage(grid.rectangle, to_qimage(np.concatenate([colour, trigger.mask[None]])))


def _paint_chequers(painter: QPainter, grid: CellGrid) -> None:
    """Four squares to a cell, or four cells to a square: never taken for the values of cells."""
    shades = _DARK_CHECK if theme.is_dark() else _LIGHT_CHECK
    if grid.zoom >= BLOCK:
        tiles = np.indices((2 * grid.rows, 2 * grid.columns)).sum(axis=0) % 2
    else:
        tiles = (np.indices((grid.rows, grid.columns)) // 2).sum(axis=0) % 2
    painter.drawImage(grid.rectangle, to_qimage(np.asarray(shades, np.uint8)[tiles]))


def paint_lines(painter: QPainter, grid: CellGrid, ratio: float) -> None:
    """Paint the lines between cells, faint on black and on white alike."""
    if BLOCK * grid.zoom < FINEST_GRID * ratio:
        return
    area, zoom = grid.rectangle, grid.zoom
    across = [QLine(area.left(), y, area.right(), y) for y in _steps(area.top(), zoom, grid.rows)]
    down = [QLine(x, area.top(), x, area.bottom()) for x in _steps(area.left(), zoom, grid.columns)]
    if zoom >= FINEST_GRID * ratio:
        painter.setPen(QPen(QColor(128, 128, 128, 64), 1))
        painter.drawLines(across + down)
    painter.setPen(QPen(QColor(128, 128, 128, 110), 1))
    painter.drawLines(across[BLOCK - 1 :: BLOCK] + down[BLOCK - 1 :: BLOCK])


def _steps(start: int, zoom: int, count: int) -> range:
    return range(start + zoom, start + count * zoom, zoom)


def paint_axes(painter: QPainter, grid: CellGrid, symmetry: Symmetry, ratio: float) -> None:
    """Show where strokes are mirrored."""
    area, width = grid.rectangle, max(1, round(ratio))
    lines = []
    if Symmetry.LEFT_RIGHT in symmetry:
        x = area.left() + area.width() // 2
        lines.append(QLine(x, area.top(), x, area.bottom()))
    if Symmetry.TOP_BOTTOM in symmetry:
        y = area.top() + area.height() // 2
        lines.append(QLine(area.left(), y, area.right(), y))
    for colour, dashes in ((QColor(0, 0, 0, 120), []), (theme.colour("accent"), [4.0, 3.0])):
        pen = QPen(colour, width)
        if dashes:
            pen.setDashPattern(dashes)
        painter.setPen(pen)
        painter.drawLines(lines)


def paint_brush(
    painter: QPainter, grid: CellGrid, touched: Bools, paint: Paint, ratio: float
) -> None:
    """Show what a press would leave: the colour at its opacity, or a cross where it erases."""
    if not touched.any():
        return
    if paint.opacity:
        colour = paint.colour if len(paint.colour) == 3 else paint.colour * 3
        rows, columns = np.nonzero(touched)
        top, left = int(rows.min()), int(columns.min())
        size = int(rows.max()) + 1 - top, int(columns.max()) + 1 - left
        values = np.zeros((4, *size), np.uint8)
        values[:, rows - top, columns - left] = np.asarray((*colour, paint.opacity))[:, None]
        painter.drawImage(grid.cells(top, left, *size), to_qimage(values))
    paint_outline(painter, grid, touched, ratio, grid.rectangle, _BRUSH_EDGES)


def paint_cross(painter: QPainter, frame: QRect, ratio: float) -> None:
    """Cross out what will be erased."""
    width = max(1, round(ratio))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, line in ((QColor(0, 0, 0, 200), 3 * width), (QColor(255, 255, 255), width)):
        painter.setPen(QPen(colour, line))
        painter.drawLine(frame.topLeft(), frame.bottomRight())
        painter.drawLine(frame.bottomLeft(), frame.topRight())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def paint_halves(painter: QPainter, area: QRect, x: int, ratio: float) -> None:
    """Name what is left and right of the divider beside its grip, where there is room for it."""
    font = theme.text_font("small")
    font.setPixelSize(round(QFontInfo(font).pixelSize() * ratio))
    painter.setFont(font)
    metrics, grip, edge = painter.fontMetrics(), round(GRIP * ratio), round(ratio * 4)
    for word, is_left in (("Sample", True), ("Result", False)):
        width = metrics.horizontalAdvance(word) + 2 * edge
        room = x - area.left() if is_left else area.right() - x
        if room < grip + edge + width:
            continue
        left = x - grip - edge - width if is_left else x + grip + edge
        label = QRect(left, area.top(), width, 2 * grip)
        painter.fillRect(label, QColor(0, 0, 0, 170))
        painter.setPen(QColor("white"))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, word)


def paint_divider(painter: QPainter, area: QRect, x: int, ratio: float) -> None:
    """The line between before and after in a comparison, with a grip at its top."""
    width = max(1, round(ratio))
    for colour, line in ((QColor(0, 0, 0, 150), 3 * width), (QColor("white"), width)):
        painter.fillRect(QRect(x - line // 2, area.top(), line, area.height()), colour)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    reach, middle = round(GRIP * ratio), area.top() + round(GRIP * ratio)
    painter.setPen(QPen(QColor("white"), width))
    painter.setBrush(theme.colour("accent"))
    painter.drawEllipse(QPoint(x, middle), reach, reach)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("white"))
    for side in (-1, 1):
        tip, foot = x + side * round(0.7 * reach), x + side * round(0.25 * reach)
        half = round(0.4 * reach)
        corners = [QPoint(tip, middle), QPoint(foot, middle - half), QPoint(foot, middle + half)]
        painter.drawPolygon(QPolygon(corners))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
