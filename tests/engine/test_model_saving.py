"""A model on its own: saved, opened again with everything known, and handed on."""

import numpy as np
import pytest
import safetensors.numpy
from toys import outcome

from engine import store
from engine.errors import EngineError
from engine.model_metadata import Provenance
from engine.model_saving import export_job, load_job
from engine.models import Model
from engine.settings import ExperimentSettings
from terminal.commands import run_command_line

SHAPE = (1, 28, 28)
MLP = {"fc1": (512, 784), "fc2": (256, 512), "fc3": (10, 256)}


def model(**values):
    rng = np.random.default_rng(0)
    state = {}
    for name, (wide, narrow) in MLP.items():
        state[f"{name}.weight"] = rng.normal(size=(wide, narrow)).astype(np.float32)
        state[f"{name}.bias"] = rng.normal(size=wide).astype(np.float32)
    about = Provenance(seed=4, data="mnist", class_names=tuple("abcdefghij"))
    return Model("mlp", SHAPE, 10, state, "mean=0.1307 std=0.3081", provenance=about, **values)


def experiment(folder, one=None):
    with store.RunFolder.create(folder, ExperimentSettings(), None) as run:
        if one is not None:
            run.write_model(one)


def test_a_saved_model_opens_again_with_everything_known(tmp_path):
    path = outcome(export_job(model(), tmp_path / "mine.safetensors"))
    again = outcome(load_job(path))
    assert again.provenance == model().provenance
    assert (again.architecture, again.shape, again.classes) == ("mlp", SHAPE, 10)
    assert again.input_range == "mean=0.1307 std=0.3081"
    assert again.origin == "mine.safetensors"
    assert again.to_bytes() == path.read_bytes()
    assert again.sha256 == model().sha256


def test_the_model_of_an_experiment_is_the_file_that_is_saved(tmp_path):
    experiment(tmp_path / "run", model())
    for source in (tmp_path / "run", tmp_path / "run" / "experiment.json"):
        opened = outcome(load_job(source))
        path = outcome(export_job(opened, tmp_path / "mine.safetensors"))
        assert path.read_bytes() == (tmp_path / "run" / "model.safetensors").read_bytes()


def test_a_damaged_scan_does_not_keep_a_model_from_being_saved(tmp_path):
    experiment(tmp_path / "run", model())
    (tmp_path / "run" / "detection.json").write_text("{")
    assert outcome(load_job(tmp_path / "run")).sha256 == model().sha256


def test_an_ending_that_is_not_known_is_refused(tmp_path):
    with pytest.raises(EngineError, match=r"\.safetensors or \.onnx"):
        outcome(export_job(model(), tmp_path / "mine.pt"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_say_what_it_is_for_is_refused(tmp_path):
    path = tmp_path / "theirs.safetensors"
    path.write_bytes(safetensors.numpy.save(model().state))
    with pytest.raises(EngineError, match=r"does not say which network.*Audit it first"):
        outcome(load_job(path))


def test_an_experiment_without_a_model_is_refused(tmp_path):
    experiment(tmp_path / "run")
    with pytest.raises(EngineError, match="no trained network yet"):
        outcome(load_job(tmp_path / "run"))


def test_the_command_exports_and_says_what(tmp_path, capsys):
    experiment(tmp_path / "run", model())
    target = tmp_path / "net.safetensors"
    assert run_command_line(["export", str(tmp_path / "run"), "--to", str(target)]) == 0
    said = capsys.readouterr().out
    assert model().sha256 in said
    assert str(target) in said
    assert target.read_bytes() == model().to_bytes()


def test_the_command_refuses_in_one_line(tmp_path, capsys):
    (tmp_path / "theirs.pt").write_bytes(b"not a model")
    code = run_command_line(["export", str(tmp_path / "theirs.pt"), "--to", "x.onnx"])
    assert code == 2
    said = capsys.readouterr().err.strip()
    assert "theirs.pt" in said


def test_the_command_overwrites_nothing(tmp_path, capsys):
    experiment(tmp_path / "run", model())
    (tmp_path / "mine.onnx").write_bytes(b"mine")
    code = run_command_line(["export", str(tmp_path / "run"), "--to", str(tmp_path / "mine.onnx")])
    assert code == 2
    assert "already exists" in capsys.readouterr().err
    assert (tmp_path / "mine.onnx").read_bytes() == b"mine"
