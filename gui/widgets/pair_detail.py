"""The chosen pair, large: its trigger, and what that does to real images of the source."""

from collections.abc import Sequence
from functools import partial
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.articles import with_article
from engine.triggers import Trigger
from gui import theme, words
from gui.pair_findings import PairFinding
from gui.widgets.class_detail import MASK_TIP, PATTERN_TIP, PLANTED_TIP, TRIGGER_TIP
from gui.widgets.grid_arrangement import GAP, LINE_GAP
from gui.widgets.image_grid import ImageGrid, ImagePair, PairTone
from gui.widgets.pictures import NO_SAMPLES
from gui.widgets.tone_label import ToneLabel

ENOUGH_SAMPLES = 4
# Of the height that the texts leave, so many hundredths are for the trigger's pictures: more if
# they would be fewer pixels high than that otherwise.
SHARES, WELL_SEEN = (50, 65), 56
ROWS = (1, 2)  # of the trigger's pictures: two where they are larger then
QWIDGETSIZE_MAX = 16777215
STILL_SEARCHED = (
    "While the map is searched, only sizes are known. The trigger of this pair will appear here"
    " when the map is complete."
)
NO_TRIGGER = "No trigger was searched for this pair."
HOW_TO_READ = (
    "How to read the map: one cell that stands out is a backdoor for images of one class, a column"
    " one for every image, and a line with a cell in every row one that moves each class to"
    " another."
)
USUAL_PLACE = (
    "Where the masks for this pair lie in clean networks: white is where most of them do. A mask"
    " that lies where this is black counts as more unusual than its size alone."
)
SUFFICIENT = "What is found is a trigger that is enough, not necessarily the one that was planted."

WEAK = (
    "Its number in the map is in italics: it turns clearly fewer held-out images than the 90 % that"
    " were wanted of those it was searched on."
)
NO_CLASS = "no class"
APART = "  ·  "
_Look = tuple[str, PairTone, str]  # caption, tone, tooltip


class PairDetail(QWidget):
    """A sentence, the trigger's pictures, and samples before and after it was stamped on."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = ToneLabel(bold=True, wrap=True)
        self.facts = ToneLabel(size="small", wrap=True)
        self.pictures = ImageGrid(min_zoom=1, whole_captions=True)
        self.samples = ImageGrid(min_zoom=1, enough=ENOUGH_SAMPLES)
        self.samples_title = ToneLabel(size="small", wrap=True)
        self.note = ToneLabel(size="small", wrap=True)
        self._finding: PairFinding | None = None
        self._before = self._after = self._untouched = NO_SAMPLES
        self._build()

    def set_finding(
        self, finding: PairFinding, samples: NDArray[np.uint8], planted: Trigger | None
    ) -> None:
        """Show a pair.

        Args:
            finding: What is known of it.
            samples: Images of the source, N x C x H x W.
            planted: The true trigger, where it is known and leads to the target.
        """
        trigger = finding.trigger
        self.heading.setText(words.unbroken(finding.heading()))
        self.facts.setText(words.unbroken(finding.facts()))
        self.facts.setVisible(bool(finding.facts()))
        notes = [*([WEAK] if finding.is_weak else []), *([SUFFICIENT] if trigger else [])]
        self.note.setText(" ".join([*notes, HOW_TO_READ]))
        self.pictures.set_placeholder(
            STILL_SEARCHED if finding.state == "searching" else NO_TRIGGER
        )
        self.pictures.set_cells(_pictures(finding, planted))
        self._finding = finding
        self._before = self._after = NO_SAMPLES
        if trigger is not None and len(samples) and trigger.fits(samples):
            self._before, self._after = samples, trigger.stamp(samples)
        self._untouched = samples if finding.state == "searching" else NO_SAMPLES
        has_samples = len(self._before) + len(self._untouched) > 0
        self.samples.set_cells(self._stamped() or self._plain())
        self.samples.setVisible(has_samples)
        self.samples_title.setVisible(has_samples)
        source = with_article(finding.source)
        seen = f"On images of {source}, before and after:"
        if len(self._untouched):
            seen = f"Images of {source}, which it is to turn into {with_article(finding.target)}:"
        self.samples_title.setText(seen)
        self._fit_pictures()

    def set_leaders(self, leaders: Sequence[PairFinding]) -> None:
        """Name the smallest masks so far, while the pair that is shown is searched."""
        if self._finding is None or self._finding.state != "searching" or not leaders:
            return
        named = (f"{one.source} → {one.target}: {words.pixels(one.mask_l1)}" for one in leaders)
        whole = (one.replace(" ", "\u00a0") for one in named)
        self.facts.setText(f"Smallest so far: {APART.join(whole)}")
        self.facts.setVisible(True)

    def sample_images(self) -> NDArray[np.uint8]:
        """The samples: first all without the trigger, then all with it, 2N x C x H x W."""
        return np.concatenate([self._before, self._after])

    def show_answers(self, labels: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show what the network says of `sample_images`: 2N labels of classes with these names."""
        said = [names[one] if 0 <= one < len(names) else NO_CLASS for one in labels.tolist()]
        count = len(self._before)
        if len(said) == 2 * count:
            self.samples.set_cells(
                self._stamped(list(zip(said[:count], said[count:], strict=True)))
            )

    def _stamped(self, answers: Sequence[tuple[str, str]] | None = None) -> list[ImagePair]:
        """The samples, and under each what the network says of it, once that is known."""
        found = self._finding
        if found is None:
            return []
        looks: list[_Look] = [("stamped", "neutral", "")] * len(self._before)
        if answers is not None:
            looks = [_look(found, before, after) for before, after in answers]
        return [
            ImagePair(one, other, caption, tone, with_article(found.source), tip)
            for one, other, (caption, tone, tip) in zip(
                self._before, self._after, looks, strict=True
            )
        ]

    def _plain(self) -> list[ImagePair]:
        """Images of the source, while there is no trigger to put on them."""
        name = "" if self._finding is None else self._finding.source
        return [ImagePair(one, None, name) for one in self._untouched]

    def _build(self) -> None:
        self.heading.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.heading.setMinimumHeight(2 * self.heading.fontMetrics().lineSpacing())
        self.pictures.setAccessibleName("The pair's trigger")
        self.samples.setAccessibleName("The trigger on images of the source")
        self.samples.setToolTip("Test images of the source class, without and with the trigger.")
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        for part, stretch in (
            (self.heading, 0), (self.facts, 0), (self.pictures, 1), (self.samples_title, 0),
            (self.samples, 1), (self.note, 0),
        ):  # fmt: skip
            column.addWidget(part, stretch)
        # The width is the map's to give: pictures take what is left.
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.pictures.setSizePolicy(policy)
        self.samples.setSizePolicy(policy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pictures."""
        super().resizeEvent(event)
        self._fit_pictures()

    def _fit_pictures(self) -> None:
        """Give the trigger's pictures the height that they need in one row, or in two if larger."""
        shown = self.pictures.pairs
        if not shown:
            self.pictures.setMaximumHeight(QWIDGETSIZE_MAX)
            return
        height, side = self.height() - self._height_of_texts(), int(shown[0].before.shape[-2])
        for share in SHARES:
            room = QSize(self.width(), height * share // 100)
            rows = max(ROWS, key=partial(self._zoom, room))  # of two as large, the first
            zoom = self._zoom(room, rows)
            if zoom * side >= WELL_SEEN:
                break
        row = zoom * side + self._caption_height() + LINE_GAP
        self.pictures.setMaximumHeight(rows * row - LINE_GAP)
        at = self._column.indexOf(self.pictures)
        if self._column.stretch(at) != share:  # a new layout paints the whole tab
            self._column.setStretch(at, share)
            self._column.setStretchFactor(self.samples, 100 - share)

    def _zoom(self, room: QSize, rows: int) -> int:
        """How large the pictures can be in this room, in so many rows."""
        height, width = self.pictures.pairs[0].before.shape[-2:]
        columns = ceil(len(self.pictures.pairs) / rows)
        wide = (room.width() + GAP) // columns - GAP - 2
        high = (room.height() + LINE_GAP) // rows - LINE_GAP - self._caption_height()
        return int(max(1, min(wide // width, high // height)))

    def _caption_height(self) -> int:
        return self.pictures.sizeHint().height() - int(self.pictures.pairs[0].before.shape[-2])

    def _height_of_texts(self) -> int:
        texts = (self.heading, self.facts, self.samples_title, self.note)
        shown = [text for text in texts if not text.isHidden()]
        lines = sum(max(text.heightForWidth(self.width()), text.minimumHeight()) for text in shown)
        return lines + (len(shown) + 1) * theme.SPACING


def _pictures(finding: PairFinding, planted: Trigger | None) -> list[ImagePair]:
    trigger = finding.trigger
    if trigger is None:
        return []
    shown = [
        ImagePair(trigger.mask, None, "mask", tooltip=MASK_TIP),
        ImagePair(trigger.pattern, None, "pattern", tooltip=PATTERN_TIP),
        ImagePair(trigger.mask * trigger.pattern, None, "trigger", tooltip=TRIGGER_TIP),
    ]
    if finding.usual_place is not None:
        shown.append(ImagePair(finding.usual_place, None, "usual", tooltip=USUAL_PLACE))
    if planted is not None:
        picture = planted.mask * planted.pattern
        shown.append(ImagePair(picture, None, "planted", tooltip=PLANTED_TIP))
    return shown


def _look(found: PairFinding, before: str, after: str) -> _Look:
    """How a sample is shown of which the network says this, before and with the trigger."""
    tone: PairTone = "neutral"
    meaning = "wrong, but not because of the trigger"
    if after == found.source:
        tone, meaning = "clean", "right, the trigger changes nothing"
    elif after == found.target != before:
        tone, meaning = "backdoor", "the trigger does this"
    elif before == found.source:
        meaning = f"wrong, though the trigger was to lead to {found.target}"
    return (
        f"→ {after}",
        tone,
        (
            f"A test image of class {found.source}. The network says {before}; with the trigger it"
            f" says {after}: {meaning}."
        ),
    )
