"""The pair map: mask sizes of all pairs of a source and a target, as shades in a square."""

from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme, words
from gui.pair_findings import PairFindings
from gui.widgets.pair_map_layout import MapLayout, heat_image, shade_of
from gui.widgets.pair_map_legend import (
    NO_MASK,
    NONE_YET,
    NOT_YET,
    STANDS_OUT,
    TURNS_FEW,
    Entry,
    legend_width,
)
from gui.widgets.pair_map_painting import MapPainter
from gui.widgets.tips import show_tip

Cell = tuple[int, int]
NAME = "Pair map"
MARGIN = 3
NO_FINDINGS = PairFindings((), np.zeros((0, 0), np.float32), 0.0)


class PairMapChart(QWidget):
    """Sources as rows, targets as columns: the smaller a pair's mask, the more its cell stands out.

    A backdoor for all classes is a column, one that moves each class to another a line, one for a
    single class a cell. What the verdict points at is outlined and marked.

    Signals:
        chosen: Source and target of the cell that was chosen.
        picked: A person has chosen, be it the cell that was chosen before.
    """

    chosen = Signal(int, int)
    picked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._findings = NO_FINDINGS
        self._pixels = 784.0
        self._chosen: Cell = (0, 1)
        self._hovered: Cell | None = None
        self._heat = QImage()
        self._shades: NDArray[np.float64] = np.zeros((0, 0))
        self._weak: frozenset[Cell] = frozenset()
        self._texts: list[list[str]] = []
        self._layout: MapLayout | None = None  # until something moves
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(NAME)

    def set_pixels(self, pixels: int) -> None:
        """Say how many pixels an image has: the scale of shades ends at half of it."""
        self._pixels = float(pixels)
        self._prepare()

    def set_findings(self, findings: PairFindings | None) -> None:
        """Show what is known of the pairs."""
        if findings is None or findings.names != self._findings.names:
            self._layout = None
        self._findings = findings or NO_FINDINGS
        self._chosen = self._possible(self._chosen)
        self._prepare()
        self._describe()

    @property
    def chosen_cell(self) -> Cell:
        """Source and target of the chosen cell."""
        return self._chosen

    def choose(self, source: int, target: int) -> None:
        """Choose a cell; says so if it is another one. The diagonal has none."""
        cell = (source, target)
        if cell == self._chosen or cell != self._possible(cell):
            return
        self._chosen = cell
        self._describe()
        self.update()
        self.chosen.emit(source, target)

    def cell_at(self, point: QPointF) -> Cell | None:
        """Source and target of the cell under a point, or None."""
        return self._arrangement().cell_at(point) if self._findings.classes else None

    def centre_of(self, source: int, target: int) -> QPointF:
        """Where the middle of a cell is."""
        return self._arrangement().cells(source, target).center()

    def width_for(self, room: QSize) -> int:
        """How much of the width of a room the map needs when it fills its height."""
        if not self._findings.classes:
            return 0
        square = self._arrange(room).square
        return ceil(max(square.right(), square.left() + legend_width())) + MARGIN

    def text(self, source: int, target: int) -> str:
        """What stands in a cell."""
        return self._texts[source][target]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the map."""
        found = self._findings
        if not found.classes:
            return
        painter = MapPainter(QPainter(self), self.palette(), self._arrangement())
        painter.paint_heat(self._heat)
        standing = found.pairs or ()
        if painter.has_numbers():
            bold = set(self._standing_cells())
            painter.paint_numbers(self._texts, self._shades, bold, self._weak)
        painter.paint_titles()
        self._paint_names(painter)
        for target in found.targets:
            painter.paint_column(target)
        for source, target in standing:
            painter.paint_pair(source, target)
        painter.paint_chosen(*self._chosen, has_focus=self.hasFocus())
        painter.paint_legend(self._pixels, self.legend())

    def legend(self) -> list[Entry]:
        """What in the map has to be explained beside its shades."""
        found, entries = self._findings, list[Entry]()
        if found.pairs or found.targets:
            entries.append(STANDS_OUT)
        if self._weak:
            entries.append(TURNS_FEW)
        off_diagonal = ~np.eye(found.classes, dtype=bool)
        if not np.isfinite(found.sizes[off_diagonal]).all():
            entries.append(NO_MASK if found.pair_map is not None else NONE_YET)
        return entries

    def _paint_names(self, painter: MapPainter) -> None:
        found = self._findings
        bold = [cell for cell in (self._chosen, self._hovered) if cell is not None]
        few = found.pairs if len(found.pairs) < found.classes - 1 else ()
        painter.paint_names(
            found.names,
            {source for source, _ in bold},
            {target for _, target in bold},
            {source for source, _ in few},
            {*found.targets, *(target for _, target in few)},
        )

    def _standing_cells(self) -> list[Cell]:
        found, labels = self._findings, range(self._findings.classes)
        columns = [(source, target) for target in found.targets for source in labels]
        return [*found.pairs, *columns]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the map."""
        super().resizeEvent(event)
        self._layout = None

    def changeEvent(self, event: QEvent) -> None:
        """Follow the scheme and the text size."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            self._layout = None
            self._prepare()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys choose now."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do no longer."""
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose the next cell, over the diagonal; Home and End the ends of a row."""
        last = self._findings.classes - 1
        source, target = self._chosen
        moves = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        step = moves.get(Qt.Key(event.key()))
        if step is not None:
            down, across = step
            is_next_empty = (source + down) == (target + across)
            factor = 2 if is_next_empty else 1
            self._pick(source + factor * down, target + factor * across)
        elif event.key() == Qt.Key.Key_Home:
            self._pick(source, 1 if source == 0 else 0)
        elif event.key() == Qt.Key.Key_End:
            self._pick(source, last - 1 if source == last else last)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self._pick(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Make the names of the cell under the pointer stand out."""
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        super().leaveEvent(event)
        self._hover(None)

    def event(self, event: QEvent) -> bool:
        """Tell about the cell under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            said = self.toolTip() if cell is None else self._findings.finding(*cell).sentence()
            show_tip(event, words.unbroken(said), self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        """Cells with numbers in them."""
        return QSize(440, 480)

    def minimumSizeHint(self) -> QSize:
        """Room for the names and a small map."""
        return QSize(240, 240)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            shape = (
                Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor
            )
            self.setCursor(shape)
            self.update()

    def _pick(self, source: int, target: int) -> None:
        """Choose for a person."""
        self.picked.emit()
        self.choose(source, target)

    def _possible(self, cell: Cell) -> Cell:
        """The cell itself, or another one where there is no such cell."""
        count = self._findings.classes
        inside = all(0 <= label < count for label in cell)
        return cell if inside and cell[0] != cell[1] else (0, min(1, max(count - 1, 0)))

    def _prepare(self) -> None:
        """Work out what painting needs."""
        found = self._findings
        if found.classes:
            self._shades = shade_of(found.sizes, self._pixels)
            self._heat = heat_image(found.sizes, self._pixels, dark=theme.is_dark())
        self._weak = found.weak
        ended = found.pair_map is not None
        self._texts = [
            [words.amount(size) if np.isfinite(size) or ended else NOT_YET for size in row]
            for row in found.sizes.tolist()
        ]
        self.update()

    def _describe(self) -> None:
        known = self._findings.classes > 1
        said = self._findings.finding(*self._chosen).sentence() if known else ""
        # In the name as well, of which a screen reader tells when it changes.
        self.setAccessibleName(f"{NAME}, {said}" if said else NAME)
        self.setAccessibleDescription(said)

    def _arrangement(self) -> MapLayout:
        if self._layout is None or self._layout.ratio != self.devicePixelRatioF():
            self._layout = self._arrange(self.size())
        return self._layout

    def _arrange(self, room: QSize) -> MapLayout:
        metrics = QFontMetricsF(theme.text_font("small", bold=True, tabular=True))
        return MapLayout.of(room, self.devicePixelRatioF(), self._findings.names, metrics)
