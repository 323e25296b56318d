"""What a network costs, known before it is trained: its parameters and its multiply-adds."""

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from engine.architectures.architecture import Shape
from engine.architectures.table import build

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes:
        parameters: How many numbers it learns.
        multiply_adds: Of its convolutions and linear layers, for one image, forward only.
        images_per_second: How many it learns from in a second here; None if that is not known.
    """

    parameters: int
    multiply_adds: int
    images_per_second: float | None = None

    def seconds(self, images: int, epochs: int) -> float | None:
        """How long a training takes, without its measurements; None if the speed is not known."""
        if not self.images_per_second:
            return None
        return images * epochs / self.images_per_second


@cache
def cost_of(architecture: str, shape: Shape, classes: int, width: float = 1.0) -> Cost:
    """Count a network's parameters and multiply-adds; no memory is taken and nothing computed.

    Raises:
        EngineError: Such a network cannot be built.
    """
    import torch
    from torch import nn

    total = 0

    def add(layer: "nn.Module", _: tuple["Tensor", ...], output: "Tensor") -> None:
        nonlocal total
        weight = layer.weight
        if isinstance(weight, torch.Tensor):
            total += output.numel() * math.prod(weight.shape[1:])

    with torch.device("meta"), torch.no_grad():
        network = build(architecture, shape, classes, width).eval()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.register_forward_hook(add)
        network(torch.zeros(1, *shape))
    return Cost(sum(parameter.numel() for parameter in network.parameters()), total)
