"""What the engine's tests share: one thread, exact floats, a few images and one trained network."""

import os

# Before anything imports torch: two busy cores and spinning threads make tests crawl.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pytest
from calibrations_made import calibrated, costly_pairs, loaded, own_cache  # noqa: F401 - fixtures
from hypothesis import settings

from engine import attacks, data, triggers
from engine.data import DataSet
from engine.metrics import TestImages
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, TrainSettings

# The machine may be busy, and a test shall come out the same every time.
settings.register_profile("engine", deadline=None, derandomize=True)
settings.load_profile("engine")


@pytest.fixture(autouse=True)
def own_calibrations(tmp_path_factory, monkeypatch):
    """What the person who runs the tests has calibrated must not decide how a test comes out."""
    folder = tmp_path_factory.getbasetemp() / "calibrations"
    monkeypatch.setenv("BACKDOOR_STUDIO_REFERENCES", str(folder))


@pytest.fixture(scope="session")
def compute():
    """The processor, one thread, float32."""
    from engine.compute import prepare

    return prepare(ComputeSettings(device="cpu", precision="float32", threads=1))


@pytest.fixture(scope="session")
def mnist():
    """All of MNIST."""
    return data.load("mnist")


@pytest.fixture(scope="session")
def small(mnist):
    """The first 2,000 training and the first 2,000 test images of MNIST."""
    first = np.arange(2000)
    return DataSet("mnist", "MNIST", mnist.train.subset(first), mnist.test.subset(first))


@pytest.fixture(scope="session")
def checkerboard():
    """A trigger that the badnet network learns from few images."""
    return triggers.preset("checkerboard-5x5", (1, 28, 28))


@pytest.fixture(scope="session")
def backdoored(small, checkerboard, compute):
    """A `Learned` badnet with a working backdoor: the checkerboard makes everything a 0."""
    from toys import outcome

    from engine.training import Samples, train

    poisoned = attacks.poison(small.train, checkerboard, AttackSettings(poison_rate=0.2))
    tests = TestImages.of(small.test, checkerboard, 0)
    samples = Samples(small.test.images[:12], checkerboard.stamp(small.test.images[:12]))
    wanted = TrainSettings(epochs=4, batch_size=32)
    return outcome(train(poisoned.images, tests, samples, wanted, compute))


@pytest.fixture(scope="session")
def detection(small, checkerboard, backdoored, compute):
    """A quick scan of the backdoored network, its true trigger known."""
    from toys import outcome

    from engine.detection.scan import KnownBackdoor, scan
    from engine.network import Network

    network = Network.of(backdoored.model, compute)
    wanted = DetectSettings(preset="quick", images=400)
    known = KnownBackdoor(checkerboard, 0)
    return outcome(scan(backdoored.model, network, small.test, wanted, known))


@pytest.fixture(scope="session")
def torch_files(tmp_path_factory):
    """A folder of files that torch saved: checkpoints, and what is no checkpoint."""
    import torch_made

    folder = tmp_path_factory.mktemp("torch")
    torch_made.write_honest(folder)
    torch_made.write_unread(folder)
    return folder
