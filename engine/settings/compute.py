"""Where and how exactly the numbers are computed."""

from typing import Literal

from engine.cores import MOST_THREADS
from engine.settings.base import Settings, setting

_DEVICES = {"cpu": "CPU", "cuda": "CUDA", "mps": "Apple GPU"}


class ComputeSettings(Settings):
    """Where and how exactly the numbers are computed."""

    device: Literal["auto", "cpu", "cuda", "mps"] = setting(
        "auto", "Device", "auto takes a CUDA or Apple GPU where there is one, otherwise the CPU."
    )  # fmt: skip
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto", "Precision", "auto measures whether bfloat16 is faster on this machine for such a"
        " network and takes it if so. float32 is exact and slower.", more=True,
    )  # fmt: skip
    threads: int = setting(
        0, "CPU threads", "0 leaves one core to the window and takes the others; without a"
        " window it takes all.",
        more=True, least="Automatic", ge=0, le=MOST_THREADS,
    )  # fmt: skip

    def describe(self) -> str:
        """For people, of settings that leave nothing open: "CPU, 1 thread, bfloat16"."""
        name = _DEVICES.get(self.device, self.device)
        if self.device != "cpu":
            return f"{name}, {self.precision}"
        return f"{name}, {self.threads} thread{'s' * (self.threads != 1)}, {self.precision}"
