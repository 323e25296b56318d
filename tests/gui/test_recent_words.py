import datetime as dt
import json
from dataclasses import replace

import pytest

from engine import triggers
from engine.metrics import Rates
from engine.opening.results import BrightnessCheck, FormatRate, Preflight
from engine.settings import AttackSettings, DetectSettings, ExperimentSettings
from engine.store import RunFolder
from engine.triggers import Trigger
from gui import recent_words
from tests.gui import made_up

PATCH = triggers.preset("white-3x3", made_up.SHAPE)
WHAT = "my run · MNIST · badnet, 9 px → 0"
WITHOUT_TRIGGER = "my run · MNIST · badnet, patch → 0"
TODAY = dt.date(2026, 12, 1)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "my run"


def write(
    folder, trigger=PATCH, *, verdict=None, preset="standard", before=None, complete=True, **attack
):
    settings = ExperimentSettings(
        attack=AttackSettings(**attack), detect=DetectSettings(preset=preset)
    )
    with RunFolder.create(folder, settings, trigger) as record:
        if verdict is not None:
            facts = {"preflight": before, "settings": settings.detect, "complete": complete}
            record.write_detection(made_up.detection(said=verdict, **facts))


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
        ({"placement": "several", "copies": 3}, PATCH, "badnet, 27 px → 0"),
        ({"poison_rate": 0.0}, PATCH, "badnet, clean"),
        ({}, Trigger.empty(made_up.SHAPE), "badnet, empty trigger → 0"),
        ({"family": "wanet", "mapping": "all-to-all"}, PATCH, "badnet, warping → next"),
        ({"mapping": "source-specific", "sources": (1, 3)}, PATCH, "badnet, 9 px, 1, 3 → 0"),
        ({}, None, "somebody else's model, badnet"),
    ],
)
def test_network_and_attack_are_told(folder, attack, trigger, said):
    write(folder, trigger, **attack)
    assert recent_words.line(folder) == f"my run · MNIST · {said}"


def test_the_verdict_is_told_where_there_is_one(folder):
    write(folder, verdict=made_up.verdict())
    assert recent_words.line(folder) == f"{WHAT} · Standard: class 0 suspicious"


def test_a_scan_that_was_stopped_is_told_as_such(folder):
    write(folder, verdict=made_up.verdict("not_auditable", None, ()), complete=False)
    assert recent_words.line(folder) == f"{WHAT} · Standard scan stopped"


def test_no_arrays_are_opened(folder):
    write(folder, verdict=made_up.verdict())
    (folder / "detection.safetensors").unlink()
    assert "class 0 suspicious" in recent_words.line(folder)


def test_what_is_damaged_is_left_out(folder):
    write(folder, verdict=made_up.verdict())
    (folder / "trigger.png").write_bytes(b"no picture")
    assert recent_words.line(folder) == f"{WITHOUT_TRIGGER} · Standard: class 0 suspicious"
    (folder / "detection.json").write_text('{"verdict": "likely", "target": 0')
    assert recent_words.line(folder) == WITHOUT_TRIGGER
    (folder / "experiment.json").write_text("[]")
    assert recent_words.line(folder) == "my run"
    (folder / "experiment.json").unlink()
    assert recent_words.line(folder) == "my run"


def test_a_class_that_the_data_has_not_is_no_verdict(folder):
    write(folder, verdict=replace(made_up.verdict(), target=0))
    path = folder / "detection.json"
    for wrong in ({"target": 10}, {"target": -1}, {"targets": [99]}, {"standing_out": [[0, 77]]}):
        path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
        assert recent_words.line(folder) == WHAT


def test_many_sources_leave_room_for_the_verdict(folder):
    sources = tuple(range(1, 10)) * 9
    write(folder, verdict=made_up.verdict(), mapping="source-specific", sources=sources)
    assert recent_words.line(folder).endswith("5, 6, 7, 8, … · Standard: class 0 suspicious")


def test_scans_of_one_network_are_told_apart(folder):
    write(folder, verdict=made_up.verdict(), preset="quick")
    with RunFolder.reopen(folder) as record:
        record.write_results(Rates(0.9886, 1.0, 0.001, 10_000), complete=True, seconds=1.0)
    assert recent_words.line(folder) == (
        "my run · MNIST · badnet, 9 px → 0 · right on 98.9 % · Quick: class 0 suspicious"
    )


@pytest.mark.parametrize(
    ("label", "outcome", "said"),
    [
        (0, "not_found", "no trigger, see warning"),
        (None, "not_found", "nothing found"),
        (0, "likely", "likely"),
    ],
)
def test_what_no_scan_sees_is_told_in_place_of_nothing(folder, label, outcome, said):
    check = BrightnessCheck((), label, "It is suspected.")
    rate = FormatRate("0..1", "pixels", 0.99, 0.1, 500)
    before = Preflight((rate,), None, "0..1", "0..1", (), 0.99, 500, check)
    write(folder, None, verdict=made_up.verdict(outcome, None, ()), before=before)
    assert recent_words.line(folder).endswith(f"Standard: {said}")


def test_runs_of_the_same_minute_are_told_to_the_second(tmp_path):
    folders = [tmp_path / f"2025-11-30_{time}" for time in ("14-02-09", "14-02-41", "14-03-00")]
    for folder in folders:
        write(folder)
    moments = [line.partition(" · ")[0] for line in recent_words.lines(folders)]
    assert moments == ["30 Nov 2025, 14:02:09", "30 Nov 2025, 14:02:41", "30 Nov 2025, 14:03"]
