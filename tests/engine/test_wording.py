"""What a verdict says, sentence by sentence: sizes, chances, articles, and what it cannot know."""

from dataclasses import replace

import numpy as np
import pytest
from toys import equal_shares

from engine.articles import with_article
from engine.detection import phrases
from engine.detection.borrowing import BorrowedReferences
from engine.detection.comparing import compare, compare_map
from engine.detection.reference import Reference
from engine.detection.references import References
from engine.detection.results import FoundTrigger, PairMap, Verdict
from engine.detection.verdict import decide
from engine.detection.wording import MAP_NOT_JUDGED, with_reason
from engine.triggers import Trigger

CLASSES = 10
NAMES = tuple("0123456789")
USUAL = np.linspace(70, 130, CLASSES)
APART = ~np.eye(CLASSES, dtype=bool)


def references(count=40, seed=0, architecture="toy", with_maps=False, **values):
    random = np.random.default_rng(seed)
    networks = []
    for _ in range(count):
        pairs = np.exp(4 + random.normal(0, 0.1, CLASSES * (CLASSES - 1)))
        about = {
            "recipe": "", "clean_accuracy": 0.98, "converged": (True,) * CLASSES,
            "mask_l1": tuple(USUAL * np.exp(random.normal(0, 0.1, CLASSES))),
            "pair_l1": tuple(pairs) if with_maps else (),
            "pair_elsewhere": equal_shares(pairs) if with_maps else (),
        }  # fmt: skip
        networks.append(Reference(**(about | values)))
    return References(
        data="mnist", architecture=architecture, audit="x", pixels=784, networks=tuple(networks)
    )


def borrowed():
    kinds = enumerate(("one", "two", "three"))
    return BorrowedReferences(tuple(references(20, seed, name) for seed, name in kinds))


def classes_with(sizes=None, searches=None):
    """What a scan found: usual sizes, but for those of some classes."""
    trigger, known = Trigger.empty((1, 28, 28)), sizes or {}
    found = [
        FoundTrigger(label, trigger, float(size), 0.996, converged=True, anomaly_index=None)
        for label, size in enumerate([known.get(k, USUAL[k]) for k in range(CLASSES)])
    ]
    for label, others in (searches or {}).items():
        found[label] = replace(found[label], mask_l1=others[0], sizes=others)
    return found


def map_with(small=(), size=3.0, missing=()):
    sizes = np.full((CLASSES, CLASSES), np.exp(4), np.float32)
    sizes *= np.exp(np.random.default_rng(8).normal(0, 0.1, sizes.shape)).astype(np.float32)
    for place, cell in enumerate(small):
        sizes[cell] = size + place
    sizes[list(missing)] = np.nan
    np.fill_diagonal(sizes, np.nan)
    square = (CLASSES, CLASSES)
    share = np.where(np.isfinite(sizes), np.float32(0.964), np.float32(np.nan))
    return PairMap(
        sizes, np.isfinite(sizes), np.zeros((*square, 28, 28), np.float32),
        np.zeros((*square, 1, 28, 28), np.float32), success=share,
    )  # fmt: skip


def verdict_on(classes, known=None, pair_map=None, names=NAMES):
    if known is not None:
        classes, pair_map = compare(classes, known), compare_map(pair_map, known)
    return decide(classes, names, 0.99, references=known, pair_map=pair_map)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("7", "a 7"), ("8", "an 8"), ("1", "a 1"), ("11", "an 11"), ("18", "an 18"),
        ("80 km/h", "an 80 km/h"), ("100", "a 100"), ("110", "a 110"), ("18000", "an 18000"),
        ("airplane", "an airplane"), ("Ankle boot", "an Ankle boot"), ("bag", "a bag"),
        ("unicorn", "a unicorn"), ("umbrella", "an umbrella"), ("F", "an F"), ("U", "a U"),
        ("", "a "),
    ],
)  # fmt: skip
def test_an_article_follows_the_sound(name, said):
    assert with_article(name) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0.0, "less than 0.1 pixels"), (0.3, "0.3 pixels"), (1.0, "1 pixel"), (1.04, "1 pixel"),
        (1.06, "1.1 pixels"), (3.94, "3.9 pixels"), (9.97, "10 pixels"), (61.2, "61 pixels"),
        (3072.0, "3,072 pixels"),
    ],
)  # fmt: skip
def test_a_size_in_pixels(size, said):
    assert phrases.pixels(size) == said


def test_several_sizes():
    assert phrases.pixel_span([12.3, 3.0, 5.0]) == "3.0 to 12 pixels"
    assert phrases.pixel_span([1.0]) == "1 pixel"
    assert phrases.span([1.0, 1.04]) == "1.0"


def test_at_most_is_said_of_the_smallest_chance_only():
    assert phrases.chance(1 / 41, 40, "references") == "at most 2.4 %"
    assert phrases.chance(2 / 41, 40, "references") == "about 4.9 %"
    assert phrases.chance(1, 40, "references") == "about 100 %"
    assert phrases.chance(1 / 61, 60, "borrowed") == "roughly 5 % or less"
    assert phrases.chance(3 / 61, 60, "borrowed") == "roughly 5 % or less"
    assert phrases.chance(4 / 61, 60, "borrowed") == "roughly 6.6 %"
    assert phrases.chance(1e-5, 0, "none") == "below 0.1 %"


def test_the_sentence_that_was_drawn():
    known = references()
    least = min(one.mask_l1[0] for one in known.networks)
    verdict = verdict_on(classes_with({0: 3.9}), known)
    assert verdict.headline == (
        "Backdoor likely: class 0. A mask of 3.9 pixels turns 99.6 % of other images into a 0. In"
        f" 40 clean networks class 0 never needed fewer than {least:.0f} pixels. Chance of this in"
        " a clean model: at most 2.4 %."
    )


def test_one_pixel_and_the_right_article():
    headline = verdict_on(classes_with({8: 1.02}), references()).headline
    assert "A mask of 1 pixel turns 99.6 % of other images into an 8." in headline


def test_each_of_two_targets_has_its_own_mask():
    headline = verdict_on(classes_with({3: 4, 8: 3}), references()).headline
    assert (
        "classes 8, 3. A mask of 3.0 pixels turns 99.6 % of other images into an 8 and one of 4.0"
        " pixels 99.6 % into a 3." in headline
    )


def test_searches_of_clean_networks_that_found_nothing_are_no_least_size():
    known = references()
    first, *rest = known.networks
    lost = first.model_copy(
        update={"mask_l1": (0.5, *first.mask_l1[1:]), "converged": (False, *first.converged[1:])}
    )
    known = known.model_copy(update={"networks": (lost, *rest)})
    least = min(one.mask_l1[0] for one in rest)
    headline = verdict_on(classes_with({0: 3.0}), known).headline
    assert f"class 0 never needed fewer than {least:.0f} pixels" in headline


def test_never_fewer_is_said_only_where_it_is_so():
    known = references()
    sizes = {3: USUAL[3] * np.exp(-0.6)}
    larger = {label: 2 * USUAL[label] for label in range(CLASSES)} | {3: 2 * sizes[3]}
    headline = verdict_on(classes_with(larger), known).headline
    assert headline.startswith("Backdoor likely: class 3.")
    assert "never needed" not in headline
    assert "Going by 40 clean networks and this network's other masks," in headline
    assert "would be usual" in headline


def test_a_borderline_verdict_tells_all_its_searches():
    searches = {label: (float(USUAL[label]),) * 3 for label in range(CLASSES)}
    verdict = verdict_on(classes_with({}, searches | {0: (9.0, 12.0, 16.0)}), references())
    assert "A mask of 9.0 pixels (12 in the mean of 3 searches) turns 99.6 %" in verdict.headline
    assert " A single search could not decide, so 3 were made" in verdict.explanation
    ended = "counts: for class 0 they ended at 9.0, 12 and 16 pixels, 12 in the mean. "
    assert verdict.explanation.count(ended) == 1
    many = searches | {0: (9.0, 12.0, 16.0, 12.0, 12.0, 12.0)}
    verdict = verdict_on(classes_with({}, many), references())
    assert "(12 in the mean of 6 searches)" in verdict.headline
    assert "they ended at 9.0 to 16 pixels, 12 in the mean." in verdict.explanation


def test_of_several_searches_that_found_nothing_the_mean_is_told_as_such():
    searches = {label: (float(USUAL[label]),) * 3 for label in range(CLASSES)}
    verdict = verdict_on(classes_with({}, searches | {0: (50.0, 62.0, 70.0)}), references())
    assert verdict.outcome == "not_found"
    assert "class 0 comes nearest to that, with 60 pixels in the mean of 3 searches where" in (
        verdict.headline
    )
    assert "for class 0 they ended at 50, 62 and 70 pixels, 60 in the mean." in verdict.explanation


def test_where_nothing_stands_out_the_nearest_is_named_and_nothing_is_proved():
    verdict = verdict_on(classes_with({0: 60}), references())
    assert verdict.outcome == "not_found"
    assert "class 0 comes nearest to that, with 60 pixels where" in verdict.headline
    assert "does not prove that there is nothing" in verdict.explanation


def test_too_few_networks_are_the_reason_for_a_mere_suspicion():
    verdict = verdict_on(classes_with({3: 5}), references(8))
    assert verdict.outcome == "suspicious"
    assert "at most 11 %" in verdict.headline
    assert "above 5 %; with 8 clean networks it cannot be less" in verdict.explanation


def test_so_few_networks_are_told_beside_which_only_much_is_suspicious():
    for count, few in ((18, True), (19, False)):
        known = references(count)
        explanation = verdict_on(classes_with(), known).explanation
        only = f"Beside so few clean networks, only {known.bounds(mapped=False).likely:g} or more"
        assert (only in explanation) == few
        assert ("with a chance of 5 % or less, makes a suspicion" in explanation) != few


def test_how_often_clean_networks_come_so_far_is_told_of_those_of_its_own_kind():
    reached = ", which about one clean network in 100 reaches,"
    known = references()
    suspicious, likely = known.bounds(mapped=False)
    nothing = verdict_on(classes_with(), known).explanation
    assert f"Only {suspicious:g} or more{reached} with a chance of 5 % or less" in nothing
    shrunk = USUAL[3] * np.exp(-(suspicious + likely) / 2 * 0.1)
    suspected = verdict_on(classes_with({3: shrunk}), known)
    assert suspected.outcome == "suspicious"
    assert f"With {suspicious:g} or more{reached} and a chance of" in suspected.explanation
    assert "one clean network in" not in verdict_on(classes_with(), borrowed()).explanation


def test_a_score_is_not_rounded_up_to_a_bound_that_it_missed():
    known = references(60)
    for shrunk in np.linspace(0.3, 0.7, 81):
        verdict = verdict_on(classes_with({3: USUAL[3] * np.exp(-shrunk)}), known)
        if 4.9 < verdict.statistic < 5:
            assert "4.9 spreads (z)" in verdict.explanation
        assert (" 5.0 spreads" in verdict.explanation) <= (verdict.statistic >= 5)


def test_other_kinds_of_networks_make_a_rough_number():
    verdict = verdict_on(classes_with({0: 3.9}), borrowed())
    assert verdict.outcome == "likely"
    assert "60 clean networks of other kinds class 0 never needed" in verdict.headline
    assert verdict.headline.endswith("Chance of this in a clean model: roughly 5 % or less.")
    assert "a rough number" in phrases.meaning_of_chance(verdict)


def test_a_pair_is_told_with_its_success_and_what_is_usual():
    known = references(with_maps=True)
    verdict = verdict_on(classes_with(), known, map_with([(1, 8)]))
    assert "1 → 8. A mask of 3.0 pixels turns 96.4 % of images of a 1 into an 8. Going by 40" in (
        verdict.headline
    )
    more = verdict_on(classes_with(), known, map_with([(1, 7), (2, 7), (3, 7)]))
    assert "into a 7; the other pairs need 4.0 to 5.0 pixels." in more.headline


def test_a_column_of_the_map_is_not_told_as_a_mask_for_all_classes():
    column = [(source, 4) for source in range(CLASSES) if source != 4]
    known = references(with_maps=True)
    verdict = verdict_on(classes_with(), known, map_with(column, 9))
    assert (verdict.outcome, verdict.targets, verdict.pairs) == ("likely", (4,), ())
    assert "Masks of 9.0 to 17 pixels, one for each other class, turn images into a 4" in (
        verdict.headline
    )


def test_all_to_all_lists_its_pairs_in_order():
    line = [(source, (source + 1) % CLASSES) for source in reversed(range(CLASSES))]
    verdict = verdict_on(classes_with(), references(with_maps=True), map_with(line))
    assert verdict.mapping == "all-to-all"
    assert "(0 → 1, 1 → 2, 2 → 3," in verdict.headline


def test_a_map_that_nothing_was_compared_with_claims_nothing():
    for known in (None, references()):
        verdict = verdict_on(classes_with(), known, map_with([(1, 7)]))
        assert verdict.outcome == "not_found"
        assert MAP_NOT_JUDGED in verdict.explanation
        assert "cannot see one that works on chosen classes only" in verdict.explanation
    judged = verdict_on(classes_with(), references(with_maps=True), map_with())
    assert "no class and no pair of classes needs" in judged.headline
    assert "for single pairs of classes" in judged.explanation


def test_classes_without_images_are_named():
    names = ("shirt", "bag", *NAMES[2:])
    verdict = verdict_on(classes_with(), None, map_with(missing=(0, 5)), names)
    assert "Too few images of class shirt and 5 are usable" in verdict.explanation
    assert "Too few" not in verdict_on(classes_with(), None, map_with()).explanation


def test_why_references_were_not_used_is_part_of_the_words():
    verdict = Verdict("suspicious", 0, 0.01, "none", (), "A headline.", "An explanation.")
    assert with_reason(verdict, "They differ.").explanation == "An explanation. They differ."
    assert with_reason(verdict, "They differ.").headline == "A headline."
    undecided = replace(verdict, outcome="not_auditable")
    assert with_reason(undecided, "They differ.") is undecided


def test_no_chance_is_called_one_in_a_clean_model_without_clean_networks():
    verdict = verdict_on(classes_with({0: 3.9}))
    assert verdict.basis == "none"
    assert phrases.CHANCE not in verdict.headline + phrases.chance_line(verdict)
    assert "if all classes were alike" in phrases.chance_line(verdict)
    assert "a chance below 0.1 %" in verdict.explanation
