"""How good the verdict is, on networks whose truth is known; writes docs/detection-benchmark.md.

    python benchmarks/detection_benchmark.py [--architectures badnet] [--groups patch clean ...]
    python benchmarks/detection_benchmark.py --judge-only

The networks are trained and scanned by benchmarks/zoo.py on all cores and remembered in build/zoo,
so that a stopped run goes on where it was. What their scans found is kept in benchmarks/figures as
well, without the weights: with --judge-only the tables are made from that alone. Every scan is
made as the program makes it, with the references that ship and two more searches in borderline
cases; the classic rule (anomaly index above 2) is applied to the same scans.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.detection_tables import report
from benchmarks.tier_one import ATTEMPTS, Group, groups
from benchmarks.zoo import Entry, make, read_figures, works
from engine.files import write_file
from engine.settings import DetectSettings

KEPT = Path(__file__).parent / "figures"
AUDITS = {preset: DetectSettings(preset=preset) for preset in ("standard", "quick", "map")}


def make_group(group: Group, presets: Sequence[str], most: int) -> list[dict[str, Any]]:
    """Train and scan a group's networks; a failed attack is tried again, and all are returned."""
    attempts = dict.fromkeys(range(min(group.count, most)), 0)
    found = []
    while attempts:
        entries = [group.make(number, attempt) for number, attempt in attempts.items()]
        _make_with_maps(entries, group.mapped, presets)
        figures = [read_figures(one, [AUDITS[preset] for preset in presets]) for one in entries]
        found += figures
        attempts = {
            number: attempt + 1
            for (number, attempt), one in zip(attempts.items(), figures, strict=True)
            if not works(one) and attempt + 1 < ATTEMPTS
        }
    return found


def _make_with_maps(entries: Sequence[Entry], mapped: int, presets: Sequence[str]) -> None:
    """A map tells what Standard finds as well, so the latter is asked for only where none is."""
    for some, wanted in (
        ([one for one in entries if one.number < mapped], presets),
        ([one for one in entries if one.number >= mapped], [p for p in presets if p != "map"]),
    ):
        if some and wanted:
            make(some, [AUDITS[preset] for preset in wanted])


def kept_path(architecture: str) -> Path:
    """The file of an architecture's figures."""
    return KEPT / f"mnist-{architecture}.json"


def read_kept(architecture: str) -> dict[str, list[dict[str, Any]]]:
    """The figures of every group that was made; none where there is no file."""
    path = kept_path(architecture)
    return json.loads(path.read_text()) if path.exists() else {}


def _keep(architecture: str, made: dict[str, list[dict[str, Any]]]) -> None:
    """One line for each network, so that a change shows what changed."""
    parts = []
    for name, figures in made.items():
        rows = ",\n".join(json.dumps(one, sort_keys=True) for one in figures)
        parts.append(f"{json.dumps(name)}: [\n{rows}\n]")
    write_file(kept_path(architecture), ("{\n" + ",\n".join(parts) + "\n}\n").encode())


def main() -> None:
    """Make what is missing, keep its figures, and write the report from all that are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architectures", nargs="+", default=["badnet", "mlp", "bn_cnn"])
    parser.add_argument("--groups", nargs="+", default=list(groups("badnet")))
    parser.add_argument("--presets", nargs="+", default=["standard", "quick", "map"])
    parser.add_argument("--most", type=int, default=60, help="networks of a group")
    parser.add_argument("--judge-only", action="store_true", help="train and scan nothing")
    options = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    for architecture in [] if options.judge_only else options.architectures:
        for name in options.groups:
            made = make_group(groups(architecture)[name], options.presets, options.most)
            _keep(architecture, read_kept(architecture) | {name: made})
    everything = {path.stem.split("-", 1)[1]: None for path in sorted(KEPT.glob("mnist-*.json"))}
    text = report({architecture: read_kept(architecture) for architecture in everything}, AUDITS)
    (ROOT / "docs" / "detection-benchmark.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
