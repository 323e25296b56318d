"""The two pictures of a scan, one trigger per class and one per pair, of which one is shown."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from engine.data import ImageSet
from engine.triggers import Trigger
from gui.scan_record import ScanRecord
from gui.widgets.pair_results import PairResults
from gui.widgets.scan_results import ScanResults
from gui.widgets.view_switch import CLASSES, PAIRS


class ScanViews(QStackedWidget):
    """Draws a scan's record in the view that is chosen, by the person or as a map begins.

    Signals:
        map_requested: The person wants a pair map.
    """

    map_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.classes, self.pairs = ScanResults(), PairResults()
        self._record = ScanRecord(())
        self._has_pairs = False
        self.addWidget(self.classes)
        self.addWidget(self.pairs)
        self.classes.switch.chosen.connect(self._switch)
        self.pairs.switch.chosen.connect(self._switch)
        self.pairs.map_requested.connect(self.map_requested)

    def set_record(self, record: ScanRecord) -> None:
        """Draw another record from now on."""
        self._record = record
        self.classes.set_record(record)
        if record.pairs is None:
            self._has_pairs = False
            self.show_view(CLASSES)

    def set_samples(self, tests: ImageSet | None) -> None:
        """Show triggers on these test images; on none until they are there."""
        self.classes.set_samples(tests)
        self.pairs.set_samples(tests)

    def set_pixels(self, pixels: int) -> None:
        """Say how many pixels an image has."""
        self.classes.set_pixels(pixels)
        self.pairs.chart.set_pixels(pixels)

    def set_planted(self, trigger: Trigger | None, target: int) -> None:
        """Show this true trigger beside those found for the class it leads to."""
        self.classes.set_planted(trigger, target)
        self.pairs.set_planted(trigger, target)

    @property
    def shows_pairs(self) -> bool:
        """Whether the map is in front, or what will appear in its place."""
        return self.currentIndex() == PAIRS

    def show_view(self, view: int) -> None:
        """Show CLASSES or PAIRS."""
        self.setCurrentIndex(view)

    def draw(self) -> None:
        """Draw all that is shown."""
        self._notice_map()
        if self.currentIndex() == PAIRS:
            self.pairs.set_findings(self._record.pairs)
        else:
            self.classes.draw()

    def draw_part(self) -> None:
        """Draw a part of what is shown, as a live scan needs it."""
        self._notice_map()
        if self.currentIndex() == PAIRS:
            self.pairs.set_findings(self._record.pairs)
        else:
            self.classes.draw_part()

    def _notice_map(self) -> None:
        """Show a map as soon as it begins; after that the person decides."""
        if self._record.pairs is not None and not self._has_pairs:
            self._has_pairs = True
            self.show_view(PAIRS)

    def _switch(self, view: int) -> None:
        self.show_view(view)
        self.draw()
        (self.pairs if view == PAIRS else self.classes).switch.take_focus()
