"""PreAct-ResNet-18 for small images: He, Zhang, Ren, Sun 2016, arXiv 1603.05027.

Normalisation and ReLU come before each convolution, and what skips a block stays untouched. This
is the form for CIFAR: a 3x3 convolution first, no pooling before the end. There is no
normalisation between the last block and the mean, and the parameters have the names of the
checkpoints that research on backdoors publishes, so that these load.
"""

from typing import TYPE_CHECKING

from engine.architectures.architecture import Shape, times

if TYPE_CHECKING:
    from torch import Tensor, nn


def build(shape: Shape, classes: int, width: float) -> "nn.Module":
    """Four stages of two blocks each, with 64, 128, 256 and 512 channels."""
    from torch import nn

    stages = tuple(times(usual, width) for usual in (64, 128, 256, 512))
    block = _block_type()

    class PreActResNet(nn.Module):
        """The whole network: images N x C x H x W to logits N x K."""

        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(shape[0], stages[0], 3, padding=1, bias=False)
            before = stages[0]
            for number, channels in enumerate(stages, start=1):
                stride = 1 if number == 1 else 2
                stage = nn.Sequential(block(before, channels, stride), block(channels, channels, 1))
                self.add_module(f"layer{number}", stage)
                before = channels
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.flatten = nn.Flatten()
            self.linear = nn.Linear(before, classes)

        def forward(self, images: "Tensor") -> "Tensor":
            features = self.conv1(images)
            for number in range(1, len(stages) + 1):
                features = self.get_submodule(f"layer{number}")(features)
            logits: Tensor = self.linear(self.flatten(self.pool(features)))
            return logits

    return PreActResNet()


def _block_type() -> "type[nn.Module]":
    """The block of two convolutions; a function, because torch is not loaded before it is asked."""
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        """Normalise, ReLU, convolve, twice; then what came in is added."""

        def __init__(self, before: int, channels: int, stride: int) -> None:
            super().__init__()
            self.bn1 = nn.BatchNorm2d(before)
            self.conv1 = nn.Conv2d(before, channels, 3, stride, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)
            self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.shortcut: nn.Module | None = None
            if stride != 1 or before != channels:
                self.shortcut = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False))

        def forward(self, features: "Tensor") -> "Tensor":
            ready = functional.relu(self.bn1(features))
            skipped = features if self.shortcut is None else self.shortcut(ready)
            changed: Tensor = self.conv2(functional.relu(self.bn2(self.conv1(ready))))
            return changed + skipped

    return Block
