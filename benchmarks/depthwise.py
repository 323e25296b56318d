"""A training step of mobilenet_v3_small with torch's gradients of its weights, and with ours.

Both in turns in one run, in CPU seconds of one thread, on made images.

    python benchmarks/depthwise.py [--sides 28 32 64] [--images 128]
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine import models  # before torch: it sets how threads wait

# isort: split
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.architectures.depthwise import DepthwiseConv
from engine.compute import prepare
from engine.settings import ComputeSettings

TURNS = 5
NAME = "mobilenet_v3_small"


class _Usual(DepthwiseConv):
    """The same layer, which leaves its gradient to torch."""

    def _has_own_gradient(self, images: Tensor) -> bool:  # noqa: ARG002
        return False


def main() -> None:
    """Measure, and print a line for each size of image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[28, 32, 64])
    parser.add_argument("--images", type=int, default=128)
    options = parser.parse_args()
    compute = prepare(ComputeSettings(threads=1, precision="float32", device="cpu"))
    for side in options.sides:
        shape = (1, side, side)
        images = compute.to_input(torch.randint(0, 256, (options.images, *shape)).byte())
        labels = torch.randint(0, 10, (options.images,))
        ours = compute.place(models.build(NAME, shape, 10)).train()
        usual = compute.place(models.build(NAME, shape, 10)).train()
        for module in usual.modules():
            if isinstance(module, DepthwiseConv):
                module.__class__ = _Usual
        best = [float("inf")] * 2
        for _ in range(TURNS):
            for place, network in enumerate((usual, ours)):
                best[place] = min(best[place], _step(network, images, labels))
        torch_s, own = (1000 * seconds / options.images for seconds in best)
        ratio = torch_s / own
        print(
            f"{side} x {side}: torch {torch_s:.2f} ms an image, ours {own:.2f} ({ratio:.1f} times)"
        )


def _step(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    network.zero_grad(set_to_none=True)
    start = time.process_time()
    functional.cross_entropy(network(images), labels).backward()  # type: ignore[no-untyped-call]
    return time.process_time() - start


if __name__ == "__main__":
    main()
