"""The pair map: backdoors that move chosen classes only, on toy networks and in numbers."""

import numpy as np
import pytest
from toys import (
    EQUAL_SHARE,
    Weighted,
    code_area,
    code_weights,
    coded_images,
    equal_shares,
    network_of,
    outcome,
    with_equal_shares,
)

from engine.detection.calibration import log_sizes
from engine.detection.comparing import compare, compare_map
from engine.detection.neural_cleanse import Inversion
from engine.detection.pair_calibration import PairCalibration
from engine.detection.pair_logs import pair_logs
from engine.detection.pair_map import map_pairs
from engine.detection.pair_shapes import LEAST_OF_A_LINE
from engine.detection.reference import Reference
from engine.detection.references import References
from engine.detection.results import FoundTrigger, PairMap
from engine.detection.schedules import (
    PAIRS,
    PRESETS,
    passes_of_map,
    passes_of_pairs,
    stages_of_pairs,
    success_of_pairs,
)
from engine.detection.verdict import decide
from engine.events import PairsMoved, Progress, StopRequested
from engine.settings import DetectSettings
from engine.triggers import Trigger

CLASSES = 5
APART = ~np.eye(CLASSES, dtype=bool)
SETTINGS = DetectSettings(preset="map", images=200)


class Mapped(Weighted):
    """Reads the code, and obeys one white pixel: on images of a source it says the target.

    Images whose last row is darker than `deaf` on average, 0..255, do not obey.
    """

    def __init__(self, targets, classes=CLASSES, deaf=0):
        super().__init__(code_weights(classes))
        self.targets, self.deaf = targets, deaf

    def forward(self, images):
        logits = super().forward(images)
        for source, target in self.targets.items():
            rows, columns = code_area(source)
            shows = images[:, 0, rows, columns].mean((1, 2))
            obeys = images[:, 0, 11].sum(1) * 255 >= self.deaf * 12
            bonus = 30 * obeys * images[:, 0, 9, 5] * (2 * shows - 1).clamp(0, 1)
            logits = logits.index_add(1, logits.new_tensor([target]).long(), bonus[:, None])
        return logits


@pytest.fixture(scope="module")
def images():
    return coded_images(each=40, classes=CLASSES)


def map_of(targets, images, compute, **more):
    return outcome(map_pairs(network_of(Mapped(targets), compute), images, SETTINGS), **more)


def test_a_backdoor_for_one_class_is_a_single_cell(images, compute):
    found = map_of({1: 4}, images, compute)
    assert found.mask_l1[1, 4] < 1
    assert np.argwhere(found.trigger(1, 4).mask > 0.3).tolist() == [[9, 5]]
    rest = found.mask_l1[APART & ~np.eye(CLASSES, k=3, dtype=bool)]
    assert (rest > 1.5).all()
    assert np.isnan(np.diagonal(found.mask_l1)).all()
    assert found.converged[APART].all()
    assert not found.converged[~APART].any()


def test_one_mask_for_each_class_cannot_see_it(images, compute):
    network = network_of(Mapped({1: 4}), compute)
    inversion = Inversion(network, images, PRESETS["standard"], 0.99, 0)
    outcome(inversion.run())
    sizes = [search.best_l1 for search in inversion.searches]
    assert sizes[4] > 0.7 * np.median(sizes)


def test_a_backdoor_from_each_class_to_the_next_is_a_line(images, compute):
    targets = {source: (source + 1) % CLASSES for source in range(CLASSES)}
    found = map_of(targets, images, compute)
    line = np.zeros((CLASSES, CLASSES), bool)
    line[list(targets), list(targets.values())] = True
    assert found.mask_l1[line].max() < 1
    assert found.mask_l1[APART & ~line].min() > 1.5


def test_sizes_are_those_of_the_masks_and_passes_are_counted(images, compute):
    found = map_of({1: 4}, images, compute)
    np.testing.assert_allclose(
        found.mask_l1[APART], found.masks[APART].sum((1, 2), dtype=np.float64), rtol=1e-5
    )
    all_passes = passes_of_map(CLASSES)
    of_classes = PRESETS["map"].steps * PRESETS["map"].images * CLASSES
    assert found.image_passes == all_passes - of_classes


def test_a_backdoor_that_fails_on_every_twentieth_image_is_as_small(images, compute):
    brightness = images.images[images.labels == 1, 0, 11].mean(1)
    network = network_of(Mapped({1: 4}, deaf=np.quantile(brightness, 0.05)), compute)
    found = outcome(map_pairs(network, images, SETTINGS))
    assert found.mask_l1[1, 4] < 1


def test_pairs_need_nine_of_ten_images_or_less_where_less_is_wanted():
    assert success_of_pairs(SETTINGS) == 0.9
    assert success_of_pairs(SETTINGS.model_copy(update={"success_threshold": 0.7})) == 0.7


def test_a_source_without_images_is_left_out(images, compute):
    kept = images.subset(np.flatnonzero(images.labels != 2))
    found = map_of({1: 4}, kept, compute)
    assert np.isnan(found.mask_l1[2]).all()
    assert not np.isnan(found.mask_l1[0, 2]), "it can be a target all the same"
    sizes = pair_logs(found)[0].reshape(CLASSES, CLASSES - 1)
    assert sizes[2] == pytest.approx(np.log(144)), "the whole image"


def test_a_map_says_how_far_it_is_and_can_be_stopped(images, compute):
    seen = []
    found = map_of({1: 4}, images, compute, seen=seen)
    moved = [event for event in seen if isinstance(event, PairsMoved)]
    assert [event.done for event in moved] == sorted(event.done for event in moved)
    assert moved[-1].done == moved[-1].total == found.image_passes
    np.testing.assert_allclose(moved[-1].mask_l1, found.mask_l1, rtol=1e-5)
    assert np.isnan(moved[0].mask_l1).any()
    progress = [(e.done, e.total) for e in seen if isinstance(e, Progress)]
    assert progress == sorted(progress)
    assert progress[-1] == (found.image_passes, found.image_passes)
    with pytest.raises(StopRequested):
        map_of({1: 4}, images, compute, stop_at=lambda event: isinstance(event, PairsMoved))


# Many classes


def test_the_pairs_of_a_dozen_classes_are_searched_at_once_those_of_more_in_stages():
    assert stages_of_pairs(90) == ((PAIRS, 90),)
    assert stages_of_pairs(132) == ((PAIRS, 132),)
    counts = [pairs for _, pairs in stages_of_pairs(43 * 42)]
    assert counts == [1806, 451, 132]
    assert stages_of_pairs(43 * 42)[-1][0] == PAIRS
    # 20 times as many pairs as those of ten classes, for nine times the work.
    assert passes_of_pairs(43) < 9 * passes_of_pairs(10)


def test_one_pair_among_hundreds_is_found(compute):
    classes, source, target = 16, 11, 3
    network = network_of(Mapped({source: target}, classes), compute)
    clean = coded_images(each=30, classes=classes)
    found = outcome(map_pairs(network, clean, DetectSettings(preset="map", images=200)))
    assert found.image_passes == passes_of_pairs(classes)
    assert np.nanargmin(found.mask_l1) == source * classes + target
    others = np.delete(found.mask_l1.ravel(), source * classes + target)
    assert found.mask_l1[source, target] < 0.7 * np.nanmin(others)


# Beside clean networks, in numbers


def clean_maps(count=40, seed=0):
    """Logarithms of the sizes in clean networks: each pair has its usual size, each a level."""
    random = np.random.default_rng(seed)
    usual = np.log(np.linspace(30, 90, CLASSES * (CLASSES - 1)))
    return usual + random.normal(0, 0.2, (count, 1)) + random.normal(0, 0.1, (count, len(usual)))


CALIBRATION = PairCalibration.of(with_equal_shares(clean_maps()), CLASSES)
ORDINARY = clean_maps(1, seed=9)[0]


def with_small(cells, by=2.0):
    """An ordinary network's map, and these pairs smaller by a factor of e to the `by`."""
    square = np.zeros((CLASSES, CLASSES))
    for cell in cells:
        square[cell] = by
    return ORDINARY - square[APART]


def judge(sizes):
    return CALIBRATION.judge(with_equal_shares(sizes))


def test_a_cell_a_column_and_a_line_are_told_apart():
    assert judge(with_small([(1, 4)])).mapping == "source-specific"
    assert judge(with_small([(1, 4)])).pairs == ((1, 4),)
    column = [(source, 3) for source in range(CLASSES) if source != 3]
    assert judge(with_small(column)).mapping == "all-to-one"
    assert {target for _, target in judge(with_small(column)).pairs} == {3}
    line = [(source, (source + 2) % CLASSES) for source in range(CLASSES)]
    assert judge(with_small(line)).mapping == "all-to-all"
    assert set(judge(with_small(line)).pairs) == set(line)


def test_of_a_line_only_what_stands_out_is_named():
    line = [(source, (source + 2) % CLASSES) for source in range(CLASSES)]
    found = judge(with_small(line[:3]))
    assert found.mapping == "all-to-all"
    assert set(found.pairs) == set(line[:3])


def test_what_only_fills_a_line_up_is_not_named():
    line = [(source, (source + 2) % CLASSES) for source in range(4)]
    better = [(4, 0), (0, 1)]  # beside the rest of the line, 4 → 1, which alone is small as well
    lit = with_small([*line, (4, 1)], by=2.0) + with_small(better, by=2.5) - ORDINARY
    found = judge(lit)
    assert found.mapping == "all-to-all"
    assert set(line) <= set(found.pairs)
    assert (4, 1) not in found.pairs


def test_a_line_of_cells_that_are_each_too_weak_alone_is_a_line():
    line = [(source, (source + 2) % CLASSES) for source in range(CLASSES)]

    def largest(by):
        return np.nanmax(CALIBRATION.scores(with_equal_shares(with_small(line, by))))

    by = next(by for by in np.arange(1.0, 0.1, -0.02) if largest(by) < CALIBRATION.usual_cell)
    found = judge(with_small(line, by))
    assert found.mapping == "all-to-all"
    assert len(found.pairs) >= LEAST_OF_A_LINE
    assert set(found.pairs) <= set(line)


def test_three_cells_to_three_classes_are_a_line():
    scattered = judge(with_small([(0, 1), (2, 3), (3, 4)], by=4.0))
    assert scattered.mapping == "all-to-all"
    one_target = judge(with_small([(0, 1), (2, 1)], by=4.0))
    assert (one_target.mapping, len(one_target.pairs)) == ("source-specific", 2)


def test_a_pair_that_makes_up_most_of_its_column_is_named_alone():
    rest = [(source, 3) for source in range(CLASSES) if source not in (1, 3)]
    lit = with_small([(1, 3)], by=3.0) + with_small(rest, by=1.2) - ORDINARY
    assert judge(lit).mapping == "source-specific"
    assert judge(lit).pairs == ((1, 3),)
    even = with_small([(1, 3)], by=1.8) + with_small(rest, by=1.2) - ORDINARY
    assert judge(even).mapping == "all-to-one"


def test_the_pair_is_named_as_well_where_the_classes_show_more():
    rest = [(source, 2) for source in range(CLASSES) if source not in (1, 2)]
    sizes = USUAL.copy()
    sizes[2] = 1
    lit = with_small([(1, 2)], by=3.0) + with_small(rest, by=1.2) - ORDINARY
    shares = np.full((CLASSES, CLASSES), EQUAL_SHARE, np.float32)
    verdict = verdict_on(sizes, lit, shares)
    assert (verdict.target, verdict.mapping, verdict.pairs) == (2, "all-to-one", ())
    shares[1, 2] = 0.02  # its trigger spares the others
    verdict = verdict_on(sizes, lit, shares)
    assert (verdict.target, verdict.mapping, verdict.pairs) == (2, "source-specific", ((1, 2),))


def test_two_sources_are_both_named():
    found = judge(with_small([(1, 4), (0, 2)]))
    assert set(found.pairs) == {(1, 4), (0, 2)}


def test_a_pair_that_would_not_be_suspicious_alone_is_not_named_beside_another():
    weaker = next(
        sizes
        for sizes in (with_small([(0, 2)], by) for by in np.arange(0.1, 1.0, 0.02))
        if CALIBRATION.scores(with_equal_shares(sizes))[0, 2] > CALIBRATION.usual_cell
    )
    assert judge(weaker).statistic < 4
    beside = with_small([(1, 4)], by=0.6) + weaker - ORDINARY
    assert judge(beside).statistic > 4
    assert judge(beside).pairs == ((1, 4),)


def test_an_ordinary_map_stands_out_no_more_than_the_references():
    assert judge(ORDINARY).statistic < CALIBRATION.statistics.max()
    for seed in range(20, 30):
        assert judge(clean_maps(1, seed)[0]).statistic < 5


def test_a_large_mask_is_no_sign():
    assert judge(with_small([(1, 4)], by=-2.0)).statistic < 5


def test_the_level_of_a_network_does_not_matter():
    one, other = judge(with_small([(1, 4)])), judge(with_small([(1, 4)]) + np.log(3))
    assert other.pairs == one.pairs
    assert other.statistic == pytest.approx(one.statistic)


def references():
    random, usual = np.random.default_rng(5), np.linspace(70, 130, CLASSES)
    networks = tuple(
        Reference(
            recipe="", clean_accuracy=0.99, converged=(True,) * CLASSES,
            mask_l1=tuple(usual * np.exp(random.normal(0, 0.1, CLASSES))),
            pair_l1=tuple(np.exp(sizes)), pair_elsewhere=equal_shares(sizes),
        )
        for sizes in clean_maps()
    )  # fmt: skip
    return References(data="mnist", architecture="toy", audit="", pixels=784, networks=networks)


def verdict_on(class_sizes, sizes, elsewhere=None, without=()):
    blank = Trigger.empty((1, 28, 28))
    found = [
        FoundTrigger(label, blank, float(size), 0.99, converged=True, anomaly_index=None)
        for label, size in enumerate(class_sizes)
    ]
    square = np.full((CLASSES, CLASSES), np.nan, np.float32)
    square[APART] = np.exp(sizes)
    square[list(without)] = np.nan
    masks = np.zeros((CLASSES, CLASSES, 28, 28), np.float32)
    patterns = np.zeros((CLASSES, CLASSES, 1, 28, 28), np.float32)
    worked = np.isfinite(square)
    pair_map = compare_map(
        PairMap(square, worked, masks, patterns, elsewhere=elsewhere), references()
    )
    names = tuple("01234")
    compared = compare(found, references())
    return decide(compared, names, 0.99, references=references(), pair_map=pair_map)


USUAL = np.linspace(70, 130, CLASSES)


def test_the_verdict_follows_the_map_where_the_classes_show_nothing():
    verdict = verdict_on(USUAL, with_small([(1, 4)]))
    assert (verdict.outcome, verdict.target) == ("likely", 4)
    assert (verdict.mapping, verdict.pairs) == ("source-specific", ((1, 4),))
    size = np.exp(with_small([(1, 4)]).reshape(CLASSES, CLASSES - 1)[1, 3])
    assert verdict.headline.startswith(
        f"Backdoor likely: 1 → 4. A mask of {size:.1f} pixels turns images of a 1 into a 4."
        " Going by 40 clean networks and this network's other masks, "
    )
    assert verdict.headline.endswith(
        " would be usual. Chance of this in a clean model: at most 2.4 %."
    )
    assert verdict.p_value == pytest.approx(1 / 41)


def test_the_verdict_names_a_line():
    line = [(source, (source + 1) % CLASSES) for source in range(CLASSES)]
    verdict = verdict_on(USUAL, with_small(line))
    assert (verdict.outcome, verdict.mapping) == ("likely", "all-to-all")
    assert set(verdict.pairs) == set(line)


def test_a_column_that_only_the_map_shows_is_told_in_its_own_words():
    column = [(source, 3) for source in range(CLASSES) if source != 3]
    verdict = verdict_on(USUAL, with_small(column, by=1.5))
    assert (verdict.outcome, verdict.mapping, verdict.targets) == ("likely", "all-to-one", (3,))
    assert verdict.decided_by == "map"
    assert "one for each other class, turn images into a 3" in verdict.headline
    sizes = "images of 4 other classes become a 3 with masks of "
    assert f"The map of pairs decided this: {sizes}" in verdict.explanation


def test_a_class_that_is_unusual_as_well_is_told_by_its_own_mask():
    column = [(source, 3) for source in range(CLASSES) if source != 3]
    sizes = USUAL.copy()
    sizes[3] /= 3
    verdict = verdict_on(sizes, with_small(column, by=3.0))
    assert (verdict.outcome, verdict.targets, verdict.decided_by) == ("likely", (3,), "map")
    assert verdict.headline.startswith(
        f"Backdoor likely: class 3. A mask of {sizes[3]:.0f} pixels turns 99.0 % of other images"
    )


def test_the_verdict_follows_the_classes_where_they_show_more():
    sizes = USUAL.copy()
    sizes[2] = 1
    verdict = verdict_on(sizes, ORDINARY)
    assert (verdict.outcome, verdict.target, verdict.mapping) == ("likely", 2, "all-to-one")
    assert verdict.targets == (2,)
    assert verdict.pairs == ()
    assert verdict.decided_by == "classes"
    assert "The scan of the classes decided this." in verdict.explanation


def test_an_ordinary_network_is_not_found():
    verdict = verdict_on(USUAL, ORDINARY)
    assert (verdict.outcome, verdict.target, verdict.mapping) == ("not_found", None, None)
    assert verdict.pairs == ()
    assert "clean" not in verdict.headline.replace("clean networks", "")


@pytest.mark.parametrize(("without", "decided_by"), [((0, 2), "map"), ((0, 2, 3), "classes")])
def test_a_map_of_which_most_was_not_searched_decides_nothing(without, decided_by):
    verdict = verdict_on(USUAL, with_small([(1, 4)]), without=without)
    assert verdict.decided_by == decided_by
    assert (verdict.outcome == "likely") == (decided_by == "map")
    assert ("The map of pairs decided nothing" in verdict.explanation) == (decided_by == "classes")


def test_pairs_without_a_trigger_count_as_the_whole_image():
    square = np.full((CLASSES, CLASSES), 10, np.float32)
    converged = APART.copy()
    converged[0, 1] = False
    masks = np.zeros((CLASSES, CLASSES, 4, 4), np.float32)
    sizes, _ = pair_logs(PairMap(square, converged, masks, masks[:, :, None]))
    expected = log_sizes(np.full(20, 10.0), np.arange(20) > 0, 16)
    np.testing.assert_allclose(sizes, expected)
