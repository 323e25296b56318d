"""Settings: each declared once, here, with its bounds, unit, label and help.

The same declaration makes the form, the check, the saved file and the command line's `--set`.
Nothing in this package imports torch, so that the window can show its forms at once.
"""

from engine.settings.attack import AttackSettings
from engine.settings.base import Settings
from engine.settings.checking import check, setting_paths, with_assignments
from engine.settings.compute import ComputeSettings
from engine.settings.data import DataSettings
from engine.settings.detect import DetectSettings
from engine.settings.train import MOST_EPOCHS, TrainSettings
from engine.settings.whole import ExperimentSettings

__all__ = [
    "MOST_EPOCHS",
    "AttackSettings",
    "ComputeSettings",
    "DataSettings",
    "DetectSettings",
    "ExperimentSettings",
    "Settings",
    "TrainSettings",
    "check",
    "setting_paths",
    "with_assignments",
]
