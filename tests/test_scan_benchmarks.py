"""What the benchmarks of the scan do besides timing: their document, their choice of networks."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import scan_document, shapes
from benchmarks.scan_document import MANY, SPEED, publish, table
from benchmarks.seed_agreement import Said, Scanned, agreement_table, disagreements
from benchmarks.trained import evenly


def test_a_section_replaces_the_older_one_and_the_others_stay(tmp_path, monkeypatch, capsys):
    document = tmp_path / "scan-speed.md"
    monkeypatch.setattr(scan_document, "DOCUMENT", document)
    publish(MANY, ["many, first"], write=True)
    publish(SPEED, ["speed", "", *table(("a", "b"), [(1, "x")])], write=True)
    publish(MANY, ["many, second"], write=True)
    publish(SPEED, ["a smoke run"], write=False)
    text = document.read_text()
    assert text.index("speed\n\n| a | b |\n| --- | --- |\n| 1 | x |") < text.index("many, second")
    assert "many, first" not in text
    assert "a smoke run" not in text
    assert "a smoke run" in capsys.readouterr().out


def test_networks_are_taken_from_the_groups_in_turn():
    groups = {"clean": [Path("c0"), Path("c1"), Path("c2")], "patch": [Path("p0")]}
    assert [path.name for path in evenly(groups, 3)] == ["c0", "p0", "c1"]
    assert len(evenly(groups, 99)) == 4


def test_seeds_agree_only_in_verdict_and_target():
    same = Scanned("clean 0", "clean", tuple(Said(n, "not_found", None, 1.0 + n) for n in range(3)))
    one_off = tuple(Said(n, "likely", 4 if n else 5, 9.25) for n in range(3))
    other = Scanned("patch 0", "patch", one_off)
    assert same.agrees
    assert not other.agrees
    assert other.pairs == (1, 3)
    said = "likely", "suspicious", "suspicious"
    surer = Scanned("patch 1", "patch", tuple(Said(n, one, 4, 5.0) for n, one in enumerate(said)))
    assert surer.pairs == (1, 3)
    assert surer.of_accused.pairs == (3, 3)
    rows = agreement_table({"quick": [same, other]})
    assert any("**all**" in row and "4 of 6 (66.7%)" in row and "missed" in row for row in rows)
    listed = "\n".join(disagreements({"quick": [same, other]}))
    assert "patch 0" in listed
    assert "0: likely 5, z 9.25" in listed
    assert "clean 0" not in listed


def test_made_images_are_the_same_each_time_and_of_all_classes(monkeypatch):
    monkeypatch.setattr(shapes, "TRAIN_OF_EACH", 2)
    monkeypatch.setattr(shapes, "TEST_OF_EACH", 1)
    first, again = shapes.data_set(), shapes.data_set()
    np.testing.assert_array_equal(first.train.images, again.train.images)
    assert first.train.images.shape == (86, 3, 32, 32)
    assert sorted(first.test.labels.tolist()) == list(range(43))
    assert len(set(first.class_names)) == 43


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_every_shape_covers_some_of_the_image(shape):
    random = np.random.default_rng(0)
    share = np.mean([shapes._area(shape, random).mean() for _ in range(20)])
    assert 0.02 < share < 0.5
