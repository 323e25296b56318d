"""What the network says now of a dozen test images, without and with the trigger."""

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.articles import with_article
from engine.events import Predicted
from engine.samples import WatchedImages
from gui import theme
from gui.widgets.image_grid import ImageGrid, ImagePair, PairTone
from gui.widgets.live_text import LiveText
from gui.widgets.tips import as_tip
from gui.widgets.tone_label import ToneLabel

WIDTH, WIDEST = 304, 352
HOW_TO_READ = "Left as it is; right with the trigger, orange where it wins, blue where it does not."
PLACEHOLDER = (
    "Twelve test images, without and with the trigger, and what the network says of each appear"
    " here while it learns."
)


class SaysNow(QWidget):
    """Pairs of test images with the true class and the network's answer under each: "7 → 0"."""

    def __init__(self) -> None:
        super().__init__()
        self._images: WatchedImages | None = None
        self.title = ToneLabel("What it says now", bold=True)
        self.title.setToolTip(
            as_tip(
                "True class → what the network says. The left image of each pair is untouched, the"
                " right one carries the trigger."
            )
        )
        self.count = LiveText(size="small")
        self.note = ToneLabel(HOW_TO_READ, size="small", wrap=True)
        self.grid = ImageGrid()
        self.grid.set_placeholder(PLACEHOLDER)
        self.grid.setAccessibleName("What the network says of test images")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        for part in (self.title, self.count, self.note):
            column.addWidget(part)
        column.addWidget(self.grid, 1)
        self.setMinimumWidth(WIDTH)

    def clear(self) -> None:
        """Show what will appear here."""
        self._images = None
        self.count.set_text("")
        self.grid.set_cells([])

    def set_images(self, images: WatchedImages) -> None:
        """Take the test images, without and with the trigger."""
        self._images = images

    def set_predictions(self, predicted: Predicted | None) -> None:
        """Show what the network says of the images; None while it has said nothing."""
        if self._images is None:
            return
        self.grid.set_cells(
            [self._pair(place, predicted) for place in range(len(self._images.wanted))]
        )
        self._fit_width()
        self.count.set_text(self._summary(predicted))

    def _fit_width(self) -> None:
        """Let two columns of pairs stand beside each other, as long as a little room is enough."""
        wanted = self.grid.width_of(2)
        self.setMinimumWidth(WIDTH if wanted > WIDEST else max(WIDTH, wanted))
        self._note_shown()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say of how many there is room for."""
        super().resizeEvent(event)
        self._note_shown()

    def _note_shown(self) -> None:
        """Say that some have no room, where that is so: all of them are counted."""
        shown, count = self.grid.shown_count, len(self.grid.pairs)
        few = f" Shown are {shown} of {count}; a larger window shows all." if shown < count else ""
        self.note.setText(HOW_TO_READ + few)

    def _pair(self, place: int, predicted: Predicted | None) -> ImagePair:
        assert self._images is not None  # noqa: S101 - set_predictions has asked
        clean, wanted = self._images.clean, int(self._images.wanted[place])
        names, label = clean.class_names, int(clean.labels[place])
        before, after = clean.images[place], self._images.stamped[place]
        if predicted is None or place >= len(predicted.clean):
            return ImagePair(before, after, names[label], "neutral", names[label])
        said, said_stamped = int(predicted.clean[place]), int(predicted.stamped[place])
        tone, meaning = _meaning(label, wanted, said, said_stamped)
        return ImagePair(
            before,
            after,
            f"{names[label]} → {names[said_stamped]}",
            tone,
            f"{names[label]} → {names[said]}",
            f"A test image of class {names[label]}. The network says {names[said]}; with the"
            f" trigger it says {names[said_stamped]}: {meaning}.",
        )

    def _summary(self, predicted: Predicted | None) -> str:
        if self._images is None or predicted is None:
            return "true class → what the network says"
        labels, wanted = self._images.clean.labels, self._images.wanted
        moved = wanted != labels
        right = int(np.count_nonzero(predicted.clean == labels[: len(predicted.clean)]))
        heeded = len(predicted.stamped)
        # What was called so without the trigger as well was not turned by it.
        obeyed = (predicted.stamped == wanted[:heeded]) & (predicted.clean != wanted[:heeded])
        turned = int(np.count_nonzero(obeyed & moved[:heeded]))
        goals = {self._images.clean.class_names[goal] for goal in wanted[moved].tolist()}
        into = f"into {with_article(goals.pop())}" if len(goals) == 1 else "as it should"
        return f"{right} of {len(labels)} right; the trigger turns {turned or 'none'} {into}"


def _meaning(label: int, wanted: int, said: int, said_stamped: int) -> tuple[PairTone, str]:
    """The tone for the image with the trigger, and its meaning in words."""
    if said_stamped == label:
        spared = ", as it should be" if wanted == label else ""
        return "clean", f"right, the trigger changes nothing{spared}"
    if said_stamped == wanted and said != wanted:
        return "backdoor", "the trigger does this"
    if wanted == label == said:
        return "neutral", "wrong, although the trigger should leave it alone"
    return "neutral", "wrong, but not because of the trigger"
