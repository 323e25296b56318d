"""Questions that are asked before something is lost."""

from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from gui import run_words, theme
from gui.session import Session
from gui.widgets.long_words import breakable

TITLE = "Backdoor Studio"
LOSE_DRAWING = (
    "Your drawing is in no file yet and would be lost. Export it as a PNG to keep it; it can be"
    " imported again in tab 1."
)
LOSE_BUTTON, KEEP_BUTTON = "Discard the drawing", "Export PNG …"
STOP_BUTTON, CLOSE_BUTTON = "Stop and close", "Close"
ALL_ENDED = "What was going on has ended meanwhile, and what it left is kept. Close the window?"
LOSE_PAIRS = (
    "Stop the pair map? The verdict on the classes is kept, the pairs searched so far are not."
)
LOSE_MAP = (
    "Stop the pair map? Nothing of it is kept: the scan before, which has a whole map, is open"
    " again then."
)
LOSE_PAIRS_BUTTON = "Stop the map"
_EXPORT = "{} is not finished. If it is stopped now, nothing of it is left."
_FETCHING = (
    "{} is not finished. If it is stopped now, files that are complete are kept, and the one in"
    " progress has to begin again."
)


def losses(session: Session) -> str:
    """What becomes of all that goes on if it is stopped; empty where nothing would be lost."""
    said = []
    if session.running is not None:
        said.append(run_words.loss(session.running))
    if session.exports.is_busy:
        said.append(_EXPORT.format(session.exports.subject))
    if session.loading.is_fetching:
        said.append(_FETCHING.format(session.loading.subject))
    return "\n\n".join(said)


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


class DrawingQuestion(Question):
    """Whether a drawing that no file holds may go, or gets a file first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, LOSE_DRAWING, LOSE_BUTTON)
        self.keep = QPushButton(theme.icon("mdi6.tray-arrow-up"), KEEP_BUTTON)
        self.addButton(self.keep, QMessageBox.ButtonRole.AcceptRole)
        self.setDefaultButton(self.keep)

    @property
    def wants_file(self) -> bool:
        """Whether the answer was to export it."""
        return self.clickedButton() is self.keep


class StopQuestion(Question):
    """Whether to stop what goes on and close; when it ends meanwhile, only whether to close."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        """Ask about the run of a session, and about what is written or fetched beside it."""
        super().__init__(parent, "", STOP_BUTTON)
        self._session = session
        self._follow()
        exports, loading = session.exports, session.loading
        for told in (session.run_started, session.run_ended, exports.ended, loading.changed):
            told.connect(self._follow)

    def _follow(self, *_: str) -> None:
        lost = losses(self._session)
        said, button = (lost, STOP_BUTTON) if lost else (ALL_ENDED, CLOSE_BUTTON)
        if said != self.text():  # a download tells of itself thirty times a second
            self.setText(said)
            self.go_on.setText(button)


class MapQuestion(Question):
    """Whether to stop a pair map; it goes away by itself when the map ends meanwhile."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        said = LOSE_MAP if session.stop_brings_map_back else LOSE_PAIRS
        super().__init__(parent, said, LOSE_PAIRS_BUTTON)
        session.run_ended.connect(self.reject)


def may_stop(parent: QWidget, session: Session) -> bool:
    """Whether a run may be stopped; asks where all that it found of late would be lost."""
    return not session.searches_pairs or MapQuestion(parent, session).put()
