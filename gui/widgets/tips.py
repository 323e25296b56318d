"""What is told at the pointer: plain text, in lines that an eye can follow."""

import html
import re

from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui.widgets.long_words import breakable, without_breaks

SHORT = 70  # letters; what is longer is broken into lines
WIDTH = 440


def show_tip(event: QHelpEvent, text: str, widget: QWidget) -> None:
    """Tell a text where the pointer rests; nothing in it is markup."""
    QToolTip.showText(event.globalPos(), as_tip(text), widget)


def give_tip(widget: QWidget, tip: str) -> None:
    """Give a widget a tooltip of rich text, and screen readers the same without its markup."""
    widget.setToolTip(tip)
    widget.setAccessibleDescription(as_plain(tip))


def as_plain(tip: str) -> str:
    """The words of a tooltip of rich text, its lines as sentences."""
    lines = re.sub(r"<br\s*/?>", "\n", tip).split("\n")
    said = [html.unescape(re.sub(r"<[^>]*>", "", without_breaks(line))).strip() for line in lines]
    return " ".join(line if line[-1] in ".:;?!" else f"{line}." for line in said if line)


def as_tip(text: str) -> str:
    """A plain text as a tooltip of readable lines; Qt breaks lines in rich text only."""
    is_short = not text or max(map(len, text.split("\n"))) <= SHORT
    said = html.escape(text if is_short else breakable(text)).replace("\n", "<br>")
    if is_short:
        return f"<p style='white-space:pre'>{said}</p>" if text else ""
    return f"<table width={WIDTH}><tr><td>{said}</td></tr></table>"
