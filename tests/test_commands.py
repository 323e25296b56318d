"""The command line: exit codes, one line for every refusal, an orderly stop."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine import data, store, triggers
from engine.detection.references import find_references
from engine.detection.results import Detection, FoundTrigger, PairMap, ScanCurves, Verdict
from engine.detection.verdict import decide
from engine.detection.wording import ONLY_CLASSES
from engine.errors import EngineError
from engine.events import Measured, Predicted, Progress, StopRequested, Warned
from engine.experiment import Trained
from engine.metrics import Rates
from engine.models import Model
from engine.opening.fits import Fit
from engine.opening.jobs import Opened
from engine.opening.results import BrightnessCheck, FormatRate, Preflight
from engine.settings import DetectSettings, ExperimentSettings
from engine.triggers import Trigger
from terminal import audit as audit_command
from terminal import commands
from terminal import run as run_command
from terminal.outcome import report

ROOT = Path(__file__).parent.parent
SHAPE = (1, 28, 28)


def make_detection(outcome="likely", complete=True):
    trigger = Trigger.empty(SHAPE)
    found = tuple(FoundTrigger(label, trigger, 3.9, 0.998, True, 4.1) for label in range(10))
    verdict = Verdict(outcome, 0, None, "none", (0,), f"The headline: {outcome}.", "")
    curves = ScanCurves(*(np.zeros((1, 10), np.float32) for _ in range(3)))
    return Detection(
        found, verdict, curves, DetectSettings(), "", 0.99, 5.5, 1, (), complete
    )  # fmt: skip


def make_trained(settings, trigger):
    predictions = Predicted(np.zeros(1, np.int64), np.zeros(1, np.int64))
    model = Model("badnet", SHAPE, 10, {})
    rates = Rates(0.9912, 1.0, 0.0006, 10_000)
    return Trained(model, rates, predictions, settings, trigger, 9.5, complete=True)


@pytest.fixture
def jobs(monkeypatch, tmp_path):
    """Replace the engine's job by a quick one, and note what it was asked for."""
    monkeypatch.chdir(tmp_path)
    asked = {"detection": make_detection(), "error": None}

    def run_job(settings, trigger, folder):
        asked.update(settings=settings, trigger=trigger, folder=folder)
        yield Progress(0, 2, "epoch 1 of 1", 14_900.0, 7.0)
        yield Measured(1, 1, 0.5, 0.98, 1.0, 0.001, 500)
        yield Warned("few [bold]images[/bold]")
        if asked["error"]:
            raise asked["error"]
        yield Progress(2, 2, "epoch 1 of 1")
        return make_trained(settings, trigger), asked["detection"]

    monkeypatch.setattr(run_command, "run_job", run_job)
    return asked


@pytest.fixture
def audits(jobs, monkeypatch):
    """Replace the engine's audit by a quick one, and note what it was asked for."""
    asked = {"fits": (Fit("mlp", SHAPE, 10),), "detection": make_detection("not_found")}

    def open_model_job(path, shape, classes):
        yield Progress(1, 1, "reading")
        file = SimpleNamespace(name=path.name, sha256="0" * 64, tensors={"weight": np.zeros(2)})
        return Opened(file, asked["fits"], ("A note.",))

    def audit_job(settings, model, input_range):
        asked.update(settings=settings, model=model, input_range=input_range)
        yield Progress(1, 1, "scanning")
        return replace(model, input_range="0..255", state={}), asked["detection"]

    monkeypatch.setattr(audit_command, "open_model_job", open_model_job)
    monkeypatch.setattr(audit_command, "audit_job", audit_job)
    return asked


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("not_found", 0), ("likely", 1), ("suspicious", 1), ("not_auditable", 2)],
)
def test_the_exit_code_of_an_audit_tells_the_verdict(audits, outcome, code, capsys):
    audits["detection"] = make_detection(outcome)
    options = ["--arch", "mlp", "--data", "mnist", "--input-range", "0..255"]
    assert commands.run_command_line(["audit", "a.pt", *options, "--out", "out"]) == code
    assert audits["input_range"] == "0..255"
    said = capsys.readouterr().err
    assert "Note: A note." in said
    if code == 2:
        assert said.splitlines()[-1] == "The headline: not_auditable."


def test_without_options_an_audit_finds_out_and_says_so(audits, capsys):
    audits["fits"] = (Fit("bn_cnn", SHAPE, 10, 0.5), Fit("mlp", SHAPE, 10, missing=("fc1.bias",)))
    rate = FormatRate("0..255", "pixels", 0.99, 0.1, 1000)
    check = BrightnessCheck((), 0, "Brightness shortcut suspected: class 0.")
    flight = Preflight((rate,), None, "0..255", "0..255", ("0..1",), 0.99, 10_000, check)
    audits["detection"] = replace(make_detection("not_found"), preflight=flight)
    assert commands.run_command_line(["audit", "a.pt", "--data", "mnist", "--out", "out"]) == 0
    assert audits["input_range"] == "auto"
    train = audits["settings"].train
    assert (train.architecture, train.width) == ("bn_cnn", 0.5)
    said = capsys.readouterr().out
    for fact in (
        "bn_cnn, 1x28x28, 10 classes, width 0.5",
        "0..255, proposed by the pre-flight",
        "right on 99.0 % of 10,000 clean images; 0..1 would do as well",
        "Brightness shortcut suspected",
    ):
        assert fact in said
    opened = store.open_experiment(Path("out"))
    assert opened.detection.preflight == flight
    assert opened.settings.train.architecture == "bn_cnn"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "attack.target=7"], "An audit neither trains nor poisons"),
        (["--set", "data.name=cifar10"], "Name the data with --data."),
        (["--set", "train.architecture=mlp"], "Name the network with --arch."),
        (["--preset", "quick", "--set", "detect.preset=map"], "Give it once."),
    ],
)
def test_an_audit_refuses_settings_that_would_do_nothing(audits, options, words, capsys):
    asked = ["audit", "a.pt", "--data", "mnist", "--out", "out", *options]
    assert commands.run_command_line(asked) == 2
    assert words in capsys.readouterr().err
    assert "settings" not in audits


def test_the_preset_of_an_audit_can_be_set_either_way(audits):
    asked = ["audit", "a.pt", "--data", "mnist", "--out"]
    for name, options in enumerate(([], ["--preset", "quick"], ["--set", "detect.preset=map"])):
        commands.run_command_line([*asked, f"out{name}", *options])
        assert audits["settings"].detect.preset == ("standard", "quick", "map")[name]


def test_a_verdict_is_told_although_its_folder_cannot_be_written(audits, monkeypatch, capsys):
    def write_audit_job(settings, judged, detection, folder):
        yield Progress(0, 1, "writing")
        raise EngineError("The disk is full.")

    monkeypatch.setattr(audit_command, "write_audit_job", write_audit_job)
    audits["detection"] = make_detection("likely")
    assert commands.run_command_line(["audit", "a.pt", "--data", "mnist", "--out", "out"]) == 1
    said = capsys.readouterr()
    assert "The disk is full. What was found is told here" in said.err
    assert "The headline: likely." in said.out


def rows_of(text):
    """The names and texts that a command ends with; a name may be there several times."""
    return [(line[:16].strip(), line[16:]) for line in text.splitlines()]


def audited(audits, capsys, detection, out="out"):
    """The exit code of an audit with this outcome, its rows, and its last line on stderr."""
    audits["detection"] = detection
    code = commands.run_command_line(["audit", "a.pt", "--data", "mnist", "--out", out])
    said = capsys.readouterr()
    return code, rows_of(said.out), said.err.splitlines()[-1]


def judged(outcome, p_value, basis="references", references=20, **values):
    made = make_detection(outcome)
    verdict = replace(made.verdict, p_value=p_value, basis=basis, references=references)
    return replace(made, verdict=verdict, **values)


def test_a_doubtful_input_range_says_how_to_give_it(audits, capsys):
    rate = FormatRate("0..1", "pixels divided by 255", 0.98, 0.1, 1000)
    flight = Preflight((rate,), None, "0..1", "0..1", ("0..255",), 0.98, 1000)
    made = replace(make_detection("not_found"), preflight=flight, warnings=(flight.doubt,))
    rows = dict(audited(audits, capsys, made)[1])
    assert rows["warning"].startswith(flight.doubt)
    assert "--input-range" in rows["warning"]


def test_where_nothing_was_found_the_summary_says_what_was_not_seen(audits, capsys):
    check = BrightnessCheck((), None, "A shortcut in brightness.")
    rate = FormatRate("0..255", "pixels", 0.99, 0.1, 1000)
    flight = Preflight((rate,), None, "0..255", "0..255", (), 0.99, 10_000, check)
    warnings = (check.sentence, "Few images [bold].", ONLY_CLASSES)
    nothing = judged("not_found", 0.5, preflight=flight, warnings=warnings)
    code, rows, _ = audited(audits, capsys, nothing)
    assert code == 0
    said = dict(rows)
    assert said["verdict"] == "The headline: not_found."
    assert said["compared with"] == "20 clean networks of the same kind"
    assert said["chance"] == "Clean networks that stand out at least as much: about 50 %"
    assert "chosen classes only stays invisible" in said["not seen"]
    assert "the preset Map looks for those" in said["not seen"]
    assert [text for name, text in rows if name == "warning"] == ["Few images [bold]."], "the rest"
    assert [name for name, text in rows if check.sentence in text] == ["brightness"]
    assert Path(said["report"]).is_file()
    assert said["report"] == str(Path("out") / "report.html")


def test_a_backdoor_is_said_with_its_chance_and_basis(audits, capsys):
    code, rows, _ = audited(audits, capsys, judged("likely", 1 / 21))
    said = dict(rows)
    assert code == 1
    assert said["compared with"] == "20 clean networks of the same kind"
    borrowed = judged("likely", 1 / 21, "borrowed")
    said = dict(audited(audits, capsys, borrowed, "other")[1])
    assert "of other architectures (borrowed). Their masks differ" in said["compared with"]
    alone = judged("suspicious", 0.01, "none", 0)
    said = dict(audited(audits, capsys, alone, "third")[1])
    assert "never more than a suspicion" in said["compared with"]
    assert "Grubbs' test" in said["chance"]


def test_a_chance_that_the_verdict_tells_itself_is_told_once(audits, capsys):
    detect = DetectSettings(preset="quick")
    clean = find_references("mnist", "badnet", detect)
    sizes = np.array(clean.networks[0].mask_l1)
    for small in (1, 40):
        sizes[0] = small
        classes = [
            FoundTrigger(label, Trigger.empty(SHAPE), size, 1.0, True, None)
            for label, size in enumerate(sizes)
        ]
        verdict = decide(classes, list("0123456789"), 0.99, references=clean)
        made = replace(make_detection("likely"), verdict=verdict)
        _, rows, _ = audited(audits, capsys, made, f"out-{small}")
        told = [name for name, text in rows if "clean model" in text or "Clean networks" in text]
        assert told == [{"likely": "verdict", "not_found": "chance"}[verdict.outcome]]


def test_a_map_is_not_said_to_be_blind_to_chosen_classes(capsys, tmp_path):
    squares = np.zeros((10, 10), np.float32)
    pictures = np.zeros((10, 10, *SHAPE), np.float32)
    pair_map = PairMap(squares, squares > 0, pictures[:, :, 0], pictures)
    alone = judged("not_found", 0.5, pair_map=pair_map)
    compared = replace(alone, pair_map=replace(pair_map, z=squares))
    assert report(None, compared, tmp_path) == 0
    said = dict(rows_of(capsys.readouterr().out))
    assert "single pairs of classes" in said["not seen"]
    assert "chosen classes" not in said["not seen"]
    report(None, alone, tmp_path)
    said = dict(rows_of(capsys.readouterr().out))
    assert "map of pairs decided nothing" in said["not seen"]
    assert "report" not in said, "there is none"


def test_what_cannot_be_audited_is_one_line_on_stderr_and_its_reason_on_stdout(audits, capsys):
    made = make_detection("not_auditable")
    verdict = replace(made.verdict, target=None, flagged=(), explanation="The reason.")
    idle = np.zeros((0, 0), np.float32)
    curves = ScanCurves(idle, idle, idle)
    none = replace(made, verdict=verdict, classes=(), curves=curves, seconds=0.0)
    code, rows, last = audited(audits, capsys, none)
    said = dict(rows)
    assert code == 2
    assert last == said["verdict"] == "The headline: not_auditable."
    assert said["why"] == "The reason."
    assert "nothing is known of backdoors" in said["not seen"]
    assert not {"chance", "compared with", "clean accuracy", "time"} & set(said)
    assert Path(said["report"]).is_file()


def test_a_file_that_says_its_range_is_taken_at_its_word(audits, capsys):
    audits["fits"] = (Fit("mlp", SHAPE, 10, said_by_file=True, input_range="-1..1"),)
    rate = FormatRate("-1..1", "pixels", 0.99, 0.1, 1000)
    flight = Preflight((rate,), "-1..1", "-1..1", "-1..1", (), 0.99, 10_000)
    code, rows, _ = audited(audits, capsys, judged("not_found", 0.5, preflight=flight))
    assert (code, dict(rows)["input range"]) == (0, "-1..1, as the file says")
    assert audits["input_range"] == "-1..1"
    given = ["--input-range", " 0..1 bgr"]
    commands.run_command_line(["audit", "a.pt", "--data", "mnist", *given, "--out", "other"])
    assert audits["input_range"] == "0..1 BGR"


def test_a_file_that_fits_no_network_is_one_line_with_every_name(audits, capsys, tmp_path):
    names = tuple(f"layer{number}.weight" for number in range(40))
    audits["fits"] = (Fit("mlp", SHAPE, 10, surplus=names),)
    assert commands.run_command_line(["audit", "a.pt", "--data", "mnist", "--out", "out"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert all(name in said for name in names)
    assert "fits none of the networks" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("outcome", ["not_found", "likely", "suspicious", "not_auditable"])
def test_a_run_that_came_to_its_end_is_a_success(jobs, outcome):
    jobs["detection"] = make_detection(outcome)
    assert commands.run_command_line(["run", "--out", "out"]) == 0


def test_the_summary_says_what_came_out(jobs, capsys):
    commands.run_command_line(["run", "--out", "out"])
    said = capsys.readouterr().out
    assert "report " not in said, "this job writes none"
    for fact in (
        "no clean networks; the classes with each other",
        "the preset Map looks for those as well",
        "99.1 %",
        "100 %",
        "below 0.1 %",
        "The headline: likely.",
        "9.5 s",
        "5.5 s",
        "out",
    ):
        assert fact in said


def test_progress_is_readable_without_a_terminal(jobs, capsys):
    commands.run_command_line(["run", "--out", "out"])
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "  0%  epoch 1 of 1  14,900 images/s  7 s left"
    assert said[1] == "Note: few [bold]images[/bold]"
    assert not any("\x1b" in line for line in said)


def test_settings_come_from_the_command_line(jobs):
    commands.run_command_line(["run", "--set", "train.epochs=2", "--seed", "5", "--out", "out"])
    settings = jobs["settings"]
    assert settings.train.epochs == 2
    assert {settings.attack.seed, settings.train.seed, settings.detect.seed} == {5}


def test_settings_come_from_a_file_and_its_trigger_lies_beside_it(jobs, tmp_path):
    saved = tmp_path / "saved"
    saved.mkdir()
    cross = triggers.preset("cross-5x5", SHAPE)
    (saved / "drawn.png").write_bytes(triggers.write_png(cross))
    document = {"settings": {"attack": {"target": 3, "trigger": "drawn.png"}}}
    (saved / "mine.json").write_text(json.dumps(document))
    commands.run_command_line(["run", "saved/mine.json", "--out", "out"])
    assert jobs["settings"].attack.target == 3
    np.testing.assert_array_equal(jobs["trigger"].mask, cross.mask)


def test_a_trigger_of_the_command_line_lies_where_the_person_is(jobs, tmp_path):
    (tmp_path / "here.png").write_bytes(triggers.write_png(triggers.preset("cross-5x5", SHAPE)))
    code = commands.run_command_line(["run", "--set", "attack.trigger=here.png", "--out", "out"])
    assert code == 0
    assert jobs["trigger"].pixels > 9 - 1


def test_without_out_each_run_has_a_folder_of_its_own(jobs, tmp_path):
    commands.run_command_line(["run"])
    assert jobs["folder"].parent == Path("runs")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--set", "train.epochs=1000"], "Epochs (train.epochs) must be at most 200"),
        (["run", "--set", "train.layers=3"], "there is no such setting"),
        (["run", "--set", "attack.trigger=nosuch"], "no trigger preset named 'nosuch'"),
        (["run", "nosuch.json"], "nosuch.json cannot be read: no such file"),
        (["run", "--seed", "-1"], "Seed (attack.seed) must be at least 0"),
        (["run", "--seed", "x"], "--seed"),
        (["run", ""], "One of the arguments is empty"),
        (["audit", "model.pt", "--data", ""], "One of the arguments is empty"),
        (["run", "--out", "full"], "full is not empty"),
        (["frobnicate"], "frobnicate"),
        (["audit", "model.pt"], "--data"),
        (["audit", "a.pt", "--arch", "x", "--data", "mnist", "--input-range", "0..1"], "Network"),
        (["audit", "a.pt", "--arch", "mlp", "--data", "x", "--input-range", "0..1"], "Data"),
        (
            ["audit", "a.pt", "--arch", "mlp", "--data", "mnist", "--input-range", "0..7"],
            "write one of 0..1, 0..255, -1..1",
        ),
    ],
)
def test_a_refusal_is_one_line_and_leaves_nothing(jobs, tmp_path, capsys, arguments, sentence):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert commands.run_command_line(arguments) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "mine.txt"]


def test_a_failed_run_is_one_line(jobs, tmp_path, capsys):
    jobs["error"] = EngineError("Training diverged.")
    assert commands.run_command_line(["run", "--out", "out"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "Training diverged."
    assert not (tmp_path / "out").exists()


def test_a_fault_of_the_program_is_never_taken_for_a_backdoor(jobs, capsys):
    jobs["error"] = RuntimeError("shape mismatch")
    assert commands.run_command_line(["run", "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1] == "A fault of this program (RuntimeError): shape mismatch"


def test_ctrl_c_stops_like_stop(monkeypatch, tmp_path, capsys):
    seen = []

    def run_job(settings, trigger, folder):
        try:
            yield Progress(0, 2, "epoch 1 of 2")
            os.kill(os.getpid(), signal.SIGINT)
            yield Progress(1, 2, "epoch 1 of 2")
            seen.append("went on")
        except StopRequested:
            seen.append("stopped")
        return make_trained(settings, trigger), None

    monkeypatch.setattr(run_command, "run_job", run_job)
    handler = signal.getsignal(signal.SIGINT)
    assert commands.run_command_line(["run", "--out", str(tmp_path / "out")]) == 2
    assert seen == ["stopped"]
    said = capsys.readouterr()
    assert "99.1 %" in said.out
    assert "Stopped before the scan was complete" in said.err
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_stop_before_anything_was_written_names_no_folder(monkeypatch, tmp_path, capsys):
    def run_job(settings, trigger, folder):
        yield Progress(0, 2, "loading torch")
        os.kill(os.getpid(), signal.SIGINT)
        yield Progress(1, 2, "never reached")

    monkeypatch.setattr(run_command, "run_job", run_job)
    assert commands.run_command_line(["run", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == "Stopped. Nothing was written."
    assert not (tmp_path / "out").exists()


def test_a_network_that_cannot_be_scanned_is_said_to_be_there(monkeypatch, tmp_path, capsys):
    def run_job(settings, trigger, folder):
        yield Progress(0, 2, "epoch 1 of 1")
        (folder / "model.safetensors").touch()
        raise EngineError("There are 12 test images.")

    monkeypatch.setattr(run_command, "run_job", run_job)
    out = tmp_path / "out"
    assert commands.run_command_line(["run", "--out", str(out)]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"There are 12 test images. The trained network is in {out}."


def test_a_second_ctrl_c_ends_at_once(monkeypatch, tmp_path, capsys):
    def run_job(settings, trigger, folder):
        yield Progress(0, 2, "epoch 1 of 2")
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        yield Progress(1, 2, "never reached")

    monkeypatch.setattr(run_command, "run_job", run_job)
    assert commands.run_command_line(["run", "--out", str(tmp_path / "out")]) == 2
    assert "Interrupted at once" in capsys.readouterr().err


def test_an_incomplete_scan_gives_no_verdict_by_exit_code(jobs, capsys):
    jobs["detection"] = make_detection("not_auditable", complete=False)
    assert commands.run_command_line(["run", "--out", "out"]) == 2
    assert "not seen" not in capsys.readouterr().out, "nothing was seen to its end"


def main(*arguments, **options):
    return subprocess.run(
        [sys.executable, ROOT / "main.py", *map(str, arguments)],
        capture_output=True, text=True, timeout=110, check=False, **options,
    )  # fmt: skip


def test_the_real_thing_trains_scans_and_audits(tmp_path):
    out = tmp_path / "run"
    small = ["--set", "train.epochs=1", "--set", "train.architecture=mlp"]
    result = main("run", "--out", out, "--set", "detect.preset=quick", *small)
    assert result.returncode == 0, result.stderr
    experiment = store.open_experiment(out)
    assert experiment.rates.clean_accuracy > 0.9
    assert experiment.rates.attack_success > 0.9
    assert len(experiment.losses) == 235
    assert len(experiment.detection.classes) == 10
    assert experiment.detection.model_sha256 == experiment.model.sha256
    assert (out / "images" / "samples.png").exists()

    again = main(
        "audit", out / "model.safetensors", "--arch", "mlp", "--data", "mnist",
        "--input-range", "0..1", "--preset", "quick", "--out", tmp_path / "audit",
    )  # fmt: skip
    codes = {"not_found": 0, "likely": 1, "suspicious": 1, "not_auditable": 2}
    assert again.returncode == codes[experiment.detection.verdict.outcome], again.stderr
    audited = store.open_experiment(tmp_path / "audit")
    assert audited.trigger is None
    assert audited.detection.verdict.outcome == experiment.detection.verdict.outcome


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    path.write_text("not a model")
    options = ["--arch", "mlp", "--data", "mnist", "--input-range", "0..1"]
    result = main("audit", path, *options, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert "model.pt" in result.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of an experiment with a network."""
    from engine import models

    folder = tmp_path_factory.mktemp("trained") / "run"
    settings = ExperimentSettings()
    network = models.build("mlp", SHAPE, 10)
    with store.RunFolder.create(folder, settings, None, data.load("mnist")) as record:
        record.write_model(Model("mlp", SHAPE, 10, models.save_state(network)))
    return folder


def test_a_reader_that_has_gone_changes_neither_work_nor_exit_code(trained, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    target = tmp_path / "net.safetensors"
    with os.fdopen(writing, "wb") as gone:
        command = [sys.executable, ROOT / "main.py", "export", trained, "--to", target]
        done = subprocess.run(command, stdout=gone, stderr=gone, timeout=110, check=False)
    assert done.returncode == 0
    assert target.is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device is always full here")
@pytest.mark.parametrize("to", ["net.safetensors", None])
def test_what_cannot_be_printed_is_one_line(trained, tmp_path, to):
    arguments = ["--help"] if to is None else ["export", trained, "--to", tmp_path / to]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, ROOT / "main.py", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=110, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[-1] == "What came out could not be printed: No space left on device."
    assert "Traceback" not in done.stderr


def test_an_audit_takes_an_experiment_s_folder(audits, trained, tmp_path, capsys):
    assert commands.run_command_line(["audit", str(trained), "--data", "mnist"]) == 0
    assert "model.safetensors" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert commands.run_command_line(["audit", "empty", "--data", "mnist"]) == 2
    assert "empty is a folder without a model.safetensors" in capsys.readouterr().err


@pytest.fixture
def odd_paths(tmp_path, monkeypatch):
    """A folder of what may be named by mistake."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("some text")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "other.json").write_text('{"name": "of another program"}')
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "loop").symlink_to("loop")


LONG = "x" * 300


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--out", "file"], "there is a file of that name. Choose another name"),
        (["run", "--out", "file/below"], "part of that path is a file, and no folder"),
        (["run", "--out", LONG], "file name too long"),
        (["run", "other.json"], "it holds no settings. Choose the experiment.json"),
        (["calibrate", "other.json"], "it holds no settings. Choose the experiment.json"),
        (["poison", "other.json", "--to", "set"], "it holds no settings"),
        (["run", "list.json"], "holds no JSON object. Restore it from a copy, or choose another."),
        (["run", "empty"], "it is empty"),
        (["run", "picture.png"], "it is no text"),
        (["run", "folder"], "folder holds no experiment: there is no experiment.json in it"),
        (["run", "loop"], "it is a link"),
        (["run", LONG], "cannot be used: file name too long. Choose another path."),
        (["run", "--data", LONG], "cannot be used: file name too long"),
        (["audit", LONG, "--data", "mnist"], "cannot be used: file name too long"),
        (["export", "file", "--to", "model.pt"], "End it with .safetensors or .onnx."),
        (["export", LONG, "--to", "a.onnx"], "cannot be used: file name too long"),
        (["download", "fashion-mnist", "--from", LONG], "cannot be used: file name too long"),
        (["poison", "--to", LONG], "file name too long. Choose a shorter name"),
    ],
)
def test_a_path_that_is_not_what_it_should_be_is_one_clear_line(
    odd_paths, arguments, words, capsys
):
    assert commands.run_command_line(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert not Path("runs").exists()
