"""LeNet-5 from training to a verdict, and which networks have references that ship."""

import numpy as np
import pytest
from toys import coded_images, outcome

from engine import data
from engine.architectures import ARCHITECTURES
from engine.data import DataSet
from engine.detection.calibrate import calibrate_job
from engine.detection.known_references import known_references
from engine.detection.recipes import draw
from engine.events import Progress
from engine.metrics import TestImages
from engine.settings import ComputeSettings, DetectSettings, ExperimentSettings, TrainSettings
from engine.training import Samples, train
from engine.triggers import Trigger

CODED = DataSet("coded", "Coded", coded_images(100, 4, seed=1), coded_images(100, 4, seed=2))


def coded_job(_):
    yield Progress(1, 1, "reading the images")
    return CODED


def test_it_learns_a_few_digits(small, compute):
    tests = TestImages.of(small.test.subset(np.arange(1000)), Trigger.empty((1, 28, 28)), 0)
    samples = Samples(small.test.images[:2], small.test.images[:2])
    settings = TrainSettings(architecture="lenet5", epochs=4, batch_size=32)
    learned = outcome(train(small.train, tests, samples, settings, compute))
    assert learned.rates.clean_accuracy > 0.85


@pytest.mark.parametrize("preset", ["quick", "standard", "map"])
@pytest.mark.parametrize(("architecture", "least"), [("lenet5", 40), ("mobilenet_v3_small", 20)])
def test_clean_networks_of_its_own_kind_ship(architecture, least, preset, mnist):
    settings = TrainSettings(architecture=architecture)
    found = known_references(mnist, settings, DetectSettings(preset=preset))
    assert found.basis == "references"
    assert len(found.networks) >= least
    assert found.calibration().statistics.max() < found.bounds(mapped=False).likely


@pytest.mark.parametrize("architecture", ["vgg11_bn", "preact_resnet18"])
def test_a_scan_borrows_the_references_of_other_networks(architecture, mnist):
    train_settings = TrainSettings(architecture=architecture)
    detect = DetectSettings(preset="quick")
    found = known_references(mnist, train_settings, detect)
    assert found.basis == "borrowed"
    assert "badnet" in found.kind
    assert architecture not in found.kind


def test_calibrate_makes_real_ones_that_the_next_scan_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "load_job", coded_job)
    monkeypatch.setattr("engine.detection.known_references.LEAST_REFERENCES", 1)
    settings = ExperimentSettings(
        train=TrainSettings(architecture="lenet5", epochs=6, batch_size=16),
        detect=DetectSettings(preset="quick", images=200),
        compute=ComputeSettings(device="cpu", precision="float32", threads=1),
    )
    made = outcome(calibrate_job(settings, 1, tmp_path))
    assert made.architecture == "lenet5"
    assert made.networks[0].clean_accuracy > 0.8
    found = known_references(CODED, settings.train, settings.detect, tmp_path)
    assert found == made
    assert found.basis == "references"


def test_recipes_leave_the_width_of_a_network_alone_that_has_only_one():
    widths = {
        name: {draw(TrainSettings(architecture=name), 1, number).train.width for number in range(9)}
        for name in ARCHITECTURES
    }
    assert widths["resnet18"] == {1.0}
    assert all(len(found) > 1 for name, found in widths.items() if name != "resnet18")
