"""What a trained network says of a few images: a Job, so that nobody waits for it."""

import numpy as np
from numpy.typing import NDArray

from engine.events import Job, Progress
from engine.models import Model
from engine.settings import ComputeSettings


def answers_job(
    model: Model, images: NDArray[np.uint8], settings: ComputeSettings
) -> Job[NDArray[np.int64]]:
    """Ask a network for the class of each of N images, uint8 N x C x H x W.

    Returns:
        N labels; `metrics.NO_ANSWER` where the network's outputs are not finite.

    Raises:
        EngineError: The network cannot be built, or the device is missing.
    """
    yield Progress(0, 1, "asking the network")
    from engine.compute import prepare
    from engine.network import Network

    return Network.of(model, prepare(settings, model.architecture)).answers(images)
