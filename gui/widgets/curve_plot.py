"""Live curves whose names and newest values stand at the ends of the lines."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QGraphicsItem, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.axis_room import AxisRoom, whole_ticks
from gui.widgets.end_labels import EndLabel, EndLabels
from gui.widgets.trace import Floats

Marker = Literal["o", "s", "t", "d", ""]
MARKER_SIZE = 8
GRID_OPACITY = 38  # of 255
FAINT_OPACITY = 0.35
X_PADDING, Y_PADDING = 0.008, 0.04
EMPTY_TEXT_WIDTH = 420


@dataclass(frozen=True)
class CurveStyle:
    """How one curve looks.

    Attributes:
        key: Its name in the code.
        title: Its name on the screen, at the end of the line; empty for none.
        tone: The meaning of its colour; None for the colour of text.
        line: Solid, dashed or dotted, so that colour is not the only sign.
        marker: Shape at the newest point.
        width: Of the line, in pixels; 1 for curves of many points, which draw faster.
        faint: Whether it stays in the background.
    """

    key: str
    title: str = ""
    tone: theme.Tone | None = None
    line: Qt.PenStyle = Qt.PenStyle.SolidLine
    marker: Marker = ""
    width: int = 2
    faint: bool = False


class CurvePlot(QWidget):
    """A plot of a few named curves; it shows data and is not navigated.

    Every curve is set whole, so that the picture can be made again at any time. NaN leaves a gap.
    """

    def __init__(
        self,
        styles: tuple[CurveStyle, ...],
        *,
        x_unit: str = "",
        empty_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._styles = {style.key: style for style in styles}
        self._points = {style.key: (np.empty(0), np.empty(0)) for style in styles}
        self._values = dict.fromkeys(self._styles, "")
        self._is_log = False
        self._axis = AxisRoom.of_font()
        self._x_range = self._y_range = 0.0, 1.0
        self._y_shown: tuple[float, float, list[tuple[float, str]]] | None = None
        self._build(x_unit, empty_text)
        self._apply_colours()

    def set_curve(self, key: str, x: ArrayLike, y: ArrayLike, value: str = "") -> None:
        """Replace a curve's points; `value` is what its label says of the newest one."""
        xs, ys = np.array(x, np.float64), np.array(y, np.float64)
        self._points[key], self._values[key] = (xs, ys), value
        heights = self._height(ys)
        self._curves[key].setData(xs, heights)
        if key in self._ends:
            newest = _newest(heights)
            self._ends[key].setData(xs[newest], heights[newest])
        self._labels.update()
        self._empty.setVisible(self.is_empty)
        said = [f"{title} {value}" for title, value in self.end_labels().items()]
        self.setAccessibleDescription(", ".join(said))

    def clear_curves(self) -> None:
        """Empty the plot."""
        for key in self._styles:
            self.set_curve(key, [], [])

    def curve(self, key: str) -> tuple[Floats, Floats]:
        """The points of a curve as they were set."""
        return self._points[key]

    def end_labels(self) -> dict[str, str]:
        """What stands at the ends of the lines: value by title."""
        return {
            style.title: self._values[key]
            for key, style in self._styles.items()
            if style.title and self._values[key]
        }

    @property
    def is_empty(self) -> bool:
        """Whether no curve has a point."""
        return all(len(x) == 0 for x, _ in self._points.values())

    @property
    def is_log(self) -> bool:
        """Whether the y axis is logarithmic."""
        return self._is_log

    def set_x_range(self, low: float, high: float) -> None:
        """Show x from `low` to `high`, with ticks at whole numbers."""
        if self._x_range != (low, high):
            self._x_range = low, high
            self._fit_ranges()

    def set_y_range(self, low: float, high: float, ticks: dict[float, str] | None = None) -> None:
        """Show values from `low` to `high`, both above 0 on a logarithmic axis.

        Args:
            low: Least value shown; a logarithmic axis begins at the power of ten below it.
            high: Largest value shown; a logarithmic axis ends at the power of ten above it.
            ticks: Text by value; None takes powers of ten, or lets a linear axis choose.
        """
        if self._is_log:
            first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
            last = max(last, first + 1)
            ticks = ticks or {10.0**power: f"{10.0**power:.6g}" for power in range(first, last + 1)}
            low, high = first, last
        places = [(float(self._height(np.array(at))), text) for at, text in (ticks or {}).items()]
        shown = float(low), float(high), places
        if shown == self._y_shown:  # setting it again would draw the axes anew
            return
        self._y_shown = shown
        self._axes["left"].setTicks([places] if places else None)
        self._y_range = shown[:2]
        self._fit_ranges()

    def set_log(self, *, on: bool) -> None:
        """Make the y axis logarithmic or linear; set its range afterwards."""
        self._is_log = on
        for key, (x, y) in self._points.items():
            self.set_curve(key, x, y, self._values[key])

    def changeEvent(self, event: QEvent) -> None:
        """Follow the scheme of the system."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._apply_colours()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the labels' area, and the words of an empty plot, as large as the plot."""
        super().resizeEvent(event)
        self._labels.set_area(QRectF(self.rect().adjusted(0, 0, 0, -self._axis.height)))
        self._place_texts()
        self._fit_ranges()

    def sizeHint(self) -> QSize:
        """Small: a plot takes what room there is."""
        return QSize(160, 100)

    def minimumSizeHint(self) -> QSize:
        """Enough for two ticks and a line between them."""
        return QSize(2 * self._axis.width, 4 * self._axis.height)

    def _build(self, x_unit: str, empty_text: str) -> None:
        # A ViewBox and two axes; a PlotItem would add menus and forms that nobody can reach.
        self._plot, grid = pg.GraphicsView(), pg.GraphicsLayout()
        self._view = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._axes = {name: pg.AxisItem(name, linkView=self._view) for name in ("left", "bottom")}
        self._plot.setCentralItem(grid)
        self._plot.setFrameShape(QFrame.Shape.NoFrame)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._view.disableAutoRange()
        for axis in self._axes.values():
            # Kept as pixels: drawing the axes takes longer than drawing the curves.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._axes["left"].setWidth(self._axis.width)
        self._axes["left"].setGrid(GRID_OPACITY)
        self._axes["bottom"].setHeight(self._axis.height)
        self._axes["bottom"].setStyle(hideOverlappingLabels=self._axis.side)
        self._add_labels()
        self._add_curves()
        grid.setContentsMargins(0, 4, self._room, 0)
        grid.setSpacing(0)
        for item, row, column in (
            (self._axes["left"], 0, 0),
            (self._view, 0, 1),
            (self._axes["bottom"], 1, 1),
        ):
            grid.addItem(item, row, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._unit, self._empty = self._add_text(x_unit), self._add_text(empty_text)
        self._unit.setFont(theme.text_font("small"))
        self._unit.setVisible(bool(x_unit))  # or it would cover a part of the last number

    def _add_labels(self) -> None:
        values, names = theme.text_font(bold=True, tabular=True), theme.text_font("small")
        self._labels = EndLabels(values, names, self._find_labels)
        self._plot.scene().addItem(self._labels)
        titles = [style.title for style in self._styles.values() if style.title]
        self._room = round(self._labels.width_for(titles)) if titles else self._axis.side

    def _add_curves(self) -> None:
        self._curves: dict[str, Any] = {}
        self._ends: dict[str, Any] = {}
        for key, style in self._styles.items():
            self._curves[key] = pg.PlotCurveItem(connect="finite", antialias=True)
            self._view.addItem(self._curves[key])
            if style.marker:
                self._ends[key] = pg.ScatterPlotItem(symbol=style.marker, size=MARKER_SIZE)
                self._ends[key].setPen(None)
                self._view.addItem(self._ends[key])

    def _add_text(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        label.setBackgroundRole(QPalette.ColorRole.Base)
        label.setAutoFillBackground(True)
        return label

    def _height(self, values: Floats) -> Floats:
        """Where values stand on the axis: a logarithm has no place for 0 and below."""
        if not self._is_log:
            return values
        return np.log10(np.where(values > 0, values, np.nan))

    def _fit_ranges(self) -> None:
        """Leave room for whole markers and numbers at the edges; space the ticks of x."""
        edge = self._axis.edge
        height = max(self.height() - self._axis.height - 2 * edge, edge)
        self._view.setYRange(*self._y_range, padding=max(Y_PADDING, edge / height))
        low, high = self._x_range
        self._view.setXRange(low, high, padding=X_PADDING)
        most = max(1, (self.width() - self._axis.width - self._room) // self._axis.apart)
        self._axes["bottom"].setTicks([whole_ticks(low, high, most)])

    def _place_texts(self) -> None:
        self._unit.adjustSize()
        left = self.width() - self._room + theme.SPACING
        self._unit.move(left, self.height() - self._unit.height() - 2)
        room = self.rect().adjusted(self._axis.width, 0, 0, -self._axis.height)
        width = min(room.width() - 2 * theme.SPACING, EMPTY_TEXT_WIDTH)
        self._empty.resize(width, self._empty.heightForWidth(width))
        self._empty.move(room.center() - self._empty.rect().center())

    def _find_labels(self) -> list[EndLabel]:
        """Each labelled curve's end, in the scene's pixels."""
        view = self._view
        found = []
        for key, style in self._styles.items():
            x, y = self._points[key]
            newest = _newest(y)
            if style.title and self._values[key] and len(newest):
                place = QPointF(float(x[newest[0]]), float(self._height(y[newest])[0]))
                end = view.mapViewToScene(place)
                room = view.sceneBoundingRect()
                end.setY(min(max(end.y(), room.top()), room.bottom()))
                colour = self._colour(replace(style, faint=False))
                found.append(EndLabel(style.title, self._values[key], colour, end))
        return found

    def _colour(self, style: CurveStyle) -> QColor:
        text = self.palette().color(QPalette.ColorRole.Text)
        colour = theme.colour(style.tone) if style.tone else text
        colour.setAlphaF(FAINT_OPACITY if style.faint else 1.0)
        return colour

    def _apply_colours(self) -> None:
        palette = self.palette()
        self._plot.setBackground(palette.color(QPalette.ColorRole.Base))
        for axis in self._axes.values():
            axis.setPen(palette.color(QPalette.ColorRole.Mid))
            axis.setTextPen(palette.color(QPalette.ColorRole.PlaceholderText))
            axis.setStyle(
                tickFont=theme.text_font("small", tabular=True), tickLength=-4, tickTextOffset=3
            )
        for key, style in self._styles.items():
            colour = self._colour(style)
            self._curves[key].setPen(pg.mkPen(colour, width=style.width, style=style.line))
            if key in self._ends:
                self._ends[key].setBrush(colour)


def _newest(values: Floats) -> NDArray[np.intp]:
    """The index of the last value that is a number: one of them, or none."""
    return np.flatnonzero(np.isfinite(values))[-1:]
