"""The exported training set: every image, what was done to it, and names that are safe."""

import csv
import io
import json

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image
from toys import outcome

from engine import attacks, data
from engine.data import DataSet, ImageSet
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.poisoned_set import COLUMNS, ROLES, export_poisoned_job
from engine.settings import AttackSettings, ExperimentSettings
from engine.triggers import Trigger, preset, read_png, write_png

SHAPE = (1, 8, 8)
NAMES = ("cat", "=1+1", "../up", "CON", "a/b\\c", "\u202edog")


def made_up(shape=SHAPE, names=NAMES, count=240):
    random = np.random.default_rng(4)
    images = random.integers(0, 256, (count, *shape), np.uint8)
    labels = np.arange(count) % len(names)
    train = ImageSet(images, labels.astype(np.int64), names)
    return DataSet("mnist", "Made up", train, train.subset(np.arange(20)))


@pytest.fixture
def loaded(monkeypatch):
    """Every data set is a small one with awkward names."""

    def load_job(settings):
        yield Progress(0, 1, "loading")
        return current[0]

    current = [made_up()]
    monkeypatch.setattr(data, "load_job", load_job)
    return current


def with_attack(**attack):
    return ExperimentSettings(attack=AttackSettings(**{"poison_rate": 0.2} | attack))


def corner(shape=SHAPE):
    trigger = Trigger.empty(shape)
    trigger.mask[0, :2] = 1
    return trigger


def rows_of(folder):
    text = (folder / "poisoned.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("shape", [SHAPE, (3, 8, 8)])
def test_every_image_is_there_as_it_would_be_learned(loaded, tmp_path, shape):
    loaded[0] = made_up(shape)
    settings = with_attack(mapping="source-specific", sources=(1, 2), target=3, cover_rate=0.5)
    folder = tmp_path / "new" / "set"
    assert outcome(export_poisoned_job(settings, corner(shape), folder)) == folder
    expected = attacks.poison(loaded[0].train, corner(shape), settings.attack)
    rows = rows_of(folder)
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["index"]) for row in rows] == list(range(240))
    for row in rows:
        index = int(row["index"])
        picture = np.asarray(Image.open(folder / row["file"]))
        image = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
        np.testing.assert_array_equal(image, expected.images.images[index])
        assert int(row["new_label"]) == expected.images.labels[index]
        assert int(row["original_label"]) == loaded[0].train.labels[index]
        role = row["role"]
        assert (role == "attack") == (index in expected.indices) == (row["poisoned"] == "yes")
        assert (role == "cover") == (index in expected.choice.covers)
        assert (row["family"], row["mapping"]) == (
            ("patch", "source-specific") if role else ("", "")
        )
        assert row["trigger"] == ("1" if role else "")
    np.testing.assert_array_equal(read_png(folder / "trigger.png", shape).mask, corner(shape).mask)
    about = json.loads((folder / "attack.json").read_text())
    assert about["attack"]["sources"] == [1, 2]
    assert about["poisoned"] == len(expected.indices)
    assert about["class_names"] == list(NAMES)


def test_names_from_a_file_lead_nowhere_and_are_no_formulas(loaded, tmp_path):
    folder = tmp_path / "set"
    outcome(export_poisoned_job(with_attack(), corner(), folder))
    found = {path.name for path in (folder / "images").iterdir()}
    assert found == {"0_cat", "1_1-1", "2_up", "3_CON", "4_a-b-c", "5_dog"}
    assert {path.name for path in tmp_path.iterdir()} == {"set"}
    classes = {row["original_class"] for row in rows_of(folder)}
    assert "'=1+1" in classes
    assert "dog" in classes, "without the sign that turns the text around"
    assert not any(name.startswith(("=", "+", "-", "@")) for name in classes)


def test_numbers_for_names_are_not_doubled(loaded, tmp_path):
    loaded[0] = made_up(names=("0", "1"), count=30)
    outcome(export_poisoned_job(with_attack(), corner(), tmp_path / "set"))
    assert {path.name for path in (tmp_path / "set" / "images").iterdir()} == {"0", "1"}


def test_one_file_holds_the_same(loaded, tmp_path):
    settings = with_attack(family="wanet", mapping="two-targets", noise_rate=0.1)
    path = tmp_path / "set.safetensors"
    outcome(export_poisoned_job(settings, corner(), path))
    tensors = safetensors.numpy.load_file(path)
    expected = attacks.poison(loaded[0].train, corner(), settings.attack)
    np.testing.assert_array_equal(tensors["images"], expected.images.images)
    np.testing.assert_array_equal(tensors["labels"], expected.images.labels)
    np.testing.assert_array_equal(tensors["original_labels"], loaded[0].train.labels)
    assert tensors["images"].dtype == np.uint8
    attacked = np.flatnonzero(tensors["role"] == ROLES.index("attack"))
    np.testing.assert_array_equal(attacked, expected.indices)
    np.testing.assert_array_equal(tensors["trigger"][attacked], expected.choice.which + 1)
    decoys = np.flatnonzero(tensors["role"] == ROLES.index("decoy"))
    np.testing.assert_array_equal(decoys, expected.choice.decoys)
    assert (tensors["trigger"][decoys] == 0).all()
    before, warped = loaded[0].train.images[decoys], tensors["images"][decoys]
    assert len(decoys)
    assert (before != warped).any(axis=(1, 2, 3)).all(), "noise moves them"
    attack = attacks.make(settings.attack, corner(), len(NAMES))
    assert (attack.stamp(before, decoys) != warped).any(axis=(1, 2, 3)).all(), "another warp"
    assert [entry.name for entry in tmp_path.iterdir()] == ["set.safetensors"]


def test_folders_of_many_classes_are_read_in_the_order_of_their_numbers(loaded, tmp_path):
    loaded[0] = made_up(names=tuple(f"c{label}" for label in range(12)))
    outcome(export_poisoned_job(with_attack(target=11), corner(), tmp_path / "set"))
    names = sorted(path.name for path in (tmp_path / "set" / "images").iterdir())
    assert names == [f"{label:02d}_c{label}" for label in range(12)]
    for row in rows_of(tmp_path / "set"):
        folder = row["file"].split("/")[1]
        assert names.index(folder) == int(row["new_label"])


def test_a_stop_leaves_nothing_behind(loaded, tmp_path):
    seen = []
    with pytest.raises(StopRequested):
        outcome(
            export_poisoned_job(with_attack(), corner(), tmp_path / "set"),
            stop_at=lambda event: "writing" in event.text, seen=seen,
        )  # fmt: skip
    assert "writing" in seen[-1].text
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_and_an_empty_folder_is_fine(loaded, tmp_path):
    (tmp_path / "mine").mkdir()
    outcome(export_poisoned_job(with_attack(), corner(), tmp_path / "mine"))
    with pytest.raises(EngineError, match="is not empty"):
        outcome(export_poisoned_job(with_attack(), corner(), tmp_path / "mine"))
    (tmp_path / "kept.safetensors").write_bytes(b"precious")
    with pytest.raises(EngineError, match="already exists, and what is there is never overwritten"):
        outcome(export_poisoned_job(with_attack(), corner(), tmp_path / "kept.safetensors"))
    assert (tmp_path / "kept.safetensors").read_bytes() == b"precious"


def test_a_failure_while_writing_is_a_sentence_and_leaves_nothing(loaded, tmp_path, monkeypatch):
    def full(image):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.poisoned_set.png", full)
    with pytest.raises(EngineError, match="no space left"):
        outcome(export_poisoned_job(with_attack(), corner(), tmp_path / "set"))
    assert list(tmp_path.iterdir()) == []


def test_an_attack_that_makes_no_sense_writes_nothing(loaded, tmp_path):
    settings = with_attack(mapping="source-specific", sources=(0,), target=0)
    with pytest.raises(EngineError, match="is the target as well"):
        outcome(export_poisoned_job(settings, corner(), tmp_path / "set"))
    assert list(tmp_path.iterdir()) == []


def test_a_drawn_trigger_is_the_pngs(loaded, tmp_path):
    outcome(export_poisoned_job(with_attack(family="sig", frequency=2), corner(), tmp_path / "a"))
    assert not (tmp_path / "a" / "trigger.png").exists()
    outcome(export_poisoned_job(with_attack(), preset("single-pixel", SHAPE), tmp_path / "b"))
    written = (tmp_path / "b" / "trigger.png").read_bytes()
    assert written == write_png(preset("single-pixel", SHAPE))
