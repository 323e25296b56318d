"""The default experiment over several seeds: rates, verdict, what the classic rule flags, seconds.

Each seed poisons, trains and scans anew, in one process and without a window; the Quick preset is
run on the same networks for comparison.

    python benchmarks/default_experiment.py [--seeds 5] [--threads 0] [--architecture badnet]
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.zoo import finish
from engine import triggers
from engine.compute import prepare, warm_up
from engine.cores import available_cores
from engine.detection.results import Detection
from engine.experiment import scan_job, train_job
from engine.settings import ExperimentSettings, with_assignments


def describe(detection: Detection) -> str:
    """One line of a scan: the target's and the next smallest mask, the flags, the time."""
    masks = sorted((found.mask_l1, found.label) for found in detection.classes)
    (least, label), (second, _) = masks[:2]
    return (
        f"{detection.settings.preset:8} {detection.seconds:5.2f} s  class {label}: {least:5.1f} px,"
        f" next {second:5.1f} px  flagged {list(detection.verdict.flagged)}"
        f"  {detection.verdict.outcome} {detection.verdict.target}"
    )


def settings_of(seed: int, options: argparse.Namespace, preset: str) -> ExperimentSettings:
    """The default settings with all seeds replaced."""
    return with_assignments(
        ExperimentSettings(),
        [
            *(f"{group}.seed={seed}" for group in ("attack", "train", "detect")),
            f"compute.threads={options.threads}",
            f"train.architecture={options.architecture}",
            f"detect.preset={preset}",
        ],
    )


def main() -> None:
    """Run every seed and print a line for each stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--architecture", default="badnet")
    options = parser.parse_args()
    warm_up()
    compute = prepare(settings_of(0, options, "standard").compute, options.architecture)
    print(f"{available_cores()} cores, {compute.describe()}")
    for seed in range(options.seeds):
        settings = settings_of(seed, options, "standard")
        trigger = triggers.preset(settings.attack.trigger, (1, 28, 28))
        load = os.getloadavg()[0]
        trained = finish(train_job(settings, trigger, None))
        rates = trained.rates
        print(
            f"seed {seed} (load {load:.1f}): clean accuracy {rates.clean_accuracy:.4f}, attack"
            f" success {rates.attack_success:.4f}, sham rate {rates.sham_rate:.4f},"
            f" {trained.seconds:.1f} s"
        )
        for preset in ("standard", "quick"):
            preset_settings = settings_of(seed, options, preset)
            print("  ", describe(finish(scan_job(preset_settings, trained.model, trigger, None))))


if __name__ == "__main__":
    main()
