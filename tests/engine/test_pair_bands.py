"""The band of each pair in clean networks: how it is made, and that files keep it."""

from dataclasses import replace

import numpy as np
import safetensors.numpy
from toys import with_equal_shares

from engine.detection.pair_calibration import PairCalibration
from engine.detection.results import Detection, FoundTrigger, PairMap, ScanCurves, Verdict
from engine.files import fingerprint
from engine.json_files import to_json
from engine.settings import DetectSettings
from engine.store.findings import from_files, to_document, to_tensors
from engine.tensor_files import read_tensors
from engine.triggers import Trigger

# Six clean networks of three classes: each pair has its own usual size, in pixels.
USUAL = np.array([20.0, 30.0, 40.0, 50.0, 60.0, 70.0])
PICTURES = ("masks", "patterns", "places", "usual_places")
APART = ~np.eye(3, dtype=np.bool_)


def clean_networks():
    noise = 0.1 * np.random.default_rng(0).standard_normal((6, 6))
    return with_equal_shares(np.log(USUAL) + noise)


def test_the_band_is_moved_to_the_level_of_the_map():
    calibration = PairCalibration.of(clean_networks(), 3)
    own = calibration.usual_sizes(with_equal_shares(np.log(USUAL)))
    twice = calibration.usual_sizes(with_equal_shares(np.log(2 * USUAL)))
    assert own.shape == (3, 3, 2)
    assert np.isnan(own[~APART]).all()
    np.testing.assert_allclose(twice, 2 * own)
    low, high = own[APART].T
    assert (low < USUAL).all()
    assert (high > USUAL).all()
    assert high[0] < low[5], "each pair has a band of its own"


def made_up_map(usual):
    rng = np.random.default_rng(1)
    sizes = rng.uniform(2, 90, (3, 3)).astype(np.float32)
    sizes[~APART] = np.nan
    masks, patterns = (rng.random((3, 3, *rest), np.float32) for rest in ((10, 10), (1, 10, 10)))
    return PairMap(sizes, APART & (sizes < 80), masks, patterns, -sizes, usual)


def detection_with(pair_map):
    """A scan whose verdict follows this map."""
    masks = np.zeros((3, 10, 10), np.float32)
    classes = tuple(
        FoundTrigger(label, Trigger(mask, mask[None]), 3.0, 1.0, True, None)
        for label, mask in enumerate(masks)
    )
    verdict = Verdict(
        "likely", 2, 0.02, "references", (), "", "", (2,), 40, "source-specific", ((1, 2),),
        decided_by="map",
    )  # fmt: skip
    curves = ScanCurves(*(np.zeros((0, 3), np.float32) for _ in range(3)))
    return Detection(
        classes, verdict, curves, DetectSettings(preset="map"), "", 1, 1, 1, pair_map=pair_map
    )


def read_back(pair_map, folder, change=None):
    """What the files of such a scan give again.

    With a change of detection.json they are those of older versions, which kept the numbers of
    pairs there alone.
    """
    found = detection_with(pair_map)
    path = folder / "detection.safetensors"
    path.write_bytes(to_tensors(found))
    document = None
    if change is not None:
        pictures = {
            name: array
            for name, array in safetensors.numpy.load_file(path).items()
            if name.removeprefix("pairs.") in PICTURES or not name.startswith("pairs.")
        }
        path.write_bytes(safetensors.numpy.save(pictures))
        facts = to_document(found) | {"numbers_sha256": fingerprint(pictures)}
        document = to_json(change(facts))
    read = from_files(document, read_tensors(path, 2**20), (1, 10, 10))
    assert read.verdict == found.verdict
    return read.pair_map


def test_files_keep_a_map_with_its_bands(tmp_path):
    usual = np.random.default_rng(2).uniform(20, 30, (3, 3, 2)).astype(np.float32)
    usual[~APART] = np.nan
    written = made_up_map(usual)
    read = read_back(written, tmp_path)
    for name in ("mask_l1", "converged", "masks", "patterns", "z", "usual"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name), name)


def test_files_keep_a_map_without_bands(tmp_path):
    assert read_back(made_up_map(None), tmp_path).usual is None


def test_the_success_of_each_pair_is_kept(tmp_path):
    success = np.where(np.eye(3, dtype=bool), np.nan, 0.25).astype(np.float32)
    success[0, 1] = 1
    read = read_back(replace(made_up_map(None), success=success), tmp_path)
    np.testing.assert_array_equal(read.success, success)
