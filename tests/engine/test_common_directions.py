"""What clean networks commonly differ in is taken out of a map, and a backdoor is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detection.common_directions import CommonDirections, directions_for, left_of_each
from engine.detection.pair_calibration import PairCalibration

CLASSES, PAIRS, NOISE = 10, 90, 0.1
USUAL = np.log(np.linspace(10, 40, PAIRS))
COMMON = np.random.default_rng(0).choice([-1.0, 1.0], PAIRS)


def clean_maps(count=24, seed=1):
    """Networks of a level, a share of one common difference, and noise of their own."""
    random = np.random.default_rng(seed)
    level, share = random.normal(0, 0.3, (2, count, 1))
    return USUAL + level + share * COMMON + random.normal(0, NOISE, (count, PAIRS))


MAPS = clean_maps()
CALIBRATION = PairCalibration.of(MAPS, CLASSES)
SPREAD = np.full(PAIRS, NOISE)


def place(source, target):
    return source * (CLASSES - 1) + target - (target > source)


def test_the_spread_is_that_of_what_is_left():
    _, with_common = left_of_each(MAPS, 0)
    _, without = left_of_each(MAPS, 1)
    assert np.median(with_common) > 2.5 * NOISE
    assert np.median(without) == pytest.approx(NOISE, rel=0.2)


def test_a_network_far_along_a_common_direction_is_ordinary():
    far = USUAL + 0.9 * COMMON + np.random.default_rng(2).normal(0, NOISE, PAIRS)
    assert CALIBRATION.judge(CALIBRATION.scores(far)).statistic < 4
    left = CommonDirections.of(MAPS, 1).left_of(far, SPREAD)
    assert left.std() == pytest.approx(NOISE, rel=0.25)


def test_a_pair_that_the_common_difference_hides_is_found_without_it():
    planted = clean_maps(1, seed=3)[0]
    planted[place(4, 7)] -= 1.0
    score = CALIBRATION.judge(CALIBRATION.scores(planted))
    assert (score.mapping, score.pairs) == ("source-specific", ((4, 7),))
    assert score.statistic > 5
    few = PairCalibration.of(MAPS[:5], CLASSES)
    assert few.common is None
    assert few.judge(few.scores(planted)).statistic < 4


def test_a_column_is_not_explained_away_by_a_difference_that_contains_it():
    planted = clean_maps(1, seed=4)[0]
    column = [place(source, 3) for source in range(CLASSES) if source != 3]
    planted[column] -= 1.0 * (COMMON[column] > 0)  # the way the direction goes
    left = CommonDirections.of(MAPS, 1).left_of(planted, SPREAD)
    moved = np.array(column)[COMMON[column] > 0]
    assert left[moved].mean() == pytest.approx(-1.0, abs=0.15)


def test_bands_follow_a_network_along_the_directions():
    one, other = (
        CALIBRATION.usual_sizes(USUAL + share * COMMON)[~np.eye(CLASSES, dtype=bool)]
        for share in (-0.4, 0.4)
    )
    moved = np.log(other / one).mean(axis=1)
    np.testing.assert_allclose(moved, 0.8 * COMMON, atol=0.15)
    assert (one[:, 0] < np.exp(USUAL - 0.4 * COMMON)).all()
    assert (one[:, 1] > np.exp(USUAL - 0.4 * COMMON)).all()


def test_few_networks_or_pairs_have_no_directions():
    assert directions_for(networks=5, pairs=90) == 0
    assert directions_for(networks=40, pairs=6) == 0
    assert directions_for(networks=12, pairs=90) == 2
    assert directions_for(networks=40, pairs=20) == 1
    assert directions_for(networks=40, pairs=1806) == 3
    groups = np.repeat([0, 1], 12)
    assert PairCalibration.of(MAPS, CLASSES, groups).common is None, "of other architectures"


@given(st.permutations(range(PAIRS)), st.floats(-2, 2))
def test_order_of_pairs_and_level_do_not_matter(order, level):
    common = CommonDirections.of(MAPS, 1)
    shuffled = CommonDirections.of(MAPS[:, order], 1)
    plain = common.left_of(MAPS[0], SPREAD)
    np.testing.assert_allclose(shuffled.left_of(MAPS[0][order], SPREAD), plain[order], atol=1e-9)
    np.testing.assert_allclose(common.left_of(MAPS[0] + level, SPREAD), plain, atol=1e-9)


def test_networks_that_are_all_alike_leave_nothing():
    left, spread = left_of_each(np.tile(USUAL, (12, 1)), 2)
    assert np.isfinite(left).all()
    assert (spread > 0).all()
