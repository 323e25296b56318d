"""The end that the system asks for: signals, and the end of a session. Nobody is asked then."""

import signal
import socket
from types import FrameType

from PySide6.QtCore import QEventLoop, QObject, QSocketNotifier, QTimer, Signal

from gui.window import MainWindow

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl+C, kill or a logout, a terminal that is closed
LONGEST_WAIT_MS = 5000  # systems wait about as long for a program before they kill it


class EndingSignals(QObject):
    """Tells in Qt's loop that a signal has come.

    While Qt waits for events Python runs no handler. So it is made to write each signal's number
    to a socket at once, which wakes Qt. A second Ctrl+C ends the program there and then.

    Signals:
        requested: The program shall end.
    """

    requested = Signal()

    def __init__(self, parent: QObject) -> None:
        """Listen from now on, to those signals that the program was not started to ignore."""
        super().__init__(parent)
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._notifier = QSocketNotifier(self._ear.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._take)
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _note)

    def _take(self) -> None:
        if signal.SIGINT in self._ear.recv(64):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.requested.emit()


def end_with_session(window: MainWindow) -> None:
    """End as the session does: what a stop keeps must be on the disk before this returns."""
    loop = QEventLoop()
    limit = QTimer(loop, singleShot=True, interval=LONGEST_WAIT_MS)
    for end in (window.closed, limit.timeout):
        end.connect(loop.quit)
    limit.start()
    QTimer.singleShot(0, window, window.end)
    loop.exec()
    limit.stop()


def _note(_number: int, _frame: FrameType | None) -> None:
    """Stands where the default would kill; the socket does the rest."""
