"""Numbers as the screens write them, with their units and with a dash where there is none."""

import math
from collections.abc import Callable, Sequence

from engine.detection.phrases import figure
from engine.metrics import percent

NO_BREAK = "\u00a0"  # a space at which no line ends
NONE = "–"  # noqa: RUF001 - a dash, on purpose


def unbroken(text: str) -> str:
    """The same text, in which no line ends before a percent sign or within a score."""
    return text.replace(" %", NO_BREAK + "%").replace("; z ", f"; z{NO_BREAK}")


def in_short(name: str, longest: int = 20) -> str:
    """A name of so many letters at most, without its middle: its ends tell it from others."""
    if len(name) <= longest:
        return name
    end = (longest - 1) // 2
    return f"{name[: longest - 1 - end]}…{name[-end:]}"


def in_few_letters(
    say: Callable[[Sequence[str]], str], names: Sequence[str], most: int = 32
) -> str:
    """What is said with these names, which give up letters where it would be longer than `most`."""
    said = say(names)
    for longest in (20, 12, 8):
        if len(said) > most:
            said = say([in_short(name, longest) for name in names])
    return said


def share(value: float) -> str:
    """A share 0..1 as "99.8 %" or "below 0.1 %"; a dash for NaN."""
    return percent(value) if math.isfinite(value) else NONE


def pixels(value: float) -> str:
    """A mask's size as "3.9 px" or "128 px"; a dash for NaN."""
    return f"{amount(value)} px" if math.isfinite(value) else NONE


def amount(value: float) -> str:
    """A number with one decimal below ten and none above; a dash for NaN."""
    return figure(value) if math.isfinite(value) else NONE


def score(value: float) -> str:
    """A score with one decimal, never "-0.0"; a dash for NaN."""
    return f"{round(value, 1) + 0:.1f}" if math.isfinite(value) else NONE


def whole_share(value: float) -> str:
    """A share of few images, in whole percent; only all of them are "100 %", only none "0 %"."""
    percent_of_all = value * 100
    rounded = percent_of_all if value in {0.0, 1.0} else min(max(round(percent_of_all), 1), 99)
    return f"{rounded:.0f} %" if math.isfinite(value) else NONE


def small_number(value: float) -> str:
    """A number of any size in two digits: "0.0034"; a dash for NaN."""
    return f"{value:.2g}" if math.isfinite(value) else NONE


def duration(seconds: float) -> str:
    """Roughly how long something takes: "5 seconds", "40 seconds", "3 minutes", "2.5 hours"."""
    if seconds > 90 * 60:
        return f"{seconds / 3600:.1f} hours"
    if seconds > 90:
        return f"{seconds / 60:.0f} minutes"
    return f"{max(round(seconds / 5), 1) * 5} seconds"


def clock(seconds: float) -> str:
    """A time as it is measured, such as "7 s" or "2 min 05 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
