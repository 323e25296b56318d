"""The buttons below the form of the Detection tab: what else can be done with a network."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gui import asking, calibration_words, theme
from gui.calibration_state import look_up
from gui.exports import NO_NETWORK
from gui.session import Session
from gui.widgets.pair_results import TIP as MAP_TIP
from gui.widgets.tips import as_tip, give_tip

NUMBER_FILTERS = (
    "Everything without loss (*.safetensors);;Numbers as JSON (*.json);;Table of classes (*.csv)"
)
MASKS_TIP = "Every mask that was found, of pairs too, as a grey PNG: 0 black, 1 white. Ctrl+E."
REPORT_TIP = (
    "One page for people who were not there: what was judged, how, how sure the verdict is, all"
    " triggers, what a scan cannot see, and how to repeat it. Ctrl+Shift+R."
)


class DetectionActions(QWidget):
    """One button below the other; exports are done here, all else by whoever listens.

    Signals:
        map_requested: The person wants a trigger for every pair of classes.
        calibration_requested: The person wants clean networks to compare with.
        report_requested: The person wants the report.
    """

    map_requested = Signal()
    calibration_requested = Signal()
    report_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.map_button = QPushButton(theme.icon("mdi6.grid"), "Map all pairs")
        self.calibrate_button = QPushButton(theme.icon("mdi6.scale-balance"), "&Calibrate …")
        self.report_button = QPushButton(theme.icon("mdi6.file-document-outline"), "Rep&ort …")
        self.masks_button = QPushButton(theme.icon("mdi6.tray-arrow-up"), "Export &masks …")
        self.numbers_button = QPushButton(theme.icon("mdi6.tray-arrow-up"), "Export n&umbers …")
        self._build()
        self.map_button.clicked.connect(self.map_requested)
        self.calibrate_button.clicked.connect(self.calibration_requested)
        self.report_button.clicked.connect(self.report_requested)
        self.masks_button.clicked.connect(self._export_masks)
        self.numbers_button.clicked.connect(self._export_numbers)

    def refresh(self, *, is_looking: bool) -> None:
        """Enable what can be done now; another network's file that is looked at has no scan."""
        session = self._session
        can_scan = session.running is None and session.model is not None
        self.map_button.setEnabled(can_scan and not is_looking)
        for button in (self.report_button, self.masks_button, self.numbers_button):
            button.setEnabled(session.detection is not None and not is_looking)
        has_masks = session.detection is not None and bool(session.detection.classes)
        self.masks_button.setEnabled(has_masks and not is_looking)
        lacks_network = session.detection is not None and session.model is None
        if lacks_network:
            self.report_button.setEnabled(False)
        give_tip(self.report_button, as_tip(NO_NETWORK if lacks_network else REPORT_TIP))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look up what a calibration costs when somebody wants to know."""
        if event.type() == QEvent.Type.ToolTip:
            tip = calibration_words.tip(look_up(self._session))
            give_tip(self.calibrate_button, as_tip(tip))
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, theme.SPACING, 0)
        column.setSpacing(theme.SPACING // 2)
        for button, tip in (
            (self.map_button, f"{MAP_TIP} Ctrl+M."),
            (self.calibrate_button, calibration_words.tip(None)),
            (self.report_button, REPORT_TIP),
            (self.masks_button, MASKS_TIP),
            (self.numbers_button, "Masks, patterns, curves and numbers without loss, in one file."),
        ):
            give_tip(button, as_tip(tip))
            column.addWidget(button)
        self.calibrate_button.installEventFilter(self)

    def _export_masks(self) -> None:
        if folder := asking.folder(self, self._session, "Export masks into a folder"):
            self._session.export_masks(folder)

    def _export_numbers(self) -> None:
        asked = "Export numbers", "detection.safetensors", NUMBER_FILTERS
        if path := asking.file_to_write(self, self._session, *asked):
            self._session.export_numbers(path)
