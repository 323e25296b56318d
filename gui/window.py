"""The window: menus, three tabs and messages, and how it opens and closes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMainWindow, QPushButton, QWidget

from gui import menus, possible, theme
from gui.attack_tab import AttackTab
from gui.commands import ATTACK, DETECTION, TRAINING, Commands
from gui.dropping import dragged_experiment, dragged_file, dragged_folder
from gui.menu_state import MenuState
from gui.questions import TITLE, DrawingQuestion, StopQuestion, losses
from gui.run_bar import RunBar
from gui.run_focus import RunFocus
from gui.session import Session
from gui.tab_states import tab_states
from gui.widgets.message_bar import MessageBar
from gui.widgets.primary import set_primary
from gui.widgets.story_tabs import StoryTabs
from gui.widgets.tips import as_tip, give_tip
from gui.widgets.tone_label import ToneLabel
from gui.words import in_short

if TYPE_CHECKING:
    from gui.detection_tab import DetectionTab
    from gui.training_tab import TrainingTab

FIRST_SIZE = QSize(1280, 800)
WIDEST_PLACE = "loading MNIST …  ·  CPU, 88 threads, bfloat16 where faster"
TRY_TIP = (
    "Runs the default experiment through all three tabs while you watch: about half a minute."
    " Ctrl+T."
)
LONGEST_TITLE = 24  # letters, of a folder that the images are from
GEOMETRY_KEY, TRIED_KEY = "geometry", "tried"


class MainWindow(QMainWindow):
    """Shows one Session.

    Attributes:
        tabs, attack_tab, message_bar: Its parts.
        training_tab, detection_tab: Likewise, but None until the window is on the screen.
        try_button: Starts the default experiment.
        commands: What its menus do.

    Signals:
        painted: The window is on the screen for the first time.
        closed: It is closed, and nothing runs any more.
    """

    painted = Signal()
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._was_painted = self._is_closing = self._is_stopping = False
        self.message_bar = MessageBar()
        self.tabs = StoryTabs()
        self.attack_tab = AttackTab(session)
        self.training_tab: TrainingTab | None = None
        self.detection_tab: DetectionTab | None = None
        self.try_button = QPushButton("Try it")
        self.place_label = ToneLabel(size="small")
        self.commands = Commands(self, session)
        RunFocus(self, session)
        self._build()
        self._connect()
        self._restore_place()
        self._refresh()

    @property
    def run_bar(self) -> RunBar | None:
        """The run bar of the tab in front, if it has one."""
        tab = {TRAINING: self.training_tab, DETECTION: self.detection_tab}.get(
            self.tabs.currentIndex()
        )
        return tab.run_bar if tab is not None else None

    def complete(self) -> None:
        """Build the tabs with plots; their library takes longer to load than all of the rest."""
        from gui.detection_tab import DetectionTab
        from gui.training_tab import TrainingTab

        self.training_tab = TrainingTab(self._session)
        self.training_tab.next_requested.connect(self.commands.show_detection)
        self.detection_tab = DetectionTab(self._session)
        for index, tab in ((TRAINING, self.training_tab), (DETECTION, self.detection_tab)):
            self.tabs.fill_page(index, tab)
            tab.status_changed.connect(self._refresh)
        self.detection_tab.buttons.report_requested.connect(self.commands.ask_report)
        self.detection_tab.opening.images_requested.connect(self.commands.choose_images)
        scanning = self.detection_tab.scan_bar, self.detection_tab.calibration.run_bar
        for bar in (self.training_tab.run_bar, *scanning):
            bar.show_requested.connect(self.commands.show_run)
        self._refresh()

    def ask_about_drawing(self) -> bool:
        """Ask before a drawing is lost; True if it may go, or was exported for that."""
        question = DrawingQuestion(self)
        return question.put() or (question.wants_file and self.attack_tab.ask_export())

    def ask_to_stop(self) -> bool:
        """Ask before what goes on is stopped because the window closes."""
        return StopQuestion(self, self._session).put()

    def reset_place(self) -> None:
        """Take the first size again."""
        QSettings().remove(GEOMETRY_KEY)
        self.showNormal()
        self.resize(FIRST_SIZE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell once that the window is there."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            self.painted.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take the folder of an experiment, its experiment.json, images, or a model file."""
        dragged = dragged_experiment(event), dragged_folder(event), dragged_file(event)
        if any(path is not None for path in dragged):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        experiment, images = dragged_experiment(event), dragged_folder(event)
        if experiment is not None:
            event.acceptProposedAction()
            self.commands.open_folder(experiment)
        elif images is not None:
            event.acceptProposedAction()
            self.tabs.setCurrentIndex(ATTACK)
            self.attack_tab.data_panel.open_folder(images)
        elif (model := dragged_file(event)) is not None:
            event.acceptProposedAction()
            self.commands.open_model(model)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once, or ask, stop what runs, and close when that has ended."""
        self.commands.first_look.end()
        if not self._is_closing and not self._may_close():
            event.ignore()
            return
        QSettings().setValue(GEOMETRY_KEY, self.saveGeometry())
        if self._session.is_busy:
            event.ignore()
            self._close_when_settled()
            return
        event.accept()
        self.commands.help_window.hide()
        self.closed.emit()

    def end(self) -> None:
        """Close without a question, as nobody may be there to answer; what a stop keeps is kept."""
        self._is_closing = True
        for dialog in self.findChildren(QDialog):
            if dialog.isModal():
                dialog.reject()
        self.close()  # does nothing where a question of its own was just taken away: that goes on

    def _may_close(self) -> bool:
        may = not losses(self._session) or self.ask_to_stop()
        if may and self._session.has_unsaved_drawing:
            may = self.ask_about_drawing()
        return may or self._is_closing  # since the question was put

    def _close_when_settled(self) -> None:
        self._is_closing = True
        if self._is_stopping:
            return
        self._is_stopping = True
        if losses(self._session):
            self.setWindowTitle(f"Stopping … · {TITLE}")
            self.message_bar.show_message("info", "Stopping what goes on; then the window closes.")
            self.tabs.setEnabled(False)
        else:
            self.hide()  # what is still being loaded or measured leaves nothing to wait for
        self._session.settled.connect(self.close)
        self._session.shut_down()

    def _build(self) -> None:
        self.setAcceptDrops(True)
        for name, tip in (
            ("Attack", "Draw the trigger and choose what it is to do."),
            ("Training", "Train a network on the poisoned images."),
            ("Detection", "Search the network for triggers."),
        ):
            self.tabs.add_page(name, tip)
        self.tabs.fill_page(ATTACK, self.attack_tab)
        self._mark_try_button()
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 2, theme.SPACING, 4)
        row.addWidget(self.try_button)
        self.tabs.setCornerWidget(corner)
        self.tabs.set_banner(self.message_bar)
        self.setCentralWidget(self.tabs)
        menus.build(self.menuBar(), self.commands, self.attack_tab.area.tools.edit_actions)
        self.place_label.setContentsMargins(0, 4, 2 * theme.SPACING, 0)
        self.place_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # A menu bar does not follow when the corner's text grows.
        self.place_label.setMinimumWidth(
            self.place_label.fontMetrics().horizontalAdvance(WIDEST_PLACE)
        )
        self.menuBar().setCornerWidget(self.place_label)
        self._menu_state = MenuState(self, self._session)

    def _connect(self) -> None:
        session = self._session
        session.changed.connect(self._on_changed)
        session.telling.message.connect(self.message_bar.show_message)
        session.telling.taken_back.connect(self.message_bar.take_back)
        session.run_started.connect(self._on_run_started)
        session.run_paused.connect(self._refresh)
        session.run_ended.connect(self._on_run_ended)
        self.attack_tab.next_requested.connect(self.commands.show_training)
        self.try_button.clicked.connect(self.commands.try_it)
        self.attack_tab.status_changed.connect(self._refresh)

    def _restore_place(self) -> None:
        geometry = QSettings().value(GEOMETRY_KEY)
        # Whatever else stands in a file that a person may have edited.
        known = isinstance(geometry, QByteArray)
        if not known or not self.restoreGeometry(geometry):
            self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))

    def _on_changed(self, what: str) -> None:
        if what in {"experiment", "folder"} and self._session.folder is not None:
            self.commands.recent_menu.add(self._session.folder)
        self._refresh()

    def _on_run_started(self, kind: str) -> None:
        self.message_bar.clear()
        if self._session.is_trying:
            self.tabs.setCurrentIndex(TRAINING if kind == "train" else DETECTION)
        self._refresh()

    def _on_run_ended(self, kind: str, how: str) -> None:
        if how != "failed" and self._session.folder is not None:
            self.commands.recent_menu.add(self._session.folder)
        if how == "stopped" and self._session.has_earlier_back:
            self.message_bar.clear()  # it spoke of the scan that is gone
        if kind == "scan" and how == "finished":
            QSettings().setValue(TRIED_KEY, True)
            self._mark_try_button()
        self._refresh()

    def _mark_try_button(self) -> None:
        """Make the button prominent until a scan has been seen to its end."""
        is_first = not QSettings().value(TRIED_KEY, False, bool)
        set_primary(self.try_button, "mdi6.play-circle-outline", wanted=is_first)

    def _refresh(self) -> None:
        """Bring labels, marks and buttons up to date."""
        session = self._session
        states = tab_states(session, is_looking=self._is_looking)
        for index, tab in enumerate((self.attack_tab, self.training_tab, self.detection_tab)):
            self.tabs.set_story(index, states[index], "" if tab is None else tab.status_text)
        title = in_short(session.images.title, LONGEST_TITLE)
        away = f"{title} not open" if session.choosing.could_not_open else f"loading {title} …"
        data = title if session.data is not None else away
        prepared = session.preparation
        is_over = prepared.torch_ready or prepared.has_failed
        place = prepared.place or ("" if is_over else "loading torch …")
        self.place_label.setText("  ·  ".join(part for part in (data, place) if part))
        obstacle = possible.try_obstacle(session)
        self.try_button.setEnabled(not obstacle)
        give_tip(self.try_button, as_tip(obstacle or TRY_TIP))
        self._menu_state.look(is_looking=self._is_looking)
        if not self._is_stopping:
            name = f"{session.folder.name} · {TITLE}" if session.folder is not None else TITLE
            self.setWindowTitle(name)

    @property
    def _is_looking(self) -> bool:
        """Whether a file is looked at that the open scan does not belong to."""
        return self.detection_tab is not None and self.detection_tab.pages.is_looking
