"""How Neural Cleanse searches for triggers."""

from typing import Literal

from engine.settings.base import Settings, setting


class DetectSettings(Settings):
    """How Neural Cleanse searches for triggers."""

    preset: Literal["quick", "standard", "map", "paper"] = setting(
        "standard", "Preset", "Quick looks for a second or two. Standard is the one to trust. Map"
        " also searches every pair of a source and a target, for backdoors that move chosen"
        " classes only. Paper follows Wang et al. 2019, one class after the other, and takes"
        " minutes."
    )  # fmt: skip
    images: int = setting(
        1000, "Images", "Test images that the search works on, correctly classified ones only. As"
        " many others are held out to state the success on.",
        unit="images", ge=200, le=5000,
    )  # fmt: skip
    success_threshold: float = setting(
        0.99, "Success wanted", "Share of images that a trigger must turn into its class before its"
        " mask counts. Of the pairs in a map, 90 % is wanted at most.",
        unit="%", shown_as="percent", more=True, ge=0.5, le=1.0,
    )  # fmt: skip
    seed: int = setting(
        0, "Seed", "Decides the first masks and the order of the images.",
        ge=0, le=2**31 - 1,
    )  # fmt: skip
