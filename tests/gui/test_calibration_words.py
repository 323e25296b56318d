"""What the Calibrate page says of networks that are not all there."""

from pathlib import Path

import pytest

from engine.detection.calibrate import Standing
from gui import calibration_words


@pytest.mark.parametrize(
    ("missing", "trained", "seconds", "said"),
    [
        (
            20, 20, 120.0,
            "None of 20 clean networks are there. 20 were trained before and only have to be"
            " scanned. They take about 2 minutes.",
        ),
        (
            19, 1, 120.0,
            "1 of 20 clean networks is there. 1 was trained before and only has to be scanned."
            " The others take about 2 minutes.",
        ),
        (
            20, 0, None,
            "None of 20 clean networks are there. How long they take is known after the first one.",
        ),
    ],
)  # fmt: skip
def test_what_only_has_to_be_scanned_is_said(missing, trained, seconds, said):
    found = Standing((), missing, trained, seconds, Path("anywhere"))
    assert calibration_words.state(found, 20, "") == said
