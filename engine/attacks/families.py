"""The table of attack families."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.attacks import blended, patch
from engine.attacks.blended import Blended
from engine.attacks.patch import FixedPatch
from engine.attacks.sig import Waves
from engine.attacks.stamping import Stamper
from engine.attacks.wanet import Warp
from engine.settings import AttackSettings
from engine.settings.attack import CLEAN_LABEL, STAMPED
from engine.triggers import Trigger

ALL_MAPPINGS = ("all-to-one", "all-to-all", "source-specific", "two-targets")
_WITHIN_A_CLASS = ("all-to-one", "two-targets")  # what an attack that changes no label can do


@dataclass(frozen=True)
class Family:
    """What is known of an attack family.

    Attributes:
        title: Its name for people.
        paper: Where it comes from, in short.
        build: Makes the trigger of a number, 0 or 1, from the settings and what was drawn.
        mappings: The mappings for which it makes sense.
    """

    title: str
    paper: str
    build: Callable[[AttackSettings, Trigger, int], Stamper]
    mappings: tuple[str, ...] = ALL_MAPPINGS


def _turned(drawn: Trigger, number: int) -> Trigger:
    return patch.turned(drawn) if number else drawn


def _patch(settings: AttackSettings, drawn: Trigger, number: int) -> Stamper:
    return patch.build(settings, _turned(drawn, number))


def _blended(settings: AttackSettings, drawn: Trigger, number: int) -> Stamper:
    return blended.build(settings, _turned(drawn, number), settings.seed + number)


def _sig(settings: AttackSettings, _: Trigger, number: int) -> Stamper:
    return Waves(settings.amplitude, settings.frequency, upright=number == 0)


def _wanet(settings: AttackSettings, drawn: Trigger, number: int) -> Stamper:
    _, height, width = drawn.shape
    seed = settings.seed + number
    return Warp(height, width, settings.warp_strength, settings.warp_grid, seed)


FAMILIES = {
    "patch": Family("Patch", "BadNets, Gu et al. 2017, arXiv 1708.06733", _patch),
    "blended": Family(
        "Blended", "Chen et al. 2017, arXiv 1712.05526", _blended
    ),
    "sig": Family(
        "Sinusoidal", "SIG, Barni et al. 2019, arXiv 1902.11237", _sig, _WITHIN_A_CLASS
    ),
    "wanet": Family(
        "Warping", "WaNet, Nguyen & Tran 2021, arXiv 2102.10369", _wanet
    ),
    # A patch on images that `engine.adversarial` made hard to learn.
    "label_consistent": Family(
        "Label-consistent", "Turner et al. 2019, arXiv 1912.02771", _patch, _WITHIN_A_CLASS
    ),
}  # fmt: skip


def poisons_nothing(settings: AttackSettings) -> bool:
    """Whether the settings ask for a clean network."""
    clean_label = settings.family in CLEAN_LABEL
    return not (settings.target_share if clean_label else settings.poison_rate)


def uses_drawing(settings: AttackSettings) -> bool:
    """Whether what is drawn on the canvas matters for this attack."""
    if settings.family == "blended":
        return settings.picture == "drawn"
    return settings.family in {"patch", "label_consistent"}


def as_stamped(settings: AttackSettings, drawn: Trigger) -> Trigger:
    """What one image gets of the drawing: all its copies, or as faint as it is mixed in.

    With two targets it is what the first one's images get. An attack that does not use the drawing
    leaves it as it is, and so does one that puts it at another place in every image.
    """
    if not uses_drawing(settings):
        return drawn
    first = FAMILIES[settings.family].build(settings, drawn, 0)
    return first.trigger if isinstance(first, FixedPatch | Blended) else drawn


def is_placed_anew(settings: AttackSettings) -> bool:
    """Whether the drawing stands at another place in every image."""
    return settings.family in STAMPED and settings.placement == "random"
