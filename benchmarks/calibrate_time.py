"""How long *Calibrate* takes: clean networks for data and a network that none ship for.

    python benchmarks/calibrate_time.py [--networks 20] [--presets standard]

Calibrates for MNIST and badnet as the program does by default, in a new folder each,
and writes a section of docs/scan-speed.md. What is made for Standard serves Map as well.
--quick is a smoke run that writes nothing.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.scan_document import CALIBRATE, met, origin, publish, table
from benchmarks.zoo import finish
from engine.compute import prepare
from engine.detection.calibrate import USUAL_NETWORKS, calibrate_job
from engine.settings import ComputeSettings, DetectSettings, ExperimentSettings

MOST_MINUTES = 10
TITLES = {"standard": "Standard and Map"}


def row(preset: str, networks: int) -> list[object]:
    """How long so many networks take, made and scanned one after the other."""
    detect = DetectSettings.model_validate({"preset": preset})
    settings = ExperimentSettings(detect=detect)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        references = finish(calibrate_job(settings, networks, Path(folder)))
        minutes = (time.perf_counter() - start) / 60
    largest = references.calibration().statistics.max() if networks > 1 else float("nan")
    asked = f"at most {MOST_MINUTES}: {met(minutes <= MOST_MINUTES)}"
    return [
        TITLES.get(preset, preset.capitalize()), len(references.networks),
        f"{minutes:.1f} ({asked})", f"{60 * minutes / networks:.0f}", f"{largest:.1f}",
    ]  # fmt: skip


def main() -> None:
    """Calibrate, print, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=USUAL_NETWORKS)
    parser.add_argument("--presets", nargs="+", default=["standard"])
    parser.add_argument("--quick", action="store_true", help="smoke run: five networks by Quick")
    options = parser.parse_args()
    begun = origin(prepare(ComputeSettings()))
    presets, networks = options.presets, options.networks
    if options.quick:
        presets, networks = ["quick"], 5
    rows = [row(preset, networks) for preset in presets]
    header = (
        "preset", "clean networks", "minutes", "seconds for each",
        "largest leave-one-out z of a class",
    )  # fmt: skip
    publish(CALIBRATE, [begun, "", *table(header, rows)], write=not options.quick)


if __name__ == "__main__":
    main()
