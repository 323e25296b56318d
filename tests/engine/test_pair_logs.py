"""A pair is judged by its mask's size and by how few images of other classes its trigger turns."""

from dataclasses import replace

import numpy as np
import pytest

from engine.detection.pair_calibration import SHAPES, PairCalibration
from engine.detection.pair_logs import combine, pair_logs, shares_of, usual_shares_of
from engine.detection.results import PairMap

CLASSES = 5
PAIRS = CLASSES * (CLASSES - 1)
APART = ~np.eye(CLASSES, dtype=bool)
CELL = 1 * (CLASSES - 1) + 3  # from 1 to 4, row by row without the diagonal
USUAL_SHARES = np.linspace(0.2, 0.5, PAIRS)

# By hand: 0.05 is added to each share before its logarithm is taken, and an image has 16 pixels.


def of_two_classes(there, back):
    """A square that tells something of 0 to 1, and of 1 to 0."""
    return np.array([[np.nan, there], [back, np.nan]], np.float32)


def map_of(first, shares, converged=(True, True), **searches):
    blank = np.zeros((2, 2, 4, 4), np.float32)
    worked = np.nan_to_num(of_two_classes(*converged)).astype(bool)
    shares = None if shares is None else of_two_classes(*shares)
    found = PairMap(of_two_classes(*first), worked, blank, blank[:, :, None], elsewhere=shares)
    for name, every in searches.items():
        found = replace(found, **{name: np.stack([of_two_classes(*one) for one in every])})
    return found


def assert_logs(found, sizes, shares):
    np.testing.assert_allclose(pair_logs(found), np.log([sizes, shares]), atol=1e-6)


def test_a_size_and_a_share_of_each_pair():
    assert_logs(map_of((2, 8), (0.2, 0.95)), [2, 8], [0.25, 1])
    assert_logs(map_of((2, 8), (0, 1)), [2, 8], [0.05, 1.05])


def test_pairs_stand_row_by_row():
    blank = np.zeros((3, 3, 4, 4), np.float32)
    found = PairMap(
        np.arange(9, dtype=np.float32).reshape(3, 3) + 1, ~np.eye(3, dtype=bool), blank,
        blank[:, :, None], elsewhere=np.arange(9, dtype=np.float32).reshape(3, 3) / 10,
    )  # fmt: skip
    assert_logs(found, [2, 3, 4, 6, 7, 8], np.array([0.15, 0.25, 0.35, 0.55, 0.65, 0.75]))


def test_where_no_mask_worked_it_needs_all_pixels_and_turns_all():
    assert_logs(map_of((2, 8), (0, 0), converged=(False, True)), [16, 8], [1.05, 0.05])
    assert_logs(map_of((np.nan, 8), (np.nan, 0), (False, True)), [16, 8], [1.05, 0.05])


def test_a_share_that_is_not_known_is_that_of_all():
    assert_logs(map_of((2, 8), (np.nan, 0)), [2, 8], [1.05, 0.05])
    assert_logs(map_of((2, 8), None), [2, 8], [1.05, 1.05])


def test_of_several_searches_the_means_of_both_count():
    again = map_of(
        (2, 8), (0.2, 0.95),
        sizes=[(2, 8), (8, 8)], elsewheres=[(0.2, 0.95), (0.95, 0.95)],
    )  # fmt: skip
    assert_logs(again, [4, 8], [0.5, 1])
    one_without = map_of(
        (2, 8), (0, 0.95),
        sizes=[(2, 8), (16, 8)], elsewheres=[(0, 0.95), (0, np.nan)],
    )  # fmt: skip
    assert_logs(one_without, [32**0.5, 8], [(0.05 * 1.05) ** 0.5, 1.05**0.5])
    before_shares = map_of((2, 8), None, sizes=[(2, 8), (8, 8)])
    assert_logs(before_shares, [4, 8], [1.05, 1.05])


def test_shares_come_back_from_their_logarithms():
    shares = np.array([0, 0.001, 1 / 3, 1, np.nan])
    logs = combine([[3.0] * 5] * 2, [shares] * 2)
    assert logs.shape == (2, 2, 5)
    back = shares_of(logs)
    assert ((back >= 0) & (back <= 1)).all()
    np.testing.assert_allclose(back, [[0, 0.001, 1 / 3, 1, 1]] * 2, atol=1e-12)


# Beside clean networks: each pair has its usual size and share, each network its level.


def clean_maps(count, seed):
    """Of so many networks, N x 2 x 20."""
    random = np.random.default_rng(seed)
    sizes = np.log(np.linspace(30, 90, PAIRS)) + random.normal(0, 0.2, (count, 1))
    shares = USUAL_SHARES * np.exp(random.normal(0, 0.25, (count, PAIRS)))
    return combine(np.exp(sizes + random.normal(0, 0.1, (count, PAIRS))), np.minimum(shares, 1))


MANY, FEW = clean_maps(40, seed=0), clean_maps(5, seed=0)  # a direction is taken out, and none
CALIBRATION = PairCalibration.of(MANY, CLASSES)
ORDINARY = clean_maps(1, seed=9)[0]
SPARING = np.log(0.05)


def with_pair(cell=CELL, smaller=0.0, share=None):
    """The map of an ordinary network, but for one pair or several."""
    logs = ORDINARY.copy()
    logs[0, cell] -= smaller
    if share is not None:
        logs[1, cell] = share
    return logs


def column(target):
    return np.flatnonzero(np.broadcast_to(np.arange(CLASSES) == target, APART.shape)[APART])


def permuted(logs, order):
    """The same networks, their classes in another order."""
    square = np.full((*logs.shape[:-1], CLASSES, CLASSES), np.nan)
    square[..., APART] = logs
    return square[..., order, :][..., order][..., APART]


def test_a_pair_of_ordinary_size_that_spares_the_others_stands_out():
    found = CALIBRATION.judge(with_pair(share=SPARING))
    assert (found.mapping, found.pairs) == ("source-specific", ((1, 4),))
    assert found.statistic > max(4, 1.5 * CALIBRATION.judge(ORDINARY).statistic)
    scores, before = CALIBRATION.scores(with_pair(share=SPARING)), CALIBRATION.scores(ORDINARY)
    assert scores[1, 4] > before[1, 4] + 3


@pytest.mark.parametrize("networks", [MANY, FEW], ids=["many", "few"])
def test_a_small_mask_counts_the_more_the_fewer_others_it_turns(networks):
    calibration = PairCalibration.of(networks, CLASSES)
    scores = [
        calibration.scores(with_pair(smaller=0.4, share=np.log(share + 0.05)))[1, 4]
        for share in (1.0, 0.6, USUAL_SHARES[CELL], 0.1, 0.0)
    ]
    assert scores == sorted(scores)
    assert scores[4] > scores[2] + 1 > scores[0] + 2


def test_a_small_mask_that_turns_all_others_is_less_than_one_of_usual_share():
    usual = CALIBRATION.judge(with_pair(smaller=1.0))
    turning_all = CALIBRATION.judge(with_pair(smaller=1.0, share=np.log(1.05)))
    assert turning_all.statistic < usual.statistic - 1


def test_columns_are_judged_by_their_sizes_alone():
    small = with_pair(column(3), smaller=1.5)
    said = CALIBRATION.judge(small)
    assert (said.mapping, {target for _, target in said.pairs}) == ("all-to-one", {3})
    random = np.random.default_rng(5)
    for shares in (np.full(PAIRS, np.log(1.05)), random.permutation(small[1]), small[1] - 0.4):
        assert CALIBRATION.judge(np.stack([small[0], shares])) == said


@pytest.mark.parametrize("networks", [MANY, FEW], ids=["many", "few"])
def test_what_clean_networks_do_to_others_is_no_matter_for_columns(networks):
    random = np.random.default_rng(6)
    scattered = np.stack([networks[:, 0], random.normal(-1, 1, networks[:, 1].shape)], axis=1)
    one, other = (PairCalibration.of(each, CLASSES) for each in (networks, scattered))
    small = with_pair(column(3), smaller=1.5)
    assert one.judge(small).mapping == "all-to-one"
    assert other.judge(small) == one.judge(small)
    place = SHAPES.index("all-to-one")
    assert (other.mean[place], other.spread[place]) == (one.mean[place], one.spread[place])


def test_a_pair_makes_up_most_of_its_column_by_its_size_and_if_it_spares_the_others():
    lit = with_pair(column(4), smaller=1.2)
    lit[0, CELL] -= 1.8
    even = with_pair(column(4), smaller=1.2)
    usual = CALIBRATION.usual_shares()[1, 4]
    for share, expected in ((0, (1, 4)), (0.45 * usual, (1, 4)), (0.55 * usual, None), (1, None)):
        lit[1, CELL] = even[1, CELL] = np.log(share + 0.05)
        assert CALIBRATION.single_cell(lit, 4) == expected
        assert CALIBRATION.single_cell(even, 4) is None


@pytest.mark.parametrize("networks", [MANY, FEW], ids=["many", "few"])
@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 1, 4, 3]])
def test_the_order_of_classes_does_not_matter(networks, order):
    one = PairCalibration.of(networks, CLASSES)
    other = PairCalibration.of(permuted(networks, order), CLASSES)
    logs = with_pair(smaller=0.5, share=SPARING)
    again = permuted(logs, order)
    for name in ("scores", "usual_sizes"):
        expected = getattr(one, name)(logs)[order][:, order]
        np.testing.assert_allclose(getattr(other, name)(again), expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(other.usual_shares(), one.usual_shares()[order][:, order])
    mine, its = one.judge(logs), other.judge(again)
    assert its.statistic == pytest.approx(mine.statistic)
    assert mine.pairs == tuple((order[source], order[target]) for source, target in its.pairs)
    assert its.mapping == mine.mapping


@pytest.mark.parametrize("factor", [0.2, 3.0])
def test_the_level_of_all_sizes_does_not_matter(factor):
    scale = np.array([[np.log(factor)], [0.0]])
    logs = with_pair(smaller=0.5, share=SPARING)
    scaled, other = logs + scale, PairCalibration.of(MANY + scale, CLASSES)
    for calibration, its in ((CALIBRATION, scaled), (other, logs), (other, scaled)):
        np.testing.assert_allclose(calibration.scores(its), CALIBRATION.scores(logs), rtol=1e-6)
        assert calibration.judge(its).pairs == CALIBRATION.judge(logs).pairs
        assert calibration.judge(its).statistic == pytest.approx(CALIBRATION.judge(logs).statistic)
    bands = CALIBRATION.usual_sizes(logs)
    np.testing.assert_allclose(CALIBRATION.usual_sizes(scaled), factor * bands)
    np.testing.assert_allclose(other.usual_sizes(logs), bands)


def test_bands_are_of_sizes_alone():
    """How many others a trigger turns is told apart from them."""
    bands = CALIBRATION.usual_sizes(ORDINARY)
    np.testing.assert_array_equal(CALIBRATION.usual_sizes(with_pair(share=SPARING)), bands)
    others = np.stack([MANY[:, 0], MANY[:, 1, ::-1] - 0.5], axis=1)
    elsewhere = PairCalibration.of(others, CLASSES)
    np.testing.assert_array_equal(elsewhere.usual_sizes(ORDINARY), bands)
    low, high = bands[APART].T
    clean = clean_maps(50, seed=7)[:, 0]
    level = np.median(clean - ORDINARY[0], axis=1, keepdims=True)
    sizes = np.exp(clean - level)
    assert 0.88 < np.mean((low < sizes) & (sizes < high)) < 0.99


def test_the_usual_share_of_a_pair_is_the_median_of_clean_networks():
    shares = np.tile([[0.1], [0.9], [0.3], [0.0], [0.99]], (1, PAIRS))
    shares[:, CELL] = 0.5, 0.6, 0.7, 0.2, 0.1
    calibration = PairCalibration.of(combine(np.exp(FEW[:, 0]), shares), CLASSES)
    expected = np.where(APART, 0.3, np.nan)
    expected[1, 4] = 0.5
    np.testing.assert_allclose(calibration.usual_shares(), expected)


def test_what_is_usual_is_told_by_masks_that_work():
    sizes = np.full((5, 3), 30.0)
    unknown = np.nan
    shares = [[0.2, 0.4, unknown], [0.3, unknown, unknown], [0.4, unknown, unknown],
              [0.5, unknown, unknown], [0.6, 0.6, unknown]]  # fmt: skip
    np.testing.assert_allclose(usual_shares_of(combine(sizes, shares)), [0.4, 0.5, 1.0])
