"""Triggers of whole pixels, and the success of all triggers on images that no search saw."""

from dataclasses import replace

import numpy as np
import pytest
from toys import (
    SIDE,
    Weighted,
    code_weights,
    coded_images,
    network_of,
    outcome,
    with_pixel,
)

from engine.detection.hard_masks import refit
from engine.detection.judging import judge_pairs
from engine.detection.neural_cleanse import Inversion
from engine.detection.pair_map import map_pairs
from engine.detection.results import PairMap
from engine.detection.scan import KnownBackdoor, scan
from engine.detection.schedules import PRESETS, REFIT_IMAGES
from engine.models import Model
from engine.settings import DetectSettings
from engine.triggers import Trigger

TARGET = 4
WEIGHTS = with_pixel(code_weights(), TARGET, 9, 5, weight=14)


@pytest.fixture(scope="module")
def network(compute):
    return network_of(Weighted(WEIGHTS), compute)


@pytest.fixture(scope="module")
def searched(network):
    inversion = Inversion(network, coded_images(), PRESETS["standard"], 0.99, seed=0)
    outcome(inversion.run())
    return inversion.searches


def test_a_mask_is_cut_at_one_half():
    mask = np.array([[0.0, 0.5], [0.51, 1.0]], np.float32)
    hard = Trigger(mask, np.full((1, 2, 2), 0.3, np.float32)).hard
    np.testing.assert_array_equal(hard.mask, [[0, 0], [1, 1]])
    np.testing.assert_array_equal(hard.pattern, np.full((1, 2, 2), 0.3, np.float32))


def test_refitted_triggers_have_whole_pixels_and_the_target_needs_one(network, searched):
    triggers = outcome(refit(network, coded_images(), searched, 10, seed=0))
    for search, trigger in zip(searched, triggers, strict=True):
        np.testing.assert_array_equal(np.unique(trigger.mask), [0, 1])
        np.testing.assert_array_equal(trigger.mask > 0, search.best.mask > 0.5)
        assert trigger.pattern.min() >= 0
        assert trigger.pattern.max() <= 1
    assert triggers[TARGET].mask_l1 == 1
    assert triggers[TARGET].mask[9, 5] == 1


def test_refitting_mends_a_pattern_that_does_not_work(network, searched):
    search = searched[TARGET]
    kept = search.best
    dark = Trigger(kept.mask, np.full_like(kept.pattern, 0.45))
    clean = coded_images(seed=3)
    others = clean.images[clean.labels != TARGET]
    try:
        search.best = dark
        cut, refitted = (
            outcome(refit(network, coded_images(), [search], steps, seed=0))[0] for steps in (0, 20)
        )
    finally:
        search.best = kept
    worked = [
        float(np.mean(network.predict(one.stamp(others)) == TARGET)) for one in (cut, refitted)
    ]
    assert worked[0] < 0.5
    assert worked[1] > 0.95


def test_a_search_without_a_trigger_or_without_a_whole_pixel_has_no_hard_one(network, searched):
    search = searched[0]
    kept = search.best
    try:
        search.best = Trigger(np.full((SIDE, SIDE), 0.4, np.float32), kept.pattern)
        faint = outcome(refit(network, coded_images(), [search, searched[TARGET]], 2, seed=0))
        search.best = None
        missing = outcome(refit(network, coded_images(), [search], 2, seed=0))
    finally:
        search.best = kept
    assert faint[0] is None
    assert faint[1] is not None
    assert missing == [None]


def test_a_scan_states_the_success_of_whole_pixels_on_held_out_images(compute, network):
    images = coded_images()
    model = Model("toy", images.shape, images.classes, {"w": np.ones(3, np.float32)})
    planted = Trigger.empty(images.shape)
    planted.mask[9, 5] = 1
    settings = DetectSettings(preset="standard", images=200)
    detection = outcome(scan(model, network, images, settings, KnownBackdoor(planted, TARGET)))
    found = detection.classes[TARGET]
    assert found.hard.trigger.pixels == 1
    assert found.hard.success > 0.99
    assert found.iou == 1.0
    whole = sum(one.hard is not None for one in detection.classes)
    searching = PRESETS["standard"].steps * PRESETS["standard"].images * 10
    assert detection.image_passes == searching + 10 * REFIT_IMAGES * whole


def test_quick_cuts_the_masks_without_refitting(compute, network):
    images = coded_images()
    model = Model("toy", images.shape, images.classes, {"w": np.ones(3, np.float32)})
    detection = outcome(scan(model, network, images, DetectSettings(preset="quick", images=200)))
    assert detection.image_passes == PRESETS["quick"].steps * PRESETS["quick"].images * 10
    found = detection.classes[TARGET]
    np.testing.assert_array_equal(found.hard.trigger.pattern, found.trigger.pattern)


def test_pairs_are_judged_on_held_out_images_of_their_source(compute):
    weights = code_weights()
    network = network_of(Weighted(weights), compute)
    images = coded_images()
    settings = DetectSettings(preset="map", images=200)
    pair_map = outcome(map_pairs(network, images, settings))
    # Class 3 has no held-out image, and what leads from 0 to 1 does nothing.
    masks = pair_map.masks.copy()
    masks[0, 1] = 0
    held_out = coded_images(each=30, seed=9)
    held_out = held_out.subset(np.flatnonzero(held_out.labels != 3))
    judged = outcome(judge_pairs(replace(pair_map, masks=masks), network.predict, held_out))
    assert isinstance(judged, PairMap)
    assert np.isnan(judged.success[3]).all()
    assert np.isnan(np.diagonal(judged.success)).all()
    assert judged.success[0, 1] == 0
    rest = judged.success[np.isfinite(judged.success)]
    assert len(rest) == 81
    assert np.sort(rest)[1:].min() > 0.7
