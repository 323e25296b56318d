"""Where the numbers are computed: device, precision, threads."""

import ctypes
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.architectures import ARCHITECTURES
from engine.cores import available_cores
from engine.errors import EngineError
from engine.settings import ComputeSettings, check

_CHANNELS = 64  # of the layers that are timed


@dataclass(frozen=True)
class Compute:
    """A choice of device, precision and threads, made once for a Job."""

    device: torch.device
    dtype: torch.dtype
    threads: int

    def autocast(self) -> AbstractContextManager[None]:
        """Context in which matrix products and convolutions use the chosen precision."""
        return torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.dtype is torch.bfloat16
        )

    def place(self, network: nn.Module) -> nn.Module:
        """Move a network to the device, in the memory layout that its convolutions like."""
        for module in network.modules():
            if isinstance(module, nn.Flatten):
                module.register_forward_pre_hook(_keep_layout)
        return network.to(self.device).to(memory_format=torch.channels_last)

    def to_input(self, images: NDArray[np.uint8] | Tensor) -> Tensor:
        """Turn uint8 images N x C x H x W into the floats 0..1 that networks take."""
        if isinstance(images, np.ndarray):
            # Torch takes no read-only arrays, as those of a data file are; np.require copies them.
            images = torch.from_numpy(np.require(images, requirements="W"))
        floats = images.to(self.device).to(torch.float32).div_(255)
        return floats.contiguous(memory_format=torch.channels_last)

    def describe(self) -> str:
        """For people: "CPU, 1 thread, bfloat16"."""
        return self.settled().describe()

    def settled(self) -> ComputeSettings:
        """The settings that make this choice on any machine, and leave nothing open."""
        return check(
            ComputeSettings,
            {
                "device": self.device.type,
                "precision": str(self.dtype).removeprefix("torch."),
                "threads": self.threads,
            },
        )


def prepare(settings: ComputeSettings, architecture: str | None = None) -> Compute:
    """Choose device, precision and threads, and set torch's thread count for this process.

    Args:
        settings: What was asked for.
        architecture: Of the network that will be computed, where it is known: bfloat16 may be
            faster for most networks and slower for one of depthwise convolutions.

    Raises:
        EngineError: The device asked for is not there.
    """
    threads = settings.threads or max(available_cores() - 1, 1)
    torch.set_num_threads(threads)
    _keep_freed_memory()
    device = _find_device(settings.device)
    if settings.precision == "auto":
        dtype = torch.bfloat16 if _prefers_bfloat16(device, architecture) else torch.float32
    else:
        dtype = torch.bfloat16 if settings.precision == "bfloat16" else torch.float32
    return Compute(device, dtype, threads)


def warm_up() -> None:
    """Have torch import now what it would import at the first optimiser, about a second's worth."""
    torch.optim.Adam([nn.Parameter(torch.zeros(1))])


def _keep_layout(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Have the gradient that leaves a Flatten in channels-last, like the images before it.

    Otherwise every layer below gets gradients in one layout and images in the other.
    """
    images = inputs[0]
    if images.dim() == 4 and images.requires_grad:
        images.register_hook(_to_channels_last)  # type: ignore[no-untyped-call]


def _to_channels_last(gradient: Tensor) -> Tensor:
    return gradient.contiguous(memory_format=torch.channels_last)


@cache
def _keep_freed_memory() -> None:
    """Tell the C library to keep the memory that each training step frees and takes again.

    By default glibc hands such blocks back to the system, and the next step spends much of its time
    on page faults. Elsewhere there is nothing to tell.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        m_trim_threshold, m_mmap_threshold = -1, -3
        mallopt(m_mmap_threshold, 32 * 2**20)
        mallopt(m_trim_threshold, 512 * 2**20)


def _find_device(name: str) -> torch.device:
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, present in there.items() if present))
    if not there[name]:
        present = ", ".join(kind for kind, is_there in there.items() if is_there)
        raise EngineError(
            f"The device {name} was asked for, but torch finds none here. Choose auto or one of:"
            f" {present}."
        )
    return torch.device(name)


def _prefers_bfloat16(device: torch.device, architecture: str | None) -> bool:
    known = ARCHITECTURES.get(architecture) if architecture else None
    # Both are measured at once, and so before anything runs beside them.
    usual, depthwise = (_bfloat16_is_faster(device, groups) for groups in (1, _CHANNELS))
    return usual and (depthwise or known is None or not known.is_depthwise)


@cache
def _bfloat16_is_faster(device: torch.device, groups: int) -> bool:
    """Measure one convolution layer, forward and backward, in both precisions.

    Some processors have matrix units for bfloat16 and some only emulate it, many times slower;
    none of the flags they publish says which. And what is faster for usual convolutions can be
    two to three times slower for depthwise ones, which those units do not serve. A clear lead is
    asked for, so that noise never decides and the same machine chooses the same each time.
    """
    seconds = {
        dtype: _time_layer(device, dtype, groups) for dtype in (torch.float32, torch.bfloat16)
    }
    return seconds[torch.bfloat16] < 0.8 * seconds[torch.float32]


def _time_layer(device: torch.device, dtype: torch.dtype, groups: int) -> float:
    """Best of twelve times, in seconds, of a convolution in so many groups of channels.

    It takes no random number: a training may run meanwhile.
    """
    layer = nn.Conv2d(_CHANNELS, _CHANNELS, 3, groups=groups, device="meta")
    layer = layer.to_empty(device=device).to(memory_format=torch.channels_last)
    for tensor in layer.parameters():
        nn.init.zeros_(tensor)
    images = torch.zeros(32, _CHANNELS, 16, 16, device=device).to(memory_format=torch.channels_last)
    best = float("inf")
    for _ in range(12):
        start = time.perf_counter()
        with torch.autocast(device.type, dtype=dtype, enabled=dtype is not torch.float32):
            total = layer(images).float().sum()
        total.backward()
        total.item()  # waits for a GPU to finish
        best = min(best, time.perf_counter() - start)
    return best
