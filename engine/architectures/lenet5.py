"""LeNet-5: LeCun, Bottou, Bengio, Haffner 1998, doi 10.1109/5.726791.

As in the paper it has hyperbolic tangents and means, and images smaller than its 32x32 get a
border of two pixels. Unlike there, every map of the second convolution sees all maps of the first,
and the last layer is linear, which is how LeNet-5 is usually built today.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING

from engine.architectures.architecture import Shape, times

if TYPE_CHECKING:
    from torch import nn

PAPER_SIDE = 32


def build(shape: Shape, classes: int, width: float) -> "nn.Module":
    """Two 5x5 convolutions and three linear layers."""
    from torch import nn

    channels, height, columns = shape
    border = 2 if min(height, columns) < PAPER_SIDE else 0
    first, second, third, fourth = (times(usual, width) for usual in (6, 16, 120, 84))
    rows, across = (((side + 2 * border - 4) // 2 - 4) // 2 for side in (height, columns))
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, first, 5, padding=border),
            tanh1=nn.Tanh(),
            pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(first, second, 5),
            tanh2=nn.Tanh(),
            pool2=nn.AvgPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(second * rows * across, third),
            tanh3=nn.Tanh(),
            fc2=nn.Linear(third, fourth),
            tanh4=nn.Tanh(),
            fc3=nn.Linear(fourth, classes),
        )
    )
