"""Other images: chosen, fetched, opened from a folder; and what becomes of what was open."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from engine import data, store
from engine.data import DataSet, ImageSet
from engine.data.image_folder import few_tests
from engine.errors import EngineError
from engine.events import Progress
from engine.settings import AttackSettings, DataSettings, ExperimentSettings
from engine.triggers import Trigger, preset
from gui.data_panel import describe
from gui.run_bar import RunBar
from gui.session import Session
from tests.engine.pictures_made import folder_of_images
from tests.gui import made_up
from tests.gui.canvas_user import shown_attack_tab
from tests.gui.scanning import as_read


@pytest.fixture
def folder(tmp_path):
    return folder_of_images(tmp_path / "animals", {"cat": 10, "dog": 10, "eel": 10})


@pytest.fixture
def tab(qtbot, session):
    return shown_attack_tab(qtbot, session)


def settled(qtbot, session):
    qtbot.waitUntil(lambda: not session.loading.is_busy, timeout=20_000)


def open_folder(qtbot, session, folder, **settings):
    session.choosing.open_image_folder(folder, DataSettings(**settings))
    settled(qtbot, session)


def test_a_folder_is_opened_and_all_else_follows(qtbot, session, said, folder):
    session.set_group(AttackSettings(target=7, second_target=8, sources=(5,)))
    with qtbot.waitSignal(session.changed, check_params_cb=lambda what: what == "experiment"):
        session.choosing.open_image_folder(folder, DataSettings(size=16))
    settled(qtbot, session)
    assert session.data.title == "animals"
    assert session.shape == session.trigger.shape == (3, 16, 16)
    assert session.class_names == ("cat", "dog", "eel")
    assert session.settings.data == DataSettings(name="folder", folder=str(folder), size=16)
    attack = session.settings.attack
    assert (attack.target, attack.second_target, attack.sources) == (0, 1, (1,))
    assert np.array_equal(session.trigger.mask, preset("white-3x3", (3, 16, 16)).mask)
    assert said == [("info", f"animals: {few_tests(6)}")]


def test_what_was_skipped_is_said(qtbot, session, said, folder):
    (folder / "cat" / "notes.txt").write_text("x")
    open_folder(qtbot, session, folder)
    [(level, text)] = said
    assert (level, text.endswith(" Skipped: 1 not PNG or JPEG (notes.txt).")) == ("info", True)


def test_the_same_folder_at_another_size_says_it_once(qtbot, session, tab, said, folder):
    (folder / "cat" / "notes.txt").write_text("x")
    open_folder(qtbot, session, folder, size=16)
    tab.data_panel.form.set_field("size", 20)
    settled(qtbot, session)
    assert session.shape == (3, 20, 20)
    assert len(said) == 1
    assert "Skipped: 1 not PNG or JPEG (notes.txt)." in tab.data_panel.facts.text()


def test_a_folder_of_no_use_changes_nothing(qtbot, session, said, tmp_path):
    before = session.settings, session.data, session.trigger
    (tmp_path / "empty").mkdir()
    open_folder(qtbot, session, tmp_path / "empty")
    [(level, text)] = said
    assert level == "error"
    assert "no subfolder" in text
    assert (session.settings, session.data, session.trigger) == before


def test_results_on_other_images_are_put_aside_and_stay_on_disk(qtbot, session, jobs, said, folder):
    with qtbot.waitSignal(session.run_ended):
        session.start_training()
    experiment = session.folder
    open_folder(qtbot, session, folder)
    assert session.model is session.trained is session.folder is session.made_with is None
    assert str(experiment) in said[-1][1]
    session.choosing.open_experiment(experiment)
    assert session.data is None  # the images of the experiment are on their way
    assert session.shape == session.trigger.shape == (1, 28, 28)
    settled(qtbot, session)
    assert session.data.name == "mnist"
    assert session.model is not None


def test_a_stranger_s_model_is_put_aside_with_the_images_it_was_tried_on(
    qtbot, session, said, folder
):
    session.model = replace(made_up.model(), origin="theirs.pt")
    open_folder(qtbot, session, folder)
    assert session.model is None
    assert "theirs.pt was tried on MNIST. Open it again" in said[-1][1]


def test_a_drawing_moves_to_images_of_another_size(qtbot, session, said, folder):
    drawn = Trigger.empty((1, 28, 28))
    drawn.mask[26, 24:27] = 1
    session.set_trigger(drawn)
    open_folder(qtbot, session, folder, size=20)
    rows, columns = np.nonzero(session.trigger.mask)
    assert set(rows) == {18}
    assert sorted(columns) == [16, 17, 18]
    assert "Your drawing was moved" in said[-1][1]


def test_nothing_changes_while_a_run_goes_on(qtbot, session, jobs, said, folder):
    jobs.endless = True
    session.start_training()
    session.choosing.open_image_folder(folder, DataSettings())
    session.choosing.choose_data(DataSettings(name="fashion-mnist"))
    assert not session.loading.is_busy
    assert "A run is going on" in said[-1][1]
    session.stop()
    qtbot.waitUntil(lambda: session.running is None)


def test_images_that_arrive_during_a_run_wait_for_its_end(qtbot, session, jobs, said, folder):
    jobs.endless = True
    session.choosing.open_image_folder(folder, DataSettings())
    session.start_training()
    settled(qtbot, session)
    assert session.data.name == "mnist"
    assert "animals is here now. Choose it when the run" in said[-1][1]
    session.stop()
    qtbot.waitUntil(lambda: session.running is None)


def test_the_newest_choice_wins(qtbot, session, folder, tmp_path):
    other = folder_of_images(tmp_path / "others", {"a": 3, "b": 3})
    session.choosing.open_image_folder(folder, DataSettings())
    session.choosing.open_image_folder(other, DataSettings())
    settled(qtbot, session)
    qtbot.waitUntil(lambda: session.data.title == "others")


def made_in(folder, path):
    """An experiment on a folder of images, of which no training is left."""
    settings = DataSettings(name="folder", folder=str(folder), size=16)
    read = data.load_job(settings, afresh=True)
    try:
        while True:
            next(read)
    except StopIteration as stop:
        images = stop.value
    experiment = ExperimentSettings(data=settings)
    with store.RunFolder.create(path, experiment, preset("cross-5x5", (3, 16, 16)), images):
        pass
    return path


def test_an_experiment_on_a_folder_opens_with_its_images(qtbot, session, said, folder, tmp_path):
    path = made_in(folder, tmp_path / "made")
    session.choosing.open_experiment(path)
    assert session.data is None
    assert session.shape == (3, 16, 16)
    assert session.class_names == ("cat", "dog", "eel")
    settled(qtbot, session)
    assert session.data.title == "animals"
    assert session.trigger.pixels == preset("cross-5x5", (3, 16, 16)).pixels
    assert said == [("info", f"animals: {few_tests(6)}")]


def test_an_experiment_whose_folder_is_gone_still_opens(qtbot, session, said, folder, tmp_path):
    path = made_in(folder, tmp_path / "made")
    shutil.rmtree(folder)
    data.load("mnist")  # the images of the folder leave memory
    bar = RunBar(session, "train")
    qtbot.addWidget(bar)
    session.choosing.open_experiment(path)
    assert as_read(bar.start_button.toolTip()) == "Loading animals …"
    settled(qtbot, session)
    assert said[-1][0] == "error"
    assert "animals cannot be read" in said[-1][1]
    assert session.data is None
    assert as_read(bar.start_button.toolTip()).startswith("animals is not open")
    session.choosing.new_experiment()
    settled(qtbot, session)
    assert session.data.name == "mnist"


@pytest.mark.parametrize("server", [r"\\there\share", "//there/share"])
def test_a_stranger_s_experiment_calls_no_server(session, said, folder, tmp_path, server):
    path = made_in(folder, tmp_path / "made")
    document = json.loads((path / "experiment.json").read_text())
    document["settings"]["data"]["folder"] = server
    (path / "experiment.json").write_text(json.dumps(document))
    session.choosing.open_experiment(path)
    assert not session.loading.is_busy
    assert "lie on a server" in said[-1][1]


def test_no_class_names_are_mixed_up_when_two_experiments_follow_each_other(
    qtbot, session, folder, tmp_path
):
    path = made_in(folder, tmp_path / "made")
    session.choosing.open_experiment(path)
    session.choosing.new_experiment()
    assert session.class_names == tuple("0123456789")
    settled(qtbot, session)
    assert session.data.name == "mnist"


# The panel.


def test_the_list_says_how_each_data_set_stands(session, tab):
    choice = tab.data_panel.choice
    spoken = {
        choice.itemData(row): choice.itemData(row, Qt.ItemDataRole.AccessibleTextRole)
        for row in range(choice.count())
    }
    assert spoken["mnist"].endswith(", ships with the program")
    assert spoken["cifar10"].endswith(", 170 MB to download")
    assert spoken["folder"] == choice.itemText(choice.findData("folder"))
    assert tab.data_panel.facts.text() == describe(session.data)
    assert "70,000 images of 10 classes, 28 x 28 pixels, grey" in describe(session.data)


def test_a_data_set_that_is_not_here_offers_a_download(qtbot, session, tab):
    panel = tab.data_panel
    panel.choice.setCurrentIndex(panel.choice.findData("cifar10"))
    assert panel.download_button.isVisible()
    assert panel.take_button.isVisible()
    assert not panel.folder_button.isVisible()
    assert panel.facts.text() == "170 MB to download. MNIST stays open."
    assert session.data.name == "mnist"
    panel.choice.setCurrentIndex(panel.choice.findData("mnist"))
    assert not panel.download_button.isVisible()


@pytest.fixture
def kmnist(monkeypatch, session):
    """A KMNIST that downloads when a test lets it, and is a few images of MNIST."""
    few = np.arange(200)
    gate, here = threading.Event(), []

    def download_job(name):
        for step in range(1, 6):
            yield Progress(step, 10, f"{step} of 10 MB")
        while not gate.wait(0.01):
            yield Progress(5, 10, "5 of 10 MB")
        here.append(name)
        return Path()

    def read(_):
        yield Progress(0, 1, "reading")
        if not here:
            raise EngineError("KMNIST is not here.")
        train, test = session.data.train.subset(few), session.data.test.subset(few)
        return DataSet("kmnist", "KMNIST", train, ImageSet(*vars(test).values()))

    source = data.DATA_SOURCES["kmnist"]
    monkeypatch.setattr(data, "download_job", download_job)
    monkeypatch.setitem(
        data.DATA_SOURCES, "kmnist", data.DataSource("KMNIST", source.shape, 10, read)
    )
    return gate


def test_a_download_shows_how_far_it_is_and_opens_what_came(qtbot, session, tab, kmnist):
    panel = tab.data_panel
    panel.choice.setCurrentIndex(panel.choice.findData("kmnist"))
    qtbot.mouseClick(panel.download_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.progress.value() == 50)
    assert panel.facts.text() == "Downloading KMNIST: 5 of 10 MB"
    assert not panel.choice.isEnabled()
    assert not panel.download_button.isVisible()
    kmnist.set()
    qtbot.waitUntil(lambda: session.data.name == "kmnist")
    assert session.settings.data.name == "kmnist"
    qtbot.waitUntil(lambda: panel.facts.text().startswith("400 images of 10 classes"))
    assert not panel.progress.isVisible()


def test_a_download_can_be_cancelled(qtbot, session, tab, kmnist, said):
    panel = tab.data_panel
    panel.choice.setCurrentIndex(panel.choice.findData("kmnist"))
    qtbot.mouseClick(panel.download_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.progress.value() == 50)
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    settled(qtbot, session)
    assert session.data.name == "mnist"
    assert panel.choice.current() == "mnist"
    assert said == []


def test_a_folder_is_chosen_with_its_size(qtbot, session, tab, folder, monkeypatch):
    panel = tab.data_panel
    panel.choice.setCurrentIndex(panel.choice.findData("folder"))
    assert panel.facts.text().startswith("One subfolder of PNG or JPEG pictures for each class.")
    assert panel.form.fields["size"].isVisible()
    panel.form.set_field("size", 24)
    panel.form.set_field("colour", "grey")
    assert not session.loading.is_busy  # there is no folder yet
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    qtbot.mouseClick(panel.folder_button, Qt.MouseButton.LeftButton)
    settled(qtbot, session)
    assert session.shape == (1, 24, 24)
    assert tab.canvas.drawing.shape == (1, 24, 24)
    panel.form.set_field("size", 64)
    settled(qtbot, session)
    assert session.shape == tab.canvas.drawing.shape == (1, 64, 64)
    facts = "30 images of 3 classes, 64 x 64 pixels, grey."
    assert panel.facts.text() == f"{facts} {few_tests(6)}"


def test_files_of_a_data_set_are_asked_for(qtbot, session, tab, said, tmp_path, monkeypatch):
    panel = tab.data_panel
    panel.choice.setCurrentIndex(panel.choice.findData("svhn"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    qtbot.mouseClick(panel.take_button, Qt.MouseButton.LeftButton)
    settled(qtbot, session)
    assert "does not hold SVHN" in said[-1][1]
    assert panel.choice.current() == "svhn"
    assert panel.take_button.isVisible()


def test_the_tab_draws_in_colour_at_64_pixels(qtbot, session, tab, tmp_path):
    folder = folder_of_images(tmp_path / "c", {"a": 8, "b": 8}, size=(70, 70))
    open_folder(qtbot, session, folder, size=64)
    canvas = tab.canvas
    for cell in ((2, 2), (60, 61)):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.position_of(cell))
    qtbot.waitUntil(lambda: session.trigger.pixels == 11)
    assert session.trigger.shape == (3, 64, 64)
    assert tab.preview.clean.shape[1:] == (3, 64, 64)
    open_folder(qtbot, session, folder, size=16, colour="grey")
    assert tab.canvas.drawing.shape == (1, 16, 16)
    tab.grab()


def test_a_session_that_ends_stops_what_is_loading(qtbot, tmp_path, folder):
    opened = Session(tmp_path / "runs")
    opened.choosing.open_image_folder(folder, DataSettings())
    opened.shut_down()
    qtbot.waitUntil(lambda: not opened.is_busy)
    opened.deleteLater()
