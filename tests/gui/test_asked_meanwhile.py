"""What is asked while something else goes on: the newer wish counts, and nothing is lost by it."""

import json
import threading
from functools import partial
from pathlib import Path

import pytest

from engine import data
from engine.errors import EngineError
from engine.settings import ComputeSettings, DataSettings, ExperimentSettings
from engine.store import RunFolder
from engine.triggers import Trigger, preset
from gui import possible
from gui.data_loading import OpenedData, lies_on_a_server
from gui.opened_experiment import Audited
from tests.engine.pictures_made import folder_of_images
from tests.gui import made_up
from tests.gui.canvas_user import shown_attack_tab
from tests.gui.made_up_jobs import endless
from tests.gui.scanning import train

SHAPE = (1, 28, 28)


@pytest.fixture
def folder(tmp_path):
    return folder_of_images(tmp_path / "animals", {"cat": 10, "dog": 10, "eel": 10})


@pytest.fixture
def experiment(tmp_path):
    """An experiment on MNIST that was begun, and nothing more."""
    return begun(tmp_path / "begun", ExperimentSettings())


@pytest.fixture
def on_a_server(tmp_path):
    """A stranger's experiment, whose images lie on a server."""
    path = begun(tmp_path / "theirs", ExperimentSettings())
    document = json.loads((path / "experiment.json").read_text())
    document["settings"]["data"] |= {"name": "folder", "folder": "//there/share"}
    document["images"]["name"] = "folder-of-theirs"
    (path / "experiment.json").write_text(json.dumps(document))
    return path


@pytest.fixture
def gate():
    """Opens at the latest when the test ends."""
    closed = threading.Event()
    yield closed
    closed.set()


def begun(path, settings):
    with RunFolder.create(path, settings, preset("white-3x3", SHAPE), data.load("mnist")):
        return path


def last_step(gate, result):
    """A Job in its last step, in which it cannot be stopped."""
    gate.wait(20)
    return result
    yield


def drawing():
    drawn = Trigger.empty(SHAPE)
    drawn.mask[3, 4:9] = 1
    return drawn


def settled(qtbot, session):
    qtbot.waitUntil(lambda: not session.is_busy, timeout=20_000)


# Drawings.


def test_a_drawing_is_unsaved_until_its_training_has_written_it(qtbot, session, jobs, monkeypatch):
    monkeypatch.setattr("gui.session.train_job", lambda *_: endless([]))
    session.set_trigger(drawing())
    session.start_training()
    assert session.has_unsaved_drawing
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert session.has_unsaved_drawing
    monkeypatch.setattr("gui.session.train_job", jobs.train_job)
    train(qtbot, session)
    assert not session.has_unsaved_drawing


def test_a_drawing_is_in_the_folder_of_a_training_that_is_put_aside(qtbot, session, jobs):
    session.set_trigger(drawing())
    train(qtbot, session)
    session.audit(Audited(made_up.model(), None, session.settings))
    assert not session.has_unsaved_drawing
    (session.aside["folder"] / "trigger.png").unlink()
    assert session.has_unsaved_drawing


# Images on a server.


@pytest.mark.parametrize(
    ("settings", "does"),
    [
        (DataSettings(name="folder", folder="//there/share"), True),
        (DataSettings(name="folder", folder=r"\\there\share"), True),
        (DataSettings(name="folder", folder="/here/share"), False),
        (DataSettings(name="mnist", folder="//there/share"), False),  # of before
    ],
)
def test_only_a_folder_lies_on_a_server(settings, does):
    assert lies_on_a_server(settings) == does


def test_nothing_else_calls_a_stranger_s_server(session, said, on_a_server):
    session.choosing.open_experiment(on_a_server)
    session.preparation.torch_ready = True
    session.set_group(ComputeSettings(threads=1))
    session.auditing.open_model(Path("strange.pt"))
    assert not session.is_busy
    assert [text.count("lie on a server") for _, text in said] == [1, 1]


def test_other_images_can_be_chosen_in_place_of_those_on_a_server(qtbot, session, on_a_server):
    tab = shown_attack_tab(qtbot, session)
    session.choosing.open_experiment(on_a_server)
    absent = "MNIST is not open. Choose data in tab 1."  # as that file calls them
    assert tab.preview.sentence.text() == absent
    assert tab.preview.grid.pairs == ()
    assert tab.data_panel.facts.text().endswith(absent)
    choice = tab.data_panel.choice
    choice.activated.emit(choice.currentIndex())  # the folder, once more: calls nobody
    assert not session.is_busy
    choice.setCurrentIndex(choice.findData("mnist"))
    settled(qtbot, session)
    assert session.data.name == "mnist"


# Images that come late, or not.


def test_images_that_are_shown_and_not_open_can_be_chosen(qtbot, session):
    tab = shown_attack_tab(qtbot, session)
    panel, session.data = tab.data_panel, None
    panel.choice.activated.emit(panel.choice.currentIndex())
    settled(qtbot, session)
    assert session.data.name == "mnist"
    panel.choice.activated.emit(panel.choice.currentIndex())
    assert not session.is_busy  # they are open


def test_an_experiment_is_not_put_aside_by_images_asked_for_before(
    qtbot, session, said, folder, experiment
):
    session.choosing.open_image_folder(folder, DataSettings())
    session.choosing.open_experiment(experiment)
    settled(qtbot, session)
    assert (session.folder, session.data.name) == (experiment, "mnist")
    assert said == []


def test_what_was_given_up_in_its_last_step_is_not_opened(qtbot, session, gate):
    opened = OpenedData(session.settings.data, session.data)
    session.loading.start("Loading", partial(last_step, gate, opened))
    with (
        qtbot.assertNotEmitted(session.loading.opened),
        qtbot.waitSignal(session.loading.not_opened),
    ):
        session.loading.stop()
        gate.set()
    settled(qtbot, session)


def test_a_file_given_up_as_it_was_read_is_not_tried(qtbot, session, gate, monkeypatch):
    monkeypatch.setattr("gui.model_opening.open_model", lambda *_: last_step(gate, object()))
    session.auditing.open_model(Path("strange.pt"))
    session.opening.stop()
    gate.set()
    settled(qtbot, session)
    assert session.opening.opened is None
    assert session.opening.problem.startswith("Stopped")


def test_images_are_said_to_be_loading_while_they_are(qtbot, session, folder):
    session.choosing.open_image_folder(folder, DataSettings())
    settled(qtbot, session)
    told = []
    session.changed.connect(lambda _: told.append(session.choosing.why_no_data))
    session.choosing.new_experiment()
    assert told == ["Loading MNIST …"]
    session.loading.stop()
    settled(qtbot, session)
    assert told[1:] == ["MNIST is not open. Choose data in tab 1."]


# Downloads.


def test_a_download_that_something_ends_is_told(qtbot, session, said, folder, monkeypatch):
    monkeypatch.setattr("gui.data_loading.download", lambda _: endless([]))
    session.choosing.download_data("kmnist")
    session.choosing.open_image_folder(folder, DataSettings())
    assert said[0][1].startswith("Downloading KMNIST was given up.")
    settled(qtbot, session)
    assert session.data.title == "animals"


def test_a_download_does_not_put_an_experiment_aside(
    qtbot, session, said, gate, experiment, monkeypatch
):
    arrived = OpenedData(DataSettings(name="kmnist"), data.load("mnist"))
    monkeypatch.setattr("gui.data_loading.download", lambda _: last_step(gate, arrived))
    session.choosing.download_data("kmnist")
    session.choosing.open_experiment(experiment)
    gate.set()
    settled(qtbot, session)
    assert session.folder == experiment
    assert said[-1][1].endswith("is here now. Choose it in tab 1 to open it.")


# Files and places.


def test_a_file_is_not_opened_again_for_images_that_were_given_up(
    qtbot, session, folder, monkeypatch
):
    monkeypatch.setattr("gui.model_opening.open_model", lambda *_: endless([]))
    session.auditing.open_model(Path("strange.pt"))
    wanted = DataSettings(name="folder", folder=str(folder))
    session.auditing.try_file_on(wanted)
    with qtbot.waitSignal(session.loading.not_opened):
        session.loading.stop()
    session.opening.stop()
    settled(qtbot, session)
    session.settings = session.settings.model_copy(update={"data": wanted})  # by an experiment
    with qtbot.assertNotEmitted(session.auditing.tried_again):
        session.loading.opened.emit(OpenedData(wanted, session.data))


def test_results_follow_their_images_to_another_place(qtbot, session, jobs, folder, tmp_path):
    session.choosing.open_image_folder(folder, DataSettings())
    settled(qtbot, session)
    train(qtbot, session)
    (tmp_path / "elsewhere").mkdir()
    moved = folder.rename(tmp_path / "elsewhere" / "animals")
    session.choosing.open_image_folder(moved, DataSettings())
    settled(qtbot, session)
    assert session.model is not None
    assert not session.stale
    with qtbot.waitSignal(session.run_ended):
        session.start_scan()
    assert jobs.scanned[-1][0].data.folder == str(moved)


def test_where_runs_compute_is_found_out_anew_for_an_experiment(
    qtbot, session, tmp_path, monkeypatch
):
    threads = []

    def prepare(_, compute):
        threads.append(compute.threads)
        yield from ()
        return f"CPU, {compute.threads} threads"

    monkeypatch.setattr("gui.jobs.prepare", prepare)
    session.prepare()
    settled(qtbot, session)
    two = ExperimentSettings(compute=ComputeSettings(threads=2))
    session.choosing.open_experiment(begun(tmp_path / "two", two))
    settled(qtbot, session)
    assert (threads, session.preparation.place) == ([0, 2], "CPU, 2 threads")


def test_a_preparation_that_failed_is_over(qtbot, session, said, monkeypatch):
    def prepare(*_):
        yield from ()
        raise EngineError("No images here.")

    monkeypatch.setattr("gui.jobs.prepare", prepare)
    session.data = None
    session.prepare()
    settled(qtbot, session)
    assert session.preparation.has_failed
    assert session.choosing.why_no_data.startswith("MNIST is not open.")
    assert "No images here." in said[-1][1]


# Runs.


def test_an_experiment_cannot_be_saved_while_a_run_goes_on(qtbot, session, jobs):
    train(qtbot, session)
    assert possible.saving_obstacle(session) == ""
    jobs.endless = True
    session.start_scan()
    assert possible.saving_obstacle(session) == "A scan is running."
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_a_paused_run_that_is_stopped_is_paused_no_more(qtbot, session, jobs):
    jobs.endless = True
    session.start_training()
    session.toggle_pause()
    assert session.is_paused
    paused = []
    session.run_paused.connect(paused.append)
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert paused == [False]
