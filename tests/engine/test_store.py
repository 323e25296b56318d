"""An experiment's folder: what a run writes comes back exactly, and nothing else is believed."""

import errno
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import files, store, tensor_files, triggers
from engine.detection.mask_forms import Form
from engine.detection.results import (
    Detection,
    FoundTrigger,
    HardTrigger,
    PairMap,
    ScanCurves,
    Verdict,
)
from engine.errors import EngineError
from engine.events import BatchTrained, Measured, Predicted, Progress, StopRequested
from engine.metrics import Rates
from engine.models import Model
from engine.samples import SAMPLES
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, ExperimentSettings
from engine.store import tables
from engine.triggers import Trigger

SHAPE = (1, 28, 28)
RATES = Rates(0.9912, 1.0, 0.0006, 10_000)
MEASURED = (
    Measured(10, 1, 1.25, 0.5, 0.1, 0.01, 2000),
    Measured(20, 1, float(np.float32(0.3)), 0.9, 1 / 3, 0.0, 2000),
)
PREDICTED = Predicted(np.array([7, 2, 1]), np.array([0, 0, 0]))
LOSSES = [2.302585092994046, 1 / 3, 0.1, float("nan")]


def make_model(seed=0):
    rng = np.random.default_rng(seed)
    state = {
        "fc2.weight": rng.normal(size=(10, 4)).astype(np.float32),
        "bn1.num_batches_tracked": np.array(7, np.int64),
    }
    return Model("badnet", SHAPE, 10, state, "-1..1")


def make_hard(mask, rng):
    pattern = rng.random(SHAPE, np.float32)
    return HardTrigger(Trigger((mask > 0.5).astype(np.float32), pattern), 0.75)


def make_detection(seed=0, classes=10):
    rng = np.random.default_rng(seed)
    masks = rng.random((classes, 28, 28), np.float32)
    found = tuple(
        FoundTrigger(
            label,
            Trigger(masks[label], rng.random(SHAPE, np.float32)),
            mask_l1=3.9 + label / 3,
            success=0.998,
            converged=label != 4,
            anomaly_index=None if label == 4 else 4.1 - label,
            z=None,
            iou=2 / 3 if label == 0 else None,
            hard=None if label == 4 else make_hard(masks[label], rng),
            suspicious_size=None if label == 4 else 30 + label / 7,
            forms=(Form(0.9, 3.5), Form(0.75 + label / 100, 1.0)) if label == 2 else (),
            usual_form=Form(0.8, 6.25) if label == 2 else None,
        )
        for label in range(classes)
    )
    curves = [rng.random((5, classes), np.float32) for _ in range(3)]
    curves[0][2, 1] = np.nan
    return Detection(
        found,
        Verdict("likely", 0, 0.01, "none", (0,), "Backdoor likely: class 0.", "Because.\nSo."),
        ScanCurves(*curves),
        DetectSettings(preset="quick"),
        make_model().sha256,
        0.9912,
        1.8,
        64_000,
        ("few images",),
        audit="0123456789abcdef",
        computed=ComputeSettings(device="cpu", precision="float32", threads=2),
    )


def assert_same_detection(one, other):
    assert one.verdict == other.verdict
    assert one.settings == other.settings
    for name in (
        "model_sha256", "clean_accuracy", "seconds", "image_passes", "warnings", "audit",
        "computed",
    ):  # fmt: skip
        assert getattr(one, name) == getattr(other, name)
    for name in ("mask_l1", "success", "penalty"):
        np.testing.assert_array_equal(getattr(one.curves, name), getattr(other.curves, name))
    for mine, others in zip(one.classes, other.classes, strict=True):
        np.testing.assert_array_equal(mine.trigger.mask, others.trigger.mask)
        np.testing.assert_array_equal(mine.trigger.pattern, others.trigger.pattern)
        bare = (replace(one, trigger=None, hard=None).__dict__ for one in (mine, others))
        assert next(bare) == next(bare)
        assert (mine.hard is None) == (others.hard is None)
        if mine.hard is not None:
            assert mine.hard.success == others.hard.success
            np.testing.assert_array_equal(mine.hard.trigger.mask, others.hard.trigger.mask)
            np.testing.assert_array_equal(mine.hard.trigger.pattern, others.hard.trigger.pattern)


@pytest.fixture
def trigger():
    return triggers.preset("white-3x3", SHAPE)


@pytest.fixture
def written(tmp_path, trigger):
    """A whole experiment on the disk."""
    path = tmp_path / "run"
    with store.RunFolder.create(path, ExperimentSettings(), trigger) as folder:
        folder.write_computed(ComputeSettings(device="cpu", precision="bfloat16", threads=1))
        for step, loss in enumerate(LOSSES, start=1):
            folder.record(BatchTrained(step, 1, loss))
        for event in MEASURED:
            folder.record(event)
        folder.record(Progress(1, 2, "not kept"))
        folder.write_model(make_model())
        folder.write_results(RATES, complete=True, seconds=9.5, predictions=PREDICTED)
        folder.write_detection(make_detection())
    return path


def change_json(path, **changes):
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | changes))


def listing(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def contents(folder):
    return {name: (folder / name).read_bytes() for name in listing(folder)}


def save(folder, destination):
    """Save an experiment as it is when it is opened."""
    store.save_experiment(store.open_experiment(folder), destination)


def test_everything_comes_back_exactly(written, trigger):
    experiment = store.open_experiment(written)
    assert experiment.settings == ExperimentSettings(detect=DetectSettings(preset="quick"))
    assert experiment.rates == RATES
    assert experiment.complete
    assert experiment.seconds == 9.5
    assert experiment.measurements == MEASURED
    np.testing.assert_array_equal(experiment.losses, LOSSES)
    np.testing.assert_array_equal(experiment.predictions.clean, PREDICTED.clean)
    np.testing.assert_array_equal(experiment.predictions.stamped, PREDICTED.stamped)
    np.testing.assert_array_equal(experiment.trigger.mask, trigger.mask)
    np.testing.assert_array_equal(experiment.trigger.pattern, trigger.pattern)
    assert_same_detection(experiment.detection, make_detection())
    model = make_model()
    assert experiment.model.sha256 == model.sha256
    assert experiment.model.architecture == "badnet"
    assert experiment.model.input_range == model.input_range
    assert experiment.model.origin == written.name
    for name, array in model.state.items():
        np.testing.assert_array_equal(experiment.model.state[name], array)
        assert experiment.model.state[name].dtype == array.dtype


def test_the_folder_has_the_promised_files_and_no_temporaries(written):
    assert listing(written) == {
        "experiment.json", "metrics.csv", "loss.csv", "model.safetensors", "trigger.png",
        "detection.json", "detection.safetensors", *(f"masks/class_{k}.png" for k in range(10)),
    }  # fmt: skip
    header = (written / "metrics.csv").read_text().splitlines()[0]
    assert header.startswith("step,epoch,train_loss,clean_accuracy,attack_success,sham_rate")


def test_experiment_json_says_what_made_the_numbers(written):
    document = json.loads((written / "experiment.json").read_text())
    assert document["schema"] == 1
    assert document["computed"] == {"device": "cpu", "precision": "bfloat16", "threads": 1}
    assert {"backdoor-studio", "python", "torch", "numpy"} <= document["versions"].keys()
    assert document["results"]["attack_success"] == 1.0
    assert document["created"].endswith("+00:00")


def test_detection_json_keeps_its_contract(written):
    document = json.loads((written / "detection.json").read_text())
    assert {
        "schema", "verdict", "target", "p_value", "basis", "seconds", "image_passes",
        "model_sha256", "clean_accuracy", "classes", "warnings", "settings",
    } <= document.keys()  # fmt: skip
    assert document["schema"] == 1
    assert {
        "label", "mask_l1", "success", "anomaly_index", "z", "converged", "iou",
    } <= document["classes"][0].keys()  # fmt: skip
    assert document["classes"][4]["anomaly_index"] is None


def test_masks_are_exact_and_never_stretched(written):
    faint = make_detection().classes[3].trigger.mask
    with Image.open(written / "masks" / "class_3.png") as picture:
        assert picture.mode == "L"
        np.testing.assert_array_equal(np.asarray(picture), np.rint(faint * 255))


def test_a_run_that_has_only_begun_opens(tmp_path, trigger):
    store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger)
    experiment = store.open_experiment(tmp_path / "run")
    assert experiment.model is experiment.rates is experiment.detection is None
    assert len(experiment.losses) == len(experiment.measurements) == 0
    assert not experiment.complete


def test_an_audit_has_no_trigger(tmp_path):
    with store.RunFolder.create(tmp_path / "audit", ExperimentSettings(), None) as folder:
        folder.write_detection(make_detection())
    assert store.open_experiment(tmp_path / "audit").trigger is None


def test_a_drawn_trigger_is_what_the_saved_settings_name(tmp_path):
    drawn = triggers.preset("cross-5x5", SHAPE)
    store.RunFolder.create(tmp_path / "run", ExperimentSettings(), drawn)
    settings = store.read_settings(tmp_path / "run" / "experiment.json")
    again = triggers.find(settings.attack.trigger, SHAPE, tmp_path / "run")
    np.testing.assert_array_equal(again.mask, drawn.mask)


def test_metrics_grow_while_the_run_goes(tmp_path, trigger):
    folder = store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger)
    for count, event in enumerate(MEASURED, start=1):
        folder.record(event)
        text = (folder.path / "metrics.csv").read_text()
        assert text.endswith("\n")
        assert len(text.splitlines()) == 1 + count


def test_losses_reach_the_disk_within_a_second(tmp_path, trigger, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(tables.time, "monotonic", lambda: now[0])
    folder = store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger)
    folder.record(BatchTrained(1, 1, 0.5))
    assert len((folder.path / "loss.csv").read_text().splitlines()) == 1
    now[0] += 1.0
    folder.record(BatchTrained(2, 1, 0.25))
    assert (folder.path / "loss.csv").read_text() == "step,epoch,loss\n1,1,0.5\n2,1,0.25\n"


def test_a_row_cut_off_by_a_power_failure_does_not_count(written):
    with (written / "loss.csv").open("a") as file:
        file.write("5,1,0.")
    assert len(store.open_experiment(written).losses) == len(LOSSES)


def test_a_scan_can_be_added_and_repeated(written):
    folder = store.RunFolder.reopen(written)
    folder.write_detection(make_detection(seed=1))
    assert_same_detection(store.open_experiment(written).detection, make_detection(seed=1))
    assert store.open_experiment(written).rates == RATES


def test_a_kill_between_the_files_of_a_scan_loses_neither_scan(written):
    earlier = (written / "detection.json").read_bytes()
    store.RunFolder.reopen(written).write_detection(make_detection(seed=1))
    (written / "detection.json").write_bytes(earlier)
    assert_same_detection(store.open_experiment(written).detection, make_detection(seed=1))
    (written / "detection.json").unlink()
    assert_same_detection(store.open_experiment(written).detection, make_detection(seed=1))


def test_a_model_can_be_written_again(written):
    store.RunFolder.reopen(written).write_model(make_model(seed=1))
    assert store.open_experiment(written).model.sha256 == make_model(seed=1).sha256


def test_nothing_is_overwritten(written, trigger):
    before = {name: (written / name).read_bytes() for name in listing(written)}
    with pytest.raises(EngineError, match="is not empty, and what is there is never overwritten"):
        store.RunFolder.create(written, ExperimentSettings(), trigger)
    assert before == {name: (written / name).read_bytes() for name in listing(written)}


def test_sample_images_are_kept_at_true_size(tmp_path, trigger):
    images = np.random.default_rng(0).integers(0, 256, (3, *SHAPE)).astype(np.uint8)
    folder = store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger)
    folder.write_samples(images, trigger.stamp(images), np.array([7, 2, 1]), PREDICTED)
    with Image.open(folder.path / "images" / "01_poisoned.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), trigger.stamp(images)[1, 0])
    with Image.open(folder.path / "images" / "samples.png") as picture:
        assert picture.width > 3 * 2 * 28


# Faults while writing


@pytest.mark.parametrize("fault", ["write", "fsync", "replace"])
def test_a_fault_at_any_point_leaves_old_or_new_files(written, monkeypatch, fault):
    """Fail the first such call, then the second, and so on until all goes well."""
    old, new = make_detection(), make_detection(seed=1)
    for allowed in range(100):
        failed = write_with_fault(written, new, monkeypatch, fault, allowed)
        assert not [name for name in listing(written) if name.endswith(".part")]
        if not failed:
            break
        found = store.open_experiment(written).detection
        is_old = np.array_equal(found.curves.penalty, old.curves.penalty)
        assert_same_detection(found, old if is_old else new)
    assert allowed > 10
    assert_same_detection(store.open_experiment(written).detection, new)


def write_with_fault(path, detection, monkeypatch, fault, allowed):
    """Write a detection with room for `allowed` calls; whether it failed."""
    left = [allowed]

    def breaking(real):
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        if fault == "replace":
            patch.setattr(Path, "replace", breaking(Path.replace))
        elif fault == "fsync":
            patch.setattr(os, "fsync", breaking(os.fsync))
        else:
            patch.setattr(files, "_write_temporary", breaking(files._write_temporary))
        try:
            store.RunFolder.reopen(path).write_detection(detection)
        except EngineError as error:
            assert "no space left on device" in str(error)  # noqa: PT017
            return True
    return False


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_while_a_table_grows_is_one_sentence(tmp_path):
    table = tables.GrowingTable(tmp_path / "loss.csv", ("step", "loss"))
    (tmp_path / "loss.csv").symlink_to("/dev/full")
    table.add(1, 0.5)
    with pytest.raises(EngineError, match=r"no space left.*Free some space"):
        table.flush()
    (tmp_path / "loss.csv").unlink()
    table.start()
    table.flush()
    assert (tmp_path / "loss.csv").read_text() == "step,loss\n1,0.5\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_one_sentence(tmp_path, trigger):
    tmp_path.chmod(0o500)
    with pytest.raises(EngineError, match="could not be written: permission denied"):
        store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger)


def test_a_file_in_the_place_of_the_folder_is_one_sentence(tmp_path, trigger):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(EngineError, match="could not be written"):
        store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger)
    assert (tmp_path / "run").read_text() == "mine"


def grow_old(path):
    """Let it be three days since a file or folder was changed."""
    then = time.time() - 3 * 86_400
    os.utime(path, (then, then), follow_symlinks=False)


def test_what_a_kill_left_is_swept_and_nothing_else(written, tmp_path):
    stale = written / ".model.safetensors.0123456789abcdef.part"
    stale.write_bytes(b"half")
    kept = written / ".notes.part"
    kept.write_text("mine")
    deep = written / "masks" / ".class_0.png.0123456789abcdef.part"
    deep.write_bytes(b"half")
    folder = written / ".poisoned.0123456789abcdef.part"
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "0.png").write_bytes(b"half")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    link = written / ".linked.0123456789abcdef.part"
    link.symlink_to(tmp_path / "mine")
    for path in (stale, kept, deep, folder, link):
        grow_old(path)
    store.RunFolder.reopen(written)
    for path in (stale, deep, folder, link):
        assert not os.path.lexists(path)
    assert kept.exists()
    assert (tmp_path / "mine" / "thesis.txt").exists()


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_another_program_is_writing_is_left_alone(written, is_folder):
    busy = written / ".model.safetensors.0123456789abcdef.part"
    if is_folder:
        (busy / "train").mkdir(parents=True)
    else:
        busy.write_bytes(b"half")
    store.RunFolder.reopen(written)
    assert busy.exists()


def test_what_cannot_be_swept_is_in_nobodys_way(written, monkeypatch):
    def refuse(path, *, missing_ok=False):
        raise PermissionError(errno.EACCES, "Permission denied")

    stale = written / ".model.safetensors.0123456789abcdef.part"
    stale.write_bytes(b"half")
    grow_old(stale)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        folder = store.RunFolder.reopen(written)
    assert stale.exists()
    folder.write_detection(make_detection(seed=1))
    assert_same_detection(store.open_experiment(written).detection, make_detection(seed=1))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_while_saving_leaves_one_scan_or_the_other(written):
    """A process saves two scans in turn, without end, and is killed; six times."""
    code = (
        "from pathlib import Path; from engine import store; from tests.engine import test_store\n"
        "scans = [test_store.make_detection(0), test_store.make_detection(1)]\n"
        f"folder = store.RunFolder.reopen(Path({str(written)!r})); print('ready', flush=True)\n"
        "while True: scans.reverse(); folder.write_detection(scans[0]); print('x', flush=True)"
    )
    root = Path(files.__file__).parent.parent
    scans = [make_detection(0), make_detection(1)]
    for saves in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE
        ) as process:
            for _ in range(1 + saves):
                process.stdout.readline()
            process.kill()
        found = store.open_experiment(written).detection
        same = [np.array_equal(found.curves.penalty, scan.curves.penalty) for scan in scans]
        assert_same_detection(found, scans[same.index(True)])
    for left in written.rglob("*.part"):
        grow_old(left)
    store.RunFolder.reopen(written)
    assert not [name for name in listing(written) if name.endswith(".part")]


# Folders that are not to be believed


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schema": 2}, "newer version"),
        ({"schema": "1"}, "schema number"),
        ({"settings": {"data": {"name": "cifar"}}}, r"data\.name.*'mnist'.*not 'cifar'"),
        ({"settings": {"train": {"epochs": 100000}}}, r"Epochs.*at most 200"),
        ({"settings": {"train": {"layers": 3}}}, r"settings\.train\.layers is not a setting"),
        ({"settings": []}, "settings"),
        ({"model_sha256": "0" * 64}, "SHA-256"),
        ({"results": {"clean_accuracy": 7}}, r"results\.clean_accuracy"),
        ({"results": {"predicted_clean": [1, 77], "predicted_stamped": [1, 1]}}, "predictions"),
        ({"results": {"predicted_clean": [1] * 13, "predicted_stamped": [1] * 13}}, "predictions"),
    ],
)
def test_a_wrong_value_is_named(written, changes, sentence):
    change_json(written / "experiment.json", **changes)
    with pytest.raises(EngineError, match=sentence):
        store.open_experiment(written)


@pytest.mark.parametrize(
    "named", [{"target": 50}, {"targets": [50]}, {"flagged": [50]}, {"standing_out": [[1, 60]]}]
)
def test_a_verdict_that_names_a_class_that_is_not_there_is_refused(written, named):
    change_json(written / "detection.json", **named)
    opened = store.open_experiment(written)
    assert opened.detection is None
    assert "names a class that the data has not" in opened.scan_details


def test_a_missing_value_has_its_default(written):
    (written / "experiment.json").write_text('{"settings": {"train": {"epochs": 7}}}')
    experiment = store.open_experiment(written)
    assert experiment.settings.train.epochs == 7
    assert experiment.settings.attack == AttackSettings()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "damaged"),
        (b'{"schema": 1', "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[1]", "no JSON object"),
        (b'{"schema": 1, "schema": 1}', "'schema' stands there twice"),
        (b'{"results": {"seconds": NaN}}', "NaN"),
        (b'{"results": {"seconds": 1e999}}', "1e999 is too large"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"results": {"seconds": ' + b"9" * 5000 + b"}}", "damaged"),
        (b'{"a": "' + b"x" * 2**20 + b'"}', "larger than 1 MiB"),
    ],
)
def test_damaged_json_is_one_sentence(written, content, sentence):
    (written / "experiment.json").write_bytes(content)
    with pytest.raises(EngineError, match=sentence):
        store.open_experiment(written)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("model.safetensors", "SHA-256"),
        ("trigger.png", "not a PNG"),
        ("metrics.csv", "metrics.csv is damaged"),
        ("loss.csv", "loss.csv is damaged"),
    ],
)
def test_one_changed_byte_is_noticed(written, name, sentence):
    content = bytearray((written / name).read_bytes())
    content[-40 if name.endswith("safetensors") else 3] ^= 0x10
    (written / name).write_bytes(content)
    with pytest.raises(EngineError, match=sentence):
        store.open_experiment(written)


def change_a_byte(content):
    content[len(content) - 40] ^= 0x10


def cut_short(content):
    del content[len(content) // 2 :]


@pytest.mark.parametrize("damage", [change_a_byte, cut_short])
@pytest.mark.parametrize("name", ["detection.json", "detection.safetensors"])
def test_a_damaged_scan_does_not_keep_the_rest_shut(written, name, damage):
    content = bytearray((written / name).read_bytes())
    damage(content)
    (written / name).write_bytes(content)
    before = contents(written)
    opened = store.open_experiment(written)
    assert opened.detection is None
    assert opened.model.sha256 == make_model().sha256
    assert opened.rates == RATES
    assert opened.scan_problem.startswith(f"{name} is damaged or cannot be read, so the")
    assert "Scan the network again, or restore the file." in opened.scan_problem
    assert opened.scan_details.startswith(name)
    assert opened.scan_details not in opened.scan_problem
    assert contents(written) == before


def test_half_of_a_scan_is_named_as_missing(written):
    (written / "detection.safetensors").unlink()
    opened = store.open_experiment(written)
    assert opened.detection is None
    assert opened.scan_problem.startswith("detection.safetensors is missing, so the experiment")


def test_without_a_network_nobody_is_told_to_scan_it(written):
    (written / "model.safetensors").unlink()
    change_json(written / "experiment.json", model_sha256=None)
    (written / "detection.json").write_text("{")
    assert "Scan the network" not in store.open_experiment(written).scan_problem


def test_a_scan_of_a_newer_version_is_no_damage(written):
    change_json(written / "detection.json", schema=99)
    with pytest.raises(EngineError, match=r"detection\.json was written by a newer version"):
        store.open_experiment(written)


@pytest.mark.parametrize("name", ["model.safetensors", "trigger.png"])
def test_a_missing_file_is_named(written, name):
    (written / name).unlink()
    with pytest.raises(EngineError, match=name):
        store.open_experiment(written)


def test_a_file_cut_off_anywhere_is_refused(written):
    whole = (written / "model.safetensors").read_bytes()
    change_json(written / "experiment.json", model_sha256=None)
    for length in range(0, len(whole), 7):
        (written / "model.safetensors").write_bytes(whole[:length])
        with pytest.raises(EngineError, match=r"model\.safetensors"):
            store.open_experiment(written)


def test_a_tensor_named_twice_is_refused(tmp_path):
    entry = '"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
    header = f"{{{entry}, {entry}}}".encode()
    path = tmp_path / "two.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(EngineError, match="stands there twice"):
        tensor_files.read_tensors(path, 1000)


def test_masks_outside_their_range_are_refused(written):
    found = make_detection()
    found.classes[2].trigger.mask[0, 0] = 1.5
    store.RunFolder.reopen(written).write_detection(found)
    opened = store.open_experiment(written)
    assert opened.detection is None
    assert "values outside 0..1" in opened.scan_details


def test_text_from_a_file_cannot_hide_or_turn_other_text(written):
    change_json(written / "detection.json", headline="No backdoor\x1b[2K \u202egnihton\u2066")
    assert store.open_experiment(written).detection.verdict.headline == "No backdoor[2K gnihton"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_and_pipes_are_not_opened(written, tmp_path):
    (tmp_path / "secret.png").write_bytes((written / "trigger.png").read_bytes())
    (written / "trigger.png").unlink()
    (written / "trigger.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(EngineError, match="links are not followed"):
        store.open_experiment(written)
    (written / "trigger.png").unlink()
    os.mkfifo(written / "trigger.png")
    with pytest.raises(EngineError, match="not an ordinary file"):
        store.open_experiment(written)


def test_a_folder_without_experiment_is_one_sentence(tmp_path):
    with pytest.raises(EngineError, match="holds no experiment"):
        store.open_experiment(tmp_path)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/secret.png", "a\\b.png"])
def test_settings_cannot_reach_outside_their_folder(tmp_path, name):
    path = tmp_path / "experiment.json"
    path.write_text(json.dumps({"settings": {"attack": {"trigger": name}}}))
    with pytest.raises(EngineError, match="outside its own folder"):
        store.read_settings(path)


# Copies and exports


def test_a_copy_is_the_same_experiment_and_nothing_else(written, tmp_path):
    (written / "private.txt").write_text("mine")
    save(written, tmp_path / "copies" / "one")
    copied = listing(tmp_path / "copies" / "one")
    assert copied == listing(written) - {"private.txt"}
    for name in copied:
        same = (tmp_path / "copies" / "one" / name).read_bytes() == (written / name).read_bytes()
        assert same, name
    assert_same_detection(
        store.open_experiment(tmp_path / "copies" / "one").detection, make_detection()
    )


def test_a_copy_keeps_a_report_and_a_scan_that_is_damaged(written, tmp_path):
    (written / "report.html").write_text("a page")
    (written / "detection.json").write_text("{")
    save(written, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(written)


def assert_same_experiment(one, other):
    """Whether all that a person sees of two is the same."""
    assert one.settings.train == other.settings.train
    assert (one.rates, one.complete, one.seconds) == (other.rates, other.complete, other.seconds)
    assert one.images == other.images
    assert one.model.sha256 == other.model.sha256
    assert one.measurements == other.measurements
    assert triggers.write_png(one.trigger) == triggers.write_png(other.trigger)
    np.testing.assert_array_equal(one.losses, other.losses)
    np.testing.assert_array_equal(one.predictions.stamped, other.predictions.stamped)
    assert_same_detection(one.detection, other.detection)


def test_an_experiment_whose_folder_is_gone_is_saved_all_the_same(written, tmp_path):
    held = store.open_experiment(written)
    assert store.is_kept(held)
    written.rename(tmp_path / "elsewhere")
    assert not store.is_kept(held)
    store.save_experiment(held, tmp_path / "copy")
    assert_same_experiment(store.open_experiment(tmp_path / "copy"), held)
    store.save_experiment(held, written)  # where it was is as good a place as any
    assert_same_experiment(store.open_experiment(written), held)
    assert (written / "loss.csv").read_text() == (tmp_path / "elsewhere" / "loss.csv").read_text()


@pytest.mark.parametrize(
    "lost", [["model.safetensors"], ["loss.csv", "metrics.csv"], ["trigger.png"],
             ["detection.json", "detection.safetensors"]]
)  # fmt: skip
def test_what_a_folder_has_lost_is_saved_from_what_is_open(written, tmp_path, lost):
    (written / "report.html").write_text("a page")
    held = store.open_experiment(written)
    for name in lost:
        (written / name).unlink()
    store.save_experiment(held, tmp_path / "copy")
    assert_same_experiment(store.open_experiment(tmp_path / "copy"), held)
    made = json.loads((tmp_path / "copy" / "experiment.json").read_text())
    assert made["computed"]["precision"] == "bfloat16"  # the rest is copied
    assert (tmp_path / "copy" / "report.html").exists() == ("detection.json" not in lost)


def test_a_result_that_could_not_be_written_is_saved(tmp_path, trigger, written):
    held = store.open_experiment(written)
    with store.RunFolder.create(tmp_path / "full", held.settings, trigger) as bare:
        bare.write_computed(ComputeSettings(device="cpu", precision="float32", threads=3))
    full = replace(held, folder=tmp_path / "full")
    assert not store.is_kept(full)
    store.save_experiment(full, tmp_path / "copy")
    assert_same_experiment(store.open_experiment(tmp_path / "copy"), held)
    made = json.loads((tmp_path / "copy" / "experiment.json").read_text())
    assert made["computed"]["threads"] == 3


def test_where_it_was_computed_outlives_its_folder(written, tmp_path):
    held = store.open_experiment(written)
    assert held.trained_on == ComputeSettings(device="cpu", precision="bfloat16", threads=1)
    assert held.detection.computed == ComputeSettings(device="cpu", threads=2, precision="float32")
    store.save_experiment(replace(held, folder=None), tmp_path / "copy")
    assert store.open_experiment(tmp_path / "copy").trained_on == held.trained_on


def test_a_scan_that_does_not_say_where_it_was_computed_opens(written):
    path = written / "detection.json"
    for computed in ({}, {"device": "abacus", "precision": "float32", "threads": 1}):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"computed": computed}))
        assert store.open_experiment(written).detection.computed is None


def test_another_experiment_in_its_place_is_not_mixed_up_with_it(written, tmp_path, trigger):
    held = store.open_experiment(written)
    written.rename(tmp_path / "elsewhere")
    with store.RunFolder.create(written, ExperimentSettings(), trigger) as other:
        other.write_computed(ComputeSettings(device="cpu", precision="float32", threads=77))
        other.write_model(make_model(seed=1))
    store.save_experiment(held, tmp_path / "copy")
    assert_same_experiment(store.open_experiment(tmp_path / "copy"), held)
    assert "77" not in (tmp_path / "copy" / "experiment.json").read_text()


def test_a_strangers_model_is_kept_under_the_hash_of_its_copy(tmp_path):
    model = replace(make_model(), file_sha256="0" * 64)  # of the file that it came in
    with store.RunFolder.create(tmp_path / "audit", ExperimentSettings(), None) as record:
        record.write_model(model)
    held = replace(store.open_experiment(tmp_path / "audit"), model=model)
    assert store.is_kept(held)
    store.save_experiment(held, tmp_path / "copy")
    assert contents(tmp_path / "copy") == contents(tmp_path / "audit")


def test_samples_are_saved_anew_where_their_images_are_known(tmp_path, trigger, mnist):
    said = Predicted(np.zeros(SAMPLES, np.int64), np.zeros(SAMPLES, np.int64))
    with store.RunFolder.create(tmp_path / "run", ExperimentSettings(), trigger, mnist) as record:
        record.write_model(make_model())
        record.write_results(RATES, complete=True, seconds=1.0, predictions=said)
    held = store.open_experiment(tmp_path / "run")
    store.save_experiment(held, tmp_path / "copy", mnist)
    assert (tmp_path / "copy" / "images" / "samples.png").is_file()
    assert store.open_experiment(tmp_path / "copy").images == held.images


def test_a_copy_overwrites_nothing(written, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(EngineError, match="is not empty"):
        save(written, tmp_path / "other")
    with pytest.raises(EngineError, match="inside itself"):
        save(written, written / "copy")
    assert listing(tmp_path / "other") == {"thesis.txt"}


def test_a_copy_that_fails_leaves_nothing(written, tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(EngineError, match="could not be written"):
        save(written, tmp_path / "copy")
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def export_masks(detection, folder):
    *_, said = [None, *store.export_masks_job(detection, folder)]
    return said


def test_masks_are_exported_once(tmp_path):
    export_masks(make_detection(), tmp_path / "out")
    assert listing(tmp_path / "out") == {f"class_{label}.png" for label in range(10)}
    with pytest.raises(EngineError, match=r"already in .*, and is never overwritten"):
        export_masks(make_detection(), tmp_path / "out")


def map_of(pairs):
    """A map of ten classes with a trigger of one pixel for some pairs."""
    masks, converged = np.zeros((10, 10, 28, 28), np.float32), np.zeros((10, 10), np.bool_)
    for source, target in pairs:
        masks[source, target, 2, 5] = converged[source, target] = 1
    return PairMap(masks.sum((2, 3)), converged, masks, masks[:, :, None])


def test_a_stopped_export_of_masks_leaves_none(tmp_path):
    (tmp_path / "notes.txt").touch()
    found = replace(make_detection(), pair_map=map_of(np.argwhere(~np.eye(10, dtype=np.bool_))))
    job = store.export_masks_job(found, tmp_path)
    said = next(job)
    assert (said.done, said.total) == (50, 100)
    assert len(list(tmp_path.glob(".*.part/*.png"))) == 50
    with pytest.raises(StopRequested):
        job.throw(StopRequested())
    assert listing(tmp_path) == {"notes.txt"}
    assert export_masks(found, tmp_path).text == "writing mask 100 of 100"
    assert len(listing(tmp_path)) == 101


def test_an_export_of_masks_that_fails_leaves_none(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(EngineError, match="Free some space"):
        export_masks(make_detection(), tmp_path)
    assert listing(tmp_path) == set()


def test_the_masks_of_pairs_are_exported_where_one_was_found(tmp_path):
    export_masks(replace(make_detection(), pair_map=map_of([(3, 8), (8, 3)])), tmp_path)
    classes = {f"class_{label}.png" for label in range(10)}
    assert listing(tmp_path) - classes == {"pair_3_8.png", "pair_8_3.png"}
    with Image.open(tmp_path / "pair_3_8.png") as picture:
        shown = np.asarray(picture)
    assert shown[2, 5] == 255
    assert shown.sum() == 255


def test_numbers_are_exported_without_loss(tmp_path):
    detection = make_detection()
    store.export_numbers(detection, tmp_path / "all.safetensors")
    tensors = tensor_files.read_tensors(tmp_path / "all.safetensors", 10**7)
    np.testing.assert_array_equal(tensors.arrays["masks"][3], detection.classes[3].trigger.mask)
    assert json.loads(tensors.metadata["detection"])["classes"][0]["iou"] == 2 / 3
    store.export_numbers(detection, tmp_path / "all.csv")
    rows = (tmp_path / "all.csv").read_text().splitlines()
    assert rows[0] == "label,mask_l1,success,anomaly_index,z,converged,iou"
    assert len(rows) == 11
    store.export_numbers(detection, tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_text())["verdict"] == "likely"
    with pytest.raises(EngineError, match="ending"):
        store.export_numbers(detection, tmp_path / "all.docx")


def test_new_run_folders_never_meet(tmp_path):
    made = {store.new_run_folder(tmp_path / "runs") for _ in range(5)}
    assert len(made) == 5
    assert all(folder.is_dir() for folder in made)
