"""The sections of docs/scan-speed.md, each written by the command that it names."""

import datetime as dt
import os
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from engine.compute import Compute
from engine.cores import available_cores

DOCUMENT = Path(__file__).parent.parent / "docs" / "scan-speed.md"
SPEED, MANY = "Ten classes", "Many classes"
SEEDS, SEEDS_OF_MAP = "Five seeds of one scan", "Five seeds of one map"
CALIBRATE, SHORTER = "Calibrate", "What a shorter search costs"
_ORDER = (SPEED, SHORTER, MANY, CALIBRATE, SEEDS, SEEDS_OF_MAP)
_HEAD = """# How fast the scan is, and how steady

Each section was written by the command that it names; do not edit. The networks are trained by the
commands themselves and kept in `build/`, except those that `benchmarks/detection_benchmark.py` and
`benchmarks/make_references.py` leave there. Seconds mean something on an idle machine only: the
load is stated. A section is of its day: scores beside references that were made later differ."""


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table, followed by an empty line."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines] + [""]


def origin(compute: Compute) -> str:
    """Which command made a section, when and on what. Ask before the work: it names the load."""
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    return (
        f"Made by `{command}` on {dt.date.today().isoformat()}: {_processor()},"
        f" {available_cores()} cores, load {os.getloadavg()[0]:.1f} before it began;"
        f" {compute.describe()}, torch {torch.__version__.split('+')[0]}."
    )


def met(reached: bool) -> str:  # noqa: FBT001 - the only thing it is asked
    """Whether a target is met, in a word."""
    return "met" if reached else "**missed**"


def publish(title: str, lines: Sequence[str], *, write: bool) -> None:
    """Print a section, and put it into the document in place of an older one of its title."""
    body = "\n".join(lines).strip()
    print(f"\n## {title}\n\n{body}")
    if not write:
        return
    sections = _sections(DOCUMENT.read_text()) if DOCUMENT.exists() else {}
    sections[title] = body
    parts = [f"## {name}\n\n{sections[name]}" for name in _ORDER if name in sections]
    DOCUMENT.write_text("\n\n".join([_HEAD, *parts]) + "\n")


def _sections(text: str) -> dict[str, str]:
    pieces = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {title: body.strip() for title, body in zip(pieces[::2], pieces[1::2], strict=True)}


def _processor() -> str:
    """The processor's name, as the system tells it."""
    listing = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", listing.read_text()) if listing.exists() else []
    return names[0].strip() if names else platform.processor() or platform.machine()
