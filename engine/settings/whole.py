"""Everything that decides the outcome of one experiment."""

from engine.settings.attack import AttackSettings
from engine.settings.base import Settings
from engine.settings.compute import ComputeSettings
from engine.settings.data import DataSettings
from engine.settings.detect import DetectSettings
from engine.settings.train import TrainSettings


class ExperimentSettings(Settings):
    """Everything that decides the outcome of one experiment; the default is the classic one."""

    data: DataSettings = DataSettings()
    attack: AttackSettings = AttackSettings()
    train: TrainSettings = TrainSettings()
    detect: DetectSettings = DetectSettings()
    compute: ComputeSettings = ComputeSettings()
