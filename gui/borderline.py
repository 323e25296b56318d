"""What is said of a borderline case's further searches, of which nobody knows how many come.

What was whole before them is kept when they are stopped.
"""

from dataclasses import dataclass

from engine.events import Event, PairsMoved, Progress
from gui.words import clock

PERCENT = "%p %"  # as the bar writes it
BAR_TIP = "How much of the work is done."
AGAIN_TIP = (
    "The first search came out so near the bound of a verdict that chance could decide. So it is"
    " repeated from other starts, until all searches together decide. The bar is that of the"
    " present search."
)


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
    told = progress.further
    if told is None:
        return None
    several = {"search": "searches"}.get(told.what, f"{told.what}s")
    done = f"first {told.what}" if told.number == 2 else f"{told.number - 1} {several}"
    which = f"{told.number} of at most {told.most}"
    if told.most_seconds is not None:
        which = f"{which}, at most {clock(told.most_seconds)}"
    text = f"borderline: {done} done, looking again ({which})"
    return Again(text, round(100 * told.share), f"{told.what} {told.number}: {PERCENT}")


def loses_pairs(event: Event, *, before: bool) -> bool:
    """Whether a stop after this event would lose all pairs of a map.

    Args:
        event: The newest of a scan.
        before: The same of the event before it.
    """
    if isinstance(event, PairsMoved):
        return True
    is_whole = isinstance(event, Progress) and event.further is not None
    return before and not is_whole
