"""Painting a pair map: its cells, the names around them, and what stands out."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPalette, QPen, QPolygonF

from gui import theme
from gui.widgets.pair_map_layout import GAP, LEGEND_BAR, MapLayout, inks_of
from gui.widgets.pair_map_legend import LEGEND_LINES, Entry, paint_entries, paint_scale
from gui.widgets.pictures import use_device_pixels

ROWS_TITLE, COLUMNS_TITLE = "images of", "are turned into"
LEAST_SEPARATED, LEAST_MARKED = 5, 15  # cells that have gaps, cells that have room for a mark


class MapPainter:
    """Paints the parts of a map with one painter."""

    def __init__(self, painter: QPainter, palette: QPalette, layout: MapLayout) -> None:
        self._painter, self._palette, self._layout = painter, palette, layout
        self._font = theme.text_font("small", tabular=True)
        self._bold = theme.text_font("small", bold=True, tabular=True)
        self._dark = theme.is_dark()

    def paint_heat(self, heat: QImage) -> None:
        """Paint all cells, those without a size in the colour of an empty page."""
        painter, grid = self._painter, self._layout.grid
        window = self._palette.color(QPalette.ColorRole.Window)
        painter.save()
        use_device_pixels(painter)
        painter.fillRect(grid.rectangle, self._palette.color(QPalette.ColorRole.Base))
        painter.drawImage(grid.rectangle, heat)
        for place in range(grid.rows):
            painter.fillRect(grid.cells(place, place), window)
        if self._layout.cell >= LEAST_SEPARATED:
            self._paint_gaps(window)
        painter.restore()

    def _paint_gaps(self, colour: QColor) -> None:
        grid = self._layout.grid
        area, lines = grid.rectangle, []
        for place in range(grid.rows + 1):
            step = place * grid.zoom
            x, y = area.left() + step + 0.5, area.top() + step + 0.5
            lines += [QLineF(x, area.top(), x, area.bottom() + 1)]
            lines += [QLineF(area.left(), y, area.right() + 1, y)]
        self._painter.setPen(QPen(colour, 1))
        self._painter.drawLines(lines)

    def has_numbers(self) -> bool:
        """Whether cells are large enough for a number."""
        metrics = QFontMetricsF(self._font)
        cell = self._layout.cell
        return cell >= metrics.horizontalAdvance("888") + 2 and cell >= metrics.height()

    def paint_numbers(
        self, texts: Sequence[Sequence[str]], shades: NDArray[np.float64],
        bold: Collection[tuple[int, int]], slanted: Collection[tuple[int, int]],
    ) -> None:  # fmt: skip
        """Write a text into each cell; `bold` and `slanted` are the cells that look like that."""
        painter, count = self._painter, len(texts)
        faint = self._palette.color(QPalette.ColorRole.PlaceholderText)
        inks = inks_of(shades, dark=self._dark)
        for place in range(count * count):
            source, target = divmod(place, count)
            text = texts[source][target]
            if source == target or not text:
                continue
            font = QFont(self._bold if (source, target) in bold else self._font)
            font.setItalic((source, target) in slanted)
            painter.setFont(font)
            known = np.isfinite(shades[source, target])
            painter.setPen(QColor.fromRgbF(*inks[source, target]) if known else faint)
            painter.drawText(self._layout.cells(source, target), Qt.AlignmentFlag.AlignCenter, text)

    def paint_names(
        self, names: Sequence[str], rows: Collection[int], columns: Collection[int],
        marked_rows: Collection[int], marked_columns: Collection[int],
    ) -> None:  # fmt: skip
        """Write the names at both sides; `rows` and `columns` are bold, marked ones vermilion."""
        for label in _shown(len(names), self._layout.rows_apart, {*rows, *marked_rows}):
            area = self._layout.row_name(label)
            self._set_look(bold=label in rows, marked=label in marked_rows)
            self._write(area, names[label], Qt.AlignmentFlag.AlignRight)
        for label in _shown(len(names), self._layout.columns_apart, {*columns, *marked_columns}):
            self._set_look(bold=label in columns, marked=label in marked_columns)
            self._write_column(self._layout.column_name(label), names[label])

    def _set_look(self, *, bold: bool, marked: bool) -> None:
        self._painter.setFont(self._bold if bold or marked else self._font)
        text = self._palette.color(QPalette.ColorRole.WindowText)
        self._painter.setPen(theme.colour("backdoor") if marked else text)

    def _write(self, area: QRectF, text: str, side: Qt.AlignmentFlag) -> None:
        metrics = QFontMetricsF(self._painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() + 1)
        self._painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)

    def _write_column(self, area: QRectF, text: str) -> None:
        if self._layout.upright:
            self._write_upright(area, text, Qt.AlignmentFlag.AlignLeft)
        else:
            self._write(area, text, Qt.AlignmentFlag.AlignHCenter)

    def _write_upright(self, area: QRectF, text: str, side: Qt.AlignmentFlag) -> None:
        """Write upwards."""
        painter = self._painter
        painter.save()
        painter.translate(area.bottomLeft())
        painter.rotate(-90)
        self._write(QRectF(0, 0, area.height(), area.width()), text, side)
        painter.restore()

    def paint_titles(self) -> None:
        """Say what rows and columns are."""
        layout, square = self._layout, self._layout.square
        self._painter.setFont(self._font)
        self._painter.setPen(self._palette.color(QPalette.ColorRole.PlaceholderText))
        top = square.top() - 2 * GAP - layout.name_height - layout.line
        across = QRectF(square.left(), top, square.width(), layout.line)
        self._write(across, f"{COLUMNS_TITLE} →", Qt.AlignmentFlag.AlignHCenter)
        left = square.left() - 2 * GAP - layout.name_width - layout.line
        down = QRectF(left, square.top(), layout.line, square.height())
        self._write_upright(down, f"← {ROWS_TITLE}", Qt.AlignmentFlag.AlignHCenter)

    def paint_column(self, target: int) -> None:
        """Outline a whole column but its diagonal, and mark its name."""
        layout, last = self._layout, self._layout.grid.rows
        for first, end in ((0, target), (target + 1, last)):
            if end > first:
                self._outline(layout.cells(first, target, end - first), "backdoor", 2)
        name = layout.column_name(target)
        self._paint_mark(QPointF(name.center().x(), name.top() - 3), 4)

    def paint_pair(self, source: int, target: int) -> None:
        """Outline a cell and, where there is room, mark its corner."""
        area = self._layout.cells(source, target)
        self._outline(area, "backdoor", 2)
        if area.width() >= LEAST_MARKED:
            self._paint_mark(area.topRight() + QPointF(-6, 7), 4)

    def paint_chosen(self, source: int, target: int, *, has_focus: bool) -> None:
        """Frame the chosen cell from outside; stronger while keys move it."""
        width = 3 if has_focus else 2
        grown = self._layout.cells(source, target).adjusted(-1, -1, 2, 2)
        self._frame(grown, self._palette.color(QPalette.ColorRole.Highlight), width)

    def _outline(self, area: QRectF, tone: theme.Tone, width: float) -> None:
        self._frame(area.adjusted(1, 1, 0, 0), theme.colour(tone), width)

    def _frame(self, area: QRectF, colour: QColor, width: float) -> None:
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        self._painter.setPen(pen)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRect(area)

    def _paint_mark(self, middle: QPointF, size: float) -> None:
        """A small triangle, so that colour is not the only sign."""
        steps = (QPointF(0, -size), QPointF(size, size * 0.8), QPointF(-size, size * 0.8))
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setPen(QPen(self._palette.color(QPalette.ColorRole.Base), 1))
        self._painter.setBrush(theme.colour("backdoor"))
        self._painter.drawPolygon(QPolygonF([middle + step for step in steps]))
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def paint_legend(self, pixels: float, entries: Sequence[Entry]) -> None:
        """Say which size has which shade, and what else there is in the map."""
        painter, square, font = self._painter, self._layout.square, QFontMetricsF(self._font)
        bar = QRectF(
            square.left(), square.bottom() + 2 * GAP, LEGEND_LINES * font.height(), LEGEND_BAR
        )
        painter.setFont(self._font)
        painter.setPen(self._palette.color(QPalette.ColorRole.PlaceholderText))
        paint_scale(painter, bar, pixels)
        room = QRectF(bar.right() + 2 * GAP, bar.top() - GAP, 0, 2 * font.height())
        room.setRight(float(painter.window().width()))
        paint_entries(painter, room, entries)


def _shown(count: int, apart: int, important: Collection[int]) -> list[int]:
    """The labels that there is room for: the important ones, and others apart from them."""
    others = [
        label
        for label in range(0, count, apart)
        if all(abs(label - one) >= apart for one in important)
    ]
    return [*others, *important]
