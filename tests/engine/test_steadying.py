"""Borderline networks are searched three times or more often, all others once."""

from types import SimpleNamespace

import numpy as np
import pytest
from toys import Weighted, code_weights, coded_images, network_of, outcome, with_pixel

from engine.detection.bounds import Bounds
from engine.detection.evidence import sizes_of
from engine.detection.mask_forms import form_of
from engine.detection.reference import Reference
from engine.detection.references import References, audit_key
from engine.detection.scan import scan
from engine.detection.schedules import PRESETS
from engine.detection.second_look import STOPPED
from engine.detection.steadying import RULE, _told, is_clear, seed_of
from engine.events import Progress, ScanStepped, StopRequested, Warned
from engine.models import Model
from engine.settings import DetectSettings

QUICK = DetectSettings(preset="quick", images=200)
TARGET = 4
PASSES = PRESETS["quick"].steps * PRESETS["quick"].images * 10
MODULE = Weighted(with_pixel(code_weights(), TARGET, 9, 5, weight=14))


def references(sizes, spread, count=40):
    """Clean networks whose masks lie around these sizes, so that a scan scores as wanted."""
    random = np.random.default_rng(0)
    logs = np.log(sizes) + random.normal(0, spread, (count, 10))
    return References(
        data="toy", architecture="toy", audit=audit_key(QUICK), pixels=144,
        networks=tuple(
            Reference(recipe="made up", clean_accuracy=0.98, mask_l1=tuple(np.exp(row)),
                      converged=(True,) * 10)
            for row in logs
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def first(compute):
    return outcome(scan_with(compute, None))


def scan_with(compute, known):
    images = coded_images()
    model = Model("toy", images.shape, images.classes, {"w": np.ones(3, np.float32)})
    return scan(model, network_of(MODULE, compute), images, QUICK, references=known)


def usual(first, factor):
    """References beside which the target's mask is smaller by this factor, the others usual."""
    sizes = np.array([found.mask_l1 for found in first.classes])
    sizes[TARGET] *= factor
    return references(sizes, spread=0.1)


def test_what_is_plain_is_searched_once(compute, first):
    for factor in (1.0, 100.0):
        detection = outcome(scan_with(compute, usual(first, factor)))
        assert detection.image_passes == PASSES
        assert not any(found.sizes for found in detection.classes)
        assert "single search" not in detection.verdict.explanation


def test_a_borderline_network_is_searched_again_and_the_mean_counts(compute, first):
    known, seen = usual(first, np.exp(0.45)), []
    detection = outcome(scan_with(compute, known), seen=seen)
    count = len(detection.classes[0].sizes)
    assert RULE.least <= count <= RULE.most
    assert detection.image_passes == count * PASSES
    for before, found in zip(first.classes, detection.classes, strict=True):
        assert len(found.sizes) == count
        assert found.sizes[0] == found.mask_l1 == before.mask_l1
        assert len(found.forms) == count
        assert found.forms[0] == form_of(found.trigger.mask)
        np.testing.assert_array_equal(found.trigger.mask, before.trigger.mask)
    means = [np.mean(np.log(found.sizes)) for found in detection.classes]
    np.testing.assert_allclose(sizes_of(detection.classes), means)
    scores = [found.z for found in detection.classes]
    np.testing.assert_allclose(scores, known.calibration().scores(np.array(means)))
    said = f"A single search could not decide, so {count} were"
    assert said in detection.verdict.explanation
    texts = [event.text for event in seen if isinstance(event, Progress)]
    assert any("search 3 of at most 9" in text for text in texts)
    told = [event for event in seen if isinstance(event, Progress) and "borderline" in event.text]
    shares = [event.done / event.total for event in told]
    assert shares == sorted(shares)
    assert 1 / RULE.most < shares[0]
    assert shares[-1] == count / RULE.most
    assert all(event.seconds_left is None for event in told)


def test_a_stop_during_the_second_look_keeps_the_first(compute, first):
    detection = outcome(
        scan_with(compute, usual(first, np.exp(0.45))),
        stop_at=lambda event: isinstance(event, Progress) and "search 2 of at most 9" in event.text,
    )
    assert detection.complete
    assert not any(found.sizes for found in detection.classes)
    assert detection.verdict.basis == "references"
    assert STOPPED in detection.warnings


def test_a_scan_stopped_early_is_compared_with_nothing(compute, first):
    """The sizes of half a search are no sizes: neither scores nor bands follow from them."""
    whole = outcome(scan_with(compute, usual(first, 1.0)))
    assert all(found.usual is not None for found in whole.classes)
    early = outcome(
        scan_with(compute, usual(first, 1.0)), stop_at=lambda event: isinstance(event, ScanStepped)
    )
    assert not early.complete
    assert {(one.z, one.usual, one.suspicious_size) for one in early.classes} == {(None,) * 3}
    assert not early.warnings, "what was not searched to its end is not known not to be there"


def test_a_stop_is_answered_by_the_scan_and_not_lost(compute, first):
    job = scan_with(compute, usual(first, np.exp(0.45)))
    while not (isinstance(event := next(job), Progress) and "search 2 of at most 9" in event.text):
        pass
    assert job.throw(StopRequested()) == Warned(STOPPED), "nothing else is left to do"
    with pytest.raises(StopIteration) as end:
        next(job)
    assert end.value.value.complete


def test_another_seed_gives_other_sizes(compute, first):
    detection = outcome(scan_with(compute, usual(first, np.exp(0.45))))
    assert all(len(set(found.sizes)) > 1 for found in detection.classes)
    assert detection.classes[0].mask_l1 == first.classes[0].mask_l1


@pytest.mark.parametrize(
    ("score", "noise", "searches", "clear"),
    [
        (2.0, 0.3, 3, True),  # far below both bounds
        (7.5, 0.3, 3, True),  # far above them
        (4.5, 0.3, 3, False),  # between them, and three searches cannot tell on which side
        (5.2, 0.3, 9, False),  # nine cannot either so close to one
        (6.0, 0.1, 3, True),
        (6.0, 1.5, 3, False),  # searches that differ so much say little
    ],
)
def test_searches_go_on_until_the_score_lies_clear_of_the_bounds(score, noise, searches, clear):
    known = references(np.full(10, 50.0), spread=0.1)
    calibration = known.calibration()
    usual_logs = np.tile(calibration.centre, (searches, 1))
    moves = np.linspace(-1, 1, searches) * noise
    usual_logs[:, TARGET] -= (score + moves) * calibration.spread[TARGET]

    def statistic(logs):
        return calibration.scores(logs).max()

    assert is_clear(usual_logs, statistic, Bounds(4.0, 5.0)) == clear


def test_scans_of_neighbouring_seeds_share_no_search(compute, first):
    known = usual(first, np.exp(0.45))
    settings = [QUICK.model_copy(update={"seed": seed}) for seed in (0, 1)]
    images = coded_images()
    model = Model("toy", images.shape, images.classes, {"w": np.ones(3, np.float32)})
    network = network_of(MODULE, compute)
    scans = [outcome(scan(model, network, images, one, references=known)) for one in settings]
    one, other = (np.array([found.sizes for found in made.classes]).T for made in scans)
    assert min(len(one), len(other)) >= RULE.least
    assert not any((mine == theirs).all() for mine in one for theirs in other)


def test_seeds_of_further_searches_are_seeds_and_come_once():
    seeds = [seed_of(seed, number) for seed in range(50) for number in range(1, RULE.most)]
    assert len(set(seeds)) == len(seeds)
    assert all(DetectSettings(seed=one).seed == one for one in seeds)


def test_a_further_search_says_the_longest_that_all_can_take(monkeypatch):
    now = iter([100.0, 103.0])
    clock = SimpleNamespace(perf_counter=lambda: next(now))
    monkeypatch.setattr("engine.detection.steadying.time", clock)

    def search():
        yield Progress(0, 100, "")
        yield Progress(50, 100, "")

    begun, half = _told(search(), 1, "search")
    assert begun.further.most_seconds is None
    left = half.total - half.done
    assert left == RULE.most * 100 - 150, "the first search is done, and half of this one"
    assert half.further.most_seconds == pytest.approx(left * 3 / 50)
    assert half.seconds_left is None
