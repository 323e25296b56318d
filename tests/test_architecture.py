"""What holds for the whole program: who may import whom, and what Qt must not lose."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from engine.version import VERSION

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "gui", "terminal")
WITHOUT_TORCH = (
    "engine.attacks", "engine.data", "engine.detection.results", "engine.detection.verdict",
    "engine.experiment", "engine.impact", "engine.metrics", "engine.modelfile", "engine.models",
    "engine.settings", "engine.store", "engine.triggers",
)  # fmt: skip


def modules(*packages):
    """The names of all modules in packages."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources():
    yield from (ROOT / name for name in ("main.py", "start.py"))
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def loaded_after_importing(names):
    """The top-level packages in a fresh interpreter once it has imported modules."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {list(names)!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


def test_the_contracts_between_packages_hold():
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


def test_the_engine_comes_without_qt_and_without_the_terminal():
    loaded = loaded_after_importing(modules("engine"))
    assert "torch" in loaded
    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "qtawesome", "typer", "rich"}


def test_the_window_and_what_it_needs_come_without_torch():
    loaded = loaded_after_importing([*WITHOUT_TORCH, "main", *modules("gui")])
    assert "PySide6" in loaded
    assert not loaded & {"torch", "torchvision", "typer"}


def test_the_terminal_comes_without_qt():
    loaded = loaded_after_importing(modules("terminal"))
    assert "rich" in loaded
    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "torch"}


def test_only_the_front_ends_print():
    printing = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert set(printing) <= {"start.py"}


def test_files_and_functions_stay_short():
    too_long = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        if len(text.splitlines()) > 300:
            too_long.append(name)
        too_long += [
            f"{name}: {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef) and lines_of(node) > 40
        ]
    assert too_long == []


def lines_of(function):
    """How many lines a function has below its documentation."""
    start = function.body[0].end_lineno if ast.get_docstring(function) else function.lineno
    return function.end_lineno - start


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


class Emitter(QObject):
    told = Signal(bool)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_qt_loses_no_reference(qapp):
    """PySide6 6.12.0 loses one with each call under Python 3.11, until the process aborts."""
    emitter, image = Emitter(), QImage(8, 8, QImage.Format.Format_RGB32)
    pen, before = QPen(QColor("red")), references()
    painter = QPainter(image)
    for _ in range(3000):
        painter.setPen(pen)
        painter.drawLine(0, 0, 7, 7)
        emitter.told.emit(True)
    painter.end()
    lost = [old - new for old, new in zip(before, references(), strict=True)]
    assert max(lost) < 100


def references():
    return [sys.getrefcount(value) for value in (None, True, False)]


def test_every_file_that_the_architecture_names_is_there():
    named = re.findall(r"`([\w/]+(?:\.\w+|/))`", (ROOT / "ARCHITECTURE.md").read_text())
    paths = [one for one in named if "/" in one]
    assert len(paths) > 20
    assert [one for one in paths if not list(ROOT.glob(one)) + list(ROOT.glob(f"*/{one}"))] == []
