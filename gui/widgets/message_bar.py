"""Messages over the tab: what happened, why, what to do; never a box that must be clicked away.

Errors and warnings stay until they are closed, taken back, or a run starts; news give way to the
next message.
"""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFontDatabase,
    QGuiApplication,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from gui import theme
from gui.widgets.escape import Escape
from gui.widgets.mark import Mark
from gui.widgets.overlay import Overlay
from gui.widgets.tone_label import ToneLabel

LINES = 16  # of the details that are seen at once
MOST = 2  # more would leave too little of the tab on a small screen
_LOOKS: dict[str, tuple[str, theme.Tone, str]] = {
    "info": ("mdi6.information-outline", "accent", "For your information"),
    "warning": ("mdi6.alert-outline", "undecided", "Warning"),
    "error": ("mdi6.alert-circle-outline", "error", "Error"),
}


class Message(QFrame):
    """One message with its mark, *Details* where there are any, and a way to close it.

    Signals:
        closed: The person is done with it.
    """

    closed = Signal()

    def __init__(self, level: str, sentence: str, details: str) -> None:
        """Make a message of level "info", "warning" or "error"."""
        super().__init__()
        self.level, self.sentence, self.details = level, sentence, details
        self.setObjectName("message")
        self.label = ToneLabel(sentence, wrap=True)
        self.details_button = QPushButton("Details")
        self.close_button = QToolButton(autoRaise=True)
        self.details_view = _Details(self, f"{sentence}\n\n{details}")
        self._build()
        self.details_button.clicked.connect(self.details_view.toggle)
        self.close_button.clicked.connect(self.closed)

    def _build(self) -> None:
        icon_name, tone, word = _LOOKS[self.level]
        side = round(1.3 * self.fontMetrics().height())
        mark = Mark(side, theme.icon(icon_name, tone))
        mark.setAccessibleName(word)
        mark.setToolTip(word)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details_button.setVisible(bool(self.details))
        self.details_button.setToolTip("Shows where in the program it happened.")
        self.close_button.setIcon(theme.icon("mdi6.close"))
        self.close_button.setToolTip("Closes this message.")
        self.close_button.setAccessibleName("Close this message")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACING, 3, theme.SPACING, 3)
        row.setSpacing(theme.SPACING)
        row.addWidget(mark)
        row.addWidget(self.label, 1)
        row.addWidget(self.details_button)
        row.addWidget(self.close_button)


class _Details(QFrame):
    """The details of a message, over what is below it; Escape or the button closes them."""

    def __init__(self, message: "Message", text: str) -> None:
        super().__init__(message)
        self.setVisible(False)
        self.setObjectName("message")
        self._message = message
        self.text = QPlainTextEdit(text, readOnly=True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Details")
        self.copy_button = QPushButton(theme.icon("mdi6.content-copy"), "Copy")
        self.copy_button.setToolTip("Copies the message and its details, to send to somebody.")
        self.copy_button.clicked.connect(self._copy)
        Escape(self, self.hide)
        row = QHBoxLayout(self)
        row.addWidget(self.text, 1)
        row.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)

    def toggle(self) -> None:
        """Open above or below the message, where there is more room, and as wide; or close."""
        if self.isVisible():
            self.hide()
            return
        window = self._message.window()
        self.setParent(window)
        window.installEventFilter(self)
        at = self._message.mapTo(window, self._message.rect().topLeft())
        above, below = at.y(), window.height() - at.y() - self._message.height()
        height = min(LINES * self.text.fontMetrics().lineSpacing(), max(above, below))
        top = at.y() - height if above > below else at.y() + self._message.height()
        self.setGeometry(at.x(), top, self._message.width(), height)
        self.show()
        self.raise_()
        self.copy_button.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close when the window takes another size: the message is elsewhere then."""
        if event.type() == QEvent.Type.Resize:
            self.hide()
        return super().eventFilter(watched, event)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())


class MessageBar(Overlay):
    """The messages that are open, newest last; nothing moves when one comes or goes."""

    def __init__(self) -> None:
        """Make an empty bar."""
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACING // 2)
        self.messages: list[Message] = []
        self.setVisible(False)

    def show_message(self, level: str, sentence: str, details: str = "") -> None:
        """Add a message; one that says the same already goes away."""
        for message in list(self.messages):
            if message.level == "info" or message.sentence == sentence:
                self._remove(message)
        message = Message(level, sentence, details)
        message.closed.connect(self._close_sender)
        self.messages.append(message)
        self._column.addWidget(message)
        while len(self.messages) > MOST:
            self._remove(min(self.messages[:-1], key=_severity))
        self.setVisible(True)
        self.place()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def clear(self) -> None:
        """Close all messages."""
        self.take_back("")

    def take_back(self, sentence: str) -> None:
        """Close the message that says this, which is no longer true; an empty sentence: all."""
        for message in list(self.messages):
            if sentence in ("", message.sentence):
                self._remove(message)

    def _close_sender(self) -> None:
        sender = self.sender()
        if isinstance(sender, Message):
            self._remove(sender)

    def _remove(self, message: Message) -> None:
        self.messages.remove(message)
        self._column.removeWidget(message)
        message.hide()
        message.details_view.deleteLater()
        message.deleteLater()
        self.setVisible(bool(self.messages))
        self.place()


def _severity(message: Message) -> int:
    return list(_LOOKS).index(message.level)
