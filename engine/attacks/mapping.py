"""What a backdoor does with the classes: which images it moves, and where to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.settings import AttackSettings


@dataclass(frozen=True)
class Mapping:
    """Where stamped images shall go. `which` is the trigger's number, 0 or 1, of each image.

    Attributes:
        name: "all-to-one", "all-to-all", "source-specific" or "two-targets".
        targets: The target of each trigger; none for all-to-all.
        sources: The classes that a source-specific backdoor moves; empty otherwise.
        classes: How many classes there are.
    """

    name: str
    targets: tuple[int, ...]
    sources: tuple[int, ...]
    classes: int

    @classmethod
    def of(cls, settings: AttackSettings, classes: int) -> "Mapping":
        """The mapping that the settings ask for."""
        targets = {
            "all-to-all": (),
            "two-targets": (settings.target, settings.second_target),
        }.get(settings.mapping, (settings.target,))
        sources = settings.sources if settings.mapping == "source-specific" else ()
        return cls(settings.mapping, targets, sources, classes)

    @property
    def triggers(self) -> int:
        """How many triggers there are."""
        return max(len(self.targets), 1)

    def wanted(self, labels: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.int64]:
        """The class that the attacker wants of stamped images of these classes."""
        if self.name == "all-to-all":
            return (labels + 1) % self.classes
        goals = np.asarray(self.targets, np.int64)[which]
        return np.where(self._obeys(labels), goals, labels)

    def counts(self, labels: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whose success is the attack's: images that the trigger shall move at all."""
        counting: NDArray[np.bool_] = self.wanted(labels, which) != labels
        return counting

    def bystanders(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Images of classes that a source-specific trigger shall leave alone, bar the target's."""
        if not self.sources:
            return np.zeros(len(labels), np.bool_)
        spared: NDArray[np.bool_] = ~self._obeys(labels) & (labels != self.targets[0])
        return spared

    def _obeys(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.isin(labels, self.sources) if self.sources else np.ones(len(labels), np.bool_)
