"""The chosen pair, large: its trigger, and what that does to real images of the source."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.triggers import Trigger
from gui import theme, words
from gui.pair_findings import PairFinding
from gui.widgets.image_grid import GAP, ImageGrid, ImagePair
from gui.widgets.tone_label import ToneLabel

ENOUGH_SAMPLES = 4
PICTURES_SHARE = 0.35  # of the height
QWIDGETSIZE_MAX = 16777215
STILL_SEARCHED = "The trigger of this pair will appear here when the map is complete."
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


class PairDetail(QWidget):
    """A sentence, the trigger's pictures, and samples before and after it was stamped on."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = ToneLabel(bold=True, wrap=True)
        self.pictures = ImageGrid(min_zoom=1)
        self.samples = ImageGrid(min_zoom=1, enough=ENOUGH_SAMPLES)
        self.samples_title = ToneLabel(size="small")
        self.note = ToneLabel(size="small", wrap=True)
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
        self.heading.setText(words.unbroken(finding.sentence()))
        self.note.setText(HOW_TO_READ if trigger is None else f"{SUFFICIENT} {HOW_TO_READ}")
        self.pictures.set_placeholder(
            STILL_SEARCHED if finding.state == "searching" else NO_TRIGGER
        )
        self.pictures.set_cells(_pictures(finding, planted))
        self._fit_pictures()
        pairs = _stamped(finding, samples)
        self.samples.set_cells(pairs)
        self.samples.setVisible(bool(pairs))
        self.samples_title.setVisible(bool(pairs))
        self.samples_title.setText(f"On images of a {finding.source}, before and after:")

    def _build(self) -> None:
        self.heading.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.heading.setMinimumHeight(2 * self.heading.fontMetrics().lineSpacing())
        self.pictures.setAccessibleName("The pair's trigger")
        self.pictures.setToolTip("A mask's 0 is black and its 1 is white; it is never stretched.")
        self.samples.setAccessibleName("The trigger on images of the source")
        self.samples.setToolTip("Test images of the source class, without and with the trigger.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        for part, stretch in (
            (self.heading, 0), (self.pictures, 4), (self.samples_title, 0), (self.samples, 5),
            (self.note, 0),
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
        """Give the trigger's pictures the height that they need in one row."""
        shown = self.pictures.pairs
        if not shown:
            self.pictures.setMaximumHeight(QWIDGETSIZE_MAX)
            return
        rows, columns = shown[0].before.shape[-2:]
        caption = self.pictures.sizeHint().height() - rows
        wide = (self.width() - (len(shown) - 1) * GAP) // len(shown) - 2
        high = round(PICTURES_SHARE * self.height()) - caption
        zoom = max(1, min(wide // columns, high // rows))
        self.pictures.setMaximumHeight(zoom * rows + caption)


def _pictures(finding: PairFinding, planted: Trigger | None) -> list[ImagePair]:
    trigger = finding.trigger
    if trigger is None:
        return []
    shown = [
        ImagePair(trigger.mask, None, "mask"),
        ImagePair(trigger.pattern, None, "pattern"),
        ImagePair(trigger.mask * trigger.pattern, None, "mask × pattern"),  # noqa: RUF001
    ]
    if finding.usual_place is not None:
        shown.append(ImagePair(finding.usual_place, None, "usual place", tooltip=USUAL_PLACE))
    if planted is not None:
        shown.append(ImagePair(planted.mask * planted.pattern, None, "planted"))
    return shown


def _stamped(finding: PairFinding, samples: NDArray[np.uint8]) -> list[ImagePair]:
    if finding.trigger is None or not len(samples):
        return []
    after = finding.trigger.stamp(samples)
    return [
        ImagePair(one, other, "stamped", before_caption=f"a {finding.source}")
        for one, other in zip(samples, after, strict=True)
    ]
