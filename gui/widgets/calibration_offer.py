"""The offer of clean networks, beside a verdict that had none to compare with."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui import theme
from gui.widgets.tone_label import ToneLabel

CALIBRATE, JUDGE = "Calibrate …", "&Judge again"
CALIBRATE_TIP = "Shows what a calibration does, how long it takes, and how far it is. Ctrl+K."
JUDGE_TIP = "Compares the masks of this scan with those clean networks; nothing is scanned again."


class CalibrationOffer(QWidget):
    """One calm line and a button, which either leads to the page or judges at once.

    Signals:
        calibration_requested: The person wants to see the page.
        judgement_requested: The person wants the scan judged with the networks that are there.
    """

    calibration_requested = Signal()
    judgement_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._judges = False
        self.text = ToneLabel(wrap=True)
        self.button = QPushButton(theme.icon("mdi6.scale-balance"), CALIBRATE)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self.button)
        row.addWidget(self.text, 1)
        self.button.clicked.connect(self._request)

    def offer(self, sentence: str, *, judges: bool) -> None:
        """Say what is offered; `judges` if the networks are there already."""
        self._judges = judges
        self.text.setText(sentence)
        self.button.setText(JUDGE if judges else CALIBRATE)
        self.button.setToolTip(JUDGE_TIP if judges else CALIBRATE_TIP)

    def _request(self) -> None:
        (self.judgement_requested if self._judges else self.calibration_requested).emit()
