"""The table of architectures, and the one way to build a network of any of them."""

from typing import TYPE_CHECKING

from engine.architectures import (
    badnet,
    bn_cnn,
    from_torchvision,
    lenet5,
    mlp,
    preact_resnet,
)
from engine.architectures.architecture import Architecture, Shape
from engine.errors import EngineError

if TYPE_CHECKING:
    from torch import nn

ARCHITECTURES = {
    "badnet": Architecture(
        "badnet", "2 convolutions of 5x5, 2 linear layers (BadNets)", badnet.build,
        "Gu et al. 2017, arXiv 1708.06733", least_side=16,
    ),
    "bn_cnn": Architecture(
        "bn_cnn", "3 convolutions of 3x3 with batch normalisation", bn_cnn.build, least_side=4
    ),
    "mlp": Architecture("mlp", "3 linear layers, no convolution", mlp.build),
    "lenet5": Architecture(
        "lenet5", "2 convolutions of 5x5, 3 linear layers, tanh (LeNet-5)", lenet5.build,
        "LeCun et al. 1998, doi 10.1109/5.726791", least_side=12,
    ),
    "preact_resnet18": Architecture(
        "preact_resnet18", "17 convolutions in 8 residual blocks (PreAct-ResNet-18 for CIFAR)",
        preact_resnet.build, "He et al. 2016, arXiv 1603.05027", least_side=8,
    ),
    "resnet18": Architecture(
        "resnet18", "17 convolutions in 8 residual blocks (ResNet-18)", from_torchvision.resnet18,
        "He et al. 2015, arXiv 1512.03385", least_side=8, has_width=False,
    ),
    "mobilenet_v3_small": Architecture(
        "mobilenet_v3_small", "11 narrow blocks of depthwise convolutions (MobileNetV3-Small)",
        from_torchvision.mobilenet_v3_small, "Howard et al. 2019, arXiv 1905.02244", least_side=8,
        is_depthwise=True,
    ),
    "vgg11_bn": Architecture(
        "vgg11_bn", "8 convolutions of 3x3 with batch normalisation, 3 linear layers (VGG-11)",
        from_torchvision.vgg11_bn, "Simonyan & Zisserman 2014, arXiv 1409.1556", least_side=8,
    ),
}  # fmt: skip


def build(architecture: str, shape: Shape, classes: int, width: float = 1.0) -> "nn.Module":
    """Build a network with random weights from torch's current random state.

    Args:
        architecture: A name in ARCHITECTURES.
        shape: C, H, W of its images.
        classes: How many classes it tells apart.
        width: How many times wider its layers are than usual.

    Raises:
        EngineError: No architecture has this name, its images are too small, or it has one width
            only.
    """
    check_network(architecture, shape, width)
    return ARCHITECTURES[architecture].build(shape, classes, width)


def check_network(architecture: str, shape: Shape, width: float = 1.0) -> None:
    """Check that a network can be built; torch is not needed for it.

    Raises:
        EngineError: As of `build`.
    """
    known = ARCHITECTURES.get(architecture)
    if known is None:
        raise EngineError(
            f"There is no network named {architecture[:60]!r}. Known are:"
            f" {', '.join(ARCHITECTURES)}."
        )
    if min(shape[1:]) < known.least_side:
        raise EngineError(
            f"{architecture} needs images of at least {known.least_side}x{known.least_side} pixels,"
            f" and these have {shape[1]}x{shape[2]}. Choose another network, or larger images."
        )
    if width != 1 and not known.has_width:
        raise EngineError(
            f"{architecture} is built in one width only, and {width:g} times that was asked for."
            " Set the width to 1, or choose another network."
        )
