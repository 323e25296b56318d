"""Session: what is open, and the one run that works on it."""

import logging
import threading
from unittest.mock import MagicMock

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from engine.errors import EngineError
from engine.events import BatchTrained, StopRequested, Warned
from engine.experiment import Trained
from engine.settings import AttackSettings, ComputeSettings, DetectSettings, TrainSettings
from engine.store import open_experiment
from engine.triggers import Trigger, preset
from gui import jobs as gui_jobs
from gui import run_words
from gui.run import THREAD_NAME, Run
from gui.run_bar import RunBar
from gui.session import Session
from tests.gui import made_up
from tests.gui.made_up_jobs import RATES
from tests.gui.scanning import scan, train


def stop(qtbot, session, jobs, start):
    """Start a run, and stop it once it is half way."""
    jobs.endless = True
    with qtbot.waitSignal(session.run_ended) as ended:
        with qtbot.waitSignal(session.run_events):
            start()
        session.stop()
    jobs.endless = False
    return ended.args


def drawing():
    return made_up.patch(3, 4)


def test_the_default_is_the_classic_experiment(session):
    assert session.settings.attack.target == 0
    assert session.settings.attack.poison_rate == 0.1
    assert session.trigger.mask_l1 == 9
    assert session.trigger.mask[25:, 25:].all()
    assert session.shape == (1, 28, 28)
    assert session.model is session.detection is session.folder is session.running is None


def test_class_names_are_known_before_the_data(tmp_path):
    opened = Session(tmp_path)
    assert opened.data is None
    assert opened.class_names == tuple("0123456789")


def test_a_group_of_settings_replaces_the_one_of_its_type(session, qtbot):
    with qtbot.waitSignal(session.changed) as changed:
        session.set_group(TrainSettings(epochs=2))
    assert changed.args == ["settings"]
    assert session.settings.train.epochs == 2
    assert session.settings.attack == AttackSettings()
    with qtbot.assertNotEmitted(session.changed):
        session.set_group(TrainSettings(epochs=2))


def test_training_fills_the_session_and_leaves_a_folder(qtbot, session, jobs):
    seen = []
    session.run_events.connect(lambda kind, _: seen.append((kind, len(session.losses))))
    session.set_trigger(drawing())
    session.set_group(TrainSettings(epochs=2))
    assert train(qtbot, session) == ["train", "finished"]
    assert session.losses == [(1, 0.5), (2, 0.5), (3, 0.5)]
    assert seen[-1] == ("train", 3)  # noted before the tabs hear of them
    assert len(session.measurements) == 1
    assert session.rates == session.trained.rates
    assert session.model is session.trained.model
    assert session.predictions is not None
    assert session.running is None
    assert session.folder.parent == session.runs_folder
    [(settings, trigger, folder)] = jobs.trained_with
    assert (settings.train.epochs, folder) == (2, session.folder)
    assert np.array_equal(trigger.mask, drawing().mask)


def test_a_scan_uses_the_trigger_and_settings_of_the_training(qtbot, session, jobs):
    train(qtbot, session)
    session.set_trigger(drawing())  # after the training: not what the network knows
    session.set_group(AttackSettings(target=5))
    session.set_group(DetectSettings(preset="quick"))
    assert scan(qtbot, session) == ["scan", "finished"]
    [(settings, model, trigger, folder)] = jobs.scanned
    assert settings.attack.target == 0
    assert settings.detect.preset == "quick"
    assert trigger.mask_l1 == 9
    assert (model, folder) == (session.model, session.folder)
    assert session.detection is not None
    assert open_experiment(session.folder).detection is not None


def test_a_second_scan_leaves_the_first_one_on_disk(qtbot, session, jobs):
    train(qtbot, session)
    scan(qtbot, session)
    first = session.folder
    session.set_group(DetectSettings(preset="quick"))
    assert scan(qtbot, session) == ["scan", "finished"]
    assert session.folder != first
    assert open_experiment(first).detection.settings.preset == "standard"
    second = open_experiment(session.folder)
    assert second.detection.settings.preset == "quick"
    assert second.model.sha256 == open_experiment(first).model.sha256


def map_pairs(qtbot, session, **changes):
    wanted = session.settings.detect.model_copy(update={"preset": "map", **changes})
    session.set_group(wanted)
    return scan(qtbot, session)


def test_a_map_goes_on_from_the_scan_before(qtbot, session, jobs):
    train(qtbot, session)
    scan(qtbot, session)
    first, earlier = session.folder, session.detection
    continued = []
    session.run_started.connect(lambda _: continued.append(session.continued))
    assert map_pairs(qtbot, session) == ["scan", "finished"]
    assert jobs.earlier == [None, earlier]
    assert continued == [earlier]
    assert session.continued is None
    assert session.detection.pair_map is not None
    assert open_experiment(first).detection.pair_map is None
    assert open_experiment(session.folder).detection.pair_map is not None


def test_a_map_with_other_settings_begins_anew(qtbot, session, jobs):
    train(qtbot, session)
    scan(qtbot, session)
    map_pairs(qtbot, session, seed=1)
    map_pairs(qtbot, session, seed=1)  # and so does one after a finished map
    assert jobs.earlier == [None, None, None]


@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_a_map_that_leaves_nothing_gives_the_scan_before_back(qtbot, session, jobs, how):
    train(qtbot, session)
    scan(qtbot, session)
    folder, earlier = session.folder, session.detection
    jobs.error = EngineError("The disk is full.") if how == "failed" else StopRequested()
    jobs.keeps = False
    assert map_pairs(qtbot, session) == ["scan", how]
    assert (session.detection, session.folder) == (earlier, folder)
    jobs.error = None
    assert scan(qtbot, session) == ["scan", "finished"]
    assert jobs.earlier[-1] is earlier


def test_a_stopped_scan_that_found_less_gives_the_complete_one_back(qtbot, session, jobs):
    train(qtbot, session)
    scan(qtbot, session)
    folder, earlier = session.folder, session.detection
    bar = RunBar(session, "scan")
    qtbot.addWidget(bar)
    assert stop(qtbot, session, jobs, session.start_scan) == ["scan", "stopped"]
    assert (session.detection, session.folder) == (earlier, folder)
    assert bar.text.text() == "Stopped. The scan before had found more, and is open again."


def test_a_stopped_map_without_its_pairs_gives_the_complete_map_back(qtbot, session, jobs):
    train(qtbot, session)
    map_pairs(qtbot, session)
    earlier = session.detection
    jobs.maps, jobs.stops_complete = False, True
    assert stop(qtbot, session, jobs, session.start_scan) == ["scan", "stopped"]
    assert session.detection is earlier


def test_a_finished_scan_stays_even_if_the_one_before_had_a_map(qtbot, session, jobs):
    train(qtbot, session)
    map_pairs(qtbot, session)
    session.set_group(DetectSettings())
    assert scan(qtbot, session) == ["scan", "finished"]
    assert session.detection.pair_map is None
    assert not session.has_earlier_back


@pytest.mark.parametrize(
    ("kind", "left", "said"),
    [
        ("train", "nothing", "Stopped before a network had been measured."),
        ("train", "part", "Stopped. The best network measured until then is kept."),
        ("scan", "nothing", "Stopped before it had found anything."),
        ("scan", "part", "Stopped. The best triggers until then are kept."),
        ("scan", "map", "Stopped. What it found for the classes is kept, pairs are not."),
        ("scan", "all", "Stopped when the search was done; all of it is kept."),
    ],
)
def test_what_a_stopped_run_has_left_is_said(qtbot, session, jobs, kind, left, said):
    bar = RunBar(session, kind)
    qtbot.addWidget(bar)
    if kind == "scan":
        train(qtbot, session)
    jobs.keeps, jobs.maps, jobs.stops_complete = left != "nothing", False, left in {"map", "all"}
    session.set_group(DetectSettings(preset="map" if left == "map" else "standard"))
    start = session.start_training if kind == "train" else session.start_scan
    assert stop(qtbot, session, jobs, start) == [kind, "stopped"]
    assert bar.text.text() == said
    metrics = bar.text.fontMetrics()
    assert metrics.horizontalAdvance(said) <= bar.text.width()


@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_any_scan_that_leaves_nothing_gives_the_one_before_back(qtbot, session, jobs, how):
    train(qtbot, session)
    scan(qtbot, session)
    folder, earlier = session.folder, session.detection
    session.set_group(DetectSettings(preset="quick"))
    jobs.error = EngineError("The disk is full.") if how == "failed" else StopRequested()
    jobs.keeps = False
    bar = RunBar(session, "scan")
    qtbot.addWidget(bar)
    assert scan(qtbot, session) == ["scan", how]
    assert (session.detection, session.folder) == (earlier, folder)
    assert ("is open again" in bar.text.text()) == (how == "stopped")


def test_a_scan_without_a_network_is_explained(session, told):
    session.start_scan()
    assert session.running is None
    assert told[0][0] == "info"
    assert "no network" in told[0][1]


def test_a_second_run_is_refused(qtbot, session, jobs, told):
    jobs.endless = True
    session.start_training()
    with qtbot.assertNotEmitted(session.run_started):
        session.start_training()
    assert "run is going on" in told[0][1]
    session.choosing.new_experiment()
    session.choosing.open_experiment(session.runs_folder)
    assert [level for level, *_ in told] == ["info"] * 3
    assert len(list(session.runs_folder.iterdir())) == 1
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_stop_keeps_what_there_is(qtbot, session, jobs):
    jobs.endless = True
    session.start_training()
    qtbot.waitUntil(lambda: len(session.losses) == 3)
    with qtbot.waitSignal(session.run_ended) as ended:
        with qtbot.waitSignal(session.run_stopping):
            session.stop()
        assert session.is_stopping
    assert ended.args == ["train", "stopped"]
    assert session.trained is not None
    assert not session.trained.complete
    assert not session.is_busy


def test_stop_with_nothing_to_keep_leaves_no_network(qtbot, session, jobs):
    jobs.endless, jobs.keeps = True, False
    session.start_training()
    qtbot.waitUntil(lambda: len(session.losses) == 3)
    with qtbot.waitSignal(session.run_ended) as ended:
        session.stop()
    assert ended.args == ["train", "stopped"]
    assert session.trained is session.model is None


def test_pause_and_resume_are_told(qtbot, session, jobs):
    jobs.endless = True
    session.start_training()
    with qtbot.waitSignal(session.run_paused) as paused:
        session.toggle_pause()
    assert paused.args == [True]
    assert session.is_paused
    with qtbot.waitSignal(session.run_paused) as paused:
        session.toggle_pause()
    assert paused.args == [False]
    session.toggle_pause()
    with qtbot.waitSignal(session.run_ended, timeout=1000):
        session.stop()


def test_a_runtime_error_is_told_and_start_works_again(qtbot, session, jobs, told, caplog):
    jobs.error = RuntimeError("CUDA out of memory\nTried to allocate 20 MiB")
    with caplog.at_level(logging.ERROR):
        assert train(qtbot, session) == ["train", "failed"]
    [(level, sentence, details)] = told
    assert level == "error"
    assert "CUDA out of memory" in sentence
    assert "\n" not in sentence
    assert "Traceback" in details
    assert "Tried to allocate" in caplog.text
    assert session.running is session.model is None
    jobs.error = None
    assert train(qtbot, session) == ["train", "finished"]


def test_an_engine_error_speaks_for_itself(qtbot, session, jobs, told, caplog):
    jobs.error = EngineError("Training diverged. Lower the learning rate.")
    assert train(qtbot, session) == ["train", "failed"]
    assert told == [("error", "Training diverged. Lower the learning rate.", "")]
    assert not caplog.records
    jobs.error = None
    assert train(qtbot, session) == ["train", "finished"]


def test_a_training_that_cannot_start_leaves_all_that_is_open(qtbot, session, jobs, told):
    train(qtbot, session)
    scan(qtbot, session)
    session.set_trigger(drawing())
    before = session.model, session.detection, session.folder, list(session.measurements)
    bar = RunBar(session, "train")
    qtbot.addWidget(bar)
    assert bar.start_button.isEnabled()
    session.set_group(AttackSettings(family="label_consistent", mapping="source-specific"))
    assert not bar.start_button.isEnabled()
    assert bar.text.text() == run_words.NO_ATTACK
    session.start_training()  # as Try it does, whatever the button says
    assert session.running is None
    [(level, sentence, _)] = told
    assert level == "error"
    assert sentence == " ".join(session.attack_problems().values())
    assert (session.model, session.detection, session.folder, session.measurements) == before
    assert len(list(session.runs_folder.iterdir())) == 1
    assert session.has_unsaved_drawing
    session.set_group(AttackSettings())
    assert bar.start_button.isEnabled()


@pytest.mark.parametrize(
    ("error", "how"), [(EngineError("The disk is full."), "failed"), (StopRequested(), "stopped")]
)
def test_a_training_that_wrote_nothing_leaves_no_folder_and_the_drawing_unsaved(
    qtbot, session, jobs, error, how
):
    session.set_trigger(drawing())
    jobs.early_error = error
    assert train(qtbot, session) == ["train", how]
    assert session.folder is session.made_with is session.true_trigger is None
    assert not list(session.runs_folder.iterdir())
    assert session.has_unsaved_drawing


def test_a_failed_scan_keeps_the_network(qtbot, session, jobs):
    train(qtbot, session)
    jobs.error = RuntimeError("no")
    assert scan(qtbot, session) == ["scan", "failed"]
    assert session.model is not None
    assert session.detection is None
    jobs.error = None
    assert scan(qtbot, session) == ["scan", "finished"]


def test_runs_that_cannot_be_saved_do_not_start(tmp_path, qtbot, jobs):
    (tmp_path / "file").write_text("in the way")
    opened = Session(tmp_path / "file")
    messages = []
    opened.telling.message.connect(lambda *message: messages.append(message))
    opened.start_training()
    assert opened.running is None
    assert [level for level, *_ in messages] == ["error"]


def test_results_are_stale_once_settings_or_trigger_change(qtbot, session, jobs):
    assert not session.stale
    train(qtbot, session)
    scan(qtbot, session)
    assert not session.stale
    assert not session.scan_stale
    session.set_group(TrainSettings(epochs=2))
    assert session.stale
    assert session.trained is not None  # still to be seen
    session.set_group(TrainSettings())
    assert not session.stale
    trigger = session.trigger
    session.set_trigger(drawing())
    assert session.stale
    session.set_trigger(Trigger(trigger.mask.copy(), trigger.pattern.copy()))
    assert not session.stale
    session.set_group(DetectSettings(images=500))
    assert session.scan_stale
    assert not session.stale


def test_what_a_job_warns_of_is_told(qtbot, session, monkeypatch, told):
    def job(settings, trigger, folder):
        yield Warned("The trigger is empty.")
        raise StopRequested

    monkeypatch.setattr("gui.session.train_job", job)
    session.set_trigger(Trigger.empty(session.shape))
    assert train(qtbot, session) == ["train", "stopped"]
    assert told == [("warning", "The trigger is empty.", "")]


def test_try_it_trains_and_scans_what_is_open(qtbot, session, jobs):
    session.set_group(TrainSettings(epochs=9))
    started, trying = [], []
    session.run_started.connect(started.append)
    session.run_started.connect(lambda _: trying.append(session.is_trying))
    session.try_it()
    qtbot.waitUntil(lambda: session.detection is not None and session.running is None)
    assert started == ["train", "scan"]
    assert trying == [True, True]
    assert jobs.trained_with[0][0].train == TrainSettings(epochs=9)
    assert not session.is_trying


@pytest.mark.parametrize("how", ["stopped", "failed"])
def test_try_it_does_not_go_on_after_a_bad_end(qtbot, session, jobs, how):
    jobs.endless = how == "stopped"
    jobs.error = RuntimeError("no") if how == "failed" else None
    with qtbot.waitSignal(session.run_ended) as ended:
        session.try_it()
        if how == "stopped":
            session.stop()
    assert ended.args == ["train", how]
    assert session.running is None
    assert jobs.scanned == []


def test_an_experiment_comes_back_as_it_was(qtbot, session, jobs, tmp_path):
    session.set_trigger(drawing())
    session.set_group(AttackSettings(target=3))
    train(qtbot, session)
    scan(qtbot, session)
    opened = Session(tmp_path / "other")
    with qtbot.waitSignal(opened.changed) as changed:
        opened.choosing.open_experiment(session.folder)
    assert changed.args == ["experiment"]
    assert opened.settings.attack.target == 3
    assert np.array_equal(opened.trigger.mask, drawing().mask)
    assert opened.losses == session.losses
    assert opened.measurements == session.measurements
    assert opened.rates == session.rates
    assert opened.trained.complete
    assert opened.model.sha256 == session.model.sha256
    assert opened.detection.verdict.headline == session.detection.verdict.headline
    assert np.array_equal(opened.detection.curves.mask_l1, session.detection.curves.mask_l1, True)
    assert not opened.stale
    assert not opened.scan_stale
    assert not opened.has_unsaved_drawing
    qtbot.waitUntil(lambda: not opened.is_busy)  # its images are loaded beside


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("experiment.json", b"{"),
        ("experiment.json", b'{"schema": 99}'),
        ("model.safetensors", b"damaged"),
        ("trigger.png", b"no picture"),
    ],
)
def test_a_damaged_experiment_changes_nothing(qtbot, session, jobs, told, name, content):
    train(qtbot, session)
    scan(qtbot, session)
    folder = session.folder
    session.choosing.new_experiment()
    session.set_group(TrainSettings(epochs=7))
    (folder / name).write_bytes(content)
    with qtbot.assertNotEmitted(session.changed):
        session.choosing.open_experiment(folder)
    assert [level for level, *_ in told] == ["error"]
    assert told[0][2] == ""
    assert session.settings.train.epochs == 7
    assert session.model is session.folder is None


def test_save_as_copies_and_goes_on_there(qtbot, session, jobs, tmp_path, told):
    session.exporting.save_as(tmp_path / "copy")
    assert "nothing to save yet" in told[-1][1]
    train(qtbot, session)
    original = session.folder
    session.exporting.save_as(tmp_path / "copy")
    assert told[-1][0] == "info"
    assert session.folder == tmp_path / "copy"
    assert open_experiment(session.folder).model.sha256 == open_experiment(original).model.sha256
    session.exporting.save_as(tmp_path / "copy")
    assert told[-1][0] == "error"
    assert session.folder == tmp_path / "copy"


def export(qtbot, session, write, path):
    """Have something written, in a thread of its own."""
    with qtbot.waitSignal(session.exports.ended):
        write(path)
        assert session.exports.is_busy


def test_exporting_are_told_and_failures_too(qtbot, session, jobs, tmp_path, told):
    session.exporting.export_masks(tmp_path / "masks")
    assert "nothing to export" in told[-1][1]
    train(qtbot, session)
    scan(qtbot, session)
    export(qtbot, session, session.exporting.export_masks, tmp_path / "masks")
    assert "10 masks" in told[-1][1]
    assert len(list((tmp_path / "masks").glob("*.png"))) == 10
    export(qtbot, session, session.exporting.export_numbers, tmp_path / "numbers.safetensors")
    assert (tmp_path / "numbers.safetensors").is_file()
    (tmp_path / "file").write_text("in the way")
    export(qtbot, session, session.exporting.export_masks, tmp_path / "file" / "masks")
    assert told[-1][0] == "error"
    told.clear()
    export(qtbot, session, session.exporting.export_numbers, tmp_path / "numbers.xyz")
    assert told[-1][0] == "error"
    assert session.detection is not None


def test_new_returns_to_the_defaults(qtbot, session, jobs):
    session.set_group(TrainSettings(epochs=2))
    session.set_trigger(drawing())
    train(qtbot, session)
    session.choosing.new_experiment()
    assert session.settings.train == TrainSettings()
    assert session.trigger.mask_l1 == 9
    assert session.model is session.folder is None
    assert session.losses == []


def test_a_drawing_counts_until_a_run_has_it(qtbot, session, jobs):
    assert not session.has_unsaved_drawing
    session.set_trigger(preset("checkerboard-5x5", session.shape))
    assert not session.has_unsaved_drawing
    session.set_trigger(drawing())
    assert session.has_unsaved_drawing
    session.note_file(drawing())
    assert not session.has_unsaved_drawing
    session.set_trigger(made_up.patch(8, 8))
    assert session.has_unsaved_drawing
    train(qtbot, session)
    assert not session.has_unsaved_drawing
    session.set_trigger(Trigger.empty(session.shape))
    assert not session.has_unsaved_drawing


def test_data_comes_first_and_torch_after_it(tmp_path, qtbot, monkeypatch):
    imported, changes = [], []
    opened = Session(tmp_path)
    opened.changed.connect(changes.append)

    compute = MagicMock()
    compute.prepare.side_effect = lambda settings: MagicMock(
        describe=lambda: f"on {settings.device}"
    )

    def import_module(name):
        imported.append((name, threading.current_thread().name))
        return compute

    monkeypatch.setattr(gui_jobs.importlib, "import_module", import_module)
    with qtbot.waitSignal(opened.settled, timeout=20_000):
        opened.prepare()
    assert changes == ["data", "torch"]
    assert {thread for _, thread in imported} == {THREAD_NAME}
    assert "engine.training" in dict(imported)
    assert opened.preparation.torch_ready
    assert opened.preparation.place == "on auto"
    with qtbot.waitSignal(opened.settled):
        opened.set_group(ComputeSettings(device="cpu"))
    assert opened.preparation.place == "on cpu"
    assert changes == ["data", "torch", "settings", "torch"]
    with qtbot.waitSignal(opened.settled):
        opened.set_group(ComputeSettings(device="mps"))
        opened.set_group(ComputeSettings(device="auto"))  # while the other is looked up
    qtbot.waitUntil(lambda: opened.preparation.place == "on auto")


def test_torch_that_cannot_be_loaded_is_told(tmp_path, qtbot, monkeypatch):
    def import_module(name):
        raise OSError("libtorch_cpu.so: cannot open shared object file")

    monkeypatch.setattr(gui_jobs.importlib, "import_module", import_module)
    opened = Session(tmp_path)
    with qtbot.waitSignal(opened.telling.message, timeout=20_000) as told:
        opened.prepare()
    level, sentence, details = told.args
    assert level == "error"
    assert "libtorch_cpu.so" in sentence
    assert "Traceback" in details
    assert opened.data is not None
    assert not opened.preparation.torch_ready


def test_shutting_down_ends_everything(qtbot, session, jobs):
    jobs.endless = True
    session.start_training()
    qtbot.waitUntil(lambda: bool(session.losses))
    with qtbot.waitSignal(session.settled):
        session.shut_down()
    assert not session.is_busy


def test_nothing_begins_once_the_program_ends(qtbot, session, jobs):
    train(qtbot, session)
    session.shut_down()
    for start in (session.try_it, session.start_training, session.start_scan):
        start()
        assert session.running is None
    session.start_calibration()
    assert session.running is None
    assert session.model is not None
    assert len(jobs.trained_with) == 1


def test_start_and_stop_many_times_leave_no_thread(qtbot, session, jobs):
    jobs.endless = True
    for _ in range(25):
        session.start_training()
        with qtbot.waitSignal(session.run_ended):
            session.stop()
    assert [t for t in threading.enumerate() if t.name == THREAD_NAME] == []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert session.findChildren(Run) == []


def test_every_loss_arrives_however_fast_they_come(qtbot, session, monkeypatch):
    def job(settings, trigger, folder):
        for step in range(1, 5001):
            yield BatchTrained(step, 1, 1 / step)
        return Trained(made_up.model(), RATES, None, settings, trigger, 0.1, True)

    monkeypatch.setattr("gui.session.train_job", job)
    assert train(qtbot, session) == ["train", "finished"]
    assert [step for step, _ in session.losses] == list(range(1, 5001))
