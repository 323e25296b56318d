"""Which pictures are poisoned, learned and audited."""

from typing import Literal

from pydantic import Field

from engine.settings.base import Settings, setting

_FOLDER = {"name": ("folder",)}


class DataSettings(Settings):
    """Which pictures."""

    name: Literal["mnist", "fashion-mnist", "kmnist", "cifar10", "gtsrb", "svhn", "folder"] = (
        setting(
            "mnist", "Data", "The images that are poisoned, learned and audited. MNIST ships with"
            " the program: 70,000 handwritten digits, 28 x 28 pixels, grey. The other sets are"
            " downloaded once. A folder of your own has one subfolder of PNG or JPEG pictures for"
            " each class.", names={
                "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "kmnist": "KMNIST",
                "cifar10": "CIFAR-10", "gtsrb": "GTSRB", "svhn": "SVHN",
                "folder": "Folder of images",
            },
        )
    )  # fmt: skip
    folder: str = Field(
        "", max_length=4096, title="Folder",
        description="Where the pictures lie: one subfolder for each class, directly or below"
        " folders train and test.",
        json_schema_extra={"shown_as": "text", "shown_for": {"name": ["folder"]}},
    )  # fmt: skip
    size: int = setting(
        32, "Image size", "Width and height that the pictures of a folder are brought to: the"
        " shorter side is scaled to it, and the middle is kept. 28 to 32 are quick to learn; 64"
        " takes four times as long as 32.",
        unit="px", shown_for=_FOLDER, ge=8, le=64,
    )  # fmt: skip
    colour: Literal["colour", "grey"] = setting(
        "colour", "Colour", "Whether the pictures of a folder have three channels, red, green and"
        " blue, or one.", shown_for=_FOLDER, names={"colour": "Colour", "grey": "Grey"},
    )  # fmt: skip
    test_share: float = setting(
        0.2, "Test images", "Share of each class of a folder that no network learns from. Where"
        " the folder has subfolders train and test, these decide instead.",
        unit="%", shown_as="percent", more=True, shown_for=_FOLDER, ge=0.05, le=0.5,
    )  # fmt: skip
    split_seed: int = setting(
        0, "Split seed", "Decides which images of a folder are test images.",
        more=True, shown_for=_FOLDER, ge=0, le=2**31 - 1,
    )  # fmt: skip
