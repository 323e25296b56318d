"""A small convolutional network with batch normalisation."""

from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.architectures.architecture import Shape, times

if TYPE_CHECKING:
    from torch import nn


def build(shape: Shape, classes: int, width: float) -> "nn.Module":
    """Three 3x3 convolutions with batch normalisation, means of four quarters, a linear layer."""
    from torch import nn

    widths = (shape[0], *(times(usual, width) for usual in (16, 32, 64)))
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, (narrow, wide) in enumerate(pairwise(widths), start=1):
        layers[f"conv{number}"] = nn.Conv2d(narrow, wide, 3, padding=1, bias=False)
        layers[f"bn{number}"] = nn.BatchNorm2d(wide)
        layers[f"relu{number}"] = nn.ReLU()
        if number < 3:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
    layers["pool3"] = nn.AdaptiveAvgPool2d(2)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(4 * widths[-1], classes)
    return nn.Sequential(layers)
