"""The presets: what their names promise."""

import pytest

from engine.detection.schedules import PRESETS, schedule_of
from engine.settings import DetectSettings


def passes(schedule):
    """Images of one class that go through the network at most."""
    return schedule.steps * schedule.batches * schedule.images


def test_every_preset_that_can_be_chosen_exists():
    choices = DetectSettings.model_json_schema()["properties"]["preset"]["enum"]
    assert set(PRESETS) == set(choices)
    for name in choices:
        assert schedule_of(DetectSettings(preset=name)) is PRESETS[name]


def test_quick_is_quicker_than_standard_and_standard_than_the_paper():
    assert passes(PRESETS["quick"]) < passes(PRESETS["standard"]) / 2
    assert passes(PRESETS["standard"]) < passes(PRESETS["paper"]) / 50


def test_the_paper_preset_is_the_papers():
    paper = PRESETS["paper"]
    assert not paper.together
    assert (paper.learning_rate, paper.images, paper.batches, paper.steps) == (0.1, 32, 31, 1000)
    assert (paper.penalty, paper.raised_by, paper.patience) == (1e-3, 2, 5)
    assert paper.lowered_by == pytest.approx(2**1.5)


def test_the_others_do_all_classes_at_once():
    assert PRESETS["quick"].together
    assert PRESETS["standard"].together
    for name in ("quick", "standard"):
        schedule = PRESETS[name]
        assert schedule.window * schedule.images >= 60, "success is judged on enough images"
        assert schedule.raised_by > 1
        assert schedule.lowered_by > 1
