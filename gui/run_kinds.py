"""The kinds of runs, of which one goes on at a time."""

from typing import Literal

Kind = Literal["train", "scan", "calibrate"]
RUN_NAMES: dict[Kind, str] = {"train": "training", "scan": "scan", "calibrate": "calibration"}
