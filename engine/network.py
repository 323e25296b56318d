"""A network at work: the images go in as uint8, classes or logits come out."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.compute import Compute
from engine.models import INPUT_RANGES, Model, restore

CHUNK = 1000  # as many images at once as fit into memory with any network


@dataclass(frozen=True, eq=False)
class Network:
    """A torch module, where it runs, and the values it expects of black and white."""

    module: nn.Module
    compute: Compute
    black: float = 0.0
    white: float = 1.0

    @classmethod
    def of(cls, model: Model, compute: Compute) -> "Network":
        """Rebuild a model, frozen and in eval mode.

        Raises:
            EngineError: Its parameters do not fit its architecture.
        """
        module = compute.place(restore(model)).eval().requires_grad_(False)
        return cls(module, compute, *INPUT_RANGES[model.input_range])

    def logits(self, images: Tensor) -> Tensor:
        """Logits N x K, float32, of images N x C x H x W in 0..1."""
        if (self.black, self.white) != (0.0, 1.0):
            images = images * (self.white - self.black) + self.black
        with self.compute.autocast():
            logits: Tensor = self.module(images)
        return logits.float()

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The class of each of N images, uint8 N x C x H x W; dropout and batch statistics off."""
        training = self.module.training
        self.module.eval()
        try:
            with torch.inference_mode():
                labels = [
                    self.logits(self.compute.to_input(part)).argmax(1).cpu().numpy()
                    for part in np.split(images, range(CHUNK, len(images), CHUNK))
                ]
        finally:
            self.module.train(training)
        return np.concatenate(labels)
