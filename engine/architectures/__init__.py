"""Architectures of networks, a short file for each family.

Torch and torchvision are imported when a network is built, not before: the window lists the
architectures without them.
"""

from engine.architectures.architecture import Architecture, Shape
from engine.architectures.cost import Cost, cost_of
from engine.architectures.table import ARCHITECTURES, build, check_network

__all__ = ["ARCHITECTURES", "Architecture", "Cost", "Shape", "build", "check_network", "cost_of"]
