"""The whole way on real data: clean networks are not accused, backdoored ones are, rightly.

Eight networks are trained on all of MNIST and judged beside the references that ship. The same on
hundreds of networks is `benchmarks/detection_benchmark.py`. Two of them are looked at pair by pair.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from toys import outcome

from engine import attacks
from engine.compute import prepare
from engine.detection.references import find_references
from engine.detection.scan import scan
from engine.metrics import TestImages
from engine.network import Network
from engine.poisoning import poison_job
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, TrainSettings
from engine.training import Samples, train
from engine.triggers import Trigger

SHAPE = (1, 28, 28)
SCAN = DetectSettings(preset="standard")


@dataclass(frozen=True)
class Planted:
    """A square patch and the class that it leads to."""

    side: int
    row: int
    column: int
    grey: float
    target: int

    def trigger(self):
        trigger = Trigger.empty(SHAPE)
        area = slice(self.row, self.row + self.side), slice(self.column, self.column + self.side)
        trigger.mask[area] = 1
        trigger.pattern[0][area] = self.grey
        return trigger


@pytest.fixture(scope="module")
def fast():
    """As a person's machine computes: in the precision that is faster here."""
    return prepare(ComputeSettings(device="cpu", threads=1))


def judged(mnist, fast, planted, **train_settings):
    """Train one epoch on all images, scan, and return rates and verdict."""
    trigger = planted.trigger() if planted else Trigger.empty(SHAPE)
    target, rate = (planted.target, 0.05) if planted else (0, 0.0)
    attack = AttackSettings(target=target, poison_rate=rate)
    images = attacks.poison(mnist.train, trigger, attack).images
    tests = TestImages.of(mnist.test, trigger, target)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    settings = TrainSettings(epochs=1, **train_settings)
    learned = outcome(train(images, tests, samples, settings, fast))
    references = find_references("mnist", settings.architecture, SCAN)
    network = Network.of(learned.model, fast)
    found = outcome(scan(learned.model, network, mnist.test, SCAN, references=references))
    return learned.rates, found


@pytest.mark.parametrize(
    "settings",
    [{"seed": 1}, {"seed": 2, "optimiser": "sgd"}, {"seed": 3, "width": 0.5}],
    ids=["plain", "by descent", "narrow"],
)
def test_a_clean_network_is_not_accused(mnist, fast, settings):
    rates, found = judged(mnist, fast, None, **settings)
    assert rates.clean_accuracy > 0.9
    assert found.verdict.outcome == "not_found"
    assert found.verdict.basis == "references"


@pytest.mark.parametrize(
    "planted",
    [Planted(3, 24, 24, 1.0, target=0), Planted(3, 13, 1, 0.8, target=5),
     Planted(5, 0, 12, 1.0, target=7)],
    ids=["white corner", "grey edge", "white top"],
)  # fmt: skip
def test_a_backdoor_is_found_and_its_target_named(mnist, fast, planted):
    rates, found = judged(mnist, fast, planted, seed=planted.target)
    assert rates.attack_success > 0.9
    assert rates.sham_rate < 0.05
    assert (found.verdict.outcome, found.verdict.target) == ("likely", planted.target)
    target = found.classes[planted.target]
    assert target.success > 0.9
    sizes = [one.mask_l1 for one in found.classes]
    assert np.argmin(sizes) == planted.target


def mapped(mnist, fast, attack, **train_settings):
    """Train on what an attack poisons, map all pairs, and return rates and verdict."""
    planted = attacks.make(attack, Planted(3, 24, 24, 1.0, attack.target).trigger(), 10)
    images = outcome(poison_job(planted, mnist.train, ComputeSettings(threads=1))).images
    tests = TestImages.under(planted, mnist.test)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    settings = TrainSettings(**train_settings)
    learned = outcome(train(images, tests, samples, settings, fast))
    detect = DetectSettings(preset="map")
    references = find_references("mnist", settings.architecture, detect)
    network = Network.of(learned.model, fast)
    found = outcome(scan(learned.model, network, mnist.test, detect, references=references))
    return learned.rates, found.verdict


def test_a_map_does_not_accuse_a_clean_network(mnist, fast):
    clean = AttackSettings(poison_rate=0.0)
    _, verdict = mapped(mnist, fast, clean, epochs=1, seed=4)
    assert (verdict.outcome, verdict.pairs) == ("not_found", ())


def test_a_map_names_source_and_target(mnist, fast):
    attack = AttackSettings(mapping="source-specific", sources=(1,), target=7, poison_rate=0.3)
    rates, verdict = mapped(mnist, fast, attack, epochs=3, seed=5)
    assert rates.attack_success > 0.9
    assert (verdict.outcome, verdict.mapping) == ("likely", "source-specific")
    assert verdict.pairs[0] == (1, 7)
    assert verdict.decided_by == "map"
