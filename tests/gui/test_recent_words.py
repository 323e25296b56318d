import datetime as dt
import json
from dataclasses import replace

import pytest

from engine import triggers
from engine.settings import AttackSettings, ExperimentSettings
from engine.store import RunFolder
from engine.triggers import Trigger
from gui import recent_words
from tests.gui import made_up

PATCH = triggers.preset("white-3x3", made_up.SHAPE)
TODAY = dt.date(2026, 12, 1)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "my run"


def write(folder, trigger=PATCH, *, verdict=None, **attack):
    settings = ExperimentSettings(attack=AttackSettings(**attack))
    with RunFolder.create(folder, settings, trigger) as record:
        if verdict is not None:
            record.write_detection(made_up.detection(said=verdict))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2026-11-30_14-02-09", "30 Nov, 14:02"),
        ("2026-03-01_04-02-09_2", "1 Mar, 04:02"),
        ("2025-11-30_14-02-09", "30 Nov 2025, 14:02"),
        ("2026-13-30_14-02-09", "2026-13-30_14-02-09"),
        ("a name of my own", "a name of my own"),
    ],
)
def test_a_folder_named_after_a_moment_tells_it(name, said):
    assert recent_words.when(name, TODAY) == said


@pytest.mark.parametrize(
    ("attack", "trigger", "said"),
    [
        ({}, PATCH, "badnet, 9 px → 0"),
        ({"poison_rate": 0.0}, PATCH, "badnet, clean"),
        ({}, Trigger.empty(made_up.SHAPE), "badnet, empty trigger → 0"),
        ({"family": "wanet", "mapping": "all-to-all"}, PATCH, "badnet, warping → next"),
        ({"mapping": "source-specific", "sources": (1, 3)}, PATCH, "badnet, 9 px, 1, 3 → 0"),
        ({}, None, "somebody else's model, badnet"),
    ],
)
def test_network_and_attack_are_told(folder, attack, trigger, said):
    write(folder, trigger, **attack)
    assert recent_words.line(folder) == f"my run · {said}"


def test_the_verdict_is_told_where_there_is_one(folder):
    write(folder, verdict=made_up.verdict())
    assert recent_words.line(folder) == "my run · badnet, 9 px → 0 · class 0 suspicious"


def test_no_arrays_are_opened(folder):
    write(folder, verdict=made_up.verdict())
    (folder / "detection.safetensors").unlink()
    assert "class 0 suspicious" in recent_words.line(folder)


def test_what_is_damaged_is_left_out(folder):
    write(folder, verdict=made_up.verdict())
    (folder / "trigger.png").write_bytes(b"no picture")
    assert recent_words.line(folder) == "my run · badnet, patch → 0 · class 0 suspicious"
    (folder / "detection.json").write_text('{"verdict": "likely", "target": 0')
    assert recent_words.line(folder) == "my run · badnet, patch → 0"
    (folder / "experiment.json").write_text("[]")
    assert recent_words.line(folder) == "my run"
    (folder / "experiment.json").unlink()
    assert recent_words.line(folder) == "my run"


def test_a_class_that_the_data_has_not_is_no_verdict(folder):
    write(folder, verdict=replace(made_up.verdict(), target=0))
    path = folder / "detection.json"
    for wrong in ({"target": 10}, {"target": -1}, {"targets": [99]}, {"standing_out": [[0, 77]]}):
        path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
        assert recent_words.line(folder) == "my run · badnet, 9 px → 0"


def test_many_sources_leave_room_for_the_verdict(folder):
    sources = tuple(range(1, 10)) * 9
    write(folder, verdict=made_up.verdict(), mapping="source-specific", sources=sources)
    assert recent_words.line(folder).endswith("5, 6, 7, 8, … · class 0 suspicious")
