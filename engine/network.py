"""A network at work: the images go in as uint8, classes or logits come out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.compute import Compute
from engine.input_format import PLAIN, InputFormat
from engine.metrics import NO_ANSWER
from engine.models import Model, restore

# At once: with more, activations take hundreds of megabytes and no image takes less time.
MOST_IMAGES, MOST_VALUES = 1000, 2**20


@dataclass(frozen=True, eq=False)
class Network:
    """A torch module, where it runs, and what it takes for an image."""

    module: nn.Module
    compute: Compute
    input_format: InputFormat = PLAIN

    @classmethod
    def of(cls, model: Model, compute: Compute) -> "Network":
        """Rebuild a model, frozen and in eval mode.

        Raises:
            EngineError: Its parameters do not fit its architecture, or its input format does not
                fit its channels.
        """
        input_format = InputFormat.parse(model.input_range)
        input_format.check_channels(model.shape[0])
        module = compute.place(restore(model)).eval().requires_grad_(False)
        return cls(module, compute, input_format)

    def logits(self, images: Tensor) -> Tensor:
        """Logits N x K, float32, of images N x C x H x W in 0..1, red before blue."""
        if not self.input_format.is_plain:
            scale, shift = self._affine
            images = images * scale + shift
            if self.input_format.order == "BGR":
                images = images.flip(1)
        with self.compute.autocast():
            logits: Tensor = self.module(images)
        return logits.float()

    @cached_property
    def _affine(self) -> tuple[Tensor, Tensor] | tuple[float, float]:
        """Scale and shift: numbers for all channels, or tensors 1 x C x 1 x 1."""
        scale, shift = self.input_format.affine()
        if len(scale) == 1:
            return scale[0], shift[0]
        with torch.inference_mode(mode=False):  # they may have to take part in gradients later
            place = self.compute.device
            return (
                torch.tensor(scale, device=place).view(1, -1, 1, 1),
                torch.tensor(shift, device=place).view(1, -1, 1, 1),
            )

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The class of each of N images, uint8 N x C x H x W; dropout and batch statistics off."""
        return self._labels(images, lambda logits: logits.argmax(1))

    def answers(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The same, but `NO_ANSWER` for an image whose outputs are NaN or infinite."""
        return self._labels(images, answers_of)

    def _labels(
        self, images: NDArray[np.uint8], read: Callable[[Tensor], Tensor]
    ) -> NDArray[np.int64]:
        chunk = int(np.clip(MOST_VALUES // max(images[0:1].size, 1), 1, MOST_IMAGES))
        training = self.module.training
        self.module.eval()
        try:
            with torch.inference_mode():
                labels = [
                    read(self.logits(self.compute.to_input(part))).cpu().numpy()
                    for part in np.split(images, range(chunk, len(images), chunk))
                ]
        finally:
            self.module.train(training)
        return np.concatenate(labels)


def answers_of(logits: Tensor) -> Tensor:
    """The class that each row of N x K logits names; `NO_ANSWER` where one is NaN or infinite."""
    return torch.where(logits.isfinite().all(1), logits.argmax(1), NO_ANSWER)
