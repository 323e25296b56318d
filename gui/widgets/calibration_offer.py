"""The offer of clean networks, beside a verdict that had none to compare with."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui import theme
from gui.widgets.tone_label import ToneLabel

CALIBRATE, JUDGE = "Calibrate …", "&Judge again"
CALIBRATE_TIP = "Shows what a calibration does, how long it takes, and how far it is. Ctrl+K."
AGAIN_TIP = "Takes the preset's own values back, and scans again."
JUDGE_TIP = "Compares the masks of this scan with those clean networks; nothing is scanned again."


class CalibrationOffer(QWidget):
    """One calm line and a button, which either leads to the page or judges at once.

    A second one before it scans again, where that alone would help.

    Signals:
        calibration_requested: The person wants to see the page.
        scan_requested: The person wants another scan, with the preset's own values.
        judgement_requested: The person wants the scan judged with the networks that are there.
    """

    calibration_requested = Signal()
    scan_requested = Signal()
    judgement_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._judges = False
        self.text = ToneLabel(wrap=True)
        self.button = QPushButton(theme.icon("mdi6.scale-balance"), CALIBRATE)
        self.again_button = QPushButton(theme.icon("mdi6.play"), "")
        self.again_button.setToolTip(AGAIN_TIP)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self.again_button)
        row.addWidget(self.button)
        row.addWidget(self.text, 1)
        self.button.clicked.connect(self._request)
        self.again_button.clicked.connect(self.scan_requested)

    def offer(self, sentence: str, *, judges: bool, values: str = "") -> None:
        """Say what is offered.

        Args:
            sentence: What there is, and what can be done.
            judges: The networks are there already.
            values: With which another scan has clean networks, or nothing.
        """
        self._judges = judges
        self.again_button.setText(f"Scan again with {values}")
        self.again_button.setVisible(bool(values))
        self.text.setText(sentence)
        self.button.setText(JUDGE if judges else CALIBRATE)
        self.button.setToolTip(JUDGE_TIP if judges else CALIBRATE_TIP)

    def _request(self) -> None:
        (self.judgement_requested if self._judges else self.calibration_requested).emit()
