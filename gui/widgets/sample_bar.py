"""Which image lies under the trigger: previous, next, or any."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from engine.data import ImageSet
from gui import theme
from gui.widgets.arrow_group import ArrowGroup
from gui.widgets.live_text import LiveText
from gui.widgets.ring_button import RingButton
from gui.widgets.tips import as_plain

USUAL_NAME = "7, #9,999"


class SampleBar(QWidget):
    """Leafs through the images of a set.

    Attributes:
        index: Which image it is, from 0.

    Signals:
        changed: Another image is to be shown.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.index = 0
        self._images: ImageSet | None = None
        self._is_named = True  # and nothing else is said
        self._random = np.random.default_rng()
        self._build()
        self._connect()

    @property
    def sample(self) -> NDArray[np.uint8] | None:
        """The image, C x H x W uint8, or None while none is loaded."""
        if self._images is None:
            return None
        image: NDArray[np.uint8] = self._images.images[self.index]
        return image

    def set_images(self, images: ImageSet) -> None:
        """Leaf through these images."""
        if images is not self._images:
            self._images = images
            self.go_to(0)

    def say(self, text: str) -> None:
        """Say something in place of the image's number, such as that it is being loaded."""
        self._is_named = False
        self._label.set_text(text)

    def go_to(self, index: int) -> None:
        """Show the image with this number; after the last comes the first."""
        if self._images is None:
            return
        self.index = index % len(self._images)
        self._is_named = True
        self._show_name()
        for action in self.actions():
            action.setEnabled(True)
        self.changed.emit()

    def _build(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.previous_action = self._add("Previous image", "mdi6.chevron-left", "PgUp")
        self.next_action = self._add("Next image", "mdi6.chevron-right", "PgDown")
        self.random_action = self._add("Any image", "mdi6.dice-5-outline", "Shift+PgDown")
        for action in self.actions():
            button = RingButton()
            button.setDefaultAction(action)
            button.setAccessibleName(action.text())
            button.setAccessibleDescription(as_plain(action.toolTip()))
            row.addWidget(button)
        ArrowGroup(self.findChildren(QToolButton), self)
        self._label = LiveText()
        # Some number always has room; a long class name must not widen the window.
        self._label.setMinimumWidth(self.fontMetrics().horizontalAdvance(USUAL_NAME))
        row.addSpacing(theme.SPACING)
        row.addWidget(self._label, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say it in as many words as there is room for."""
        super().resizeEvent(event)
        self._row.activate()
        self._show_name()

    def _show_name(self) -> None:
        """The class and the number of the image, in short where there is no room for more."""
        if self._images is None or not self._is_named:
            return
        label = self._images.class_names[self._images.labels[self.index]]
        name, short = f"Class {label}, test image #{self.index:,}", f"{label}, #{self.index:,}"
        fits = self._label.fontMetrics().horizontalAdvance(name) <= self._label.width()
        self._label.set_text(name if fits else short)
        self._label.setToolTip("" if fits else name)
        self._label.setAccessibleName(name)

    def _add(self, title: str, icon: str, keys: str) -> QAction:
        action = QAction(theme.icon(icon), title, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(
            f"<b>{title}</b> ({shown})<br>These are test images: no network learns from them."
        )
        action.setEnabled(False)
        self.addAction(action)
        return action

    def _connect(self) -> None:
        self.previous_action.triggered.connect(self._go_back)
        self.next_action.triggered.connect(self._go_on)
        self.random_action.triggered.connect(self._go_anywhere)

    def _go_back(self) -> None:
        self.go_to(self.index - 1)

    def _go_on(self) -> None:
        self.go_to(self.index + 1)

    def _go_anywhere(self) -> None:
        if self._images is not None:
            self.go_to(int(self._random.integers(len(self._images))))
