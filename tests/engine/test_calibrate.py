"""Calibration: it learns what clean networks look like, and nothing that is done is lost."""

import json
import re
from functools import partial

import numpy as np
import pytest
from toys import coded_images, outcome

from engine import data
from engine.data import DataSet, ImageSet
from engine.detection import calibrate, clean_networks
from engine.detection.calibrate import calibrate_job, standing
from engine.detection.clean_networks import CleanNetworks, WorkClock, work
from engine.detection.known_references import (
    CLASSES_ALONE,
    OF_OTHERS,
    Known,
    find_cached,
    known_references,
    look_up_references,
)
from engine.detection.recipes import draw
from engine.detection.reference_cache import SEED, CleanNetwork, ReferenceSet
from engine.detection.references import REFERENCE_FOLDER, audit_key, find_references
from engine.detection.results import Detection, FoundTrigger, PairMap, ScanCurves, Verdict
from engine.errors import EngineError
from engine.events import NetworkCalibrated, Progress, Pulse, StopRequested, Warned
from engine.settings import ComputeSettings, DetectSettings, ExperimentSettings, TrainSettings
from engine.triggers import Trigger

TRAIN = TrainSettings(architecture="mlp", epochs=4, batch_size=16, learning_rate=0.002)
DETECT = DetectSettings(preset="quick", images=200)
SETTINGS = ExperimentSettings(
    train=TRAIN,
    detect=DETECT,
    compute=ComputeSettings(device="cpu", precision="float32", threads=1),
)
CODED = DataSet("coded", "Coded", coded_images(100, 4, seed=1), coded_images(100, 4, seed=2))
OTHERS = DataSet("coded", "Coded", coded_images(100, 4, seed=3), coded_images(100, 4, seed=4))


def coded_job(_):
    yield Progress(1, 1, "reading the images")
    return CODED


def made_up_network(maker, recipe, number):
    """In place of a training and a scan: figures that follow from the recipe's seed."""
    steps = (Progress(step, 5, f"epoch {step} of 5") for step in range(1, 6))
    yield from maker.clock.follow(steps, work(recipe, maker.data_set, maker.settings.detect))
    random = np.random.default_rng(recipe.train.seed)
    trigger = Trigger.empty((1, 12, 12))
    found = tuple(
        FoundTrigger(label, trigger, float(size), 1.0, size > 20, None)
        for label, size in enumerate(random.uniform(18, 140, 4))
    )
    curves = ScanCurves(*(np.zeros((1, 4), np.float32) for _ in range(3)))
    verdict = Verdict("not_found", None, None, "none", (), "", "")
    pair_map = made_up_map(random) if maker.settings.detect.preset == "map" else None
    return Detection(found, verdict, curves, DETECT, "", 0.95, 1.0, 1, pair_map=pair_map)


def made_up_map(random):
    sizes = random.uniform(18, 140, (4, 4)).astype(np.float32)
    images = np.zeros((4, 4, 12, 12), np.float32)
    elsewhere = random.uniform(0, 1, (4, 4)).astype(np.float32)
    return PairMap(sizes, sizes > 20, images, images[:, :, None], elsewhere=elsewhere)


@pytest.fixture
def loaded(monkeypatch):
    """The coded images, and networks of milliseconds."""
    monkeypatch.setattr(data, "load_job", coded_job)
    monkeypatch.setattr(CleanNetworks, "_train_and_scan", made_up_network)
    return CODED


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """The folder of a calibration with five such networks, its events, and what it returned."""
    folder = tmp_path_factory.mktemp("cache")
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load_job", coded_job)
        patch.setattr(CleanNetworks, "_train_and_scan", made_up_network)
        references = outcome(calibrate_job(SETTINGS, 5, folder), seen=seen)
    return folder, seen, references


@pytest.fixture
def cache(calibrated, tmp_path):
    """A copy of that folder, to be spoilt."""
    folder, _, _ = calibrated
    for path in folder.rglob("*.json"):
        copy = tmp_path / path.relative_to(folder)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path


def the_set(cache):
    (folder,) = cache.iterdir()
    return folder


def made_now(seen):
    return [one.number for one in seen if isinstance(one, NetworkCalibrated) and not one.was_there]


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


def test_a_second_run_trains_nothing(cache, loaded, calibrated):
    _, _, references = calibrated
    seen = []
    again = outcome(calibrate_job(SETTINGS, 5, cache), seen=seen)
    assert again == references
    assert made_now(seen) == []


def test_more_networks_are_added_and_none_is_taken_away(cache, loaded, calibrated):
    _, _, references = calibrated
    seen = []
    more = outcome(calibrate_job(SETTINGS, 6, cache), seen=seen)
    assert made_now(seen) == [6]
    assert more.networks[:5] == references.networks
    fewer = outcome(calibrate_job(SETTINGS, 2, cache))
    assert fewer == more


def test_the_seeds_of_the_settings_change_nothing(cache, loaded, calibrated):
    _, _, references = calibrated
    other = SETTINGS.model_copy(
        update={
            "train": TRAIN.model_copy(update={"seed": 5}),
            "detect": DETECT.model_copy(update={"seed": 5}),
        }
    )
    assert outcome(calibrate_job(other, 5, cache)) == references


@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_ended_anywhere_it_goes_on_where_it_was(share, tmp_path, loaded, calibrated):
    """A kill between two steps: nothing of the Job runs any more, not even to tidy up."""
    _, seen, references = calibrated
    job, last = calibrate_job(SETTINGS, 5, tmp_path), int(len(seen) * share)
    done = [type(next(job)) for _ in range(last)].count(NetworkCalibrated)
    (folder,) = tmp_path.iterdir()
    (folder / f".network-{done:04}.json.0123456789abcdef.part").write_bytes(b'{"key"')
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
        lambda text: text.replace('"pair_elsewhere": [', '"pair_elsewhere": [ 0.5'),
        lambda text: text.replace('"key": "', '"key": "0'),
    ],
)
def test_a_damaged_file_is_made_again_and_that_is_said(spoil, cache, loaded, calibrated):
    _, _, references = calibrated
    path = the_set(cache) / "network-0002.json"
    spoilt = spoil(path.read_text())
    assert spoilt != path.read_text()
    path.write_text(spoilt)
    seen = []
    assert outcome(calibrate_job(SETTINGS, 5, cache), seen=seen) == references
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


def test_too_few_test_images_are_told_before_any_work(tmp_path, monkeypatch):
    few = DataSet("few", "Few", coded_images(20, 4), coded_images(99, 4))

    def few_job(_):
        yield Progress(1, 1, "reading the images")
        return few

    monkeypatch.setattr(data, "load_job", few_job)
    with pytest.raises(EngineError, match=r"only 396 test images, and a scan needs 400"):
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
    without = with_map.model_copy(update={"pair_l1": (), "pair_elsewhere": ()})
    assert without == alone, "the classes are searched alike"


# Where scans look.


def test_what_ships_comes_first(calibrated, mnist):
    folder, _, _ = calibrated
    detect = DetectSettings(preset="quick")
    for train in (TrainSettings(), TrainSettings(epochs=50)):
        found = known_references(mnist, train, detect, folder)
        assert found == find_references("mnist", "badnet", detect, REFERENCE_FOLDER)
        assert found is not None


def test_a_finished_calibration_is_found(calibrated):
    folder, _, references = calibrated
    assert known_references(CODED, TRAIN, DETECT, folder) == references
    seeded = TRAIN.model_copy(update={"seed": 7, "optimiser": "sgd"})
    assert known_references(CODED, seeded, DETECT, folder) == references
    longer = TRAIN.model_copy(update={"epochs": 6})
    assert known_references(CODED, longer, DETECT, folder) == references, "recipes vary it"
    assert known_references(CODED, TRAIN, DETECT, folder / "nowhere") is None
    other = TRAIN.model_copy(update={"architecture": "badnet"})
    assert known_references(CODED, other, DETECT, folder) is None
    assert known_references(CODED, TRAIN, DetectSettings(preset="map"), folder) is None
    assert known_references(CODED, TRAIN, DetectSettings(), folder) is None, "Quick searches less"


@pytest.mark.parametrize(
    ("train", "detect", "reason"),
    [
        ({}, {"images": 300}, "scanned with other settings"),
        ({}, {"success_threshold": 0.9}, "scanned with other settings"),
        ({"epochs": 40}, {}, "trained in another way"),
        ({"width": 4.0}, {}, "trained in another way"),
    ],
)
def test_what_does_not_fit_is_not_used_and_the_reason_is_said(calibrated, train, detect, reason):
    folder, _, _ = calibrated
    with pytest.raises(EngineError, match=rf"{reason}.* not used. Calibrate"):
        known_references(
            CODED, TRAIN.model_copy(update=train), DETECT.model_copy(update=detect), folder
        )


def test_other_images_of_the_same_name_are_noticed(calibrated):
    folder, _, _ = calibrated
    with pytest.raises(EngineError, match="made with other images of this name"):
        known_references(OTHERS, TRAIN, DETECT, folder)


def test_damaged_references_are_not_used_and_calibrate_mends_them(cache, loaded, calibrated):
    _, _, references = calibrated
    path = the_set(cache) / "references.json"
    path.write_text(path.read_text()[:1000])
    with pytest.raises(EngineError, match=r"are damaged \(it is not JSON: .*\), so they are not"):
        known_references(loaded, TRAIN, DETECT, cache)
    outcome(calibrate_job(SETTINGS, 5, cache))
    assert known_references(loaded, TRAIN, DETECT, cache) == references


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mask_l1": [-1.0, 60.0, 60.0, 60.0]}, "some sizes are impossible"),
        ({"mask_l1": [60.0] * 3, "converged": [True] * 3}, "sizes for 4 classes"),
        ({"pair_l1": [60.0] * 12}, "figures for all pairs"),
        ({"pair_elsewhere": [0.3] * 12}, "figures for all pairs"),
    ],
)
def test_sizes_that_cannot_be_are_not_used(change, reason, cache):
    path = the_set(cache) / "references.json"
    finished = json.loads(path.read_text())
    finished["references"]["networks"][3] |= change
    path.write_text(json.dumps(finished))
    with pytest.raises(EngineError, match=rf"are damaged \(.*{reason}.*\), so they are not used"):
        known_references(CODED, TRAIN, DETECT, cache)


def with_nine_classes(text):
    document = json.loads(text)
    for network in document["networks"]:
        network |= {"mask_l1": network["mask_l1"][:9], "converged": [True] * 9}
    return json.dumps(document)


@pytest.mark.parametrize("spoil", [lambda text: text[:100], lambda _: "{}", with_nine_classes])
def test_a_damaged_file_that_ships_is_told_whatever_is_compared_in_its_place(
    spoil, mnist, tmp_path, monkeypatch
):
    ships = partial(find_references, folder=tmp_path)
    monkeypatch.setattr("engine.detection.references.find_references", ships)
    train, detect = TrainSettings(), DetectSettings(preset="quick")
    name = "mnist-badnet-quick.json"
    (tmp_path / name).write_text(spoil((REFERENCE_FOLDER / name).read_text()))
    found = look_up_references(mnist, train, detect, tmp_path / "nowhere")
    assert found.networks.basis == "borrowed"
    (note,) = found.notes
    assert f"{name} is damaged" in note


def test_that_scans_had_other_settings_is_told_once_and_not_of_each_file(mnist, tmp_path):
    detect = DetectSettings(preset="quick", images=300)
    for architecture in ("badnet", "vgg11_bn"):
        train = TrainSettings(architecture=architecture)
        found = look_up_references(mnist, train, detect, tmp_path / "nowhere")
        assert found.networks is None
        (note,) = found.notes
        assert "mnist-badnet-quick.json were scanned with other settings" in note


def test_too_few_networks_are_not_used(tmp_path, loaded):
    outcome(calibrate_job(SETTINGS, 1, tmp_path))
    with pytest.raises(EngineError, match=r"hold only 1 network, and 5 are the least"):
        known_references(loaded, TRAIN, DETECT, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("network-0000.json", "{}", r"not finished \(1 clean network so far\).* goes on"),
        ("notes.txt", "", r"not finished \(0 clean networks so far\)"),
        ("references.json", "{", "are damaged"),
    ],
)
def test_a_calibration_that_is_of_no_use_makes_no_verdict_worse(
    name, content, reason, mnist, tmp_path
):
    """What a scan would have without it, it has with it, and is told why it is passed over."""
    train, detect = TrainSettings(architecture="vgg11_bn"), DetectSettings(preset="quick")
    before = look_up_references(mnist, train, detect, tmp_path)
    assert (before.networks.basis, before.notes) == ("borrowed", ())
    kept = ReferenceSet.of(mnist, train, detect, tmp_path)
    kept.claim()
    (kept.folder / name).write_text(content)
    after = look_up_references(mnist, train, detect, tmp_path)
    assert after.networks.basis == "borrowed"
    assert after.networks.networks == before.networks.networks
    (note,) = after.notes
    assert re.search(rf"{kept.folder.name}.*{reason}", note)
    assert known_references(mnist, train, detect, tmp_path).basis == "borrowed"


def test_what_ships_needs_no_word_about_a_calibration_that_is_not_finished(mnist, tmp_path):
    train, detect = TrainSettings(architecture="badnet"), DetectSettings(preset="quick")
    ReferenceSet.of(mnist, train, detect, tmp_path).claim()
    found = look_up_references(mnist, train, detect, tmp_path)
    assert (found.networks.basis, found.notes) == ("references", ())


# Standard and Map search the classes alike.


def scanned_with(preset, **changes):
    detect = DETECT.model_copy(update={"preset": preset} | changes)
    return SETTINGS.model_copy(update={"detect": detect})


STANDARD, MAP = scanned_with("standard").detect, scanned_with("map").detect


@pytest.fixture
def costly_pairs(monkeypatch):
    """Calibrations for Standard search no pairs, as those of many classes do not."""
    monkeypatch.setattr(calibrate, "MOST_FOR_PAIRS", 1.0)


def test_what_standard_was_calibrated_for_serves_map_where_pairs_cost_little(tmp_path, loaded):
    found = standing(scanned_with("standard"), loaded, 5, folder=tmp_path)
    assert (found.preset, found.missing) == ("map", 5)
    standard = outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    assert standard.audit == audit_key(STANDARD)
    assert standard.pair_calibration() is None, "its verdict is one on classes"
    assert look_up_references(loaded, TRAIN, STANDARD, tmp_path) == Known(standard)
    maps = look_up_references(loaded, TRAIN, MAP, tmp_path)
    assert maps.notes == ()
    assert maps.networks.pair_calibration() is not None
    seen = []
    assert outcome(calibrate_job(scanned_with("map"), 5, tmp_path), seen=seen) == maps.networks
    assert not made_now(seen)
    assert standing(scanned_with("standard"), loaded, 5, folder=tmp_path).missing == 0


def test_a_calibration_for_standard_that_is_not_finished_is_said_to_be_so(tmp_path, loaded):
    job = calibrate_job(scanned_with("standard"), 5, tmp_path)
    with pytest.raises(StopRequested):
        outcome(job, stop_at=lambda event: getattr(event, "number", 0) == 2)
    for preset in (STANDARD, MAP):
        notes = " ".join(look_up_references(loaded, TRAIN, preset, tmp_path).notes)
        assert notes.count("not finished (2 clean networks so far)") == 1
    longer = TRAIN.model_copy(update={"epochs": 40})
    outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    notes = " ".join(look_up_references(loaded, longer, STANDARD, tmp_path).notes)
    assert notes.count("trained in another way") == 1


def test_one_that_was_begun_for_standard_alone_goes_on_so(tmp_path, loaded, monkeypatch):
    monkeypatch.setattr(calibrate, "MOST_FOR_PAIRS", 1.0)
    outcome(calibrate_job(scanned_with("standard"), 2, tmp_path))
    monkeypatch.undo()
    monkeypatch.setattr(data, "load_job", coded_job)
    monkeypatch.setattr(CleanNetworks, "_train_and_scan", made_up_network)
    found = standing(scanned_with("standard"), CODED, 5, folder=tmp_path)
    assert (found.preset, found.missing) == ("standard", 3)
    seen = []
    outcome(calibrate_job(scanned_with("standard"), 5, tmp_path), seen=seen)
    assert made_now(seen) == [3, 4, 5]
    assert the_set(tmp_path) == found.folder


@pytest.mark.parametrize(
    ("classes", "epochs", "preset"), [(10, 4, "map"), (10, 1, "map"), (43, 4, "standard")]
)
def test_pairs_are_searched_for_standard_only_where_that_takes_little_longer(
    classes, epochs, preset, tmp_path
):
    names = tuple(map(str, range(classes)))
    empty = ImageSet(np.zeros((60_000, 1, 2, 2), np.uint8), np.zeros(60_000, np.int64), names)
    train = TRAIN.model_copy(update={"epochs": epochs})
    settings = SETTINGS.model_copy(update={"train": train, "detect": DetectSettings()})
    found = standing(settings, DataSet("empty", "Empty", empty, empty), 5, folder=tmp_path)
    assert found.preset == preset


def test_a_map_is_judged_by_its_classes_where_only_standard_was_calibrated(
    tmp_path, loaded, costly_pairs
):
    standard = outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    found = look_up_references(loaded, TRAIN, MAP, tmp_path)
    assert found.networks.basis == "references"
    assert found.networks.networks == standard.networks
    assert found.networks.audit == audit_key(MAP)
    assert found.networks.pair_calibration() is None
    assert found.notes == (CLASSES_ALONE,)
    for other in ({"images": 300}, {"success_threshold": 0.9}):
        assert look_up_references(
            loaded, TRAIN, scanned_with("map", **other).detect, tmp_path
        ) == Known(None)


def test_once_map_is_calibrated_it_is_judged_by_its_pairs(tmp_path, loaded, costly_pairs):
    outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    job = calibrate_job(scanned_with("map"), 5, tmp_path)
    with pytest.raises(StopRequested):
        outcome(job, stop_at=lambda event: getattr(event, "number", 0) == 1)
    unfinished, alone = look_up_references(loaded, TRAIN, MAP, tmp_path).notes
    assert "not finished (1 clean network so far)" in unfinished
    assert alone == CLASSES_ALONE
    maps = outcome(calibrate_job(scanned_with("map"), 5, tmp_path))
    assert look_up_references(loaded, TRAIN, MAP, tmp_path) == Known(maps)
    assert maps.pair_calibration() is not None


@pytest.mark.parametrize(
    "spoil", [lambda shares: [1.5, *shares[1:]], lambda shares: shares[1:], lambda _: []]
)
def test_a_map_whose_shares_cannot_be_is_made_again(spoil, tmp_path, loaded):
    mapped = outcome(calibrate_job(scanned_with("map"), 1, tmp_path))
    path = the_set(tmp_path) / "network-0000.json"
    kept = json.loads(path.read_text())
    kept["figures"]["pair_elsewhere"] = spoil(kept["figures"]["pair_elsewhere"])
    path.write_text(json.dumps(kept))
    seen = []
    assert outcome(calibrate_job(scanned_with("map"), 1, tmp_path), seen=seen) == mapped
    assert made_now(seen) == [1]
    assert any("missing or impossible" in e.text for e in seen if isinstance(e, Warned))


def test_standard_takes_the_classes_of_what_was_calibrated_for_map(tmp_path, loaded):
    outcome(calibrate_job(scanned_with("map"), 5, tmp_path / "map"))
    standard = outcome(calibrate_job(scanned_with("standard"), 5, tmp_path / "standard"))
    assert look_up_references(loaded, TRAIN, STANDARD, tmp_path / "map") == Known(standard)
    assert look_up_references(loaded, TRAIN, DETECT, tmp_path / "map") == Known(None), "Quick"
    longer = TRAIN.model_copy(update={"epochs": 40})
    unfit = look_up_references(loaded, longer, STANDARD, tmp_path / "map")
    assert unfit.networks is None
    assert "trained in another way" in " ".join(unfit.notes)


def test_pairs_of_other_kinds_say_more_of_a_map_than_no_pairs(mnist, tmp_path):
    train = TrainSettings(architecture="vgg11_bn")
    kept = ReferenceSet.of(mnist, train, DetectSettings(), tmp_path)
    kept.claim()
    figures = find_references("mnist", "badnet", DetectSettings()).networks
    kept.finish(
        {
            number: CleanNetwork(
                key=kept.belonging.key, number=number, attempt=0, seconds=1.0,
                recipe=draw(kept.belonging.train, SEED, number), figures=figures[number],
            )
            for number in range(5)
        }
    )  # fmt: skip
    assert known_references(mnist, train, DetectSettings(), tmp_path).basis == "references"
    found = look_up_references(mnist, train, DetectSettings(preset="map"), tmp_path)
    assert found.networks.basis == "borrowed"
    assert found.networks.pair_calibration() is not None
    assert found.notes == (OF_OTHERS,)


# What a window says before it starts.


def test_where_a_calibration_stands(cache):
    whole = standing(SETTINGS, CODED, 5, folder=cache)
    assert (len(whole.networks), whole.missing, whole.seconds) == (5, 0, 0)
    assert whole.networks[-1].was_there
    (the_set(cache) / "network-0003.json").unlink()
    part = standing(SETTINGS, CODED, 20, folder=cache)
    assert [one.number for one in part.networks] == [1, 2, 3, 5]
    assert part.missing == 16
    assert part.seconds > 0
    assert part.folder == the_set(cache)


def test_the_first_estimate_is_that_of_a_plain_training(tmp_path):
    assert standing(SETTINGS, CODED, 20, folder=tmp_path).seconds is None
    quick = standing(SETTINGS, CODED, 20, 2.0, tmp_path).seconds
    slow = standing(SETTINGS, CODED, 20, 4.0, tmp_path).seconds
    assert slow == pytest.approx(2 * quick)
    # Twenty networks of about one plain training each, and the scans.
    assert 10 < quick < 400
