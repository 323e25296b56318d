"""Words that are longer than a line, such as names of files: where they may be broken."""

import re

BREAK = "\u200b"  # a space without any width, at which a line may end
LONGEST, PIECE = 20, 8  # letters
_LONG = re.compile(rf"[^\s{BREAK}]{{{LONGEST + 1},}}")


def breakable(text: str) -> str:
    """The same text, in which a line may end within long words as well; Qt breaks none."""
    return _LONG.sub(_in_pieces, text)


def without_breaks(text: str) -> str:
    """The text as it was before, to be read or copied."""
    return text.replace(BREAK, "")


def _in_pieces(found: re.Match[str]) -> str:
    word = found.group()
    return BREAK.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))
