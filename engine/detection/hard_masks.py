"""Hard masks: a found trigger with every pixel either covered or not, and its pattern refitted.

A mask found by Neural Cleanse is soft, and its faint pixels help. What a person would stamp has
whole pixels: the mask is cut at one half, and the pattern is optimised once more beneath it (as in
Wang et al. 2019, doi 10.1109/SP.2019.00031, who compare reversed triggers with the planted ones).
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.data import ImageSet
from engine.detection.schedules import ADAM_BETAS, REFIT_IMAGES, REFIT_RATE
from engine.detection.search import Search, answered, bounded, stamp, unbounded
from engine.events import Job, Pulse
from engine.network import Network
from engine.triggers import Trigger


def refit(
    network: Network, images: ImageSet, searches: Sequence[Search], steps: int, seed: int
) -> Job[list[Trigger | None]]:
    """Cut every found mask at one half and optimise the pattern beneath, all classes at once.

    Args:
        network: What is scanned.
        images: Correctly classified clean images, those that the search used.
        searches: The finished searches.
        steps: Steps of Adam; 0 cuts the masks and leaves the patterns.
        seed: Decides the order of the images.

    Returns:
        A trigger for each search; None where none was found, or no pixel of it is above one half.
    """
    hard = [search.best.hard if search.best is not None else None for search in searches]
    chosen = [at for at, one in enumerate(hard) if one is not None and not one.is_empty]
    triggers = [hard[at] if at in chosen else None for at in range(len(searches))]
    if not chosen or not steps:
        return triggers
    random = np.random.default_rng(seed)
    pools = [random.permutation(searches[at].goal.pool(images)) for at in chosen]
    cut = [one for one in triggers if one is not None]
    fit = _Fit(network, cut, np.array([searches[at].label for at in chosen]))
    for step in range(steps):
        fit.step(_batch(network, images, pools, step))
        yield Pulse()
    for at, one, pattern in zip(chosen, cut, fit.patterns(), strict=True):
        triggers[at] = Trigger(one.mask, pattern)
    return triggers


class _Fit:
    """The patterns of n triggers as they are optimised beneath fixed masks."""

    def __init__(
        self, network: Network, triggers: Sequence[Trigger], labels: NDArray[np.int64]
    ) -> None:
        device = network.compute.device
        masks, starts = (
            torch.from_numpy(np.stack(arrays)).to(device)
            for arrays in ([one.mask for one in triggers], [one.pattern for one in triggers])
        )
        self._network, self._masks = network, masks
        self._raw = unbounded(starts).requires_grad_()
        self._labels = torch.from_numpy(labels).to(device)
        self._optimizer = torch.optim.Adam([self._raw], lr=REFIT_RATE, betas=ADAM_BETAS)

    def step(self, images: Tensor) -> None:
        """One step on images n x B x C x H x W."""
        stamped = stamp(images, self._masks, bounded(self._raw))
        logits = answered(self._network.logits(stamped), stamped)
        wanted = self._labels.repeat_interleave(images.shape[1])
        self._optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(logits, wanted).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()

    def patterns(self) -> NDArray[np.float32]:
        """The patterns now, n x C x H x W in 0..1."""
        found: NDArray[np.float32] = bounded(self._raw).detach().cpu().numpy().copy()
        return found


def _batch(
    network: Network, images: ImageSet, pools: Sequence[NDArray[np.int64]], step: int
) -> Tensor:
    """The next images for each trigger, n x B x C x H x W in 0..1."""
    turn = np.arange(step * REFIT_IMAGES, (step + 1) * REFIT_IMAGES)
    chosen = np.concatenate([np.take(pool, turn, mode="wrap") for pool in pools])
    floats = network.compute.to_input(images.images[chosen])
    return floats.view(len(pools), REFIT_IMAGES, *floats.shape[1:])
