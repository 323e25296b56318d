"""Which pictures are poisoned, learned and audited."""

from typing import Literal

from engine.settings.base import Settings, setting


class DataSettings(Settings):
    """Which pictures."""

    name: Literal["mnist"] = setting(
        "mnist", "Data", "The images that are poisoned, learned and audited. MNIST ships with the"
        " program: 70,000 handwritten digits, 28 x 28 pixels, grey."
    )  # fmt: skip
