"""How the training images are poisoned."""

from typing import Literal

from engine.settings.base import Settings, setting


class AttackSettings(Settings):
    """How the training images are poisoned."""

    family: Literal["patch"] = setting(
        "patch", "Kind", "How the trigger gets into an image. A patch covers the pixels that you"
        " draw (BadNets, Gu et al. 2017)."
    )  # fmt: skip
    target: int = setting(
        0, "Target class", "The class that every image with the trigger shall be taken for.",
        ge=0, le=999,
    )  # fmt: skip
    poison_rate: float = setting(
        0.1, "Poison rate", "Share of the training images that get the trigger and the target's"
        " label. 10 % is the classic; 1 % is often enough; 0 % trains a clean network.",
        unit="%", shown_as="percent", ge=0.0, le=0.5,
    )  # fmt: skip
    seed: int = setting(
        0, "Seed", "Decides which images are poisoned. The same seed picks the same images.",
        ge=0, le=2**31 - 1,
    )  # fmt: skip
    trigger: str = setting(
        "white-3x3", "Trigger", "A preset's name, or a PNG file of the data set's size: its colour"
        " is the pattern, its alpha the mask.", more=True, shown_as="text",
    )  # fmt: skip
