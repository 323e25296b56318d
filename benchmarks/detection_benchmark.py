"""How good the verdict is, on networks whose truth is known; writes docs/detection-benchmark.md.

    python benchmarks/detection_benchmark.py [--architectures lenet5] [--groups patch clean ...]
    python benchmarks/detection_benchmark.py --data fashion-mnist --architectures badnet
    python benchmarks/detection_benchmark.py --judge-only

The networks are trained and scanned by benchmarks/zoo.py on all cores and remembered in build/zoo,
so that a stopped run goes on where it was. What their scans found is kept in benchmarks/figures as
well, without the weights: such networks are not made again, and with --judge-only the tables are
made from that alone. Other benchmarks need the weights: --again makes the networks all the same.
Every scan is made as the program makes it, with the references that ship and more searches in
borderline cases; the classic rule (anomaly index above 2) is applied to the same scans.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.detection_tables import report
from benchmarks.replay import keys_of, stands
from benchmarks.tier_one import ATTEMPTS, Group, groups
from benchmarks.zoo import Entry, make, read_figures, works
from engine.files import write_file
from engine.settings import DetectSettings

KEPT = Path(__file__).parent / "figures"
AUDITS = {preset: DetectSettings(preset=preset) for preset in ("standard", "quick", "map")}


def make_group(
    group: Group, presets: Sequence[str], most: int, kept: Sequence[dict[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Train and scan a group's networks; a failed attack is tried again, and all are returned.

    Args:
        group: What to make.
        presets: The scans.
        most: At most so many networks.
        kept: Figures of earlier runs; networks that were scanned so already are not made again.
    """
    known = {Entry.from_facts(one["entry"]).fingerprint: one for one in kept}
    attempts = dict.fromkeys(range(min(group.count, most)), 0)
    found = []
    while attempts:
        entries = [group.make(number, attempt) for number, attempt in attempts.items()]
        wanted = {one.fingerprint: _presets_of(one, group.mapped, presets) for one in entries}
        missing = [
            one
            for one in entries
            if not is_kept(known.get(one.fingerprint), wanted[one.fingerprint])
        ]
        _make_with_maps(missing, group.mapped, presets)
        known |= {one.fingerprint: _figures(one, wanted[one.fingerprint]) for one in missing}
        figures = [known[one.fingerprint] for one in entries]
        found += figures
        attempts = {
            number: attempt + 1
            for (number, attempt), one in zip(attempts.items(), figures, strict=True)
            if not works(one) and attempt + 1 < ATTEMPTS
        }
    return found


def join(
    group: Group, kept: Sequence[dict[str, Any]], made: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Figures of earlier runs with new ones: what this run did not ask for is not lost.

    Networks that the group would make otherwise today are left out.
    """
    joined = {}
    for one in [*kept, *made]:
        entry = Entry.from_facts(one["entry"])
        if entry != group.make(entry.number, entry.attempt):
            continue
        before = joined.get(entry.fingerprint, {"scans": {}, "audits": {}})
        joined[entry.fingerprint] = one | {
            name: before[name] | one.get(name, {}) for name in ("scans", "audits")
        }
    return sorted(
        joined.values(), key=lambda one: (one["entry"]["attempt"], one["entry"]["number"])
    )


def _presets_of(entry: Entry, mapped: int, presets: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in presets if one != "map" or entry.number < mapped)


def is_kept(figures: dict[str, Any] | None, presets: Iterable[str]) -> bool:
    """Whether a network was scanned with these presets as they are today."""
    if figures is None:
        return False
    return not works(figures) or all(stands(figures, preset) for preset in presets)


def _figures(entry: Entry, presets: Sequence[str]) -> dict[str, Any]:
    """What is kept of a network, with the fingerprints of what was asked of its scans."""
    figures = read_figures(entry, [AUDITS[preset] for preset in presets])
    return figures | {"audits": keys_of(entry, figures["scans"])}


def _make_with_maps(entries: Sequence[Entry], mapped: int, presets: Sequence[str]) -> None:
    """A map tells what Standard finds as well, so the latter is asked for only where none is."""
    for wanted in {_presets_of(one, mapped, presets) for one in entries}:
        some = [one for one in entries if _presets_of(one, mapped, presets) == wanted]
        if wanted:
            make(some, [AUDITS[preset] for preset in wanted])


def kept_path(data: str, architecture: str) -> Path:
    """The file of the figures of an architecture on a data set."""
    return KEPT / f"{data}-{architecture}.json"


def all_kept() -> list[tuple[str, str]]:
    """Data and architecture of all figures, MNIST first."""
    found = [tuple(path.stem.rsplit("-", 1)) for path in KEPT.glob("*.json")]
    return sorted(
        ((one, other) for one, other in found), key=lambda pair: (pair[0] != "mnist", pair)
    )


def read_kept(data: str, architecture: str) -> dict[str, list[dict[str, Any]]]:
    """The figures of every group that was made; none where there is no file."""
    path = kept_path(data, architecture)
    return json.loads(path.read_text()) if path.exists() else {}


def _keep(data: str, architecture: str, made: dict[str, list[dict[str, Any]]]) -> None:
    """One line for each network, so that a change shows what changed."""
    parts = []
    for name, figures in made.items():
        rows = ",\n".join(json.dumps(one, sort_keys=True) for one in figures)
        parts.append(f"{json.dumps(name)}: [\n{rows}\n]")
    write_file(kept_path(data, architecture), ("{\n" + ",\n".join(parts) + "\n}\n").encode())


def main() -> None:
    """Make what is missing, keep its figures, and write the report from all that are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--architectures", nargs="+", default=["badnet", "bn_cnn", "lenet5", "mlp"])
    parser.add_argument("--groups", nargs="+", default=list(groups("badnet")))
    parser.add_argument("--presets", nargs="+", default=["standard", "quick", "map"])
    parser.add_argument("--most", type=int, default=60, help="networks of a group")
    parser.add_argument("--judge-only", action="store_true", help="train and scan nothing")
    parser.add_argument("--again", action="store_true", help="make what is kept as well")
    options = parser.parse_args()
    KEPT.mkdir(exist_ok=True)
    for architecture in [] if options.judge_only else options.architectures:
        for name in options.groups:
            group = groups(architecture, options.data)[name]
            kept = read_kept(options.data, architecture)
            before = kept.get(name, [])
            known = [] if options.again else before
            made = make_group(group, options.presets, options.most, known)
            _keep(options.data, architecture, kept | {name: join(group, before, made)})
    text = report({pair: read_kept(*pair) for pair in all_kept()}, AUDITS)
    (ROOT / "docs" / "detection-benchmark.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
