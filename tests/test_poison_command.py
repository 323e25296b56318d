"""The command poison: what it asks the engine for, and how it refuses."""

import csv

import numpy as np
import pytest

from engine import data
from engine.data import DataSet, ImageSet
from engine.events import Progress
from engine.triggers import preset, write_png
from terminal import commands


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A hundred made images in place of MNIST."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (100, 1, 28, 28), np.uint8)
    labels = np.arange(100, dtype=np.int64) % 10
    some = ImageSet(images, labels, tuple("0123456789"))
    made = DataSet("mnist", "MNIST", some, some)

    def load_job(settings):
        yield Progress(0, 1, "loading")
        return made

    monkeypatch.setattr(data, "load_job", load_job)
    return made


def rows_of(folder):
    with (folder / "poisoned.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_set_is_written_as_the_settings_say(tmp_path, capsys):
    code = commands.run_command_line(
        ["poison", "--to", "set", "--set", "attack.family=blended", "--set",
         "attack.mapping=source-specific", "--set", "attack.sources=1,3", "--set",
         "attack.target=7", "--set", "attack.poison_rate=0.5"]
    )  # fmt: skip
    assert code == 0
    assert "The poisoned set is in" in capsys.readouterr().out
    rows = [row for row in rows_of(tmp_path / "set") if row["poisoned"] == "yes"]
    assert len(rows) == 10
    assert {(row["family"], row["new_label"]) for row in rows} == {("blended", "7")}
    assert {row["original_label"] for row in rows} == {"1", "3"}


def test_a_png_is_the_trigger_and_one_file_is_written(tmp_path):
    (tmp_path / "mine.png").write_bytes(write_png(preset("single-pixel", (1, 28, 28))))
    arguments = ["poison", "--to", "set.safetensors", "--set", "attack.trigger=mine.png"]
    assert commands.run_command_line(arguments) == 0
    assert (tmp_path / "set.safetensors").stat().st_size > 78_400


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        (["attack.target=10"], "does not exist"),
        (["attack.mapping=source-specific", "attack.sources=0"], "is the target as well"),
        (["attack.poison_rate=0.001"], "so little that no image"),
        (["attack.family=sig", "attack.mapping=all-to-all"], "leave every label as it is"),
        (["attack.family=blend"], "must be one of"),
        (["attack.sources=one"], "sources"),
        (["attack.family=blended", "attack.picture=drawn", "attack.trigger=wrong.png"], "28 x 28"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_writes_nothing(tmp_path, capsys, assignments, words):
    (tmp_path / "wrong.png").write_bytes(write_png(preset("single-pixel", (3, 32, 32))))
    pairs = [part for one in assignments for part in ("--set", one)]
    assert commands.run_command_line(["poison", "--to", "set", *pairs]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert not (tmp_path / "set").exists()
