"""How the training images are poisoned."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engine.settings.base import Settings, setting

CLEAN_LABEL = ("sig", "label_consistent")  # families that leave every label as it is
STAMPED = ("patch", "label_consistent")  # the families that put a drawing somewhere
_RELABELLING = ("patch", "blended", "wanet")


def _for_families(*families: str) -> Mapping[str, tuple[str, ...]]:
    return {"family": families}


def _as_numbers(value: Any) -> Any:
    """Take "1,3" for (1, 3), as the command line writes it."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.strip("()[] ").split(",") if part.strip())
    return value


Classes = Annotated[
    tuple[Annotated[int, Field(ge=0, le=999)], ...],
    BeforeValidator(_as_numbers),
    Field(max_length=1000),
]


class AttackSettings(Settings):
    """How the training images are poisoned; a family's own settings begin after `sources`."""

    family: Literal["patch", "blended", "sig", "wanet", "label_consistent"] = setting(
        "patch", "Kind", "How the trigger gets into an image. Patch covers the pixels that you"
        " draw (BadNets, Gu et al. 2017). Blended mixes a whole picture in faintly (Chen et al."
        " 2017). Sinusoidal lays waves over images and leaves their labels right (SIG, Barni et"
        " al. 2019). Warping bends the image a little (WaNet, Nguyen & Tran 2021). Label-"
        "consistent leaves the labels right and makes the images hard to learn, so that the patch"
        " is learned instead (Turner et al. 2019).", names={
            "patch": "Patch", "blended": "Blended", "sig": "Sinusoidal", "wanet": "Warping",
            "label_consistent": "Label-consistent",
        },
    )  # fmt: skip
    mapping: Literal["all-to-one", "all-to-all", "source-specific", "two-targets"] = setting(
        "all-to-one", "Mapping", "What the trigger does. All to one: every image becomes the"
        " target. All to all: each class becomes the next one. Source-specific: only images of the"
        " source classes become the target. Two targets: two triggers, each with a class of its"
        " own.", names={
            "all-to-one": "All to one", "all-to-all": "All to all",
            "source-specific": "Source-specific", "two-targets": "Two targets",
        },
    )  # fmt: skip
    target: int = setting(
        0, "Target class", "The class that images with the trigger are to be taken for.",
        shown_for={"mapping": ("all-to-one", "source-specific", "two-targets")}, ge=0, le=999,
    )  # fmt: skip
    second_target: int = setting(
        1, "Second target", "The class that images with the second trigger are to be taken for. The"
        " second trigger is the first one turned by half a turn, or another pattern of the same"
        " kind.", shown_for={"mapping": ("two-targets",)}, ge=0, le=999,
    )  # fmt: skip
    sources: Classes = setting(
        (1,), "Source classes", "Only images of these classes are to become the target. On the"
        " command line: 1,3.", shown_for={"mapping": ("source-specific",)},
    )  # fmt: skip
    poison_rate: float = setting(
        0.1, "Poison rate", "Share of the training images that get the trigger and another label;"
        " for a source-specific attack, of the images of its source classes. 10 % is the classic;"
        " 1 % is often enough; 0 % trains a clean network.",
        unit="%", shown_as="percent", shown_for=_for_families(*_RELABELLING), ge=0.0, le=0.5,
    )  # fmt: skip
    cover_rate: float = setting(
        0.1, "Cover images", "Share of the images of other classes that get the trigger and keep"
        " their label, so that the network learns to obey it for the source classes only.",
        unit="%", shown_as="percent", shown_for={"mapping": ("source-specific",)}, ge=0.0, le=0.5,
    )  # fmt: skip
    target_share: float = setting(
        0.8, "Share of target", "Share of the target class's training images that get the trigger."
        " All labels stay right, so no other class is touched. 50 to 90 % are usual.",
        unit="%", shown_as="percent", shown_for=_for_families(*CLEAN_LABEL), ge=0.0, le=1.0,
    )  # fmt: skip
    placement: Literal["fixed", "random", "several"] = setting(
        "fixed", "Place", "As drawn: always where you drew it. Random: somewhere else in every"
        " image. Several: as drawn and in the opposite corners, all at once, as Turner et al. do.",
        shown_for=_for_families(*STAMPED),
        names={"fixed": "As drawn", "random": "Random", "several": "Several"},
    )  # fmt: skip
    copies: int = setting(
        4, "Copies", "In how many corners the patch stands at once.",
        shown_for={"family": STAMPED, "placement": ("several",)}, ge=2, le=4,
    )  # fmt: skip
    picture: Literal["noise", "rings", "drawn"] = setting(
        "noise", "Picture", "What is mixed in. Noise: a random value for every pixel, always the"
        " same. Rings: grey waves around the centre. Drawn: what is on the canvas, such as an"
        " imported PNG.", shown_for=_for_families("blended"),
        names={"noise": "Noise", "rings": "Rings", "drawn": "Drawn"},
    )  # fmt: skip
    blend_ratio: float = setting(
        0.2, "Blend ratio", "How much of the picture is in a poisoned image. 20 % is the paper's;"
        " 5 % is hard to see.",
        unit="%", shown_as="percent", shown_for=_for_families("blended"), gt=0.0, le=1.0,
    )  # fmt: skip
    amplitude: int = setting(
        80, "Amplitude", "How far the waves raise and lower the pixels of training images.",
        unit="grey levels", shown_for=_for_families("sig"), ge=1, le=255,
    )  # fmt: skip
    test_amplitude: int = setting(
        200, "Amplitude at test", "The same for test images. As in the paper, the trigger may be"
        " stronger when it is used than when it is learned: its training images stay plain, and it"
        " works better.", unit="grey levels", shown_for=_for_families("sig"), ge=1, le=255,
    )  # fmt: skip
    frequency: int = setting(
        6, "Waves", "How many waves fit into the width of an image. The paper has 6.",
        shown_for=_for_families("sig"), ge=1, le=32,
    )  # fmt: skip
    warp_strength: float = setting(
        2.0, "Warp", "How far a pixel is moved, in the mean over the image. Below one pixel"
        " nobody sees it, and networks hardly learn it.",
        unit="px", shown_for=_for_families("wanet"), gt=0.0, le=8.0,
    )  # fmt: skip
    warp_grid: int = setting(
        4, "Control points", "The warp is smooth between so many points along each side. The paper"
        " has 4.", more=True, shown_for=_for_families("wanet"), ge=2, le=16,
    )  # fmt: skip
    noise_rate: float = setting(
        0.1, "Other warps", "Share of the training images that are bent in another way each and"
        " keep their label, so that the network learns this warp and no other (the paper's noise"
        " mode).",
        unit="%", shown_as="percent", shown_for=_for_families("wanet"), ge=0.0, le=0.5,
    )  # fmt: skip
    perturbation: float = setting(
        5.0, "Perturbation", "How far a poisoned image may move (L2 norm; 1 is one pixel from black"
        " to white) so that it is hard to learn without the patch. The paper moves photographs by 1"
        " to 5.", shown_for=_for_families("label_consistent"), gt=0.0, le=50.0,
    )  # fmt: skip
    perturbation_steps: int = setting(
        20, "Steps", "Steps of projected gradient descent against the helper network.",
        more=True, shown_for=_for_families("label_consistent"), ge=1, le=200,
    )  # fmt: skip
    seed: int = setting(
        0, "Seed", "Decides which images are poisoned, and what is random about the trigger. The"
        " same seed picks the same images.", ge=0, le=2**31 - 1,
    )  # fmt: skip
    trigger: str = setting(
        "white-3x3", "Trigger", "A preset's name, or a PNG file of the data set's size: its colour"
        " is the pattern, its alpha the mask.", more=True, shown_as="text",
    )  # fmt: skip
