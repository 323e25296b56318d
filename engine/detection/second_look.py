"""The further searches of a borderline case: of its classes, then of its map, unless it is stopped.

`engine.detection.steadying` and `engine.detection.steadying_maps` say what is borderline, and how
often it is searched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.data import ImageSet
from engine.detection.borrowing import CleanNetworks
from engine.detection.evidence import comparable, logs_beside
from engine.detection.results import FoundTrigger, PairMap
from engine.detection.steadying import RULE, is_borderline, steady
from engine.detection.steadying_maps import steady_map
from engine.events import Job, StopRequested
from engine.network import Network
from engine.settings import DetectSettings

STOPPED = (
    "This is a borderline case, and searching it again was stopped: another seed may say otherwise."
)


@dataclass(frozen=True, eq=False)
class SecondLook:
    """What a scan knows after it.

    Attributes:
        found: What was found for each class, with the sizes of all searches if there were several.
        pair_map: Likewise of each pair; None where there is no map.
        passes: Images that went through the network for the classes; the map has its own.
        stopped: Whether a borderline case was not searched as often as it should have been.
    """

    found: list[FoundTrigger]
    pair_map: PairMap | None
    passes: int = 0
    stopped: bool = False


def look_again(
    found: Sequence[FoundTrigger],
    pair_map: PairMap | None,
    references: CleanNetworks | None,
    network: Network,
    tests: ImageSet,
    settings: DetectSettings,
    *,
    stopped: bool = False,
) -> Job[SecondLook]:
    """Search a borderline case again; a stop ends all of it and keeps what was whole before.

    An earlier scan may have done so for the classes, beside other clean networks; these decide
    whether it counts.

    Args:
        found: What was found for each class.
        pair_map: The map, or None.
        references: What the verdict compares with; it decides what is borderline. Without any,
            nothing is.
        network: What is scanned.
        tests: The images that audit images are drawn from.
        settings: Of the first search.
        stopped: Whether the person has stopped the scan already: nothing more is searched.
    """
    once = [replace(one, sizes=(), forms=()) for one in found]
    look = SecondLook(once, pair_map)
    if references is None:
        return look
    if is_borderline(once, references):
        if all(one.sizes for one in found) and comparable(references, found) is references:
            look = replace(look, found=list(found))
        elif stopped:
            return replace(look, stopped=True)
        else:
            try:
                classes, passes = yield from steady(once, network, tests, settings, references)
            except StopRequested:
                return replace(look, stopped=True)
            look = replace(look, found=classes, passes=passes)
    if pair_map is None or _decide_plainly(look.found, references):
        return look
    try:
        maps = yield from steady_map(pair_map, network, tests, settings, references)
    except StopRequested:
        return replace(look, stopped=True)
    return replace(look, pair_map=maps)


def _decide_plainly(found: Sequence[FoundTrigger], references: CleanNetworks) -> bool:
    """Whether the classes alone make a backdoor likely, whatever more maps would tell."""
    by_class = references.calibration().scores(logs_beside(found, references)).max()
    return bool(by_class >= references.bounds(mapped=True).likely + RULE.beyond)
