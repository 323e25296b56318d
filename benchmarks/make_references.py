"""Make the clean reference networks that ship in resources/references/.

Their recipes differ on purpose: epochs, batch, learning rate, weight decay, label smoothing, share
of the data and shifts, so that their spread covers what other people do. Uses all cores, and goes
on where it was stopped.

    python benchmarks/make_references.py [--architecture badnet] [--networks 40]
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.zoo import Recipe, make
from engine.detection.references import (
    REFERENCE_FOLDER,
    Reference,
    References,
    audit_key,
    file_name,
    write_references,
)
from engine.settings import DetectSettings

AUDITS = tuple(DetectSettings(preset=preset) for preset in ("map", "standard", "quick"))
PIXELS = 28 * 28


def clean_recipe(group: str, number: int, architecture: str) -> Recipe:
    """A clean network's recipe, drawn at random from what is sensible."""
    random = np.random.default_rng((number, len(group)))
    return Recipe(
        group,
        number,
        architecture,
        epochs=int(random.integers(2, 7)),
        batch_size=int(random.choice([128, 256, 512])),
        learning_rate=round(float(np.exp(random.uniform(np.log(0.001), np.log(0.008)))), 5),
        weight_decay=float(random.choice([0.0, 0.0, 0.01, 0.1])),
        label_smoothing=float(random.choice([0.0, 0.0, 0.05, 0.1])),
        share=float(random.choice([1.0, 1.0, 0.7, 0.4])),
        shift=int(random.choice([0, 0, 1])),
    )


def describe(recipe: dict[str, Any]) -> str:
    """A recipe in words."""
    return (
        f"{recipe['epochs']} epochs, batch {recipe['batch_size']}, rate {recipe['learning_rate']},"
        f" weight decay {recipe['weight_decay']}, label smoothing {recipe['label_smoothing']},"
        f" {recipe['share']:.0%} of the data, shift {recipe['shift']}"
    )


def to_reference(figures: dict[str, Any], preset: str) -> Reference:
    """What of one network's figures goes into the file."""
    found = figures["scans"][preset]
    return Reference(
        recipe=describe(figures["recipe"]),
        clean_accuracy=round(found["clean_accuracy"], 5),
        mask_l1=tuple(round(size, 3) for size in found["mask_l1"]),
        converged=tuple(found["converged"]),
        pair_l1=tuple(round(size, 3) for size in found["pair_l1"]),
    )


def main() -> None:
    """Make the networks and write one file for each preset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", default="badnet")
    parser.add_argument("--networks", type=int, default=40)
    options = parser.parse_args()
    recipes = [
        clean_recipe("reference", number, options.architecture)
        for number in range(options.networks)
    ]
    networks = make(recipes, AUDITS)
    REFERENCE_FOLDER.mkdir(exist_ok=True)
    for audit in AUDITS:
        references = References(
            data="mnist",
            architecture=options.architecture,
            audit=audit_key(audit),
            pixels=PIXELS,
            networks=tuple(to_reference(figures, audit.preset) for figures in networks),
        )
        path = REFERENCE_FOLDER / file_name("mnist", options.architecture, audit)
        write_references(references, path)
        statistics = np.sort(references.calibration().statistics)
        print(
            f"{path.name}: leave-one-out z up to {statistics[-1]:.2f}, median"
            f" {np.median(statistics):.2f}, poorest accuracy {references.least_accuracy:.4f}"
        )


if __name__ == "__main__":
    main()
