"""Which lines of the menus are of use now; the others are grey, and say why when asked.

Their tooltips say it to the mouse. Whoever presses the keys of a grey one sees no tooltip, and
reads it in a message.
"""

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QMainWindow

from gui import possible
from gui.menus import TIP_PROPERTY
from gui.session import Session
from gui.widgets.tips import as_tip


class MenuState(QObject):
    """Keeps the menus of a window in step with the buttons of its tabs."""

    def __init__(self, window: QMainWindow, session: Session) -> None:
        """`window` has its menus already."""
        super().__init__(window)
        self._session = session
        self._is_looking = False
        self._actions = {action.objectName(): action for action in window.findChildren(QAction)}
        self._why: dict[str, str] = {}
        self._said = ""
        # The keys of a grey line are free, since Qt passes it over.
        self._keys = {
            name: QShortcut(action.shortcut(), window, partial(self._say, name))
            for name in self._obstacles()
            if not (action := self._actions[name]).shortcut().isEmpty()
        }
        for told in (
            session.changed, session.run_started, session.run_paused, session.run_stopping,
            session.run_ended, session.loading.ended,
        ):  # fmt: skip
            told.connect(self._refresh)
        self._refresh()

    def look(self, *, is_looking: bool) -> None:
        """Take over whether another network's file is looked at in the Detection tab."""
        if is_looking != self._is_looking:
            self._is_looking = is_looking
            self._refresh()

    def _refresh(self, *_: object) -> None:
        self._why = self._obstacles()
        for name, obstacle in self._why.items():
            action = self._actions[name]
            action.setEnabled(not obstacle)
            action.setToolTip(as_tip(obstacle or action.property(TIP_PROPERTY)))
            if name in self._keys:
                self._keys[name].setEnabled(bool(obstacle))
        if self._said not in self._why.values():  # it is possible now, or another reason stands
            self._take_back()

    def _say(self, name: str) -> None:
        self._said = self._why[name]
        self._session.telling.inform(self._said)

    def _take_back(self) -> None:
        if self._said:
            self._session.telling.taken_back.emit(self._said)
        self._said = ""

    def _obstacles(self) -> dict[str, str]:
        session, is_looking = self._session, self._is_looking
        run, model = possible.run_obstacle(session), possible.model_obstacle(session)
        return {
            "toggle_pause": run,
            "stop_run": run,
            "show_run": possible.NOTHING_RUNS * (session.running is None),
            "map_pairs": possible.map_obstacle(session, is_looking=is_looking),
            "ask_save": possible.saving_obstacle(session),
            "ask_save_model": model,
            "ask_onnx": model,
            "ask_report": possible.report_obstacle(session, is_looking=is_looking),
            "export_masks": possible.masks_obstacle(session, is_looking=is_looking),
            "export_numbers": possible.numbers_obstacle(session, is_looking=is_looking),
            "export_poisoned": possible.attack_obstacle(session),
        }
