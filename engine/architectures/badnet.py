"""The MNIST network of BadNets: Gu, Dolan-Gavitt, Garg 2017, arXiv 1708.06733, table 1."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from engine.architectures.architecture import Shape, times

if TYPE_CHECKING:
    from torch import nn


def build(shape: Shape, classes: int, width: float) -> "nn.Module":
    """Two 5x5 convolutions and two linear layers.

    The parameters are named conv1, conv2, fc1 and fc2, so that published checkpoints load.
    """
    from torch import nn

    channels, height, columns = shape
    first, second, hidden = (times(usual, width) for usual in (16, 32, 512))
    features = second * (((height - 4) // 2 - 4) // 2) * (((columns - 4) // 2 - 4) // 2)
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, first, 5),
            relu1=nn.ReLU(),
            pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(first, second, 5),
            relu2=nn.ReLU(),
            pool2=nn.AvgPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(features, hidden),
            relu3=nn.ReLU(),
            fc2=nn.Linear(hidden, classes),
        )
    )
