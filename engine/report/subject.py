"""What a report is about: a scan, the network that was scanned, and what is known of both."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.attacks import known_trigger
from engine.data import DataSet, ImageSet
from engine.detection.results import Detection
from engine.metrics import Rates
from engine.models import Model
from engine.settings import ComputeSettings, ExperimentSettings
from engine.triggers import Trigger

_NOT_TRAINED = ("running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True, eq=False)
class Subject:
    """All that a report tells, apart from its date.

    Attributes:
        detection: The scan.
        model: The network.
        settings: Of the experiment; of an audit, those that the scan was made with.
        data_title: The data set's name for people.
        tests: Clean images to show triggers on; the first that fits is taken.
        rates: The network's rates at the end of its training, where it was trained here.
        true_trigger: The trigger that it was trained with, where that is known.
        trained_on: Where its training was computed, where that is known.
    """

    detection: Detection
    model: Model
    settings: ExperimentSettings
    data_title: str
    tests: ImageSet
    rates: Rates | None = None
    true_trigger: Trigger | None = None
    trained_on: ComputeSettings | None = None

    @classmethod
    def of(
        cls,
        detection: Detection,
        model: Model,
        settings: ExperimentSettings,
        data_set: DataSet,
        rates: Rates | None = None,
        trigger: Trigger | None = None,
        trained_on: ComputeSettings | None = None,
    ) -> Self:
        """Gather what a report tells.

        Args:
            detection: The scan.
            model: The network.
            settings: What it was trained with if there are `rates`; in any case its data.
            data_set: The data set.
            rates: The network's rates at the end of its training, where it was trained here.
            trigger: The drawing it was trained with, or None.
            trained_on: Where its training was computed, or None where that is not known.
        """
        planted = known_trigger(settings.attack, trigger, model.classes) if trigger else None
        title, tests = data_set.title, data_set.test
        return cls(detection, model, settings, title, tests, rates, planted, trained_on)

    @property
    def was_trained_here(self) -> bool:
        """Whether `settings` are those that the network was trained with."""
        return self.rates is not None

    def settings_on(self, *grounds: ComputeSettings | None) -> ExperimentSettings:
        """All settings, with those of the scan, and the first ground that is known to compute on.

        Where none is, what the settings leave open stays open: the machine that writes a report
        need not be the one that computed, and last digits hang on its threads.
        """
        compute = next((one for one in grounds if one is not None), self.settings.compute)
        changes = {"detect": self.detection.settings, "compute": compute}
        return self.settings.model_copy(update=changes)

    @property
    def settings_of_all(self) -> ExperimentSettings:
        """The settings that lead to all of it: of an audit, those of the scan."""
        trained_on = self.trained_on if self.was_trained_here else None
        return self.settings_on(trained_on, self.detection.computed)

    @property
    def settings_of_scan(self) -> ExperimentSettings:
        """The settings that lead from the network to what was found."""
        return self.settings_on(self.detection.computed, self.trained_on)

    @property
    def parameters(self) -> int:
        """How many trained numbers the network has."""
        return sum(
            array.size
            for name, array in self.model.state.items()
            if not name.endswith(_NOT_TRAINED)
        )

    def name_of(self, label: int) -> str:
        """A class's name, or its number where there is none."""
        names = self.tests.class_names
        return names[label] if label < len(names) else str(label)

    def sample(self, label: int, source: int | None = None) -> NDArray[np.uint8]:
        """The image to show the trigger of a class on: C x H x W, of another class.

        Args:
            label: The class that the trigger is for.
            source: The class that the image shall be of, where that matters.
        """
        wanted = self.tests.labels != label if source is None else self.tests.labels == source
        found = np.flatnonzero(wanted)
        image: NDArray[np.uint8] = self.tests.images[int(found[0]) if found.size else 0]
        return image


def as_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values 0..1 as uint8; what lies beyond is cut, what is no number is black."""
    scaled: NDArray[Any] = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255)
    return scaled.astype(np.uint8)
