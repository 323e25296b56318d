"""The verdict: one bold sentence, and behind it what it means and what it cannot see."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.detection.results import Detection
from gui import theme, verdict_words, words
from gui.verdict_in_short import in_short
from gui.widgets.mark import Mark
from gui.widgets.term_list import TermList
from gui.widgets.tips import as_tip
from gui.widgets.tone_label import ToneLabel

ICON = 22
GAP = 2  # between lines
NOTE, VERDICT = "Note", "Verdict"  # of what it means
FACTS_APART = "  ·  "
FACTS_TIP = (
    "What the verdict rests on, which images the backdoor moves, and beside it the rule of Wang et"
    " al. 2019, which does not decide. What does this mean? explains each."
)


@dataclass(frozen=True)
class _Look:
    """How an outcome looks: colour, shape and word, so that none of them is the only sign."""

    word: str
    tone: theme.Tone
    icon: str


LOOKS = {
    "likely": _Look("Likely", "backdoor", "mdi6.alert-octagon"),
    "suspicious": _Look("Suspicious", "undecided", "mdi6.alert"),
    "not_found": _Look("Nothing found", "clean", "mdi6.shield-search"),
    "shortcut": _Look("Warning", "undecided", "mdi6.alert"),
    "stopped": _Look("Stopped", "sham", "mdi6.stop-circle-outline"),
    "not_auditable": _Look("No verdict", "sham", "mdi6.help-circle"),
    "searching": _Look("Searching", "accent", "mdi6.magnify"),
    "paused": _Look("Paused", "sham", "mdi6.pause-circle-outline"),
    "none": _Look("No scan yet", "sham", "mdi6.magnify"),
}


class VerdictPanel(QWidget):
    """Shows a verdict, or what there is to say before one.

    Attributes:
        explanation: What it means, seen while the panel is and its button is down. Whoever shows
            the panel lets it lie below, over all else.
    """

    def __init__(self) -> None:
        super().__init__()
        self._icon = Mark(ICON)
        self.word = ToneLabel(size="title", bold=True)
        self.headline = ToneLabel(bold=True, wrap=True)
        self.why_button = QToolButton()
        self.facts = ToneLabel(size="small", wrap=True)
        self.caution = ToneLabel(size="small", wrap=True)
        self.explanation = TermList()
        self._build()
        self.why_button.toggled.connect(self._show_explanation)
        self.why_button.clicked.connect(self._read)
        self.explanation.closed.connect(self._close_explanation)

    def show_verdict(self, detection: Detection, names: Sequence[str]) -> None:
        """Show the verdict of a scan that has ended, on classes with these names."""
        self._show(verdict_words.look(detection), verdict_words.headline(detection, names))
        self.facts.setText(FACTS_APART.join(verdict_words.facts(detection, names)))
        self.facts.setVisible(bool(self.facts.text()))
        self.caution.setText(verdict_words.caution(detection))
        self.caution.setVisible(bool(self.caution.text()))
        self._explain(detection, names)
        self.why_button.setVisible(True)

    def _explain(self, detection: Detection, names: Sequence[str]) -> None:
        """Say first what it comes to, and what limits it; how it was reached comes after that."""
        meaning, short = verdict_words.meaning(detection), in_short(detection, names)
        first = (NOTE,) if short else (VERDICT, NOTE)
        self.explanation.set_terms(
            [short] * bool(short) + [text for term, text in meaning if term in first],
            [(term, text) for term, text in meaning if term not in first],
        )

    def show_sentence(
        self, sentence: str, state: Literal["none", "searching", "paused"] = "none"
    ) -> None:
        """Say something before there is a verdict."""
        self._show(state, sentence)
        self.facts.setVisible(False)
        self.caution.setVisible(False)
        self.why_button.setChecked(False)
        self.why_button.setVisible(False)

    def _show(self, outcome: str, sentence: str) -> None:
        look = LOOKS[outcome]
        self._icon.set_icon(theme.icon(look.icon, look.tone))
        self.word.setText(look.word)
        self.word.set_tone(look.tone)
        self.headline.setText(words.unbroken(sentence))

    def _build(self) -> None:
        self.why_button.setText("What does this mean?")
        self.why_button.setCheckable(True)
        self.why_button.setAutoRaise(True)
        self.why_button.setArrowType(Qt.ArrowType.RightArrow)
        self.why_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.why_button.setToolTip("The numbers behind the verdict, and what it cannot see.")
        self.explanation.setVisible(False)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.caution.set_tone("undecided")
        self.caution.setAccessibleName("What limits the verdict")
        for line in (self.facts, self.caution):
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts.setToolTip(as_tip(FACTS_TIP))
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING)
        said = QVBoxLayout()
        said.setSpacing(GAP)
        said.addWidget(self.headline)
        said.addWidget(self.facts)
        said.addWidget(self.caution)
        for part in (self._icon, self.word):
            row.addWidget(part)
        row.addSpacing(theme.SPACING)
        row.addLayout(said, 1)
        row.addWidget(self.why_button)
        row.setContentsMargins(0, 0, 0, 0)
        self.setLayout(row)

    def showEvent(self, event: QShowEvent) -> None:
        """Show the explanation as well, if it is wanted."""
        super().showEvent(event)
        self._keep_room()
        self._show_explanation(self.why_button.isChecked())

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing explains what is not there."""
        super().hideEvent(event)
        self.explanation.setVisible(False)

    def _keep_room(self) -> None:
        """As high as most verdicts need, so that nothing below moves when a scan ends."""
        bold, small = (
            ceil(QFontMetricsF(label.font()).lineSpacing()) for label in (self.headline, self.facts)
        )
        self.setMinimumHeight(2 * bold + GAP + small)

    def _show_explanation(self, shown: bool) -> None:  # noqa: FBT001 - Qt's signal
        down, right = Qt.ArrowType.DownArrow, Qt.ArrowType.RightArrow
        self.why_button.setArrowType(down if shown else right)
        self.explanation.setVisible(shown and self.isVisible())

    def _read(self, shown: bool) -> None:  # noqa: FBT001 - Qt's signal
        """Let the keyboard scroll and close what is read."""
        if shown:
            self.explanation.setFocus()

    def _close_explanation(self) -> None:
        self.why_button.setChecked(False)
        self.why_button.setFocus()
