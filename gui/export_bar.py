"""A line that is there while a file is written: how far it is, and a way to stop it."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from engine.events import Progress
from gui import theme
from gui.exporting import Exports
from gui.widgets.tips import give_tip
from gui.widgets.tone_label import ToneLabel


class ExportBar(QWidget):
    """Follows what `exports` writes; hidden while that is nothing.

    Attributes:
        progress: How much is written, in percent.
        stop_button: Ends the writing; nothing half-written is left.
    """

    def __init__(self, exports: Exports) -> None:
        super().__init__()
        self._exports = exports
        self.progress = QProgressBar(minimum=0, maximum=100, value=0, format="%p %")
        self.text = ToneLabel(size="small")
        self.stop_button = QPushButton(theme.icon("mdi6.stop"), "Stop &writing")
        self._build()
        exports.progressed.connect(self._show)
        exports.ended.connect(self._hide)
        self.stop_button.clicked.connect(exports.stop)

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        self.progress.setAccessibleName("Progress of writing")
        self.progress.setToolTip("How much is written.")
        give_tip(
            self.stop_button,
            "<b>Stop writing</b><br>What was written so far is removed again.",
        )
        row.addWidget(self.text)
        row.addWidget(self.progress, 1)
        row.addWidget(self.stop_button)
        self.setVisible(False)

    def _show(self, event: Progress) -> None:
        self.progress.setValue(round(100 * event.done / event.total))
        self.text.setText(event.text)
        self.setVisible(True)

    def _hide(self) -> None:
        self.setVisible(False)
        self.progress.setValue(0)
