"""Text from strangers, made harmless to show."""

import re
import unicodedata

_PIECE = 16_384
_SUSPECT = re.compile(r"[^\x20-\x7e]")
_SPACES = "\t\n\r\v\f\x85\u2028\u2029"


def plain(text: str, longest: int | None = None) -> str:
    """Strip control characters, invisible characters and changes of reading direction.

    Line breaks and tabs become spaces; halves of surrogate pairs become the replacement sign.

    Args:
        text: Any text.
        longest: Characters to keep, at least 1; an ellipsis marks what is cut. None keeps all.
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    # In pieces, so that a thread that shows a window gets its turn in between.
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return "".join(_SUSPECT.sub(_harmless, piece) for piece in pieces)


def _harmless(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SPACES:
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in {"Cc", "Cf", "Cn", "Co"} else character
