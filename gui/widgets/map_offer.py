"""The offer of a pair map, after a search of the classes found nothing, or why there is none."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui import theme
from gui.widgets.pair_results import TIP
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel


class MapOffer(QWidget):
    """One calm line, and a button where a map can be had.

    Signals:
        map_requested: The person wants a map.
    """

    map_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = ToneLabel(wrap=True)
        self.button = QPushButton(theme.icon("mdi6.grid"), "Map all pair&s")
        give_tip(self.button, as_tip(TIP))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        row.addWidget(self.button)
        row.addWidget(self.text, 1)
        self.button.clicked.connect(self.map_requested)

    def offer(self, sentence: str) -> None:
        """Offer a map, and say what for."""
        self.text.setText(sentence)
        self.button.setVisible(True)

    def explain(self, sentence: str) -> None:
        """Say why there can be none."""
        self.text.setText(sentence)
        self.button.setVisible(False)
