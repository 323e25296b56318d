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
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.widgets.captions import paint_caption
from gui.widgets.grid_arrangement import GAP, Arrangement
from gui.widgets.pair_painting import paint_arrow, paint_image
from gui.widgets.pictures import to_qimage, use_device_pixels
from gui.widgets.tips import show_tip

PairTone = Literal["clean", "backdoor", "sham", "neutral"]
ARROW_WIDTH = 24
CAPTION_GAP = theme.SPACING // 2
WELL_SEEN = 64  # the system's pixels on which an image is well seen
BEYOND, APART = GAP // 2 - 1, 6  # captions reach into the gap, and stay apart
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

    @property
    def shown_count(self) -> int:
        """How many of the pairs there is room for now."""
        return self._arrange(self.devicePixelRatioF()).shown if self._pairs else 0

    def set_placeholder(self, text: str) -> None:
        """Say what will appear here while there are no pairs."""
        self._placeholder = text
        self.update()

    def pair_at(self, point: QPoint) -> ImagePair | None:
        """The pair under a point of the widget, if one is there."""
        ratio = self.devicePixelRatioF()
        grid = self._arrange(ratio)
        for place in range(grid.shown):
            if grid.place(place, ratio).contains(point * ratio):
                return self._pairs[place]
        return None

    def width_of(self, columns: int) -> int:
        """What so many pairs beside each other need at the smallest zoom."""
        width, _ = self._pair_size(self._lowest_zoom, 1)
        return columns * (width + GAP) - GAP

    # Where things lie, all in device pixels.

    def _arrange(self, ratio: float) -> Arrangement:
        """The largest zoom at which enough fits, or two are well seen; at the smallest, any."""
        enough = min(len(self._pairs), self._enough or len(self._pairs))
        lowest = max(1, int(self._lowest_zoom * ratio))
        well = lowest if self._enough is None else max(lowest, int(self._well_zoom * ratio))
        for zoom in range(max(lowest, int(self.height() * ratio) // self._rows), 1, -1):
            arrangement = self._arrange_at(zoom, ratio)
            wanted = enough if zoom > well else min(2, enough) if zoom > lowest else 1
            if arrangement.shown >= wanted:
                return self._widened(arrangement, ratio)
        return self._widened(self._arrange_at(1, ratio), ratio)

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

    def _arrange_at(self, zoom: int, ratio: float) -> Arrangement:
        pair = QSize(*self._pair_size(zoom, ratio))
        return Arrangement.fitting(len(self._pairs), zoom, pair, self._room(ratio), ratio)

    def _room(self, ratio: float) -> QSize:
        return QSize(int(self.width() * ratio), int(self.height() * ratio))

    def _widened(self, grid: Arrangement, ratio: float) -> Arrangement:
        """Give captions the width that two images leave; pictures alone have their own rule."""
        if not self._images or self._images[0][1] is None:
            return grid
        return grid.widened(ceil(self._captions_width() * ratio), self._room(ratio), ratio)

    def _captions_width(self) -> int:
        """Of the longest caption below two images, or of two beside each other."""
        advance = QFontMetrics(_caption_font(bold=True)).horizontalAdvance
        each = [max(advance(one.before_caption), advance(one.caption)) for one in self._pairs]
        beside = [
            2 * width + APART if one.before_caption else width
            for one, width in zip(self._pairs, each, strict=True)
        ]
        return max(beside, default=0)

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
            self._paint_pair(painter, place, grid.place(place, ratio), grid, ratio)

    def _paint_pair(
        self, painter: QPainter, place: int, area: QRect, grid: Arrangement, ratio: float
    ) -> None:
        pair, (before, after) = self._pairs[place], self._images[place]
        first = QRect(area.topLeft() + QPoint(FRAME, FRAME), before.size() * grid.zoom)
        free = area.width() - first.width() - 2 * FRAME
        if after is None:
            first.translate(free // 2, 0)
        else:
            free -= first.width() + 2 * FRAME + round(ARROW_WIDTH * ratio)
            first.translate(free // 4, 0)  # in the middle of its half
        quiet = self.palette().color(QPalette.ColorRole.Mid)
        paint_image(painter, before, first, quiet)
        second = first
        if after is not None:
            second = first.translated(area.left() + area.right() - first.left() - first.right(), 0)
            frame = self._ink(pair.tone) if pair.tone != "neutral" else quiet
            paint_image(painter, after, second, frame)
            arrow = self.palette().color(QPalette.ColorRole.PlaceholderText)
            paint_arrow(painter, first, second, arrow, ratio)
        self._paint_captions(painter, pair, area, (first, second), ratio)

    def _paint_captions(
        self,
        painter: QPainter,
        pair: ImagePair,
        area: QRect,
        images: tuple[QRect, QRect],
        ratio: float,
    ) -> None:
        """Paint what stands below; a little into the gaps, but never out of the widget."""
        first, second = images
        beyond, apart = round(BEYOND * ratio), round(APART / 2 * ratio)
        room = area.adjusted(-beyond, first.bottom() + 1 + FRAME - area.top(), beyond, 0)
        room &= QRect(QPoint(0, 0), self._room(ratio))
        if not pair.before_caption:
            self._paint_caption(painter, pair.caption, pair.tone, first.united(second), room, ratio)
            return
        left, right = QRect(room), QRect(room)
        left.setRight(area.center().x() - apart)
        right.setLeft(area.center().x() + apart)
        self._paint_caption(painter, pair.before_caption, "neutral", first, left, ratio)
        self._paint_caption(painter, pair.caption, pair.tone, second, right, ratio, is_second=True)

    def _paint_caption(
        self, painter: QPainter, text: str, tone: PairTone, under: QRect, room: QRect, ratio: float,
        *, is_second: bool = False,
    ) -> None:  # fmt: skip
        painter.save()
        painter.scale(ratio, ratio)
        painter.setFont(_caption_font(bold=tone != "neutral"))
        painter.setPen(self._ink(tone))
        top = room.top() / ratio + CAPTION_GAP
        area = QRectF(room.left() / ratio, top, room.width() / ratio, 0)
        middle = (under.center().x() + 0.5) / ratio
        paint_caption(painter, text, middle, area, is_second=is_second)
        painter.restore()

    def _ink(self, tone: PairTone) -> QColor:
        if tone == "neutral":
            return self.palette().color(QPalette.ColorRole.WindowText)
        return theme.colour(tone)

    # Qt asks.

    def sizeHint(self) -> QSize:
        """One row of all pairs at the smallest zoom."""
        _, height = self._pair_size(self._lowest_zoom, 1)
        return QSize(self.width_of(max(1, len(self._pairs))), height)

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


def _caption_font(*, bold: bool) -> QFont:
    return theme.text_font("body", bold=bold, tabular=True)
