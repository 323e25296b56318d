"""A network without convolutions: every pixel is connected with every unit."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from engine.architectures.architecture import Shape, times

if TYPE_CHECKING:
    from torch import nn


def build(shape: Shape, classes: int, width: float) -> "nn.Module":
    """Two hidden layers, no convolutions."""
    from torch import nn

    first, second = (times(usual, width) for usual in (512, 256))
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            fc1=nn.Linear(shape[0] * shape[1] * shape[2], first),
            relu1=nn.ReLU(),
            fc2=nn.Linear(first, second),
            relu2=nn.ReLU(),
            fc3=nn.Linear(second, classes),
        )
    )
