"""What a model's file says of it: it comes back, it is checked, and strangers cannot abuse it."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy

from engine import models, store, tensor_files, triggers
from engine.errors import EngineError
from engine.metrics import Rates
from engine.model_metadata import METADATA_KEY, ModelMetadata, Provenance, read_metadata
from engine.modelfile import read_model_file
from engine.models import Model
from engine.settings import AttackSettings, ExperimentSettings, TrainSettings
from engine.version import VERSION

SHAPE = (1, 28, 28)
NAMES = tuple("abcdefghij")
SETTINGS = ExperimentSettings(
    attack=AttackSettings(target=3, poison_rate=0.05, trigger="/home/somebody/secret/mine.png"),
    train=TrainSettings(epochs=2, seed=7, architecture="mlp"),
)


def provenance(**changes):
    trigger = triggers.preset("white-3x3", SHAPE)
    about = Provenance.of(SETTINGS, trigger, NAMES, Rates(0.99, 1.0, 0.001, 10_000))
    return about.model_copy(update=changes)


def model(**changes):
    state = {"fc3.bias": np.arange(10, dtype=np.float32), "count": np.array(7, np.int64)}
    return replace(Model("mlp", SHAPE, 10, state, "-1..1", 0.5, provenance=provenance()), **changes)


def document(**changes):
    return json.loads(ModelMetadata.parse(text_of(model())).text()) | changes


def text_of(one):
    header = one.to_bytes()
    size = int.from_bytes(header[:8], "little")
    return json.loads(header[8 : 8 + size])["__metadata__"][METADATA_KEY]


def parse(**changes):
    return ModelMetadata.parse(json.dumps(document(**changes)))


def test_everything_known_comes_back_through_the_gate(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(model().to_bytes())
    opened = read_model_file(path)
    about = read_metadata(opened.metadata)
    assert (about.architecture, about.shape, about.classes) == ("mlp", SHAPE, 10)
    assert (about.input_range, about.width) == ("-1..1", 0.5)
    said = about.provenance
    assert said.class_names == NAMES
    assert (said.seed, said.data, said.program) == (7, "mnist", VERSION)
    assert said.settings["attack"]["poison_rate"] == 0.05
    assert said.settings["train"]["epochs"] == 2
    assert (said.clean_accuracy, said.attack_success, said.sham_rate) == (0.99, 1.0, 0.001)
    png = triggers.write_png(triggers.preset("white-3x3", SHAPE))
    assert said.trigger_sha256 == hashlib.sha256(png).hexdigest()
    about.check_tensors(opened.tensors)


def test_the_path_of_a_trigger_stays_on_its_machine():
    assert "secret" not in text_of(model())
    assert provenance().settings["attack"]["trigger"] == "mine.png"


def test_the_same_model_says_the_same():
    assert model().to_bytes() == model().to_bytes()
    assert model(provenance=None).to_bytes() != model().to_bytes()


def test_a_file_of_an_older_version_is_read():
    old = {"architecture": "badnet", "shape": [1, 28, 28], "classes": 10, "input_range": "0..255"}
    about = ModelMetadata.parse(json.dumps(old))
    assert (about.architecture, about.input_range, about.width) == ("badnet", "0..255", 1.0)
    assert about.provenance is None
    about.check_tensors({"whatever": np.zeros(3)})


def test_names_that_a_newer_program_adds_are_passed_over():
    assert parse(colour="green").architecture == "mlp"


def test_a_file_that_is_not_ours_says_nothing():
    assert read_metadata({"format": "pt"}) is None


def test_altered_tensors_are_noticed():
    about = ModelMetadata.parse(text_of(model()))
    state = dict(model().state)
    about.check_tensors(state)
    state["fc3.bias"] = state["fc3.bias"] + 1
    with pytest.raises(EngineError, match="altered or damaged"):
        about.check_tensors(state)


def test_an_experiment_with_altered_tensors_is_refused(tmp_path):
    with store.RunFolder.create(tmp_path / "run", SETTINGS, None) as run:
        run.write_model(model())
    path = tmp_path / "run" / "model.safetensors"
    tensors = tensor_files.read_tensors(path, 2**20)
    tensors.arrays["fc3.bias"][0] = 5
    content = safetensors.numpy.save(tensors.arrays, metadata=tensors.metadata)
    path.write_bytes(content)
    record = json.loads((tmp_path / "run" / "experiment.json").read_bytes())
    record["model_sha256"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "run" / "experiment.json").write_text(json.dumps(record))
    with pytest.raises(EngineError, match="altered or damaged"):
        store.open_experiment(tmp_path / "run")


def test_an_experiment_keeps_how_its_model_was_trained(tmp_path):
    with store.RunFolder.create(tmp_path / "run", SETTINGS, None) as run:
        run.write_model(model())
    opened = store.open_experiment(tmp_path / "run").model
    assert opened.provenance == provenance()
    assert opened.to_bytes() == model().to_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2}, {"schema": True}, {"schema": "1"},
        {"architecture": None}, {"architecture": "x" * 401},
        {"shape": [1, 28]}, {"shape": [1, 28, 1e9]}, {"shape": [0, 28, 28]},
        {"shape": [1, 2**40, 28]}, {"shape": "abc"}, {"shape": [True, 28, 28]},
        {"classes": 1}, {"classes": 10**9}, {"classes": "10"}, {"classes": 2.5},
        {"width": 1e9}, {"width": -1}, {"width": None}, {"input_range": {"a": 1}},
        {"tensors_sha256": "../../etc/passwd"}, {"provenance": "trust me"},
        {"provenance": {"class_names": ["a"] * 1001}}, {"provenance": {"class_names": ["a"]}},
        {"provenance": {"class_names": ["x" * 401] * 10}},
        {"provenance": {"seed": -1}}, {"provenance": {"clean_accuracy": 1.5}},
        {"provenance": {"settings": {"train": {"epochs": {"deep": {"er": 1}}}}}},
        {"provenance": {"settings": {str(n): {} for n in range(21)}}},
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_refused_in_a_sentence(changes):
    with pytest.raises(EngineError) as caught:
        parse(**changes)
    said = str(caught.value)
    assert said.startswith("What the file says of its own model cannot be used: ")
    assert said.endswith("by hand.")
    assert len(said) < 500


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"a":1,"a":2}', '{"width": NaN}', '{"width": 1e999}', "[" * 5000,
     '{"architecture": "' + "x" * 70_000 + '"}', '{"shape": [\ud800]}'],
)  # fmt: skip
def test_text_that_is_no_description_is_refused(text):
    with pytest.raises(EngineError, match="cannot be used"):
        ModelMetadata.parse(text)


def test_texts_are_made_plain():
    names = ["<b>a</b>", "\u202egpj.exe", "a\x1b[31m", "line\nbreak", *"efghij"]
    about = parse(provenance={"class_names": names, "program": "\u2066x\u2069"})
    assert about.provenance.class_names[:4] == ("<b>a</b>", "gpj.exe", "a[31m", "line break")
    assert about.provenance.program == "x"


def test_a_claim_of_a_huge_network_allocates_nothing():
    tiny = {"fc3.bias": np.zeros(10, np.float32)}
    for name, architecture in models.ARCHITECTURES.items():
        width = 4.0 if architecture.has_width else 1.0
        with pytest.raises(EngineError, match="does not fit"):
            models.restore(Model(name, (64, 4096, 4096), 1000, tiny, width=width))
