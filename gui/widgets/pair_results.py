"""Everything that a scan shows of the pairs: the map, and the chosen pair large."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.data import ImageSet
from engine.detection.results import PairMap
from engine.triggers import Trigger
from gui import theme
from gui.pair_findings import PairFindings
from gui.widgets.pair_detail import PairDetail
from gui.widgets.pair_map_chart import PairMapChart
from gui.widgets.pictures import NO_SAMPLES
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel
from gui.widgets.view_switch import PAIRS, ViewSwitch

SAMPLES = 8
LEADERS = 5  # of the smallest masks that are named while a map is searched
PLACEHOLDER_WIDTH = 56 * theme.SPACING
LARGEST_SHARE = 0.58  # of the width, for the map
PLACEHOLDER = (
    "The pair map will appear here: a square in which each cell is the smallest mask that turns"
    " images of one class, its row, into another, its column.\n\nOne mask per class cannot see a"
    " backdoor that moves chosen classes only; in the map it stands out."
)
TIP = (
    "Searches for a trigger for every pair of a source and a target; before that for every class,"
    " unless a Standard scan has done so."
)


class PairResults(QWidget):
    """Draws a scan's pair map; the chosen cell is shown large.

    Signals:
        map_requested: The person wants a map.
        pair_shown: A pair is shown large.
    """

    map_requested = Signal()
    pair_shown = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.switch = ViewSwitch(PAIRS)
        self.chart, self.detail = PairMapChart(), PairDetail()
        self.map_button = QPushButton("Map all pair&s")
        self._findings: PairFindings | None = None
        self._shown_first: PairMap | None = None  # the map whose first cell was chosen
        self._follows = True  # the smallest mask, until a person picks a cell
        self._samples: list[NDArray[np.uint8]] = []
        self._planted: tuple[Trigger, int] | None = None
        self._pages = QStackedWidget()
        self._build()
        self.chart.chosen.connect(self._show_chosen)
        self.chart.picked.connect(self._stop_following)
        self.map_button.clicked.connect(self.map_requested)

    def set_findings(self, findings: PairFindings | None) -> None:
        """Draw what is known of the pairs.

        While a map is searched, the smallest mask is followed until a person picks a cell; when it
        is complete, its first cell is chosen.
        """
        was_searched = self._findings is not None and self._findings.pair_map is None
        self._findings = findings
        self.chart.set_findings(findings)
        self._pages.setCurrentIndex(int(findings is not None))
        self._fit_chart()
        if findings is None:
            return
        ended = findings.pair_map is not None
        if not ended and not was_searched:
            self._follows = True
        if (ended and findings.pair_map is not self._shown_first) or (not ended and self._follows):
            self.chart.choose(*findings.first())
        self._shown_first = findings.pair_map
        self._show_chosen()

    def offer_map(self, obstacle: str = "") -> None:
        """Let the button be pressed, unless something stands in the way, which its tooltip says."""
        self.map_button.setEnabled(not obstacle)
        give_tip(self.map_button, as_tip(obstacle or TIP))

    def _stop_following(self) -> None:
        self._follows = False

    def set_samples(self, tests: ImageSet | None) -> None:
        """Show each trigger on the first test images of its source."""
        if tests is None:
            self._samples = []
            return
        places = (np.flatnonzero(tests.labels == label)[:SAMPLES] for label in range(tests.classes))
        self._samples = [tests.images[chosen] for chosen in places]

    def set_planted(self, trigger: Trigger | None, target: int) -> None:
        """Show this true trigger beside those found for the class it leads to."""
        self._planted = (trigger, target) if trigger is not None else None

    @property
    def pair_map(self) -> PairMap | None:
        """The map that is shown, once its search has ended."""
        return None if self._findings is None else self._findings.pair_map

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the map a square, as large as the height lets it be."""
        super().resizeEvent(event)
        self.switch.fit(self.width())
        self._fit_chart()

    def _fit_chart(self) -> None:
        height = self.height() - self.switch.sizeHint().height() - theme.SPACING
        room = QSize(round(LARGEST_SHARE * self.width()), height)
        self.chart.setMaximumWidth(max(self.chart.width_for(room), self.switch.width()))

    def _show_chosen(self) -> None:
        if self._findings is None:
            return
        source, target = self.chart.chosen_cell
        planted = self._planted[0] if self._planted and self._planted[1] == target else None
        known = source < len(self._samples)
        samples = self._samples[source] if known else NO_SAMPLES
        found = self._findings
        self.detail.set_finding(found.finding(source, target), samples, planted)
        self.detail.set_leaders([found.finding(*cell) for cell in found.leaders(LEADERS)])
        self.pair_shown.emit()

    def _build(self) -> None:
        self.offer_map()
        self.map_button.setIcon(theme.icon("mdi6.grid"))
        self._pages.addWidget(self._build_empty())
        self._pages.addWidget(self.detail)
        right = QVBoxLayout()
        right.setSpacing(theme.SPACING)
        right.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignRight)
        right.addWidget(self.chart, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.SPACING)
        row.addWidget(self._pages, 1)
        row.addLayout(right, 100)  # no wider than the map
        self._pages.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _build_empty(self) -> QWidget:
        """What will appear here, and how to get it."""
        text = ToneLabel(PLACEHOLDER, wrap=True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        text.setFixedWidth(PLACEHOLDER_WIDTH)
        column = QVBoxLayout()
        column.setSpacing(2 * theme.SPACING)
        column.addStretch(1)
        column.addWidget(text)
        column.addWidget(self.map_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        page = QWidget()
        row = QHBoxLayout(page)
        row.addStretch(1)
        row.addLayout(column)
        row.addStretch(1)
        return page
