"""Make the clean reference networks that ship in resources/references/.

Their recipes differ on purpose (`engine.detection.recipes`), so that their spread covers what
other people do. Uses all cores, and goes on where it was stopped.

    python benchmarks/make_references.py --architecture badnet
    python benchmarks/make_references.py --architecture mlp --networks 60
    python benchmarks/make_references.py --architecture lenet5 --networks 60
    python benchmarks/make_references.py --architecture bn_cnn --networks 60 --epochs 2
    python benchmarks/make_references.py --architecture mobilenet_v3_small --networks 20 --epochs 2
    python benchmarks/make_references.py --data fashion-mnist --networks 20
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.zoo import REFERENCE, Entry, make, seed_of
from engine.detection.recipes import draw
from engine.detection.reference import Reference
from engine.detection.reference_places import with_places
from engine.detection.references import (
    REFERENCE_FOLDER,
    References,
    audit_key,
    file_name,
    write_references,
)
from engine.settings import DetectSettings, TrainSettings

AUDITS = tuple(DetectSettings(preset=preset) for preset in ("map", "standard", "quick"))
PIXELS = 28 * 28
LEAST_ACCURACY, MOST_ATTEMPTS = {"mnist": 0.9, "fashion-mnist": 0.8}, 3


def clean_entry(
    group: str, number: int, architecture: str, attempt: int = 0, epochs: int | None = None
) -> Entry:
    """A clean network of a recipe drawn at random from what is sensible.

    `epochs` are those that recipes are drawn around, where they are not the usual ones.
    """
    base = TrainSettings.model_validate({"architecture": architecture})
    if epochs is not None:
        base = base.model_copy(update={"epochs": epochs})
    recipe = draw(base, seed_of(f"{group} {architecture}"), number, attempt)
    return Entry(group, number, recipe, attempt=attempt)


def make_learned(
    data: str,
    architecture: str,
    networks: int,
    epochs: int | None,
    audits: Sequence[DetectSettings],
) -> list[dict[str, Any]]:
    """Make the networks; one that has hardly learned is drawn again."""
    attempts = [0] * networks
    while True:
        entries = [
            replace(clean_entry(REFERENCE, number, architecture, attempt, epochs), data=data)
            for number, attempt in enumerate(attempts)
        ]
        figures = make(entries, audits)
        poor = [one["clean_accuracy"] < LEAST_ACCURACY[data] for one in figures]
        if not any(poor) or max(attempts) == MOST_ATTEMPTS:
            return [one for one, is_poor in zip(figures, poor, strict=True) if not is_poor]
        attempts = [attempt + is_poor for attempt, is_poor in zip(attempts, poor, strict=True)]


def to_reference(figures: dict[str, Any], preset: str) -> Reference:
    """What of one network's figures goes into the file."""
    found = figures["scans"][preset]
    return Reference(
        recipe=figures["recipe"],
        clean_accuracy=round(found["clean_accuracy"], 5),
        mask_l1=tuple(round(size, 3) for size in found["mask_l1"]),
        converged=tuple(found["converged"]),
        mask_opacity=tuple(round(first, 4) for first, *_ in found.get("opacities", [])),
        mask_radius=tuple(round(first, 3) for first, *_ in found.get("radii", [])),
        pair_l1=tuple(round(size, 3) for size in found["pair_l1"]),
        pair_elsewhere=tuple(round(share, 4) for share in found.get("pair_elsewhere", [])),
    )


def main() -> None:
    """Make the networks and write one file for each preset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="mnist", choices=LEAST_ACCURACY)
    parser.add_argument("--architecture", default="badnet")
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--epochs", type=int, help="that recipes are drawn around")
    parser.add_argument(
        "--presets", nargs="*", default=[audit.preset for audit in AUDITS],
        help="of the scans; without any the networks are only trained, as for brightness.py",
    )  # fmt: skip
    options = parser.parse_args()
    audits = [audit for audit in AUDITS if audit.preset in options.presets]
    networks = make_learned(
        options.data, options.architecture, options.networks, options.epochs, audits
    )
    REFERENCE_FOLDER.mkdir(exist_ok=True)
    for audit in audits:
        references = References(
            data=options.data,
            architecture=options.architecture,
            audit=audit_key(audit),
            pixels=PIXELS,
            networks=tuple(to_reference(figures, audit.preset) for figures in networks),
        )
        places = [figures["scans"][audit.preset].get("pair_places", "") for figures in networks]
        references = with_places(references, places)
        path = REFERENCE_FOLDER / file_name(options.data, options.architecture, audit)
        write_references(references, path)
        statistics = np.sort(references.calibration().statistics)
        print(
            f"{path.name}: leave-one-out z up to {statistics[-1]:.2f}, median"
            f" {np.median(statistics):.2f}, poorest accuracy {references.least_accuracy:.4f}"
        )


if __name__ == "__main__":
    main()
