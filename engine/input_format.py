"""What a network takes for an image: the values of black and white, and the order of colours.

A network that is fed values other than those it was trained on looks broken, or worse, looks
backdoored. So the format is part of every model, as a short text: "0..1", "0..255", "-1..1 BGR",
"mean=0.1307 std=0.3081".
"""

import re
from dataclasses import dataclass
from typing import Literal, Self

from engine.errors import EngineError
from engine.modelfiles.plain_text import plain

RANGES = {"0..1": (0.0, 1.0), "0..255": (0.0, 255.0), "-1..1": (-1.0, 1.0)}
ADVICE = f"write one of {', '.join(RANGES)}, or a normalisation such as mean=0.1307 std=0.3081"
COLOURS = 3
MAX_CHARACTERS = 400
MAX_CHANNELS = 4

_NUMBER = r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?(?:e[+-]?[0-9]{1,3})?"
_NUMBERS = re.compile(rf"(mean|std)=({_NUMBER}(?:,{_NUMBER})*)")

Order = Literal["RGB", "BGR"]
Affine = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class InputFormat:
    """What black and white become before a network sees them, and which colour comes first.

    Attributes:
        black: The value of black, for a range.
        white: The value of white, for a range.
        mean: Per channel, on images in 0..1: subtracted. Empty for a range; one for all channels,
            or one for each. Those of colour images belong to red, green and blue, in that order,
            whatever order the network takes them in.
        std: What the difference is then divided by; as many as there are means.
        order: The order in which the network takes colours. Images here are always red first.
    """

    black: float = 0.0
    white: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    order: Order = "RGB"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a format from text; `str()` writes it in the one canonical way.

        Raises:
            EngineError: It is not a format that is known here; the sentence says how to write one.
        """
        words = text[: MAX_CHARACTERS + 1].lower().split()
        if not words or len(text) > MAX_CHARACTERS:
            raise _unreadable(text, f"{ADVICE}, and BGR behind it for blue first")
        order: Order = "BGR" if words[-1] == "bgr" else "RGB"
        words = words[:-1] if words[-1] in ("rgb", "bgr") else words
        if len(words) == 1 and words[0] in RANGES:
            return cls(*RANGES[words[0]], order=order)
        numbers = dict(_numbers(text, word) for word in words)
        if len(words) != 2 or set(numbers) != {"mean", "std"}:
            raise _unreadable(text, f"{ADVICE}, and BGR behind it for blue first")
        mean, std = numbers["mean"], numbers["std"]
        _check(text, mean, std, order)
        return cls(mean=mean, std=std, order=order)

    @property
    def is_plain(self) -> bool:
        """Whether images in 0..1 are given to the network as they are."""
        return self == PLAIN

    def check_channels(self, channels: int) -> None:
        """Check that images of so many channels can have this format.

        Raises:
            EngineError: They cannot; the sentence says why.
        """
        if self.order == "BGR" and channels != COLOURS:
            raise EngineError(
                f"The input format {self} swaps red and blue, but the images have {channels}"
                f" channel{'s' * (channels != 1)}. Leave BGR out."
            )
        if len(self.mean) not in (0, 1, channels):
            raise EngineError(
                f"The input format {self} is for {len(self.mean)} channels, but the images have"
                f" {channels}. Give one mean and one standard deviation for each channel, or one"
                " for all."
            )

    def affine(self) -> Affine:
        """Scale and shift, one for all channels or one for each: value = pixel * scale + shift.

        Pixels are in 0..1, the channels still in the order red, green, blue.
        """
        if not self.mean:
            return (self.white - self.black,), (self.black,)
        return (
            tuple(1 / spread for spread in self.std),
            tuple(-middle / spread for middle, spread in zip(self.mean, self.std, strict=True)),
        )

    def __str__(self) -> str:
        """The canonical text; `parse` reads it back to the same format."""
        ranges = {values: text for text, values in RANGES.items()}
        text = ranges.get((self.black, self.white), "")
        if self.mean:
            text = f"mean={_joined(self.mean)} std={_joined(self.std)}"
        return f"{text} BGR" if self.order == "BGR" else text


PLAIN = InputFormat()


def _numbers(text: str, word: str) -> tuple[str, tuple[float, ...]]:
    match = _NUMBERS.fullmatch(word)
    if match is None:
        raise _unreadable(text, f"{ADVICE}, and BGR behind it for blue first")
    return match[1], tuple(_rounded(float(number)) for number in match[2].split(","))


def _check(text: str, mean: tuple[float, ...], std: tuple[float, ...], order: Order) -> None:
    """Refuse numbers that no normalisation has."""
    if len(mean) != len(std) or len(mean) > MAX_CHANNELS:
        raise _unreadable(text, "give as many means as standard deviations, one for each channel")
    if order == "BGR" and len(mean) not in (1, COLOURS):
        raise _unreadable(text, "BGR is for images of three channels")
    if not all(0 <= middle <= 1 for middle in mean):
        raise _unreadable(text, "means are of pixels in 0..1; divide those in 0..255 by 255")
    if not all(1e-6 <= spread <= 1e3 for spread in std):
        raise _unreadable(text, "standard deviations are of pixels in 0..1 and above zero")


def _joined(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{_rounded(number):.7g}" for number in numbers)


def _rounded(number: float) -> float:
    """Seven figures, as float32 has: so the text stays short, and reads back as it was written."""
    return float(f"{number:.7g}")


def _unreadable(text: str, advice: str) -> EngineError:
    return EngineError(f"{plain(text, 60)!r} is no input format: {advice}.")
