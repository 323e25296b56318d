"""The tabs of the window: numbered, each with a mark of its state and a number that tells."""

import re
from typing import Literal

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTabBar, QTabWidget, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.overlay import FOOT, Overlay
from gui.words import in_short

State = Literal["empty", "ready", "running", "paused", "stopped", "done"]
LINE = 3
LONGEST_STORY = 32  # letters; two such tabs and the third have room in a small window
_MARKS: dict[State, tuple[str, theme.Tone | None, str]] = {
    "empty": ("mdi6.circle-outline", "sham", "nothing here yet"),
    "ready": ("mdi6.circle-slice-4", None, "ready"),
    "running": ("mdi6.dots-horizontal-circle", "accent", "running"),
    "paused": ("mdi6.pause-circle-outline", "accent", "paused"),
    "stopped": ("mdi6.stop-circle-outline", "undecided", "stopped before its end"),
    "done": ("mdi6.check-circle", "accent", "done"),
}


class StoryTabs(QTabWidget):
    """Tabs that hold their place: what a label says changes, its width hardly does."""

    def __init__(self) -> None:
        """Make tabs without any page."""
        super().__init__()
        self.setTabBar(_SteadyTabBar())
        self.setDocumentMode(True)
        self._names: list[str] = []
        self._columns: list[QVBoxLayout] = []
        self._banner: Overlay | None = None
        self.currentChanged.connect(self._take_banner_along)

    def add_page(self, name: str, tip: str) -> None:
        """Add an empty page; the tab says its number and its name."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._columns.append(column)
        self._names.append(name)
        self.setTabWhatsThis(self.addTab(page, ""), tip)

    def fill_page(self, index: int, content: QWidget) -> None:
        """Put the content into a page."""
        self._columns[index].addWidget(content, 1)
        self._take_banner_along(self.currentIndex())

    def set_banner(self, banner: Overlay) -> None:
        """Show a widget over the lower edge of whichever page is in front."""
        self._banner = banner
        self._take_banner_along(self.currentIndex())

    def _take_banner_along(self, index: int) -> None:
        page = self.widget(index)
        if self._banner is not None and page is not None:
            self._banner.lie_on(page, page.findChildren(QWidget, FOOT))

    def set_story(self, index: int, state: State, story: str) -> None:
        """Say how far a page is, and its most telling number."""
        icon_name, tone, word = _MARKS[state]
        text = f"{index + 1} {self._names[index]}"
        tip = f"{self.tabWhatsThis(index)} Ctrl+{index + 1}.\nNow: {word}."
        if len(story) > LONGEST_STORY:
            tip = f"{tip}\n{story}"
            story = in_short(story, LONGEST_STORY)
        story = story.replace("&", "&&")  # or it would become a mnemonic
        self.setTabText(index, f"{text}   {story}" if story else text)
        self.setTabIcon(index, theme.icon(icon_name, tone))
        self.setTabToolTip(index, tip)


class _SteadyTabBar(QTabBar):
    """Tabs that do not shrink while nothing but figures change, so that these push none about."""

    def __init__(self) -> None:
        super().__init__()
        self._widest: dict[int, tuple[str, int]] = {}  # the words of a tab, and how wide it was
        self.setFont(theme.text_font("body", tabular=True))
        self.setExpanding(False)

    def tabSizeHint(self, index: int) -> QSize:
        """Qt's hook: the size of a tab."""
        hint = super().tabSizeHint(index)
        words = re.sub(r"[\d.,]+", "", self.tabText(index))
        before, widest = self._widest.get(index, ("", 0))
        width = max(hint.width() + 2 * theme.SPACING, widest if words == before else 0)
        self._widest[index] = words, width
        return QSize(width, hint.height() + theme.SPACING)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Mark the tab in front with a line, which also shows where shades are close together."""
        super().paintEvent(event)
        area = self.tabRect(self.currentIndex())
        painter = QPainter(self)
        painter.fillRect(area.left(), area.top(), area.width(), LINE, theme.colour("accent"))
        painter.end()
