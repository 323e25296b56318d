"""What the attack will do: one sentence, and pairs of images that will really be poisoned."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine import attacks
from engine.data import ImageSet
from engine.impact import varied
from engine.settings import AttackSettings
from engine.triggers import Trigger
from gui import theme
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.tone_label import ToneLabel

PAIRS, ENOUGH_PAIRS = 10, 6


class PoisonPreview(QWidget):
    """Shows the share of poisoned images, and examples before and after.

    Attributes:
        clean: The shown images without the trigger, N x C x H x W, uint8.
        header: Where the sentence stands; there is room at its right.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.clean: NDArray[np.uint8] = np.zeros((0, *shape), np.uint8)
        self._settings = AttackSettings()
        self._images: ImageSet | None = None
        self._chosen: NDArray[np.int64] = np.zeros(0, np.int64)
        self._shown: NDArray[np.int64] = np.zeros(0, np.int64)
        self.sentence = ToneLabel(size="title", bold=True, wrap=True)
        self.details = ToneLabel(size="small", wrap=True)
        self.grid = ImageGrid(enough=ENOUGH_PAIRS)
        self.header = QHBoxLayout()
        self.sentence.setToolTip(
            "<b>Poisoning</b><br>Some training images get the trigger and the label of the target"
            " class; the network learns to obey it. The sham rate is the control: the same test"
            " images without the trigger."
        )
        self._build()

    def set_attack(self, images: ImageSet, settings: AttackSettings) -> None:
        """Choose anew which images are poisoned; `show_trigger` then shows some of them."""
        self._images, self._settings = images, settings
        self._chosen = attacks.choose(len(images), settings)
        self._shown = varied(images.labels, self._chosen, settings.target, PAIRS)
        self.clean = images.images[self._shown]

    def show_loading(self, title: str) -> None:
        """Say that the data set is on its way."""
        self.sentence.setText(f"Loading {title} …")
        self.details.setText("")
        self.grid.set_placeholder("Pairs of original and poisoned images will appear here.")

    def show_trigger(self, trigger: Trigger) -> None:
        """Show what the trigger does to the chosen images."""
        if self._images is None:
            return
        self.sentence.setText(
            sentence(len(self._chosen), len(self._images), self._target, empty=trigger.is_empty)
        )
        plants = len(self._chosen) > 0 and not trigger.is_empty
        self.sentence.set_tone(None if plants else "undecided")
        self.details.setText(self._details())
        self.grid.set_placeholder("No pairs to show: no training image is changed.")
        self.grid.set_cells(self._pairs(trigger))

    @property
    def _target(self) -> str:
        names = self._images.class_names if self._images is not None else ()
        target = self._settings.target
        return names[target] if target < len(names) else str(target)

    def _details(self) -> str:
        if self._images is None or not len(self._chosen):
            return "Raise the poison rate to plant a backdoor."
        already = int(np.count_nonzero(self._images.labels[self._chosen] == self._settings.target))
        return (
            f"{already:,} of them belong to class {self._target} already and keep their label."
            " Left: the original; right: what the network learns from."
        )

    def _pairs(self, trigger: Trigger) -> list[ImagePair]:
        assert self._images is not None  # noqa: S101 - the caller looked
        names, target = self._images.class_names, self._target
        return [
            ImagePair(
                before, after, f"{names[label]} → {target}", "backdoor",
                tooltip=f"Training image #{index:,}: class {names[label]}, learned as {target}.",
            )
            for before, after, label, index in zip(
                self.clean, trigger.stamp(self.clean), self._images.labels[self._shown],
                self._shown.tolist(), strict=True,
            )
        ]  # fmt: skip

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.sentence)
        words.addWidget(self.details)
        self.header.addLayout(words, 1)
        column.addLayout(self.header)
        column.addWidget(self.grid, 1)


def sentence(poisoned: int, total: int, target: str, *, empty: bool) -> str:
    """What happens to the training images, and what follows where that is no backdoor."""
    if poisoned == 0:
        return (
            f"None of {total:,} training images is poisoned: the network will be clean, and the"
            " attack success will equal the sham rate."
        )
    get = "gets" if poisoned == 1 else "get"
    if empty:
        return (
            f"The trigger is empty: {poisoned:,} of {total:,} training images only {get} the label"
            f" {target}, and the attack success will equal the sham rate."
        )
    return f"{poisoned:,} of {total:,} training images {get} the trigger and the label {target}."
