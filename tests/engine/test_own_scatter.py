"""A network's own scatter counts as far as clean networks differ in theirs."""

import numpy as np
import pytest

from engine.detection.bounds import Bounds
from engine.detection.calibration import Calibration, fit, unscaled
from engine.detection.own_scatter import LEAST_NETWORKS, ONLY_FAR, OwnScatter, own_variance
from engine.detection.pair_calibration import PairCalibration

CALM = np.tile([0.5, -0.5], 5)


def made_up(scatters, classes=10, seed=3):
    """Scores of networks, each with a scatter of its own."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 1, (len(scatters), classes)) * np.asarray(scatters)[:, None]
    return scores - np.median(scores, axis=1, keepdims=True)


def of_pairs(logs):
    """What is left of maps of 90 pairs, made of the same networks."""
    wide = np.tile(logs - 4, (1, 9)) + np.random.default_rng(9).normal(0, 0.01, (len(logs), 90))
    both = np.stack([4 + wide, np.zeros_like(wide)], axis=1)
    return PairCalibration.of(both, 10).cells


def two_kinds(count=400):
    return made_up(np.where(np.arange(count) % 2, 0.5, 1.5))


def test_the_variance_is_that_of_normal_scores_and_targets_do_not_move_it():
    random = np.random.default_rng(0)
    scores = random.normal(0, 3, (200, 501))
    assert own_variance(scores).mean() == pytest.approx(9, rel=0.03)
    scores[:, :40] = 1000
    assert own_variance(scores).mean() == pytest.approx(9, rel=0.25)


def test_clean_networks_that_differ_by_chance_alone_leave_the_scores_as_they_are():
    same = OwnScatter.of(made_up(np.full(400, 1.0)))
    assert same.freedom > 30
    assert same.scale(CALM) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("classes", [10, 43, 90])
def test_chance_is_that_of_so_many_classes(classes):
    """The degrees of freedom of the median are known well enough: chance is not taken for more."""
    found = [OwnScatter.of(made_up(np.full(60, 1.0), classes, seed)).freedom for seed in range(20)]
    assert np.median(found) > 4 * classes


def test_where_they_differ_a_network_that_scatters_more_loses_and_a_calm_one_gains():
    differing = OwnScatter.of(two_kinds())
    assert differing.freedom < 5
    usual = np.sqrt(differing.usual) / 1.4826 * np.sign(CALM)
    assert differing.scale(usual) == pytest.approx(1)
    assert 1.5 < differing.scale(3 * usual) < 3, "as far as its own scatter can be known"
    assert 0.6 < differing.scale(usual / 3) < 0.9


def test_the_moderated_scale_worked_out_by_hand():
    # Own variance (1.4826 / 2)^2 of 0.4 x 9 degrees of freedom beside the usual 2 of 6.
    own = (1.4826 * 0.5) ** 2
    expected = np.sqrt((6 * 2 + 3.6 * own) / 9.6 / 2)
    assert OwnScatter(usual=2.0, freedom=6.0).scale(CALM) == pytest.approx(expected)


def test_what_scatters_far_more_than_any_clean_network_is_measured_by_that():
    for scatter in (ONLY_FAR, OwnScatter.of(made_up(np.full(400, 1.0)))):
        assert scatter.scale(20 * CALM) == pytest.approx(1.4826 * 10 / 1.5)
        assert scatter.scale(CALM) == pytest.approx(1, abs=0.05)


def test_the_usual_variance_and_its_freedom_are_found_again():
    """Variances drawn as Smyth (2004) has them: 4 over a chi-squared mean of 8 degrees."""
    random = np.random.default_rng(0)
    variances = 4 / (random.chisquare(8, 4000) / 8)
    found = OwnScatter.of(made_up(np.sqrt(variances), classes=43))
    assert found.usual == pytest.approx(4, rel=0.08)
    assert found.freedom == pytest.approx(8, rel=0.15)


def of_two_spreads(count):
    random = np.random.default_rng(5)
    spreads = np.where(np.arange(count) % 2, 0.1, 0.4)[:, None]
    return 4 + random.normal(0, 1, (count, 10)) * spreads


@pytest.mark.parametrize("make", [Calibration.of, of_pairs])
def test_few_networks_do_not_show_how_they_differ(make):
    few, enough = of_two_spreads(LEAST_NETWORKS - 1), of_two_spreads(LEAST_NETWORKS)
    assert make(few).scatter == ONLY_FAR
    assert make(enough).scatter.freedom < 20


def test_each_reference_is_judged_by_the_rule_of_the_whole():
    """Also where so few are left without it that they would have another one."""
    logs = of_two_spreads(LEAST_NETWORKS)
    statistics = Calibration.of(logs).statistics
    rest = np.delete(logs, 3, axis=0)
    centre, spread = fit(rest)
    scores = unscaled(logs[3], centre, spread)
    scatter = OwnScatter.of(np.array([unscaled(one, centre, spread) for one in rest]))
    assert statistics[3] == pytest.approx(scores.max() / scatter.scale(scores))
    assert statistics[3] != pytest.approx(scores.max() / ONLY_FAR.scale(scores))


def test_references_that_are_all_alike_have_no_scatter():
    assert OwnScatter.of(np.zeros((40, 10))).scale(CALM) == pytest.approx(1)


def test_the_same_mask_says_more_in_a_calm_network():
    """Of clean networks half scatter three times as much as the others."""
    random = np.random.default_rng(5)
    spreads = np.where(np.arange(60) % 2, 0.1, 0.3)[:, None]
    calibration = Calibration.of(4 + random.normal(0, 1, (60, 10)) * spreads)
    mask = np.zeros(10)
    mask[3] = -0.8
    calm = calibration.scores(4 + mask + 0.1 * CALM)
    wild = calibration.scores(4 + mask + 0.5 * CALM)
    assert calm[3] > 1.4 * wild[3]
    assert calm[3] > calibration.unscaled_scores(4 + mask + 0.1 * CALM)[3] > wild[3]


# The bounds that follow


def test_one_clean_network_in_a_hundred_reaches_what_is_suspicious():
    random = np.random.default_rng(1)
    reached = [
        float(np.mean(random.gumbel(1.5, 0.4, 200) >= bounds.suspicious))
        for bounds in (Bounds.beside(random.gumbel(1.5, 0.4, 60)) for _ in range(300))
    ]
    assert 0.008 < np.mean(reached) < 0.02, "the bound itself is uncertain, too"


def test_the_bounds_worked_out_by_hand():
    # Of two of these three the larger exceeds the smaller by 4 / 3 in the mean: half of it over
    # ln 2 is the scale, and 0.5772 scales below the mean lies the mode.
    scale = 2 / 3 / np.log(2)
    suspicious = 1.0 + (4.600149 - 0.5772157) * scale
    found = Bounds.beside(np.array([2.0, 0.0, 1.0]))
    assert found == (round(suspicious, 1), 5.0 if suspicious < 4 else round(1.25 * suspicious, 1))


def test_a_single_odd_network_moves_the_bound_less_than_by_mean_and_spread():
    usual = np.random.default_rng(2).gumbel(1.5, 0.4, 19)
    odd = np.append(usual, 9.0)
    assert Bounds.beside(usual).suspicious < Bounds.beside(odd).suspicious < 6.5
    assert odd.mean() + 3.137 * odd.std(ddof=1) > 7


def test_likely_is_further_than_suspicious_however_widely_clean_networks_scatter():
    wide = Bounds.beside(np.array([1.0, 3.0, 5.0]))
    assert wide.suspicious > 5
    assert wide.likely == pytest.approx(1.25 * wide.suspicious, abs=0.1)


def test_statistics_that_are_alike_by_chance_do_not_make_everything_suspicious():
    assert Bounds.beside(np.full(20, 1.5)).suspicious == 2.4, "1.5, and 3.137 spreads of 0.3"


@pytest.mark.parametrize("networks", [19, 40])
def test_new_clean_networks_are_accused_about_as_often_as_is_said(networks):
    """By the bounds and the chance together, from masks to verdict."""
    random = np.random.default_rng(7)
    accused = []
    for _ in range(60):
        calibration = Calibration.of(random.normal(4, 0.2, (networks, 10)))
        bounds = Bounds.beside(calibration.statistics)
        scores = [calibration.scores(one).max() for one in random.normal(4, 0.2, (40, 10))]
        accused += [
            score >= bounds.suspicious and calibration.p_value(score) <= 0.05 for score in scores
        ]
    assert 0.002 < np.mean(accused) < 0.025
