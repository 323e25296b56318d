"""Calibrate: clean networks to compare with, made while one watches what is usual come about."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QPalette, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.detection.calibrate import Standing
from engine.detection.calibration import LEAST_REFERENCES
from engine.detection.reference_cache import MOST_NETWORKS
from engine.events import Event, NetworkCalibrated
from gui import calibration_words, theme
from gui.calibration_state import (
    count_shipped,
    look_up,
    own_values,
    relation_to_scan,
    seconds_of_training,
)
from gui.run_bar import RunBar
from gui.session import Session
from gui.widgets.band_chart import TIP as CHART_TIP
from gui.widgets.band_chart import BandChart
from gui.widgets.fields import Bounds, NumberField
from gui.widgets.network_list import NetworkList
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel

LIST_WIDTH, FIELD_WIDTH = 460, 96


class CalibrationPage(QWidget):
    """Shows what there is of a calibration and what a running one makes.

    Signals:
        closed: The person wants to see the scan again.
    """

    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._done: dict[int, NetworkCalibrated] = {}
        self._newest: NetworkCalibrated | None = None
        self._standing: Standing | None = None
        self._ships = 0
        self.back_button = QPushButton(theme.icon("mdi6.arrow-left"), "&Back to the scan")
        self.networks_field = NumberField(Bounds(LEAST_REFERENCES, MOST_NETWORKS, kind="whole"))
        self.purpose, self.state = ToneLabel(wrap=True), ToneLabel(bold=True, wrap=True)
        self.note = ToneLabel(size="small", tone="undecided", wrap=True)
        self.list, self.chart, self.pictures = NetworkList(), BandChart(), QStackedWidget()
        self.empty = ToneLabel(wrap=True)
        self.run_bar = RunBar(session, "calibrate")
        # While the page is seen; the run bar is below it, so that no key from there comes here.
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._build()
        self._connect()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the page was hidden."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Look up what is there, unless the page is hidden; a running calibration tells itself."""
        if not self.isVisible():
            return
        session = self._session
        is_running = session.running == "calibrate"
        self.networks_field.setEnabled(session.running is None)
        self.networks_field.set_value(session.networks_wanted)
        _, height, width = session.shape
        self.chart.set_pixels(height * width)
        if not is_running or self._standing is None:
            self._standing = look_up(session)
        found = self._standing
        self.purpose.setText(calibration_words.purpose(session.calibration_settings, found))
        if is_running:
            self._take(session.calibrated)
            done, wanted = len(self._done), session.networks_wanted
            said = calibration_words.at_work(done, wanted, is_paused=session.is_paused)
            self.state.setText(said)
            self.note.setVisible(False)
        else:
            self._tell(found)
        self._draw()

    def _tell(self, found: Standing | None) -> None:
        """Say in words what is there, and what the person would want to know before starting."""
        wanted = self._session.networks_wanted
        scan, ships = relation_to_scan(self._session), count_shipped(self._session)
        self._ships = ships
        self._take([] if found is None else found.networks)
        training = seconds_of_training(self._session)
        self.state.setText(calibration_words.state(found, wanted, scan, training, ships))
        notes = calibration_words.notes(
            ships, wanted, scan, own_values(self._session), is_begun=bool(self._done)
        )
        self.run_bar.urge(wanted=not ships)
        self.note.setText(notes)
        self.note.setVisible(bool(notes))

    def _take(self, networks: Sequence[NetworkCalibrated]) -> None:
        self._done = {network.number: network for network in networks}
        self._newest = networks[-1] if networks else None

    def _draw(self) -> None:
        session = self._session
        total = session.networks_wanted
        missing = [number for number in range(1, total + 1) if number not in self._done]
        in_work = missing[0] if session.running == "calibrate" and missing else None
        self.list.show_networks(self._done, total, in_work, is_paused=session.is_paused)
        self.chart.show_network(self._newest, session.class_names)
        self.empty.setText(calibration_words.placeholder(session.running, self._ships))
        self.pictures.setCurrentIndex(int(self._newest is not None))

    def _on_events(self, kind: str, events: list[Event]) -> None:
        if kind == "calibrate" and any(isinstance(event, NetworkCalibrated) for event in events):
            self.refresh()

    def _on_changed(self, what: str) -> None:
        if what in {"settings", "data", "trained", "detection", "experiment"}:
            self.refresh()

    def _on_run_changed(self, *_: object) -> None:
        self.refresh()

    def _on_networks(self) -> None:
        self._session.want_networks(int(self.networks_field.current()))
        self.refresh()

    def _connect(self) -> None:
        self.back_button.clicked.connect(self.closed)
        self._escape.activated.connect(self.closed)
        self.networks_field.edited.connect(self._on_networks)
        self._session.changed.connect(self._on_changed)
        self._session.run_started.connect(self._on_run_changed)
        self._session.run_events.connect(self._on_events)
        self._session.run_paused.connect(self._on_run_changed)
        self._session.run_ended.connect(self._on_run_changed)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addLayout(self._heading())
        column.addWidget(ToneLabel(calibration_words.WHY, wrap=True))
        column.addLayout(self._settings_row())
        column.addWidget(self.note)
        column.addLayout(self._pictures_row(), 1)

    def _heading(self) -> QHBoxLayout:
        self.back_button.setToolTip("Shows the tiles of the scan again; a run goes on. Escape.")
        row = QHBoxLayout()
        row.addWidget(ToneLabel(calibration_words.TITLE, size="title", bold=True), 1)
        row.addWidget(self.back_button)
        return row

    def _settings_row(self) -> QHBoxLayout:
        label = QLabel("Clean &networks")
        label.setBuddy(self.networks_field)
        for part in (label, self.networks_field):
            give_tip(part, as_tip(calibration_words.NETWORKS_TIP))
        fixed = QSizePolicy.Policy.Fixed
        self.networks_field.setSizePolicy(fixed, fixed)
        self.networks_field.setFixedWidth(FIELD_WIDTH)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.state)
        words.addWidget(self.purpose)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        row.addWidget(label)
        row.addWidget(self.networks_field)
        row.addSpacing(2 * theme.SPACING)
        row.addLayout(words, 1)
        return row

    def _pictures_row(self) -> QHBoxLayout:
        self.list.setFixedWidth(LIST_WIDTH)
        empty = self.empty
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        empty.setContentsMargins(*[6 * theme.SPACING] * 4)
        self.pictures.addWidget(empty)
        self.pictures.addWidget(self._chart_part())
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACING)
        row.addWidget(self.list)
        row.addWidget(self.pictures, 1)
        return row

    def _chart_part(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING // 2)
        heading = ToneLabel(calibration_words.CHART_HEADING, size="small", wrap=True)
        give_tip(heading, as_tip(CHART_TIP))
        column.addWidget(heading)
        column.addWidget(self.chart, 1)
        return part
