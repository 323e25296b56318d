"""How the file gate stands hostile, damaged and honest files.

    python benchmarks/fuzz_modelfile.py [corpus] [fuzz] [honest] [large] [--seconds 30] [--seed 0]

corpus  Every file of tests/engine/hostile_cases.py, through the child process.
fuzz    Files changed at random for so many seconds; one of 100 through the child process, the
        others by the same code in this process, where an exception that it does not foresee
        shows as "uncaught".
honest  The state dict of every classifier of torchvision, with random weights: all must open with
        the right numbers. Takes some minutes and 6 GB.
large   An honest file of 1 GB, opened in a thread, and how late that makes a clock that ticks in
        the main thread every 5 ms, as a window's would.

Without a part named, corpus, fuzz and large are run.
"""

import argparse
import contextlib
import io
import random
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "engine"))

import numpy as np
import safetensors.numpy
from hostile_cases import CASES
from pickle_parts import (
    FLOATS,
    header,
    pickled,
    storage,
    table,
    tensor,
    torch_records,
    weights,
    write_safetensors,
    write_torch,
    write_zip,
)

from benchmarks.honest_models import honest_files
from engine.errors import EngineError
from engine.modelfile import ModelFile, ModelFileRefused, read_model_file
from engine.modelfiles import child_process
from engine.modelfiles.arrays import Findings, read_tensor
from engine.modelfiles.child import examine
from engine.modelfiles.refusal import Refusal

OWN_NOTES = "not foreseen"


@dataclass
class Tally:
    """What became of the files of one part."""

    tried: int = 0
    opened: int = 0
    refused: int = 0
    executed: int = 0
    uncaught: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: str = ""

    def print(self, title: str, memory: float | None) -> None:
        """Print one line for each figure."""
        print(f"\n{title}")
        print(f"  files tried           {self.tried:,}")
        print(f"  refused with a reason {self.refused:,}")
        print(f"  opened                {self.opened:,}")
        print(f"  executed something    {self.executed:,}")
        print(
            f"  uncaught              {sum(self.uncaught.values()):,} {dict(self.uncaught) or ''}"
        )
        print(f"  worst time            {self.seconds:.2f} s ({self.slowest})")
        if memory is not None:
            print(f"  worst memory of child {memory:.0f} MB")


def gate(tally: Tally, path: Path, canary: Path) -> ModelFile | None:
    """Open one file through the child process and note what became of it."""
    tally.tried += 1
    found = None
    start = time.perf_counter()
    try:
        found = read_model_file(path)
        tally.opened += 1
    except ModelFileRefused as refusal:
        if OWN_NOTES in str(refusal) or refusal.child_exit:
            tally.uncaught[str(refusal)[:200]] += 1
        else:
            tally.refused += 1
    except EngineError:
        tally.refused += 1
    except Exception as error:
        tally.uncaught[type(error).__name__] += 1
    seconds = time.perf_counter() - start
    if seconds > tally.seconds:
        tally.seconds, tally.slowest = seconds, path.name
    tally.executed += canary.exists()
    canary.unlink(missing_ok=True)
    return found


@contextlib.contextmanager
def measured_memory(folder: Path) -> Iterator[Callable[[], float | None]]:
    """Have every child note its largest memory; gives a function that says the worst, in MB."""
    notes = folder / "memory"
    plain = child_process._START
    note = "next(line for line in status if line.startswith('VmHWM'))"
    if sys.platform == "linux":
        opened = f"status = open('/proc/self/status'); notes = open({str(notes)!r}, 'a'); "
        child_process._START = f"{opened}{plain}; notes.write({note}); notes.close()"

    def worst() -> float | None:
        if not notes.exists():
            return None
        return max(int(line.split()[1]) for line in notes.read_text().splitlines()) / 1024

    try:
        yield worst
    finally:
        child_process._START = plain


def run_corpus(folder: Path) -> None:
    """The hostile files of the tests."""
    tally, canary = Tally(), folder / "canary"
    with measured_memory(folder) as worst:
        for name, (_, make) in CASES.items():
            path = folder / name
            make(path, canary)
            gate(tally, path, canary)
            path.unlink()
        tally.print("hostile files", worst())


def seeds(folder: Path) -> list[bytes]:
    """Small honest and hostile files to change."""
    canary, path = folder / "canary", folder / "seed"
    about = {"__metadata__": {"a": "b"}}
    body = table(state_dict=weights(), module=table(w=tensor(storage(6), [3, 2], [1, 3])))
    files = [
        write_torch(path, weights()).read_bytes(),
        write_torch(path, body).read_bytes(),
        write_safetensors(path, about | header("ab"), FLOATS * 2).read_bytes(),
    ]
    small = ("zip-payload.pt", "nested-payload.pt", "legacy.pt", "sample-inputs.pt2", "climbs.onnx")
    for name in small:
        CASES[name][1](path, canary)
        files.append(path.read_bytes())
    return files


def changed(content: bytes, chance: random.Random) -> bytes:
    """A file with a few of its bytes exchanged, taken out or put in."""
    result = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(result) + 1)
        length = chance.choice((0, 1, 1, 1, 2, 4, 8, 64))
        result[place : place + length] = chance.randbytes(chance.choice((0, 1, 1, 2, 4, 8)))
    return bytes(result)


def repacked(pickle: bytes, chance: random.Random) -> bytes:
    """A checkpoint whose pickle is changed and whose checksums are right."""
    return write_zip(io.BytesIO(), torch_records(changed(pickle, chance))).getvalue()


def read_here(content: bytes) -> None:
    """Read a file without a child."""
    file = io.BytesIO(content)
    for entry in examine(file, len(content)).entries:
        for _ in read_tensor(file, entry, Findings()):
            pass


def run_fuzz(folder: Path, seconds: float, seed: int) -> None:
    """Files changed at random."""
    chance, tally, canary = random.Random(seed), Tally(), folder / "canary"
    files, path = seeds(folder), folder / "fuzzed"
    pickle = pickled(table(state_dict=weights(), w=tensor(storage(6), [3, 2], [1, 3])))
    deadline = time.monotonic() + seconds
    with measured_memory(folder) as worst:
        while time.monotonic() < deadline:
            whole = changed(chance.choice(files), chance)
            content = repacked(pickle, chance) if chance.random() < 0.5 else whole
            if tally.tried % 100 == 0:
                path.write_bytes(content)
                gate(tally, path, canary)
                continue
            tally.tried += 1
            try:
                read_here(content)
                tally.opened += 1
            except Refusal:
                tally.refused += 1
            except Exception as error:
                tally.uncaught[type(error).__name__] += 1
            tally.executed += canary.exists()
        tally.print(f"files changed at random, {seconds:.0f} s, seed {seed}", worst())


def run_honest(folder: Path) -> None:
    """State dicts of torchvision."""
    tally, canary, wrong, largest = Tally(), folder / "canary", [], 0
    with measured_memory(folder) as worst:
        for path, expected in honest_files(folder):
            largest = max(largest, path.stat().st_size)
            found = gate(tally, path, canary)
            if found is None or not same(found.tensors, expected):
                wrong.append(path.name)
            path.unlink()
        tally.print("honest state dicts of torchvision", worst())
    print(f"  wrongly refused       {tally.refused}")
    print(f"  wrong numbers         {len(wrong) - tally.refused} {wrong or ''}")
    print(f"  largest file          {largest / 1e6:,.0f} MB")


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    """Whether two state dicts have the same names and numbers in the same order."""
    return list(found) == list(expected) and all(
        np.array_equal(array, expected[name], equal_nan=array.dtype == np.float32)
        for name, array in found.items()
    )


def run_large(folder: Path) -> None:
    """How late a clock in the main thread ticks while a thread opens 1 GB."""
    path = folder / "large.safetensors"
    state = {f"w{part}": np.full((2**12, 2**12), part, np.float32) for part in range(16)}
    safetensors.numpy.save_file(state, path)
    del state
    print(f"\nan honest file of {path.stat().st_size / 1e9:.2f} GB, opened in a thread")
    with measured_memory(folder) as worst:
        done = threading.Thread(target=read_model_file, args=(path,))
        start = time.perf_counter()
        done.start()
        late = []
        while done.is_alive():
            before = time.perf_counter()
            time.sleep(0.005)
            late.append(1000 * (time.perf_counter() - before) - 5)
        print(f"  time                  {time.perf_counter() - start:.2f} s")
        print(f"  clock late            p99 {np.percentile(late, 99):.1f}, max {max(late):.1f} ms")
        print(f"  memory of child       {worst() or 0:.0f} MB")
    print(f"  memory of the program {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


def main() -> None:
    """Run the parts that were asked for."""
    parts = ("corpus", "fuzz", "honest", "large")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*parts, []])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chosen = asked.parts or ["corpus", "fuzz", "large"]
    runs = {
        "corpus": run_corpus,
        "fuzz": lambda folder: run_fuzz(folder, asked.seconds, asked.seed),
        "honest": run_honest,
        "large": run_large,
    }
    for part in chosen:
        with tempfile.TemporaryDirectory() as folder:
            runs[part](Path(folder))


if __name__ == "__main__":
    main()
