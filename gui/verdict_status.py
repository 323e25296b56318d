"""The outcome of a scan in a few words: for a label of a tab, and a list of experiments."""

from collections.abc import Sequence
from functools import partial

from engine.detection.headlines import arrow
from engine.detection.results import Detection, Verdict
from engine.opening.shortcut import unseen_shortcut
from engine.store.findings import ScanOutcome
from gui import words

OUTCOMES = {
    "likely": "likely", "suspicious": "suspicious", "not_found": "nothing found",
    "not_auditable": "no verdict",
}  # fmt: skip
STOPPED = "stopped"
WITH_SHORTCUT = "no trigger, see warning"


def status_of(detection: Detection, names: Sequence[str]) -> str:
    """The outcome in a few words and letters, such as "class 0 likely", for the tab's label."""
    has_shortcut = unseen_shortcut(detection) is not None
    return status(ScanOutcome(detection.verdict, detection.complete, has_shortcut), names)


def status(outcome: ScanOutcome, names: Sequence[str]) -> str:
    """The same of what is known of a scan that is not open.

    A shortcut suspected before it counts where it found nothing.
    """
    if not outcome.complete:
        return STOPPED
    if outcome.has_shortcut and outcome.verdict.outcome == "not_found":
        return WITH_SHORTCUT
    return words.in_few_letters(partial(_status, outcome.verdict), names)


def _status(verdict: Verdict, names: Sequence[str]) -> str:
    said = OUTCOMES[verdict.outcome]
    if verdict.target is None:
        return said
    if verdict.mapping == "all-to-all":
        return f"all-to-all {said}"
    if verdict.pairs:
        more = " …" if len(verdict.pairs) > 1 else ""
        return f"{arrow(verdict.pairs[0], names)}{more} {said}"
    targets = verdict.targets or (verdict.target,)
    classes = "class" if len(targets) == 1 else "classes"
    more = " …" if len(targets) > 3 else ""
    return f"{classes} {', '.join(names[one] for one in targets[:3])}{more} {said}"
