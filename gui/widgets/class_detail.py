"""The chosen class, large: what was found, beside what was planted, and how the search went."""

from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.articles import with_article
from engine.detection.phrases import pixels
from engine.detection.verdict import CLASSIC_BOUND
from engine.triggers import Trigger
from gui import theme, words
from gui.scan_record import ClassCurves, ClassFinding
from gui.widgets.curve_plot import CurvePlot, CurveStyle
from gui.widgets.grid_arrangement import GAP
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.live_text import LiveText
from gui.widgets.tips import as_tip

MOST_PICTURES = 6
WELL_SEEN = 56  # pixels of the screen that a picture gets where that is possible
SHARE = 7  # of a large room, pictures get one in so many pixels of the height
SLACK = 4  # pixels that a layout may give to what lies below instead
LEAST_LINES = 6  # of text, so that pictures do not change their size with every sentence
STEP_MARKS = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
SHARE_TICKS = {0.0: "0", 50.0: "50", 100.0: "100 %"}
INDEX_TOOLTIP = (
    "The anomaly index of Wang et al. 2019: how far the mask lies below the median of all"
    " classes, in units of their usual spread. The classic rule flags a class above 2. With ten"
    " classes it falsely accuses many clean networks, so the verdict does not rest on it."
)
LONGEST_TITLE = "Success by step"
SUFFICIENT = "Neural Cleanse finds a trigger that is enough, often a part of the planted one."


@dataclass(frozen=True)
class _Quantity:
    """One of the three curves.

    Attributes:
        title: What it shows.
        newest: What the value of the last step is called while the search goes on.
        tooltip: What it is.
        is_log: Whether it is drawn on a log axis.
    """

    title: str
    newest: str
    tooltip: str
    is_log: bool


QUANTITIES = {
    "mask_l1": _Quantity(
        "Mask",
        "Mask now",
        "Sum of the mask in pixels (its L1 norm) at every step of the search. The class's tile has"
        " the smallest one that has worked so far.",
        True,
    ),
    "success": _Quantity(
        "Success",
        "Success",
        "Attack success: the share of the last images of other classes that the trigger turned"
        " into this class.",
        False,
    ),
    "penalty": _Quantity(
        "Lambda",
        "Lambda",
        "λ, the weight of the mask's size in the search: it rises while the trigger works and falls"
        " when it does not.",
        True,
    ),
}

MASK_TIP = "How much of each pixel is replaced: 0 is black and 1 is white; it is never stretched."
PATTERN_TIP = "What pixels are replaced with; it shows only as far as the mask lets it."
SAMPLE_TIP = "The trigger on a test image of another class."
TRIGGER_TIP = "Mask × pattern: the trigger that was found, on black."  # noqa: RUF001
WHOLE_TIP = (
    "Another trigger, made of the one that was found: each pixel is covered wholly or not at all."
)
PLANTED_TIP = "The trigger that was planted, its mask × pattern, on black."  # noqa: RUF001


class ClassDetail(QWidget):
    """Pictures, numbers and curves of one class."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = LiveText(bold=True, most_lines=2)
        self.index = LiveText(size="small", most_lines=2)
        self.index.setToolTip(INDEX_TOOLTIP)
        self.whole = LiveText(size="small", most_lines=2)
        self.note = LiveText(size="small", most_lines=2)
        self.pictures = ImageGrid(min_zoom=1, whole_captions=True)
        self.plots: dict[str, CurvePlot] = {}
        self._titles: dict[str, LiveText] = {}
        self._build()

    def set_finding(
        self, finding: ClassFinding, sample: NDArray[np.uint8] | None, planted: Trigger | None
    ) -> None:
        """Show a class.

        Args:
            finding: What is known of it.
            sample: The image that its trigger is shown on, C x H x W; None until data is loaded.
            planted: The true trigger, where it is known and leads to this class.
        """
        self.heading.set_text(sentence(finding))
        self.index.set_text(index_text(finding))
        self.whole.set_text(whole_text(finding))
        self.whole.setVisible(finding.hard is not None)
        has_note = planted is not None and finding.trigger is not None
        self.note.set_text(overlap_text(finding) if has_note else "")
        self.note.setVisible(has_note)
        self.pictures.set_cells(_pictures(finding, sample, planted))
        self._fit_pictures()

    def set_curves(
        self,
        curves: ClassCurves,
        keys: Collection[str] = tuple(QUANTITIES),
        *,
        has_ended: bool = False,
    ) -> None:
        """Show how the search for the class went.

        Args:
            curves: Its numbers, step by step.
            keys: The curves to draw.
            has_ended: The last step's numbers are no news, and others than those of the trigger
                that is kept, which is the smallest one.
        """
        last = max([1.0, *curves.mask_l1.x[-1:]])
        span = next((mark for mark in STEP_MARKS if mark >= last), last)
        shown = {
            "mask_l1": (curves.mask_l1, 1.0, words.pixels(curves.mask_l1.newest)),
            "success": (curves.success, 100.0, words.share(curves.success.newest)),
            "penalty": (curves.penalty, 1.0, words.small_number(curves.penalty.newest)),
        }
        for key in keys:
            trace, scale, value = shown[key]
            plot, quantity = self.plots[key], QUANTITIES[key]
            x, y = trace.drawn()
            plot.set_curve(key, x, y * scale)
            plot.set_x_range(0, span)
            told = f"{quantity.title} by step" if has_ended else f"{quantity.newest} {value}"
            self._titles[key].set_text(told)
            if quantity.is_log:
                plot.set_y_range(*_positive_range(trace.y))

    def title(self, key: str) -> str:
        """What stands above a curve: its name, and during the search its newest value."""
        return self._titles[key].text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pictures."""
        super().resizeEvent(event)
        self._fit_pictures()

    def _fit_pictures(self) -> None:
        """Give the pictures the height that they need when all stand in one row."""
        if not self.pictures.pairs:
            return
        rows, columns = self.pictures.pairs[0].before.shape[-2:]
        caption = self.pictures.sizeHint().height() - rows
        wide = (self.pictures.width() - (MOST_PICTURES - 1) * GAP) // MOST_PICTURES
        high = self.height() - caption - self._height_of_texts() - SLACK
        zoom = max(1, min(wide // columns, high // rows))
        self.pictures.setMaximumHeight(zoom * rows + caption + SLACK)

    def height_wanted(self, room: int) -> int:
        """Of a room: for all of the text in the system's font, and pictures that are well seen."""
        side = max(WELL_SEEN, room // SHARE)
        rows = self.pictures.pairs[0].before.shape[-2] if self.pictures.pairs else WELL_SEEN
        caption = self.pictures.sizeHint().height() - rows if self.pictures.pairs else 0
        pictures = rows * max(1, round(WELL_SEEN / rows), side // rows) + caption + SLACK
        return self._height_of_texts() + pictures

    def _height_of_texts(self) -> int:
        texts = (self.heading, self.whole, self.note, self.index)
        lines = sum(text.sizeHint().height() for text in texts if not text.isHidden())
        least = LEAST_LINES * self.fontMetrics().height()
        return max(lines + 4 * theme.SPACING // 2, least)

    def _build(self) -> None:
        self.pictures.setAccessibleName("The class's trigger")
        column = QVBoxLayout()
        column.setSpacing(theme.SPACING // 2)
        for part in (self.heading, self.pictures, self.whole, self.note, self.index):
            column.addWidget(part, 100 if part is self.pictures else 0)  # up to its largest height
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addLayout(column, 22)
        for key, quantity in QUANTITIES.items():
            row.addLayout(self._build_plot(key, quantity), 4)

    def _build_plot(self, key: str, quantity: _Quantity) -> QVBoxLayout:
        title, plot = (
            LiveText(quantity.title, size="small"),
            CurvePlot((CurveStyle(key, width=1),)),
        )
        plot.setAccessibleName(quantity.title)
        plot.setToolTip(as_tip(quantity.tooltip))
        title.setToolTip(quantity.tooltip)
        title.setMinimumWidth(title.fontMetrics().horizontalAdvance(LONGEST_TITLE) + 2)
        plot.set_log(on=quantity.is_log)
        plot.set_y_range(*((0.1, 1000.0) if quantity.is_log else (0.0, 100.0)), SHARE_TICKS)
        plot.set_x_range(0, STEP_MARKS[0])
        self._titles[key], self.plots[key] = title, plot
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(plot, 1)
        return column


def sentence(finding: ClassFinding) -> str:
    """What was found for a class, in one sentence."""
    name = finding.name
    others = "other, held-out images" if finding.held_out else "other images"
    turns = f"turns {words.share(finding.success)} of {others} into {with_article(name)}"
    if finding.state == "waiting":
        return f"Class {name} waits for its turn."
    if finding.state == "not searched":
        return f"Class {name} was not searched: there is no verdict, and no trigger to show."
    if finding.trigger is None:
        return f"Class {name}: the search has begun."
    if not isfinite(finding.mask_l1):
        return {
            "searching": f"Class {name}: no mask works yet; the present one {turns}.",
            "not finished": f"Class {name}: the scan was stopped before a mask worked.",
        }.get(finding.state, f"Class {name}: no mask worked. The last one {turns}.")
    still = ", still searching" if finding.state == "searching" else ""
    return f"Class {name}{still}: a mask of {pixels(finding.mask_l1)} {turns}."


def index_text(finding: ClassFinding) -> str:
    """Beside clean networks; and the paper's index with the name that keeps it apart from that."""
    said = finding.comparison()
    if finding.anomaly_index is None:
        return said
    rule = f"rule: above {CLASSIC_BOUND:g}"
    return f"{said} Classic anomaly index {words.score(finding.anomaly_index)} ({rule})".strip()


def overlap_text(finding: ClassFinding) -> str:
    """How the found trigger compares with the planted one."""
    if finding.iou is None:
        return SUFFICIENT
    return f"Overlap with the planted trigger (IoU) {words.share(finding.iou)}. {SUFFICIENT}"


def whole_text(finding: ClassFinding) -> str:
    """What the trigger does when every pixel is either covered or not; or nothing."""
    if finding.hard is None:
        return ""
    count = finding.hard.trigger.pixels
    covered = f"{count} pixels alone, wholly covered, turn" if count > 1 else "One pixel turns"
    into = f"of other images into {with_article(finding.name)}"
    return f"{covered} {words.share(finding.hard.success)} {into}."


def _pictures(
    finding: ClassFinding, sample: NDArray[np.uint8] | None, planted: Trigger | None
) -> list[ImagePair]:
    trigger = finding.trigger
    if trigger is None:
        return []
    shown = [
        ImagePair(trigger.mask, None, "mask", tooltip=MASK_TIP),
        ImagePair(trigger.pattern, None, "pattern", tooltip=PATTERN_TIP),
        ImagePair(trigger.mask * trigger.pattern, None, "trigger", tooltip=TRIGGER_TIP),
    ]
    if sample is not None and trigger.fits(sample):
        stamped = trigger.stamp(sample[None])[0]
        shown.insert(2, ImagePair(stamped, None, "sample", tooltip=SAMPLE_TIP))
    if finding.hard is not None:
        whole = finding.hard.trigger
        caption = f"{whole.pixels} pixels" if whole.pixels != 1 else "1 pixel"
        shown.append(ImagePair(whole.mask * whole.pattern, None, caption, tooltip=WHOLE_TIP))
    if planted is not None:
        picture = planted.mask * planted.pattern
        shown.append(ImagePair(picture, None, "planted", tooltip=PLANTED_TIP))
    return shown


def _positive_range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Least and largest positive value, or one decade where there is none."""
    positive = values[np.isfinite(values) & (values > 0)]
    return (float(positive.min()), float(positive.max())) if len(positive) else (1.0, 10.0)
