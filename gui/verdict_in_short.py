"""A verdict in one or two sentences: what it is, whom it names, how small a trigger, how sure."""

from collections.abc import Sequence

from engine.detection.phrases import chance, pixels
from engine.detection.results import Detection, Verdict
from engine.opening.shortcut import unseen_shortcut
from gui import verdict_words

_NO_PROOF = (
    "That does not prove the network clean: there are backdoors that this search cannot see."
)
NOTHING = f"No trigger was found that is much smaller than in clean networks. {_NO_PROOF}"
NOTHING_BESIDE_OTHERS = (
    f"No class needs a trigger much smaller than the others do; there were no clean networks to"
    f" compare with. {_NO_PROOF}"
)
SHORTCUT = (
    "No small trigger was found, but a change of brightness alone works like one. A backdoor may"
    " hide there."
)
_OUTCOMES = {"likely": "A backdoor is likely", "suspicious": "A backdoor is suspected, no more"}


def in_short(detection: Detection, names: Sequence[str]) -> str:
    """What somebody should know who reads no more; nothing where there is no verdict."""
    verdict = detection.verdict
    if not detection.complete or verdict.outcome == "not_auditable":
        return ""
    if verdict.outcome == "not_found" or verdict.target is None:
        if unseen_shortcut(detection) is not None:
            return SHORTCUT
        return NOTHING if verdict.references else NOTHING_BESIDE_OTHERS
    _, _, moved = verdict_words.moves(verdict, names).partition(": ")
    what = moved or f"class {names[verdict.target]} stands out"
    size, rare = _size(detection), _rare(verdict)
    enough = f"a trigger of {pixels(size)} is enough" if size is not None else ""
    more = "; ".join(part for part in (enough, rare) if part)
    said = f"{_OUTCOMES[verdict.outcome]}: {what}."
    return f"{said} {more[0].upper()}{more[1:]}." if more else said


def _size(detection: Detection) -> float | None:
    """Of the smallest trigger that the verdict rests on."""
    verdict, found = detection.verdict, detection.pair_map
    if found is not None and verdict.pairs:
        return min(float(found.mask_l1[pair]) for pair in verdict.pairs)
    sizes = [
        one.mask_l1 for one in detection.classes if one.converged and one.label == verdict.target
    ]
    return min(sizes, default=None)


def _rare(verdict: Verdict) -> str:
    if verdict.p_value is None:
        return ""
    said = chance(verdict.p_value, verdict.references, verdict.basis)
    if not verdict.references:
        return f"if all classes were alike, the chance of this would be {said}"
    return f"the chance of this in a clean network is {said}"
