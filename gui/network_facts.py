"""Which network is scanned, in a few words."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme, words
from gui.session import Session
from gui.widgets.tone_label import ToneLabel


class NetworkFacts(QWidget):
    """Where the network under audit comes from, and how good it is."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.origin = ToneLabel(wrap=True)
        self.rates = ToneLabel(size="small", wrap=True)
        title = ToneLabel("Network", bold=True)
        title.setToolTip("What is scanned: the network just trained, or that of an experiment.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        for part in (title, self.origin, self.rates):
            column.addWidget(part)

    def refresh(self) -> None:
        """Say what is known now."""
        model, rates, detection = (
            self._session.model, self._session.rates, self._session.detection
        )  # fmt: skip
        accuracy = rates.clean_accuracy if rates is not None else None
        if accuracy is None and detection is not None:
            accuracy = detection.clean_accuracy
        self.origin.setText(f"{model.architecture}, {model.origin}" if model else "none yet")
        said = "" if accuracy is None else f"{words.share(accuracy)} right on clean images"
        self.rates.setText(said)
        self.rates.setVisible(bool(said))
