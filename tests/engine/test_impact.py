"""Figures of a trigger, against values worked out by hand."""

from math import inf, log10

import numpy as np
import pytest

from engine.errors import EngineError
from engine.impact import impact, mean_change, psnr, ssim, varied
from engine.triggers import Trigger, preset

SHAPE = (1, 28, 28)


def test_the_white_patch_on_black_images():
    figures = impact(preset("white-3x3", SHAPE), np.zeros((5, *SHAPE), np.uint8))
    assert figures.pixels == 9
    assert figures.mask_l1 == pytest.approx(9.0)
    assert figures.share == pytest.approx(9 / 784)
    assert figures.mean_change == pytest.approx(9 / 784)
    assert figures.psnr_db == pytest.approx(10 * log10(784 / 9))


def test_opacity_weighs_in_the_mask_but_not_in_the_pixels():
    figures = impact(preset("faint-8x8", SHAPE), np.zeros((2, *SHAPE), np.uint8))
    assert figures.pixels == 64
    assert figures.mask_l1 == pytest.approx(64 * 0.2)
    assert figures.mean_change == pytest.approx(64 * 0.2 / 784)


def test_an_empty_trigger_changes_nothing():
    figures = impact(Trigger.empty((3, 4, 4)), np.full((2, 3, 4, 4), 7, np.uint8))
    assert (figures.pixels, figures.mask_l1, figures.mean_change) == (0, 0, 0)
    assert figures.psnr_db == inf
    assert figures.ssim == pytest.approx(1)


def test_without_images_only_the_trigger_is_measured():
    figures = impact(preset("single-pixel", SHAPE), np.zeros((0, *SHAPE), np.uint8))
    assert figures.pixels == 1
    assert figures.mean_change is None
    assert figures.psnr_db is None
    assert figures.ssim is None


def test_images_of_another_size_are_refused():
    with pytest.raises(EngineError, match="28 x 28"):
        impact(preset("single-pixel", SHAPE), np.zeros((1, 3, 32, 32), np.uint8))


def test_differences_do_not_wrap_around():
    dark, light = np.zeros((1, 1, 2, 2), np.uint8), np.full((1, 1, 2, 2), 255, np.uint8)
    assert mean_change(light, dark) == mean_change(dark, light) == 1
    assert psnr(light, dark) == psnr(dark, light) == 0


def test_one_untouched_image_does_not_make_the_ratio_infinite():
    clean = np.zeros((2, 1, 2, 2), np.uint8)
    stamped = clean.copy()
    stamped[0] = 255
    assert psnr(clean, stamped) == pytest.approx(10 * log10(2))


def reference_ssim(x, y):
    """The map of one image of one channel, by scipy's Gaussian filter."""
    from scipy.ndimage import gaussian_filter

    def blur(values):
        return gaussian_filter(values, sigma=1.5, truncate=3.5)[5:-5, 5:-5]

    x, y = x.astype(float), y.astype(float)
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = 2.55**2, 7.65**2
    above = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return (above / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean()


@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (2, 3, 32, 20), (1, 3, 64, 64)])
def test_ssim_is_that_of_its_paper(shape):
    chance = np.random.default_rng(0)
    clean = chance.integers(0, 256, shape, dtype=np.uint8)
    noisy = np.clip(clean + chance.normal(0, 40, shape), 0, 255).astype(np.uint8)
    planes = zip(clean.reshape(-1, *shape[2:]), noisy.reshape(-1, *shape[2:]), strict=True)
    assert ssim(clean, noisy) == pytest.approx(
        np.mean([reference_ssim(x, y) for x, y in planes]), abs=1e-5
    )
    assert ssim(clean, noisy) == pytest.approx(ssim(noisy, clean))
    assert ssim(clean, clean) == pytest.approx(1)


def test_ssim_of_flat_images_is_their_luminance_term():
    dark, light = np.full((1, 1, 16, 16), 100, np.uint8), np.full((1, 1, 16, 16), 150, np.uint8)
    c1 = 2.55**2
    assert ssim(dark, light) == pytest.approx(
        (2 * 100 * 150 + c1) / (100**2 + 150**2 + c1), abs=1e-4
    )


def test_ssim_of_images_smaller_than_its_window():
    clean = np.random.default_rng(0).integers(0, 256, (2, 1, 8, 8), dtype=np.uint8)
    assert ssim(clean, clean) == pytest.approx(1)
    assert ssim(clean, 255 - clean) < 0


def test_examples_show_every_class_before_any_twice_and_the_target_last():
    labels = np.asarray([0, 0, 7, 7, 7, 2, 0, 2, 1])
    indices = np.asarray([0, 2, 3, 5, 6, 7, 8])
    assert varied(labels, indices, target=0, count=4).tolist() == [2, 5, 8, 0]
    assert varied(labels, indices, target=7, count=9).tolist() == [0, 5, 8, 2, 6, 7, 3]


def test_no_examples_where_nothing_is_poisoned():
    chosen = varied(np.asarray([1, 2, 3]), np.asarray([], np.int64), target=0, count=4)
    assert chosen.shape == (0,)
