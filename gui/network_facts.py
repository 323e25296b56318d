"""Which network is scanned, in a few words, and the way to another."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from engine.opening.shortcut import unseen_shortcut
from gui import theme, words
from gui.session import Session
from gui.widgets.elided_label import ElidedLabel
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel


class NetworkFacts(QWidget):
    """Where the network under audit comes from, and how good it is.

    Signals:
        opening_requested: The person wants to open somebody else's model.
    """

    opening_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.origin = ToneLabel(wrap=True)
        self.file = ElidedLabel()  # in place of the origin, of a network from a file
        self.format = ToneLabel(size="small", wrap=True)
        self.rates = ToneLabel(size="small", wrap=True)
        self.warning = ToneLabel(size="small", tone="undecided", wrap=True)
        self.open_button = QPushButton(theme.icon("mdi6.folder-open-outline"), "&Open model …")
        self.return_button = QPushButton(
            theme.icon("mdi6.arrow-left"), "Back to the &trained network"
        )
        title = ToneLabel("Network", bold=True)
        title.setToolTip("What is scanned: the network just trained, or that of an experiment.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        for part in (
            title,
            self.origin,
            self.file,
            self.format,
            self.rates,
            self.warning,
            self.open_button,
            self.return_button,
        ):
            column.addWidget(part)
        give_tip(
            self.open_button,
            as_tip(
                "Opens a model that somebody else trained, without running anything in its file,"
                " and finds out what it takes for an image. Ctrl+Shift+O."
            ),
        )
        self.return_button.setToolTip("Takes up the network that you trained, with its scan.")
        self.open_button.clicked.connect(self.opening_requested)
        self.return_button.clicked.connect(session.return_to_trained)

    def refresh(self, *, is_opening: bool) -> None:
        """Say what is known now; the page on which a model is opened has a button for it."""
        model, rates, detection = (
            self._session.model, self._session.rates, self._session.detection
        )  # fmt: skip
        accuracy, measured_on = (rates.clean_accuracy if rates is not None else None), ""
        if rates is not None:
            measured_on = f"{rates.images:,} test images"
        elif detection is not None:
            accuracy, measured_on = detection.clean_accuracy, "the scan's clean images"
        audited = self._session.audited
        before = audited.preflight if audited is not None else None
        if before is not None:
            accuracy, measured_on = before.clean_accuracy, "clean test images"
        if audited is not None:
            self.file.setText(audited.model.origin)
            sha256 = f", SHA-256 {audited.sha256[:12]} …" if audited.sha256 else ""
            self.format.setText(
                f"{audited.model.architecture}, input format {audited.model.input_range}{sha256}"
            )
        else:
            what = f"{model.architecture}, {model.origin}" if model else "none yet"
            self.origin.setText(f"{what}{self._where_stopped()}")
        self.origin.setVisible(audited is None)
        for line in (self.file, self.format):
            line.setVisible(audited is not None)
        self._warn()
        self.open_button.setVisible(not is_opening)
        self.return_button.setVisible(self._session.aside is not None)
        for button in (self.open_button, self.return_button):
            button.setEnabled(self._session.running is None)
        said = "" if accuracy is None else f"{words.share(accuracy)} right on {measured_on}"
        self.rates.setText(said)
        self.rates.setVisible(bool(said))

    def _where_stopped(self) -> str:
        """How far its training came, if it was stopped before its end."""
        session, trained = self._session, self._session.trained
        if trained is None or trained.complete:
            return ""
        epochs = trained.settings.train.epochs
        where = f" in epoch {session.epoch} of {epochs}" if session.epoch else ""
        return f", stopped{where}"

    def _warn(self) -> None:
        """Say what the pre-flight of a stranger's model found that no scan can see.

        Where the verdict says it, once is enough.
        """
        audited, detection = self._session.audited, self._session.detection
        before = audited.preflight if audited is not None else None
        brightness = before.brightness if before is not None else None
        label = brightness.label if brightness is not None else None
        is_told = detection is not None and unseen_shortcut(detection) is not None
        self.warning.setVisible(label is not None and not is_told)
        if brightness is not None and label is not None:
            self.warning.setText(
                f"Warning: brightness shortcut suspected, to class"
                f" {self._session.class_names[label]}. Dim or bright images go there without any"
                " trigger; a patch scan cannot see that."
            )
            give_tip(self.warning, as_tip(brightness.sentence))
