"""The architectures: what each is, for every image size; the old ones stay as they were."""

import hashlib

import numpy as np
import pytest
import torch
from torch.nn import functional

from engine import models
from engine.architectures import ARCHITECTURES, check_network
from engine.errors import EngineError
from engine.models import Model
from engine.network import Network
from engine.settings import TrainSettings

SIZES = [((1, 28, 28), 10), ((3, 32, 32), 43), ((3, 64, 64), 10)]
# SHA-256 of names and first weights under a seed: networks on people's disks depend on them.
FIRST_WEIGHTS = {
    ("badnet", (1, 28, 28), 10, 1.0): "55e219732d2a2b70",
    ("badnet", (3, 32, 32), 43, 0.5): "7f07f3904a083b0e",
    ("bn_cnn", (1, 28, 28), 10, 1.0): "3a90852bff128d75",
    ("bn_cnn", (3, 32, 32), 43, 0.5): "06e25bc2240b3878",
    ("mlp", (1, 28, 28), 10, 1.0): "03c80e6c78f54478",
    ("mlp", (3, 32, 32), 43, 0.5): "5de83c4129b21b63",
}


@pytest.mark.parametrize("numbers", FIRST_WEIGHTS)
def test_first_weights_and_their_names_never_change(numbers):
    torch.manual_seed(3)
    digest = hashlib.sha256()
    for name, array in models.save_state(models.build(*numbers)).items():
        digest.update(name.encode() + str(array.dtype).encode() + array.tobytes())
    assert digest.hexdigest()[:16] == FIRST_WEIGHTS[numbers]


@pytest.mark.parametrize(("shape", "classes"), SIZES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_learns_a_step_and_comes_back(architecture, shape, classes, compute):
    width = 0.25 if ARCHITECTURES[architecture].has_width else 1.0  # quick
    torch.manual_seed(0)
    module = compute.place(models.build(architecture, shape, classes, width))
    pictures = np.random.default_rng(0).integers(0, 256, (4, *shape)).astype(np.uint8)
    images, labels = compute.to_input(pictures), torch.arange(4)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    before = functional.cross_entropy(module.train()(images), labels)
    before.backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    optimizer.step()

    model = Model(architecture, shape, classes, models.save_state(module), width=width)
    again = Network.of(models.from_bytes(model.to_bytes()), compute)
    logits = again.logits(images)
    assert logits.shape == (4, classes)
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(logits, module.eval()(images).detach())
    torch.testing.assert_close(again.logits(images), logits)  # nothing is random at an audit


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_smallest_images_work_and_smaller_ones_are_refused(architecture, channels):
    least = ARCHITECTURES[architecture].least_side
    shape = (channels, least, least + 3)
    network = models.build(architecture, shape, 5)
    assert network.eval()(torch.zeros(2, *shape)).shape == (2, 5)
    assert least <= 16
    if least > 1:
        with pytest.raises(EngineError, match=rf"{architecture} needs images of at least {least}x"):
            models.build(architecture, (channels, least + 3, least - 1), 5)


def test_one_that_has_one_width_says_so():
    with pytest.raises(EngineError, match=r"resnet18 is built in one width only.*width to 1"):
        models.build("resnet18", (3, 32, 32), 10, 2.0)
    check_network("mobilenet_v3_small", (3, 32, 32), 2.0)


@pytest.mark.parametrize(
    ("architecture", "shape", "parameters"),
    [
        ("lenet5", (1, 28, 28), 61_706),
        ("lenet5", (1, 32, 32), 61_706),
        ("preact_resnet18", (3, 32, 32), 11_171_146),
        ("resnet18", (3, 32, 32), 11_173_962),
        ("mobilenet_v3_small", (3, 32, 32), 1_528_106),
    ],
)
def test_networks_are_as_large_as_their_papers_are_known_for(architecture, shape, parameters):
    assert models.count_parameters(architecture, shape, 10) == parameters


@pytest.mark.parametrize("architecture", ["resnet18", "mobilenet_v3_small", "vgg11_bn"])
def test_names_are_those_of_torchvision_and_shapes_where_nothing_was_adapted(architecture):
    import torchvision

    with torch.device("meta"):
        theirs = getattr(torchvision.models, architecture)(num_classes=10).state_dict()
        ours = models.build(architecture, (3, 64, 64), 10).state_dict()
    assert list(ours) == list(theirs)
    other = [name for name in theirs if ours[name].shape != theirs[name].shape]
    head = [f"classifier.{number}.{kind}" for number in (0, 3) for kind in ("weight", "bias")]
    expected = [*head, "classifier.6.weight"] if architecture == "vgg11_bn" else []
    assert other == expected


def test_on_large_images_resnet18_computes_what_torchvision_computes():
    import torchvision

    torch.manual_seed(0)
    theirs = torchvision.models.resnet18(num_classes=10).eval()
    model = Model("resnet18", (3, 64, 64), 10, models.save_state(theirs))
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(models.restore(model).eval()(images), theirs(images))


def test_every_network_can_be_chosen():
    for architecture in ARCHITECTURES:
        assert TrainSettings(architecture=architecture).architecture == architecture
    assert TrainSettings.model_fields["architecture"].annotation.__args__ == tuple(ARCHITECTURES)
