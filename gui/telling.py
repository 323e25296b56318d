"""What is said in the message bar, and taken back when it holds no more."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError
from gui.failures import of_failure

# What a sentence is about: a run's warning, one about the trigger of a run, a failed export, what
# was refused as things are, an experiment that could not be opened, a file that is looked at, the
# look at the attack with which *Try it* begins.
Subject = Literal["run", "trigger", "export", "refused", "open", "file", "look"]
RUNNING = "A run is going on. Stop it first, or wait for it to end."


class Telling(QObject):
    """Says things that a person should know, and what has become untrue of them.

    Signals:
        message: Level ("info", "warning", "error"), one sentence, and a traceback or nothing.
        taken_back: A sentence of `message` that holds no more; an empty one means all of them.
    """

    message = Signal(str, str, str)
    taken_back = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._said: dict[Subject, list[str]] = {}

    def inform(self, sentence: str) -> None:
        """Say something that nothing takes back."""
        self.message.emit("info", sentence, "")

    def say_of(self, subject: Subject, level: str, sentence: str, details: str = "") -> None:
        """Say something that is taken back with all else that was said of this subject."""
        self._said.setdefault(subject, []).append(sentence)
        self.message.emit(level, sentence, details)

    def take_back(self, *subjects: Subject) -> None:
        """Take back what was said of these subjects."""
        for subject in subjects:
            for sentence in self._said.pop(subject, ()):
                self.taken_back.emit(sentence)

    def take_all_back(self) -> None:
        """Take back all that was said of any subject or none."""
        self._said.clear()
        self.taken_back.emit("")

    def refuse(self, why: str = RUNNING) -> None:
        """Say what stands in the way, once; the end of a run, or what changes it, takes it back."""
        self.take_back("refused")
        self.say_of("refused", "info", why)

    def attempt_open(self, name: str, work: Callable[[], object]) -> bool:
        """Open what has this name, if that can be; answer whether it went well.

        What went wrong with an earlier one is no news then.
        """
        self.take_back("open")
        try:
            work()
        except EngineError as error:
            self.say_of("open", "error", f"“{name}” was not opened. {error}")
            return False
        return True

    def attempt_export(self, work: Callable[[], object]) -> bool:
        """The same for something that is written; what went wrong before is no news then."""
        self.take_back("export")
        try:
            work()
        except EngineError as error:
            self.say_of("export", "error", str(error))
            return False
        return True

    def tell_failure(self, what: str, error: BaseException, details: str) -> None:
        """Say why `what`, such as "The training", failed; the next run takes it back."""
        self.say_of("run", "error", *of_failure(what, error, details))
