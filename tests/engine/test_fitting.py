"""Fitting: which network a file's tensors belong to, and what is said where they do not."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
from toys import outcome

from engine import models
from engine.errors import EngineError
from engine.events import Progress
from engine.model_metadata import METADATA_KEY
from engine.modelfile import ModelFile
from engine.models import ARCHITECTURES, Model
from engine.opening.fits import Fit, Reshaped
from engine.opening.fitting import fit_to, rank_fits
from engine.opening.jobs import open_model_job

GREY = (1, 28, 28)
PUBLISHED = Path(__file__).parents[3] / "shared/thirdparty/mnist_badnet_epoch19.pth"


def tensors_of(architecture, shape=GREY, classes=10, width=1.0):
    """Zeros with the names and shapes of a network."""
    with torch.device("meta"):
        network = models.build(architecture, shape, classes, width)
    return {
        name: np.zeros(tensor.shape, np.float32 if tensor.is_floating_point() else np.int64)
        for name, tensor in network.state_dict().items()
    }


def ranked(tensors, shape=GREY, classes=10, seen=None):
    return outcome(rank_fits(tensors, shape, classes), seen=seen)


def file_of(tensors, name="theirs.pt"):
    return ModelFile(name, "0" * 64, "torch zip", tensors, {}, 0, (), "off: a test")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    ("shape", "classes", "width"),
    [(GREY, 10, 1.0), ((3, 32, 32), 43, 0.5), ((3, 32, 32), 7, 2.0), (GREY, 2, 0.25)],
)
def test_a_network_is_recognised_by_its_tensors(architecture, shape, classes, width):
    if not ARCHITECTURES[architecture].has_width:
        width = 1.0
    tensors = tensors_of(architecture, shape, classes, width)
    # The data set that it will be audited with has other images than it was made for.
    best = ranked(tensors, (1, *shape[1:]), 10)[0]
    assert best.fits
    assert not best.problems()
    told = (best.architecture, best.shape, best.classes, best.width)
    assert told == (architecture, shape, classes, width)


@pytest.mark.parametrize(("architecture", "side"), [("badnet", 40), ("badnet", 64), ("mlp", 20)])
def test_the_size_of_the_images_is_found_where_a_layer_depends_on_it(architecture, side):
    best = ranked(tensors_of(architecture, (1, side, side)))[0]
    assert (best.architecture, best.shape, best.fits) == (architecture, (1, side, side), True)


def test_a_size_that_no_tensor_tells_is_the_expected_one():
    assert ranked(tensors_of("bn_cnn", (3, 48, 48)), (3, 32, 32))[0].shape == (3, 32, 32)


def test_widths_that_are_no_simple_fractions_are_found_as_well():
    for width in (0.3, 1.7):
        assert ranked(tensors_of("badnet", GREY, 10, width))[0].width == pytest.approx(width)


def test_every_architecture_is_ranked_while_somebody_watches():
    seen = []
    fits = ranked(tensors_of("mlp"), seen=seen)
    assert {fit.architecture for fit in fits} == set(ARCHITECTURES)
    assert [fit.score for fit in fits[1:]] == sorted((fit.score for fit in fits[1:]), reverse=True)
    assert len([event for event in seen if isinstance(event, Progress)]) == len(ARCHITECTURES)


def test_all_that_does_not_fit_is_named():
    tensors = tensors_of("bn_cnn")
    del tensors["bn2.weight"], tensors["bn3.running_var"]
    tensors["bn1.bias"] = np.zeros(5, np.float32)
    tensors |= {f"extra{number}.weight": np.zeros(1, np.float32) for number in range(30)}
    fit = fit_to("bn_cnn", tensors, GREY, 10)
    assert not fit.fits
    assert fit.missing == ("bn2.weight", "bn3.running_var")
    assert fit.surplus == tuple(f"extra{number}.weight" for number in range(30))
    assert fit.reshaped == (Reshaped("bn1.bias", (5,), (16,)),)
    said = " ".join(fit.problems())
    assert "missing: bn2.weight, bn3.running_var" in said
    assert "bn1.bias (5 instead of 16)" in said
    assert all(f"extra{number}.weight" in said for number in range(30))
    assert fit.summary() == "2 missing, 30 surplus, 1 of another shape"
    with pytest.raises(EngineError, match=r"“theirs.pt” does not fit bn_cnn.*running_var"):
        fit.as_model(file_of(tensors), "0..1")


def test_a_fit_becomes_a_model_that_computes_the_same(compute, small):
    from engine.network import Network

    torch.manual_seed(0)
    state = models.save_state(models.build("badnet", GREY, 10, 0.5))
    model = fit_to("badnet", state, GREY, 10).as_model(file_of(state), "-1..1")
    assert (model.width, model.input_range, model.origin) == (0.5, "-1..1", "theirs.pt")
    known = Model("badnet", GREY, 10, state, input_range="-1..1", width=0.5)
    images = small.test.images[:50]
    np.testing.assert_array_equal(
        Network.of(model, compute).predict(images), Network.of(known, compute).predict(images)
    )


def test_counters_that_a_file_leaves_out_are_filled_in_and_said():
    tensors = tensors_of("bn_cnn")
    counters = [name for name in tensors if name.endswith("num_batches_tracked")]
    fit = fit_to("bn_cnn", {n: t for n, t in tensors.items() if n not in counters}, GREY, 10)
    assert fit.fits
    assert fit.filled == tuple(counters)
    assert "3 counters of batch normalisation" in fit.notes()[0]
    assert set(fit.as_model(file_of(tensors), "0..1").state) == set(tensors)


def test_other_names_for_the_same_tensors_are_taken_in_their_order_and_said():
    names = dict(zip(tensors_of("badnet"), "abcdefgh", strict=True))
    state = {names[name]: tensor for name, tensor in tensors_of("badnet", GREY, 7, 0.5).items()}
    best = ranked(state)[0]
    assert (best.architecture, best.classes, best.width) == ("badnet", 7, 0.5)
    assert best.summary() == "fits, under other names"
    assert "other names" in best.notes()[0]
    assert set(best.as_model(file_of(state), "0..1").state) == set(names)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((GREY, 2000, 1.0), "2000 classes"),
        ((GREY, 10, 8.0), "a width of 8"),
    ],
)
def test_networks_that_are_too_large_are_not_built(numbers, words):
    shape, classes, width = numbers
    tensors = tensors_of("bn_cnn", shape, classes, width)
    fit = fit_to("bn_cnn", tensors, shape, classes)
    assert not fit.fits
    assert words in fit.summary()


def test_a_file_of_ours_that_claims_huge_images_is_not_believed(tmp_path):
    model = Model("bn_cnn", (1, 600, 600), 10, tensors_of("bn_cnn"))
    opened = outcome(open_model_job(own_file(tmp_path / "ours.safetensors", model), GREY, 10))
    assert opened.choose().shape == GREY
    assert any("1x600x600 are larger than" in note for note in opened.notes)


def test_too_many_parameters_are_counted_and_never_allocated():
    # Views of one number: nothing is allocated here either.
    shape = (4, 512, 512)
    huge = {
        name: np.broadcast_to(np.float32(0), tensor)
        for name, tensor in {
            "fc1.weight": (2048, 4 * 512 * 512), "fc1.bias": (2048,), "fc2.weight": (1024, 2048),
            "fc2.bias": (1024,), "fc3.weight": (10, 1024), "fc3.bias": (10,),
        }.items()
    }  # fmt: skip
    fit = fit_to("mlp", huge, shape, 10)
    assert (fit.width, fit.reshaped) == (4.0, ())
    assert "parameters; up to 100,000,000" in fit.refused


def test_a_file_of_something_else_fits_nothing_and_says_so(tmp_path):
    path = tmp_path / "theirs.safetensors"
    safetensors.numpy.save_file({"embedding": np.zeros((4, 4), np.float32)}, path)
    opened = outcome(open_model_job(path, GREY, 10))
    assert not any(fit.fits for fit in opened.fits)
    with pytest.raises(EngineError, match="fits none of the networks") as caught:
        opened.choose()
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineError, match=r"does not fit mlp.*missing: fc1.weight"):
        opened.choose("mlp")
    with pytest.raises(EngineError, match="no network named 'resnet9000'"):
        opened.choose("resnet9000")


def test_the_wrong_choice_is_told_the_right_one(tmp_path):
    path = tmp_path / "theirs.safetensors"
    safetensors.numpy.save_file(tensors_of("mlp"), path)
    opened = outcome(open_model_job(path, GREY, 10))
    assert opened.choose().architecture == "mlp"
    with pytest.raises(EngineError, match="It fits mlp, 1x28x28, 10 classes: choose that"):
        opened.choose("badnet")


def test_a_prefix_of_parallel_training_does_not_matter(tmp_path):
    path = tmp_path / "theirs.safetensors"
    tensors = {f"module.{name}": tensor for name, tensor in tensors_of("badnet").items()}
    safetensors.numpy.save_file(tensors, path)
    opened = outcome(open_model_job(path, GREY, 10))
    assert opened.choose().architecture == "badnet"
    assert any("module." in note for note in opened.notes)


def own_file(path, model):
    path.write_bytes(model.to_bytes())
    return path


def test_a_file_of_ours_opens_with_everything_known(tmp_path):
    shape = (3, 48, 40)
    model = Model(
        "bn_cnn", shape, 5, tensors_of("bn_cnn", shape, 5, 0.5),
        input_range="mean=0.4,0.5,0.6 std=0.2,0.2,0.2 BGR", width=0.5,
    )  # fmt: skip
    opened = outcome(open_model_job(own_file(tmp_path / "ours.safetensors", model), GREY, 10))
    fit = opened.choose()
    assert fit.said_by_file
    # The size of its images is in no tensor: only the file itself can say it.
    assert (fit.architecture, fit.shape, fit.classes, fit.width) == ("bn_cnn", shape, 5, 0.5)
    assert fit.input_range == model.input_range
    assert opened.choose("bn_cnn") == fit


def rewritten(path, **changes):
    """The same file with other metadata."""
    content = path.read_bytes()
    about = json.loads(json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
                       ["__metadata__"][METADATA_KEY])  # fmt: skip
    tensors = safetensors.numpy.load(content)
    metadata = {METADATA_KEY: json.dumps(about | changes)}
    path.write_bytes(safetensors.numpy.save(tensors, metadata=metadata))
    return path


@pytest.mark.parametrize(
    "lie",
    [
        {"architecture": "mlp"},
        {"width": 2.0},
        {"classes": 11},
        {"architecture": "nosuch"},
        {"width": -1},
        {"shape": [1, 10**9, 28]},
    ],
)
def test_a_file_that_lies_of_itself_is_not_believed(tmp_path, lie):
    model = Model("badnet", GREY, 10, tensors_of("badnet"))
    path = rewritten(own_file(tmp_path / "ours.safetensors", model), **lie)
    opened = outcome(open_model_job(path, GREY, 10))
    best = opened.choose()
    assert (best.architecture, best.width, best.classes) == ("badnet", 1.0, 10)
    assert not best.said_by_file
    assert opened.notes
    assert all(note.isprintable() for note in opened.notes)


def test_a_file_of_ours_with_other_tensors_is_not_believed(tmp_path):
    model = Model("badnet", GREY, 10, tensors_of("badnet"))
    path = rewritten(own_file(tmp_path / "ours.safetensors", model), tensors_sha256="0" * 64)
    opened = outcome(open_model_job(path, GREY, 10))
    assert any("altered or damaged" in note for note in opened.notes)
    assert not opened.fits[0].said_by_file


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published network is not here")
def test_the_published_network_is_a_badnet():
    opened = outcome(open_model_job(PUBLISHED, GREY, 10))
    fit = opened.choose()
    assert fit == Fit("badnet", GREY, 10, matching=8)
    assert [one.fits for one in opened.fits] == [True] + [False] * (len(ARCHITECTURES) - 1)
