"""The look at the attack with which *Try it* begins, and what calls it off."""

from PySide6.QtCore import QObject, QTimer

from gui.session import Session

FIRST_LOOK_MS = 1500
LOOK = "This is the default attack. Its training begins in a moment, and then the scan."
CALLED_OFF = (
    "Try it was called off, since something else was opened or changed. Press it again to start it."
)
# What the person did meanwhile; that data or torch are there at last is none of it.
OF_PERSON = {"experiment", "settings", "trigger"}


class FirstLook(QObject):
    """Lets the default attack be seen for a moment before it is trained.

    Whoever does something else in that moment wants that, so nothing of it is replaced.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self, singleShot=True, interval=FIRST_LOOK_MS)
        self._timer.timeout.connect(self._go_on)
        session.changed.connect(self._on_changed)
        session.run_started.connect(self.end)

    def begin(self) -> None:
        """Train what is open after a moment."""
        self._timer.start()
        self._session.telling.say_of("look", "info", LOOK)

    def end(self) -> None:
        """Have nothing begin any more."""
        self._timer.stop()
        self._session.telling.take_back("look")

    def _go_on(self) -> None:
        self.end()
        self._session.try_it()

    def _on_changed(self, what: str) -> None:
        if what in OF_PERSON and self._timer.isActive():
            self.end()
            self._session.telling.inform(CALLED_OFF)
