"""Starting the window, and making sure that no error is lost on the way."""

import logging
import os
import sys
import threading
import traceback
from functools import partial
from logging.handlers import RotatingFileHandler
from types import TracebackType

import platformdirs
from PySide6.QtCore import QLocale, QSettings, Qt
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication

from gui import menus, theme
from gui.ending import EndingSignals, end_with_session
from gui.questions import TITLE
from gui.session import Session
from gui.window import MainWindow

NAME = "backdoor-studio"
MAX_LOG_BYTES = 1_000_000
# The default of 5 ms makes the window wait for a busy run thread several times per frame.
SWITCH_SECONDS = 0.001
log = logging.getLogger("backdoor_studio")


def main() -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    sys.setswitchinterval(SWITCH_SECONDS)
    app = make_application(sys.argv)
    _log_to_file()
    session = Session(platformdirs.user_data_path(NAME) / "runs")
    window = MainWindow(session)
    catch_errors(session)
    EndingSignals(window).requested.connect(window.end)
    app.commitDataRequest.connect(partial(_on_session_end, window))
    # Not earlier: all of this would delay the first picture.
    window.painted.connect(session.prepare, Qt.ConnectionType.QueuedConnection)
    window.painted.connect(window.complete, Qt.ConnectionType.QueuedConnection)
    window.closed.connect(app.quit)
    window.show()
    return app.exec()


def _on_session_end(window: MainWindow, _: QSessionManager) -> None:
    end_with_session(window)


def make_application(arguments: list[str]) -> QApplication:
    """Make the application with its name, language and look."""
    QApplication.setApplicationName(NAME)
    QApplication.setOrganizationName(NAME)
    QApplication.setApplicationDisplayName(TITLE)
    # The texts are English, so numbers are written as in English, too.
    QLocale.setDefault(QLocale(QLocale.Language.English))
    app = QApplication(arguments)
    scheme = os.environ.get(theme.SCHEME_VARIABLE) or QSettings().value(menus.SCHEME_KEY, "system")
    theme.apply(app, scheme if scheme in ("light", "dark") else "system")
    return app


def catch_errors(session: Session) -> None:
    """Log every error that nothing else catches; those of the window are shown as well."""
    sys.excepthook = partial(_on_error, session)
    threading.excepthook = _on_thread_error


def _on_error(
    session: Session,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    details = "".join(traceback.format_exception(kind, error, trace))
    log.error("Unexpected error\n%s", details)
    sentence = f"Something went wrong in the program: {error or kind.__name__}. You can go on."
    session.telling.message.emit("error", sentence, details)


def _on_thread_error(problem: threading.ExceptHookArgs) -> None:
    log.error("Error in a thread", exc_info=problem.exc_value)


def _log_to_file() -> None:
    folder = platformdirs.user_log_path(NAME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "log.txt", maxBytes=MAX_LOG_BYTES, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return  # without a place for a log the program still works
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
