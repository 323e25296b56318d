"""Networks of torchvision, with their input adapted to small images.

They were made for 224x224 pixels and halve an image's sides five times. On small images the first
of these steps are left out, or nothing would remain to look at. Parameters keep torchvision's
names, and its shapes wherever an adaptation does not change them.
"""

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.architectures.architecture import Shape, times

if TYPE_CHECKING:
    from torch import nn

FULL_STEM_FROM = 64  # pixels: from here on the usual first layers leave enough to look at
VGG11 = (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M")
VGG_LAST = VGG_HIDDEN = 512


def resnet18(shape: Shape, classes: int, width: float) -> "nn.Module":  # noqa: ARG001 - has_width
    """ResNet-18: He, Zhang, Ren, Sun 2015, arXiv 1512.03385.

    Below 64 pixels its first layer is a 3x3 convolution and no pooling follows, instead of 7x7
    with a stride of 2 and a pooling; from 64 pixels on it is torchvision's network.
    """
    from torch import nn
    from torchvision.models import resnet18 as usual

    network: nn.Module = usual(weights=None, num_classes=classes)
    if _is_small(shape):
        stem = nn.Conv2d(shape[0], 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    else:
        stem = nn.Conv2d(shape[0], 64, 7, 2, padding=3, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    network.conv1 = stem
    return network


def mobilenet_v3_small(shape: Shape, classes: int, width: float) -> "nn.Module":
    """MobileNetV3-Small: Howard et al. 2019, arXiv 1905.02244.

    Below 64 pixels its first layer has a stride of 1. Its batch statistics follow ten times faster
    than torchvision's, because training here takes hundreds of steps and not hundreds of thousands.
    """
    from torch import nn
    from torchvision.models import mobilenet_v3_small as usual

    from engine.architectures.depthwise import with_own_gradients

    norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.1)
    network: nn.Module = usual(weights=None, num_classes=classes, width_mult=width, norm_layer=norm)
    features: Any = network.features
    stride = 1 if _is_small(shape) else 2
    stem = nn.Conv2d(shape[0], features[0][0].out_channels, 3, stride, padding=1, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out")
    features[0][0] = stem
    return with_own_gradients(network)


def vgg11_bn(shape: Shape, classes: int, width: float) -> "nn.Module":
    """VGG-11 with batch normalisation: Simonyan, Zisserman 2014, arXiv 1409.1556.

    A pooling is left out where only one row or column is left. The three linear layers have 512
    units instead of 4096, and see one mean of each map instead of 49: on small images these would
    be copies of each other, with a hundred million weights to look at them.
    """
    from torch import nn
    from torchvision.models.vgg import make_layers

    sizes = [times(size, width) if isinstance(size, int) else size for size in VGG11]
    features = make_layers(sizes, batch_norm=True)
    features[0] = nn.Conv2d(shape[0], features[0].out_channels, 3, padding=1)
    _leave_out_poolings(features, min(shape[1:]))
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    maps, hidden = times(VGG_LAST, width), times(VGG_HIDDEN, width)
    head = (
        nn.Linear(maps, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, classes),
    )  # fmt: skip
    return nn.Sequential(
        OrderedDict(
            features=features,
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            classifier=nn.Sequential(*head),
        )
    )


def _leave_out_poolings(features: "nn.Sequential", side: int) -> None:
    """Replace the poolings for which too little is left of images of this height or width."""
    from torch import nn

    for number, layer in enumerate(features):
        if isinstance(layer, nn.MaxPool2d):
            if side < 2:
                features[number] = nn.Identity()
            side //= 2


def _is_small(shape: Shape) -> bool:
    return min(shape[1:]) < FULL_STEM_FROM
