"""The article before a name that comes from data: "a 7", "an 8", "an airplane"."""

import re

_SPOKEN_OPEN = "aefhilmnorsx"  # letters whose own names begin with a vowel
_LIKE_CONSONANTS = ("uni", "use", "uti", "eu", "one")


def with_article(name: str) -> str:
    """A class's name with "a" or "an" before it, as it is spoken; now and then English differs."""
    return f"{'an' if _begins_with_vowel(name.lower()) else 'a'} {name}"


def _begins_with_vowel(name: str) -> bool:
    digits = re.match(r"[0-9]*", name)
    number = digits.group() if digits else ""
    if number:  # eight, eighty, eleven, eighteen, eleven thousand
        return number[0] == "8" or (number[:2] in ("11", "18") and len(number) % 3 == 2)
    if len(name) == 1:
        return name in _SPOKEN_OPEN
    return name.startswith(tuple("aeiou")) and not name.startswith(_LIKE_CONSONANTS)
