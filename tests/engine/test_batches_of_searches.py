"""How many searches share a batch, and that predictions do not depend on how images are chunked."""

import numpy as np
import pytest
from toys import Weighted, code_weights, coded_images, network_of

from engine import network as networks
from engine.detection.schedules import PAIRS, PRESETS, searches_at_once


@pytest.mark.parametrize(
    ("schedule", "side", "expected"),
    [
        (PRESETS["standard"], 28, 39),
        (PRESETS["standard"], 32, 30),
        (PRESETS["standard"], 64, 7),
        (PRESETS["standard"], 1024, 1),
        (PRESETS["quick"], 28, 78),
        (PAIRS, 32, 100),
        (PRESETS["paper"], 28, 1),
        (PAIRS, 28, 130),
    ],
)
def test_large_images_share_smaller_batches(schedule, side, expected):
    assert searches_at_once(schedule, side * side) == expected


def test_a_network_says_the_same_whatever_the_chunks(compute, monkeypatch):
    images = coded_images()
    network = network_of(Weighted(code_weights()), compute)
    whole = network.predict(images.images)
    monkeypatch.setattr(networks, "MOST_VALUES", 7 * images.images[0].size)
    np.testing.assert_array_equal(network.predict(images.images), whole)
    np.testing.assert_array_equal(network.predict(images.images[:0]), whole[:0])
