"""One clean reference network: what a scan of it found, as it is kept."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.detection.pair_logs import combine
from engine.settings import Settings


class Reference(Settings):
    """One clean network.

    Attributes:
        recipe: How it was trained, in words.
        clean_accuracy: On the audit images, 0..1.
        mask_l1: K sizes of the smallest masks found, in pixels.
        converged: K flags.
        mask_opacity: K opacities of these masks, above 0 and at most 1
            (`engine.detection.mask_forms`). Empty where that was not kept.
        mask_radius: Likewise, their radii in pixels, at least 1.
        pair_l1: K(K - 1) sizes of the pair map, row by row without the diagonal; those not
            converged count as the whole image. Empty where no map was made.
        pair_elsewhere: Likewise, the share of images of neither source nor target that each
            trigger turns as well, 0..1.
        pair_familiarity: Likewise, how familiar each mask's place is beside the other networks,
            above 0 (`engine.detection.usual_places`). Empty where that was not kept.
    """

    recipe: str = Field(max_length=400)
    clean_accuracy: float = Field(ge=0, le=1)
    mask_l1: tuple[float, ...] = Field(min_length=2, max_length=1000)
    converged: tuple[bool, ...] = Field(min_length=2, max_length=1000)
    mask_opacity: tuple[float, ...] = Field(default=(), max_length=1000)
    mask_radius: tuple[float, ...] = Field(default=(), max_length=1000)
    pair_l1: tuple[float, ...] = Field(default=(), max_length=1_000_000)
    pair_elsewhere: tuple[float, ...] = Field(default=(), max_length=1_000_000)
    pair_familiarity: tuple[float, ...] = Field(default=(), max_length=1_000_000)

    def pair_logs(self, *, placed: bool) -> NDArray[np.float64]:
        """What its map is judged by, 2 x K(K - 1) logarithms; `placed`, a third row of places."""
        familiarity = self.pair_familiarity if placed else None
        return combine(self.pair_l1, self.pair_elsewhere, familiarity)

    @property
    def forms(self) -> tuple[tuple[float, float], ...]:
        """What its K masks look like, opacity and radius; empty where not both are known."""
        if not (self.mask_opacity and self.mask_radius):
            return ()
        return tuple(zip(self.mask_opacity, self.mask_radius, strict=True))

    @property
    def without_forms(self) -> "Reference":
        """The same, but of sizes alone."""
        nothing: dict[str, Any] = {"mask_opacity": (), "mask_radius": ()}
        return self.model_copy(update=nothing)

    @property
    def classes_alone(self) -> "Reference":
        """The same without anything of pairs."""
        nothing: dict[str, Any] = {"pair_l1": (), "pair_elsewhere": (), "pair_familiarity": ()}
        return self.model_copy(update=nothing)
