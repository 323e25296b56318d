"""What is open is not lost with its folder: moved, deleted, never written, or damaged in part."""

from dataclasses import replace

import pytest

from engine.errors import EngineError
from engine.events import StopRequested
from engine.settings import ComputeSettings, DetectSettings
from engine.store import open_experiment
from gui.session import Session
from tests.gui.scanning import scan, train


def move(session, tmp_path):
    """Rename the open folder, as a person does; returns what it was called."""
    before = session.folder
    before.rename(tmp_path / "renamed")
    return before


def assert_holds_all(folder, session):
    """A folder has everything of the training that is open."""
    opened = open_experiment(folder)
    assert opened.model.sha256 == session.model.sha256
    assert opened.rates == session.rates
    assert [(at, loss) for at, loss in enumerate(opened.losses.tolist(), 1)] == session.losses
    assert list(opened.measurements) == session.measurements
    assert opened.predictions is not None
    assert opened.trigger.mask_l1 == session.true_trigger.mask_l1
    assert opened.settings.train == session.made_with.train
    assert opened.complete
    return opened


def test_a_network_whose_folder_vanished_is_saved(qtbot, session, jobs, told, tmp_path):
    train(qtbot, session)
    place = ComputeSettings(device="cpu", precision="float32", threads=2)
    session.trained = replace(session.trained, computed=place)
    move(session, tmp_path)
    session.exporting.save_as(tmp_path / "copy")
    assert told[-1][:2] == ("info", f"The experiment is saved in {tmp_path / 'copy'}.")
    assert session.folder == tmp_path / "copy"
    assert assert_holds_all(session.folder, session).trained_on == place
    assert (session.folder / "images" / "samples.png").is_file()


def test_a_scan_that_no_folder_holds_is_saved_too(qtbot, session, jobs, tmp_path):
    train(qtbot, session)
    scan(qtbot, session)
    for name in ("detection.json", "detection.safetensors"):
        (session.folder / name).unlink()
    session.exporting.save_as(tmp_path / "copy")
    found = assert_holds_all(session.folder, session).detection
    assert found.verdict == session.detection.verdict


def test_a_saved_copy_that_cannot_be_written_is_no_success(qtbot, session, jobs, told, tmp_path):
    train(qtbot, session)
    before = move(session, tmp_path)
    (tmp_path / "file").write_text("in the way")
    session.exporting.save_as(tmp_path / "file" / "copy")
    assert told[-1][0] == "error"
    assert session.folder == before


@pytest.mark.parametrize("scans", [0, 1])
def test_a_network_whose_folder_was_renamed_is_scanned(qtbot, session, jobs, told, tmp_path, scans):
    train(qtbot, session)
    for _ in range(scans):
        scan(qtbot, session)
    before = move(session, tmp_path)
    session.set_group(DetectSettings(preset="quick"))
    assert scan(qtbot, session) == ["scan", "finished"]
    [(level, sentence, _)] = told
    assert level == "warning"
    assert f"{before} was moved or deleted" in sentence
    assert str(session.folder) in sentence
    opened = assert_holds_all(session.folder, session)
    assert opened.detection.settings.preset == "quick"
    assert list(session.runs_folder.iterdir()) == [session.folder]


def test_a_network_that_its_folder_lacks_is_scanned_elsewhere(qtbot, session, jobs, told):
    train(qtbot, session)
    before = session.folder
    (before / "model.safetensors").unlink()
    assert scan(qtbot, session) == ["scan", "finished"]
    assert "does not hold the network" in told[0][1]
    assert session.folder != before
    assert_holds_all(session.folder, session)


@pytest.mark.parametrize("scans", [0, 1])
@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_a_scan_that_leaves_nothing_leaves_no_empty_folder(
    qtbot, session, jobs, monkeypatch, tmp_path, how, scans
):
    train(qtbot, session)
    for _ in range(scans):
        scan(qtbot, session)
    before = move(session, tmp_path)

    def full_disk(*_):
        raise EngineError("The disk is full. Free some space.")

    monkeypatch.setattr("engine.store.save_experiment", full_disk)
    jobs.error = EngineError("It failed.") if how == "failed" else StopRequested()
    jobs.keeps = False
    assert scan(qtbot, session) == ["scan", how]
    assert list(session.runs_folder.iterdir()) == []
    assert session.folder == before
    assert (session.detection is not None) == bool(scans)


def test_after_a_stopped_scan_all_is_where_it_was_written(qtbot, session, jobs, tmp_path):
    train(qtbot, session)
    scan(qtbot, session)
    move(session, tmp_path)
    jobs.error, jobs.keeps = StopRequested(), False
    assert scan(qtbot, session) == ["scan", "stopped"]
    assert session.has_earlier_back
    assert assert_holds_all(session.folder, session).detection is not None


def test_a_damaged_scan_is_left_out_and_told(qtbot, session, jobs, told, tmp_path):
    train(qtbot, session)
    scan(qtbot, session)
    folder = session.folder
    damaged = (folder / "detection.json").read_bytes()[:200]
    (folder / "detection.json").write_bytes(damaged)
    session.choosing.open_experiment(folder)
    [(level, sentence, details)] = told
    assert level == "warning"
    assert sentence.startswith("detection.json is damaged")
    assert "Scan the network again" in sentence
    assert "delimiter" not in sentence
    assert details.startswith("detection.json is damaged or not JSON")
    assert session.model is not None
    assert session.detection is None
    assert (folder / "detection.json").read_bytes() == damaged


def test_a_scan_after_a_damaged_one_does_not_overwrite_it(qtbot, session, jobs, told):
    train(qtbot, session)
    scan(qtbot, session)
    folder = session.folder
    (folder / "detection.safetensors").write_bytes(b"damaged")
    session.choosing.open_experiment(folder)
    taken_back = []
    session.telling.taken_back.connect(taken_back.append)
    assert scan(qtbot, session) == ["scan", "finished"]
    assert taken_back == [told[0][1]]
    assert len(told) == 1  # its folder is where it was
    assert (folder / "detection.safetensors").read_bytes() == b"damaged"
    assert session.folder != folder
    assert open_experiment(session.folder).detection is not None


def test_what_was_saved_opens_as_it_was(qtbot, session, jobs, tmp_path):
    train(qtbot, session)
    move(session, tmp_path)
    scan(qtbot, session)
    opened = Session(tmp_path / "other")
    opened.choosing.open_experiment(session.folder)
    assert opened.trained.complete
    assert not opened.stale
    assert opened.losses == session.losses
    qtbot.waitUntil(lambda: not opened.is_busy)  # its images are loaded beside
