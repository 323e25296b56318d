"""What is known of an architecture before any of its networks is built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Architecture:
    """A network that can be built for any image size and number of classes.

    Attributes:
        title: Its name for people.
        summary: One line on what it is made of.
        build: Makes it, with random weights, from C x H x W, the number of classes and the width,
            by which the channels and hidden units of every layer are multiplied. Its input is
            N x C x H x W floats, its output N x K logits.
        paper: Where it comes from; empty for one of our own.
        least_side: Height and width that its images have at least, in pixels.
        has_width: Whether it can be built wider or narrower than usual.
        is_depthwise: Whether most of its time goes into depthwise convolutions, which see one
            channel each and so are no matrix products.
    """

    title: str
    summary: str
    build: "Callable[[Shape, int, float], nn.Module]"
    paper: str = ""
    least_side: int = 1
    has_width: bool = True
    is_depthwise: bool = False


def times(usual: int, width: float) -> int:
    """How many channels or units a layer has at this width: at least one."""
    return max(round(usual * width), 1)
