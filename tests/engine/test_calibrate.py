"""Calibration: it learns what clean networks look like, and nothing that is done is lost."""

import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest
from calibrations_made import (
    CODED,
    DETECT,
    SETTINGS,
    TRAIN,
    coded_job,
    made_now,
    scanned_with,
    the_set,
)
from toys import coded_images, outcome

from engine import data
from engine.data import DataSet
from engine.detection import clean_networks
from engine.detection.audit_images import TooFewImages
from engine.detection.calibrate import calibrate_job, standing
from engine.detection.clean_networks import WorkClock
from engine.detection.known_references import find_cached
from engine.detection.recipes import draw
from engine.errors import EngineError
from engine.events import NetworkCalibrated, Progress, Pulse, StopRequested, Warned


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Three networks that are really trained and scanned: their events, and the references."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load_job", coded_job)
        job = calibrate_job(SETTINGS, 3, tmp_path_factory.mktemp("real"))
        references = outcome(job, seen=seen)
    return seen, references


def test_it_returns_references_of_networks_that_learned(real):
    _, references = real
    assert len(references.networks) == 3
    assert (references.data, references.architecture) == ("coded", "mlp")
    assert references.pixels == 144
    assert min(one.clean_accuracy for one in references.networks) > 0.8
    assert len({one.recipe for one in references.networks}) == 3
    for one in references.networks:
        assert len(one.mask_l1) == len(one.converged) == 4
        assert min(one.mask_l1) > 0.5, "a class is coded by four pixels"
        assert max(one.mask_l1) <= 144
        assert len(one.mask_opacity) == 4
        assert 0 < min(one.mask_opacity) < max(one.mask_opacity) <= 1
        assert len(one.mask_radius) == 4
        assert 1 <= min(one.mask_radius) < max(one.mask_radius)


def test_only_what_concerns_the_whole_is_told(real):
    seen, _ = real
    kinds = {type(event) for event in seen}
    assert kinds == {Progress, Pulse, NetworkCalibrated}
    words = [event.text for event in seen if isinstance(event, Progress)]
    assert any(text.startswith("network 2 of 3 · epoch 1 of") for text in words)
    assert words[-1] == "network 3 of 3 · scan"


def test_every_network_is_told_with_the_band_so_far(calibrated):
    _, seen, references = calibrated
    told = [event for event in seen if isinstance(event, NetworkCalibrated)]
    assert [event.number for event in told] == [1, 2, 3, 4, 5]
    assert {event.total for event in told} == {5}
    sizes = np.array([one.mask_l1 for one in references.networks], np.float32)
    for count, event in enumerate(told, start=1):
        np.testing.assert_array_equal(event.mask_l1, sizes[count - 1])
        np.testing.assert_array_equal(event.low, sizes[:count].min(axis=0))
        np.testing.assert_array_equal(event.high, sizes[:count].max(axis=0))


def test_progress_is_that_of_the_whole(calibrated):
    _, seen, _ = calibrated
    steps = [event for event in seen if isinstance(event, Progress) and event.total == 1000]
    done = [event.done for event in steps]
    assert done == sorted(done)
    assert done[-1] == 1000


def test_the_time_left_follows_from_work_done_and_no_pause_counts(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def part():
        for step in range(1, 5):
            now[0] += 1  # a second of work
            yield Progress(step, 4, f"epoch {step}", 20_000.0)

    clock = WorkClock(dict.fromkeys(range(4), 100.0), done=[0])
    told = []
    for event in clock.follow(part(), 100, "network 2 · {}"):
        told.append(event)
        now[0] += 1000  # a pause
    assert [event.done for event in told] == [312, 375, 438, 500]
    assert [event.seconds_left for event in told] == pytest.approx([11, 10, 9, 8])
    assert told[0].text == "network 2 · epoch 1"
    assert told[0].images_per_second == 20_000


def test_nothing_is_said_of_the_time_left_before_something_is_done():
    clock = WorkClock(dict.fromkeys(range(4), 100.0), done=[])
    (event,) = clock.follow(iter_job(Progress(1, 100, "epoch 1 of 9")), 100)
    assert event.seconds_left is None


def iter_job(*events):
    yield from events


def test_a_second_run_trains_nothing(own_cache, loaded, calibrated):
    _, _, references = calibrated
    seen = []
    again = outcome(calibrate_job(SETTINGS, 5, own_cache), seen=seen)
    assert again == references
    assert made_now(seen) == []


def test_more_networks_are_added_and_none_is_taken_away(own_cache, loaded, calibrated):
    _, _, references = calibrated
    seen = []
    more = outcome(calibrate_job(SETTINGS, 6, own_cache), seen=seen)
    assert made_now(seen) == [6]
    assert more.networks[:5] == references.networks
    fewer = outcome(calibrate_job(SETTINGS, 2, own_cache))
    assert fewer == more


def test_the_seeds_of_the_settings_change_nothing(own_cache, loaded, calibrated):
    _, _, references = calibrated
    other = SETTINGS.model_copy(
        update={
            "train": TRAIN.model_copy(update={"seed": 5}),
            "detect": DETECT.model_copy(update={"seed": 5}),
        }
    )
    assert outcome(calibrate_job(other, 5, own_cache)) == references


@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_ended_anywhere_it_goes_on_where_it_was(share, tmp_path, loaded, calibrated):
    """A kill between two steps: nothing of the Job runs any more, not even to tidy up."""
    _, seen, references = calibrated
    job, last = calibrate_job(SETTINGS, 5, tmp_path), int(len(seen) * share)
    done = [type(next(job)) for _ in range(last)].count(NetworkCalibrated)
    (folder,) = tmp_path.iterdir()
    half = folder / f".network-{done:04}.json.0123456789abcdef.part"
    half.write_bytes(b'{"key"')
    os.utime(half, (0, 0))
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("network*")}
    assert len(before) in (done, done + 1), "a network is kept before it is told"

    now = []
    assert outcome(calibrate_job(SETTINGS, 5, tmp_path), seen=now) == references
    assert len(made_now(now)) == 5 - len(before)
    assert before.items() <= {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}.items()
    assert not list(folder.glob(".*"))
    job.close()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text[:0],
        lambda text: text.replace('"number": 2', '"number": 3'),
        lambda text: text.replace('"epochs": ', '"epochs": 1'),
        lambda text: text.replace('"mask_l1": [', '"mask_l1": [ 1e9,'),
        lambda text: text.replace('"mask_opacity": [', '"mask_opacity": [ 0.5,'),
        lambda text: text.replace('"mask_radius": [', '"mask_radius": [ 2.5,'),
        lambda text: re.sub(r'("mask_opacity": \[\s*)[0-9.]+', r"\g<1>0.0", text),
        lambda text: text.replace('"pair_elsewhere": [', '"pair_elsewhere": [ 0.5'),
        lambda text: text.replace('"key": "', '"key": "0'),
    ],
)
def test_a_damaged_file_is_made_again_and_that_is_said(spoil, own_cache, loaded, calibrated):
    _, _, references = calibrated
    path = the_set(own_cache) / "network-0002.json"
    spoilt = spoil(path.read_text())
    assert spoilt != path.read_text()
    path.write_text(spoilt)
    seen = []
    assert outcome(calibrate_job(SETTINGS, 5, own_cache), seen=seen) == references
    assert made_now(seen) == [3]
    (said,) = [event.text for event in seen if isinstance(event, Warned)]
    assert "network-0002.json" in said
    assert "made again" in said


def test_a_stop_keeps_what_is_finished(tmp_path, loaded):
    job = calibrate_job(SETTINGS, 5, tmp_path)
    with pytest.raises(StopRequested):
        outcome(job, stop_at=lambda event: getattr(event, "number", 0) == 2)
    assert len(list(the_set(tmp_path).glob("network-*.json"))) == 2
    with pytest.raises(EngineError, match=r"not finished \(2 clean networks so far\)"):
        find_cached(loaded, TRAIN, DETECT, tmp_path)


def test_a_stop_within_a_training_or_a_scan_keeps_nothing_half_done(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "load_job", coded_job)
    for words in ("network 1 of 2 · epoch", "network 1 of 2 · scan"):
        job = calibrate_job(SETTINGS, 2, tmp_path)
        with pytest.raises(StopRequested):
            outcome(job, stop_at=lambda event, words=words: words in getattr(event, "text", ""))
        assert not list(the_set(tmp_path).iterdir())


def unteaching(attempts):
    """Recipes whose first attempts have a learning rate that teaches nothing."""

    def drawn(base, seed, number, attempt):
        recipe = draw(base, seed, number, attempt)
        if attempt >= attempts:
            return recipe
        train = recipe.train.model_copy(update={"learning_rate": 1e-9, "epochs": 1})
        return recipe.model_copy(update={"train": train})

    return drawn


def test_a_recipe_that_teaches_nothing_is_drawn_again(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "load_job", coded_job)
    monkeypatch.setattr(clean_networks, "draw", unteaching(1))
    seen = []
    references = outcome(calibrate_job(SETTINGS, 1, tmp_path), seen=seen)
    assert references.networks[0].clean_accuracy > 0.8
    kept = json.loads((the_set(tmp_path) / "network-0000.json").read_text())
    assert kept["attempt"] >= 1
    done = [event.done for event in seen if isinstance(event, Progress) and event.total == 1000]
    assert done == sorted(done), "the bar does not run backwards"


def test_settings_that_teach_nothing_are_refused_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "load_job", coded_job)
    monkeypatch.setattr(clean_networks, "draw", unteaching(9))
    with pytest.raises(EngineError, match=r"do not teach Coded: 4 clean networks .* 80.0 %"):
        outcome(calibrate_job(SETTINGS, 5, tmp_path))
    assert not list(the_set(tmp_path).glob("network*"))


def test_too_few_images_are_not_told_as_settings_that_teach_nothing(tmp_path, monkeypatch):
    tests = coded_images(105, 4)
    labels = np.where(np.arange(420) < 30, 3 - tests.labels, tests.labels)
    few = DataSet("few", "Few", coded_images(60, 4), replace(tests, labels=labels))

    def few_job(_):
        yield Progress(1, 1, "reading the images")
        return few

    monkeypatch.setattr(data, "load_job", few_job)
    with pytest.raises(TooFewImages, match=r"There are 420 test images.*Add images"):
        outcome(calibrate_job(SETTINGS, 1, tmp_path))


@pytest.mark.parametrize(
    ("each", "classes", "sentence"),
    [
        (99, 4, "only 396 test images, and a scan needs 400"),
        (300, 2, "only 2 classes, and a verdict compares at least 3"),
    ],
)
def test_too_little_data_is_told_before_any_work(tmp_path, monkeypatch, each, classes, sentence):
    few = DataSet("few", "Few", coded_images(20, classes), coded_images(each, classes))

    def few_job(_):
        yield Progress(1, 1, "reading the images")
        return few

    monkeypatch.setattr(data, "load_job", few_job)
    with pytest.raises(EngineError, match=sentence):
        outcome(calibrate_job(SETTINGS, 5, tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path, loaded):
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="could not be written"):
        outcome(calibrate_job(SETTINGS, 5, tmp_path / "file"))


def test_maps_keep_the_sizes_of_all_pairs(tmp_path, monkeypatch, costly_pairs):
    monkeypatch.setattr(data, "load_job", coded_job)
    mapped = SETTINGS.model_copy(update={"detect": DETECT.model_copy(update={"preset": "map"})})
    (with_map,) = outcome(calibrate_job(mapped, 1, tmp_path)).networks
    assert len(with_map.pair_l1) == len(with_map.pair_elsewhere) == 12
    assert all(0 <= share <= 1 for share in with_map.pair_elsewhere)
    (alone,) = outcome(calibrate_job(scanned_with("standard"), 1, tmp_path)).networks
    assert with_map.classes_alone == alone, "the classes are searched alike"


# What a window says before it starts.


def test_where_a_calibration_stands(own_cache):
    whole = standing(SETTINGS, CODED, 5, folder=own_cache)
    assert (len(whole.networks), whole.missing, whole.seconds) == (5, 0, 0)
    assert whole.networks[-1].was_there
    (the_set(own_cache) / "network-0003.json").unlink()
    part = standing(SETTINGS, CODED, 20, folder=own_cache)
    assert [one.number for one in part.networks] == [1, 2, 3, 5]
    assert part.missing == 16
    assert part.seconds > 0
    assert part.folder == the_set(own_cache)


def test_the_first_estimate_is_that_of_a_plain_training(tmp_path):
    assert standing(SETTINGS, CODED, 20, folder=tmp_path).seconds is None
    quick = standing(SETTINGS, CODED, 20, 2.0, tmp_path).seconds
    slow = standing(SETTINGS, CODED, 20, 4.0, tmp_path).seconds
    assert slow == pytest.approx(2 * quick)
    # Twenty networks of about one plain training each, and the scans.
    assert 10 < quick < 400
