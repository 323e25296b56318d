"""The window as a person has it: menus, tabs, messages, start, stop and close."""

import re
import sys
import threading

import pytest
from PySide6.QtCore import (
    QByteArray,
    QMimeData,
    QPoint,
    QPointF,
    QSettings,
    QSize,
    Qt,
    QTimer,
    QUrl,
)
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication, QIcon
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QMessageBox, QWidget

from engine.events import Pulse, Warned
from engine.settings import TrainSettings
from engine.triggers import Trigger
from gui import app as gui_app
from gui import possible, recent_words, theme
from gui.commands import ATTACK, DETECTION, TRAINING
from gui.ending import end_with_session
from gui.first_look import LOOK
from gui.menus import RECENT_KEY
from gui.questions import DrawingQuestion, Question, losses
from gui.session import Session
from gui.telling import RUNNING
from gui.widgets.image_grid import ImageGrid
from gui.widgets.live_text import LiveText
from gui.widgets.long_words import without_breaks
from gui.widgets.pair_map_chart import PairMapChart
from gui.window import GEOMETRY_KEY, MainWindow
from tests.engine.pictures_made import folder_of_images
from tests.gui import made_up
from tests.gui.made_up_jobs import endless


@pytest.fixture
def window(qtbot, session, jobs):
    """The whole window, on the screen, with jobs of milliseconds."""
    shown = open_window(qtbot, session)
    yield shown
    shown.commands.reset_layout()


@pytest.fixture
def answers(monkeypatch):
    """Questions asked, and the answer they get."""

    class Answers(list):
        answer = True

        def ask_to_stop(self, *_):
            return self.ask("stop")

        def ask_about_drawing(self, *_):
            return self.ask("drawing")

        def ask(self, question):
            self.append(question)
            return self.answer

    answers = Answers()
    monkeypatch.setattr(MainWindow, "ask_about_drawing", answers.ask_about_drawing)
    monkeypatch.setattr(MainWindow, "ask_to_stop", answers.ask_to_stop)
    return answers


def open_window(qtbot, session):
    shown = MainWindow(session)
    qtbot.addWidget(shown, before_close_func=settle(qtbot, session))
    with qtbot.waitSignal(shown.painted):
        shown.show()
    shown.complete()
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    return shown


def settle(qtbot, session):
    """Nothing may ask or run while pytest-qt closes the window."""

    def end(_):
        session.shut_down()
        qtbot.waitUntil(lambda: not session.is_busy)
        if session.has_unsaved_drawing:
            session.choosing.new_experiment()

    return end


def click(qtbot, button):
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.ControlModifier):
    qtbot.keyClick(window.focusWidget() or window, key, modifier)


def texts(window):
    return [message.sentence for message in window.message_bar.messages]


def train(qtbot, window, session):
    window.tabs.setCurrentIndex(TRAINING)
    with qtbot.waitSignal(session.run_ended):
        click(qtbot, window.training_tab.run_bar.start_button)


def scan(qtbot, window, session):
    window.tabs.setCurrentIndex(DETECTION)
    with qtbot.waitSignal(session.run_ended):
        click(qtbot, window.detection_tab.run_bar.start_button)


def test_the_three_tabs_by_key(qtbot, window):
    for key, index in ((Qt.Key.Key_2, TRAINING), (Qt.Key.Key_3, DETECTION), (Qt.Key.Key_1, ATTACK)):
        press(qtbot, window, key)
        assert window.tabs.currentIndex() == index
    assert window.attack_tab.isVisible()
    assert not window.training_tab.isVisible()


def test_the_tabs_tell_the_story(qtbot, window, session):
    assert window.tabs.tabText(ATTACK).startswith("1 Attack")
    assert window.tabs.tabText(TRAINING) == "2 Training"
    assert "nothing here yet" in window.tabs.tabToolTip(DETECTION)
    train(qtbot, window, session)
    assert "99.1 %" in window.tabs.tabText(TRAINING)
    assert "done" in window.tabs.tabToolTip(TRAINING)
    assert "ready" in window.tabs.tabToolTip(DETECTION)
    scan(qtbot, window, session)
    assert "class 0" in window.tabs.tabText(DETECTION)
    assert "done" in window.tabs.tabToolTip(DETECTION)


def test_a_tab_keeps_its_width_while_only_figures_change(window):
    tabs, bar = window.tabs, window.tabs.tabBar()

    def width(story):
        tabs.set_story(TRAINING, "running", story)
        return bar.tabSizeHint(TRAINING).width()

    widest = width("99.1 % / 99.96 %")
    assert width("9 % / 8 %") == widest
    assert width("running") < widest, "other words are another story"


def test_a_run_is_seen_in_bar_and_tab(qtbot, window, session, jobs):
    jobs.endless = True
    window.tabs.setCurrentIndex(TRAINING)
    bar = window.training_tab.run_bar
    assert not bar.stop_button.isEnabled()
    click(qtbot, bar.start_button)
    assert not bar.start_button.isEnabled()
    assert "running" in window.tabs.tabToolTip(TRAINING)
    qtbot.waitUntil(lambda: bar.progress.value() == 50)
    assert bar.text.text() == "half way · 14,900 images/s · 7 s left"
    click(qtbot, bar.pause_button)
    assert bar.pause_button.text() == "Resume"
    assert "Paused" in bar.text.text()
    click(qtbot, bar.pause_button)
    assert bar.pause_button.text() == "Pause"
    with qtbot.waitSignal(session.run_ended):
        click(qtbot, bar.stop_button)
        assert "Stopping" in bar.text.text()
        assert not bar.stop_button.isEnabled()
    assert "Stopped" in bar.text.text()
    assert bar.start_button.isEnabled()


def test_the_bar_of_the_other_tab_waits(qtbot, window, session, jobs):
    train(qtbot, window, session)
    jobs.endless = True
    window.tabs.setCurrentIndex(DETECTION)
    click(qtbot, window.detection_tab.run_bar.start_button)
    bar = window.training_tab.run_bar
    assert not bar.start_button.isEnabled()
    assert "scan is running" in bar.start_button.toolTip()
    assert not bar.stop_button.isEnabled()


def test_start_pause_and_stop_by_key(qtbot, window, session, jobs):
    jobs.endless = True
    press(qtbot, window, Qt.Key.Key_R)  # in the first tab it leads to the training
    assert window.tabs.currentIndex() == TRAINING
    assert session.running == "train"
    press(qtbot, window, Qt.Key.Key_P)
    assert session.is_paused
    press(qtbot, window, Qt.Key.Key_P)
    assert not session.is_paused
    with qtbot.waitSignal(session.run_ended):
        press(qtbot, window, Qt.Key.Key_Period)


def test_a_number_still_being_typed_counts_at_the_start(qtbot, window, session, jobs):
    window.tabs.setCurrentIndex(TRAINING)
    field = window.training_tab.train_form.fields["epochs"]
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "7")
    with qtbot.waitSignal(session.run_ended):
        press(qtbot, window, Qt.Key.Key_R)
    assert jobs.trained_with[0][0].train.epochs == 7


def test_next_leads_to_the_training(qtbot, window):
    click(qtbot, window.attack_tab.next_button)
    assert window.tabs.currentIndex() == TRAINING


def test_try_it_goes_through_all_three_tabs(qtbot, window, session, jobs):
    session.set_group(TrainSettings(epochs=9))
    seen = []
    window.tabs.currentChanged.connect(seen.append)
    window.tabs.setCurrentIndex(DETECTION)
    click(qtbot, window.try_button)
    assert window.tabs.currentIndex() == ATTACK
    assert session.settings.train == TrainSettings()
    qtbot.waitUntil(lambda: session.detection is not None and session.running is None)
    assert seen == [DETECTION, ATTACK, TRAINING, DETECTION]
    assert window.detection_tab.isVisible()
    assert jobs.trained_with[0][0].train == TrainSettings()


def test_try_it_asks_before_a_drawing_is_lost(qtbot, window, session, answers):
    session.set_trigger(made_up.patch(3, 4))
    answers.answer = False
    click(qtbot, window.try_button)
    assert "drawing" in answers[0]
    assert session.running is None
    assert session.trigger.mask[3, 4] == 1


def test_try_it_says_where_what_was_open_is(qtbot, window, session):
    train(qtbot, window, session)
    folder = session.folder
    click(qtbot, window.try_button)
    [said] = texts(window)
    recent = window.commands.recent_menu
    recent.aboutToShow.emit()
    [action] = recent.actions()
    assert action.data() == str(folder)
    assert said.endswith(f"Open recent, {action.text().split(' · ')[0]}.")


@pytest.fixture
def saved(qtbot, window, session):
    """The folder of an experiment; another one is open."""
    train(qtbot, window, session)
    folder = session.folder
    session.choosing.new_experiment()
    return folder


@pytest.mark.parametrize("doing", ["open", "draw", "set", "run"])
def test_what_is_done_during_the_first_look_is_not_replaced(
    qtbot, window, session, jobs, saved, doing
):
    click(qtbot, window.try_button)
    waiting = window.commands.first_look._timer
    assert waiting.isActive()
    if doing == "open":
        window.commands.open_folder(saved)
    elif doing == "draw":
        session.set_trigger(made_up.patch(3, 4))
    elif doing == "set":
        session.set_group(TrainSettings(epochs=9))
    else:
        with qtbot.waitSignal(session.run_ended):
            session.start_training()
    assert not waiting.isActive()
    said = any("Try it was called off" in text for text in texts(window))
    assert said == (doing != "run")
    assert LOOK not in texts(window)
    assert len(jobs.trained_with) == 1 + (doing == "run")


def test_the_first_look_ends_with_the_window(qtbot, window, session, jobs):
    click(qtbot, window.try_button)
    window.close()
    assert not window.commands.first_look._timer.isActive()


def test_try_it_can_be_pressed_again_during_the_first_look(qtbot, window, session, jobs):
    click(qtbot, window.try_button)
    click(qtbot, window.try_button)
    assert texts(window) == [LOOK], "at once, and once"
    qtbot.waitUntil(lambda: session.detection is not None and session.running is None)
    assert len(jobs.trained_with) == 1


def test_a_failure_is_told_with_details_that_can_be_copied(qtbot, window, session, jobs):
    jobs.error = RuntimeError("out of memory")
    train(qtbot, window, session)
    [message] = window.message_bar.messages
    assert "out of memory" in message.sentence
    assert message.label.textFormat() == Qt.TextFormat.PlainText
    view = message.details_view
    assert not view.isVisible()
    click(qtbot, message.details_button)
    assert view.isVisible()
    assert "RuntimeError: out of memory" in view.text.toPlainText()
    click(qtbot, view.copy_button)
    assert "Traceback" in QGuiApplication.clipboard().text()
    assert message.sentence in QGuiApplication.clipboard().text()
    qtbot.keyClick(view.copy_button, Qt.Key.Key_Escape)
    assert not view.isVisible()
    click(qtbot, message.close_button)
    assert not window.message_bar.isVisible()
    jobs.error = None
    train(qtbot, window, session)
    assert session.trained is not None
    assert texts(window) == []


def test_messages_go_with_the_next_run_and_news_with_the_next_message(qtbot, window, session):
    session.telling.message.emit("error", "An error.", "")
    session.telling.inform("Some news.")
    session.telling.message.emit("warning", "A warning.", "")
    assert texts(window) == ["An error.", "A warning."]
    session.telling.message.emit("error", "An error.", "")
    assert texts(window) == ["A warning.", "An error."]
    session.telling.message.emit("warning", "Another warning.", "")
    assert texts(window) == ["An error.", "Another warning."]
    for number in range(5):
        session.telling.message.emit("error", f"Error {number}.", "")
    assert texts(window) == ["Error 3.", "Error 4."]
    train(qtbot, window, session)
    assert texts(window) == []


EMPTY = Warned("The trigger is empty.", of_trigger=True)


def warn_and_stop(qtbot, session, jobs, *warnings):
    """Train until it is stopped, with these warnings on the way."""
    jobs.endless = True
    session.start_training()
    session._on_events(list(warnings))
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_warnings_go_with_a_run_that_leaves_nothing(qtbot, window, session, jobs):
    jobs.keeps = False
    session.set_trigger(Trigger.empty(session.shape))
    warn_and_stop(qtbot, session, jobs, EMPTY, Warned("A note."))
    assert texts(window) == []


def test_a_warning_of_the_trigger_goes_when_there_is_one_again(qtbot, window, session, jobs):
    drawn = session.trigger
    session.set_trigger(Trigger.empty(session.shape))
    warn_and_stop(qtbot, session, jobs, EMPTY, Warned("A note."))
    assert texts(window) == ["The trigger is empty.", "A note."], "the network is kept"
    session.set_trigger(drawn)
    assert texts(window) == ["A note."]


def test_a_new_experiment_and_an_opened_one_have_no_messages(qtbot, window, session, jobs):
    warn_and_stop(qtbot, session, jobs, Warned("A note."))
    folder = session.folder
    session.telling.message.emit("error", "An error.", "")
    window.commands.new_experiment()
    assert texts(window) == []
    session.telling.message.emit("error", "An error.", "")
    window.commands.open_folder(folder)
    assert session.folder == folder
    assert texts(window) == []


def test_a_new_experiment_that_is_refused_takes_nothing_back(qtbot, window, session, jobs):
    jobs.endless = True
    session.start_training()
    session._on_events([Warned("A note.")])
    window.commands.new_experiment()
    assert texts(window)[0] == "A note."
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_the_forms_of_all_tabs_begin_at_one_left_edge(qtbot, window):
    edges = []
    for index, form in enumerate(
        (window.attack_tab.attack_form, window.training_tab.forms, window.detection_tab.network)
    ):
        window.tabs.setCurrentIndex(index)
        qtbot.waitUntil(form.isVisible)
        edges.append(form.mapTo(window, QPoint(0, 0)).x())
    assert edges == [theme.MARGIN] * 3


@pytest.mark.parametrize("index", [TRAINING, DETECTION])
def test_pause_and_resume_take_the_same_room(qtbot, window, session, jobs, index):
    window.tabs.setCurrentIndex(index)
    bar = window.run_bar
    jobs.endless = True
    session.model = made_up.model()
    (session.start_scan if index == DETECTION else session.start_training)()
    qtbot.waitUntil(bar.pause_button.isEnabled)
    places = []
    for toggle in (lambda: None, session.toggle_pause, session.toggle_pause):
        toggle()
        bar.layout().activate()
        places.append((bar.pause_button.text(), bar.stop_button.x(), bar.progress.x()))
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert [text for text, *_ in places] == ["Pause", "Resume", "Pause"]
    assert len({tuple(rest) for _, *rest in places}) == 1


def test_messages_follow_to_the_tab_in_front(qtbot, window, session):
    session.telling.message.emit("error", "An error.", "")
    for index in (TRAINING, DETECTION, ATTACK):
        window.tabs.setCurrentIndex(index)
        qtbot.waitUntil(window.message_bar.isVisible)
        assert texts(window) == ["An error."]


def test_text_of_a_message_is_never_markup(window, session):
    session.telling.message.emit("error", "<b>bold</b> & <img src='x'>", "")
    [message] = window.message_bar.messages
    assert message.label.textFormat() == Qt.TextFormat.PlainText
    assert message.label.text() == "<b>bold</b> & <img src='x'>"


def test_an_error_in_a_slot_is_shown_and_logged(qtbot, window, session, monkeypatch, caplog):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    gui_app.catch_errors(session)
    try:
        raise ValueError("a slip in the window")
    except ValueError:
        sys.excepthook(*sys.exc_info())
    assert "a slip in the window" in texts(window)[0]
    assert "Traceback" in window.message_bar.messages[0].details
    assert "a slip in the window" in caplog.text
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    assert "division by zero" in caplog.text


def test_an_experiment_is_opened_by_menu_and_listed_as_recent(qtbot, window, session, monkeypatch):
    train(qtbot, window, session)
    scan(qtbot, window, session)
    folder = session.folder
    press(qtbot, window, Qt.Key.Key_N)
    assert session.folder is None
    assert window.tabs.tabText(TRAINING) == "2 Training"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    press(qtbot, window, Qt.Key.Key_O)
    assert session.folder == folder
    assert window.tabs.currentIndex() == DETECTION
    assert window.windowTitle().startswith(folder.name)
    recent = window.commands.recent_menu
    recent.aboutToShow.emit()
    [action] = recent.actions()
    assert action.text().startswith(f"{recent_words.when(folder.name)} · MNIST · badnet, 9 px → 0")
    assert action.text().endswith(" · Standard: class 0 suspicious")
    assert folder.name in without_breaks(action.toolTip())
    session.choosing.new_experiment()
    recent.actions()[0].trigger()
    assert session.folder == folder


def test_a_folder_that_is_gone_is_no_longer_recent(qtbot, window, session):
    train(qtbot, window, session)
    (session.folder / "experiment.json").unlink()
    recent = window.commands.recent_menu
    recent.aboutToShow.emit()
    [action] = recent.actions()
    assert not action.isEnabled()


def test_a_broken_settings_file_does_not_keep_the_window_from_opening(qtbot, session, jobs):
    QSettings().setValue(GEOMETRY_KEY, "hello")
    QSettings().setValue(RECENT_KEY, QByteArray(b"abc"))
    window = open_window(qtbot, session)
    assert window.isVisible()
    recent = window.commands.recent_menu
    recent.aboutToShow.emit()
    assert not recent.actions()[0].isEnabled()
    train(qtbot, window, session)
    recent.aboutToShow.emit()
    assert recent.actions()[0].data() == str(session.folder)


def test_the_list_of_recent_ones_is_read_when_it_opens(qtbot, session, jobs, monkeypatch):
    read = []
    monkeypatch.setattr(recent_words, "line", lambda folder: read.append(folder) or folder.name)
    window = open_window(qtbot, session)
    train(qtbot, window, session)
    assert read == []
    window.commands.recent_menu.aboutToShow.emit()
    assert read == [session.folder]


def test_dropping_an_experiment_opens_it(qtbot, window, session, tmp_path):
    train(qtbot, window, session)
    folder = session.folder
    session.choosing.new_experiment()
    drop(window, folder / "experiment.json")
    assert session.folder == folder
    (tmp_path / "picture.png").touch()
    assert not drop(window, tmp_path / "picture.png")
    assert session.folder == folder


def test_dropping_a_folder_of_images_opens_it(qtbot, window, session, tmp_path):
    window.tabs.setCurrentIndex(TRAINING)
    drop(window, folder_of_images(tmp_path / "animals", {"cat": 5, "dog": 5}))
    qtbot.waitUntil(lambda: session.data.title == "animals", timeout=20_000)
    assert window.tabs.currentIndex() == ATTACK
    assert "animals" in window.place_label.text()
    assert session.shape == (3, 32, 32)


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where, buttons = QPointF(20, 20), Qt.MouseButton.LeftButton
    keys, action = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(20, 20), action, data, buttons, keys)
    enter.ignore()
    window.dragEnterEvent(enter)
    if enter.isAccepted():
        window.dropEvent(QDropEvent(where, action, data, buttons, keys))
    return enter.isAccepted()


def test_a_damaged_experiment_is_one_sentence(qtbot, window, session, tmp_path):
    (tmp_path / "experiment.json").write_text("{")
    drop(window, tmp_path)
    assert session.folder is None
    assert len(texts(window)) == 1
    assert window.tabs.currentIndex() == ATTACK


def test_save_as_and_exports_from_the_menu(qtbot, window, session, monkeypatch, tmp_path):
    train(qtbot, window, session)
    scan(qtbot, window, session)
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "copy"), "")
    )
    trigger_menu(window, "ask_save")
    assert (tmp_path / "copy" / "experiment.json").is_file()
    assert window.windowTitle().startswith("copy ")
    assert window.commands.recent_menu.folders()[0] == tmp_path / "copy"
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_, **__: str(tmp_path / "masks")
    )
    with qtbot.waitSignal(session.exports.ended):
        trigger_menu(window, "export_masks")
    assert len(list((tmp_path / "masks").glob("*.png"))) == 10
    name = str(tmp_path / "numbers.json"), "JSON (*.json)"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: name)
    with qtbot.waitSignal(session.exports.ended):
        trigger_menu(window, "export_numbers")
    assert (tmp_path / "numbers.json").is_file()


def trigger_menu(window, slot):
    window.findChild(QAction, slot).trigger()


def test_trigger_png_from_the_menu(window, session, monkeypatch, tmp_path):
    session.set_trigger(made_up.patch(3, 4))
    name = str(tmp_path / "trigger.png"), ""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: name)
    assert session.has_unsaved_drawing
    trigger_menu(window, "export_trigger")
    assert not session.has_unsaved_drawing
    session.choosing.new_experiment()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: name)
    trigger_menu(window, "import_trigger")
    assert window.attack_tab.canvas.trigger().mask[3, 4] == 1


def test_undo_in_the_edit_menu_is_that_of_the_canvas(qtbot, window, session):
    window.attack_tab.panel.preset_chosen.emit("checkerboard-5x5")
    qtbot.waitUntil(lambda: session.trigger.mask_l1 != 9)
    window.attack_tab.undo_action.trigger()
    qtbot.waitUntil(lambda: session.trigger.mask_l1 == 9)
    edit = next(menu for menu in window.menuBar().actions() if menu.text() == "&Edit").menu()
    assert window.attack_tab.undo_action in edit.actions()


def test_every_line_of_the_menus_has_a_tooltip_and_no_key_is_taken_twice(window):
    keys = {}
    for action in window.findChildren(QAction):
        if action.objectName() and hasattr(window.commands, action.objectName()):
            assert action.toolTip() not in ("", action.text())
        key = action.shortcut().toString()
        if key:
            assert keys.setdefault(key, action.text()) == action.text(), key


def test_help_explains_the_tab_in_front(qtbot, window):
    for index, word in ((ATTACK, "trigger"), (TRAINING, "sham rate"), (DETECTION, "anomaly")):
        window.tabs.setCurrentIndex(index)
        window.activateWindow()
        trigger_menu(window, "explain")
        assert word.lower() in window.commands.help_window.text.toPlainText().lower()
    trigger_menu(window, "show_keys")
    listed = window.commands.help_window.text.toPlainText()
    for keys in ("Ctrl+R", "Ctrl+1", "F1", "Ctrl+Z"):
        assert keys in listed
    titles = ["File", "Edit", "View", "Run", "Canvas", "Help"]
    lines = [line for line in listed.splitlines() if line in titles]
    assert lines == titles, "menu by menu"
    parts = re.split("^(?:" + "|".join(titles) + ")$", listed, flags=re.MULTILINE)[1:]
    assert [part.count("Ctrl+Z") for part in parts] == [0, 1, 0, 0, 0, 0]
    assert "Pencil" in parts[4]
    assert "Ctrl+N" in parts[0]


def test_every_line_of_the_edit_menu_has_a_letter_of_its_own(window):
    edit = next(one.menu() for one in window.menuBar().actions() if one.text() == "&Edit")
    letters = [re.search("&(.)", action.text())[1].lower() for action in edit.actions()]
    assert len(set(letters)) == len(letters) == 7
    for action in edit.actions():
        assert "&" not in action.toolTip()
    trigger_menu(window, "show_about")
    assert "Backdoor Studio" in window.commands.help_window.text.toPlainText()


def test_the_theme_is_changed_in_the_menu_and_remembered(qtbot, window):
    def choose(scheme):
        for action in window.commands.scheme_menu.actions():
            if action.data() == scheme:
                action.trigger()

    try:
        choose("dark")
        assert theme.is_dark()
        assert window.grab().toImage().pixelColor(5, 300).lightness() < 80
        assert QSettings().value("scheme") == "dark"
    finally:
        choose("light")
    assert window.grab().toImage().pixelColor(5, 300).lightness() > 200


def test_the_window_remembers_its_place(qtbot, window, session):
    before = window.height()
    window.resize(window.width(), before - 90)  # the virtual screen is too narrow for widths
    window.close()
    again = open_window(qtbot, session)
    assert again.height() == before - 90
    again.commands.reset_layout()
    qtbot.waitUntil(lambda: again.height() == before)


@pytest.mark.parametrize("size", [(1280, 800), (1280, 720), (1024, 640)])
def test_nothing_needs_more_room_than_the_window_has(qtbot, window, session, size):
    window.resize(*size)
    train(qtbot, window, session)
    scan(qtbot, window, session)
    for index in (ATTACK, TRAINING, DETECTION):
        window.tabs.setCurrentIndex(index)
        assert (window.width(), window.height()) == size
        needed = window.minimumSizeHint()
        assert needed.width() <= size[0], index
        assert needed.height() <= size[1], index


def test_closing_while_a_run_goes_asks_stops_and_closes(qtbot, window, session, jobs, answers):
    jobs.endless = True
    window.tabs.setCurrentIndex(TRAINING)
    click(qtbot, window.training_tab.run_bar.start_button)
    answers.answer = False
    window.close()
    assert window.isVisible()
    assert session.running == "train"
    answers.answer = True
    jobs.gate.clear()  # the step it is in takes its time
    with qtbot.waitSignal(window.closed):
        window.close()
        assert window.isVisible()
        assert "Stopping" in texts(window)[-1]
        window.close()  # impatience changes nothing
        jobs.gate.set()
    assert len(answers) == 2
    assert not window.isVisible()
    assert not session.is_busy
    assert (session.folder / "model.safetensors").is_file()


def begin_export(session, ends):
    session.exports.start(lambda: endless(ends), "the poisoned training set", "")


def begin_download(session, ends):
    session.loading.start("Downloading CIFAR-10", lambda: endless(ends), fetching=True)


def begin_loading(session, ends):
    session.loading.start("Loading CIFAR-10", lambda: endless(ends))


@pytest.mark.parametrize(
    ("begin", "lost"),
    [
        (begin_export, "Writing the poisoned training set is not finished"),
        (begin_download, "Downloading CIFAR-10 is not finished"),
    ],
)
def test_closing_asks_before_what_is_written_or_fetched_is_lost(
    qtbot, window, session, begin, lost
):
    asked, ends = [], []

    def answer(pressed):
        box = window.findChild(QMessageBox)
        asked.append(box.text())
        [button] = [b for b in box.buttons() if b.text().replace("&", "") == pressed]
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    begin(session, ends)
    QTimer.singleShot(0, window, lambda: answer("Cancel"))
    window.close()
    assert window.isVisible()
    assert ends == []
    QTimer.singleShot(0, window, lambda: answer("Stop and close"))
    with qtbot.waitSignal(window.closed):
        window.close()
        assert window.isVisible()
        assert "Stopping" in texts(window)[-1]
    assert ends == ["stopped"]
    assert len(asked) == 2
    assert all(said.startswith(lost) for said in asked)


def test_closing_names_everything_that_goes_on(qtbot, session, jobs):
    jobs.endless = True
    session.start_training()
    begin_export(session, [])
    assert losses(session).split("\n\n") == [
        "A training is going on. If it is stopped now, the best network that was measured so far is"
        " kept.",
        "Writing the poisoned training set is not finished. If it is stopped now, nothing of it is"
        " left.",
    ]


def test_closing_while_images_are_only_read_does_not_ask(qtbot, window, session, answers):
    ends = []
    begin_loading(session, ends)
    with qtbot.waitSignal(window.closed):
        window.close()
        assert not window.isVisible()
    assert ends == ["stopped"]
    assert answers == []


def test_the_question_whether_to_stop_follows_an_export(qtbot, window, session):
    asked, steps = [], iter([Pulse()] * 3)

    def short():
        yield from steps
        return window

    def press_close():
        box = window.findChild(QMessageBox)
        asked.append(box.text())
        qtbot.mouseClick(box.go_on, Qt.MouseButton.LeftButton)

    session.exports.ended.connect(lambda: QTimer.singleShot(0, window, press_close))
    session.exports.start(short, "the report", "")
    window.close()
    assert ["has ended meanwhile" in said for said in asked] == [True]
    assert not window.isVisible()


def has_something(_, events):
    """Whether a run without an end has come to where a stop has something to keep."""
    return any(getattr(event, "text", "") == "half way" for event in events)


def train_without_end(qtbot, window, session, jobs):
    """Start a training that goes on until it is stopped."""
    jobs.endless = True
    window.tabs.setCurrentIndex(TRAINING)
    with qtbot.waitSignal(session.run_events, check_params_cb=has_something):
        click(qtbot, window.training_tab.run_bar.start_button)


def test_an_end_without_a_question_takes_an_open_one_away(qtbot, window, session, jobs):
    train_without_end(qtbot, window, session, jobs)
    session.set_trigger(made_up.patch(3, 4))
    QTimer.singleShot(0, window, window.end)
    with qtbot.waitSignal(window.closed):
        window.close()  # asks, and nobody answers
    assert not window.isVisible()
    assert (session.folder / "model.safetensors").is_file()


def test_an_end_without_a_question_closes_a_dialog(qtbot, window, session):
    session.set_trigger(made_up.patch(3, 4))
    QTimer.singleShot(0, window, window.end)
    with qtbot.waitSignal(window.closed):
        assert not Question(window, "Shall it?", "Do it").put()
    assert not window.isVisible()


def test_the_end_of_a_session_waits_until_the_training_is_kept(qtbot, window, session, jobs):
    train_without_end(qtbot, window, session, jobs)
    end_with_session(window)
    assert not session.is_busy
    assert not window.isVisible()
    assert (session.folder / "model.safetensors").is_file()


def test_closing_with_a_drawing_asks(window, session, answers):
    session.set_trigger(made_up.patch(3, 4))
    answers.answer = False
    window.close()
    assert window.isVisible()
    assert len(answers) == 1
    session.set_trigger(Trigger.empty(session.shape))
    window.close()
    assert not window.isVisible()


@pytest.mark.parametrize(
    ("pressed", "said"), [("Stop and close", True), ("Cancel", False), (None, False)]
)
def test_a_question_is_answered_by_its_buttons(qtbot, window, pressed, said):
    def answer():
        box = window.findChild(QMessageBox)
        if pressed is None:
            qtbot.keyClick(box, Qt.Key.Key_Escape)
            return
        [button] = [b for b in box.buttons() if b.text().replace("&", "") == pressed]
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, answer)
    assert Question(window, "Shall it?", "Stop and close").put() is said


@pytest.mark.parametrize(("pressed", "closes"), [("Close", True), ("Cancel", False)])
def test_the_question_whether_to_stop_follows_the_run(
    qtbot, window, session, jobs, pressed, closes
):
    jobs.endless = True
    window.tabs.setCurrentIndex(TRAINING)
    click(qtbot, window.training_tab.run_bar.start_button)
    asked = []

    def press_button(box):
        [button] = [b for b in box.buttons() if b.text().replace("&", "") == pressed]
        asked.append(box.text())
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def end_the_run():
        box = window.findChild(QMessageBox)
        asked.append(box.text())
        session.run_ended.connect(lambda *_: QTimer.singleShot(0, box, lambda: press_button(box)))
        jobs.endless = False

    QTimer.singleShot(0, window, end_the_run)
    window.close()
    assert "A training is going on. If it is stopped now" in asked[0]
    assert "has ended meanwhile, and what it left is kept" in asked[1]
    assert session.running is None
    assert window.isVisible() != closes


def test_stopping_a_worse_scan_takes_its_warnings_along(qtbot, window, session, jobs):
    train(qtbot, window, session)
    scan(qtbot, window, session)
    jobs.endless = True
    with qtbot.waitSignal(session.run_ended):
        with qtbot.waitSignal(session.run_events):
            session.start_scan()
        session.telling.message.emit("warning", "The verdict rests on the classes alone.", "")
        session.stop()
    assert session.has_earlier_back
    assert texts(window) == []


def test_no_tooltip_is_one_line_across_the_screen(window):
    own_way = LiveText, ImageGrid, PairMapChart  # they break what they tell themselves
    for teller in (*window.findChildren(QWidget), *window.findChildren(QAction)):
        tip = teller.toolTip()
        if not isinstance(teller, own_way) and not Qt.mightBeRichText(tip):
            assert max(map(len, tip.split("\n"))) <= 100, tip


def test_before_the_data_is_there_one_can_look_but_not_start(qtbot, tmp_path):
    session = Session(tmp_path / "runs")
    window = open_window(qtbot, session)
    for index in (ATTACK, TRAINING, DETECTION):
        window.tabs.setCurrentIndex(index)
    window.tabs.setCurrentIndex(TRAINING)
    assert not window.training_tab.run_bar.start_button.isEnabled()
    assert "Loading MNIST" in window.training_tab.run_bar.text.text()
    assert not window.try_button.isEnabled()
    assert "loading" in window.place_label.text()


def test_the_window_is_there_before_its_plots(qtbot, session):
    window = MainWindow(session)
    qtbot.addWidget(window, before_close_func=settle(qtbot, session))
    with qtbot.waitSignal(window.painted):
        window.show()
    assert window.training_tab is None
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(qtbot, window, Qt.Key.Key_2)
    press(qtbot, window, Qt.Key.Key_R)
    assert session.running is None
    window.complete()
    qtbot.waitUntil(window.training_tab.isVisible)


def test_icons_can_be_seen_on_dark_grounds_and_on_the_highlight(window):
    tick = theme.icon("mdi6.check-circle")
    on_highlight = tick.pixmap(QSize(32, 32), QIcon.Mode.Selected).toImage()
    assert on_highlight.pixelColor(16, 4).lightness() > 200
    theme.set_scheme("dark")
    try:
        window.commands.show_about()
        button = window.commands.help_window.findChild(QDialogButtonBox).buttons()[0]
        cross = button.icon().pixmap(QSize(32, 32)).toImage()
        assert cross.pixelColor(16, 16).lightness() > 200
    finally:
        window.commands.help_window.hide()
        theme.set_scheme("light")


def test_a_refusal_is_said_once_and_until_the_run_ends(qtbot, window, session, jobs, saved):
    jobs.endless = True
    session.start_training()
    for _ in range(2):
        window.commands.open_folder(saved)
    assert texts(window) == [RUNNING]
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    assert RUNNING not in texts(window)


def test_a_model_dropped_during_a_run_leaves_no_empty_page(qtbot, window, session, jobs, tmp_path):
    jobs.endless = True
    session.start_training()
    window.commands.open_model(tmp_path / "other.safetensors")
    assert not window.detection_tab.is_opening
    assert texts(window) == [RUNNING]
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_of_experiments_that_cannot_be_opened_the_last_is_told(window, session, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "experiment.json").write_text("{")
        session.choosing.open_experiment(tmp_path / name)
    [said] = texts(window)
    assert said.startswith("“second” was not opened. experiment.json is damaged")


def test_what_the_edit_menu_does_is_seen(qtbot, window, session):
    session.set_trigger(made_up.patch(3, 4))
    window.tabs.setCurrentIndex(DETECTION)
    [clear] = [
        one for one in window.attack_tab.area.tools.edit_actions if one.iconText() == "Clear"
    ]
    clear.trigger()
    assert window.tabs.currentIndex() == ATTACK
    qtbot.waitUntil(lambda: session.trigger.is_empty)


def test_what_was_stopped_is_not_marked_as_done(qtbot, window, session, jobs):
    jobs.endless = True
    for start, tab in ((session.start_training, TRAINING), (session.start_scan, DETECTION)):
        with qtbot.waitSignal(session.run_events, check_params_cb=has_something):
            start()
        with qtbot.waitSignal(session.run_ended):
            session.stop()
        assert "Now: stopped before its end." in window.tabs.tabToolTip(tab)
    jobs.endless = False
    with qtbot.waitSignal(session.run_ended):
        session.start_scan()
    assert "Now: done." in window.tabs.tabToolTip(DETECTION)


@pytest.mark.parametrize("is_chosen", [True, False])
def test_a_drawing_can_be_exported_instead_of_lost(
    qtbot, window, session, monkeypatch, tmp_path, is_chosen
):
    session.set_trigger(made_up.patch(3, 4))
    path = tmp_path / "mine.png"
    chosen = str(path) if is_chosen else ""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen, ""))
    texts = []

    def answer(question):
        texts.append(question.text())
        question.defaultButton().click()
        return 0

    monkeypatch.setattr(DrawingQuestion, "exec", answer)
    window.commands.new_experiment()
    assert "Export it" in texts[0]
    assert path.exists() is is_chosen
    is_kept = session.trigger.pixels == 4
    assert is_kept is not is_chosen, "what was saved may go, and nothing goes after a Cancel"


def usable(window, *slots):
    return [slot for slot in slots if window.findChild(QAction, slot).isEnabled()]


def test_the_menus_offer_what_can_be_done_and_say_why_not(qtbot, window, session, jobs):
    of_run, of_network = ("toggle_pause", "stop_run", "show_run"), ("ask_save_model", "ask_onnx")
    of_scan = "ask_report", "export_masks", "export_numbers"
    assert not usable(window, *of_run, *of_network, *of_scan, "ask_save")
    for slot, why in (
        ("stop_run", "Nothing is running now."),
        ("export_masks", "nothing to export yet"),
        ("ask_save_model", "no network to save yet"),
        ("ask_save", "nothing to save yet"),
    ):
        assert why in window.findChild(QAction, slot).toolTip()
    jobs.endless = True
    session.start_training()
    assert usable(window, *of_run) == list(of_run)
    assert "Holds the run" in window.findChild(QAction, "toggle_pause").toolTip()
    with qtbot.waitSignal(session.run_ended):
        session.stop()
        assert not usable(window, "stop_run"), "it is being stopped"
    jobs.endless = False
    assert usable(window, *of_network, "ask_save") == [*of_network, "ask_save"]
    scan(qtbot, window, session)
    assert usable(window, *of_scan) == list(of_scan)
    assert not usable(window, *of_run)


def test_the_keys_of_a_grey_line_say_why_it_is(qtbot, window, session, jobs):
    for key, why in ((Qt.Key.Key_E, possible.NO_SCAN), (Qt.Key.Key_D, possible.NO_MODEL)):
        press(qtbot, window, key)
        assert texts(window) == [why]
    train(qtbot, window, session)
    assert possible.NO_MODEL not in texts(window), "there is one now"
    press(qtbot, window, Qt.Key.Key_P)
    assert texts(window) == [possible.NOTHING_RUNS]
    press(qtbot, window, Qt.Key.Key_E)
    scan(qtbot, window, session)
    assert texts(window) == []


def test_the_key_of_an_export_says_why_the_button_is_grey(qtbot, window, session, jobs):
    train(qtbot, window, session)
    nothing = made_up.verdict("not_auditable", None, ())
    made_up.finish_scan(session, made_up.detection(classes=(), said=nothing))
    press(qtbot, window, Qt.Key.Key_E)
    assert texts(window) == [possible.NO_MASKS]


def test_an_attack_that_cannot_be_made_leads_nowhere(window, session):
    attack_tab = window.attack_tab
    buttons = attack_tab.export_button, attack_tab.next_button
    good = session.settings.attack
    impossible = good.model_copy(update={"mapping": "source-specific", "sources": (0,)})
    assert all(button.isEnabled() for button in buttons)
    session.set_group(impossible)
    [problem] = session.attack_problems().values()
    assert not any(button.isEnabled() for button in buttons)
    assert not usable(window, "export_poisoned")
    for button in buttons:
        assert button.accessibleDescription() == problem
    session.set_group(good)
    assert all(button.isEnabled() for button in buttons)
    assert "Goes to the tab" in buttons[1].toolTip()
