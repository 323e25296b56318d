"""main.py: the window, or a sentence instead of a loader's error, or the run without a window."""

import ctypes
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import main
from gui import display
from terminal import commands

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has to ask")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def without(monkeypatch):
    """Make the system's loader miss libraries, and with them the plugins of Qt."""

    def remove(*libraries):
        real = ctypes.CDLL

        def load(name, *args, **kwargs):
            if name in libraries or "/plugins/" in name:
                missing = name if name in libraries else libraries[0]
                raise OSError(f"{missing}: cannot open shared object file")
            return real(name, *args, **kwargs)

        monkeypatch.setattr(ctypes, "CDLL", load)

    return remove


@pytest.fixture
def x_server(monkeypatch):
    """A display that answers."""

    def answers(name):
        return name == ":5"

    monkeypatch.setattr(display, "_x_answers", answers)
    monkeypatch.setenv("DISPLAY", ":5")


def test_no_display_is_noticed():
    assert display.why_unreachable() == "neither DISPLAY nor WAYLAND_DISPLAY is set"


def test_a_display_that_does_not_answer_is_noticed(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    monkeypatch.setenv("DISPLAY", ":987")
    assert display.why_unreachable() == (
        "nothing answers at WAYLAND_DISPLAY=wayland-7 and nothing answers at DISPLAY=:987"
    )


def test_a_wayland_display_that_answers_is_enough(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-0"))
        server.listen()
        assert display.why_unreachable() == ""


def test_a_platform_chosen_by_hand_is_believed(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.why_unreachable() == ""
    assert display.why_not_loadable() == ""


def test_missing_libraries_are_named_with_their_packages(x_server, without):
    without("libxcb-cursor.so.0", "libEGL.so.1")
    sentence = display.why_not_loadable()
    assert "(libEGL.so.1, libxcb-cursor.so.0)" in sentence
    assert "sudo apt install libegl1 libxcb-cursor0\n" in sentence
    assert "sudo dnf install libglvnd-egl xcb-util-cursor" in sentence


def test_a_library_that_is_not_in_the_table_is_named_too(x_server, without):
    without("libnew.so.9")
    assert "libnew.so.9: cannot open shared object file" in display.why_not_loadable()


def test_the_installer_of_the_tests_knows_every_library():
    installed = (ROOT / ".ci" / "run").read_text().split()
    assert {debian for debian, _ in display.LIBRARIES.values()} <= set(installed)


def test_main_says_what_is_missing_and_opens_nothing(x_server, without, capsys):
    without("libEGL.so.1")
    assert main.main([]) == 2
    assert "libegl1" in capsys.readouterr().err


def test_without_a_display_the_default_experiment_runs(monkeypatch, capsys):
    asked = []

    def run_command_line(arguments):
        asked.append(arguments)
        return 1

    monkeypatch.setattr(commands, "run_command_line", run_command_line)
    assert main.main([]) == 1
    assert asked == [["run"]]
    said = capsys.readouterr().err
    assert "No display can be opened (neither DISPLAY" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), ImportError("no module named torch")])
def test_what_ends_the_program_before_a_command_is_no_verdict(fault, monkeypatch, capsys):
    def broken(_):
        raise fault

    monkeypatch.setattr(main, "_run_command", broken)
    assert main.guarded(["audit"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(("Interrupted at once", "The program cannot start (ImportError)"))


def test_the_way_to_the_window_is_light():
    """Neither torch nor the command line's libraries are imported on the way to the window."""
    code = (
        "import json, sys, types; gui_app = types.ModuleType('gui.app');"
        "gui_app.main = lambda: 0; sys.modules['gui.app'] = gui_app;"
        "import main; main.main([]); print(json.dumps(sorted(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": ""},
    )  # fmt: skip
    loaded = set(json.loads(result.stdout))
    assert not loaded & {"torch", "typer", "rich", "engine.experiment", "PySide6.QtCore"}
