"""Square patches: the triggers of the networks that the benchmarks train."""

from dataclasses import dataclass

import numpy as np

from engine.triggers import Trigger


@dataclass(frozen=True)
class Patch:
    """A square patch.

    Attributes:
        side: Its side, in pixels.
        look: "white", "grey" or "random".
        place: "corner", "edge", "centre" or "anywhere".
        opacity: 0..1.
    """

    side: int
    look: str = "white"
    place: str = "corner"
    opacity: float = 1.0

    def trigger(self, shape: tuple[int, int, int], seed: int) -> Trigger:
        """Build it; the seed decides what is random about it."""
        random = np.random.default_rng((seed, 77))
        rows, columns = shape[1] - self.side, shape[2] - self.side
        top, left = {
            "corner": (rows, columns),
            "edge": (rows // 2, columns),
            "centre": (rows // 2, columns // 2),
            "anywhere": (int(random.integers(rows + 1)), int(random.integers(columns + 1))),
        }[self.place]
        trigger = Trigger.empty(shape)
        area = (slice(top, top + self.side), slice(left, left + self.side))
        trigger.mask[area] = self.opacity
        values = {"white": 1.0, "grey": 0.5, "random": random.random((self.side, self.side))}
        trigger.pattern[:, area[0], area[1]] = values[self.look]
        return trigger
