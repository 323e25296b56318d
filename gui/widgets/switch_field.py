"""The field of a setting that is either on or off."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox


class SwitchField(QCheckBox):
    """A box to tick, with the interface of the other fields.

    Signals:
        edited: The user has ticked it, or taken the tick away.
    """

    edited = Signal()

    def __init__(self, words: str) -> None:
        """Make a box with a few words beside it, which may be empty."""
        super().__init__(words)
        self.clicked.connect(self._on_clicked)

    def current(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()

    def set_value(self, value: bool) -> None:  # noqa: FBT001 - the interface of all fields
        """Show this value."""
        self.setChecked(value)

    def _on_clicked(self, _checked: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.edited.emit()
