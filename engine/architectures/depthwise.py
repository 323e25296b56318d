"""Depthwise convolutions on images no larger than their kernels.

The last layers of a MobileNet are such, where it sees small images. A sum over each place of the
kernel finds the gradient of their weights so much faster than torch does that a whole training step
takes half as long (`benchmarks/depthwise.py`, on a processor with AVX2 and no AVX-512).
"""

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input


class DepthwiseConv(nn.Conv2d):
    """A convolution of each channel by itself; only how its gradient is computed is its own."""

    @classmethod
    def like(cls, layer: nn.Conv2d) -> "DepthwiseConv":
        """The same layer, square and without a bias, with the same weights."""
        made = cls(
            layer.in_channels, layer.out_channels,
            layer.kernel_size[0], layer.stride[0], int(layer.padding[0]),
            groups=layer.groups, bias=False, device="meta",
        )  # fmt: skip
        made.weight = layer.weight
        return made

    def forward(self, images: Tensor) -> Tensor:
        """Convolve N x C x H x W."""
        if self._has_own_gradient(images):
            result: Tensor = _Convolution.apply(
                images, self.weight, self.stride[0], int(self.padding[0])
            )
            return result
        return super().forward(images)

    def _has_own_gradient(self, images: Tensor) -> bool:
        """Whether the weights are learned where the sum is faster."""
        is_learned = torch.is_grad_enabled() and self.weight.requires_grad
        is_plain = images.dtype is torch.float32 and not torch.is_autocast_enabled("cpu")
        is_small = max(images.shape[2:]) <= min(self.kernel_size)
        return is_learned and is_plain and is_small and images.device.type == "cpu"


def with_own_gradients(network: nn.Module) -> nn.Module:
    """Replace a network's depthwise convolutions; names and numbers stay as they are."""
    for module in list(network.modules()):
        for name, layer in module.named_children():
            if _is_depthwise(layer):
                setattr(module, name, DepthwiseConv.like(layer))
    return network


def weight_gradient(
    images: Tensor, gradient: Tensor, kernel: int, stride: int, padding: int
) -> Tensor:
    """The gradient C x 1 x k x k of a depthwise convolution's weights.

    Args:
        images: What went in, N x C x H x W.
        gradient: Of what came out, N x C x H' x W'.
        kernel: k, height and width of the kernel.
        stride: Pixels between two of its positions.
        padding: Rows and columns of zeros at each side.
    """
    weights = images.new_zeros(images.shape[1], 1, kernel, kernel)
    rows, columns = (
        [_meeting(place - padding, stride, *sides) for place in range(kernel)]
        for sides in zip(images.shape[2:], gradient.shape[2:], strict=True)
    )
    for y, (above, below) in enumerate(rows):
        for x, (left, right) in enumerate(columns):
            seen = images[:, :, above, left] * gradient[:, :, below, right]
            weights[:, 0, y, x] = seen.sum((0, 2, 3))
    return weights


class _Convolution(torch.autograd.Function):
    """The usual convolution forward; backward the sum for the weights."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        return functional.conv2d(images, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        images, weight = ctx.saved_tensors
        stride, padding = ctx.stride, ctx.padding
        of_images = of_weight = None
        if ctx.needs_input_grad[0]:
            numbers = stride, padding, 1, len(weight)
            of_images = conv2d_input(  # type: ignore[no-untyped-call]
                images.shape, weight, gradient, *numbers
            )
        if ctx.needs_input_grad[1]:
            of_weight = weight_gradient(images, gradient, weight.shape[-1], stride, padding)
        return of_images, of_weight, None, None


def _is_depthwise(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    if not isinstance(layer, nn.Conv2d) or layer.bias is not None:
        return False
    is_square = all(len({*sizes}) == 1 for sizes in (layer.kernel_size, layer.stride))
    has_numbers = not isinstance(layer.padding, str) and layer.padding_mode == "zeros"
    return (
        layer.groups == layer.in_channels == layer.out_channels
        and is_square and has_numbers and layer.dilation == (1, 1)
    )  # fmt: skip


def _meeting(offset: int, stride: int, side: int, outputs: int) -> tuple[slice, slice]:
    """Pixels that a place of the kernel meets along one side, and the outputs it does so for."""
    first = max(0, -(offset // stride))
    end = max(first, min(outputs, (side - 1 - offset) // stride + 1))
    begin = first * stride + offset
    return slice(begin, begin + (end - first) * stride, stride), slice(first, end)
