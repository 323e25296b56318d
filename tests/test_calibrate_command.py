"""The command `calibrate`: what it says, what it ends with, and that kill -9 costs one network."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import data
from engine.data import DataSet, ImageSet
from engine.detection.reference import Reference
from engine.detection.references import References
from engine.errors import EngineError
from engine.events import NetworkCalibrated, Progress
from engine.settings import DataSettings
from terminal import calibrate as command
from terminal.commands import run_command_line

ROOT = Path(__file__).parent.parent
SIZES = np.full(10, 80, np.float32)


def reference(accuracy):
    return Reference(
        recipe="made up", clean_accuracy=accuracy, mask_l1=(80.0,) * 10, converged=(True,) * 10
    )


@pytest.fixture
def jobs(monkeypatch, tmp_path):
    """Images that take no time to load, and networks that take none to train."""
    asked = {"error": None, "stops": False}
    images = ImageSet(np.zeros((400, 1, 4, 4), np.uint8), np.arange(400) % 10, tuple("0123456789"))

    def load_job(settings):
        asked["data"] = settings
        yield Progress(1, 1, "reading")
        return DataSet(settings.name, settings.name.upper(), images, images)

    def calibrate_job(settings, networks):
        asked.update(settings=settings, networks=networks)
        yield Progress(0, 1000, "network 1 of 20 · epoch 1 of 4", 14_900.0, 180.0)
        yield NetworkCalibrated(1, networks, "4 epochs of adam", 0.98, SIZES, SIZES, SIZES, False)
        if asked["error"]:
            raise asked["error"]
        if asked["stops"]:
            os.kill(os.getpid(), signal.SIGINT)
            yield Progress(1, 1000, "network 2 of 20 · epoch 1 of 4")
        return References(
            data="mnist", architecture=settings.train.architecture, audit="0" * 16, pixels=16,
            networks=tuple(reference(0.95 + number / 1000) for number in range(networks)),
        )  # fmt: skip

    monkeypatch.setattr(data, "load_job", load_job)
    monkeypatch.setattr(command, "calibrate_job", calibrate_job)
    monkeypatch.setenv("BACKDOOR_STUDIO_REFERENCES", str(tmp_path / "references"))
    return asked


def test_it_says_how_it_went_and_where_the_networks_are(jobs, capsys, tmp_path):
    assert run_command_line(["calibrate", "--data", "mnist", "--arch", "mlp"]) == 0
    said = capsys.readouterr()
    assert "20 clean mlp, 0 of them were there already" in said.out
    assert "95.0 % to 96.9 %" in said.out
    assert f"{tmp_path}/references/mnist-mlp-standard-" in said.out
    assert " s\n" in said.out
    assert "network 1 of 20 · epoch 1 of 4  14,900 images/s  180 s left" in said.err
    assert "network 1 of 20 is right on 98.0 %: 4 epochs of adam" in said.err


def test_its_options_become_settings(jobs):
    options = ["--data", "kmnist", "--arch", "bn_cnn", "--preset", "map", "--networks", "25"]
    assert run_command_line(["calibrate", *options, "--set", "train.epochs=2"]) == 0
    settings = jobs["settings"]
    assert jobs["data"] == settings.data == DataSettings(name="kmnist")
    assert (settings.train.architecture, settings.train.epochs) == ("bn_cnn", 2)
    assert (settings.detect.preset, jobs["networks"]) == ("map", 25)
    assert settings.compute.threads > 0, "all cores, as no window needs one"


def test_an_experiment_says_what_to_calibrate_for(jobs, tmp_path):
    (tmp_path / "mine.json").write_text(
        '{"settings": {"train": {"architecture": "mlp", "epochs": 9}, "detect": {"images": 500}}}'
    )
    assert run_command_line(["calibrate", str(tmp_path / "mine.json"), "--preset", "quick"]) == 0
    settings = jobs["settings"]
    assert (settings.train.architecture, settings.train.epochs) == ("mlp", 9)
    assert (settings.detect.images, settings.detect.preset) == (500, "quick")


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ([], "40 clean networks for this ship with the program"),
        (["--networks", "5"], "With 5 clean networks a verdict is never more than suspicious"),
    ],
)
def test_what_one_would_want_to_know_before(jobs, capsys, options, note):
    assert run_command_line(["calibrate", *options]) == 0
    assert note in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "nosuch"], "nosuch is neither a data set nor a folder"),
        (["--arch", "nosuch"], "Network (train.architecture)"),
        (["--preset", "nosuch"], "Preset (detect.preset)"),
        (["--networks", "0"], "--networks"),
        (["--set", "train.layers=3"], "there is no such setting"),
        (["nosuch.json"], "nosuch.json cannot be read"),
    ],
)
def test_a_refusal_is_one_line(jobs, capsys, options, sentence):
    assert run_command_line(["calibrate", *options]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_what_cannot_be_done_is_one_line(jobs, capsys):
    jobs["error"] = EngineError("The training settings do not teach MNIST.")
    assert run_command_line(["calibrate"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "The training settings do not teach MNIST."


def test_ctrl_c_keeps_what_is_finished_and_says_how_much(jobs, capsys):
    jobs["stops"] = True
    assert run_command_line(["calibrate"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Stopped: 0 of 20 clean networks are finished, in ")
    assert last.endswith("The same command goes on with the next.")


ON_CODED_IMAGES = """
import sys
sys.path[:0] = [{root!r}, {toys!r}]
from toys import coded_images
from engine import data
from engine.data import DataSet
from engine.events import Progress
from terminal.commands import run_command_line

def load_job(_):
    yield Progress(1, 1, "reading")
    return DataSet("coded", "Coded", coded_images(100, 4, seed=1), coded_images(100, 4, seed=2))

data.load_job = load_job
sys.exit(run_command_line(sys.argv[1:]))
"""


def calibrating(cache):
    """The command in a process of its own, on images that are learned in a moment."""
    code = ON_CODED_IMAGES.format(root=str(ROOT), toys=str(ROOT / "tests" / "engine"))
    options = ["--arch", "mlp", "--preset", "quick", "--networks", "5"]
    for setting in (
        "detect.images=200", "train.batch_size=16", "train.learning_rate=0.002",
        "compute.device=cpu", "compute.precision=float32", "compute.threads=1",
    ):  # fmt: skip
        options += ["--set", setting]
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code, "calibrate", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"BACKDOOR_STUDIO_REFERENCES": str(cache)},
    )  # fmt: skip


@pytest.mark.timeout(300)  # two programs that load torch, on a machine that may be busy
def test_kill_9_costs_the_network_that_was_in_work(tmp_path):
    killed = calibrating(tmp_path)
    with killed:
        for line in killed.stderr:
            if "network 3 of 5 · epoch" in line:
                killed.kill()
                break
    assert killed.returncode != 0
    (folder,) = tmp_path.iterdir()
    done = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(done) >= {"network-0000.json", "network-0001.json"}
    assert "references.json" not in done

    with calibrating(tmp_path) as again:
        out, err = again.communicate()
    assert again.returncode == 0, err
    assert "network 1 of 5 is right" not in err
    assert "network 2 of 5 is right" not in err
    assert "network 5 of 5 is right" in err
    there = sum(name.startswith("network") for name in done)
    assert f"5 clean mlp, {there} of them were there already" in out
    assert all((folder / name).read_bytes() == content for name, content in done.items())
    assert (folder / "references.json").is_file()
