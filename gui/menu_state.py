"""Which lines of the menus are of use now; the others are grey, and their tooltips say why."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
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
        for told in (
            session.changed, session.run_started, session.run_ended, session.run_stopping,
        ):  # fmt: skip
            told.connect(self._refresh)
        self._refresh()

    def look(self, *, is_looking: bool) -> None:
        """Take over whether another network's file is looked at in the Detection tab."""
        if is_looking != self._is_looking:
            self._is_looking = is_looking
            self._refresh()

    def _refresh(self, *_: str) -> None:
        for name, obstacle in self._obstacles().items():
            action = self._actions[name]
            action.setEnabled(not obstacle)
            action.setToolTip(as_tip(obstacle or action.property(TIP_PROPERTY)))

    def _obstacles(self) -> dict[str, str]:
        session, is_looking = self._session, self._is_looking
        run, model = possible.run_obstacle(session), possible.model_obstacle(session)
        return {
            "toggle_pause": run,
            "stop_run": run,
            "show_run": possible.NOTHING_RUNS * (session.running is None),
            "ask_save": possible.saving_obstacle(session),
            "ask_save_model": model,
            "ask_onnx": model,
            "ask_report": possible.report_obstacle(session, is_looking=is_looking),
            "export_masks": possible.masks_obstacle(session, is_looking=is_looking),
            "export_numbers": possible.numbers_obstacle(session, is_looking=is_looking),
            "export_poisoned": possible.attack_obstacle(session),
        }
