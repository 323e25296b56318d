"""The detection tab: which network, the search of every class, and the verdict."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from engine.events import Event
from engine.settings import DetectSettings
from gui import detection_words, run_words, theme, verdict_status
from gui.detection_actions import DetectionActions
from gui.detection_offers import DetectionOffers
from gui.detection_pages import DetectionPages
from gui.detection_words import STALE
from gui.export_bar import ExportBar
from gui.forms import SettingsForm
from gui.map_request import MapRequest
from gui.network_facts import NetworkFacts
from gui.pair_answers import PairAnswers
from gui.run_bar import RunBar
from gui.scan_record import ScanRecord
from gui.session import Session
from gui.widgets.overlay import FOOT
from gui.widgets.primary import set_primary
from gui.widgets.side_column import SideColumn
from gui.widgets.tone_label import ToneLabel
from gui.widgets.verdict_panel import VerdictPanel


class DetectionTab(QWidget):
    """Scans, and shows all that `session` holds of it.

    Signals:
        status_changed: `status_text` says something else.
    """

    status_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._record = ScanRecord(session.class_names)
        self._is_drawn = False
        self.form = SettingsForm(DetectSettings)
        self.network = NetworkFacts(session)
        self.verdict = VerdictPanel()
        self.stale_label = ToneLabel(STALE, size="small", tone="undecided", wrap=True)
        self.offers = DetectionOffers(session)
        self.pages, self.bars = DetectionPages(session), QStackedWidget()
        self.views, self.opening = self.pages.views, self.pages.opening
        self.calibration = self.pages.calibration
        PairAnswers(session, self.views.pairs)
        self.buttons, self.mapping = DetectionActions(session), MapRequest(session, self)
        self.scan_bar = RunBar(session, "scan")
        self._build()
        self._connect()
        self._show_all()

    @property
    def status_text(self) -> str:
        """The outcome in a few words, for the tab's label."""
        detection = self._session.detection
        if self._session.running in {"scan", "calibrate"}:
            return run_words.going(self._session)
        if self.pages.is_looking or (self.is_opening and detection is None):
            return self.opening.status_text
        if detection is None:
            return ""
        return verdict_status.status_of(detection, self._session.class_names)

    @property
    def run_bar(self) -> RunBar:
        """The bar of what is shown: of the scan, or of the calibration."""
        return self.calibration.run_bar if self.is_calibrating else self.scan_bar

    @property
    def is_calibrating(self) -> bool:
        """Whether the Calibrate page is open."""
        return self.pages.is_calibrating

    @property
    def is_opening(self) -> bool:
        """Whether the page is open on which a stranger's model is looked at."""
        return self.pages.is_opening

    def show_calibration(self) -> None:
        """Show the Calibrate page in place of the scan."""
        self.pages.setCurrentWidget(self.calibration)
        self.bars.setCurrentWidget(self.calibration.run_bar)
        self._arrange()
        self.calibration.run_bar.start_button.setFocus()

    def show_opening(self) -> None:
        """Show the page on which a stranger's model is opened."""
        self.pages.setCurrentWidget(self.opening)
        self.bars.setCurrentWidget(self.scan_bar)
        self.opening.open_button.setFocus()
        self._arrange()

    def ask_model(self) -> None:
        """Ask for a file, and show that page if one is chosen, so that Cancel changes nothing.

        Where there is no network yet, or a file waits on the page, it is shown at once.
        """
        session = self._session
        if session.is_refused():
            return
        if session.model is None or session.auditing.has_waiting_file:
            self.show_opening()
        if self.opening.ask():
            self.show_opening()

    def show_scan(self) -> None:
        """Show the scan again; a calibration goes on."""
        self.bars.setCurrentWidget(self.scan_bar)
        self._show_scan_page()
        self._draw()
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the tab was hidden."""
        super().showEvent(event)
        self._draw()

    def _build(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(theme.SPACING)
        left.addWidget(SideColumn(self.network, self.form), 1)
        left.addWidget(self.buttons)
        for bar in (self.scan_bar, self.calibration.run_bar):
            self.bars.addWidget(bar)
        self.bars.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        middle = QHBoxLayout()
        middle.setSpacing(theme.SPACING)
        middle.addLayout(left)
        middle.addWidget(self.pages, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN] * 4)
        column.setSpacing(theme.SPACING)
        column.addWidget(self.verdict)
        column.addWidget(self.offers)
        column.addWidget(self.stale_label)
        column.addLayout(middle, 1)
        self.bars.setObjectName(FOOT)
        column.addWidget(self.bars)
        column.addWidget(ExportBar(self._session.exports))
        self.verdict.explanation.lie_below(self.verdict)

    def _connect(self) -> None:
        self.form.changed.connect(self._session.set_group)
        for asking in (self.buttons, self.offers, self.views):
            asking.map_requested.connect(self.mapping.map_pairs)
        for asking in (self.buttons, self.offers):
            asking.calibration_requested.connect(self.show_calibration)
        for leaving in (self.calibration.closed, self.opening.closed, self.opening.used):
            leaving.connect(self.show_scan)
        self.network.opening_requested.connect(self.ask_model)
        self.opening.renamed.connect(self._arrange)  # a file is looked at, or no more
        self._session.auditing.tried_again.connect(self.show_opening)
        self.views.currentChanged.connect(self._arrange)
        self._session.changed.connect(self._on_changed)
        self._session.run_started.connect(self._on_run_started)
        self._session.run_events.connect(self._on_events)
        self._session.run_paused.connect(self._on_run_paused)
        self._session.run_ended.connect(self._on_run_ended)

    def _on_changed(self, what: str) -> None:
        is_empty = what == "trained" and self.is_opening and not self.pages.is_looking
        if (what == "experiment" and self.is_opening) or is_empty:
            self.show_scan()  # another network than the one that was looked at is to be seen
        if what in {"trained", "detection", "experiment", "data"}:
            self._show_all()
        elif what == "settings":
            self._show_settings()

    def _on_run_started(self, kind: str) -> None:
        self.form.setEnabled(False)
        if kind == "scan":
            self._record = self._new_record()
            self._is_drawn = False
        self._tell()
        if kind == "scan":
            self.show_scan()

    def _on_run_paused(self, is_paused: bool) -> None:  # noqa: FBT001 - Session's signal
        """Draw all of it, so that no part shows an earlier step than the others."""
        self._tell()
        if is_paused and self._session.running == "scan":
            self._draw()

    def _on_run_ended(self, kind: str, how: str) -> None:  # noqa: ARG002 - Session's signal
        self.form.setEnabled(True)
        self._tell()
        if kind == "scan":
            self._draw()

    def _on_events(self, kind: str, events: list[Event]) -> None:
        if kind != "scan":
            return
        had_all_classes = self._record.has_all_classes
        for event in events:
            self._record.add(event)
        if self._record.has_all_classes != had_all_classes:
            self._tell()
        if not self.isVisible():
            return
        if self._is_drawn and not self._session.is_paused:
            self.views.draw_part()
        else:
            self._draw()
            self._is_drawn = True

    def _show_all(self) -> None:
        """Take everything from the session."""
        self._show_settings()
        self._take_record()
        self.pages.take_images()
        self._tell()
        self._draw()

    def _take_record(self) -> None:
        """Unpack the detection; a running scan keeps the record that its events fill."""
        session = self._session
        if session.detection is not None:
            self._record = ScanRecord.of(session.detection, session.class_names)
        elif session.running != "scan":
            self._record = self._new_record()

    def _new_record(self) -> ScanRecord:
        """That of a scan which begins: empty, or with the classes that its map goes on from."""
        earlier, names = self._session.continued, self._session.class_names
        return ScanRecord(names) if earlier is None else ScanRecord.of(earlier, names)

    def _draw(self) -> None:
        """Draw everything; nothing while the tab is hidden."""
        if not self.isVisible():
            return
        if not (self.is_calibrating or self.is_opening):
            self._show_scan_page()
        self.views.set_record(self._record)
        self.views.draw()
        self.pages.choose_suspect()

    def _show_scan_page(self) -> None:
        has_begun = self._session.running == "scan" or self._record.has_begun
        self.pages.show_scan(has_begun=has_begun)

    def _show_settings(self) -> None:
        settings = self._session.settings.detect
        if self.form.value() != settings:
            self.form.set_value(settings)
        self._arrange()

    def _tell(self) -> None:
        """Say in words what is known."""
        session = self._session
        if session.detection is not None:
            self.verdict.show_verdict(session.detection, session.class_names)
        else:
            said = detection_words.sentence(session, self._record)
            self.verdict.show_sentence(said, detection_words.look(session))
        self._arrange()

    def _arrange(self) -> None:
        """Show what belongs to the page in front, and enable what can be done there.

        Above another network's file the verdict, and a Start for it, would be taken for that one's.
        """
        session, idle = self._session, self._session.running is None
        has_verdict = session.detection is not None or not self.is_calibrating
        self.verdict.setVisible(has_verdict and not self.is_opening)
        starts_scan = not (self.is_opening or self.is_calibrating)
        self.stale_label.setVisible(session.scan_stale and idle and starts_scan)
        self.bars.setVisible(not (self.is_opening and idle))
        self.network.refresh(is_opening=self.is_opening)
        self.offers.refresh(
            is_calibrating=self.is_calibrating,
            is_opening=self.is_opening,
            shows_pairs=self.pages.currentWidget() is self.views and self.views.shows_pairs,
        )
        self.pages.offer_map()
        self.buttons.refresh(is_looking=self.pages.is_looking)
        self._lead_on()
        self.status_changed.emit()

    def _lead_on(self) -> None:
        """Make the next step prominent: Start, or after a whole scan what follows from it."""
        is_done, needs_map = self._session.is_scanned, self.offers.has_use_for_map()
        self.scan_bar.urge(wanted=not is_done)
        leads = is_done and not (self.is_calibrating or self.is_opening)
        for button in (self.offers.map.button, self.views.pairs.map_button):
            set_primary(button, "mdi6.grid", wanted=leads and needs_map)
        report = self.buttons.report_button
        set_primary(report, "mdi6.file-document-outline", wanted=leads and not needs_map)
