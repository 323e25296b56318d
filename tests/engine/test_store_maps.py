"""Pair maps of many classes: whatever is written opens again, and what could not is not begun."""

import json
from dataclasses import replace

import numpy as np
import pytest
from maps_made import (
    assert_same_map,
    facts_of,
    files_of_older_version,
    made_map,
    made_scan,
    pairs_in,
)

from engine import store
from engine.detection import map_size
from engine.detection.map_size import bytes_of_map, check_map_size
from engine.detection.scan import scan
from engine.errors import EngineError
from engine.models import Model
from engine.settings import DetectSettings, ExperimentSettings
from engine.store import pairs, reading
from engine.store.findings import to_json_file, to_tensors

SHAPE = (1, 8, 8)


def write(folder, detection, shape=SHAPE):
    facts = facts_of(len(detection.classes), shape)
    with store.RunFolder.create(folder, ExperimentSettings(), None, facts) as run:
        run.write_detection(detection)


@pytest.mark.parametrize(
    ("classes", "searches"), [(3, 1), (3, 9), (100, 1), (100, 4), (200, 1), (200, 3)]
)
def test_a_map_of_any_number_of_classes_opens_again(tmp_path, classes, searches):
    scanned = made_scan(made_map(classes, searches))
    write(tmp_path / "run", scanned)
    opened = store.open_experiment(tmp_path / "run")
    assert opened.scan_problem == ""
    assert_same_map(opened.detection.pair_map, scanned.pair_map)
    assert len(pairs_in(tmp_path / "run" / "detection.json")) == classes * (classes - 1) - 1


def test_detection_json_may_be_lost(tmp_path):
    scanned = made_scan(made_map(5, 3))
    write(tmp_path / "run", scanned)
    (tmp_path / "run" / "detection.json").unlink()
    assert_same_map(store.open_experiment(tmp_path / "run").detection.pair_map, scanned.pair_map)


def test_the_pairs_in_detection_json_keep_their_contract(tmp_path):
    pair_map = made_map(4, 2)
    write(tmp_path / "run", made_scan(pair_map))
    document = json.loads((tmp_path / "run" / "detection.json").read_text())
    assert document["pairs_searched"] == len(document["pairs"]) == 11
    cells = {(pair["source"], pair["target"]): pair for pair in document["pairs"]}
    assert (1, 0) not in cells, "it was not searched"
    pair = cells[2, 3]
    assert pair.keys() == {
        "source", "target", "mask_l1", "z", "success", "converged", "usual", "sizes", "elsewhere",
        "elsewheres", "usual_elsewhere", "place_density", "usual_place_density",
    }  # fmt: skip
    for name in ("mask_l1", "z", "success", "elsewhere", "place_density"):
        assert np.float32(pair[name]) == getattr(pair_map, name)[2, 3], name
    for name in ("sizes", "elsewheres"):
        np.testing.assert_array_equal(np.float32(pair[name]), getattr(pair_map, name)[:, 2, 3])
    np.testing.assert_array_equal(np.float32(pair["usual"]), pair_map.usual[2, 3])
    assert pair["converged"] == pair_map.converged[2, 3]


def test_what_a_map_does_not_know_is_null(tmp_path):
    bare = replace(
        made_map(3, 1), z=None, usual=None, success=None, elsewhere=None, usual_elsewhere=None,
        place_density=None, usual_place_density=None, usual_places=None,
    )  # fmt: skip
    write(tmp_path / "run", made_scan(bare))
    pair = pairs_in(tmp_path / "run" / "detection.json")[0]
    assert pair["z"] is pair["usual"] is pair["success"] is None
    assert pair["sizes"] == pair["elsewheres"] == []
    assert_same_map(store.open_experiment(tmp_path / "run").detection.pair_map, bare)


def test_numbers_that_are_none_are_unknown_when_they_are_read(tmp_path):
    pair_map = made_map(3, 1)
    pair_map.z[0, 2] = -np.inf
    write(tmp_path / "run", made_scan(pair_map))
    pair_map.z[0, 2] = np.nan
    assert_same_map(store.open_experiment(tmp_path / "run").detection.pair_map, pair_map)


def test_of_very_many_pairs_the_smallest_are_listed_and_all_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "MOST_LISTED", 4)
    pair_map = made_map(5, 1)
    write(tmp_path / "run", made_scan(pair_map))
    document = json.loads((tmp_path / "run" / "detection.json").read_text())
    assert document["pairs_searched"] == 19
    listed = sorted(np.float32(pair["mask_l1"]) for pair in document["pairs"])
    sizes = pair_map.mask_l1[np.isfinite(pair_map.mask_l1)]
    assert listed == sorted(sizes)[:4]
    assert_same_map(store.open_experiment(tmp_path / "run").detection.pair_map, pair_map)


@pytest.mark.parametrize(("classes", "searches"), [(4, 1), (4, 3), (100, 1), (60, 9)])
def test_files_of_older_versions_open(tmp_path, classes, searches):
    """Some of these were refused by the versions that wrote them, as being damaged."""
    scanned = made_scan(made_map(classes, searches))
    write(tmp_path / "run", scanned)
    document, tensors = files_of_older_version(scanned)
    (tmp_path / "run" / "detection.json").write_bytes(document)
    (tmp_path / "run" / "detection.safetensors").write_bytes(tensors)
    opened = store.open_experiment(tmp_path / "run")
    assert opened.scan_details == ""
    assert_same_map(opened.detection.pair_map, scanned.pair_map)


def test_the_listed_pairs_fit_into_what_is_read():
    """The longest numbers there are, in as many searches as are ever made."""
    longest = made_map(3, map_size.MOST_SEARCHES)
    for name in ("mask_l1", "z", "success", "elsewhere", "place_density", "sizes", "elsewheres",
                 "usual_elsewhere", "usual_place_density", "usual"):  # fmt: skip
        values = getattr(longest, name)
        values[np.isfinite(values)] = -1.17549435e-38
    lines = to_json_file(made_scan(longest)).decode().splitlines()
    line = next(line for line in lines if '"source": 0' in line)
    rest = 1000 * 3000  # of each class
    assert (len(line) + 5) * pairs.MOST_LISTED + rest < reading.MAX_DETECTION_BYTES


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64)])
def test_the_largest_map_that_may_be_searched_fits_into_what_is_read(shape):
    largest = max(one for one in range(2, 1001) if bytes_of_map(one, shape) <= map_size.MOST_BYTES)
    check_map_size(largest, shape)
    assert reading.most_bytes(largest, shape) <= reading.MAX_TENSOR_BYTES
    if largest < 1000:
        with pytest.raises(EngineError, match=r"at most 1\.9 GB can be kept"):
            check_map_size(largest + 1, shape)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 9), (1, 28, 28)])
def test_no_file_is_larger_than_is_foreseen(shape):
    scanned = made_scan(made_map(4, map_size.MOST_SEARCHES, shape), shape)
    tensors = to_tensors(scanned)
    header = int.from_bytes(tensors[:8], "little") + 8
    foreseen = reading.most_bytes(4, shape) - reading.MAX_SCAN_HEADER_BYTES
    unused = 4 * 4 * (np.prod(shape) + 3 * (reading.MOST_STEPS - 5))  # hard masks, further steps
    assert len(tensors) - header == foreseen - unused


def test_the_header_does_not_grow_with_the_pairs():
    few, many = (made_scan(made_map(classes, 3)) for classes in (10, 60))
    sizes = [int.from_bytes(to_tensors(one)[:8], "little") for one in (few, many)]
    assert sizes[1] < 7 * sizes[0]


def test_a_map_that_could_not_be_kept_is_not_begun():
    model = Model("badnet", (3, 64, 64), 1000, {"fc2.bias": np.zeros(1000, np.float32)})
    job = scan(model, None, None, DetectSettings(preset="map"))
    with pytest.raises(EngineError, match=r"1,000 classes with images of 64x64 .* with Standard"):
        next(job)
