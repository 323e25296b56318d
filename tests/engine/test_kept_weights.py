"""Weights of clean networks: trained once, whatever they are scanned for."""

import pytest
from test_calibrate import CODED, SETTINGS, coded_job
from toys import outcome

from engine import data
from engine.detection import kept_weights
from engine.detection.calibrate import calibrate_job, standing
from engine.detection.kept_weights import KeptWeights
from engine.detection.recipes import draw
from engine.detection.reference_cache import SEED, ReferenceSet
from engine.events import Progress
from engine.settings import ExperimentSettings

NETWORKS = 2


def scanned_with(preset: str) -> ExperimentSettings:
    """Settings that differ in the scan alone."""
    detect = SETTINGS.detect.model_copy(update={"preset": preset})
    return SETTINGS.model_copy(update={"detect": detect})


def calibrated(preset, folder):
    """References, and the words of each step that was told."""
    seen = []
    references = outcome(calibrate_job(scanned_with(preset), NETWORKS, folder), seen=seen)
    return references, [event.text for event in seen if isinstance(event, Progress)]


def files(folder):
    return sorted((folder / "weights").rglob("*.safetensors"))


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    monkeypatch.setattr(data, "load_job", coded_job)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder in which networks were calibrated for Quick."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load_job", coded_job)
        calibrated("quick", folder)
    return folder


@pytest.fixture
def cache(made, tmp_path):
    """A copy of it, to be spoilt."""
    for path in made.rglob("*.*"):
        copy = tmp_path / path.relative_to(made)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path


def test_another_scan_trains_nothing_and_finds_what_it_would_have_found(cache, tmp_path_factory):
    before = {path: path.stat().st_mtime_ns for path in files(cache)}
    assert len(before) == NETWORKS
    references, words = calibrated("standard", cache)
    assert not [text for text in words if "epoch" in text]
    anew, words = calibrated("standard", tmp_path_factory.mktemp("anew"))
    assert [text for text in words if "epoch" in text]
    assert references == anew
    assert {path: path.stat().st_mtime_ns for path in files(cache)} == before


def test_what_is_trained_already_is_said_and_takes_less_time(cache):
    there = standing(scanned_with("standard"), CODED, NETWORKS, 2.0, cache)
    nowhere = standing(scanned_with("standard"), CODED, NETWORKS, 2.0, cache / "nowhere")
    assert (there.missing, there.trained) == (NETWORKS, NETWORKS)
    assert (nowhere.missing, nowhere.trained) == (NETWORKS, 0)
    assert 0 < there.seconds < nowhere.seconds
    done = standing(SETTINGS, CODED, NETWORKS, folder=cache)
    assert (done.missing, done.trained, done.seconds) == (0, 0, 0)


def test_the_speed_is_that_of_the_work_that_was_done(cache):
    """A network that was only scanned must not look like one that was trained in a moment."""
    calibrated("standard", cache)
    kept = ReferenceSet.of(CODED, SETTINGS.train, scanned_with("standard").detect, cache)
    scanned, _ = kept.networks()
    trained, _ = ReferenceSet.of(CODED, SETTINGS.train, SETTINGS.detect, cache).networks()
    assert [one.trained for one in scanned.values()] == [False] * NETWORKS
    assert [one.trained for one in trained.values()] == [True] * NETWORKS


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],
        lambda _: b"",
        lambda content: content[:-4] + b"\xff\xff\xff\x7f",
        lambda content: b"\xff" * 8 + content[8:],
    ],
)
def test_damaged_weights_are_trained_again(spoil, cache):
    path = files(cache)[0]
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    _, words = calibrated("standard", cache)
    assert [text for text in words if "epoch" in text]
    assert path.read_bytes() == whole, "the same recipe learns the same"


def test_weights_under_the_name_of_another_recipe_are_not_used(cache):
    recipe = draw(SETTINGS.train, SEED, 0)
    kept = KeptWeights.of(CODED, cache)
    assert kept.has(recipe)
    assert kept.read(recipe).width == recipe.train.width
    wider = recipe.model_copy(
        update={"train": recipe.train.model_copy(update={"width": 2 * recipe.train.width})}
    )
    assert not kept.has(wider)
    assert kept.read(wider) is None
    kept.write(wider, kept.read(recipe))
    assert kept.read(wider) is None


def test_very_large_networks_are_not_kept(cache, monkeypatch):
    recipe = draw(SETTINGS.train, SEED, 0)
    model = KeptWeights.of(CODED, cache).read(recipe)
    for path in files(cache):
        path.unlink()
    kept = KeptWeights.of(CODED, cache)
    size = len(model.to_bytes())
    monkeypatch.setattr(kept_weights, "MOST_BYTES", size - 1)
    kept.write(recipe, model)
    assert not files(cache)
    monkeypatch.setattr(kept_weights, "MOST_BYTES", size)
    kept.write(recipe, model)
    assert len(files(cache)) == 1


def test_a_training_that_was_finished_when_the_program_died_is_not_lost(tmp_path):
    job = calibrate_job(SETTINGS, NETWORKS, tmp_path)
    for event in job:
        if getattr(event, "text", "") == "network 1 of 2 · scan":
            break
    # As after a kill: the Job is left as it is, and has written what it has.
    assert len(files(tmp_path)) == 1
    _, words = calibrated("quick", tmp_path)
    assert not [text for text in words if text.startswith("network 1 of 2 · epoch")]
    assert [text for text in words if text.startswith("network 2 of 2 · epoch")]
    job.close()
