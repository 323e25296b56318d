"""What it costs to let a class leave the search early: passes saved, and larger masks.

    python benchmarks/early_ends.py

Needs networks that benchmarks/detection_benchmark.py has trained. Standard is run with several
values of `stall`: a class is done when its best mask has not shrunk for so many steps.
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import safetensors.numpy

from benchmarks.tier_one import entries
from benchmarks.zoo import FOLDER, Entry, finish
from engine import data
from engine.compute import prepare
from engine.detection.audit_images import choose_audit_images
from engine.detection.neural_cleanse import Inversion
from engine.detection.schedules import PRESETS, Schedule
from engine.models import Model
from engine.network import Network
from engine.settings import ComputeSettings

STALLS = (16, 24, 32, 48, 128)
CHOSEN = {"clean": 3, "patch": 4, "blended": 3}


def sizes_of(network: Network, schedule: Schedule) -> tuple[int, np.ndarray]:
    """Image passes, and the K sizes of the smallest masks, in pixels."""
    images = choose_audit_images(network.predict, data.load("mnist").test, 1000, seed=0)
    inversion = Inversion(network, images.searched, schedule, 0.99, seed=0)
    finish(inversion.run())
    return inversion.image_passes, np.array([search.best_l1 for search in inversion.searches])


def network_of(entry: Entry) -> Network:
    """The trained network of an entry."""
    settings = entry.recipe.train
    state = safetensors.numpy.load_file(FOLDER / f"{entry.fingerprint}.safetensors")
    model = Model(
        settings.architecture, (1, 28, 28), 10, state,
        input_range=settings.input_range, width=settings.width,
    )  # fmt: skip
    return Network.of(model, prepare(ComputeSettings()))


def main() -> None:
    """Print a table."""
    print("| network | stall | image passes | median mask | smallest mask | largest mask |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, group in entries("badnet", 1.0).items():
        for entry in group[: CHOSEN.get(name, 0)]:
            network = network_of(entry)
            for stall in STALLS:
                schedule = replace(PRESETS["standard"], stall=stall)
                passes, sizes = sizes_of(network, schedule)
                print(
                    f"| {name} {entry.number} | {stall} | {passes:,} | {np.median(sizes):.0f} |"
                    f" {sizes.min():.1f} | {sizes.max():.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
