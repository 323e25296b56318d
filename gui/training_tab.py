"""The training tab: the settings, the live curves, and what the network says now."""

import math
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine import attacks
from engine.errors import EngineError
from engine.events import Event, Measured
from engine.metrics import Rates
from engine.samples import WatchedImages
from engine.settings import ComputeSettings, ExperimentSettings, TrainSettings
from gui import network_words, possible, run_words, theme, words
from gui.forms import FormColumn, SettingsForm
from gui.run_bar import RunBar
from gui.session import Session
from gui.widgets.overlay import FOOT
from gui.widgets.primary import set_primary
from gui.widgets.says_now import SaysNow
from gui.widgets.side_column import SideColumn
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel
from gui.widgets.training_curves import RATES_TOOLTIP, TrainingCurves

INVITATION = (
    "Press Start: a network learns the poisoned images, and the curves show whether it is still"
    " right on clean ones and how often the trigger wins."
)
LEARNING = "The network learns; the first measurement follows in a moment."
PREPARING = "Torch is loaded and the images are poisoned first; then the network learns."
LEARNING_PAUSED = "The training is paused before its first measurement; Resume goes on."
NOTHING_LEFT = "The training ended before anything was measured. Start trains anew."
AUDITING = (
    "Tab 3 holds a network that somebody else trained. Start trains one of your own here, and puts"
    " that one aside."
)
NEXT_TIP = "Searches the network for backdoors, in tab 3. Ctrl+3."
NO_NEXT = "There is no network to scan yet: Start trains one."
STALE = "Settings or trigger have changed since this training; Start trains with the new ones."

# Of the batches of events, thirty a second, so many pass between two pictures of the losses.
LOSSES_EVERY = 4


class TrainingTab(QWidget):
    """Trains, and shows all that `session` holds of it.

    Signals:
        status_changed: `status_text` says something else.
        next_requested: The user wants to go on to the scan.
    """

    status_changed = Signal()
    next_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._turn = 0
        self._due: list[Callable[[], None]] = []  # what is to be drawn in the next batches
        self.train_form = SettingsForm(TrainSettings)
        self.compute_form = SettingsForm(ComputeSettings)
        self.network_label = ToneLabel(size="small", wrap=True)
        self.curves = TrainingCurves()
        self.says_now = SaysNow()
        self.sentence = ToneLabel(bold=True, wrap=True)
        self.stale_label = ToneLabel(STALE, size="small", tone="undecided", wrap=True)
        self.next_button = QPushButton(theme.icon("mdi6.arrow-right"), "&Next: scan")
        self.run_bar = RunBar(session, "train")
        self.run_bar.setObjectName(FOOT)
        self._build()
        self._connect()
        self._show_settings()
        self._tell()

    @property
    def status_text(self) -> str:
        """Clean accuracy and attack success, for the tab's label: "99.1 % / 100 %"."""
        rates = self._rates()
        if rates is None:
            return run_words.going(self._session) if self._session.running == "train" else ""
        return f"{words.share(rates.clean_accuracy)} / {words.share(rates.attack_success)}"

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while the tab was hidden."""
        super().showEvent(event)
        self._redraw()
        self._show_cost()

    def _build(self) -> None:
        self.sentence.setToolTip(as_tip(RATES_TOOLTIP))
        self.forms = FormColumn((self.train_form, self.compute_form))
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.SPACING)
        middle.addWidget(SideColumn(self.forms, self.network_label))
        middle.addWidget(self.curves, 5)
        middle.addWidget(self.says_now, 2)  # a quarter of a large window
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN] * 4)
        column.setSpacing(theme.SPACING)
        column.addLayout(middle, 1)
        told = QHBoxLayout()
        told.addWidget(self.sentence, 1)
        told.addWidget(self.next_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(told)
        column.addWidget(self.stale_label)
        column.addWidget(self.run_bar)

    def _connect(self) -> None:
        self.train_form.changed.connect(self._session.set_group)
        self.compute_form.changed.connect(self._session.set_group)
        self.next_button.clicked.connect(self.next_requested)
        self._session.changed.connect(self._on_changed)
        for known in (self._session.costs.told, self._session.costs.ended):
            known.connect(self._show_cost)
        self._session.run_started.connect(self._on_run_started)
        self._session.run_events.connect(self._on_events)
        self._session.run_paused.connect(self._on_run_paused)
        self._session.run_ended.connect(self._on_run_ended)

    def _on_changed(self, what: str) -> None:
        if what in {"settings", "experiment", "torch", "data"}:
            self._show_settings()
        is_new = what == "settings" and self._session.made_with is None
        if is_new or what in {"trained", "experiment", "data"}:
            self._redraw()
        self._tell()

    def _on_run_started(self, kind: str) -> None:
        self.forms.setEnabled(False)
        if kind == "train":
            self._redraw()
        self._tell()

    def _on_run_paused(self, is_paused: bool) -> None:  # noqa: FBT001 - Session's signal
        self._tell()
        if is_paused and self._session.running == "train":
            self._draw_all_parts()

    def _on_run_ended(self, kind: str, how: str) -> None:  # noqa: ARG002 - Session's signal
        self.forms.setEnabled(True)
        self._show_cost()
        if kind == "train":
            self._redraw()
        self._tell()

    def _on_events(self, kind: str, events: list[Event]) -> None:
        if kind != "train":
            return
        self._note_speed(events)
        measured = any(isinstance(event, Measured) for event in events)
        if self.sentence.text() == PREPARING and self._session.losses:
            self._tell()
        if not self.isVisible():
            if measured:
                self._tell()
            return
        if measured:
            # What waits keeps its place: else measurements in quick succession would let only the
            # first of the parts ever be drawn.
            parts = self._draw_rates, self._draw_means, self._draw_answers, self._tell
            self._due += [part for part in parts if part not in self._due]
        if self._session.is_paused:
            self._draw_all_parts()  # the last step that was under way when it was paused
        else:
            self._draw_one_part()

    def _note_speed(self, events: list[Event]) -> None:
        session = self._session
        if session.made_with is not None:
            shape, classes = session.shape, len(session.class_names)
            session.costs.note(events, session.made_with, shape, classes)

    def _draw_one_part(self) -> None:
        """Draw one part in each batch of events, in turns: all at once would take too long."""
        self._turn = (self._turn + 1) % LOSSES_EVERY
        if self._turn == 0:
            self.curves.update_losses(self._session.losses)
        elif self._due:
            self._due.pop(0)()

    def _draw_all_parts(self) -> None:
        """Draw what is due, so that no part shows an earlier step than the others."""
        if self.isVisible():
            self.curves.update_losses(self._session.losses)
            while self._due:
                self._due.pop(0)()

    def _show_settings(self) -> None:
        """Show the settings in the forms, and what they make of the network."""
        session = self._session
        for form, settings in (
            (self.train_form, session.settings.train),
            (self.compute_form, session.settings.compute),
        ):
            if form.value() != settings:
                form.set_value(settings)
        self._show_cost()

    def _show_cost(self) -> None:
        """Say what the network is and what its training will cost, as far as that is known."""
        session = self._session
        what = session.settings, session.shape, len(session.class_names)
        if session.preparation.torch_ready and session.running is None and self.isVisible():
            session.costs.ask(*what)
        self.network_label.setText(network_words.sentences(session, session.costs.of(*what)))

    def _redraw(self) -> None:
        """Draw everything from the session alone; nothing while the tab is hidden."""
        if not self.isVisible():
            return
        session = self._session
        settings = session.made_with or session.settings
        self.curves.begin(settings.train.epochs, self._steps_per_epoch(settings))
        self.curves.update_losses(session.losses)
        self._take_images(settings)
        self._due.clear()
        self._draw_rates()
        self._draw_means()
        self._draw_answers()

    def _draw_rates(self) -> None:
        self.curves.set_rates(self._session.measurements, self._final_rates())

    def _draw_means(self) -> None:
        self.curves.set_mean_losses(self._session.measurements)

    def _draw_answers(self) -> None:
        self.says_now.set_predictions(self._session.predictions)

    def _take_images(self, settings: ExperimentSettings) -> None:
        """Stamp the dozen test images with the trigger of this training."""
        trigger, data = self._session.true_trigger, self._session.data
        if trigger is None or data is None or self._session.made_with is None:
            self.says_now.clear()
            return
        try:
            attack = attacks.make(settings.attack, trigger, data.test.classes)
        except EngineError:  # the training has told it
            self.says_now.clear()
            return
        self.says_now.set_images(WatchedImages.under(attack, data.test))

    def _steps_per_epoch(self, settings: ExperimentSettings) -> int:
        data = self._session.data
        return math.ceil(len(data.train) / settings.train.batch_size) if data is not None else 1

    def _final_rates(self) -> Rates | None:
        """The rates on all test images, if they say more than the last measurement does."""
        rates, measured = self._session.rates, self._session.measurements
        is_final = rates is not None and measured and rates.images > measured[-1].images
        return rates if is_final else None

    def _rates(self) -> Rates | None:
        """The newest rates: those of the model, or while it learns the last measured ones."""
        session = self._session
        if session.rates is not None or not session.measurements:
            return session.rates
        last = session.measurements[-1]
        return Rates(last.clean_accuracy, last.attack_success, last.sham_rate, last.images)

    def _tell(self) -> None:
        """Say in words what is known."""
        session, rates = self._session, self._rates()
        if rates is not None:
            settings = session.made_with or session.settings
            goal = attacks.goal(settings.attack, session.class_names)
            self.sentence.setText(rates.sentence(goal, is_over=session.running != "train"))
            self.sentence.set_tone("undecided" if rates.shortcut_suspected else None)
        else:
            self.sentence.setText(self._sentence_without_rates())
            self.sentence.set_tone(None)
        self.stale_label.setVisible(session.stale and not possible.start_obstacle(session, "train"))
        self.next_button.setEnabled(session.model is not None)
        give_tip(self.next_button, as_tip(NEXT_TIP if session.model is not None else NO_NEXT))
        is_done = session.model is not None and session.running is None and not session.stale
        set_primary(self.next_button, "mdi6.arrow-right", wanted=is_done)
        self.run_bar.urge(wanted=not is_done)
        self.status_changed.emit()

    def _sentence_without_rates(self) -> str:
        session = self._session
        if session.running == "train":
            has_begun = LEARNING if session.losses else PREPARING
            return LEARNING_PAUSED if session.is_paused else has_begun
        if session.running is not None:
            return run_words.after(session, "training can start")
        if session.audited is not None:
            return AUDITING
        return NOTHING_LEFT if session.made_with is not None else INVITATION
