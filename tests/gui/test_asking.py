"""Where the dialogs for files begin: all of them at one place."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from gui import asking
from gui.window import MainWindow
from tests.gui import made_up


@pytest.fixture
def asked(monkeypatch):
    """The places at which dialogs began; what is chosen in them is `chosen`."""

    class Asked(list):
        chosen = ""

        def name(self, _parent, _title, place="", pattern=""):
            self.append(place)
            return self.chosen, pattern.partition(";;")[0]

        def folder(self, _parent, _title, place=""):
            self.append(place)
            return self.chosen

    asked = Asked()
    for dialog in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, dialog, asked.name)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", asked.folder)
    return asked


@pytest.fixture
def window(session, qtbot):
    shown = MainWindow(session)
    qtbot.addWidget(shown)
    shown.complete()
    session.model = made_up.model()
    made_up.finish_scan(session, made_up.detection())
    return shown


def ask_for_all(window):
    """Every export and import, in order; the first four are of folders or of files to read."""
    actions, panel = window.detection_tab.buttons, window.attack_tab.data_panel
    commands = window.commands
    actions.masks_button.click()
    panel.folder_button.click()
    panel.take_button.click()
    commands.import_trigger()
    for ask in (
        actions.numbers_button.click, commands.export_poisoned, commands.export_trigger,
        commands.ask_save_model, commands.ask_onnx, commands.ask_report,
    ):  # fmt: skip
        ask()


NAMES = (
    "detection.safetensors", "poisoned-set", "trigger.png", "model.safetensors", "model.onnx",
    "report.html",
)  # fmt: skip


def expected(folder):
    return [str(folder)] * 4 + [str(folder / name) for name in NAMES]


def test_they_begin_in_the_folder_of_the_experiment(window, session, asked, tmp_path):
    session.folder = tmp_path
    ask_for_all(window)
    assert asked == expected(tmp_path)


def test_without_an_experiment_they_begin_at_home(window, asked):
    ask_for_all(window)
    assert asked == expected(Path.home())


def test_or_in_the_folder_that_was_used_last(window, session, asked, tmp_path):
    used = tmp_path / "used"
    used.mkdir()
    asked.chosen = str(used / "mine")
    window.commands.export_trigger()
    assert (used / "mine.png").is_file()
    asked.clear()
    asked.chosen = ""
    ask_for_all(window)
    assert asked == expected(used)
    used.rename(tmp_path / "gone")
    assert asking.start_folder(session) == Path.home()


def test_a_name_that_is_taken_is_not_proposed(window, session, asked, tmp_path):
    """A run writes its report itself; the page for others shall not replace it unasked."""
    session.folder = tmp_path
    for name in ("report.html", "report-2.html", "poisoned-set"):
        (tmp_path / name).touch()
    window.commands.ask_report()
    window.commands.export_poisoned()
    assert asked == [str(tmp_path / "report-3.html"), str(tmp_path / "poisoned-set-2")]


def test_a_name_gets_the_ending_of_the_filter_unless_it_has_one(window, session, asked, tmp_path):
    filters = "Everything (*.safetensors);;Table (*.csv)"
    for chosen, name in (("a", "a.safetensors"), ("a.b", "a.b.safetensors"), ("a.csv", "a.csv")):
        asked.chosen = str(tmp_path / chosen)
        path = asking.file_to_write(window, session, "Write", "x", filters)
        assert path == tmp_path / name
    path = asking.file_to_write(window, session, "Write", "x", "A folder (*);;A file (*.csv)")
    assert path == tmp_path / "a.csv"
    asked.chosen = str(tmp_path / "set.1")
    path = asking.file_to_write(window, session, "Write", "x", "A folder (*);;A file (*.csv)")
    assert path == tmp_path / "set.1"
