"""start.py: what it would install, when it does nothing, and how it repairs; nothing is fetched."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

START = Path(__file__).parent.parent / "start.py"
PYPROJECT = """
[project]
dependencies = ["numpy>=1", "torch>=2.10", "torchvision>=0.25"]
[project.optional-dependencies]
dev = ["pytest>=8"]
"""


class Setup:
    """A copy of start.py in a folder of its own, with every command noted instead of run."""

    def __init__(self, folder):
        self.folder = folder
        self.commands = []
        self.fails_at = ""
        self.error = None
        self.load()

    def load(self):
        spec = importlib.util.spec_from_file_location("start_under_test", self.folder / "start.py")
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.real_run_step = self.module.run_step
        self.module.run_step = self.run_step

    def run_step(self, command):
        self.commands.append(command)
        if self.fails_at and self.fails_at in command:
            raise self.error
        if "venv" in command:
            self.module.VENV_PYTHON.parent.mkdir(parents=True)
            self.module.VENV_PYTHON.symlink_to(sys.executable)

    def set_up(self, *groups, cpu_torch=False):
        """The commands of one start."""
        self.commands.clear()
        self.module.set_up(list(groups or ["run"]), cpu_torch=cpu_torch)
        return [" ".join(command[1:]) for command in self.commands]

    def ask_for(self, *requirements):
        text = PYPROJECT.replace('"numpy>=1"', ", ".join(f'"{name}"' for name in requirements))
        (self.folder / "pyproject.toml").write_text(text)


@pytest.fixture
def folder(tmp_path):
    shutil.copy(START, tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return tmp_path


@pytest.fixture
def setup(folder):
    return Setup(folder)


PIP = "-m pip install --disable-pip-version-check"


def test_the_first_start_makes_a_venv_and_installs_what_pyproject_asks_for(setup):
    assert setup.set_up() == [
        f"-m venv {setup.folder / '.venv'}",
        f"{PIP} numpy>=1 torch>=2.10 torchvision>=0.25",
    ]


def test_a_second_start_does_nothing(setup):
    setup.set_up()
    setup.load()
    assert setup.set_up() == []


def test_check_adds_the_tools_only(setup):
    setup.set_up()
    assert setup.set_up("run", "dev") == [f"{PIP} pytest>=8"]
    assert setup.set_up("run", "dev") == []
    assert setup.set_up("run") == []


def test_what_pyproject_asks_for_anew_is_installed(setup):
    setup.set_up("run", "dev")
    setup.ask_for("numpy>=2")
    assert setup.set_up("run", "dev") == [f"{PIP} numpy>=2 torch>=2.10 torchvision>=0.25"]


def test_a_venv_from_a_killed_installation_is_made_again(setup):
    setup.set_up()
    setup.module.MARKER.touch()
    (setup.module.VENV / "half a package").touch()
    assert setup.set_up()[0].startswith("-m venv")
    assert not (setup.module.VENV / "half a package").exists()
    assert setup.set_up() == []


def test_a_kill_while_installing_leaves_the_marker(setup):
    setup.fails_at, setup.error = "numpy>=1", KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        setup.set_up()
    setup.fails_at = ""
    assert setup.set_up()[0].startswith("-m venv")


def test_a_venv_whose_python_went_away_is_made_again(setup):
    setup.set_up()
    setup.module.VENV_PYTHON.unlink()
    assert setup.set_up()[0].startswith("-m venv")


def test_a_venv_whose_python_was_replaced_is_made_again(setup, tmp_path):
    setup.set_up()
    setup.module.VENV_PYTHON.unlink()
    (tmp_path / "python3.99").touch()
    setup.module.VENV_PYTHON.symlink_to(tmp_path / "python3.99")
    assert setup.set_up()[0].startswith("-m venv")


def test_a_damaged_stamp_only_means_that_pip_looks_again(setup):
    setup.set_up()
    setup.module.STAMP.write_text("{half")
    assert setup.set_up() == [f"{PIP} numpy>=1 torch>=2.10 torchvision>=0.25"]


def test_without_a_network_what_worked_goes_on_working(setup):
    setup.set_up()
    setup.fails_at, setup.error = "pytest>=8", setup.module.SetupError("no network")
    with pytest.raises(setup.module.SetupError):
        setup.set_up("run", "dev")
    assert setup.set_up("run") == []


def test_a_pip_that_was_killed_means_a_new_venv(setup):
    setup.set_up()
    setup.fails_at, setup.error = "pytest>=8", setup.module.KilledError("killed")
    with pytest.raises(setup.module.SetupError):
        setup.set_up("run", "dev")
    assert setup.set_up("run")[0].startswith("-m venv")


# The small torch


@pytest.fixture
def on_linux(setup, monkeypatch):
    monkeypatch.setattr(setup.module.sys, "platform", "linux")


UV = "-m uv pip install --python"


def test_the_cpu_build_is_installed_first_so_that_pip_finds_it(setup, on_linux):
    python = setup.module.VENV_PYTHON
    assert setup.set_up(cpu_torch=True)[1:] == [
        f"{PIP} uv",
        f"{UV} {python} --torch-backend=cpu torch>=2.10 torchvision>=0.25",
        f"{PIP} numpy>=1 torch>=2.10 torchvision>=0.25",
    ]
    assert setup.set_up(cpu_torch=True) == []
    assert setup.set_up() == []


def test_the_cpu_build_stays_when_requirements_change(setup, on_linux):
    setup.set_up(cpu_torch=True)
    setup.ask_for("numpy>=2")
    assert any("--torch-backend=cpu" in command for command in setup.set_up())
    assert setup.set_up(cpu_torch=True) == []


def test_asking_for_the_cpu_build_later_makes_the_venv_again(setup, on_linux):
    setup.set_up()
    assert setup.set_up(cpu_torch=True)[0].startswith("-m venv")


def test_the_cpu_build_is_for_linux_only(setup, monkeypatch, capsys):
    monkeypatch.setattr(setup.module.sys, "platform", "darwin")
    assert not any("uv" in command.split() for command in setup.set_up(cpu_torch=True))
    assert "has no effect here" in capsys.readouterr().out


# One sentence each


def test_an_old_python_is_told_so(setup):
    with pytest.raises(setup.module.SetupError, match=r"3\.11 or newer is needed.*3\.9\.2"):
        setup.module.refuse_old_python((3, 9, 2), "/usr/bin/python3")
    setup.module.refuse_old_python((3, 11, 0), "/usr/bin/python3")


def test_an_old_python_can_read_the_file_at_all():
    ast.parse(START.read_text(), feature_version=(3, 7))


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_debian_without_venv_is_told_the_package(setup, monkeypatch, missing):
    def find(name):
        return None if name == missing else object()

    monkeypatch.setattr(setup.module.importlib.util, "find_spec", find)
    with pytest.raises(setup.module.SetupError, match="apt install python3-venv"):
        setup.set_up()
    assert not setup.module.VENV.exists()


def test_a_small_disk_is_refused_before_anything_is_written(setup, on_linux, monkeypatch):
    def usage(folder):
        return SimpleNamespace(free=4 * 10**9)

    monkeypatch.setattr(setup.module.shutil, "disk_usage", usage)
    with pytest.raises(setup.module.SetupError, match=r"only 4\.0 GB are free.*--cpu-torch"):
        setup.set_up()
    assert not setup.module.VENV.exists()
    setup.set_up(cpu_torch=True)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("WARNING: Retrying ... NewConnectionError(...)\nERROR: No matching", "no network"),
        ("error: dns error: failed to lookup address", "no network"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No module named pip\n\n", r"failed \(ERROR: No module named pip\)"),
        ("", "no reason"),
    ],
)
def test_a_failed_installation_says_why(setup, said, sentence):
    command = [sys.executable, "-c", f"import sys; sys.stderr.write({said!r}); sys.exit(1)"]
    with pytest.raises(setup.module.SetupError, match=sentence):
        setup.real_run_step(command)


# The whole file as a program


def prepare(setup):
    """An installation that looks complete, with this interpreter inside."""
    setup.set_up("run", "dev")


def run(setup, *arguments, **options):
    return subprocess.run(
        [sys.executable, setup.folder / "start.py", *arguments],
        capture_output=True, text=True, timeout=60, check=False, **options,
    )  # fmt: skip


def test_the_program_gets_the_arguments_and_gives_its_exit_code(setup):
    prepare(setup)
    (setup.folder / "main.py").write_text("import sys; print(sys.argv[1:]); sys.exit(7)")
    result = run(setup, "run", "--out", "a folder")
    assert result.stdout == "['run', '--out', 'a folder']\n"
    assert result.returncode == 7


def test_checks_stop_at_the_first_that_fails(setup, capfd):
    prepare(setup)
    setup.module.CHECKS = {
        "one": ["-c", "print('1')"],
        "two": ["-c", "raise SystemExit(5)"],
        "three": ["-c", "print('3')"],
    }
    assert setup.module.run_checks() == 5
    said = capfd.readouterr().out
    assert "== two FAILED (exit 5)" in said
    assert "three" not in said
    setup.module.CHECKS = {"one": ["-c", "print('1')"]}
    assert setup.module.run_checks() == 0
    assert "all checks passed: one" in capfd.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="the lock is not there on Windows")
def test_two_starts_at_once_wait_for_each_other(setup):
    import fcntl

    (setup.folder / "main.py").write_text("print('started')")
    with (setup.folder / "start.py").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, setup.folder / "start.py"]
        second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert "waiting" in second.stdout.readline()
        setup.module.VENV.mkdir()
        setup.run_step(["-m", "venv"])
        setup.module.write_stamp(["run"], cpu_torch=False)
    assert second.communicate(timeout=60)[0] == "started\n"
    assert second.returncode == 0
