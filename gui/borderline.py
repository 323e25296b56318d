"""What is said of a borderline case's further searches, of which nobody knows how many come.

What was whole before them is kept when they are stopped.
"""

import re
from dataclasses import dataclass

from engine.events import Event, PairsMoved, Progress

PERCENT = "%p %"  # as the bar writes it
BAR_TIP = "How much of the work is done."
AGAIN_TIP = (
    "The first search came out near the bound of a verdict, where chance decides as much. So it is"
    " searched again from other starts, until all searches together decide. The bar is that of the"
    " present search."
)
# As `engine.detection.steadying` says it.
_BORDERLINE = re.compile(r"a borderline case: (\w+) (\d+) of at most (\d+)")


@dataclass(frozen=True)
class Again:
    """A further search of a borderline case.

    Attributes:
        text: What goes on, and what is done already.
        percent: Of this search, since nobody knows how many there will be.
        bar: What stands in the bar.
    """

    text: str
    percent: int
    bar: str


def again(progress: Progress) -> Again | None:
    """The further search that is told of; None while it is still the first one."""
    told = _BORDERLINE.fullmatch(progress.text)
    if told is None:
        return None
    what, number, most = told[1], int(told[2]), int(told[3])
    several = {"search": "searches"}.get(what, f"{what}s")
    done = f"first {what} done" if number == 2 else f"{number - 1} {several} done"
    each = progress.total / most
    share = (progress.done - (number - 1) * each) / each
    text = f"borderline: {done}, looking again ({number} of at most {most})"
    return Again(text, round(100 * min(max(share, 0.0), 1.0)), f"{what} {number}: {PERCENT}")


def loses_pairs(event: Event, *, before: bool) -> bool:
    """Whether a stop after this event would lose all pairs of a map.

    Args:
        event: The newest of a scan.
        before: The same of the event before it.
    """
    if isinstance(event, PairsMoved):
        return True
    is_whole = isinstance(event, Progress) and again(event) is not None
    return before and not is_whole
