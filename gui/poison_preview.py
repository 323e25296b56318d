"""What the attack will do: one sentence, and pairs of images that will really be poisoned."""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine import attacks
from engine.attacks import Attack, Choice, picturing
from engine.attacks.examples import examples
from engine.data import ImageSet
from engine.settings import AttackSettings
from engine.settings.attack import CLEAN_LABEL
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
        clean: The shown images that get the trigger, without it, N x C x H x W, uint8.
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
        self._effects: dict[int, Effect] = {}  # the same object until the settings change
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
        self._effects = {}
        self._shown = np.zeros(0, np.int64)
        self.clean = self.stamped = images.images[:0]

    def show_absent(self, why: str) -> None:
        """Say why there are no images, and show none of those before."""
        self._images = self._attack = None
        self.clean = self.stamped = self.clean[:0]
        self.sentence.setText(why)
        self.sentence.set_tone(None)
        self.details.setText("")
        self.grid.set_placeholder("Pairs of original and poisoned images will appear here.")
        self.grid.set_cells([])

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
        """What the attack makes of the test image of this number; None as long as none is known."""
        if self._attack is None:
            return None
        if attacks.uses_drawing(self._settings):
            made = partial(picturing.with_drawing, self._settings, number)
            return self._effects.setdefault(number, made)
        attack, numbers = self._attack, np.asarray([number])
        return lambda image, _: np.asarray(attack.stamp(image[None], numbers)[0])

    def describe(self, sample: NDArray[np.uint8] | None) -> tuple[str, list[ImagePair]]:
        """What an attack that is not drawn does, in words and pictures; nothing for any other."""
        if self._attack is None or sample is None or attacks.uses_drawing(self._settings):
            return "", []
        shown = picturing.pictures(self._attack, sample)
        return picturing.in_words(self._attack), [
            ImagePair(one.image, None, one.title, tooltip=one.meaning) for one in shown
        ]

    def _choose(self, attack: Attack) -> Choice:
        """Choose once for each setting; drawing does not change the choice."""
        assert self._images is not None  # noqa: S101 - the caller looked
        if self._choice is None:
            self._choice = attack.choose(self._images.labels)
            target = self._settings.target
            self._shown = examples(self._images.labels, self._choice, target, PAIRS)
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
        shown = self._shown
        learned = dict(zip(choice.indices.tolist(), choice.labels.tolist(), strict=True))
        before = self._images.images[shown]
        after = self._attack.stamp_chosen(before.copy(), shown, choice)
        is_stamped = ~np.isin(shown, choice.decoys)
        self.clean, self.stamped = before[is_stamped], after[is_stamped]
        return [
            self._pair(one, other, index, learned.get(index))
            for one, other, index in zip(before, after, shown.tolist(), strict=True)
        ]

    def _pair(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], index: int, learned: int | None
    ) -> ImagePair:
        """A training image and what becomes of it; `learned` is None where its label is spared."""
        assert self._images is not None  # noqa: S101 - the caller looked
        names = self._images.class_names
        name = names[int(self._images.labels[index])]
        told = f"Training image #{index:,}: class {name}"
        if learned is None:
            tip = (
                f"{told}. It is changed as well, but keeps its label, for the network to learn it."
            )
            return ImagePair(before, after, f"stays {name}", "clean", tooltip=tip)
        tip = f"{told}, learned as {names[learned]}."
        caption = f"{name} → {names[learned]}"
        if self._settings.family in CLEAN_LABEL:
            caption, tip = f"stays {name}", f"{told}. It gets the trigger and keeps its label."
        return ImagePair(before, after, caption, "backdoor", tooltip=tip)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 4)
        texts = QWidget()
        words = QVBoxLayout(texts)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(2)
        words.addWidget(self.sentence)
        words.addWidget(self.details)
        words.addStretch(1)
        # Room for a second line of the sentence: pictures shall not change their size with it.
        lines = 2 * self.sentence.fontMetrics().height() + self.details.fontMetrics().height()
        texts.setMinimumHeight(lines + words.spacing())
        self.header.addWidget(texts, 1)
        column.addLayout(self.header)
        column.addWidget(self.grid, 1)
