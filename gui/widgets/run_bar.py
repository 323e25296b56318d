"""The bar at the foot of a tab: start, pause and stop its run, and see how far it is."""

from PySide6.QtCore import QElapsedTimer
from PySide6.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QPushButton, QWidget

from engine.events import Event, Progress
from gui import theme
from gui.open_experiment import Kind
from gui.session import Session
from gui.widgets.tone_label import ToneLabel

_TIPS = {
    "train": "Trains the network with these settings, in a new folder. Ctrl+R starts it.",
    "scan": "Searches for a trigger of every class in the network. Ctrl+R starts it.",
    "calibrate": "Trains the clean networks that are missing and scans each. Ctrl+R starts it.",
}
_ENDS = {
    "finished": "Finished in {}.",
    "stopped": "Stopped. What had been reached until then is kept.",
    "failed": "Ended by an error; the message above says more.",
}
_STOPPED_EARLY = "Stopped before it had found anything; the scan before is open again."
_USUAL = {
    "train": "epoch 88 of 88 · 88,888 images/s · 8 min 88 s left",
    "scan": "step 888 of 888, 88 of 88 classes done · 88,888 images/s · 8 min 88 s left",
    "calibrate": "network 88 of 88 · epoch 88 of 88 · 88,888 images/s · 88 min 88 s left",
}
_BUSY = {
    "train": "A training is running.",
    "scan": "A scan is running.",
    "calibrate": "A calibration is running.",
}


class RunBar(QWidget):
    """Start, Pause, Stop, a progress bar, and a line on what is going on.

    Attributes:
        start_button, pause_button, stop_button: The buttons; Pause turns into Resume.
        progress: The progress bar, in percent.
        text: The line behind it.
    """

    def __init__(self, session: Session, kind: Kind) -> None:
        """Make a bar for runs of this kind; it shows no other."""
        super().__init__()
        self._session, self._kind = session, kind
        self._said = ""
        self._clock = QElapsedTimer()
        self.start_button = QPushButton(theme.icon("mdi6.play", "on_accent"), "Start")
        self.pause_button = QPushButton(theme.icon("mdi6.pause"), "Pause")
        self.stop_button = QPushButton(theme.icon("mdi6.stop"), "Stop")
        self.progress = QProgressBar(minimum=0, maximum=100, value=0, format="%p %")
        self.text = ToneLabel()
        self._build()
        self._connect()
        self._refresh()

    def start(self) -> None:
        """Start a run of this kind with the settings as they stand in the forms."""
        focused = QApplication.focusWidget()
        if focused is not None and self.window().isAncestorOf(focused):
            focused.clearFocus()  # takes over a number that is still being typed
            focused.setFocus()
        if self._kind == "train":
            self._session.start_training()
        elif self._kind == "scan":
            self._session.start_scan()
        else:
            self._session.start_calibration()

    def toggle_pause(self) -> None:
        """Pause the run, or let it go on."""
        if self._session.is_paused:
            self._session.resume()
        else:
            self._session.pause()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        self.start_button.setObjectName("primary")
        self.pause_button.setToolTip("Holds the run before its next step. Ctrl+P.")
        self.stop_button.setToolTip("Ends the run; what it has found so far is kept. Ctrl+. ")
        for button in (self.start_button, self.pause_button, self.stop_button):
            button.setMinimumWidth(11 * theme.SPACING)
            row.addWidget(button)
        self.progress.setToolTip("How much of the work is done.")
        self.progress.setAccessibleName("Progress")
        row.addWidget(self.progress, 1)
        # Wide enough for what a run says, so that the bar does not jump with every number.
        # A fixed size also keeps the tabs from laying out and painting everything with each text.
        metrics = self.text.fontMetrics()
        width = metrics.horizontalAdvance(_USUAL[self._kind])
        self.text.setFixedSize(width, metrics.height() + 2)
        row.addWidget(self.text)

    def _connect(self) -> None:
        self.start_button.clicked.connect(self.start)
        self.pause_button.clicked.connect(self.toggle_pause)
        self.stop_button.clicked.connect(self._session.stop)
        self._session.changed.connect(self._on_changed)
        self._session.loading.ended.connect(self._refresh)
        self._session.run_started.connect(self._on_started)
        self._session.run_events.connect(self._on_events)
        self._session.run_paused.connect(self._refresh)
        self._session.run_stopping.connect(self._refresh)
        self._session.run_ended.connect(self._on_ended)

    def _on_changed(self, what: str) -> None:
        if what == "experiment":
            self._forget()
        self._refresh()

    def _on_started(self, kind: str) -> None:
        self._clock.start()
        if kind in (self._kind, "train"):  # a training makes the last scan one of the past
            self._forget()
        self._refresh()

    def _forget(self) -> None:
        self.progress.setValue(0)
        self._said = ""

    def _on_events(self, kind: str, events: list[Event]) -> None:
        news = [event for event in events if isinstance(event, Progress)]
        if kind == self._kind and news:
            self.progress.setValue(round(100 * news[-1].done / news[-1].total))
            self._said = describe(news[-1])
            self._refresh_text()

    def _on_ended(self, kind: str, how: str) -> None:
        if kind == self._kind:
            self._said = _ENDS[how].format(duration(self._clock.elapsed() / 1000))
            if how == "stopped" and self._session.has_earlier_back:
                self._said = _STOPPED_EARLY
            if how == "finished":
                self.progress.setValue(100)
        self._refresh()

    def _refresh(self) -> None:
        """Enable what can be done now, and say why the rest cannot."""
        session = self._session
        mine = session.running == self._kind
        obstacle = self._obstacle()
        self.start_button.setEnabled(not obstacle)
        self.start_button.setToolTip(obstacle or _TIPS[self._kind])
        self.pause_button.setEnabled(mine and not session.is_stopping)
        self.stop_button.setEnabled(mine and not session.is_stopping)
        paused = mine and session.is_paused
        self.pause_button.setText("Resume" if paused else "Pause")
        self.pause_button.setIcon(theme.icon("mdi6.play" if paused else "mdi6.pause"))
        self._refresh_text()

    def _refresh_text(self) -> None:
        session = self._session
        mine = session.running == self._kind
        if mine and session.is_stopping:
            said = "Stopping …"
        elif mine and session.is_paused:
            said = "Paused. Resume goes on from here."
        elif mine:
            said = self._said or "Starting …"
        else:
            said = self._said or self._obstacle() or "Ready."
        self.text.setText(said)

    def _obstacle(self) -> str:
        """Why no run of this kind can start now, or nothing."""
        session = self._session
        if session.running is not None:
            return _BUSY[session.running]
        if session.data is None:
            return session.why_no_data
        if self._kind == "scan" and session.model is None:
            return "There is no network to scan yet."
        return ""


def describe(progress: Progress) -> str:
    """A line such as "epoch 3 of 4 · 14,900 images/s · 7 s left"."""
    parts = [progress.text]
    if progress.images_per_second is not None:
        speed = progress.images_per_second
        parts.append(f"{round(speed, -2 if speed >= 1000 else 0):,.0f} images/s")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time such as "7 s" or "2 min 05 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
