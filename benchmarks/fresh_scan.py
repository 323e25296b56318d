"""One scan in a process of its own: its seconds, and the memory it takes above the loaded program.

The other benchmarks start this; the answer is one line of JSON. The loaded program is torch, the
data, the network and its references, and the precision's measurement; what the scan takes is the
peak of the resident memory from there on.

    python benchmarks/fresh_scan.py NETWORK.safetensors [--data mnist] [--preset standard]
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import shapes
from benchmarks.zoo import finish
from engine import data, models
from engine.compute import Compute, prepare, warm_up
from engine.cores import available_cores
from engine.data import DataSet
from engine.detection.known_references import known_references
from engine.detection.scan import scan
from engine.network import Network
from engine.settings import ComputeSettings, DetectSettings, TrainSettings

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # what clear_refs takes for "the peak begins here"


@dataclass(frozen=True)
class FreshScan:
    """What one scan in a fresh process cost.

    Attributes:
        seconds: Of the scan alone, the first in its process.
        image_passes: Images that went forward and backward through the network.
        outcome: Of the verdict.
        loaded_mb: Resident memory before the scan, in MB of 10^6 bytes; None where it is unknown.
        scan_mb: Peak of the scan above that, likewise.
    """

    seconds: float
    image_passes: int
    outcome: str
    loaded_mb: float | None
    scan_mb: float | None

    @property
    def memory(self) -> str:
        """The scan's memory for a table."""
        return "not measured" if self.scan_mb is None else f"{self.scan_mb:.0f} MB"


def measure(
    path: Path, data_name: str, preset: str, compute: Compute, *, seed: int = 0
) -> FreshScan:
    """Scan a network in a fresh process, with the precision and threads of this one."""
    command = [sys.executable, __file__, str(path), "--data", data_name, "--preset", preset]
    command += ["--precision", str(compute.dtype).removeprefix("torch.")]
    command += ["--seed", str(seed), "--threads", str(compute.threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return FreshScan(**json.loads(done.stdout.splitlines()[-1]))


def load_data(name: str) -> DataSet:
    """A data set of the program, or the made one."""
    return shapes.data_set() if name == shapes.NAME else data.load(name)


def _memory(field: str) -> float | None:
    """VmRSS or VmHWM of this process, in MB; None where the system does not tell."""
    if not STATUS.exists():
        return None
    line = next(row for row in STATUS.read_text().splitlines() if row.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


def _scan_here(options: argparse.Namespace) -> FreshScan:
    warm_up()
    place = {"threads": options.threads, "precision": options.precision}
    data_set = load_data(options.data)
    model = models.from_bytes(options.network.read_bytes())
    compute = prepare(ComputeSettings.model_validate(place), model.architecture)
    network = Network.of(model, compute)
    detect = DetectSettings(preset=options.preset, seed=options.seed)
    training = TrainSettings.model_validate({"architecture": model.architecture})
    references = known_references(data_set, training, detect)
    loaded = _memory("VmRSS")
    if loaded is not None:
        CLEAR.write_text(RESET_PEAK)
    start = time.perf_counter()
    detection = finish(scan(model, network, data_set.test, detect, references=references))
    seconds = time.perf_counter() - start
    peak = _memory("VmHWM")
    above = None if loaded is None or peak is None else peak - loaded
    return FreshScan(seconds, detection.image_passes, detection.verdict.outcome, loaded, above)


def main() -> None:
    """Scan and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=available_cores())
    print(json.dumps(asdict(_scan_here(parser.parse_args()))))


if __name__ == "__main__":
    main()
