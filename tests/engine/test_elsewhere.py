"""What a pair's trigger does to images of other classes: how it is measured, told and kept."""

from dataclasses import replace

import numpy as np
import pytest
from test_pair_bands import APART, made_up_map, read_back
from test_pair_map import Mapped
from test_wording import classes_with, map_with, references, verdict_on
from toys import (
    EQUAL_SHARE,
    SIDE,
    Watched,
    always,
    black_images,
    coded_images,
    network_of,
    outcome,
)

from engine.detection import elsewhere
from engine.detection.bounds import Bounds
from engine.detection.elsewhere import measure_elsewhere
from engine.detection.evidence import Evidence
from engine.detection.headlines import of_pairs
from engine.detection.pair_map import map_pairs
from engine.detection.phrases import and_elsewhere
from engine.detection.references import audit_key
from engine.detection.schedules import IMAGES_ELSEWHERE
from engine.detection.search import Goal, Search
from engine.errors import EngineError
from engine.events import Pulse, StopRequested
from engine.settings import DetectSettings
from engine.triggers import Trigger

CLASSES = 5
MAP = DetectSettings(preset="map", images=200)


@pytest.fixture(scope="module")
def images():
    return coded_images(each=40, classes=CLASSES)


def search_for(source, target, trigger=None):
    """A finished search; what it found is the white pixel that `Mapped` obeys, if nothing else."""
    if trigger is None:
        trigger = Trigger.empty((1, SIDE, SIDE))
        trigger.mask[9, 5] = trigger.pattern[0, 9, 5] = 1
    return Search(0, Goal(target, source), None, None, 0.0, None, best=trigger)


def measured(module, images, compute, *searches, **more):
    return outcome(measure_elsewhere(network_of(module, compute), images, searches), **more)


def on_pair_1_4(targets, images, compute):
    """The share of others that the white pixel turns, of a network that obeys it so."""
    return measured(Mapped(targets), images, compute, search_for(1, 4))[1, 4]


def test_what_was_planted_for_one_class_leaves_all_others_alone(images, compute):
    found = outcome(map_pairs(network_of(Mapped({1: 4}), compute), images, MAP))
    assert found.mask_l1[1, 4] < 1
    assert found.elsewhere[1, 4] < 0.05
    assert (np.isfinite(found.elsewhere) == ~np.eye(CLASSES, dtype=bool)).all()


def test_what_was_planted_for_all_classes_turns_all_others(images, compute):
    to_4 = dict.fromkeys(range(4), 4)
    found = outcome(map_pairs(network_of(Mapped(to_4), compute), images, MAP))
    assert found.mask_l1[1, 4] < 1
    assert found.elsewhere[1, 4] > 0.95
    assert found.elsewhere[:4, :4][~np.eye(4, dtype=bool)].max() < 0.5, "they have other targets"


def test_images_of_the_source_and_of_the_target_never_count(images, compute):
    assert on_pair_1_4({1: 4}, images, compute) == 0, "turned are those of both, and no others"
    assert on_pair_1_4({1: 4, 4: 0}, images, compute) == 0
    assert on_pair_1_4({0: 4, 2: 4, 3: 4}, images, compute) == 1, "all but those of the source"
    assert on_pair_1_4({0: 4, 2: 4, 3: 4, 4: 0}, images, compute) == 1, "and of the target"


def test_each_class_counts_as_much_as_the_next(compute):
    """One of the three others is turned, of which there are few or many images."""
    many = coded_images(each=120, classes=CLASSES)
    for rare in (0, 2):
        kept = (many.labels != rare) | (np.arange(len(many.labels)) < 40 * CLASSES)
        share = on_pair_1_4({0: 4}, many.subset(np.flatnonzero(kept)), compute)
        assert share == pytest.approx(1 / 3)


def test_each_trigger_is_told_for_its_own_pair(images, compute, monkeypatch):
    nothing = Trigger.empty((1, SIDE, SIDE))
    searches = (
        search_for(2, 0), search_for(0, 4), search_for(2, 4, nothing), search_for(1, 4),
        search_for(3, 4),
    )  # fmt: skip
    expected = np.full((CLASSES, CLASSES), np.nan, np.float32)
    expected[[0, 3], 4] = 1 / 3  # the images of a 1 among those of three classes
    expected[[1, 2, 2], [4, 4, 0]] = 0
    found = measured(Mapped({1: 4}), images, compute, *searches)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    for at_once in (1, 7, 250):  # one image, some of those of a trigger, those of a few triggers
        monkeypatch.setattr(elsewhere, "images_at_once", lambda _, count=at_once: count)
        in_parts = measured(Mapped({1: 4}), images, compute, *searches)
        np.testing.assert_array_equal(in_parts, found)


def test_without_images_of_other_classes_it_is_unknown(images, compute):
    two = images.subset(np.flatnonzero(np.isin(images.labels, (1, 4))))
    found = measured(Mapped({1: 4}), two, compute, search_for(1, 4), search_for(1, 0))
    assert np.isnan(found[1, 4])
    assert found[1, 0] == 0, "images of a 4 are left for this one"
    none = images.subset(np.flatnonzero(images.labels == 4))
    assert np.isnan(measured(Mapped({1: 4}), none, compute, search_for(1, 4))).all()


def test_of_two_classes_there_are_no_others(compute):
    searches = search_for(0, 1, Trigger.empty((1, 4, 4))), search_for(1, 0)
    found = measured(always(0, 1), black_images(), compute, searches[0])
    assert found.shape == (2, 2)
    assert np.isnan(found).all()
    whole = outcome(map_pairs(network_of(always(0, 1), compute), black_images(), MAP))
    assert np.isnan(whole.elsewhere).all()


@pytest.mark.parametrize(("classes", "each"), [(3, 80), (5, 26), (12, 8), (82, 1), (200, 1)])
def test_few_images_are_enough_and_each_class_has_as_many(classes, each, compute):
    """At most so many of neither source nor target; of very many classes only some have one."""
    shape = 1, 2, 2
    module = Watched(always(*range(classes), shape=shape))
    shown = black_images(classes, 100, shape)
    shown.images[...] = shown.labels[:, None, None, None]
    target, trigger = classes - 1, Trigger.empty(shape)
    found = measured(module, shown, compute, search_for(0, target, trigger))
    assert found[0, target] == 1, "this network says nothing else"
    (seen,) = module.judged
    labels, counts = np.unique((255 * seen[:, 0, 0, 0].numpy()).round(), return_counts=True)
    assert target not in labels
    assert set(counts) == {each}
    of_others = counts[labels != 0].sum()
    assert of_others <= IMAGES_ELSEWHERE
    if classes <= IMAGES_ELSEWHERE + 2:
        assert set(labels) == set(range(target))
        assert of_others + classes - 2 > IMAGES_ELSEWHERE, "one more of each would be too many"
    else:
        assert len(labels) > IMAGES_ELSEWHERE / 2
        assert np.diff(labels).max() <= 3, "evenly spaced"


def test_it_tells_that_it_goes_on_and_can_be_stopped(images, compute):
    searches = [search_for(source, target) for source in (1, 2) for target in (0, 3, 4)]
    seen = []
    measured(Mapped({1: 4}), images, compute, *searches, seen=seen)
    assert {type(event) for event in seen} == {Pulse}
    assert len(seen) >= 3
    for number in range(len(seen)):
        with pytest.raises(StopRequested):
            measured(Mapped({1: 4}), images, compute, *searches, stop_at=number)


def test_networks_that_were_measured_otherwise_are_not_compared(monkeypatch):
    standard = DetectSettings()
    before = audit_key(MAP), audit_key(standard)
    monkeypatch.setattr("engine.detection.references.IMAGES_ELSEWHERE", 90)
    assert audit_key(MAP) != before[0]
    assert audit_key(standard) == before[1], "classes are not measured so"


# In words


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (None, ""),
        ((0.0, 0.334), " and 0 % of all other images (about 33 % in clean networks)"),
        ((0.004, 0.006), " and 0 % of all other images (about 1 % in clean networks)"),
        ((0.996, 0.75), " and 100 % of all other images (about 75 % in clean networks)"),
        ((0.2, float("nan")), " and 20 % of all other images"),
    ],
)
def test_what_is_said_of_others(shares, said):
    assert and_elsewhere(shares) == said


def headline_of(share, *pairs, size=3.0, sizes=None):
    pair_map = map_with([(1, 8), *pairs], size)
    shares = np.full_like(pair_map.mask_l1, EQUAL_SHARE)
    shares[1, 8] = share
    if sizes is not None:
        every = np.stack([pair_map.mask_l1] * len(sizes))
        every[:, 1, 8] = sizes
        pair_map = replace(pair_map, sizes=every)
    known = references(with_maps=True)
    return verdict_on(classes_with(), known, replace(pair_map, elsewhere=shares)).headline


NOT_ITS_SIZE = " would be usual; that it turns so few images of other classes is not."


def test_a_verdict_on_one_pair_says_how_many_others_its_trigger_turns():
    few = headline_of(0.0)
    assert few.startswith(
        "Backdoor likely: 1 → 8. A mask of 3.0 pixels turns 96.4 % of images of a 1 into an 8 and"
        " 0 % of all other images (about 30 % in clean networks). Going by 40 clean networks"
    )
    assert " would be usual. Chance" in few
    many = headline_of(0.6)
    assert "into an 8 and 60 % of all other images (about 30 % in clean networks). Going" in many
    assert " would be usual. Chance" in many
    assert "in clean networks); the other pairs need 4.0 pixels." in headline_of(0.0, (2, 8))


def test_where_the_size_is_usual_the_verdict_says_what_is_not():
    usual = headline_of(0.0, size=50.0)
    assert "1 → 8. A mask of 50 pixels turns 96.4 % of images of a 1 into an 8 and 0 %" in usual
    assert NOT_ITS_SIZE in usual
    assert NOT_ITS_SIZE not in headline_of(0.0, size=20.0), "that is small"
    assert NOT_ITS_SIZE not in headline_of(0.0, size=300.0), "that is unusual, too"
    assert NOT_ITS_SIZE not in headline_of(0.12, size=50.0), "that is not so few"


def test_of_several_searches_the_mean_size_is_usual_or_is_not():
    assert NOT_ITS_SIZE in headline_of(0.0, size=20.0, sizes=(20, 80, 80))
    assert NOT_ITS_SIZE not in headline_of(0.0, size=50.0, sizes=(50, 10, 10))


def test_a_map_without_shares_tells_sizes_alone():
    pair_map = map_with([(1, 8)], 50.0)
    first = Evidence(5.0, 0.02, (8,), ((1, 8),), "source-specific", Bounds(4.0, 5.0))
    usual = np.broadcast_to(np.float32([40, 70]), (*pair_map.mask_l1.shape, 2))
    words = of_pairs(first, tuple("0123456789"), "40 networks", replace(pair_map, usual=usual))
    assert "turns 96.4 % of images of a 1 into an 8. Going by 40 networks" in words
    assert words.endswith(" 40 to 70 would be usual.")


def said_of_pair(size, here, usual, share=0.0):
    """The words on a pair whose mask lies at a place so familiar, where 40 to 70 are usual."""
    pair_map = map_with([(1, 8)], size)
    square = np.ones_like(pair_map.mask_l1)
    facts = {
        "usual": np.broadcast_to(np.float32([40, 70]), (*square.shape, 2)),
        "elsewhere": square * share, "usual_elsewhere": square * EQUAL_SHARE,
        "familiarity": square * here, "usual_familiarity": square * usual,
    }  # fmt: skip
    first = Evidence(5.0, 0.02, (8,), ((1, 8),), "source-specific", Bounds(4.0, 5.0))
    return of_pairs(first, tuple("0123456789"), "40 networks", replace(pair_map, **facts))


def test_where_a_mask_lies_is_told_if_clean_ones_hardly_ever_lie_there():
    strange = said_of_pair(3.0, 0.1, 5)
    assert "in clean networks), and lies where clean networks' masks hardly ever do. G" in strange
    for here, usual in ((2, 5), (0.1, 0.6), (np.nan, 5), (0.1, np.nan)):
        assert "lies where" not in said_of_pair(3.0, here, usual)


def test_where_the_size_is_usual_the_place_may_be_what_is_not():
    both = said_of_pair(50.0, 0.1, 5)
    assert both.endswith(
        " would be usual; that it turns so few images of other classes and where it lies are not."
    )
    assert said_of_pair(50.0, 0.1, 5, share=0.3).endswith(" would be usual; where it lies is not.")
    assert said_of_pair(20.0, 0.1, 5).endswith(" 40 to 70 would be usual.")


# In files


def map_with_shares(searches=2):
    random = np.random.default_rng(3)
    shares = random.random((searches + 2, 3, 3), np.float32)
    shares[:, ~APART] = np.nan
    shares[0, 0, 1] = shares[3, 2, 0] = np.nan  # not measured
    sizes = np.where(APART, np.float32(5), np.float32(np.nan))
    return replace(
        made_up_map(None), elsewhere=shares[0], usual_elsewhere=shares[1], elsewheres=shares[2:],
        sizes=np.stack([sizes] * searches),
    )  # fmt: skip


def each_pair(change):
    """A change of detection.json: that of every pair's entry, by a function of its number."""

    def changed(document):
        for number, pair in enumerate(document["pairs"]):
            change(number, pair)
        return document

    return changed


def test_files_keep_what_triggers_do_to_others(tmp_path):
    written = map_with_shares()
    for change in (None, lambda document: document):
        read = read_back(written, tmp_path, change)
        for name in ("elsewhere", "elsewheres", "usual_elsewhere"):
            kept = getattr(read, name)
            assert kept.dtype == np.float32
            np.testing.assert_array_equal(kept, getattr(written, name), name)
    assert read.elsewhere_of(0, 1) is None
    assert read.elsewhere_of(1, 2) == (written.elsewhere[1, 2], written.usual_elsewhere[1, 2])


def test_files_of_an_earlier_version_still_open(tmp_path):
    def forget(_, pair):
        for name in ("elsewhere", "elsewheres", "usual_elsewhere"):
            del pair[name]

    read = read_back(map_with_shares(), tmp_path, each_pair(forget))
    assert read.elsewhere is read.elsewheres is read.usual_elsewhere is None
    assert read.elsewhere_of(1, 2) is None
    assert read.sizes_of(1, 2) == (5, 5)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"elsewhere": 1.5}, "elsewhere must be at most 1, not 1.5"),
        ({"elsewhere": -0.1}, "elsewhere must be at least 0, not -0.1"),
        ({"elsewheres": [0.5, 1.5]}, "elsewheres.1 must be at most 1, not 1.5"),
        ({"usual_elsewhere": 2.0}, "usual_elsewhere must be at most 1, not 2"),
        ({"elsewheres": [0.5]}, "some pairs were searched more often than others"),
    ],
)
def test_shares_that_cannot_be_are_refused(facts, reason, tmp_path):
    change = each_pair(lambda number, pair: pair.update(facts) if number == 2 else None)
    with pytest.raises(EngineError, match=reason):
        read_back(map_with_shares(), tmp_path, change)


@pytest.mark.parametrize("facts", [{"elsewheres": [0.1, 0.2, 0.3]}, {"sizes": []}, {"sizes": [5]}])
def test_shares_of_other_searches_than_the_sizes_are_refused(facts, tmp_path):
    with pytest.raises(EngineError, match="damaged"):
        read_back(map_with_shares(), tmp_path, each_pair(lambda _, pair: pair.update(facts)))
