"""Borderline pair maps are searched several times, all others once."""

import numpy as np
import pytest
from test_pair_map import Mapped
from toys import coded_images, network_of, outcome

from engine.detection.bounds import Bounds
from engine.detection.evidence import Evidence
from engine.detection.headlines import of_pairs
from engine.detection.pair_logs import SLIGHT, pair_logs, shares_of
from engine.detection.reference import Reference
from engine.detection.references import References
from engine.detection.results import PairMap
from engine.detection.scan import MAP_STOPPED, scan
from engine.detection.schedules import passes_of_pairs
from engine.detection.second_look import STOPPED
from engine.detection.steadying import RULE
from engine.events import PairsMoved, Progress
from engine.models import Model
from engine.settings import DetectSettings
from engine.store.findings import from_files, to_tensors
from engine.tensor_files import read_tensors

CLASSES = 5
PAIRS = CLASSES * (CLASSES - 1)
MAP = DetectSettings(preset="map", images=200)
IMAGES = coded_images(each=100, classes=CLASSES)
MODEL = Model("toy", IMAGES.shape, CLASSES, {"w": np.ones(3, np.float32)})
CELL = 1 * (CLASSES - 1) + 3  # from 1 to 4, row by row without the diagonal


def scan_with(compute, known):
    network = network_of(Mapped({1: 4}), compute)
    return scan(MODEL, network, IMAGES, MAP, references=known)


@pytest.fixture(scope="module")
def first(compute):
    return outcome(scan_with(compute, None))


def usual(first, factor, count=40, *, of_class=1.0):
    """Networks beside which the map's pair 1 to 4 is smaller by a factor, all else usual.

    Or class 4 is, by another factor.
    """
    random = np.random.default_rng(0)
    classes = np.log([found.mask_l1 for found in first.classes])
    classes[4] += np.log(of_class)
    logs = pair_logs(first.pair_map)
    pairs = logs[0]
    pairs[CELL] += np.log(factor)
    networks = tuple(
        Reference(
            recipe="", clean_accuracy=0.98, converged=(True,) * CLASSES,
            mask_l1=tuple(np.exp(classes + random.normal(0, 0.1, CLASSES))),
            pair_l1=tuple(np.exp(pairs + random.normal(0, 0.2, PAIRS))),
            pair_elsewhere=tuple(shares_of(logs)),
        )
        for _ in range(count)
    )  # fmt: skip
    return References(data="toy", architecture="toy", audit="", pixels=144, networks=networks)


BORDERLINE = float(np.exp(0.2 * 4.5))
BORDERLINE_CLASS = float(np.exp(0.1 * 4.5))


def test_a_plain_map_is_searched_once(compute, first):
    for factor in (1.0, 100.0):
        found = outcome(scan_with(compute, usual(first, factor)))
        assert found.pair_map.sizes is None
        assert found.pair_map.image_passes == passes_of_pairs(CLASSES)


@pytest.fixture(scope="module")
def again(compute, first):
    seen = []
    return outcome(scan_with(compute, usual(first, BORDERLINE)), seen=seen), seen


def test_a_borderline_map_is_searched_again_and_the_means_count(first, again):
    found, seen = again
    pair_map = found.pair_map
    count = len(pair_map.sizes)
    assert RULE.least <= count <= RULE.most
    assert pair_map.image_passes == count * passes_of_pairs(CLASSES)
    np.testing.assert_array_equal(pair_map.masks, first.pair_map.masks)
    np.testing.assert_allclose(pair_map.sizes[0], first.pair_map.mask_l1, rtol=1e-6)
    cells = pair_map.sizes[:, 1, 4]
    assert len(set(cells)) > 1
    assert pair_logs(pair_map)[0, CELL] == pytest.approx(np.mean(np.log(cells)), rel=1e-5)
    assert f"A single map could not decide, so {count} were made" in found.verdict.explanation
    shares = pair_map.elsewheres
    assert len(shares) == count
    np.testing.assert_array_equal(shares[0], first.pair_map.elsewhere)
    expected = np.log(shares[:, 1, 4] + SLIGHT).mean()
    assert pair_logs(pair_map)[1, CELL] == pytest.approx(expected, rel=1e-5)
    texts = [event.text for event in seen if isinstance(event, Progress)]
    assert any("map 3 of at most 9" in text for text in texts)
    moves = [event for event in seen if isinstance(event, PairsMoved)]
    assert max(event.done for event in moves) <= passes_of_pairs(CLASSES)


def test_a_stop_keeps_the_first_map(compute, first):
    found = outcome(
        scan_with(compute, usual(first, BORDERLINE)),
        stop_at=lambda event: isinstance(event, Progress) and "map 2 of" in event.text,
    )
    assert found.complete
    assert found.pair_map.sizes is None
    np.testing.assert_array_equal(found.pair_map.mask_l1, first.pair_map.mask_l1)
    assert STOPPED in found.warnings


def test_after_a_stop_nothing_more_is_searched(compute, first):
    """A person stops once, and has not asked for eight more searches by that."""
    known = usual(first, BORDERLINE, of_class=BORDERLINE_CLASS)
    for stopped_at, has_map in (("all pairs: step", False), ("search 2 of at most 9", True)):
        seen = []
        found = outcome(
            scan_with(compute, known),
            seen=seen,
            stop_at=lambda event, at=stopped_at: isinstance(event, Progress) and at in event.text,
        )
        texts = [event.text for event in seen if isinstance(event, Progress)]
        last = max(at for at, text in enumerate(texts) if stopped_at in text)
        assert not any("borderline" in text for text in texts[last + 1 :])
        assert (found.pair_map is not None) == has_map
        assert (MAP_STOPPED in found.warnings) != has_map
        assert STOPPED in found.warnings
        assert not any(one.sizes for one in found.classes)
        assert found.verdict.basis == "references"


def test_all_sizes_are_kept_in_the_file(again, tmp_path):
    found, _ = again
    path = tmp_path / "detection.safetensors"
    path.write_bytes(to_tensors(found))
    read = from_files(None, read_tensors(path, 2**24), IMAGES.shape)
    np.testing.assert_allclose(read.pair_map.sizes, found.pair_map.sizes, rtol=1e-6)
    np.testing.assert_array_equal(read.pair_map.elsewheres, found.pair_map.elsewheres)


def test_pairs_that_were_not_searched_count_as_the_whole_image():
    masks = np.zeros((3, 3, 4, 4), np.float32)
    sizes = np.full((2, 3, 3), 5, np.float32)
    sizes[:, 0] = np.nan
    found = PairMap(sizes[0], np.isfinite(sizes[0]), masks, masks[:, :, None], sizes=sizes)
    np.testing.assert_allclose(np.exp(pair_logs(found)[0]), [16, 16, 5, 5, 5, 5])


def test_the_headline_tells_the_mean_of_all_maps():
    blank = np.zeros((3, 3, 4, 4), np.float32)
    sizes = np.full((3, 3, 3), 9, np.float32)
    sizes[:, 0, 2] = 2, 4, 8
    found = PairMap(sizes[0], ~np.eye(3, dtype=bool), blank, blank[:, :, None], sizes=sizes)
    evidence = Evidence(5.0, 0.02, (2,), ((0, 2),), "source-specific", Bounds(4.0, 5.0))
    words = of_pairs(evidence, ("zero", "one", "two"), "40 clean networks", found)
    assert "A mask of 2.0 pixels (4.0 in the mean of 3 searches) turns images of" in words
