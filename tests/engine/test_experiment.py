"""The whole loop on few images: what a run leaves on disk, how it fails, and how it stops."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from toys import outcome

from engine import attacks, data, triggers
from engine.data import DataSet
from engine.detection.known_references import Known
from engine.detection.reference import Reference
from engine.detection.references import References, audit_key
from engine.errors import EngineError
from engine.events import (
    BatchTrained,
    Measured,
    Predicted,
    Progress,
    ScanStepped,
    StopRequested,
    TriggersMoved,
    Warned,
)
from engine.experiment import run_job, scan_job, train_job
from engine.models import Model
from engine.samples import WatchedImages
from engine.settings import (
    AttackSettings,
    ComputeSettings,
    DetectSettings,
    ExperimentSettings,
    TrainSettings,
)
from engine.store import open_experiment, save_experiment
from engine.triggers import Trigger

SHAPE = (1, 28, 28)
WHITE = triggers.preset("white-3x3", SHAPE)
SETTINGS = ExperimentSettings(
    attack=AttackSettings(poison_rate=0.2),
    train=TrainSettings(architecture="mlp", epochs=4, batch_size=32),
    detect=DetectSettings(preset="quick", images=200),
    compute=ComputeSettings(device="cpu", precision="float32", threads=1),
)


def on_few_images(monkeypatch, small):
    """Let the Jobs load 1,000 images in place of MNIST, and find no reference networks."""
    first = np.arange(1000)
    few = DataSet("mnist", "MNIST", small.train.subset(first), small.test.subset(first))

    def load_job(_settings):
        yield Progress(1, 1, "loading a few images")
        return few

    monkeypatch.setattr(data, "load_job", load_job)
    monkeypatch.setattr("engine.detection.references.find_references", lambda *_, **__: None)
    monkeypatch.setattr("engine.detection.borrowing.find_references", lambda *_, **__: None)
    return few


@pytest.fixture
def few(monkeypatch, small):
    return on_few_images(monkeypatch, small)


@pytest.fixture(scope="module")
def run(tmp_path_factory, small):
    """One run of everything, and what it left."""
    folder, seen = tmp_path_factory.mktemp("runs") / "run", []
    with pytest.MonkeyPatch.context() as monkeypatch:
        few = on_few_images(monkeypatch, small)
        trained, detection = outcome(run_job(SETTINGS, WHITE, folder), seen=seen)
    return SimpleNamespace(
        folder=folder, seen=seen, trained=trained, detection=detection, few=few,
        opened=open_experiment(folder),
    )  # fmt: skip


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


# What a run leaves


def test_a_run_poisons_trains_and_finds_the_backdoor(run):
    assert run.trained.complete
    assert run.trained.rates.attack_success > 0.9
    assert run.trained.rates.sham_rate < 0.05
    sizes = [found.mask_l1 for found in run.detection.classes]
    assert int(np.argmin(sizes)) == 0
    assert run.detection.classes[0].iou is not None
    assert run.detection.model_sha256 == run.trained.model.sha256


def test_a_run_writes_every_file(run):
    files = {path.relative_to(run.folder).as_posix() for path in run.folder.rglob("*.*")}
    assert files >= {
        "experiment.json", "metrics.csv", "loss.csv", "model.safetensors", "trigger.png",
        "detection.json", "detection.safetensors", *(f"masks/class_{k}.png" for k in range(10)),
        "images/samples.png", "images/00_original.png", "images/11_poisoned.png", "report.html",
        "report.json",
    }  # fmt: skip
    assert not [name for name in files if name.endswith(".part")]


def test_what_a_run_left_comes_back(run):
    opened = run.opened
    assert opened.complete
    assert opened.settings == SETTINGS
    assert opened.rates == run.trained.rates
    assert opened.seconds == run.trained.seconds
    assert opened.model.sha256 == run.trained.model.sha256
    for name, array in run.trained.model.state.items():
        np.testing.assert_array_equal(opened.model.state[name], array)
    np.testing.assert_array_equal(opened.trigger.mask, WHITE.mask)
    np.testing.assert_array_equal(opened.predictions.stamped, run.trained.predictions.stamped)
    assert opened.losses.tolist() == [event.loss for event in of(BatchTrained, run.seen)]
    assert list(opened.measurements) == of(Measured, run.seen)


def test_what_a_scan_found_comes_back_without_loss(run):
    opened = run.opened.detection
    assert opened.verdict == run.detection.verdict
    assert opened.settings == SETTINGS.detect
    for mine, its in zip(run.detection.classes, opened.classes, strict=True):
        np.testing.assert_array_equal(its.trigger.mask, mine.trigger.mask)
        np.testing.assert_array_equal(its.trigger.pattern, mine.trigger.pattern)
        assert its.mask_l1 == mine.mask_l1 == float(mine.trigger.mask.sum(dtype=np.float64))
        assert (its.success, its.anomaly_index, its.iou) == (
            mine.success, mine.anomaly_index, mine.iou,
        )  # fmt: skip
    np.testing.assert_array_equal(opened.curves.penalty, run.detection.curves.penalty)


def test_masks_in_pictures_are_never_stretched(run):
    brightest = []
    for found in run.detection.classes:
        picture = Image.open(run.folder / "masks" / f"class_{found.label}.png")
        assert picture.size == (28, 28)
        pixels = np.asarray(picture)
        np.testing.assert_array_equal(pixels, np.rint(found.trigger.mask * 255).astype(np.uint8))
        brightest.append((pixels.min(), pixels.max()))
    assert any(pair != (0, 255) for pair in brightest), "stretched masks would look the same"


def test_the_files_for_scripts_hold_the_contract(run):
    document = json.loads((run.folder / "detection.json").read_text())
    assert document["schema"] == 1
    assert document["verdict"] == run.detection.verdict.outcome
    assert set(document["classes"][0]) >= {
        "label", "mask_l1", "success", "anomaly_index", "z", "converged", "iou",
    }  # fmt: skip
    with (run.folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) >= {
        "step", "epoch", "train_loss", "clean_accuracy", "attack_success", "sham_rate",
    }  # fmt: skip
    about = json.loads((run.folder / "experiment.json").read_text())
    assert about["computed"] == {"device": "cpu", "precision": "float32", "threads": 1}
    assert document["computed"] == about["computed"]


def test_a_run_says_what_it_does(run):
    kinds = {type(event) for event in run.seen}
    assert {Progress, BatchTrained, Measured, Predicted, ScanStepped, TriggersMoved} <= kinds
    assert not of(Warned, run.seen)
    for event in of(Progress, run.seen):
        assert 0 <= event.done <= event.total
        assert event.text
    assert {len(event.clean) for event in of(Predicted, run.seen)} == {12}


def test_the_same_settings_give_the_same_network(run, few):
    again = outcome(train_job(SETTINGS, WHITE, None))
    assert again.model.to_bytes() == run.trained.model.to_bytes()
    assert again.rates == run.trained.rates
    other = SETTINGS.model_copy(update={"attack": AttackSettings(poison_rate=0.2, seed=1)})
    assert outcome(train_job(other, WHITE, None)).model.sha256 != again.model.sha256


def test_without_a_folder_nothing_is_written(few, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome(train_job(SETTINGS, WHITE, None))
    assert list(tmp_path.iterdir()) == []


def test_the_numbers_reach_the_disk_while_the_run_goes(few, tmp_path):
    job, measured = train_job(SETTINGS, WHITE, tmp_path / "run"), 0
    for event in job:
        if measured:
            break
        measured += isinstance(event, Measured)
    lines = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    job.close()
    assert len(lines) == 2
    assert lines[0].startswith("step,epoch,train_loss,clean_accuracy,attack_success,sham_rate")
    assert open_experiment(tmp_path / "run").losses.size >= 25, "a closed Job leaves whole files"


# The samples


def watched(tests, target):
    attack = attacks.make(
        AttackSettings(target=target), triggers.preset("white-3x3", (1, 28, 28)), 10
    )
    return WatchedImages.under(attack, tests).clean


def test_the_dozen_samples_show_every_other_class(mnist):
    for target in (0, 7):
        clean = watched(mnist.test, target)
        labels = clean.labels
        assert len(np.unique(clean.images, axis=0)) == len(labels) == 12
        assert target not in labels
        assert labels[:9].tolist() == [label for label in range(10) if label != target]
        for image, label in zip(clean.images[:9], labels[:9], strict=True):
            first = np.flatnonzero(mnist.test.labels == label)[0]
            np.testing.assert_array_equal(image, mnist.test.images[first])
        np.testing.assert_array_equal(watched(mnist.test, target).images, clean.images)


def test_few_images_give_few_samples(mnist):
    assert len(watched(mnist.test.subset(np.arange(5)), 0)) == 4


# Bad input


def test_an_empty_trigger_warns_and_does_nothing(few):
    seen = []
    empty = Trigger.empty(SHAPE)
    trained = outcome(train_job(SETTINGS, empty, None), seen=seen)
    [warning] = of(Warned, seen)
    assert warning.of_trigger, "with another one it is no longer true"
    assert "attack success will equal the sham rate" in warning.text
    assert seen.index(warning) < seen.index(of(BatchTrained, seen)[0])
    assert trained.rates.attack_success == trained.rates.sham_rate
    for event in of(Measured, seen):
        assert event.attack_success == event.sham_rate


def refusal(job, forbidden=(BatchTrained, ScanStepped)):
    """The sentence that a Job ends with, before any work was done."""
    seen = []
    with pytest.raises(EngineError) as caught:
        outcome(job, seen=seen)
    assert not of(forbidden, seen)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_with_something_in_it_is_refused_before_training(few, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    assert "not empty" in refusal(train_job(SETTINGS, WHITE, tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_refused_before_training(few, tmp_path):
    (tmp_path / "file").write_text("")
    assert "could not be written" in refusal(train_job(SETTINGS, WHITE, tmp_path / "file" / "run"))


def test_a_target_that_is_no_class_is_refused(few, tmp_path):
    settings = SETTINGS.model_copy(update={"attack": AttackSettings(target=10)})
    assert "Target class 10" in refusal(train_job(settings, WHITE, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_trigger_of_another_size_is_refused(few):
    wide = triggers.preset("white-3x3", (3, 32, 32))
    assert "28 x 28" in refusal(train_job(SETTINGS, wide, None))


def test_a_device_that_is_not_there_is_refused(few):
    missing = "mps" if torch.cuda.is_available() else "cuda"
    if missing == "mps" and torch.backends.mps.is_available():
        pytest.skip("every device is there")
    settings = SETTINGS.model_copy(update={"compute": ComputeSettings(device=missing)})
    assert f"device {missing}" in refusal(train_job(settings, WHITE, None))
    assert f"device {missing}" in refusal(scan_job(settings, a_model(), None, None))


def a_model(shape=SHAPE, classes=10, **changes):
    state = {"fc2.bias": np.zeros(classes, np.float32)}
    return Model("badnet", shape, classes, state, origin="theirs.safetensors", **changes)


@pytest.mark.parametrize(("shape", "classes"), [((3, 32, 32), 10), (SHAPE, 43)])
def test_a_model_for_other_data_is_refused(few, shape, classes):
    text = refusal(scan_job(SETTINGS, a_model(shape, classes), None, None))
    assert text.startswith("theirs.safetensors takes images of")
    assert f"{classes} classes" in text
    assert "MNIST has 1x28x28 and 10" in text


def test_a_model_that_does_not_fit_its_network_is_refused(few):
    assert "does not fit the network badnet" in refusal(scan_job(SETTINGS, a_model(), None, None))


def test_training_that_diverges_leaves_a_folder_that_opens(few, tmp_path):
    wild = TrainSettings.model_construct(**(SETTINGS.train.model_dump() | {"learning_rate": 1e25}))
    job = train_job(SETTINGS.model_copy(update={"train": wild}), WHITE, tmp_path / "run")
    with pytest.raises(EngineError, match="diverged"):
        outcome(job)
    assert (tmp_path / "run" / "loss.csv").read_text().count("\n") >= 2


def test_a_failure_inside_gets_out_as_it_is_and_leaves_whole_files(few, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] not enough memory")

    job, folder = train_job(SETTINGS, WHITE, tmp_path / "run"), tmp_path / "run"
    for event in job:
        if isinstance(event, BatchTrained) and event.step == 3:
            monkeypatch.setattr(torch.nn.Linear, "forward", fail)
            break
    with pytest.raises(RuntimeError, match="not enough memory"):
        outcome(job)
    monkeypatch.undo()
    left = open_experiment(folder)
    assert left.model is None
    assert left.losses.size == 3
    with pytest.raises(StopIteration):
        next(job)


def test_references_that_do_not_fit_are_a_warning(run, few, monkeypatch):
    def refuse(*_, **__):
        raise EngineError("They were scanned with other settings.")

    monkeypatch.setattr("engine.detection.references.find_references", refuse)
    seen = []
    detection = outcome(scan_job(SETTINGS, run.trained.model, None, None), seen=seen)
    assert [event.text for event in of(Warned, seen)] == ["They were scanned with other settings."]
    assert detection.verdict.basis == "none"
    assert detection.verdict.explanation.endswith("They were scanned with other settings.")


def test_what_is_compared_in_their_place_still_comes_with_the_reason(run, few, monkeypatch):
    def known(*_):
        return Known(made_up_references(), ("The calibration is not finished.",))

    monkeypatch.setattr("engine.detection.known_references.look_up_references", known)
    seen = []
    detection = outcome(scan_job(SETTINGS, run.trained.model, None, None), seen=seen)
    assert [event.text for event in of(Warned, seen)] == ["The calibration is not finished."]
    assert detection.verdict.basis == "references"
    assert detection.verdict.explanation.endswith("The calibration is not finished.")


def made_up_references():
    sizes = np.exp(np.random.default_rng(0).normal(4.5, 0.1, (20, 10)))
    networks = tuple(
        Reference(recipe="", clean_accuracy=0.5, mask_l1=tuple(row), converged=(True,) * 10)
        for row in sizes
    )
    return References(
        data="mnist", architecture="mlp", audit=audit_key(SETTINGS.detect), pixels=784,
        networks=networks,
    )  # fmt: skip


# Stopping


def test_a_stopped_training_is_written_and_not_scanned(few, tmp_path):
    seen = []
    trained, detection = outcome(
        run_job(SETTINGS, WHITE, tmp_path / "run"),
        stop_at=lambda event: isinstance(event, Measured), seen=seen,
    )  # fmt: skip
    assert detection is None
    assert not trained.complete
    assert not of(ScanStepped, seen)
    opened = open_experiment(tmp_path / "run")
    assert not opened.complete
    assert opened.detection is None
    assert opened.model.sha256 == trained.model.sha256
    assert opened.rates == trained.rates


def test_a_stop_at_once_leaves_nothing_to_open_or_an_honest_folder(few, tmp_path):
    with pytest.raises(StopRequested):
        outcome(run_job(SETTINGS, WHITE, tmp_path / "first"), stop_at=0)
    assert not (tmp_path / "first").exists()
    with pytest.raises(StopRequested):
        outcome(
            run_job(SETTINGS, WHITE, tmp_path / "second"),
            stop_at=lambda event: isinstance(event, BatchTrained),
        )
    left = open_experiment(tmp_path / "second")
    assert left.model is None
    assert left.rates is None
    assert not left.complete


def test_a_stopped_scan_is_written_and_marked(run, few, tmp_path):
    job = scan_job(SETTINGS, run.trained.model, WHITE, tmp_path / "scan")
    detection = outcome(job, stop_at=lambda event: isinstance(event, ScanStepped))
    assert not detection.complete
    opened = open_experiment(tmp_path / "scan").detection
    assert not opened.complete
    assert opened.verdict.outcome == "not_auditable"


def test_a_stop_between_training_and_scan_keeps_the_training(few, tmp_path):
    def scan_begins(event):
        return isinstance(event, Progress) and event.text == "choosing images"

    job = run_job(SETTINGS, WHITE, tmp_path / "run")
    trained, detection = outcome(job, stop_at=scan_begins)
    assert trained.complete
    assert detection is None
    assert open_experiment(tmp_path / "run").model.sha256 == trained.model.sha256


# Results that cannot be written


def full_disk(*_):
    raise EngineError("model.safetensors could not be written: no space left on device.")


def test_a_training_that_cannot_be_written_is_not_lost(few, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.store.writing.RunFolder.write_model", full_disk)
    seen = []
    trained = outcome(train_job(SETTINGS, WHITE, tmp_path / "run"), seen=seen)
    assert trained.complete
    assert trained.rates.images == 1000
    [warning] = of(Warned, seen)
    assert "no space left" in warning.text
    assert "still open here" in warning.text
    job = train_job(SETTINGS, WHITE, tmp_path / "again")
    assert outcome(job, stop_at=lambda event: isinstance(event, Warned)).complete


def test_a_scan_that_cannot_be_written_is_not_lost(run, few, tmp_path):
    (tmp_path / "file").write_text("")
    seen = []
    detection = outcome(
        scan_job(SETTINGS, run.trained.model, WHITE, tmp_path / "file" / "scan"), seen=seen
    )
    assert detection.complete
    [warning] = of(Warned, seen)
    assert "could not be written" in warning.text


# Scans of their own


def test_a_scan_is_added_to_an_experiment(few, tmp_path):
    trained = outcome(train_job(SETTINGS, WHITE, tmp_path / "run"))
    before = (tmp_path / "run" / "model.safetensors").read_bytes()
    assert open_experiment(tmp_path / "run").detection is None
    changed = SETTINGS.model_copy(update={"detect": DetectSettings(preset="quick", images=250)})
    detection = outcome(scan_job(changed, trained.model, WHITE, tmp_path / "run"))
    opened = open_experiment(tmp_path / "run")
    assert opened.detection.verdict == detection.verdict
    assert opened.settings.detect.images == 250
    assert opened.settings.train == SETTINGS.train
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == before


def test_a_scan_whose_folder_is_gone_is_written_with_its_network(run, few, tmp_path):
    model = run.trained.model
    outcome(scan_job(SETTINGS, model, WHITE, tmp_path / "gone" / "run"))
    opened = open_experiment(tmp_path / "gone" / "run")
    assert opened.model.sha256 == opened.detection.model_sha256 == model.sha256
    assert triggers.write_png(opened.trigger) == triggers.write_png(WHITE)


def test_a_folder_that_is_moved_during_a_scan_is_told(run, few, tmp_path):
    folder, seen = tmp_path / "run", []
    save_experiment(run.opened, folder)
    job = scan_job(SETTINGS, run.trained.model, WHITE, folder)
    seen.extend(next(job) for _ in range(3))
    folder.rename(tmp_path / "moved")
    outcome(job, seen=seen)
    [warning] = of(Warned, seen)
    assert f"{folder} was moved or deleted during the scan" in warning.text
    assert open_experiment(folder).model.sha256 == run.trained.model.sha256
    assert open_experiment(tmp_path / "moved").detection is not None  # the one from before


def test_a_strangers_model_is_scanned_into_a_folder_of_its_own(run, few, tmp_path):
    detection = outcome(scan_job(SETTINGS, run.trained.model, None, tmp_path / "audit"))
    assert all(found.iou is None for found in detection.classes)
    opened = open_experiment(tmp_path / "audit")
    assert opened.trigger is None
    assert opened.model.sha256 == run.trained.model.sha256
    assert opened.detection.model_sha256 == run.trained.model.sha256


def test_a_disk_that_fills_up_while_training_costs_the_curves_only(few, tmp_path, monkeypatch):
    def fail(self, event):
        raise EngineError("loss.csv could not be written: no space left on device.")

    monkeypatch.setattr("engine.store.RunFolder.record", fail)
    seen = []
    job = train_job(SETTINGS, WHITE, tmp_path / "run")
    trained = outcome(job, seen=seen)
    assert trained.complete
    told = [event.text for event in seen if isinstance(event, Warned)]
    assert len(told) == 1, "once, not at every step"
    assert "no space left on device" in told[0]
    assert open_experiment(tmp_path / "run").model.sha256 == trained.model.sha256
