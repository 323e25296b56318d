"""Sets everything up and starts the program; with `check`, sets up and runs every check instead.

    python3 start.py                  the window (or the command line, with arguments)
    python3 start.py check            ruff, mypy, import-linter and all tests
    python3 start.py --cpu-torch      as the first, with the small CPU build of torch on Linux

Everything goes into the folder .venv beside this file. It needs Python >= 3.11 with venv, nothing
else; the code keeps to old syntax so that an older Python gets as far as the sentence about it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.json"  # what is installed; written after the installation
MARKER = VENV / "installing"  # there while something is installed, and after a kill
LINUX_BYTES = 8 * 10**9
SMALL_BYTES = 3 * 10**9
LIBRARIES = "import sys; from gui import display; sys.exit(display.why_not_loadable() or 0)"
CONTRACTS = "from importlinter.cli import lint_imports_command as lint; lint()"
CHECKS = {
    "system libraries": ["-c", LIBRARIES],
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "import-linter": ["-c", CONTRACTS],
    "tests": ["-m", "pytest", "-q"],
}
NO_NETWORK = (
    "NewConnectionError|Name or service not known|getaddrinfo|name resolution|timed out|"
    "Network is unreachable|ProxyError|Connection refused|dns error|error sending request"
)


class SetupError(Exception):
    """One sentence: what is missing and what to do about it."""


class KilledError(SetupError):
    """An installation was killed; half of a package may lie there."""


def main(arguments: list[str]) -> int:
    """Set up what is missing, then start the program or run the checks."""
    cpu_torch = "--cpu-torch" in arguments
    rest = [argument for argument in arguments if argument != "--cpu-torch"]
    checking = rest[:1] == ["check"]
    try:
        refuse_old_python(sys.version_info[:3], sys.executable)
        set_up(["run", "dev"] if checking else ["run"], cpu_torch=cpu_torch)
        return run_checks() if checking else run_program(rest)
    except SetupError as error:
        print(f"start.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstart.py: interrupted; the next start goes on from here.", file=sys.stderr)
        return 130


def refuse_old_python(version: tuple[int, ...], executable: str) -> None:
    """Raise SetupError where this Python is too old."""
    if version < (3, 11):
        raise SetupError(
            f"Python 3.11 or newer is needed, but {executable} is {'.'.join(map(str, version))}."
            " Install a newer one and start with it, for example: python3.11 start.py"
        )


# What is wanted, and what is there


def requirements(group: str) -> list[str]:
    """What pyproject.toml asks for: "run" for the program itself, "dev" for its checks."""
    import tomllib  # here, so that an older Python, which lacks it, gets to its sentence

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = project["dependencies"] if group == "run" else project["optional-dependencies"][group]
    return [str(requirement) for requirement in listed]


def fingerprint(group: str) -> str:
    """Changes whenever what a group asks for changes."""
    return hashlib.sha256("\n".join(sorted(requirements(group))).encode()).hexdigest()


def read_stamp() -> dict[str, str]:
    """What is installed; empty where nothing is, or the file is damaged."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def missing_groups(groups: list[str]) -> list[str]:
    """Those groups that are not installed as pyproject.toml asks for them now."""
    stamp = read_stamp()
    return [group for group in groups if stamp.get(group) != fingerprint(group)]


def must_rebuild(*, cpu_torch: bool) -> bool:
    """Whether .venv is there but cannot be built upon."""
    if not VENV.exists():
        return False
    stamp = read_stamp()
    killed_while_installing = MARKER.exists()
    interpreter_gone = not VENV_PYTHON.exists()
    interpreter_changed = stamp.get("interpreter") not in (None, os.path.realpath(VENV_PYTHON))
    other_torch = cpu_torch and "run" in stamp and stamp.get("torch") != "cpu"
    return killed_while_installing or interpreter_gone or interpreter_changed or other_torch


# Setting up


def set_up(groups: list[str], *, cpu_torch: bool) -> None:
    """Bring .venv to what pyproject.toml asks for; does nothing where it is there already."""
    if cpu_torch and sys.platform != "linux":
        print("start.py: --cpu-torch has no effect here: torch is small on this system anyway.")
        cpu_torch = False
    if not missing_groups(groups) and not must_rebuild(cpu_torch=cpu_torch):
        return
    with one_at_a_time():
        if must_rebuild(cpu_torch=cpu_torch):
            print("start.py: .venv is not complete or not as asked for; making it again.")
            remove_venv()
        missing = missing_groups(groups)
        if missing:
            install(missing, cpu_torch=cpu_torch)


def install(groups: list[str], *, cpu_torch: bool) -> None:
    """Install groups into .venv, which is made where it is missing."""
    new = not VENV.exists()
    if new:
        refuse_missing_venv()
        refuse_small_disk(SMALL_BYTES if cpu_torch or sys.platform != "linux" else LINUX_BYTES)
    cpu_torch = cpu_torch or read_stamp().get("torch") == "cpu"
    print("start.py: setting up .venv; torch is big, this takes a while.", flush=True)
    VENV.mkdir(exist_ok=True)
    MARKER.touch()
    try:
        if new:
            run_step([sys.executable, "-m", "venv", str(VENV)])
        for command in install_commands(groups, cpu_torch=cpu_torch):
            run_step(command)
    except SetupError as error:
        # pip undoes what it could not finish: what worked before works on without a network.
        if not new and not isinstance(error, KilledError):
            MARKER.unlink()
        raise
    write_stamp(groups, cpu_torch=cpu_torch)
    MARKER.unlink()


def install_commands(groups: list[str], *, cpu_torch: bool) -> list[list[str]]:
    """The commands that install groups, in order."""
    python = str(VENV_PYTHON)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    commands = []
    if cpu_torch and "run" in groups:
        torch = [wanted for wanted in requirements("run") if wanted.startswith("torch")]
        # uv knows where torch keeps its CPU builds; pip then finds torch there already.
        uv = [python, "-m", "uv", "pip", "install", "--python", python, "--torch-backend=cpu"]
        commands += [[*pip, "uv"], [*uv, *torch]]
    wanted = [requirement for group in groups for requirement in requirements(group)]
    return [*commands, [*pip, *wanted]]


def write_stamp(groups: list[str], *, cpu_torch: bool) -> None:
    """Note that groups are installed now."""
    stamp = read_stamp()
    stamp.update({group: fingerprint(group) for group in groups})
    stamp["interpreter"] = os.path.realpath(VENV_PYTHON)
    if "run" in groups:
        stamp["torch"] = "cpu" if cpu_torch else stamp.get("torch", "default")
    temporary = STAMP.with_suffix(".part")
    temporary.write_text(json.dumps(stamp, indent=2), encoding="utf-8")
    temporary.replace(STAMP)


def run_step(command: list[str]) -> None:
    """Run one command; where it fails, raise a SetupError that says why."""
    said = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stderr or ():
            sys.stderr.write(line)
            said.append(line)
    code = process.returncode
    if code < 0:
        raise KilledError(
            f"the installation was killed by signal {-code}. Start again to repair it."
        )
    if code > 0:
        raise SetupError(explain_failure("".join(said)))


def explain_failure(said: str) -> str:
    """The sentence for a failed installation, from what it wrote to stderr."""
    if "No space left on device" in said:
        return "the disk is full. Free some space and start again; it goes on from there."
    if re.search(NO_NETWORK, said):
        return "the packages could not be fetched: no network. Connect and start again."
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no reason")
    return f"the installation failed ({last}). Mend that, or delete the folder .venv; start again."


def refuse_missing_venv() -> None:
    """Raise SetupError where Python cannot make virtual environments, as on a bare Debian."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(
            "this Python cannot make virtual environments. On Debian and Ubuntu run: sudo apt"
            " install python3-venv. Then start again."
        )


def refuse_small_disk(needed: int) -> None:
    """Raise SetupError where the disk has fewer free bytes than an installation takes."""
    free = shutil.disk_usage(ROOT).free
    if free < needed:
        small = "" if needed == SMALL_BYTES else " The CPU build is smaller: start.py --cpu-torch"
        raise SetupError(
            f"about {needed / 1e9:.0f} GB of disk space are needed, but only {free / 1e9:.1f} GB"
            f" are free in {ROOT}. Free some space and start again.{small}"
        )


def remove_venv() -> None:
    """Delete .venv; where it is a link, only the link."""
    try:
        VENV.unlink() if VENV.is_symlink() else shutil.rmtree(VENV)
    except OSError as error:
        why = f"{VENV} cannot be deleted ({error.strerror}). Delete it by hand."
        raise SetupError(why) from error


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait while another start.py sets up; a lock on this file, which ends with the process."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("start.py: another one is setting up; waiting for it.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Running


def run_program(arguments: list[str]) -> int:
    """Become the program, on POSIX; elsewhere wait for it. Returns its exit code."""
    command = [str(VENV_PYTHON), str(ROOT / "main.py"), *arguments]
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


def run_checks() -> int:
    """Run every check, up to the first that fails; returns its exit code."""
    quiet = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    durations = []
    for name, options in CHECKS.items():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        command = [str(VENV_PYTHON), *options]
        code = subprocess.run(command, cwd=ROOT, env=quiet, check=False).returncode
        durations.append(f"{name} {time.monotonic() - started:.1f} s")
        if code != 0:
            print(f"== {name} FAILED (exit {code}). Passed or tried: {', '.join(durations)}")
            return code
    print(f"== all checks passed: {', '.join(durations)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
