"""The curves of a training as they are read again: its losses, and the rates during it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.folder_listing import MAX_FILES
from engine.errors import EngineError
from engine.events import Measured
from engine.settings import MOST_EPOCHS
from engine.store.tables import read_table
from engine.store.writing import LOSS_COLUMNS, METRICS_COLUMNS

LEAST_BATCH = 8
# No training has more steps, and none measures more often than every tenth one and at its end.
MOST_STEPS = MOST_EPOCHS * MAX_FILES // LEAST_BATCH
MOST_MEASUREMENTS = MOST_STEPS // 10 + 1


def read_losses(folder: Path) -> NDArray[np.float64]:
    """Read the loss of every optimiser step, in order.

    Raises:
        EngineError: The table is damaged.
    """
    table = read_table(folder / "loss.csv", LOSS_COLUMNS, MOST_STEPS)
    if not np.array_equal(table[:, 0], np.arange(1, len(table) + 1)):
        raise EngineError("loss.csv is damaged: its steps are not 1, 2, 3... Restore it.")
    return table[:, 2].copy()


def read_measurements(folder: Path) -> tuple[Measured, ...]:
    """Read the rates during the training.

    Raises:
        EngineError: The table is damaged.
    """
    table = read_table(folder / "metrics.csv", METRICS_COLUMNS, MOST_MEASUREMENTS)
    whole, rates = table[:, [0, 1, 6]], table[:, 3:6]
    if not (
        np.isfinite(whole).all() and (whole >= 0).all() and ((rates >= 0) & (rates <= 1)).all()
    ):
        raise EngineError(
            "metrics.csv is damaged: it holds a rate outside 0..1 or a step that is no number."
            " Restore it from a copy."
        )
    return tuple(_measured(row.tolist()) for row in table)


def _measured(row: list[float]) -> Measured:
    step, epoch, train_loss, clean_accuracy, attack_success, sham_rate, images = row
    return Measured(
        int(step), int(epoch), train_loss, clean_accuracy, attack_success, sham_rate, int(images)
    )
