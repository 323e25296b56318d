"""What the attack will do: one sentence, and pairs of images that will really be poisoned."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine import attacks
from engine.attacks import Attack, Choice
from engine.data import ImageSet
from engine.impact import varied
from engine.settings import AttackSettings
from engine.triggers import Trigger
from gui import theme
from gui.widgets.canvas_state import Effect
from gui.widgets.image_grid import ImageGrid, ImagePair
from gui.widgets.tone_label import ToneLabel
from gui.words import in_short

PAIRS, ENOUGH_PAIRS = 10, 6
LONGEST_NAME = 32  # letters of a class in the sentence, which would fill half a window else


class PoisonPreview(QWidget):
    """Shows the share of poisoned images, and examples before and after.

    Attributes:
        clean: The shown images without the trigger, N x C x H x W, uint8.
        stamped: The same with it.
        header: Where the sentence stands; there is room at its right.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.clean: NDArray[np.uint8] = np.zeros((0, *shape), np.uint8)
        self.stamped = self.clean
        self._settings = AttackSettings()
        self._images: ImageSet | None = None
        self._choice: Choice | None = None
        self._attack: Attack | None = None
        self._shown: NDArray[np.int64] = np.zeros(0, np.int64)
        self.sentence = ToneLabel(size="title", bold=True, wrap=True)
        self.details = ToneLabel(size="small", wrap=True)
        self.grid = ImageGrid(enough=ENOUGH_PAIRS)
        self.header = QHBoxLayout()
        self.sentence.setToolTip(
            "<b>Poisoning</b><br>Some training images get the trigger, and most attacks give them a"
            " false label; the network learns to obey it. The sham rate is the control: the same"
            " test images without the trigger."
        )
        self._build()

    def set_attack(self, images: ImageSet, settings: AttackSettings) -> None:
        """Choose anew which images are poisoned; `show_trigger` then shows some of them."""
        self._images, self._settings = images, settings
        self._choice = self._attack = None
        self._shown = np.zeros(0, np.int64)
        self.clean = self.stamped = images.images[:0]

    def show_loading(self, title: str) -> None:
        """Say that the data set is on its way."""
        self.sentence.setText(f"Loading {title} …")
        self.details.setText("")
        self.grid.set_placeholder("Pairs of original and poisoned images will appear here.")

    def show_trigger(self, trigger: Trigger, problem: str = "") -> None:
        """Show what the attack does to the chosen images with this drawing.

        Args:
            trigger: What is drawn.
            problem: Why the attack cannot be made, or nothing.
        """
        if self._images is None:
            return
        if problem or trigger.shape != self._images.shape:
            self._show_problem(problem or "The trigger has another size than the images.")
            return
        self._attack = Attack.build(self._settings, trigger, self._images.classes)
        choice = self._choose(self._attack)
        empty = trigger.is_empty and attacks.uses_drawing(self._settings)
        names = [in_short(name, LONGEST_NAME) for name in self._images.class_names]
        self.sentence.setText(
            attacks.plan(self._settings, choice, len(self._images), names, empty=empty)
        )
        plants = len(choice.indices) > 0 and not empty
        self.sentence.set_tone(None if plants else "undecided")
        self.details.setText(
            attacks.plan_details(self._settings, choice, self._images.labels, names)
        )
        self.grid.set_placeholder("No pairs to show: no training image is changed.")
        self.grid.set_cells(self._pairs(choice))

    def effect(self, number: int) -> Effect | None:
        """What the attack makes of the test image of this number; None if it stamps the drawing."""
        if self._attack is None or attacks.uses_drawing(self._settings):
            return None
        attack, numbers = self._attack, np.asarray([number])
        return lambda image: np.asarray(attack.stamp(image[None], numbers)[0])

    def _choose(self, attack: Attack) -> Choice:
        """Choose once for each setting; drawing does not change the choice."""
        assert self._images is not None  # noqa: S101 - the caller looked
        if self._choice is None:
            self._choice = attack.choose(self._images.labels)
            target = self._settings.target
            self._shown = varied(self._images.labels, self._choice.indices, target, PAIRS)
            self.clean = self._images.images[self._shown]
        return self._choice

    def _show_problem(self, problem: str) -> None:
        self.sentence.setText(problem)
        self.sentence.set_tone("error")
        self.details.setText("Nothing can be poisoned like this.")
        self.grid.set_placeholder("Pairs appear here as soon as the settings fit.")
        self.grid.set_cells([])

    def _pairs(self, choice: Choice) -> list[ImagePair]:
        assert self._images is not None  # noqa: S101 - the caller looked
        assert self._attack is not None  # noqa: S101
        places = np.searchsorted(choice.indices, self._shown)
        self.stamped = self._attack.stamp_for_training(
            self.clean, self._shown, choice.which[places]
        )
        names = self._images.class_names
        return [
            ImagePair(
                before, after, f"{names[label]} → {names[learned]}", "backdoor",
                tooltip=f"Training image #{index:,}: class {names[label]}, learned as"
                f" {names[learned]}.",
            )
            for before, after, label, learned, index in zip(
                self.clean, self.stamped, self._images.labels[self._shown].tolist(),
                choice.labels[places].tolist(), self._shown.tolist(), strict=True,
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
