"""The Experiment: the folder on disk that a run leaves and that opens again.

Opening runs nothing that is in the files, and checks every value before any of it is used.
"""

from engine.store.exports import copy_experiment, export_masks, export_numbers, new_run_folder
from engine.store.glance import Glance, glance
from engine.store.reading import Experiment, open_experiment
from engine.store.record import read_settings
from engine.store.writing import RunFolder, make_empty_folder

__all__ = [
    "Experiment",
    "Glance",
    "RunFolder",
    "copy_experiment",
    "export_masks",
    "export_numbers",
    "glance",
    "make_empty_folder",
    "new_run_folder",
    "open_experiment",
    "read_settings",
]
