"""A map that goes on from a finished scan finds what one that begins anew would have found."""

from dataclasses import replace

import numpy as np
import pytest
from test_pair_map import Mapped
from toys import coded_images, equal_shares, network_of, outcome

from engine import data
from engine.detection.continuing import has_classes_of
from engine.detection.mask_forms import forms_of
from engine.detection.reference import Reference
from engine.detection.references import References
from engine.detection.scan import MAP_STOPPED, scan
from engine.detection.schedules import PRESETS, passes_of_pairs
from engine.detection.steadying import RULE
from engine.detection.wording import MAP_NOT_JUDGED
from engine.events import PairsMoved, Progress, ScanStepped, StopRequested, TriggersMoved
from engine.experiment import scan_job
from engine.models import Model
from engine.settings import ComputeSettings, DetectSettings, ExperimentSettings
from engine.store import open_experiment

CLASSES = 5
PAIRS = CLASSES * (CLASSES - 1)
STANDARD = DetectSettings(preset="standard", images=200)
MAP = DetectSettings(preset="map", images=200)
IMAGES = coded_images(each=100, classes=CLASSES)
MODEL = Model("toy", IMAGES.shape, CLASSES, {"w": np.ones(3, np.float32)})


def scan_with(compute, settings, *, images=IMAGES, model=MODEL, **more):
    """Scan a network whose images of a 1 become a 4; the Model gives its hash only."""
    return scan(model, network_of(Mapped({1: 4}), compute), images, settings, **more)


@pytest.fixture(scope="module")
def standard(compute):
    return outcome(scan_with(compute, STANDARD))


@pytest.fixture(scope="module")
def whole(compute):
    """A map that searched everything itself."""
    return outcome(scan_with(compute, MAP))


def searches_classes(job):
    """Whether a scan searches the classes before anything else."""
    for event in job:
        if isinstance(event, (TriggersMoved, PairsMoved)):
            job.close()
            return isinstance(event, TriggersMoved)
    raise AssertionError("it searched nothing")


def assert_same(found, expected):
    """All that two scans found, and what follows from it, is the same."""
    for mine, its in zip(found.classes, expected.classes, strict=True):
        np.testing.assert_array_equal(mine.trigger.mask, its.trigger.mask)
        np.testing.assert_array_equal(mine.trigger.pattern, its.trigger.pattern)
        np.testing.assert_array_equal(mine.hard.trigger.pattern, its.hard.trigger.pattern)
        assert mine.hard.success == its.hard.success
        apart = {"trigger": None, "hard": None}
        assert replace(mine, **apart).__dict__ == replace(its, **apart).__dict__
    for name in ("mask_l1", "success", "penalty"):
        np.testing.assert_array_equal(getattr(found.curves, name), getattr(expected.curves, name))
    for name in ("mask_l1", "converged", "masks", "patterns", "success", "elsewhere"):
        np.testing.assert_array_equal(
            getattr(found.pair_map, name), getattr(expected.pair_map, name)
        )
    assert found.verdict == expected.verdict
    assert found.warnings == expected.warnings
    assert found.settings == expected.settings
    assert found.image_passes == expected.image_passes
    assert found.complete


def test_a_map_that_goes_on_finds_what_a_whole_one_finds(compute, standard, whole):
    seen = []
    found = outcome(scan_with(compute, MAP, earlier=standard), seen=seen)
    assert not any(isinstance(event, (ScanStepped, TriggersMoved)) for event in seen)
    assert_same(found, whole)
    assert found.image_passes == standard.image_passes + found.pair_map.image_passes
    assert found.seconds > standard.seconds


def test_progress_starts_after_the_classes_share(compute, standard):
    seen = []
    outcome(scan_with(compute, MAP, earlier=standard), seen=seen)
    searching = [event for event in seen if isinstance(event, Progress) and event.total > 1]
    done = [event.done / event.total for event in searching]
    share = standard.image_passes / (standard.image_passes + passes_of_pairs(CLASSES))
    assert share < done[0] < share + 0.05
    assert done == sorted(done)
    assert done[-1] == 1


@pytest.mark.parametrize(
    "asked",
    [
        MAP.model_copy(update={"seed": 1}),
        MAP.model_copy(update={"images": 201}),
        MAP.model_copy(update={"success_threshold": 0.95}),
        STANDARD,
    ],
)
def test_other_settings_search_the_classes(compute, standard, asked):
    assert searches_classes(scan_with(compute, asked, earlier=standard))
    assert not has_classes_of(standard, asked)


def test_another_network_or_other_images_search_the_classes(compute, standard):
    assert not searches_classes(scan_with(compute, MAP, earlier=standard))
    other = replace(MODEL, state={"w": np.zeros(3, np.float32)})
    assert searches_classes(scan_with(compute, MAP, model=other, earlier=standard))
    theirs = replace(standard, clean_accuracy=standard.clean_accuracy - 0.01)
    assert searches_classes(scan_with(compute, MAP, earlier=theirs))
    fewer = replace(standard, classes=standard.classes[:-1])
    assert searches_classes(scan_with(compute, MAP, earlier=fewer))


def test_what_is_no_class_part_of_a_map_is_passed_over(standard, whole):
    quick = replace(standard, settings=STANDARD.model_copy(update={"preset": "quick"}))
    paper = replace(standard, settings=STANDARD.model_copy(update={"preset": "paper"}))
    curves = standard.curves
    longer = replace(curves, mask_l1=np.concatenate([curves.mask_l1, curves.mask_l1[:9]]))
    assert has_classes_of(standard, MAP)
    for earlier in (
        quick, paper, whole, replace(standard, complete=False), replace(standard, curves=longer),
    ):  # fmt: skip
        assert not has_classes_of(earlier, MAP)


def test_a_map_whose_pairs_were_stopped_goes_on_from_its_classes(compute, whole):
    def pairs_move(event):
        return isinstance(event, PairsMoved)

    stopped = outcome(scan_with(compute, MAP), stop_at=pairs_move)
    assert MAP_STOPPED in stopped.warnings
    seen = []
    found = outcome(scan_with(compute, MAP, earlier=stopped), seen=seen)
    assert not any(isinstance(event, TriggersMoved) for event in seen)
    assert_same(found, whole)


def test_a_stop_keeps_the_classes(compute, standard):
    def pairs_move(event):
        return isinstance(event, PairsMoved)

    found = outcome(scan_with(compute, MAP, earlier=standard), stop_at=pairs_move)
    assert found.complete
    assert found.pair_map is None
    assert found.warnings[-1] == MAP_STOPPED
    assert found.verdict == standard.verdict
    with pytest.raises(StopRequested):
        outcome(scan_with(compute, MAP, earlier=standard), stop_at=0)


# Beside clean networks


def references(standard, factor, *, pairs=True, count=40):
    """Clean networks in which the first class's mask is larger by a factor, the others usual."""
    random = np.random.default_rng(0)
    usual = np.log([found.mask_l1 for found in standard.classes])
    usual[0] += np.log(factor)
    logs = usual + random.normal(0, 0.1, (count, CLASSES))
    pair_logs = np.log(60) + random.normal(0, 0.2, (count, PAIRS))
    return References(
        data="toy", architecture="toy", audit="", pixels=144,
        networks=tuple(
            Reference(
                recipe="", clean_accuracy=0.98, converged=(True,) * CLASSES,
                mask_l1=tuple(np.exp(row)), pair_l1=tuple(np.exp(of_pairs)) if pairs else (),
                pair_elsewhere=equal_shares(of_pairs) if pairs else (),
            )
            for row, of_pairs in zip(logs, pair_logs, strict=True)
        ),
    )  # fmt: skip


def with_forms(known, standard):
    """The same networks, whose masks look like those of this scan."""
    opacity, radius = zip(*(forms_of(one)[0] for one in standard.classes), strict=True)
    forms = {"mask_opacity": opacity, "mask_radius": radius}
    networks = tuple(one.model_copy(update=forms) for one in known.networks)
    return known.model_copy(update={"networks": networks})


BORDERLINE = float(np.exp(0.45))


def test_the_verdict_rests_on_the_networks_that_have_maps(compute, standard):
    known = with_forms(references(standard, 1.0, pairs=False), standard)
    earlier = outcome(scan_with(compute, STANDARD, references=known))
    assert earlier.verdict.outcome == "not_found"
    assert all(one.usual_form is not None for one in earlier.classes)
    maps = references(standard, 1.0)
    found = outcome(scan_with(compute, MAP, references=maps, earlier=earlier))
    assert_same(found, outcome(scan_with(compute, MAP, references=maps)))
    assert found.verdict.pairs == ((1, 4),)
    alone = outcome(scan_with(compute, MAP, earlier=earlier))
    of_clean = {(one.z, one.usual, one.suspicious_size, one.usual_form) for one in alone.classes}
    assert of_clean == {(None, None, None, None)}


@pytest.mark.parametrize("factor", [1.0, 30.0])
def test_networks_without_maps_judge_a_map_by_its_classes(compute, standard, factor):
    """As they would judge the scan of the classes alone; the pairs count for nothing."""
    known = references(standard, factor, pairs=False)
    earlier = outcome(scan_with(compute, STANDARD, references=known))
    found = outcome(scan_with(compute, MAP, references=known, earlier=earlier))
    assert found.pair_map is not None
    assert not found.is_calibrated
    assert earlier.is_calibrated
    assert MAP_NOT_JUDGED in found.verdict.explanation
    assert replace(found.verdict, explanation="") == replace(earlier.verdict, explanation="")
    assert found.verdict.outcome == ("likely" if factor > 1 else "not_found")
    assert found.verdict.targets == ((0,) if factor > 1 else ())


def test_a_borderline_case_is_not_searched_again(compute, standard):
    known = references(standard, BORDERLINE)
    earlier = outcome(scan_with(compute, STANDARD, references=known))
    assert all(len(one.sizes) >= RULE.least for one in earlier.classes)
    seen = []
    found = outcome(scan_with(compute, MAP, references=known, earlier=earlier), seen=seen)
    texts = [event.text for event in seen if isinstance(event, Progress)]
    assert not any("borderline" in text for text in texts)
    assert_same(found, outcome(scan_with(compute, MAP, references=known)))


def test_searches_of_an_older_version_are_made_again_where_looks_count(compute, standard):
    """It did not keep what the masks of all searches look like."""
    known = with_forms(references(standard, BORDERLINE), standard)
    steadied = outcome(scan_with(compute, STANDARD, references=known))
    assert all(len(one.forms) == len(one.sizes) >= RULE.least for one in steadied.classes)
    older = replace(steadied, classes=tuple(replace(one, forms=()) for one in steadied.classes))
    found = outcome(scan_with(compute, MAP, references=known, earlier=older))
    anew = outcome(scan_with(compute, MAP, references=known))
    assert found.verdict == anew.verdict
    assert [one.forms for one in found.classes] == [one.forms for one in steadied.classes]
    assert found.image_passes > anew.image_passes, "what the earlier searches cost is told, too"


def test_other_clean_networks_decide_anew_whether_a_case_is_borderline(compute, standard):
    plain, close = references(standard, 1.0), references(standard, BORDERLINE)
    steadied = outcome(scan_with(compute, STANDARD, references=close))
    found = outcome(scan_with(compute, MAP, references=plain, earlier=steadied))
    assert not any(one.sizes for one in found.classes)
    assert found.verdict == outcome(scan_with(compute, MAP, references=plain)).verdict
    once = outcome(scan_with(compute, MAP, references=close, earlier=standard))
    assert_same(once, outcome(scan_with(compute, MAP, references=close)))


# As the window does it


def test_a_scan_that_was_opened_again_is_gone_on_from(small, backdoored, tmp_path, monkeypatch):
    def load_job(settings):
        yield from ()
        return small

    monkeypatch.setattr(data, "load_job", load_job)
    compute = ComputeSettings(device="cpu", precision="float32", threads=1)
    settings = ExperimentSettings(detect=STANDARD, compute=compute)
    outcome(scan_job(settings, backdoored.model, None, tmp_path / "standard"))
    earlier = open_experiment(tmp_path / "standard").detection
    assert len(earlier.curves.mask_l1) == PRESETS["standard"].steps
    mapped = settings.model_copy(update={"detect": MAP})
    job = scan_job(mapped, backdoored.model, None, tmp_path / "map", earlier)
    assert not searches_classes(job)
