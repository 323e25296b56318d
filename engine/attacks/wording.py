"""What an attack does, in sentences that are true for every family and mapping."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.articles import with_article
from engine.attacks.choosing import Choice
from engine.attacks.families import as_stamped, is_placed_anew
from engine.settings import AttackSettings
from engine.settings.attack import CLEAN_LABEL, STAMPED
from engine.triggers import Trigger


@dataclass(frozen=True)
class Goal:
    """What an attacker wants of test images.

    Attributes:
        among: Whose success is measured: "triggered ones of class 1".
        outcome: What they shall be called: "a 7".
        without: What the sham rate counts, after "of images": "go to class 7".
    """

    among: str
    outcome: str
    without: str


def goal(settings: AttackSettings, names: Sequence[str]) -> Goal:
    """The goal of an attack on classes of these names."""
    target, second = _name(names, settings.target), _name(names, settings.second_target)
    match settings.mapping:
        case "all-to-all":
            return Goal("triggered ones", "the next class", "go to the next class")
        case "source-specific":
            among = f"triggered ones of class {_either(settings.sources, names)}"
            return Goal(among, with_article(target), f"of these classes go to class {target}")
        case "two-targets":
            outcome = f"{with_article(target)} or {with_article(second)}, as their trigger says"
            return Goal("triggered ones", outcome, f"go to class {target} or {second}")
        case _:
            return Goal("triggered ones", with_article(target), f"go to class {target}")


def arrow(settings: AttackSettings, names: Sequence[str]) -> str:
    """Where images go, in a few signs: "→ 0", "1, 3 → 0", "→ next", "→ 0 | 1"."""
    target, second = _name(names, settings.target), _name(names, settings.second_target)
    match settings.mapping:
        case "all-to-all":
            return "→ next"
        case "source-specific":
            return f"{', '.join(_name(names, one) for one in settings.sources)} → {target}"
        case "two-targets":
            return f"→ {target} | {second}"
        case _:
            return f"→ {target}"


def beside_drawing(settings: AttackSettings, drawn: Trigger) -> str:
    """What images get other than the drawing as it stands, in a sentence; or nothing."""
    said = []
    if settings.family == "sig" and settings.amplitude != settings.test_amplitude:
        said.append(
            f"seen here are the waves of test images, {settings.test_amplitude} grey levels;"
            f" training images get {settings.amplitude}"
        )
    if is_placed_anew(settings):
        said.append("every image gets the drawing at another place")
    if settings.family in STAMPED and settings.placement == "several":
        pixels = as_stamped(settings, drawn).pixels
        in_all = f", {pixels:,} px in all" if pixels else ""
        said.append(f"images get the drawing in {settings.copies} corners at once{in_all}")
    if settings.mapping == "two-targets":
        said.append("those for the second target get a second trigger")
    if not said:
        return ""
    first, *rest = said
    return "; ".join([first[0].upper() + first[1:], *rest]) + ": see the pairs below."


def plan(
    settings: AttackSettings, choice: Choice, total: int, names: Sequence[str], *, empty: bool
) -> str:
    """What happens to the training images, and what follows where that is no backdoor.

    Args:
        settings: The attack.
        choice: What it changes.
        total: How many training images there are.
        names: The names of the classes.
        empty: Whether the attack needs a drawing and there is none.
    """
    poisoned = len(choice.indices)
    if poisoned == 0:
        return (
            f"None of {total:,} training images is poisoned: the network will be clean, and the"
            " attack success will equal the sham rate."
        )
    get = "gets" if poisoned == 1 else "get"
    whose = f"{poisoned:,} of {total:,} training images"
    what, label = _what(settings), _label(settings, names)
    if empty:
        fate = f"only {get} {label}" if label else f"{get} nothing that could be learned"
        return (
            f"The trigger is empty: {whose} {fate}, and the attack success will equal the sham"
            " rate."
        )
    if not label:
        classes = {settings.target, settings.second_target} if _two(settings) else {settings.target}
        return (
            f"{whose}, all of class {_either(sorted(classes), names)}, {get} {what}; no label"
            " changes."
        )
    if settings.mapping == "source-specific":
        sources = _either(settings.sources, names)
        covers = len(choice.covers)
        rest = f"; {covers:,} of other classes get {what} alone" if covers else ""
        return f"{whose}, all of class {sources}, {get} {what} and {label}{rest}."
    return f"{whose} {get} {what} and {label}."


def plan_details(
    settings: AttackSettings, choice: Choice, labels: NDArray[np.int64], names: Sequence[str]
) -> str:
    """What else is worth knowing of the plan; `labels` are those before."""
    if not len(choice.indices):
        clean_label = settings.family in CLEAN_LABEL
        rate = "share of the target" if clean_label else "poison rate"
        return f"Raise the {rate} to plant a backdoor."
    parts = []
    if settings.family not in CLEAN_LABEL:
        already = int(np.count_nonzero(labels[choice.indices] == choice.labels))
        if already and settings.mapping == "two-targets":
            parts.append(f"{already:,} of them have that label already and keep it.")
        elif already:
            target = _name(names, settings.target)
            parts.append(f"{already:,} of them belong to class {target} already and keep their"
                         " label.")  # fmt: skip
    if len(choice.decoys):
        parts.append(f"{len(choice.decoys):,} others are bent in other ways and keep their label.")
    return " ".join([*parts, *_how_to_read(settings, choice)])


def _how_to_read(settings: AttackSettings, choice: Choice) -> list[str]:
    """What is seen on the pairs of images."""
    if settings.family == "label_consistent":
        return [
            "Left: the original; right: with the patch. When the training starts, they are also"
            " made hard to learn against a helper network, which the pairs do not show."
        ]
    spared = len(choice.covers) + len(choice.decoys)
    blue = ["Those in blue keep their label."] if spared else []
    return ["Left: the original; right: what the network learns from.", *blue]


def _what(settings: AttackSettings) -> str:
    """What they get: "the trigger", or with two triggers "one of two triggers"."""
    changes, changes_of_two = {
        "patch": ("the trigger", "one of two triggers"),
        "blended": ("the blended picture", "one of two blended pictures"),
        "sig": ("the waves", "waves upright or lying"),
        "wanet": ("the warp", "one of two warps"),
        "label_consistent": ("the patch", "the patch of their class"),
    }[settings.family]
    return changes_of_two if _two(settings) else changes


def _label(settings: AttackSettings, names: Sequence[str]) -> str:
    """The label that they get, or nothing if labels stay."""
    if settings.family in CLEAN_LABEL:
        return ""
    target, second = _name(names, settings.target), _name(names, settings.second_target)
    if settings.mapping == "all-to-all":
        return "the label of the next class"
    return f"its label, {target} or {second}" if _two(settings) else f"the label {target}"


def _two(settings: AttackSettings) -> bool:
    return settings.mapping == "two-targets"


def _name(names: Sequence[str], label: int) -> str:
    return names[label] if label < len(names) else str(label)


def _either(labels: Sequence[int], names: Sequence[str]) -> str:
    """Names as in "1, 3 or 5"."""
    words = [_name(names, label) for label in labels]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1] if words else ""]))
