"""The buttons below the form of the Detection tab: what else can be done with a network."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gui import asking, calibration_words, possible, theme
from gui.calibration_state import look_up
from gui.session import Session
from gui.widgets.pair_results import TIP as MAP_TIP
from gui.widgets.tips import as_tip, give_tip

MAP_BUTTON_TIP = f"{MAP_TIP} Ctrl+M."
NUMBER_FILTERS = (
    "Everything without loss (*.safetensors);;Numbers as JSON (*.json);;Table of classes (*.csv)"
)
MASKS_TIP = "Every mask that was found, of pairs too, as a grey PNG: 0 black, 1 white. Ctrl+E."
NUMBERS_TIP = "Masks, patterns, curves and numbers without loss, in one file. Ctrl+Shift+E."
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
        self.report_button = QPushButton(theme.icon("mdi6.file-document-outline"), "Re&port …")
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
        for button, obstacle_of, tip in (
            (self.map_button, possible.map_obstacle, MAP_BUTTON_TIP),
            (self.report_button, possible.report_obstacle, REPORT_TIP),
            (self.masks_button, possible.masks_obstacle, MASKS_TIP),
            (self.numbers_button, possible.numbers_obstacle, NUMBERS_TIP),
        ):
            obstacle = obstacle_of(session, is_looking=is_looking)
            button.setEnabled(not obstacle)
            give_tip(button, as_tip(obstacle or tip))

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
            (self.map_button, MAP_BUTTON_TIP),
            (self.calibrate_button, calibration_words.tip(None)),
            (self.report_button, REPORT_TIP),
            (self.masks_button, MASKS_TIP),
            (self.numbers_button, NUMBERS_TIP),
        ):
            give_tip(button, as_tip(tip))
            column.addWidget(button)
        self.calibrate_button.installEventFilter(self)

    def _export_masks(self) -> None:
        if folder := asking.folder(self, self._session, "Export masks into a folder"):
            self._session.exporting.export_masks(folder)

    def _export_numbers(self) -> None:
        asked = "Export numbers", "detection.safetensors", NUMBER_FILTERS
        if path := asking.file_to_write(self, self._session, *asked):
            self._session.exporting.export_numbers(path)
