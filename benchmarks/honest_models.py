"""The state dicts of torchvision's classifiers, as people save them."""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np

_SLOW = ("trunc_normal_", "normal_", "kaiming_normal_", "kaiming_uniform_", "xavier_uniform_")


def honest_files(folder: Path) -> Iterator[tuple[Path, dict[str, np.ndarray]]]:
    """Write one checkpoint after the other; gives each with the numbers that are in it.

    The weights are whatever lay in memory, with some parts drawn at random: what they are does
    not matter here, and drawing all of them would take an hour.
    """
    import torch
    import torchvision

    for number, name in enumerate(torchvision.models.list_models(module=torchvision.models)):
        patches = [mock.patch.object(torch.nn.init, slow, _untouched) for slow in _SLOW]
        for patch in patches:
            patch.start()
        more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        state = torchvision.models.get_model(name, weights=None, **more).state_dict()
        for patch in patches:
            patch.stop()
        path = folder / f"{name}.pth"
        torch.save(state if number % 2 else {"state_dict": state, "epoch": number}, path)
        yield path, {key: value.numpy() for key, value in state.items()}


def _untouched(tensor: object, *_: object, **__: object) -> object:
    """Initialises nothing."""
    return tensor
