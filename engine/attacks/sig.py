"""Waves over images whose label stays right: SIG, Barni, Kallas, Tondi 2019.

"A new backdoor attack in CNNs by training set corruption without label poisoning", arXiv
1902.11237. v(row, column) = amplitude sin(2 pi frequency column / width) is added to images of the
target class alone; the network learns the waves with the class. As in the paper, their amplitude
on test images may differ from that on training images.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.attacks.stamping import to_bytes


@dataclass(frozen=True)
class Waves:
    """A sine over the image.

    Attributes:
        amplitude: Its height, in grey levels of 255.
        frequency: How many waves the image holds.
        upright: Whether the waves run along the columns, as in the paper, or along the rows.
    """

    amplitude: float
    frequency: int
    upright: bool = True

    def signal(self, height: int, width: int) -> NDArray[np.float32]:
        """What is added, H x W, in grey levels."""
        length = width if self.upright else height
        wave = self.amplitude * np.sin(2 * np.pi * self.frequency * np.arange(length) / length)
        wave = wave if self.upright else wave[:, None]
        return np.broadcast_to(wave.astype(np.float32), (height, width))

    def stamp(
        self,
        images: NDArray[np.uint8],
        numbers: NDArray[np.int64],  # noqa: ARG002 - Stamper
    ) -> NDArray[np.uint8]:
        """Add the waves to images N x C x H x W, uint8; what leaves 0..255 is clipped."""
        changed = images.astype(np.float32)
        changed += self.signal(*images.shape[2:])
        return to_bytes(changed)

    def sham(self) -> Self:
        """The same waves, of no height."""
        return replace(self, amplitude=0.0)
