"""Messages under the tabs: what happened, why, what to do; never a box that must be clicked away.

Errors and warnings stay until they are closed or a run starts; news give way to the next message.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.widgets.tone_label import ToneLabel

MOST = 3
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
        self.details_button.setCheckable(True)
        self.close_button = QToolButton(autoRaise=True)
        self.details_view = QWidget(visible=False)
        self._build()
        self.details_button.toggled.connect(self.details_view.setVisible)
        self.close_button.clicked.connect(self.closed)

    def _build(self) -> None:
        icon_name, tone, word = _LOOKS[self.level]
        mark = QLabel()
        side = round(1.3 * self.fontMetrics().height())
        mark.setPixmap(theme.icon(icon_name, tone).pixmap(side, side))
        mark.setAccessibleName(word)
        mark.setToolTip(word)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details_button.setVisible(bool(self.details))
        self.details_button.setToolTip("Shows where in the program it happened.")
        self.close_button.setIcon(theme.icon("mdi6.close"))
        self.close_button.setToolTip("Closes this message.")
        self.close_button.setAccessibleName("Close this message")
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.SPACING, 6, theme.SPACING, 6)
        grid.setHorizontalSpacing(theme.SPACING)
        for column, widget in enumerate((mark, self.label, self.details_button, self.close_button)):
            grid.addWidget(widget, 0, column)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.details_view, 1, 1, 1, 3)
        self._build_details()

    def _build_details(self) -> None:
        text = QPlainTextEdit(self.details, readOnly=True)
        text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setFixedHeight(10 * text.fontMetrics().lineSpacing())
        text.setAccessibleName("Details")
        copy = QPushButton(theme.icon("mdi6.content-copy"), "Copy")
        copy.setToolTip("Copies the message and its details, to send them to somebody.")
        copy.clicked.connect(self._copy)
        row = QHBoxLayout(self.details_view)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(text, 1)
        row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.sentence}\n\n{self.details}")


class MessageBar(QWidget):
    """The messages that are open, newest last; takes no room when there is none."""

    def __init__(self) -> None:
        """Make an empty bar."""
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.SPACING, theme.SPACING // 2, theme.SPACING, 0)
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
            self._remove(self.messages[0])
        self.setVisible(True)

    def clear(self) -> None:
        """Close all messages."""
        for message in list(self.messages):
            self._remove(message)

    def _close_sender(self) -> None:
        sender = self.sender()
        if isinstance(sender, Message):
            self._remove(sender)

    def _remove(self, message: Message) -> None:
        self.messages.remove(message)
        self._column.removeWidget(message)
        message.hide()
        message.deleteLater()
        self.setVisible(bool(self.messages))
