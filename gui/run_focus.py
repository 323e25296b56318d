"""Where the keyboard's focus goes when a run disables what had it."""

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from gui.session import Session

if TYPE_CHECKING:
    from gui.window import MainWindow


class RunFocus(QObject):
    """Keeps a window's focus where keys are of use.

    Qt takes it from what is disabled, and leaves it nowhere or with whatever comes next. It goes to
    Pause while a run lasts, and afterwards back to what had it. Where a tab comes to the front and
    nothing has it, the tab's first field gets it.
    """

    _due = Signal()

    def __init__(self, window: "MainWindow", session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._holder: QWidget | None = None  # what has it because somebody wanted that
        self._before: QWidget | None = None  # what had it when the run began
        app = QApplication.instance()
        assert isinstance(app, QApplication)  # noqa: S101 - there is no window without
        app.focusChanged.connect(self._note)
        session.run_started.connect(self._due)
        session.run_ended.connect(self._due)
        window.tabs.currentChanged.connect(self._due)
        # Not before all others have enabled and disabled what they want to.
        self._due.connect(self._settle, Qt.ConnectionType.QueuedConnection)

    def _note(self, old: QWidget | None, now: QWidget | None) -> None:
        """Remember what has it, unless something disabled has only passed it on."""
        passed_on = old is not None and shiboken6.isValid(old) and not old.isEnabled()
        if now is not None and not passed_on and self._window.isAncestorOf(now):
            self._holder = now

    def _settle(self) -> None:
        now, is_running = self._window.focusWidget(), self._session.running is not None
        bar = self._window.run_bar
        if self._is_lost(now):
            start, pause = (bar.start_button, bar.pause_button) if bar is not None else (None, None)
            if is_running:
                self._before = self._before or self._holder
            wanted = (pause,) if is_running else (self._before, start)
            self._give((*wanted, now, self._first_in_front()))
        if not is_running:
            self._before = None

    def _is_lost(self, now: QWidget | None) -> bool:
        """Whether nothing has it, or what was disabled has passed it on."""
        holder = self._holder
        was_taken = holder is not None and shiboken6.isValid(holder) and not holder.isEnabled()
        return was_taken or not _can_have_it(now)

    def _give(self, candidates: tuple[QWidget | None, ...]) -> None:
        for one in candidates:
            if one is not None and _can_have_it(one):
                one.setFocus()
                self._holder = one
                return

    def _first_in_front(self) -> QWidget | None:
        window = self._window
        tabs = window.attack_tab, window.training_tab, window.detection_tab
        tab = tabs[window.tabs.currentIndex()]
        following = None if tab is None else tab.nextInFocusChain()
        while tab is not None and following is not None and following is not tab:
            is_stop = bool(following.focusPolicy() & Qt.FocusPolicy.TabFocus)
            if is_stop and tab.isAncestorOf(following) and _can_have_it(following):
                return following
            following = following.nextInFocusChain()
        return None


def _can_have_it(widget: QWidget | None) -> bool:
    if widget is None or not shiboken6.isValid(widget):
        return False
    return widget.isEnabled() and widget.isVisible()
