"""The Experiment: the folder on disk that a run leaves and that opens again.

Opening runs nothing that is in the files, and checks every value before any of it is used.
"""

from engine.store.exports import export_masks_job, export_numbers
from engine.store.folders import make_empty_folder, new_run_folder, remove_if_empty
from engine.store.glance import Glance, glance
from engine.store.reading import Experiment, open_experiment
from engine.store.record import read_settings
from engine.store.saving import has_scan, has_trigger, is_kept, save_experiment
from engine.store.writing import RunFolder

__all__ = [
    "Experiment",
    "Glance",
    "RunFolder",
    "export_masks_job",
    "export_numbers",
    "glance",
    "has_scan",
    "has_trigger",
    "is_kept",
    "make_empty_folder",
    "new_run_folder",
    "open_experiment",
    "read_settings",
    "remove_if_empty",
    "save_experiment",
]
