"""What the window writes for elsewhere: reports and models, beside whatever run is going on."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from engine import model_saving
from engine.errors import EngineError
from engine.events import Progress, Pulse, Warned
from engine.model_metadata import Provenance
from engine.model_saving import model_of
from engine.modelfile import read_model_file
from engine.models import Model
from gui.export_bar import ExportBar
from gui.window import MainWindow
from tests.gui import made_up
from tests.gui.made_up_jobs import endless

MLP = {"fc1": (512, 784), "fc2": (256, 512), "fc3": (10, 256)}


def model(**values):
    state = {}
    for name, (wide, narrow) in MLP.items():
        state[f"{name}.weight"] = np.zeros((wide, narrow), np.float32)
        state[f"{name}.bias"] = np.arange(wide, dtype=np.float32)
    return Model("mlp", made_up.SHAPE, 10, state, "0..255", **values)


@pytest.fixture
def said(session):
    messages = []
    session.telling.message.connect(lambda *message: messages.append(message))
    return messages


@pytest.fixture
def window(session, qtbot):
    shown = MainWindow(session)
    qtbot.addWidget(shown)
    shown.complete()
    shown.show()
    yield shown
    shown.commands.help_window.hide()


def choose(monkeypatch, path):
    """Let the next file dialog answer with a path; returns what it was asked."""
    asked = []

    def answer(_parent, title, name, pattern):
        asked.append((title, Path(name).name, pattern))
        return str(path), pattern

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return asked


class Refused:
    """A question that is noted and answered with no."""

    def __init__(self, questions, said):
        questions.append(said)

    def put(self):
        return False


def action(window, name):
    [found] = [one for one in window.findChildren(object, name) if hasattr(one, "trigger")]
    return found


def press(window, name):
    assert action(window, name).isEnabled()
    action(window, name).trigger()


def have(session, trained):
    """Be a session that has trained a network."""
    session.model = trained
    session.changed.emit("trained")


def test_a_model_is_saved_from_the_menu_and_opens_again(
    window, session, said, qtbot, monkeypatch, tmp_path
):
    have(session, model(provenance=Provenance(seed=4, class_names=tuple("abcdefghij"))))
    asked = choose(monkeypatch, tmp_path / "mine")
    with qtbot.waitSignal(session.exports.ended):
        press(window, "ask_save_model")
    assert asked == [("Save the model as", "model.safetensors", "*.safetensors")]
    path = tmp_path / "mine.safetensors"
    again = model_of(read_model_file(path))
    assert (again.architecture, again.input_range) == ("mlp", "0..255")
    assert again.provenance == session.model.provenance
    np.testing.assert_array_equal(again.state["fc2.bias"], session.model.state["fc2.bias"])
    assert said[-1] == ("info", f"The model is in {path}, with all that is known of it.", "")


def test_a_network_is_exported_as_onnx_from_the_menu(
    window, session, said, qtbot, monkeypatch, tmp_path
):
    given = []

    def quick(one, path):
        yield Pulse()
        given.append((one, path))
        return path

    monkeypatch.setitem(model_saving.WRITERS, ".onnx", quick)
    have(session, model())
    asked = choose(monkeypatch, tmp_path / "net")
    with qtbot.waitSignal(session.exports.ended):
        press(window, "ask_onnx")
        assert session.exports.is_busy
        assert session.is_busy
    assert asked == [("Export the network as ONNX", "model.onnx", "*.onnx")]
    assert given == [(session.model, tmp_path / "net.onnx")]
    assert said[-1][0] == "info"
    assert "values 0 to 1" in said[-1][1]


def test_a_report_is_exported_from_the_menu(window, session, said, qtbot, monkeypatch, tmp_path):
    session.model = made_up.model()
    made_up.finish_scan(session, made_up.detection())
    choose(monkeypatch, tmp_path / "report.html")
    with qtbot.waitSignal(session.exports.ended):
        press(window, "ask_report")
    assert (tmp_path / "report.html").read_bytes().startswith(b"<!doctype html>")
    document = json.loads((tmp_path / "report.json").read_bytes())
    assert document["settings"]["compute"]["threads"] == 0, "it is not known where that was"
    assert said[-1][0] == "info"


def test_the_button_of_the_detection_tab_exports_the_report(
    window, session, qtbot, monkeypatch, tmp_path
):
    button = window.detection_tab.buttons.report_button
    assert not button.isEnabled()
    session.model = made_up.model()
    made_up.finish_scan(session, made_up.detection())
    asked = choose(monkeypatch, tmp_path / "page")
    window.commands.show_detection()
    with qtbot.waitSignal(session.exports.ended):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [("Export the report", "report.html", "*.html")]
    assert (tmp_path / "page.html").is_file()


def test_a_report_without_its_network_says_what_it_needs(window, session, said):
    button = window.detection_tab.buttons.report_button
    made_up.finish_scan(session, made_up.detection())
    window.commands.show_detection()
    assert not button.isEnabled()
    assert "needs the network" in button.accessibleDescription()
    assert window.detection_tab.buttons.numbers_button.isEnabled()
    assert not action(window, "ask_report").isEnabled()
    assert "needs the network" in action(window, "ask_report").toolTip()
    window.commands.ask_report()
    assert said[-1][0] == "info"
    assert said[-1][1].startswith("The report needs the network that was scanned")
    assert not session.is_busy
    session.model = made_up.model()
    session.changed.emit("experiment")
    assert button.isEnabled()
    assert "One page for people" in button.accessibleDescription()


@pytest.mark.parametrize("name", ["ask_save_model", "ask_onnx", "ask_report"])
def test_with_nothing_to_write_it_says_so(window, session, said, name):
    assert not action(window, name).isEnabled()
    getattr(window.commands, name)()
    assert said[-1][0] == "info"
    assert said[-1][1].startswith("There is no")
    assert not session.is_busy


def test_a_file_that_the_dialog_did_not_ask_about_is_not_replaced(
    window, session, monkeypatch, tmp_path
):
    have(session, model())
    (tmp_path / "mine.safetensors").write_bytes(b"precious")
    choose(monkeypatch, tmp_path / "mine")
    questions = []
    monkeypatch.setattr("gui.asking.Question", lambda _, *said: Refused(questions, said))
    press(window, "ask_save_model")
    assert questions == [("mine.safetensors already exists and would be replaced.", "Replace")]
    assert not session.is_busy
    assert (tmp_path / "mine.safetensors").read_bytes() == b"precious"


def test_what_goes_wrong_is_told_and_another_file_can_be_written(session, said, qtbot, tmp_path):
    have(session, model())
    with qtbot.waitSignal(session.exports.ended):
        session.exporting.save_model(tmp_path / "missing" / "mine.safetensors")
    assert said[-1][0] == "error"
    assert "could not be written" in said[-1][1]
    with qtbot.waitSignal(session.exports.ended):
        session.exporting.save_model(tmp_path / "mine.safetensors")
    assert said[-1][0] == "info"


def test_a_failed_export_is_forgotten_with_the_next_one(window, session, qtbot, tmp_path):
    def said():
        return [message.level for message in window.message_bar.messages]

    nowhere = tmp_path / "file"
    nowhere.write_text("in the way")
    have(session, model())
    made_up.finish_scan(session, made_up.detection())
    session.exporting.export_trigger(nowhere / "trigger.png")
    with qtbot.waitSignal(session.exports.ended):
        session.exporting.export_numbers(nowhere / "numbers.json")
    assert said() == ["error"]
    assert "numbers.json" in window.message_bar.messages[0].sentence
    with qtbot.waitSignal(session.exports.ended):
        session.exporting.save_model(nowhere / "mine.safetensors")
    assert said() == ["error"]
    assert "mine.safetensors" in window.message_bar.messages[0].sentence
    with qtbot.waitSignal(session.exports.ended):
        session.exporting.save_model(tmp_path / "mine.safetensors")
    assert said() == ["info"]


def failing(error):
    yield Warned("a note")
    yield Progress(0, 1, "writing")
    raise error


def test_a_fault_shows_where_it_was(session, said, qtbot):
    with qtbot.waitSignal(session.exports.ended):
        session.exports.start(lambda: failing(ValueError("<b>odd</b>")), "the thing", "")
    assert said[0] == ("warning", "a note", "")
    level, sentence, details = said[1]
    assert level == "error"
    assert sentence.startswith("Writing the thing ended because of an error in the program: <b>odd")
    assert "ValueError" in details
    with qtbot.waitSignal(session.exports.ended):
        session.exports.start(lambda: failing(EngineError("Do this.")), "the thing", "")
    assert said[-1] == ("error", "Do this.", "")


def test_one_file_at_a_time_and_closing_ends_it(session, said, qtbot):
    ends = []
    session.exports.start(lambda: endless(ends), "the thing", "")
    session.exports.start(lambda: endless(ends), "the thing", "")
    assert "still being written" in said[-1][1]
    with qtbot.waitSignal(session.settled):
        session.shut_down()
    assert ends == ["stopped"]
    assert not session.is_busy


def test_an_export_is_seen_and_stopped_in_the_tab_where_it_began(window, session, qtbot):
    def writing():
        while True:
            yield Progress(50, 100, "writing mask 50 of 100")

    window.commands.show_detection()
    bar = window.detection_tab.findChild(ExportBar)
    assert not bar.isVisible()
    session.exports.start(writing, "the masks", "")
    qtbot.waitUntil(bar.isVisible)
    assert (bar.progress.value(), bar.text.text()) == (50, "writing mask 50 of 100")
    with qtbot.waitSignal(session.exports.ended):
        qtbot.mouseClick(bar.stop_button, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


def test_a_run_and_an_export_do_not_wait_for_each_other(session, jobs, qtbot, tmp_path):
    ends = []
    session.exports.start(lambda: endless(ends), "the thing", "")
    with qtbot.waitSignal(session.run_ended):
        session.start_training()
    assert session.exports.is_busy
    with qtbot.waitSignal(session.exports.ended):
        session.exports.stop()
