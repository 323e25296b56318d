"""What an experiment that was opened is: a training with its outcome, or the audit of a model."""

from dataclasses import dataclass

from engine import store
from engine.experiment import Trained
from engine.models import Model
from engine.opening.results import Preflight
from engine.settings import ExperimentSettings


@dataclass(frozen=True, eq=False)
class Audited:
    """A stranger's model that is scanned.

    Attributes:
        model: With the input format that was chosen.
        preflight: What was measured before; None where that was lost with a damaged scan, so
            that the next scan measures it again.
        settings: Of the data that it was tried on, with its network.
        sha256: Of the file that it came in; empty where only the copy in an experiment is known.
    """

    model: Model
    preflight: Preflight | None
    settings: ExperimentSettings
    sha256: str = ""


def audited_of(opened: store.Experiment) -> Audited | None:
    """The stranger's model of an experiment that audited one; None of any other.

    Without it another scan of the network would know nothing of its pre-flight.
    """
    model, trigger, detection = opened.model, opened.trigger, opened.detection
    preflight = detection.preflight if detection is not None else None
    was_trained = trigger is not None or opened.rates is not None or opened.losses.size > 0
    # Both files of its scan may be gone, or damaged, or not yet there.
    is_lost = detection is None
    if model is None or was_trained or (preflight is None and not is_lost):
        return None
    if preflight is not None and model.input_range != preflight.taken:
        return None  # somebody changed one of them
    return Audited(model, preflight, opened.settings)


def trained_of(opened: store.Experiment) -> Trained | None:
    """What the training of an opened experiment left, if all of it is known."""
    model, rates, said, trigger = opened.model, opened.rates, opened.predictions, opened.trigger
    if model is None or rates is None or said is None or trigger is None:
        return None
    return Trained(
        model, rates, said, opened.settings, trigger,
        opened.seconds, opened.complete, opened.trained_on,
    )  # fmt: skip


def of_scan(made: ExperimentSettings, now: ExperimentSettings) -> ExperimentSettings:
    """The settings of a network's scan: how it was made, and what is open and chosen now.

    Its images are those that are open, which may lie elsewhere than when it was made.
    """
    return made.model_copy(update={"data": now.data, "detect": now.detect, "compute": now.compute})


def of_training(settings: ExperimentSettings) -> object:
    """The settings that decide how a network comes out; the trigger is compared by its pixels.

    Of the images nothing: results do not outlive them, and they may lie elsewhere by now.
    """
    attack = settings.attack.model_copy(update={"trigger": ""})
    return attack, settings.train
