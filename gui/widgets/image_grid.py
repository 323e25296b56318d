"""Pairs of small images, side by side at a whole zoom, each with a caption such as "7 → 0"."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.captions import shortened
from gui.widgets.pictures import to_qimage, use_device_pixels
from gui.widgets.tips import show_tip

PairTone = Literal["clean", "backdoor", "sham", "neutral"]
ARROW_WIDTH = 24
GAP, LINE_GAP = 2 * theme.SPACING, theme.SPACING
CAPTION_GAP = theme.SPACING // 2
WELL_SEEN = 64  # the system's pixels on which an image is well seen
FRAME = 1  # in device pixels, around each image and never over it: triggers like the edge


@dataclass(frozen=True, eq=False)
class ImagePair:
    """Two images that belong together, or one alone.

    Attributes:
        before: H x W or C x H x W, uint8 or floats 0..1.
        after: The same for the second image; None shows the first alone.
        caption: Stands below the pair, or below `after` if `before_caption` is given.
        tone: Whose colour the caption and the frame of `after` take.
        before_caption: Stands below `before`.
        tooltip: What the pointer over the pair tells, as plain text.
    """

    before: NDArray[np.generic]
    after: NDArray[np.generic] | None
    caption: str
    tone: PairTone = "neutral"
    before_caption: str = ""
    tooltip: str = ""


@dataclass(frozen=True)
class _Arrangement:
    """Zoom in device pixels; columns; how many pairs are shown; a pair's size in device pixels."""

    zoom: int
    columns: int
    shown: int
    width: int
    height: int


def _place(place: int, grid: _Arrangement, ratio: float) -> QRect:
    """Where the pair with this number lies, in device pixels; the first stands at the left."""
    row, column = divmod(place, grid.columns)
    left = column * (grid.width + round(GAP * ratio))
    top = row * (grid.height + round(LINE_GAP * ratio))
    return QRect(left, top, grid.width, grid.height)


class ImageGrid(QWidget):
    """Shows pairs at the largest whole zoom at which all of them fit.

    Args:
        min_zoom: The smallest zoom, in the system's pixels; where even that is too large for all
            pairs, only the first ones are shown, and where it is for one, it is smaller.
        enough: How many of the pairs shall fit; with fewer than all, larger pictures count more
            than the last pairs do, and two that are well seen more than many that are tiny.
        whole_captions: Whether pairs take at least the width of the longest caption, as far as all
            of them find room in one row; for a few images with names of their own.
    """

    def __init__(
        self,
        min_zoom: int = 2,
        *,
        enough: int | None = None,
        whole_captions: bool = False,
    ) -> None:
        super().__init__()
        self._min_zoom = min_zoom
        self._enough = enough
        self._whole_captions = whole_captions
        self._pairs: tuple[ImagePair, ...] = ()
        self._images: list[tuple[QImage, QImage | None]] = []
        self._placeholder = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def pairs(self) -> tuple[ImagePair, ...]:
        """What is shown now."""
        return self._pairs

    def set_cells(self, pairs: Sequence[ImagePair]) -> None:
        """Show these pairs; all images have one size."""
        before = self.sizeHint()
        self._pairs = tuple(pairs)
        self._images = [
            (to_qimage(pair.before), None if pair.after is None else to_qimage(pair.after))
            for pair in pairs
        ]
        self.setAccessibleDescription("; ".join(pair.caption for pair in pairs))
        if self.sizeHint() != before:  # a new layout paints the whole tab
            self.updateGeometry()
        self.update()

    def set_placeholder(self, text: str) -> None:
        """Say what will appear here while there are no pairs."""
        self._placeholder = text
        self.update()

    def pair_at(self, point: QPoint) -> ImagePair | None:
        """The pair under a point of the widget, if one is there."""
        ratio = self.devicePixelRatioF()
        grid = self._arrange(ratio)
        for place in range(grid.shown):
            if _place(place, grid, ratio).contains(point * ratio):
                return self._pairs[place]
        return None

    # Where things lie, all in device pixels.

    def _arrange(self, ratio: float) -> _Arrangement:
        """The largest zoom at which enough fits, or two are well seen; at the smallest, any."""
        enough = min(len(self._pairs), self._enough or len(self._pairs))
        lowest = max(1, int(self._lowest_zoom * ratio))
        well = lowest if self._enough is None else max(lowest, int(self._well_zoom * ratio))
        for zoom in range(max(lowest, int(self.height() * ratio) // self._rows), 1, -1):
            arrangement = self._arrange_at(zoom, ratio)
            wanted = enough if zoom > well else min(2, enough) if zoom > lowest else 1
            if arrangement.shown >= wanted:
                return arrangement
        return self._arrange_at(1, ratio)

    @property
    def _rows(self) -> int:
        return max(1, self._images[0][0].height()) if self._images else 1

    @property
    def _well_zoom(self) -> int:
        return max(1, WELL_SEEN // self._rows)

    @property
    def _lowest_zoom(self) -> int:
        """The smallest zoom; large images are well seen at a smaller one than small ones."""
        return min(self._min_zoom, self._well_zoom)

    def _arrange_at(self, zoom: int, ratio: float) -> _Arrangement:
        width, height = self._pair_size(zoom, ratio)
        gap, line_gap = round(GAP * ratio), round(LINE_GAP * ratio)
        columns = (int(self.width() * ratio) + gap) // (width + gap)
        lines = (int(self.height() * ratio) + line_gap) // (height + line_gap)
        shown = min(len(self._pairs), columns * lines)
        if shown:
            columns = ceil(shown / ceil(shown / columns))  # all lines of about one length
        return _Arrangement(zoom, columns, shown, width, height)

    def _pair_size(self, zoom: int, ratio: float) -> tuple[int, int]:
        text = self._caption_height()
        first, second = self._images[0] if self._images else (QImage(), None)
        width, height = first.width() * zoom + 2 * FRAME, first.height() * zoom + 2 * FRAME
        if second is not None:
            width = 2 * width + round(ARROW_WIDTH * ratio)
        elif self._whole_captions:
            width = max(width, round(self._caption_width() * ratio))
        return width, height + round(text * ratio)

    def _caption_width(self) -> int:
        """Of the longest caption, or of what there is for each where all stand in one row."""
        widths = [self.fontMetrics().horizontalAdvance(one.caption) for one in self._pairs]
        return min(max(widths, default=0) + 2, (self.width() + GAP) // max(1, len(widths)) - GAP)

    def _caption_height(self) -> int:
        return self.fontMetrics().height() + CAPTION_GAP

    # Painting.

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the pairs, or what will appear here."""
        painter = QPainter(self)
        if not self._pairs:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._placeholder)
            return
        ratio = use_device_pixels(painter)
        grid = self._arrange(ratio)
        for place in range(grid.shown):
            self._paint_pair(painter, place, _place(place, grid, ratio), grid.zoom, ratio)

    def _paint_pair(
        self, painter: QPainter, place: int, area: QRect, zoom: int, ratio: float
    ) -> None:
        pair, (before, after) = self._pairs[place], self._images[place]
        ink = self._ink(pair.tone)
        first = QRect(area.topLeft() + QPoint(FRAME, FRAME), before.size() * zoom)
        if after is None:
            first.moveLeft(area.left() + (area.width() - first.width()) // 2)
        self._paint_image(painter, before, first, self.palette().color(QPalette.ColorRole.Mid))
        texts = [(first, pair.before_caption, self._ink("neutral"))]
        if after is None:
            inset = first.left() - area.left()  # captions may be as wide as the pair's room
            texts = [(first.adjusted(-inset, 0, inset, 0), pair.caption, ink)]
        else:
            step = first.width() + 2 * FRAME + round(ARROW_WIDTH * ratio)
            second = first.translated(step, 0)
            self._paint_image(painter, after, second, ink if pair.tone != "neutral" else None)
            self._paint_arrow(painter, first, second, ratio)
            under = second if pair.before_caption else first.united(second)
            texts.append((under, pair.caption, ink))
        for under, text, colour in texts:
            self._paint_caption(painter, under, text, colour, ratio)

    def _paint_image(
        self, painter: QPainter, image: QImage, area: QRect, frame: QColor | None
    ) -> None:
        painter.drawImage(area, image)
        pen = QPen(frame or self.palette().color(QPalette.ColorRole.Mid), 1)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(area.adjusted(-1, -1, 0, 0))

    def _paint_arrow(self, painter: QPainter, first: QRect, second: QRect, ratio: float) -> None:
        middle, tip = first.center().y() + 0.5, second.left() - 6 * ratio
        head = 4 * ratio
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(ink, 1.5 * ratio))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(int(first.right() + 6 * ratio), int(middle), int(tip), int(middle))
        painter.drawLine(int(tip - head), int(middle - head), int(tip), int(middle))
        painter.drawLine(int(tip - head), int(middle + head), int(tip), int(middle))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_caption(
        self, painter: QPainter, under: QRect, text: str, ink: QColor, ratio: float
    ) -> None:
        if not text:
            return
        painter.save()
        painter.scale(ratio, ratio)
        # A little into the gap, but never into the next one, nor out of the widget.
        middle = (under.center().x() + 0.5) / ratio
        width = min(under.width() / ratio + GAP - 2, 2 * middle, 2 * (self.width() - middle))
        left = middle - width / 2
        top = (under.bottom() + 1 + FRAME) / ratio + CAPTION_GAP
        painter.setFont(theme.text_font("body", bold=ink != self._ink("neutral"), tabular=True))
        painter.setPen(ink)
        text = shortened(text, int(width), painter.fontMetrics())
        area = QRectF(left, top, width, self.fontMetrics().height())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def _ink(self, tone: PairTone) -> QColor:
        if tone == "neutral":
            return self.palette().color(QPalette.ColorRole.WindowText)
        return theme.colour(tone)

    # Qt asks.

    def sizeHint(self) -> QSize:
        """One row of all pairs at the smallest zoom."""
        width, height = self._pair_size(self._lowest_zoom, 1)
        return QSize(max(1, len(self._pairs)) * (width + GAP) - GAP, height)

    def minimumSizeHint(self) -> QSize:
        """One pair at the smallest zoom."""
        return QSize(*self._pair_size(self._lowest_zoom, 1))

    def event(self, event: QEvent) -> bool:
        """Show the tooltip of the pair under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            pair = self.pair_at(event.pos())
            text = pair.tooltip if pair is not None else self.toolTip()
            show_tip(event, text, self)
            return True
        return super().event(event)
