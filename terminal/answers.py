"""What every command shares: one line on stderr for what cannot be done, and all cores for work."""

from engine.cores import available_cores
from engine.settings import ExperimentSettings
from terminal.printing import errors

COULD_NOT = 2


def refuse(sentence: str) -> int:
    """Say in one line why something could not be done; returns the exit code for that."""
    errors().say(sentence)
    return COULD_NOT


def on_all_cores(settings: ExperimentSettings) -> ExperimentSettings:
    """The settings with as many threads as there are cores, unless they name a number.

    The number is then in experiment.json, as it must be: another one gives other last digits.
    """
    if settings.compute.threads:
        return settings
    compute = settings.compute.model_copy(update={"threads": available_cores()})
    return settings.model_copy(update={"compute": compute})
