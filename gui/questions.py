"""Questions that are asked before something is lost."""

from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from gui import run_words, theme
from gui.session import Session
from gui.widgets.long_words import breakable

TITLE = "Backdoor Studio"
LOSE_DRAWING = (
    "Your drawing is in no file yet and would be lost. To keep it, export it in tab 1, or train"
    " with it."
)
LOSE_BUTTON = "Discard the drawing"
STOP_BUTTON, CLOSE_BUTTON = "Stop and close", "Close"


class Question(QMessageBox):
    """A question with one button that goes on, and Cancel.

    Attributes:
        go_on: The button that goes on.
    """

    def __init__(self, parent: QWidget, question: str, action: str) -> None:
        """Make a question whose button is named `action`."""
        said = breakable(question)  # or a long file name would make it as wide as the screen
        super().__init__(QMessageBox.Icon.Warning, TITLE, said, parent=parent)
        self.go_on = QPushButton(action)
        self.addButton(self.go_on, QMessageBox.ButtonRole.DestructiveRole)
        cancel = self.addButton(QMessageBox.StandardButton.Cancel)
        cancel.setIcon(theme.icon("mdi6.close"))  # the style's own is black in every scheme
        self.setDefaultButton(cancel)
        self.setEscapeButton(cancel)

    def put(self) -> bool:
        """Ask; True if the button that goes on is pressed."""
        self.exec()
        self.deleteLater()
        return self.clickedButton() is self.go_on


class StopQuestion(Question):
    """Whether to stop a run and close; when the run ends meanwhile, only whether to close."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        """Ask about the run of a session."""
        super().__init__(parent, "", STOP_BUTTON)
        self._session = session
        self._follow()
        session.run_started.connect(self._follow)
        session.run_ended.connect(self._follow)

    def _follow(self, *_: str) -> None:
        running = self._session.running
        self.setText(run_words.RUN_ENDED if running is None else run_words.loss(running))
        self.go_on.setText(CLOSE_BUTTON if running is None else STOP_BUTTON)
