"""Calibrations of milliseconds: networks whose figures follow from their recipes' seeds."""

import numpy as np
import pytest
from toys import coded_images, outcome

from engine import data
from engine.data import DataSet
from engine.detection import calibrate
from engine.detection.calibrate import calibrate_job
from engine.detection.clean_networks import CleanNetworks, work
from engine.detection.results import Detection, FoundTrigger, PairMap, ScanCurves, Verdict
from engine.events import NetworkCalibrated, Progress
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
def own_cache(calibrated, tmp_path):
    """A copy of that folder, to be spoilt."""
    folder, _, _ = calibrated
    for path in folder.rglob("*.json"):
        copy = tmp_path / path.relative_to(folder)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path


def the_set(own_cache):
    (folder,) = own_cache.iterdir()
    return folder


def made_now(seen):
    return [one.number for one in seen if isinstance(one, NetworkCalibrated) and not one.was_there]


def scanned_with(preset, **changes):
    detect = DETECT.model_copy(update={"preset": preset} | changes)
    return SETTINGS.model_copy(update={"detect": detect})


STANDARD, MAP = scanned_with("standard").detect, scanned_with("map").detect


@pytest.fixture
def costly_pairs(monkeypatch):
    """Calibrations for Standard search no pairs, as those of many classes do not."""
    monkeypatch.setattr(calibrate, "MOST_FOR_PAIRS", 1.0)
