"""One smoke test of the real program in a real window, on a virtual display (Xvfb)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TITLE = "Backdoor Studio"

pytestmark = pytest.mark.xvfb


def needed(program):
    """A program of the system; on CI it must be there, elsewhere the test is skipped."""
    path = shutil.which(program)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{program} is missing, and CI must run this test")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


@pytest.fixture
def display():
    """A virtual display of its own; the server picks a free number and says which."""
    server = needed("Xvfb")
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-noreset"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait(timeout=20)


@pytest.mark.timeout(120)
def test_the_program_opens_a_window_and_closes_it(display, tmp_path):
    xdotool = needed("xdotool")
    environment = os.environ | {"DISPLAY": display, "HOME": str(tmp_path)}
    environment.pop("QT_QPA_PLATFORM", None)
    for name in list(environment):
        if name.startswith("XDG_") or name == "WAYLAND_DISPLAY":
            del environment[name]
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def do(*arguments):
        done = subprocess.run(
            [xdotool, *arguments],
            check=True,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.split()

    window = do("search", "--sync", "--onlyvisible", "--name", TITLE)[0]
    geometry = dict(
        line.split("=") for line in do("getwindowgeometry", "--shell", window) if "=" in line
    )
    assert int(geometry["WIDTH"]) >= 960
    assert int(geometry["HEIGHT"]) >= 600
    do("windowfocus", "--sync", window)
    do("key", "--window", window, "ctrl+q")
    output, errors = program.communicate(timeout=60)
    assert program.returncode == 0, errors
    assert output == ""
    assert "Traceback" not in errors
