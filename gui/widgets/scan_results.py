"""Everything that a scan shows of the classes: tiles, chart, and the chosen class large."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.data import ImageSet
from engine.triggers import Trigger
from gui import theme
from gui.scan_record import ScanRecord
from gui.widgets.class_detail import ClassDetail
from gui.widgets.class_tiles import ClassTiles
from gui.widgets.mask_size_chart import MaskSizeChart
from gui.widgets.pictures import NO_SAMPLES
from gui.widgets.view_switch import CLASSES, ViewSwitch, side_width

PARTS = 8


class ScanResults(QWidget):
    """Draws a scan's record; what is chosen in the tiles or in the chart is shown large."""

    def __init__(self) -> None:
        super().__init__()
        self.switch = ViewSwitch(CLASSES)
        self.tiles, self.chart, self.detail = ClassTiles(), MaskSizeChart(), ClassDetail()
        self._record = ScanRecord(())
        self._samples: NDArray[np.uint8] = NO_SAMPLES
        self._planted: tuple[Trigger, int] | None = None
        self._turn = 0
        self._upper = QWidget()
        self._build()
        self.tiles.chosen.connect(self._show_chosen)
        self.chart.chosen.connect(self.tiles.choose)

    def set_record(self, record: ScanRecord) -> None:
        """Draw another record from now on."""
        self._record = record

    def set_samples(self, tests: ImageSet | None) -> None:
        """Show each class's trigger on the first test image of another class."""
        self._samples = NO_SAMPLES
        if tests is not None:
            chosen = [int(np.argmax(tests.labels != label)) for label in range(tests.classes)]
            self._samples = tests.images[chosen]
        self.tiles.set_samples(self._samples)

    def set_pixels(self, pixels: int) -> None:
        """Say how many pixels an image has."""
        self.chart.set_pixels(pixels)

    def set_planted(self, trigger: Trigger | None, target: int) -> None:
        """Show this true trigger beside the one found for the class it leads to."""
        self._planted = (trigger, target) if trigger is not None else None

    def choose(self, label: int) -> None:
        """Choose a class."""
        self.tiles.choose(label)

    def draw(self) -> None:
        """Draw everything."""
        for _ in range(PARTS):
            self.draw_part()

    def draw_part(self) -> None:
        """Draw a part of everything, each time the next one; the tiles twice in a round.

        A live scan calls this for every batch of events, so that no single one of them keeps the
        window from answering.
        """
        self._turn = (self._turn + 1) % PARTS
        middle = (self._record.classes + 1) // 2
        first, second = range(middle), range(middle, self._record.classes)
        match self._turn:
            case 0 | 4:
                self._show_tiles(first)
            case 1 | 5:
                self._show_tiles(second)
            case 2:
                self.chart.set_findings(self._record.findings())
                self.chart.set_bands(*self._record.bands())
                self._show_finding()
            case 3:
                self._show_curves(("mask_l1",))
            case 6:
                self._show_curves(("success",))
            case _:
                self._show_curves(("penalty",))

    def _show_tiles(self, labels: range) -> None:
        self.tiles.set_findings(self._record.findings(), self._record.fraction, repainted=labels)
        self._share_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height anew."""
        super().resizeEvent(event)
        self.switch.fit(self.width())
        self.chart.setFixedWidth(side_width(self.width()))
        self._share_height()

    def _share_height(self) -> None:
        """Tiles get what they need, as long as the chosen class has room for text and pictures.

        In a low window the pictures of the chosen class shrink first, and tiles scroll.
        """
        least = self.tiles.minimumSizeHint().height() + theme.SPACING
        self._upper.setMinimumHeight(least)
        limit = max(self.height() - theme.SPACING - self.detail.height_wanted(self.height()), least)
        width = self.width() - self.chart.width() - theme.SPACING
        # Not fixed: the window must be able to take height away again.
        self._upper.setMaximumHeight(max(self.tiles.height_for(width, limit), least))

    def _show_chosen(self, label: int) -> None:
        self.chart.choose(label)
        self._show_finding()
        self._show_curves()

    def _show_finding(self) -> None:
        label = self.tiles.chosen_label
        if label >= self._record.classes:
            return
        planted = self._planted[0] if self._planted and self._planted[1] == label else None
        sample = self._samples[label] if label < len(self._samples) else None
        self.detail.set_finding(self._record.finding(label), sample, planted)

    def _show_curves(self, keys: Collection[str] = ("mask_l1", "success", "penalty")) -> None:
        if self.tiles.chosen_label < self._record.classes:
            label = self.tiles.chosen_label
            has_ended = self._record.finding(label).held_out
            self.detail.set_curves(self._record.curves(label), keys, has_ended=has_ended)

    def _build(self) -> None:
        self.chart.setFixedWidth(side_width())
        right = QVBoxLayout()
        right.setSpacing(theme.SPACING // 2)
        right.addWidget(self.switch)
        right.addWidget(self.chart, 1)
        upper = QHBoxLayout(self._upper)
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(theme.SPACING)
        upper.addWidget(self.tiles, 1)
        upper.addLayout(right)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._upper, 100)  # all that it can use
        column.addWidget(self.detail, 1)
