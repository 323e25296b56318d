"""A scan judged anew beside new clean networks, in its folder: the report and the terminal too."""

import json
import shutil
from dataclasses import replace

import pytest
from calibrations_made import CODED, SETTINGS, coded_job
from toys import outcome

from engine import data, experiment, store, triggers
from engine.errors import EngineError
from engine.events import Warned
from engine.new_verdict import judge_anew, judge_experiment_anew
from terminal.commands import run_command_line

NAMES = CODED.test.class_names


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """The folder of an experiment that was trained and scanned before anything was calibrated."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    trigger = triggers.preset("white-3x3", CODED.shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load_job", coded_job)
        patch.setenv("BACKDOOR_STUDIO_REFERENCES", str(folder.parent / "none"))
        outcome(experiment.run_job(SETTINGS, trigger, folder))
    return folder


@pytest.fixture
def folder(scanned, tmp_path, loaded, monkeypatch):
    """A copy of it, and a place for clean networks."""
    monkeypatch.setenv("BACKDOOR_STUDIO_REFERENCES", str(tmp_path / "references"))
    return shutil.copytree(scanned, tmp_path / "run")


def basis_told(folder):
    """What the verdict of a folder rests on, by its files: of the scan, and of the report."""
    report = json.loads((folder / "report.json").read_text())
    return store.open_experiment(folder).detection.verdict.basis, report["detection"]["basis"]


def test_the_verdict_in_the_folder_and_the_report_is_the_new_one(folder, calibrated):
    _, _, references = calibrated
    assert basis_told(folder) == ("none", "none")
    held = store.open_experiment(folder)
    judged = outcome(judge_experiment_anew(held, references))
    assert judged.is_calibrated
    assert basis_told(folder) == ("references", "references")
    before, after = held.detection.classes, store.open_experiment(folder).detection.classes
    assert [one.mask_l1 for one in after] == [one.mask_l1 for one in before]
    assert [one.z for one in after] == pytest.approx([one.z for one in judged.classes])


def test_a_folder_that_is_gone_costs_the_file_but_not_the_verdict(folder, calibrated):
    _, _, references = calibrated
    held, seen = store.open_experiment(folder), []
    shutil.rmtree(folder)
    judged = outcome(judge_experiment_anew(held, references), seen=seen)
    assert judged.is_calibrated
    (warned,) = (event for event in seen if isinstance(event, Warned))
    assert warned.text.endswith("The new verdict is still open here: save it elsewhere.")


def test_a_report_that_cannot_be_written_is_told(folder, calibrated):
    _, _, references = calibrated
    detection, seen = store.open_experiment(folder).detection, []

    def report(path, judged):
        raise EngineError("The disk is full.")
        yield

    judged = outcome(judge_anew(detection, references, NAMES, folder, report), seen=seen)
    assert basis_told(folder) == ("references", "none")
    assert judged.is_calibrated
    (warned,) = (event for event in seen if isinstance(event, Warned))
    assert "report.html still tells of the old one" in warned.text


def test_without_a_scan_nothing_is_judged(folder, calibrated):
    _, _, references = calibrated
    held = replace(store.open_experiment(folder), detection=None)
    with pytest.raises(EngineError, match="holds no scan of a network"):
        outcome(judge_experiment_anew(held, references))


def calibrate(folder, *options):
    return run_command_line(["calibrate", str(folder), "--networks", "5", *options])


def test_the_terminal_judges_the_scan_beside_the_networks_it_made(folder, capsys):
    assert calibrate(folder) == 0
    headline = store.open_experiment(folder).detection.verdict.headline
    assert headline in " ".join(capsys.readouterr().out.split())
    assert basis_told(folder) == ("references", "references")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--arch", "badnet"], "It is of other data or another network than these clean ones."),
        (["--preset", "standard"], "Scan again with the present settings."),
    ],
)
def test_networks_that_do_not_fit_leave_the_verdict_and_say_so(folder, capsys, options, why):
    assert calibrate(folder, *options) == 0
    said = capsys.readouterr()
    told = " ".join(said.err.split())
    assert f"The scan in {folder} keeps its verdict." in told
    assert why in told
    assert "verdict" not in said.out
    assert basis_told(folder) == ("none", "none")


def test_a_calibrated_scan_stays_as_it_is(folder, capsys):
    calibrate(folder)
    before = (folder / "detection.json").read_bytes()
    assert calibrate(folder) == 0
    assert "compared with clean networks of its kind already" in capsys.readouterr().err
    assert (folder / "detection.json").read_bytes() == before


def test_a_damaged_scan_costs_the_verdict_alone(folder, capsys):
    (folder / "detection.json").write_text("{")
    assert calibrate(folder) == 0
    assert "keeps its verdict" in capsys.readouterr().err
    assert (folder / "detection.json").read_text() == "{"
