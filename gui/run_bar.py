"""The bar at the foot of a tab: start, pause and stop its run, and see how far it is."""

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QProgressBar, QPushButton, QWidget

from engine.events import Event, Progress
from gui import possible, questions, run_words, theme, words
from gui.borderline import AGAIN_TIP, BAR_TIP, PERCENT, Again, again
from gui.run_kinds import Kind
from gui.session import Session
from gui.widgets.primary import set_primary
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel


class RunBar(QWidget):
    """Start, Pause, Stop, a progress bar, and a line on what is going on.

    Attributes:
        start_button, pause_button, stop_button: The buttons; Pause turns into Resume.
        progress: The progress bar, in percent.
        text: The line behind it.
        show_button: Leads to a run of another kind, while one goes on.

    Signals:
        show_requested: The person wants to see what runs.
    """

    show_requested = Signal()

    def __init__(self, session: Session, kind: Kind) -> None:
        """Make a bar for runs of this kind; it shows no other."""
        super().__init__()
        self._session, self._kind = session, kind
        self._said, self._percent = "", 0
        self._is_measured = True
        self._again: Again | None = None
        self._clock = QElapsedTimer()
        self.start_button = QPushButton(theme.icon("mdi6.play", "on_accent"), "Start")
        self.pause_button = QPushButton(theme.icon("mdi6.pause"), "Pause")
        self.stop_button = QPushButton(theme.icon("mdi6.stop"), "Stop")
        self.progress = QProgressBar(minimum=0, maximum=100, value=0, format=PERCENT)
        self.text = ToneLabel()
        self.show_button = QPushButton("Show")
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

    def _stop(self) -> None:
        if questions.may_stop(self.window(), self._session):
            self._session.stop()

    def press(self) -> None:
        """Start as the button does, or say why that cannot be: nobody sees a tip of a key."""
        if self.start_button.isEnabled():
            self.start_button.click()
        else:
            self._session.telling.refuse(possible.start_obstacle(self._session, self._kind))

    def urge(self, *, wanted: bool) -> None:
        """Whether Start stands out as what there is to do."""
        set_primary(self.start_button, "mdi6.play", wanted=wanted)

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING)
        self.start_button.setObjectName("primary")
        self.show_button.setToolTip("Shows what is running, with its own Pause and Stop.")
        for button in (self.start_button, self.pause_button, self.stop_button):
            button.setMinimumWidth(11 * theme.SPACING)
            row.addWidget(button)
        self._fit_pause_button()
        self.progress.setAccessibleName("Progress")
        held = self.progress.sizePolicy()
        held.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(held)
        row.addWidget(self.progress, 1)
        # Wide enough for what a run says, so that the bar does not jump with every number.
        # A fixed size also keeps the tabs from laying out and painting everything with each text.
        metrics = self.text.fontMetrics()
        width = max(map(metrics.horizontalAdvance, run_words.LONGEST[self._kind]))
        self.text.setFixedSize(width, metrics.height() + 2)
        row.addWidget(self.text)
        row.addWidget(self.show_button)

    def _fit_pause_button(self) -> None:
        """Make it as wide as either of its texts, so that nothing moves away from the pointer."""
        button, widths = self.pause_button, [self.pause_button.minimumWidth()]
        button.ensurePolished()  # the style sheet has a say in its width
        for text in ("Resume", "Pause"):
            button.setText(text)
            widths.append(button.sizeHint().width())
        button.setMinimumWidth(max(widths))

    def _connect(self) -> None:
        self.start_button.clicked.connect(self.start)
        self.pause_button.clicked.connect(self._session.toggle_pause)
        self.stop_button.clicked.connect(self._stop)
        self.show_button.clicked.connect(self.show_requested)
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
        self._is_measured = kind != self._kind  # until it has said how much there is to do
        self._refresh()

    def _forget(self) -> None:
        self._said, self._percent, self._is_measured = "", 0, True
        self._again = None

    def _on_events(self, kind: str, events: list[Event]) -> None:
        news = [event for event in events if isinstance(event, Progress)]
        if kind == self._kind and news:
            self._take(news[-1])
            self._refresh_text()

    def _take(self, news: Progress) -> None:
        """Show how far all of it is, or of a borderline case the search that goes on."""
        self._again = again(news)
        if self._again is not None:
            self._percent, self._said = self._again.percent, self._again.text
        else:
            self._percent, self._said = round(100 * news.done / news.total), describe(news)
        self._is_measured = news.done > 0 or news.total > 1

    def _on_ended(self, kind: str, how: str) -> None:
        if kind == self._kind:
            took = words.clock(self._clock.elapsed() / 1000)
            self._said = run_words.ending(self._session, self._kind, how, took)
            self._again = None
            if how == "finished":
                self._percent = 100
        self._refresh()

    def _refresh(self) -> None:
        """Enable what can be done now, and say why the rest cannot."""
        session = self._session
        mine = session.running == self._kind
        to_start = possible.start_obstacle(session, self._kind)
        to_go_on = possible.run_obstacle(session, self._kind)
        paused = mine and session.is_paused
        for button, obstacle, tip in (
            (self.start_button, to_start, run_words.TIPS[self._kind]),
            (self.pause_button, to_go_on, run_words.RESUME_TIP if paused else run_words.PAUSE_TIP),
            (self.stop_button, to_go_on, run_words.STOP_TIPS[self._kind]),
        ):
            button.setEnabled(not obstacle)
            give_tip(button, as_tip(obstacle or tip))
        self.pause_button.setText("Resume" if paused else "Pause")
        self.pause_button.setIcon(theme.icon("mdi6.play" if paused else "mdi6.pause"))
        self.show_button.setVisible(session.running is not None and not mine)
        self._refresh_text()

    def _refresh_text(self) -> None:
        session = self._session
        mine = session.running == self._kind
        # How the last run of this kind ended is no news while another one stands in the way.
        is_blocked = session.running is not None and not mine
        has_measure = self._is_measured or not mine
        self.progress.setRange(0, 100 if has_measure else 0)  # 0 to 0: it goes on, and no more
        self.progress.setValue(0 if is_blocked else self._percent)
        further = None if is_blocked else self._again
        self.progress.setFormat(PERCENT if further is None else further.bar)
        self.progress.setToolTip(as_tip(BAR_TIP if further is None else AGAIN_TIP))
        # Of a result that was opened there is no progress to see.
        # Nor is it that of another kind of run, which has a bar of its own.
        self.progress.setVisible(mine or (bool(self._said) and not is_blocked))
        if mine and session.is_stopping:
            said = "Stopping …"
        elif mine and session.is_paused:
            said = "Paused. Resume goes on from here."
        elif mine:
            said = self._said or "Starting …"
        elif is_blocked:
            said = possible.start_obstacle(session, self._kind)
        else:
            said = self._said or possible.start_obstacle(session, self._kind) or "Ready."
        self.text.setText(said)


def describe(progress: Progress) -> str:
    """A line such as "epoch 3 of 4 · 14,900 images/s · 7 s left"."""
    parts = [progress.text]
    if progress.images_per_second is not None:
        speed = progress.images_per_second
        parts.append(f"{round(speed, -2 if speed >= 1000 else 0):,.0f} images/s")
    if progress.seconds_left is not None:
        parts.append(f"{words.clock(progress.seconds_left)} left")
    return " · ".join(parts)
