"""How the tile of one class looks: its words, and painting them with its three pictures."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPalette, QPen, QPolygonF

from gui import theme, words
from gui.scan_record import ClassFinding
from gui.widgets.pictures import to_qimage, use_device_pixels

PADDING = 5
PICTURE_GAP = 4
LINE_GAP = 4
PROGRESS_HEIGHT = 3
ROUNDING = 4
PICTURES = 3
UNSEARCHED = {"waiting", "not searched"}
STATE_TONES: dict[str, theme.Tone] = {
    "searching": "accent",
    "likely": "backdoor",
    "suspicious": "backdoor",
    "flagged": "undecided",
}


@dataclass(frozen=True)
class TileText:
    """What a tile says: the class, its state, the mask's size and the success."""

    name: str
    state: str
    size: str
    success: str

    @classmethod
    def of(cls, finding: ClassFinding) -> "TileText":
        """The words for a class."""
        size = words.pixels(finding.mask_l1)
        if size == words.NONE and finding.state not in UNSEARCHED:
            size = "no mask yet" if finding.state == "searching" else "no mask"
        state = "flagged" if finding.flagged else finding.state
        state = finding.outcome if finding.suspected else state  # in the verdict's own word
        return cls(finding.name, state, size, words.share(finding.success))

    @property
    def is_marked(self) -> bool:
        """Whether the tile stands out."""
        return self.state in {"likely", "suspicious", "flagged"}

    def sentence(self) -> str:
        """The tile in one line, for tooltips and screen readers."""
        if self.state in UNSEARCHED:
            return f"Class {self.name}, {self.state}."
        return (
            f"Class {self.name}, {self.state}: mask {self.size}, turns {self.success} of other"
            f" images into {self.name}."
        )


def strip(finding: ClassFinding, sample: NDArray[np.uint8]) -> QImage:
    """Mask, pattern, and both on a sample (C x H x W), side by side as one picture.

    A mask's 0 is black and its 1 is white, always: it is never stretched. Nothing is drawn while
    the sample is one of other images than the trigger is for.
    """
    channels, height, width = sample.shape
    if finding.trigger is None or not finding.trigger.fits(sample):
        return QImage()
    mask = np.broadcast_to(finding.trigger.mask, (channels, height, width))
    stamped = finding.trigger.stamp(sample[None])[0].astype(np.float32) / 255
    return to_qimage(np.concatenate([mask, finding.trigger.pattern, stamped], axis=2))


@dataclass(frozen=True)
class TileSize:
    """How large a tile is, in the system's pixels, for pictures of a size at a zoom.

    Attributes:
        columns: W of the pictures.
        rows: H of the pictures.
        zoom: Pixels of the screen to a picture's cell.
        ratio: Pixels of the screen to one of the system's.
        line: Height of a line of text.
    """

    columns: int
    rows: int
    zoom: int
    ratio: float
    line: int

    @property
    def picture(self) -> tuple[int, int]:
        """Width and height of one picture, rounded up."""
        scale = self.zoom / self.ratio
        return -int(-self.columns * scale // 1), -int(-self.rows * scale // 1)

    @property
    def width(self) -> int:
        """Least width of the tile."""
        return 2 * PADDING + PICTURES * self.picture[0] + (PICTURES - 1) * PICTURE_GAP

    @property
    def height(self) -> int:
        """Height of the tile."""
        texts = 2 * (self.line + LINE_GAP)
        return 2 * PADDING + texts + self.picture[1] + PROGRESS_HEIGHT


class TilePainter:
    """Paints tiles of one size with one painter."""

    def __init__(
        self, painter: QPainter, palette: QPalette, size: TileSize, *, has_focus: bool
    ) -> None:
        """`has_focus` makes the frame of the chosen tile stronger: the keyboard moves it."""
        self._painter, self._palette, self._size = painter, palette, size
        self._has_focus = has_focus
        self._bold = theme.text_font(bold=True, tabular=True)
        self._body = theme.text_font(tabular=True)
        self._small = theme.text_font("small")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def paint(
        self, area: QRect, text: TileText, pictures: QImage, progress: float, *, chosen: bool
    ) -> None:
        """Paint one tile; `progress` (0..1) is drawn while it searches."""
        self._paint_ground(area, text, chosen=chosen)
        inner = area.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        faint = text.state in UNSEARCHED
        state_ink = self._ink(STATE_TONES.get(text.state), faint=True)
        top = QRect(inner.topLeft(), inner.size())
        top.setHeight(self._size.line)
        room = self._write(top, text.state, state_ink, bold=text.is_marked, right=True)
        if text.is_marked:
            self._paint_warning(QPoint(top.right() - room - 6, top.center().y()), state_ink)
        name_area = top.adjusted(0, 0, -room - 20, 0)
        self._write(name_area, text.name, self._ink(None, faint=faint), bold=True)
        self._paint_pictures(top.translated(0, top.height() + LINE_GAP), pictures)
        bottom = QRect(top)
        bottom.moveTop(inner.bottom() - PROGRESS_HEIGHT - self._size.line)
        self._write(bottom, text.size, self._ink(None, faint=faint), bold=True)
        self._write(bottom, text.success, self._ink(None, faint=faint), right=True)
        if text.state == "searching":
            self._paint_progress(inner, progress)

    def _paint_ground(self, area: QRect, text: TileText, *, chosen: bool) -> None:
        edge = self._palette.color(QPalette.ColorRole.Mid)
        if chosen:
            edge = self._palette.color(QPalette.ColorRole.Highlight)
        elif text.is_marked:
            edge = theme.colour(STATE_TONES[text.state])
        width = 2 if chosen or text.is_marked else 1
        width += chosen and self._has_focus
        base = self._palette.color(QPalette.ColorRole.Base)
        ratio = self._size.ratio
        ground = _draw_ground(area.width(), area.height(), ratio, edge.rgba(), base.rgba(), width)
        self._painter.drawImage(area.topLeft(), ground)

    def _paint_pictures(self, room: QRect, pictures: QImage) -> None:
        """Paint the three pictures from the left to the right edge of `room`, at its top."""
        size = self._size
        self._painter.save()
        ratio = use_device_pixels(self._painter)
        width, height = size.columns * size.zoom, size.rows * size.zoom
        left, top = round(room.left() * ratio), round(room.top() * ratio)
        step = (round(room.width() * ratio) - width) // (PICTURES - 1)
        for place in range(PICTURES):
            target = QRect(left + place * step, top, width, height)
            source = QRect(place * size.columns, 0, size.columns, size.rows)
            if pictures.isNull():
                self._painter.fillRect(target, self._palette.color(QPalette.ColorRole.Midlight))
            else:
                self._painter.drawImage(target, pictures, source)
        self._painter.restore()

    def _paint_progress(self, inner: QRect, progress: float) -> None:
        track = QRectF(
            inner.left(), inner.bottom() + 2 - PROGRESS_HEIGHT, inner.width(), PROGRESS_HEIGHT
        )
        self._painter.fillRect(track, self._palette.color(QPalette.ColorRole.Midlight))
        track.setWidth(track.width() * min(max(progress, 0.0), 1.0))
        self._painter.fillRect(track, theme.colour("accent"))

    def _paint_warning(self, place: QPoint, ink: QColor) -> None:
        """A small triangle, so that colour is not the only sign."""
        x, y = place.x(), place.y()
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(ink)
        corners = [QPointF(x, y - 5), QPointF(x + 5, y + 4), QPointF(x - 5, y + 4)]
        self._painter.drawPolygon(QPolygonF(corners))

    def _write(
        self, area: QRect, text: str, ink: QColor, *, bold: bool = False, right: bool = False
    ) -> int:
        """Write one line, elided where it does not fit; returns its width."""
        small = right and not any(letter.isdigit() for letter in text)
        font = self._small if small and not bold else self._bold if bold else self._body
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        self._painter.setFont(font)
        self._painter.setPen(ink)
        self._painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)
        return metrics.horizontalAdvance(shown)

    def _ink(self, tone: theme.Tone | None, *, faint: bool) -> QColor:
        if tone is not None:
            return theme.colour(tone)
        role = QPalette.ColorRole.PlaceholderText if faint else QPalette.ColorRole.Text
        return self._palette.color(role)


@lru_cache(maxsize=16)
def _draw_ground(width: int, height: int, ratio: float, edge: int, base: int, line: int) -> QImage:
    """A tile's ground with rounded corners, kept because they take long to draw."""
    size = QSize(width, height) * ratio
    ground = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    ground.setDevicePixelRatio(ratio)
    ground.fill(Qt.GlobalColor.transparent)
    painter = QPainter(ground)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor.fromRgba(edge), line))
    painter.setBrush(QColor.fromRgba(base))
    inset = line / 2
    box = QRectF(0, 0, width, height).adjusted(inset, inset, -inset, -inset)
    painter.drawRoundedRect(box, ROUNDING, ROUNDING)
    painter.end()
    return ground
