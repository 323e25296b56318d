"""How everything looks: colours, text sizes, spacing and icons, in light and in dark.

A widget that paints itself asks `colour()` while it paints, or sets its colours again when it gets
`QEvent.PaletteChange`; icons from `icon()` follow the scheme by themselves.
"""

import os
from functools import cache
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QApplication

Scheme = Literal["system", "light", "dark"]
Tone = Literal["clean", "backdoor", "sham", "undecided", "error", "accent", "on_accent"]
TextSize = Literal["title", "body", "small"]

CLEAN = "#0072B2"
BACKDOOR = "#D55E00"
SHAM = "#767676"
SPACING = 8
MARGIN = SPACING  # between the edges of the window and what a tab shows
TITLE, BODY, SMALL = 1.3, 1.0, 0.87  # times the system's text size
SCHEME_VARIABLE = "BACKDOOR_STUDIO_THEME"
STYLE_FILE = Path(__file__).parent.parent / "resources" / "style.qss"

_TONES: dict[Tone, tuple[str, str]] = {  # on light, on dark: each at least 4.5 : 1 on its ground
    "clean": (CLEAN, "#56A9DE"),
    "backdoor": ("#C65500", "#FF8A3D"),
    "sham": (SHAM, "#A2A2A2"),
    "undecided": ("#8F6100", "#E5B12E"),
    "error": ("#B3261E", "#FF8A80"),
    "accent": (CLEAN, "#56A9DE"),
    "on_accent": ("#FFFFFF", "#FFFFFF"),
}
_ROLES: dict[QPalette.ColorRole, tuple[str, str]] = {
    QPalette.ColorRole.Window: ("#F3F4F6", "#25282C"),
    QPalette.ColorRole.WindowText: ("#1B1D20", "#E7E9EC"),
    QPalette.ColorRole.Base: ("#FFFFFF", "#151719"),
    QPalette.ColorRole.AlternateBase: ("#F7F8FA", "#1B1D20"),
    QPalette.ColorRole.ToolTipBase: ("#FFFFFF", "#2C2F33"),
    QPalette.ColorRole.ToolTipText: ("#1B1D20", "#E7E9EC"),
    QPalette.ColorRole.Text: ("#1B1D20", "#E7E9EC"),
    QPalette.ColorRole.PlaceholderText: ("#6B7076", "#8D939A"),
    QPalette.ColorRole.Button: ("#F3F4F6", "#33373C"),
    QPalette.ColorRole.ButtonText: ("#1B1D20", "#E7E9EC"),
    QPalette.ColorRole.BrightText: ("#FFFFFF", "#FFFFFF"),
    QPalette.ColorRole.Link: (CLEAN, "#56A9DE"),
    QPalette.ColorRole.Highlight: (CLEAN, "#2F7FB5"),
    QPalette.ColorRole.HighlightedText: ("#FFFFFF", "#FFFFFF"),
    QPalette.ColorRole.Light: ("#FFFFFF", "#41464C"),
    QPalette.ColorRole.Midlight: ("#E9EBEE", "#3A3F45"),
    QPalette.ColorRole.Mid: ("#C9CDD2", "#565C64"),
    QPalette.ColorRole.Dark: ("#A9AEB4", "#141618"),
    QPalette.ColorRole.Shadow: ("#6B7076", "#0B0C0D"),
}
_DISABLED_TEXT = ("#868C93", "#A0A6AD")


def apply(app: QApplication, scheme: Scheme | None = None) -> None:
    """Give the program its style, and follow the system's scheme from now on.

    Args:
        app: The application.
        scheme: "light", "dark" or "system". None takes BACKDOOR_STUDIO_THEME, or the system's.
    """
    app.setStyle("Fusion")
    if app.property("scheme") is None:
        app.styleHints().colorSchemeChanged.connect(_follow_scheme)
    app.setProperty("scheme", scheme or os.environ.get(SCHEME_VARIABLE, "system"))
    _follow_scheme()


def set_scheme(scheme: Scheme) -> None:
    """Change to "light", "dark", or back to whatever the system has."""
    _application().setProperty("scheme", scheme)
    _follow_scheme()


def is_dark() -> bool:
    """Whether the program is dark now."""
    return QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def colour(tone: Tone) -> QColor:
    """The colour of a meaning, readable as text on the present background."""
    return QColor(_TONES[tone][is_dark()])


def text_font(size: TextSize = "body", *, bold: bool = False, tabular: bool = False) -> QFont:
    """The system's font in one of the three sizes; `tabular` gives digits of one width."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * {"title": TITLE, "body": BODY, "small": SMALL}[size])
    font.setBold(bold)
    if tabular:
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


@cache
def icon(name: str, tone: Tone | None = None) -> QIcon:
    """An icon by its QtAwesome name, such as "mdi6.play"; it follows the scheme by itself.

    Every icon is made once and kept: the garbage collector must not meet one whose engine, a
    Python object inside a C++ one, it has taken apart already.
    """
    return QIcon(_SchemeIconEngine(name, tone))


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)  # noqa: S101 - nothing here works without one
    return app


def _follow_scheme() -> None:
    app = _application()
    scheme = app.property("scheme")
    if scheme == "system":
        dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    else:
        dark = scheme == "dark"
    # With a style sheet in place, a new palette does not reach the widgets that exist already.
    app.setStyleSheet("")
    app.setPalette(_palette(dark=dark))
    app.setStyleSheet(STYLE_FILE.read_text(encoding="utf-8"))


def _palette(*, dark: bool) -> QPalette:
    palette = QPalette()
    for role, colours in _ROLES.items():
        palette.setColor(role, QColor(colours[dark]))
    palette.setColor(QPalette.ColorRole.Accent, QColor(_TONES["accent"][dark]))
    faint = QColor(_DISABLED_TEXT[dark])
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    grey = QColor(_ROLES[QPalette.ColorRole.Mid][dark])
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, grey)
    return palette


class _SchemeIconEngine(QIconEngine):
    """Draws a QtAwesome icon in the palette's colour at the time of painting.

    QtAwesome is imported at the first painting only: it reads its fonts, which takes longer than
    building the window.
    """

    def __init__(self, name: str, tone: Tone | None) -> None:
        super().__init__()
        self._name, self._tone = name, tone

    def clone(self) -> QIconEngine:
        return _SchemeIconEngine(self._name, self._tone)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        import qtawesome

        palette = QGuiApplication.palette()
        if mode == QIcon.Mode.Disabled:
            ink = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        elif self._tone is None:
            is_chosen = mode == QIcon.Mode.Selected  # in a row of a list, on the highlight
            role = (
                QPalette.ColorRole.HighlightedText if is_chosen else QPalette.ColorRole.ButtonText
            )
            ink = palette.color(role)
        else:
            ink = colour(self._tone)
        drawn = qtawesome.icon(self._name, color=ink)
        drawn.paint(painter, rect, Qt.AlignmentFlag.AlignCenter, QIcon.Mode.Normal, state)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return drawn
