"""What clean networks commonly differ in is taken out of a map, and a backdoor is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import with_equal_shares

from engine.detection.calibration import Calibration
from engine.detection.common_directions import CommonDirections, RestCalibration, directions_for
from engine.detection.pair_calibration import PairCalibration

CLASSES, PAIRS, NOISE = 10, 90, 0.1
APART = ~np.eye(CLASSES, dtype=bool)
USUAL = np.log(np.linspace(10, 40, PAIRS))
COMMON = np.random.default_rng(0).choice([-1.0, 1.0], PAIRS)
SPREAD = np.full(PAIRS, NOISE)


def column(target):
    """1 for the pairs that lead to a class, 0 for all others."""
    return np.array([other == target for source in range(CLASSES) for other in range(CLASSES)
                     if source != other], float)  # fmt: skip


def clean_maps(count=24, seed=1, common=COMMON):
    """Networks of a level, a share of one common difference, and noise of their own."""
    random = np.random.default_rng(seed)
    level, share = random.normal(0, 0.3, (2, count, 1))
    return USUAL + level + share * common + random.normal(0, NOISE, (count, PAIRS))


MAPS = clean_maps()
CALIBRATION = PairCalibration.of(with_equal_shares(MAPS), CLASSES)


def place(source, target):
    return source * (CLASSES - 1) + target - (target > source)


def left_of(common, sizes):
    return common.left_of(sizes[None], SPREAD)[0]


def test_three_pairs_by_hand():
    """The direction is that of the first pair against the last; the level is that of all."""
    direction = np.array([[1.0, 0.0, -1.0]]) / np.sqrt(2)
    common = CommonDirections(np.array([1.0, 2.0, 3.0]), direction, np.array([2.0]))
    spread = np.full(3, 0.01)
    # A level of 5, and 1 along the direction, which clean networks vary in by its root of 2.
    ordinary = np.array([[1.0, 2.0, 3.0]]) + 5 + direction
    np.testing.assert_allclose(common.left_of(ordinary, spread), 0, atol=1e-3)
    # 4 along it: twice that deviation, 2.83, is taken out, and 1.17 is left.
    far = np.array([[1.0, 2.0, 3.0]]) + 5 + 4 * direction
    np.testing.assert_allclose(common.left_of(far, spread), (4 - 2 * 2**0.5) * direction)


def test_the_spread_is_that_of_what_is_left():
    assert RestCalibration.of(MAPS, 0).spread.mean() > 2.5 * NOISE
    assert RestCalibration.of(MAPS, 1).spread.mean() == pytest.approx(NOISE, rel=0.2)


def test_a_network_far_along_a_common_direction_is_ordinary():
    far = USUAL + 0.5 * COMMON + np.random.default_rng(2).normal(0, NOISE, PAIRS)
    assert CALIBRATION.judge(with_equal_shares(far)).statistic < 4
    left = left_of(CommonDirections.of(MAPS, 1), far)
    assert left.std() == pytest.approx(NOISE, rel=0.25)


def test_a_pair_that_the_common_difference_hides_is_found_without_it():
    sizes = clean_maps(1, seed=3)[0]
    sizes[place(4, 7)] -= 1.0
    planted = with_equal_shares(sizes)
    score = CALIBRATION.judge(planted)
    assert (score.mapping, score.pairs) == ("source-specific", ((4, 7),))
    assert score.statistic > 5
    few = PairCalibration.of(with_equal_shares(MAPS[:5]), CLASSES)
    assert isinstance(few.cells, Calibration)
    assert few.judge(planted).statistic < 4


@pytest.mark.parametrize("by", [1.5, 2.5])
def test_a_column_is_not_explained_away_where_it_is_what_clean_networks_differ_in(by):
    calibration = PairCalibration.of(with_equal_shares(clean_maps(common=column(1))), CLASSES)
    planted = with_equal_shares(clean_maps(1, seed=4)[0] - by * column(1))
    score = calibration.judge(planted)
    assert score.statistic > 5
    assert (score.mapping, score.pairs[0][1]) == ("all-to-one", 1)
    lit = np.nanmedian(calibration.scores(planted)[:, 1])
    assert lit > 3, "the map shows it too"


def test_a_column_that_is_small_within_what_is_common_is_ordinary():
    calibration = PairCalibration.of(with_equal_shares(clean_maps(common=column(1))), CLASSES)
    small = with_equal_shares(clean_maps(1, seed=4)[0] - 0.3 * column(1))
    assert calibration.judge(small).statistic < 4


def test_the_chance_in_a_clean_network_is_what_is_said():
    """Twenty references and one more, sixty times: one in twenty has a p of 5 % or less."""
    rare = 0
    for seed in range(60):
        *references, clean = with_equal_shares(clean_maps(21, seed=100 + seed))
        calibration = PairCalibration.of(np.array(references), CLASSES)
        as_large = np.count_nonzero(calibration.statistics >= calibration.judge(clean).statistic)
        rare += (1 + as_large) / 21 <= 0.05
    assert rare <= 6


def test_bands_follow_a_network_along_the_directions():
    one, other = (
        CALIBRATION.usual_sizes(with_equal_shares(USUAL + share * COMMON))[APART]
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
    others = PairCalibration.of(with_equal_shares(MAPS), CLASSES, groups)
    assert isinstance(others.cells, Calibration), "of other architectures"


@given(st.permutations(range(PAIRS)), st.floats(-2, 2))
def test_order_of_pairs_and_level_do_not_matter(order, level):
    common = CommonDirections.of(MAPS, 1)
    shuffled = CommonDirections.of(MAPS[:, order], 1)
    plain = left_of(common, MAPS[0])
    np.testing.assert_allclose(left_of(shuffled, MAPS[0][order]), plain[order], atol=1e-9)
    np.testing.assert_allclose(left_of(common, MAPS[0] + level), plain, atol=1e-9)


def test_networks_that_are_all_alike_leave_nothing():
    alike = RestCalibration.of(np.tile(USUAL, (12, 1)), 2)
    np.testing.assert_allclose(alike.left_of(USUAL), 0, atol=1e-9)
    assert (alike.spread > 0).all()
