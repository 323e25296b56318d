"""The scan of 43 classes of 32x32 pixels in three colours: seconds, image passes and memory.

    python benchmarks/many_classes.py [--repeats 3] [--presets standard map]

Trains a bn_cnn on made images of coloured shapes (benchmarks/shapes.py), once clean and once with
a backdoor, keeps both in build/, scans them with all cores and without a window, each time in a
process of its own, and writes a section of docs/scan-speed.md. --quick is a smoke run that writes
nothing.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine import attacks, triggers  # before torch: it sets how threads wait

# isort: split
import numpy as np

from benchmarks import shapes
from benchmarks.fresh_scan import FreshScan, measure
from benchmarks.scan_document import MANY, met, origin, publish, table
from benchmarks.trained import FOLDER, keep
from benchmarks.zoo import finish
from engine.compute import Compute, prepare
from engine.cores import available_cores
from engine.metrics import TestImages
from engine.settings import AttackSettings, ComputeSettings, TrainSettings
from engine.training import Samples, train

MOST_SECONDS, MOST_MB = 60.0, 500
LEAST_ACCURACY = 0.9
TRAINING = TrainSettings(architecture="bn_cnn", epochs=8)
TARGET, POISON_RATE = 14, 0.1
NETWORKS = {"clean": 0.0, "backdoored": POISON_RATE}


def network(kind: str, compute: Compute) -> Path:
    """The file of a network of this kind, trained unless that was done before.

    Raises:
        SystemExit: It has not learned the shapes.
    """
    path = FOLDER / f"{shapes.NAME}-{kind}.safetensors"
    if path.exists():
        return path
    print(f"training the {kind} network", flush=True)
    made = shapes.data_set()
    trigger = triggers.preset(AttackSettings().trigger, made.shape)
    attack = AttackSettings(target=TARGET, poison_rate=NETWORKS[kind])
    poisoned = attacks.poison(made.train, trigger, attack)
    tests = TestImages.of(made.test, trigger, TARGET)
    samples = Samples(tests.clean[:1], tests.stamped[:1])
    learned = finish(train(poisoned.images, tests, samples, TRAINING, compute))
    print(f"  {learned.rates}, {learned.seconds:.0f} s", flush=True)
    if learned.rates.clean_accuracy < LEAST_ACCURACY:
        raise SystemExit(f"The network is right on {learned.rates.clean_accuracy:.3f} only.")
    keep(path, learned.model)
    return path


def row(preset: str, kind: str, scans: Sequence[FreshScan]) -> list[object]:
    """What the scans of one network took, beside the targets of Standard."""
    seconds = [one.seconds for one in scans]
    median, passes = float(np.median(seconds)), scans[0].image_passes
    memory = max((one.scan_mb for one in scans if one.scan_mb is not None), default=None)
    bounded = preset == "standard"
    within = "" if memory is None else f" (at most {MOST_MB}: {met(memory <= MOST_MB)})"
    return [
        preset.capitalize(), kind, len(scans),
        f"{median:.1f}" + f" (at most {MOST_SECONDS:g}: {met(median <= MOST_SECONDS)})" * bounded,
        f"{max(seconds):.1f}", f"{passes:,}", f"{passes / median:,.0f}",
        "not measured" if memory is None else f"{memory:.0f} MB{within}",
        scans[0].outcome.replace("_", " "),
    ]  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="scans of each network, by seeds")
    parser.add_argument("--presets", nargs="+", default=["standard", "map"])
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--quick", action="store_true", help="smoke run: one scan, no document")
    return parser.parse_args()


def main() -> None:
    """Train, scan, print, and write the section."""
    options = _options()
    compute = prepare(ComputeSettings(threads=options.threads))
    begun = origin(compute)
    repeats, presets = options.repeats, options.presets
    kinds = list(NETWORKS)
    if options.quick:
        repeats, presets, kinds = 1, ["quick"], ["clean"]
    paths = {kind: network(kind, compute) for kind in kinds}
    rows = []
    for preset in presets:
        for kind, path in paths.items():
            scans = [
                measure(path, shapes.NAME, preset, compute, seed=seed) for seed in range(repeats)
            ]
            rows.append(row(preset, kind, scans))
            print(rows[-1], flush=True)
    header = (
        "preset", "network", "scans", "seconds, median", "slowest", "image passes",
        "image passes a second", "memory above the loaded program", "verdict of the first seed",
    )  # fmt: skip
    about = (
        f"{shapes.CLASSES} classes of made images, {shapes.SIDE} x {shapes.SIDE} in three colours,"
        " on a bn_cnn; every scan is the first of its process, and no references ship for these"
        " images. Map includes the scan of the classes."
    )
    publish(MANY, [begun, "", about, "", *table(header, rows)], write=not options.quick)


if __name__ == "__main__":
    main()
