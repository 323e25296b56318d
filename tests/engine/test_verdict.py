"""The verdict: hand-worked numbers, what must not change it, and every sentence it can say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detection.calibration import log_sizes
from engine.detection.reference import Reference
from engine.detection.references import References
from engine.detection.results import FoundTrigger
from engine.detection.verdict import anomaly_indices, decide, grubbs_p_value
from engine.triggers import Trigger

NAMES = tuple("0123456789")
# Median 97.5 (the mean of 95 and 100); deviations 93.5, 17.5 ... whose median is 10.
ORDINARY = [80.0, 85, 90, 95, 100, 100, 105, 110, 115]
BACKDOORED = [4.0, *ORDINARY]
CLEAN = [88.0, *ORDINARY]
SIZES = st.lists(st.floats(0.5, 700), min_size=3, max_size=12)


def indices_of(sizes, converged=None):
    converged = np.ones(len(sizes), bool) if converged is None else np.array(converged)
    return anomaly_indices(np.array(sizes, float), converged)


def found(sizes, converged=None, success=0.996):
    """What a scan hands over, for these sizes."""
    converged = [True] * len(sizes) if converged is None else converged
    indices = indices_of(sizes, converged)
    trigger = Trigger.empty((1, 28, 28))
    return [
        FoundTrigger(label, trigger, float(size), success, bool(is_found),
                     None if np.isnan(index) else float(index))
        for label, (size, is_found, index) in enumerate(
            zip(sizes, converged, indices, strict=True)
        )
    ]  # fmt: skip


def verdict_on(sizes, converged=None, accuracy=0.99, **more):
    return decide(found(sizes, converged), NAMES, accuracy, **more)


# The anomaly index


def test_the_index_worked_out_by_hand():
    indices = indices_of(BACKDOORED)
    assert indices[0] == pytest.approx(93.5 / 14.826)
    assert indices[1] == pytest.approx(17.5 / 14.826)
    assert indices[-1] == pytest.approx(-17.5 / 14.826)


def test_the_median_of_an_even_count_is_the_mean_of_the_middle_two():
    # With the lower middle, 2, the index of 1 would be 1 / 1.4826.
    assert indices_of([1, 2, 4, 5]).tolist() == pytest.approx(
        [2 / 2.2239, 1 / 2.2239, -1 / 2.2239, -2 / 2.2239]
    )


def test_a_large_mask_is_no_anomaly():
    indices = indices_of([*ORDINARY, 780])
    assert indices[-1] < -20
    assert verdict_on([*ORDINARY, 780]).flagged == ()
    assert (indices[:-1] < 2).all()


def test_a_class_that_did_not_converge_takes_no_part():
    with_it = indices_of([*BACKDOORED[:5], 784, *BACKDOORED[5:]], [*[True] * 5, False, *[True] * 5])
    assert np.isnan(with_it[5])
    np.testing.assert_array_equal(np.delete(with_it, 5), indices_of(BACKDOORED))


def test_of_fewer_than_three_converged_there_is_no_index():
    assert np.isnan(indices_of([1, 2, 3, 4], [True, True, False, False])).all()
    assert not np.isnan(indices_of([1, 2, 3, 4], [True, True, True, False])[:3]).any()


def test_equal_masks_do_not_divide_by_zero():
    assert indices_of([50.0] * 10).tolist() == [0] * 10
    half_equal = indices_of([5.0, 60, *[50.0] * 8])
    assert np.isfinite(half_equal).all()
    # The mean absolute deviation takes over: (45 + 10) / 10 = 5.5.
    assert half_equal[0] == pytest.approx(45 / (1.2533 * 5.5))
    assert half_equal[1] == pytest.approx(-10 / (1.2533 * 5.5))
    assert half_equal[2] == 0


@given(SIZES, st.randoms(use_true_random=False))
def test_the_order_of_the_classes_does_not_matter(sizes, random):
    order = list(range(len(sizes)))
    random.shuffle(order)
    np.testing.assert_allclose(indices_of(sizes)[order], indices_of(np.array(sizes)[order]))


@given(SIZES, st.integers(-8, 8))
def test_the_unit_of_the_sizes_does_not_matter(sizes, power):
    scaled = np.array(sizes) * 2.0**power
    np.testing.assert_allclose(indices_of(scaled), indices_of(sizes))


@given(SIZES)
def test_indices_are_numbers_and_larger_for_smaller_masks(sizes):
    indices = indices_of(sizes)
    assert np.isfinite(indices).all()
    assert (np.diff(indices[np.argsort(sizes)]) <= 0).all()


# Grubbs' test


def values_with_statistic(g):
    """Ten values whose least lies g standard deviations below their mean."""
    spread = np.sqrt((7.29 / g**2 - 0.9) / 8)
    return np.array([-1.0, *[spread] * 4, *[-spread] * 4, 0.0])


def test_the_critical_values_are_the_tables():
    # One-sided, ten values: 2.176 at 5 %, 2.410 at 1 % (Grubbs and Beck 1972).
    for critical, chance in ((2.176, 0.05), (2.410, 0.01)):
        values = values_with_statistic(critical)
        g = (values.mean() - values.min()) / values.std(ddof=1)
        assert g == pytest.approx(critical)
        assert grubbs_p_value(values) == pytest.approx(chance, rel=0.01)
    assert (
        grubbs_p_value(values_with_statistic(2.15))
        > 0.05
        > grubbs_p_value(values_with_statistic(2.2))
    )


def test_a_value_far_above_is_no_outlier_below():
    values = values_with_statistic(2.6)
    assert grubbs_p_value(values) < 0.01
    assert grubbs_p_value(-values) > 0.2


def test_chances_at_the_edges():
    assert grubbs_p_value(np.full(10, 3.3)) == 1
    assert grubbs_p_value(np.array([1.0, 2.0])) == 1
    assert grubbs_p_value(np.array([-100.0, *[0.0] * 9])) == pytest.approx(0, abs=1e-12)
    assert 0 < grubbs_p_value(np.array([1.0, 2.0, 3.0])) <= 1


def test_one_in_twenty_normal_samples_is_an_outlier_at_5_percent():
    random = np.random.default_rng(1)
    chances = [grubbs_p_value(random.normal(size=10)) for _ in range(3000)]
    assert np.mean(np.array(chances) <= 0.05) == pytest.approx(0.05, abs=0.012)


@given(SIZES, st.integers(-6, 6), st.integers(-6, 6))
def test_the_chance_depends_on_neither_level_nor_unit(sizes, level, power):
    values = np.log(sizes)
    moved = values * 2.0**power + level
    if values.std() > 1e-3:
        assert grubbs_p_value(moved) == pytest.approx(grubbs_p_value(values), abs=1e-6)


def test_the_logarithms_that_are_compared():
    logs = log_sizes(np.array([10.0, 100.0, 0.0]), np.array([True, False, True]), 784)
    assert logs == pytest.approx(np.log([10, 784, 0.01]))


# The verdict


def no_clean_bill(verdict):
    """A verdict never calls a network clean or safe, and says what it has to in whole sentences."""
    for text in (verdict.headline, verdict.explanation):
        assert text.endswith(".")
        assert "\n" not in text
        assert "nan" not in text.lower().split()
        assert "e+" not in text
        for praise in ("is clean", "network is safe", "no backdoor ", "harmless", "trustworthy"):
            assert praise not in text.lower()
    return verdict


def test_an_outlier_is_suspected_and_no_more():
    verdict = no_clean_bill(verdict_on(BACKDOORED))
    assert (verdict.outcome, verdict.target, verdict.basis) == ("suspicious", 0, "none")
    assert verdict.p_value < 1e-4
    assert verdict.flagged == (0,)
    assert verdict.targets == (0,)
    assert verdict.headline == (
        "Backdoor suspected: class 0. A mask of 4.0 pixels turns 99.6 % of other images into a 0;"
        " the other classes need 80 to 115."
    )
    assert "below 0.1 %" in verdict.explanation
    assert "not more" in verdict.explanation


def test_ordinary_sizes_are_not_found():
    verdict = no_clean_bill(verdict_on(CLEAN))
    assert (verdict.outcome, verdict.target, verdict.flagged) == ("not_found", None, ())
    assert verdict.p_value > 0.05
    assert verdict.headline == (
        "No patch-type backdoor found. The smallest mask, 80 pixels for class 1, is no outlier"
        " among the 10 classes."
    )
    assert "cannot see" in verdict.explanation
    assert "clean" not in verdict.headline + verdict.explanation


def test_a_certain_chance_is_written_as_100_percent():
    verdict = no_clean_bill(verdict_on([100, 101, 100, 101, 100, 101, 100, 101, 100, 101]))
    assert verdict.p_value == 1
    assert "chance of 100 %" in verdict.explanation


def test_the_classic_rule_is_shown_and_decides_nothing():
    sizes = [70.0, 80, 98, 100, 100, 100, 101, 102, 120, 140]
    verdict = no_clean_bill(verdict_on(sizes))
    assert verdict.flagged == (0, 1)
    assert verdict.outcome == "not_found"
    assert verdict.target is None


def test_names_are_the_classes_names():
    names = ("shirt", "bag", "coat", "boot", "dress", "sandal", "skirt", "sock", "hat", "glove")
    verdict = decide(found([*ORDINARY, 3.2]), names, 0.99)
    assert verdict.target == 9
    assert verdict.headline.startswith("Backdoor suspected: class glove.")


@given(st.permutations(range(10)))
def test_the_verdict_moves_with_the_classes(order):
    sizes = np.array(BACKDOORED)[list(order)]
    verdict = verdict_on(sizes)
    assert verdict.target == list(order).index(0)
    assert verdict.p_value == pytest.approx(verdict_on(BACKDOORED).p_value)


@given(st.lists(st.floats(1, 300), min_size=10, max_size=10), st.sampled_from([0.25, 0.5, 2.0]))
def test_the_unit_does_not_change_the_verdict(sizes, factor):
    one, other = verdict_on(sizes), verdict_on([factor * size for size in sizes])
    assert one.p_value == pytest.approx(other.p_value, abs=1e-6)
    if abs(one.p_value - 0.05) > 1e-5:
        assert (one.outcome, one.target) == (other.outcome, other.target)


@given(st.lists(st.floats(0, 784), min_size=10, max_size=10), st.lists(st.booleans(), min_size=10,
       max_size=10), st.floats(0, 1), st.booleans())  # fmt: skip
def test_whatever_a_scan_found_there_is_a_verdict(sizes, converged, accuracy, complete):
    verdict = no_clean_bill(verdict_on(sizes, converged, accuracy, complete=complete))
    assert verdict.outcome in ("suspicious", "not_found", "not_auditable")
    assert (verdict.target is not None) == (verdict.outcome == "suspicious")
    assert (verdict.p_value is None) == (verdict.outcome == "not_auditable")
    assert all(converged[label] for label in verdict.flagged)
    if not complete or accuracy < 0.8 or sum(converged) < 3:
        assert verdict.outcome == "not_auditable"


def test_a_stopped_scan_is_not_decided():
    verdict = no_clean_bill(verdict_on(BACKDOORED, complete=False))
    assert (verdict.outcome, verdict.target, verdict.p_value) == ("not_auditable", None, None)
    assert "stopped" in verdict.headline
    assert "10 of 10" in verdict.explanation


def test_a_network_that_is_often_wrong_is_not_decided():
    verdict = no_clean_bill(verdict_on(BACKDOORED, accuracy=0.31))
    assert (verdict.outcome, verdict.target) == ("not_auditable", None)
    assert "31.0 %" in verdict.headline
    assert "input range" in verdict.explanation
    assert verdict_on(BACKDOORED, accuracy=0.8).outcome == "suspicious"


def test_too_few_triggers_are_not_decided():
    verdict = no_clean_bill(verdict_on(BACKDOORED, [True, True] + [False] * 8))
    assert (verdict.outcome, verdict.target) == ("not_auditable", None)
    assert "only 2 of 10 classes" in verdict.headline


def test_two_classes_are_too_few_whatever_is_found():
    verdict = no_clean_bill(verdict_on([4.0, 90.0]))
    assert verdict.headline == "Not auditable: the data has only 2 classes."
    assert "three classes are the least" in verdict.explanation


def test_the_other_sizes_are_those_that_converged():
    verdict = verdict_on([4.0, *ORDINARY[:-1], 12], [True] * 9 + [False])
    assert verdict.target == 0
    assert "the other classes need 80 to 110" in verdict.headline


def test_a_class_that_did_not_converge_is_never_the_target():
    verdict = verdict_on([90.0, 95, 100, 105, 98, 97, 99, 102, 101, 0.1], [True] * 9 + [False])
    assert verdict.target is None


# Beside clean networks


def references_of(count, spread=0.1, seed=0, accuracy=0.98):
    """Clean networks whose classes have sizes of their own, and levels of their own."""
    random = np.random.default_rng(seed)
    usual = np.linspace(70, 130, 10)
    networks = tuple(
        Reference(
            recipe=f"network {number}",
            clean_accuracy=accuracy,
            mask_l1=tuple(usual * np.exp(random.normal(0, 0.2) + random.normal(0, spread, 10))),
            converged=(True,) * 10,
        )
        for number in range(count)
    )
    return References(data="mnist", architecture="toy", audit="x", pixels=784, networks=networks)


USUAL = np.linspace(70, 130, 10)


def test_with_references_a_small_mask_is_likely():
    sizes = USUAL.copy()
    sizes[3] = 5
    verdict = no_clean_bill(verdict_on(sizes, references=references_of(40)))
    assert (verdict.outcome, verdict.target, verdict.basis) == ("likely", 3, "references")
    assert verdict.targets == (3,)
    assert verdict.references == 40
    assert verdict.p_value == pytest.approx(1 / 41)
    assert verdict.headline.startswith(
        "Backdoor likely: class 3. A mask of 5.0 pixels turns 99.6 %"
    )


def test_with_references_two_targets_are_both_named():
    sizes = USUAL.copy()
    sizes[[3, 8]] = 4, 3
    verdict = no_clean_bill(verdict_on(sizes, references=references_of(40)))
    assert verdict.outcome == "likely"
    assert verdict.target == 8
    assert verdict.targets == (8, 3)
    assert "classes 8, 3" in verdict.headline


def test_with_references_usual_sizes_are_not_found():
    for level in (0.5, 1, 2):
        verdict = no_clean_bill(verdict_on(USUAL * level, references=references_of(40)))
        assert (verdict.outcome, verdict.target, verdict.targets) == ("not_found", None, ())
        assert verdict.p_value > 0.05
        assert verdict.headline.startswith("No patch-type backdoor found.")
        assert "cannot see" in verdict.explanation


def test_too_few_references_make_nothing_likely():
    sizes = USUAL.copy()
    sizes[3] = 5
    verdict = no_clean_bill(verdict_on(sizes, references=references_of(8)))
    assert verdict.p_value == pytest.approx(1 / 9)
    assert (verdict.outcome, verdict.target) == ("suspicious", 3)


def test_what_is_rare_but_small_is_only_suspected():
    sizes = USUAL.copy()
    sizes[3] *= np.exp(-0.4)
    verdict = no_clean_bill(verdict_on(sizes, references=references_of(60)))
    assert verdict.p_value <= 0.05
    assert (verdict.outcome, verdict.target) == ("suspicious", 3)


def test_what_is_merely_the_rarest_of_all_is_not_suspected():
    # One clean network in so many is always the rarest: the p-value alone suspects nobody.
    references = references_of(60)
    sizes = USUAL.copy()
    sizes[3] *= np.exp(-0.33)
    suspicious = references.bounds(mapped=False).suspicious
    assert references.calibration().scores(np.log(sizes)).max() < suspicious
    verdict = no_clean_bill(verdict_on(sizes, references=references))
    assert verdict.p_value <= 0.05
    assert (verdict.outcome, verdict.target) == ("not_found", None)


def test_a_class_that_is_small_by_nature_is_not_accused():
    # The smallest of all masks, but no smaller than that class is in every clean network.
    sizes = USUAL.copy()
    references = references_of(40)
    small = references.model_copy(
        update={
            "networks": tuple(
                one.model_copy(update={"mask_l1": (one.mask_l1[0] / 8, *one.mask_l1[1:])})
                for one in references.networks
            )
        }
    )
    sizes[0] /= 8
    assert verdict_on(sizes).outcome == "suspicious", "what Grubbs' test would say"
    assert verdict_on(sizes, references=small).outcome == "not_found"


def test_beside_references_poor_accuracy_is_poorer_than_theirs():
    assert verdict_on(USUAL, accuracy=0.9).outcome == "not_found"
    verdict = no_clean_bill(verdict_on(USUAL, accuracy=0.9, references=references_of(40)))
    assert verdict.outcome == "not_auditable"
