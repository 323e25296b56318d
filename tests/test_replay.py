"""What is remembered of a scan stands if the program would search as often today."""

import numpy as np
import pytest

from benchmarks.detection_benchmark import read_kept
from benchmarks.judged_networks import SHAPE
from benchmarks.replay import classes_stand, map_stands, stands
from engine.detection.references import find_references
from engine.detection.schedules import passes_of_pairs
from engine.detection.steadying import RULE
from engine.settings import DetectSettings

# Of bn_cnn, whose own scatters differ by chance alone, so that they change no score.
REFERENCES = {
    preset: find_references("mnist", architecture, DetectSettings(preset=preset)).without_forms()
    for preset, architecture in (("quick", "bn_cnn"), ("map", "badnet"))
}
KEPT = read_kept("mnist", "badnet")
CALIBRATION = REFERENCES["quick"].calibration()
SUSPICIOUS, LIKELY = REFERENCES["quick"].bounds(mapped=False)


def scan_of(*scores):
    """A scan whose class 4 has these scores in as many searches, the others none."""
    searches = np.tile(np.exp(CALIBRATION.centre), (len(scores), 1))
    searches[:, 4] *= np.exp(-np.array(scores) * CALIBRATION.spread[4])
    again = [list(sizes) for sizes in searches.T] if len(scores) > 1 else [[]] * 10
    return {
        "mask_l1": list(searches[0]), "converged": [True] * 10, "success": [0.99] * 10,
        "anomaly_index": [0.0] * 10, "sizes": again, "pair_l1": [], "image_passes": 20_000,
    }  # fmt: skip


def quick_stands(*scores):
    return classes_stand(scan_of(*scores), SHAPE, REFERENCES["quick"])


def test_the_scores_are_made_as_they_are_meant():
    logs = np.log(scan_of(3.0)["mask_l1"])
    assert CALIBRATION.scores(logs)[4] == pytest.approx(3.0)


def test_a_plain_network_is_searched_once():
    assert quick_stands(0.5)
    assert quick_stands(30.0)
    assert not quick_stands(0.5, 0.5, 0.5)
    assert not quick_stands(30.0, 30.0, 30.0)
    assert quick_stands(LIKELY + 1.01 * RULE.beyond)
    assert not quick_stands(LIKELY + 0.8 * RULE.beyond)


def test_a_borderline_network_is_searched_until_that_decides():
    calm = SUSPICIOUS - 0.8 * RULE.gap
    assert not quick_stands(calm)
    assert not quick_stands(calm, 0.0)
    assert quick_stands(calm, 0.0, 0.0)
    assert not quick_stands(calm, 0.0, 0.0, 0.0), "three had decided"


def test_one_that_never_decides_is_searched_nine_times():
    near = [SUSPICIOUS] * RULE.most
    assert quick_stands(*near)
    assert not quick_stands(*near[1:])


def mapped(maps=1):
    """A clean network's scan with so many maps, and one search of its classes."""
    scan = next(
        one["scans"]["map"]
        for one in KEPT["clean"]
        if stands(one, "map") and not any(one["scans"]["map"]["sizes"])
    )
    return scan | {"image_passes": 21_000 + maps * passes_of_pairs(10)}


def test_a_map_that_was_made_once_stands_if_it_is_plain():
    assert map_stands(mapped(), SHAPE, REFERENCES["map"])
    assert not map_stands(mapped(maps=3), SHAPE, REFERENCES["map"])
    scan = mapped()
    smaller = scan | {"pair_l1": [scan["pair_l1"][0] / 3, *scan["pair_l1"][1:]]}
    assert not map_stands(smaller, SHAPE, REFERENCES["map"]), "neither plain nor usual"


def test_settings_of_before_do_not_stand():
    one = next(one for one in KEPT["clean"] if stands(one, "quick"))
    keys = one["audits"] | {"quick": one["audits"]["quick"] | {"audit": "of before"}}
    assert not stands(one | {"audits": keys}, "quick")
    assert not stands(one | {"scans": {}}, "quick")
