"""Mask size of every class on a logarithmic axis, beside the band where clean networks lie."""

from collections.abc import Sequence
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from gui import theme, words
from gui.scan_record import ClassFinding
from gui.widgets import mask_size_dots as dots
from gui.widgets import mask_size_legend as foot
from gui.widgets.log_scale import LogScale
from gui.widgets.tile_painting import STATE_TONES, TileText
from gui.widgets.tips import show_tip
from gui.widgets.value_places import Row, value_place

LEAST_ROW, LARGEST_ROW = 18, 32
LONGEST_NAME = 90
TIP = "The further left, the smaller the mask that works, and the more suspicious."
GRID_OPACITY = 0.15


class MaskSizeChart(QAbstractScrollArea):
    """A row for each class with a dot at its mask size: the further left, the more suspicious.

    Signals:
        chosen: The label of the row that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._findings: tuple[ClassFinding, ...] = ()
        self._bands: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._chosen = 0
        self._scale = LogScale()
        self._font = theme.text_font("small", tabular=True)
        self._bold = theme.text_font("small", bold=True, tabular=True)
        self._name_width = 0.0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the tiles are the way of the keyboard
        self.setAccessibleName("Mask size of each class")
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def set_pixels(self, pixels: int) -> None:
        """Say how many pixels an image has: the axis ends there."""
        self._scale = LogScale(self._scale.low, float(pixels))
        self.viewport().update()

    def set_findings(self, findings: Sequence[ClassFinding]) -> None:
        """Show the mask sizes that are known."""
        self._findings = tuple(findings)
        known = (
            size
            for one in findings
            for size in (one.mask_l1, one.suspicious_size or 0.0, *one.sizes)
        )
        sizes = [size for size in known if size > 0]
        self._scale = LogScale.reaching(min([1.0, *sizes]), self._scale.high)
        metrics = QFontMetricsF(self._bold)
        widths = [metrics.horizontalAdvance(found.name) for found in findings]
        self._name_width = min(max([0.0, *widths]) + 2, LONGEST_NAME)
        said = (f"{found.name} {words.pixels(found.counted_size)}" for found in findings)
        self.setAccessibleDescription(", ".join(said))
        self._set_scroll_range()
        self.viewport().update()

    def set_bands(self, low: NDArray[np.float64] | None, high: NDArray[np.float64] | None) -> None:
        """Show between which sizes, in pixels, each of the K classes lies in clean networks."""
        self._bands = None if low is None or high is None else (low, high)
        self._set_scroll_range()
        self.viewport().update()

    def choose(self, label: int) -> None:
        """Mark a row as the chosen one."""
        self._chosen = label
        self.viewport().update()

    def row_at(self, point: QPoint) -> int | None:
        """The class whose row lies under a point of the viewport."""
        row = int((point.y() + self.verticalScrollBar().value()) // self._row_height())
        inside = 0 <= row < len(self._findings) and point.y() < self._axis_top()
        return row if inside else None

    def dot_at(self, label: int) -> QPointF | None:
        """Where a class's dot is, in the viewport's pixels, or None while it has no size.

        It stands for the size that counts: of several searches the mean.
        """
        size = self._findings[label].counted_size
        if not isfinite(size) or size <= 0:
            return None
        return QPointF(self._across(size), self._row(label).center().y())

    def band_at(self, label: int) -> tuple[float, float] | None:
        """From where to where a class's band reaches across, or None where there is none."""
        if self._bands is None or label >= min(len(band) for band in self._bands):
            return None
        low, high = (float(band[label]) for band in self._bands)
        if not (isfinite(low) and isfinite(high) and 0 < low <= high):
            return None
        return self._across(low), self._across(high)

    def whisker_at(self, label: int) -> tuple[float, float] | None:
        """From where to where several searches' sizes reach across, or None for a single one."""
        finding = self._findings[label]
        sizes = finding.sizes if isfinite(finding.counted_size) else ()
        return (self._across(min(sizes)), self._across(max(sizes))) if sizes else None

    def mark_at(self, label: int) -> float | None:
        """Where on the axis a class begins to be suspicious, or None where that is not known."""
        size = self._findings[label].suspicious_size
        return None if size is None or not 0 < size < inf else round(self._across(size)) + 0.5

    def legend_lines(self) -> list[list[str]]:
        """The lines below the axis, each with what it explains."""
        width, bands = self.viewport().width() - 12, self._bands is not None
        return foot.legend_lines(self._font, width, bands=bands, marks=self._has_marks())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the axis and the rows that can be seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.viewport().rect())
        painter.fillRect(area, self.palette().color(QPalette.ColorRole.Base))
        self._paint_axis(painter)
        painter.setClipRect(QRectF(0, 0, area.width(), self._axis_top()))
        for label in range(len(self._findings)):
            row = self._row(label)
            if row.bottom() > 0 and row.top() < self._axis_top():
                self._paint_row(painter, label, row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the rows to the height."""
        super().resizeEvent(event)
        self._set_scroll_range()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the pointer."""
        label = self.row_at(event.position().toPoint())
        if label is not None:
            self.chosen.emit(label)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing more: what was pressed is chosen."""
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell about the row under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            label = self.row_at(event.pos())
            show_tip(event, words.unbroken(self._tip(label)), self)
            return True
        return super().viewportEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Room for a short axis and a few rows."""
        return QSize(180, 5 * LEAST_ROW)

    def _paint_axis(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(self._font)
        grid = self.palette().color(QPalette.ColorRole.Text)
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText)
        grid.setAlphaF(GRID_OPACITY)
        painter.setFont(self._font)
        bottom = self._axis_top()
        for mark in self._scale.marks():
            x = round(self._across(mark)) + 0.5
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, bottom))
            painter.setPen(ink)
            area = QRectF(x - 30, bottom + 2, 60, metrics.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, f"{mark:,g}")
        lines = self.legend_lines()
        room = QSizeF(self.viewport().width() - 12, (1 + len(lines)) * metrics.height() + 2)
        foot.paint_legend(painter, QRectF(QPointF(6, bottom), room), ink, lines)

    def _paint_row(self, painter: QPainter, label: int, row: QRectF) -> None:
        finding, palette = self._findings[label], self.palette()
        if label == self._chosen:
            painter.fillRect(row, palette.color(QPalette.ColorRole.Midlight))
        font = self._bold if _mark(finding) else self._font
        name = QRectF(row.left() + 6, row.top(), self._name_width, row.height())
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(finding.name, Qt.TextElideMode.ElideRight, name.width())
        painter.setFont(font)
        painter.setPen(self._ink(finding))
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        self._paint_band(painter, label, row)
        place = self.dot_at(label)
        if place is not None:
            dots.paint_dot(painter, place, _mark(finding), finding.state, self.whisker_at(label))
        self._paint_value(painter, label, row, font)

    def _paint_band(self, painter: QPainter, label: int, row: QRectF) -> None:
        band = self.band_at(label)
        if band is None:
            return
        left, right = band
        inset = row.height() / 4
        area = QRectF(left, row.top() + inset, right - left, row.height() - 2 * inset)
        foot.paint_band(painter, area)
        mark = self.mark_at(label)
        if mark is not None:
            painter.setPen(foot.mark_pen())
            painter.drawLine(QPointF(mark, row.top() + inset), QPointF(mark, row.bottom() - inset))

    def _paint_value(self, painter: QPainter, label: int, row: QRectF, font: QFont) -> None:
        """The size beside the dot, on the side where there is room, or the state instead."""
        finding, place = self._findings[label], self.dot_at(label)
        metrics = QFontMetricsF(font)
        if place is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = row.adjusted(self._plot_left(), 0, 0, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, finding.state)
            return
        text, left = self._value_at(label, place.x(), metrics)
        area = QRectF(left, row.top(), metrics.horizontalAdvance(text) + 1, row.height())
        painter.setPen(self._ink(finding))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)

    def _value_at(self, label: int, dot: float, metrics: QFontMetricsF) -> tuple[str, float]:
        finding = self._findings[label]
        spans = [span for span in (self.band_at(label), self.whisker_at(label)) if span is not None]
        band = (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None
        name_end, end = 6 + self._name_width, float(self.viewport().width())
        row = Row(dot, dots.FLAG, name_end, end, self.mark_at(label), band)
        number = words.amount(finding.counted_size)
        return value_place(f"{number} {_mark(finding)}".rstrip(), number, row, metrics)

    def _tip(self, label: int | None) -> str:
        """What the pointer over a row, or beside the rows, tells."""
        if label is None:
            bands = f" {foot.BAND_TIP}" * (self._bands is not None)
            return TIP + bands + foot.MARK_TIP * (bool(bands) and self._has_marks())
        finding = self._findings[label]
        return f"{TileText.of(finding).sentence()} {finding.comparison()}".strip()

    def _has_marks(self) -> bool:
        return any(finding.suspicious_size is not None for finding in self._findings)

    def _ink(self, finding: ClassFinding) -> QColor:
        mark = _mark(finding)
        text = self.palette().color(QPalette.ColorRole.Text)
        return theme.colour(STATE_TONES[mark]) if mark else text

    # Where things lie, in the viewport's pixels.

    def _row(self, label: int) -> QRectF:
        height = self._row_height()
        top = label * height - self.verticalScrollBar().value()
        return QRectF(0, top, self.viewport().width(), height)

    def _row_height(self) -> int:
        rows = max(len(self._findings), 1)
        return min(max(int(self._axis_top() // rows), LEAST_ROW), LARGEST_ROW)

    def _axis_top(self) -> float:
        """Where the rows end; below stand the axis and its title."""
        rows = len(self._findings) * LARGEST_ROW
        below = (1 + len(self.legend_lines())) * QFontMetricsF(self._font).height() + 4
        return min(self.viewport().height() - below, max(rows, LARGEST_ROW))

    def _plot_left(self) -> float:
        return self._name_width + 6 + dots.FLAG + 6

    def _across(self, size: float) -> float:
        """Where a size, in pixels of an image, stands on the axis."""
        room = self.viewport().width() - self._plot_left() - dots.FLAG - 4
        return self._plot_left() + self._scale.share(size) * room

    def _set_scroll_range(self) -> None:
        bar, page = self.verticalScrollBar(), int(self._axis_top())
        bar.setRange(0, max(0, len(self._findings) * self._row_height() - page))
        bar.setPageStep(page)
        bar.setSingleStep(self._row_height())


def _mark(finding: ClassFinding) -> str:
    """The word for a class that stands out, or nothing."""
    text = TileText.of(finding)
    return text.state if text.is_marked else ""
