"""The file gate beside picklescan, modelscan and torch.load(weights_only=True).

    python benchmarks/compare_model_scanners.py [GROUP ...]

Every file of tests/engine/hostile_cases.py goes through each of them, one process a file, with
20 s and 6 GB. "Stopped" is: refused by the gate or by torch, flagged by a scanner (exit code 1). A
scanner that finds nothing or cannot read the file lets it pass. The scanners are used if they are
on the PATH (pip install picklescan modelscan, best into an environment of their own).
"""

import contextlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "engine"))

from hostile_cases import ARCHIVES, CODE, HEADERS, MEMORY, OTHERS, TENSORS

SECONDS = 20
BYTES = 6 * 2**30
GROUPS = {
    "code": CODE,
    "time and memory": MEMORY,
    "tensors": TENSORS,
    "archives": ARCHIVES,
    "safetensors": HEADERS,
    "other kinds": OTHERS,
}
GATE = """
import sys; from pathlib import Path; from engine.modelfile import *
try: read_model_file(Path(sys.argv[1]))
except ModelFileRefused: sys.exit(1)
"""
TORCH = """
import sys, torch
try:
    if sys.argv[1].endswith(".safetensors"):
        from safetensors.torch import load_file
        load_file(sys.argv[1])
    else: torch.load(sys.argv[1], weights_only=True, map_location="cpu")
except Exception: sys.exit(1)
"""


@dataclass
class Outcome:
    """What one tool made of a group of files."""

    stopped: int = 0
    passed: list[str] = field(default_factory=list)
    overran: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    slowest: float = 0.0


def commands() -> dict[str, list[str]]:
    """How each tool is called, its file left out."""
    found = {
        "file gate": [sys.executable, "-c", GATE],
        "torch or safetensors": [sys.executable, "-c", TORCH],
    }
    for name in ("picklescan", "modelscan"):
        if shutil.which(name):
            found[name] = [name, "-p"]
        else:
            print(f"{name} is not on the PATH and left out")
    return found


def limit() -> None:
    """Limit the memory of a tool."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def judge(outcome: Outcome, command: list[str], path: Path, canary: Path) -> None:
    """Give one file to one tool."""
    start = time.perf_counter()
    try:
        ended = subprocess.run(
            [*command, str(path)],
            cwd=ROOT,
            capture_output=True,
            timeout=SECONDS,
            preexec_fn=limit,
            check=False,
        )
        if ended.returncode == 1:
            outcome.stopped += 1
        elif ended.returncode < 0:
            outcome.overran.append(path.name)
        else:
            outcome.passed.append(path.name)
    except subprocess.TimeoutExpired:
        outcome.overran.append(path.name)
    outcome.slowest = max(outcome.slowest, time.perf_counter() - start)
    if canary.exists():
        outcome.executed.append(path.name)
        canary.unlink()


def main() -> None:
    """Print one line for each tool and group."""
    tools = commands()
    print(f"{'files':<16} {'tool':<21} tried stopped passed overran executed  slowest")
    for group in sys.argv[1:] or GROUPS:
        cases = GROUPS[group]
        outcomes = {tool: Outcome() for tool in tools}
        with tempfile.TemporaryDirectory() as folder:
            canary = Path(folder) / "canary"
            for name, (_, make) in cases.items():
                path = Path(folder) / name
                make(path, canary)
                for tool, command in tools.items():
                    judge(outcomes[tool], command, path, canary)
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
        for tool, seen in outcomes.items():
            counts = [len(seen.passed), len(seen.overran), len(seen.executed)]
            row = "".join(f"{count:>8}" for count in (len(cases), seen.stopped, *counts))
            print(f"{group:<16} {tool:<18}{row} {seen.slowest:>8.1f} s", flush=True)


if __name__ == "__main__":
    main()
