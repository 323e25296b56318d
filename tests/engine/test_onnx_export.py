"""An exported network says the same as ours, whoever runs it, and tells nothing of this machine."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from toys import outcome

from engine import models, onnx_export, triggers
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.model_metadata import METADATA_KEY, Provenance
from engine.models import ARCHITECTURES, Model
from engine.network import Network
from engine.onnx_export import _with_input_format, onnx_job, to_onnx
from engine.settings import ExperimentSettings

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def made(architecture="mlp", shape=GREY, input_range="0..1", width=1.0, **values):
    torch.manual_seed(1)
    network = models.build(architecture, shape, 10, width)
    for name, buffer in network.named_buffers():  # batch statistics as after some training
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
    return Model(architecture, shape, 10, models.save_state(network), input_range, width, **values)


def answers(content, images):
    """What ONNX Runtime says of uint8 images, given to it as the file's own text says."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"images": images.astype(np.float32) / 255})
    return logits


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_says_the_same_elsewhere(architecture, compute):
    known = ARCHITECTURES[architecture]
    shape = GREY if known.least_side <= 28 else COLOUR
    model = made(architecture, shape, "0..255", width=0.25 if known.has_width else 1.0)
    images = np.random.default_rng(0).integers(0, 256, (12, *shape)).astype(np.uint8)
    network = Network.of(model, compute)
    with torch.inference_mode():
        wanted = network.logits(compute.to_input(images)).numpy()
    found = answers(to_onnx(model), images)
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())
    np.testing.assert_array_equal(found.argmax(1), network.predict(images))


@pytest.mark.parametrize(
    "input_range", ["0..255", "mean=0.4,0.5,0.6 std=0.2,0.3,0.4 BGR", "0..1 BGR"]
)
def test_the_input_format_is_part_of_what_is_exported(input_range, compute):
    images = np.random.default_rng(0).integers(0, 256, (20, *COLOUR)).astype(np.uint8)
    model = made("mlp", COLOUR, input_range)
    given = compute.to_input(images)
    wanted = Network.of(model, compute).logits(given).detach()
    torch.testing.assert_close(_with_input_format(model)(given).detach(), wanted)


def test_the_input_format_is_in_the_file(compute):
    images = np.random.default_rng(0).integers(0, 256, (20, *COLOUR)).astype(np.uint8)
    model = made("mlp", COLOUR, "-1..1 BGR")
    wanted = Network.of(model, compute).logits(compute.to_input(images)).detach().numpy()
    np.testing.assert_allclose(answers(to_onnx(model), images), wanted, atol=1e-4)


@pytest.fixture(scope="module")
def described():
    """A model of which all is known, and its file."""
    trigger = triggers.preset("white-3x3", GREY)
    names = (*"abcdefghi", "<j>")
    model = made(provenance=Provenance.of(ExperimentSettings(), trigger, names, None))
    return model, to_onnx(model)


def test_the_file_says_what_it_is(described):
    model, content = described
    proto = onnx.load_from_string(content)
    onnx.checker.check_model(proto, full_check=True)
    said = {entry.key: entry.value for entry in proto.metadata_props}
    assert said["architecture"] == "mlp"
    assert said["model_sha256"] == model.sha256
    assert json.loads(said["class_names"]) == [*"abcdefghi", "<j>"]
    assert json.loads(said[METADATA_KEY])["seed"] == 0
    assert "N x 1 x 28 x 28" in proto.doc_string
    assert proto.producer_name == "Backdoor Studio"
    [batch, *rest] = proto.graph.input[0].type.tensor_type.shape.dim
    assert batch.dim_param == "N"
    assert [size.dim_value for size in rest] == [1, 28, 28]
    assert [one.name for one in (*proto.graph.input, *proto.graph.output)] == ["images", "logits"]


def test_the_same_network_gives_the_same_file_without_a_word_of_this_machine(described):
    model, content = described
    assert to_onnx(model) == content
    root = Path(onnx_export.__file__).parent.parent
    for trace in (str(root), str(Path.home()), "site-packages", ".py", sys.prefix):
        assert trace.encode() not in content


def test_the_job_writes_the_file_in_a_process_of_its_own(tmp_path):
    model = made(file_sha256="ab" * 32)
    seen, path = [], tmp_path / "net.onnx"
    assert outcome(onnx_job(model, path), seen=seen) == path
    assert isinstance(seen[0], Progress)
    assert len(seen) > 2
    proto = onnx.load(path)
    said = {entry.key: entry.value for entry in proto.metadata_props}
    assert said["model_sha256"] == "ab" * 32
    logits = ReferenceEvaluator(proto).run(None, {"images": np.zeros((3, *GREY), np.float32)})[0]
    assert logits.shape == (3, 10)
    assert [found.name for found in tmp_path.iterdir()] == ["net.onnx"]


def test_a_network_that_does_not_fit_is_told_and_nothing_is_written(tmp_path):
    model = made(origin="theirs.pt")
    del model.state["fc3.bias"]
    path = tmp_path / "net.onnx"
    path.write_bytes(b"before")
    with pytest.raises(EngineError, match=r"missing fc3\.bias.*architecture"):
        outcome(onnx_job(model, path))
    assert path.read_bytes() == b"before"


def test_a_stopped_job_ends_its_process_and_writes_nothing(tmp_path, monkeypatch):
    started = []
    real = subprocess.Popen

    def popen(*arguments, **named):
        started.append(real(*arguments, **named))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", popen)
    job = onnx_job(made(), tmp_path / "net.onnx")
    next(job), next(job)
    with pytest.raises(StopRequested):
        job.throw(StopRequested())
    assert started[0].returncode is not None
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(EngineError, match=r"onnxscript.*start\.py"):
        to_onnx(made())


def test_a_file_that_computes_something_else_is_not_written(monkeypatch):
    monkeypatch.setattr(ReferenceEvaluator, "run", lambda *_: [np.ones((4, 10), np.float32)])
    with pytest.raises(EngineError, match="would not compute"):
        to_onnx(made())


def test_what_lies_in_the_folder_one_works_in_is_not_run(tmp_path, monkeypatch):
    for name in ("onnx", "onnxscript", "numpy", "engine"):
        (tmp_path / f"{name}.py").write_text("open('canary', 'w').close()")
    monkeypatch.chdir(tmp_path)
    outcome(onnx_job(made(shape=(1, 8, 8)), tmp_path / "a.onnx"))
    assert (tmp_path / "a.onnx").exists()
    assert not (tmp_path / "canary").exists()
