"""One tile for each class: its mask, its pattern, both on a sample, and how the search goes."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from gui import theme, words
from gui.scan_record import ClassFinding
from gui.widgets.pictures import NO_SAMPLES
from gui.widgets.tile_painting import TilePainter, TileSize, TileText, strip
from gui.widgets.tips import show_tip

GAP = theme.SPACING
SMALLEST_PICTURE = 56
LEGEND = "Mask, pattern, and both on a sample."


class ClassTiles(QAbstractScrollArea):
    """All tiles, painted on one surface; one of them is chosen, by mouse or keyboard.

    Signals:
        chosen: The label of the tile that was chosen.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._findings: tuple[ClassFinding, ...] = ()
        self._samples = NO_SAMPLES
        self._strips: dict[int, QImage] = {}  # those that were seen since the last change
        self._texts: list[TileText] = []
        self._progress = 0.0
        self._chosen = 0
        self._arranged: tuple[TileSize, int, int] | None = None  # until something moves
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Classes")
        self.viewport().setAutoFillBackground(False)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def set_samples(self, samples: NDArray[np.uint8]) -> None:
        """Give each of the K classes the image that its trigger is shown on, K x C x H x W."""
        self._samples = samples
        self._strips.clear()
        self._set_scroll_range()
        self.viewport().update()

    def set_findings(
        self,
        findings: Sequence[ClassFinding],
        progress: float = 0.0,
        *,
        repainted: Iterable[int] | None = None,
    ) -> None:
        """Show what is known of the classes.

        Args:
            findings: One for each class.
            progress: How far the scan is, 0..1.
            repainted: The classes whose tiles are painted now; None for all.
        """
        is_other = len(findings) != len(self._findings)
        self._findings = tuple(findings)
        self._texts = [TileText.of(finding) for finding in findings]
        self._progress = progress
        self._strips.clear()
        self._describe()
        if is_other:
            self._set_scroll_range()
        if is_other or repainted is None:
            self.viewport().update()
            return
        for label in repainted:
            self.viewport().update(self.tile_rect(label))

    @property
    def chosen_label(self) -> int:
        """Which tile is chosen."""
        return self._chosen

    def choose(self, label: int) -> None:
        """Choose a tile and bring it into view; says so if it is another one."""
        if label == self._chosen or not 0 <= label < len(self._findings):
            return
        self._chosen = label
        self._bring_into_view(label)
        self._describe()
        self.viewport().update()
        self.chosen.emit(label)

    def text(self, label: int) -> TileText:
        """What the tile of a class says."""
        return self._texts[label]

    def height_for(self, width: int, limit: int) -> int:
        """Height at which all tiles fit as large as they can, or `limit`: then they scroll."""
        for size in self._sizes():
            height = self._total_height(self._columns(width, size), size)
            if height <= limit:
                return height
        return limit

    def tile_rect(self, label: int) -> QRect:
        """Where the tile of a class lies, in the viewport's pixels."""
        size, columns, width = self._arrangement()
        row, column = divmod(label, columns)
        top = row * (size.height + GAP) - self.verticalScrollBar().value()
        return QRect(column * (width + GAP), top, width, size.height)

    def label_at(self, point: QPoint) -> int | None:
        """The class whose tile lies under a point of the viewport."""
        labels = range(len(self._findings))
        return next((label for label in labels if self.tile_rect(label).contains(point)), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tiles that can be seen."""
        painter = QPainter(self.viewport())
        tiles = TilePainter(
            painter, self.palette(), self._arrangement()[0], has_focus=self.hasFocus()
        )
        for label, text in enumerate(self._texts):
            area = self.tile_rect(label)
            if event.region().intersects(area):
                chosen = label == self._chosen
                tiles.paint(area, text, self._strip(label), self._progress, chosen=chosen)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys choose now."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do no longer."""
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the tiles anew; the chosen one stays in view."""
        super().resizeEvent(event)
        self._set_scroll_range()
        if self._chosen < len(self._findings):
            self._bring_into_view(self._chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End choose another tile."""
        columns = self._arrangement()[1]
        last = len(self._findings) - 1
        moves = {
            Qt.Key.Key_Left: self._chosen - 1,
            Qt.Key.Key_Right: self._chosen + 1,
            Qt.Key.Key_Up: self._chosen - columns,
            Qt.Key.Key_Down: self._chosen + columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        target = moves.get(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
        else:
            self.choose(target)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile under the pointer."""
        label = self.label_at(event.position().toPoint())
        if label is not None:
            self.choose(label)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing more: what was pressed is chosen."""
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell about the tile under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            label = self.label_at(event.pos())
            said = "" if label is None else f"{self._texts[label].sentence()} {LEGEND}"
            show_tip(event, words.unbroken(said), self)
            return True
        return super().viewportEvent(event)

    def sizeHint(self) -> QSize:
        """Four tiles across and three down."""
        size = self._tile_size(self._least_zoom())
        return QSize(4 * (size.width + GAP) - GAP, 3 * (size.height + GAP) - GAP)

    def minimumSizeHint(self) -> QSize:
        """One tile."""
        size = self._tile_size(self._least_zoom())
        return QSize(size.width, size.height)

    def _strip(self, label: int) -> QImage:
        if label not in self._strips:
            known = label < len(self._samples)
            drawn = strip(self._findings[label], self._samples[label]) if known else QImage()
            self._strips[label] = drawn
        return self._strips[label]

    def _describe(self) -> None:
        said = self._texts[self._chosen].sentence() if self._chosen < len(self._texts) else ""
        self.setAccessibleDescription(said)

    def _least_zoom(self) -> int:
        width = max(int(self._samples.shape[-1]), 1)
        return max(1, round(SMALLEST_PICTURE * self.devicePixelRatioF() / width))

    def _tile_size(self, zoom: int) -> TileSize:
        height, width = self._samples.shape[-2:]
        line = QFontMetrics(theme.text_font(bold=True)).height()
        return TileSize(width, height, zoom, self.devicePixelRatioF(), line)

    def _arrangement(self) -> tuple[TileSize, int, int]:
        if self._arranged is None:
            self._arranged = self._arrange()
        return self._arranged

    def _arrange(self) -> tuple[TileSize, int, int]:
        """Size and columns of the largest tiles that all fit, and the width they stretch to.

        Tiles fill their rows; a single row of few is stretched no further than is well seen.
        """
        room = self.contentsRect().size()
        for size in self._sizes():
            columns = self._columns(room.width(), size)
            if self._total_height(columns, size) <= room.height():
                break
        else:  # they have to scroll, beside a bar
            room, size = self.viewport().size(), self._tile_size(self._least_zoom())
            columns = self._columns(room.width(), size)
        width = (room.width() - GAP * (columns - 1)) // columns
        most = size.width + size.width // 4 if columns >= len(self._findings) else width
        return size, columns, min(width, most)

    def _sizes(self) -> list[TileSize]:
        """The sizes a tile can have, the largest first; the last is better than to scroll."""
        least = self._least_zoom()
        smaller = [least // 2] if least > 1 else []
        return [self._tile_size(zoom) for zoom in (*range(4 * least, least - 1, -1), *smaller)]

    def _columns(self, width: int, size: TileSize) -> int:
        return min(max(1, (width + GAP) // (size.width + GAP)), max(len(self._findings), 1))

    def _total_height(self, columns: int, size: TileSize) -> int:
        return -(-len(self._findings) // columns) * (size.height + GAP) - GAP

    def _set_scroll_range(self) -> None:
        self._arranged = None
        size, columns, _ = self._arrangement()
        bar, page = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, self._total_height(columns, size) - page))
        bar.setPageStep(page)
        bar.setSingleStep(size.height // 2)

    def _bring_into_view(self, label: int) -> None:
        area, bar = self.tile_rect(label), self.verticalScrollBar()
        if area.top() < 0:
            bar.setValue(bar.value() + area.top())
        elif area.bottom() > self.viewport().height():
            bar.setValue(bar.value() + area.bottom() + 1 - self.viewport().height())
