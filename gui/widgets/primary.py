"""The one button of a page that a person is led to."""

from PySide6.QtWidgets import QPushButton

from gui import theme


def set_primary(button: QPushButton, icon: str, *, wanted: bool) -> None:
    """Make a button with this icon the prominent one, or one like all others."""
    name = "primary" if wanted else ""
    if button.objectName() == name and not button.icon().isNull():
        return
    button.setObjectName(name)
    button.setIcon(theme.icon(icon, "on_accent" if wanted else None))
    button.style().unpolish(button)  # the style sheet goes by the name
    button.style().polish(button)
