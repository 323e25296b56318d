"""Opening a stranger's model: choosing, measuring, using it, and going back to one's own."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QPalette
from PySide6.QtWidgets import QFileDialog

from engine.data import Availability
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.modelfile import ModelFile, ModelFileRefused
from engine.modelfiles.child_process import Answer
from engine.modelfiles.refusal import Refusal
from engine.opening.fits import Fit, Reshaped
from engine.opening.jobs import Opened
from engine.opening.results import (
    BrightnessCheck,
    BrightnessMeasured,
    BrightnessRow,
    FormatMeasured,
    FormatRate,
    Preflight,
)
from engine.settings import ComputeSettings, DataSettings, DetectSettings
from gui import theme
from gui.commands import ATTACK, DETECTION, TRAINING
from gui.opening_words import PLACEHOLDER
from gui.widgets import measure_list
from tests.engine.pictures_made import folder_of_images
from tests.gui import made_up
from tests.gui.scanning import train, train_and_scan

LEFT = Qt.MouseButton.LeftButton
SHAPE = (1, 28, 28)
PUBLISHED = Path(__file__).parents[3] / "shared" / "thirdparty" / "mnist_badnet_epoch19.pth"
BADNET = Fit("badnet", SHAPE, 10, matching=8)
MLP = Fit("mlp", SHAPE, 10, matching=1, missing=("fc3.weight",), surplus=("conv1.weight",),
          reshaped=(Reshaped("fc1.weight", (512, 512), (512, 784)),))  # fmt: skip
WIDE = Fit("badnet", SHAPE, 10, width=2.0, matching=8)


def a_file(name="strange <b>.pth"):
    tensors = {"conv1.weight": np.zeros((16, 1, 5, 5), np.float32)}
    return ModelFile(name, "ab" * 32, "torch zip", tensors, {}, 0, (), "on: shut in")


class MadeUpOpening:
    """Stands for the engine's Jobs: what it answers is what a test says.

    Attributes:
        fits: Of the file.
        error: Raised instead, if there is one.
        best: The format that comes out best.
        suspects: Whether the brightness check does.
        asked: The architecture and format of each pre-flight.
    """

    def __init__(self):
        self.fits, self.error = (BADNET, MLP), None
        self.best, self.suspects, self.asked = "0..255", False, []

    def open_model_job(self, path, _shape, _classes):
        yield Progress(0, 1, "reading")
        if self.error is not None:
            raise self.error
        return Opened(a_file(path.name), self.fits, ("It has no name of its own.",))

    def preflight_job(self, _settings, model, input_range="auto"):
        self.asked.append((model.architecture, input_range))
        yield Progress(0, 3, "trying")
        rates = [self._rate(one) for one in ("0..255", "0..1", "-1..1")]
        for number, rate in enumerate(rates, start=1):
            yield FormatMeasured(rate, number, 3)
        row = BrightnessRow("brightness x 1/255", 0.1, 0, 1.0, 0.99, 0.1, self.suspects)
        yield BrightnessMeasured(row, 1, 1)
        sentence = "Brightness shortcut suspected: class 0." if self.suspects else "All is well."
        check = BrightnessCheck((row,), 0 if self.suspects else None, sentence, "references", 40)
        taken = self.best if input_range == "auto" else input_range
        if taken not in {rate.input_format for rate in rates}:
            rates.append(self._rate(taken))
        accuracy = next(one.clean_accuracy for one in rates if one.input_format == taken)
        return Preflight(tuple(rates), None, taken, self.best, (), accuracy, 1000, check)

    def _rate(self, text):
        return FormatRate(text, f"meaning of {text}", 0.99 if text == self.best else 0.1, 1.0, 1000)


@pytest.fixture
def opening(monkeypatch):
    made = MadeUpOpening()
    monkeypatch.setattr("gui.model_opening.open_model_job", made.open_model_job)
    monkeypatch.setattr("gui.model_opening.preflight_job", made.preflight_job)
    return made


@pytest.fixture
def page(window):
    return window.detection_tab.opening


def open_file(qtbot, window, monkeypatch, path="/somewhere/strange.pth"):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(window._session.opening.ended):
        window.commands.ask_model()


def click_row(qtbot, rows, number):
    item = rows.topLevelItem(number)
    qtbot.mouseClick(rows.viewport(), LEFT, pos=rows.visualItemRect(item).center())


def use(qtbot, page):
    qtbot.mouseClick(page.use_button, LEFT)


def test_the_button_asks_and_without_a_file_the_page_says_what_will_be_there(
    qtbot, window, page, monkeypatch
):
    asked = []

    def ask(_parent, title, *_):
        asked.append(title)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    qtbot.mouseClick(window.detection_tab.network.open_button, LEFT)
    window.commands.show_detection()
    assert asked == ["Open a model"]
    assert page.isVisible()
    assert page.empty.text() == PLACEHOLDER
    assert not page.use_button.isEnabled()


def test_a_file_is_shown_with_its_networks_and_formats(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)
    assert page.sentence.text() == (
        "badnet, 1x28x28, 10 classes. With the input format 0..255, it is right on 99.0 % of clean"
        " images."
    )
    names = [page.fits.list.topLevelItem(row).text(0) for row in range(2)]
    assert names == ["badnet", "mlp"], "what they have in common is in the sentence"
    assert page.fits.list.topLevelItem(0).toolTip(0) == "badnet, 1x28x28, 10 classes"
    assert page.formats.texts()[0] == ("0..255", "99.0 %", "meaning of 0..255")
    assert page.brightness.texts() == [("brightness x 1/255", "100 %", "0, 99.0 %", "10.0 %")]
    shown = [page._facts.itemAt(at).widget().text() for at in range(page._facts.count())]
    assert {"strange.pth", "ab" * 32, "on: shut in"} <= set(shown)
    assert "It has no name of its own." in page.notes.text()


def test_a_message_leaves_the_next_step_in_sight(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)
    window._session.telling.inform("The masks are in a folder.")
    bar, button = window.message_bar, page.use_button
    assert bar.isVisible()
    below = bar.mapTo(window, bar.rect().bottomLeft()).y()
    assert below < button.mapTo(window, button.rect().topLeft()).y()


def test_only_rows_that_can_be_chosen_have_a_circle(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)

    def is_marked(rows):
        picture = rows.topLevelItem(0).icon(measure_list.NAME).pixmap(16, 16).toImage()
        return any(
            picture.pixelColor(x, y).alpha()
            for x in range(picture.width())
            for y in range(picture.height())
        )

    assert is_marked(page.formats)
    assert not is_marked(page.brightness)


def test_outputs_that_are_not_numbers_are_no_poor_rate(qtbot, window, page, opening, monkeypatch):
    bad = FormatRate("0..1", "pixels", 0.0, math.inf, 1000, non_finite=1000)
    monkeypatch.setattr(opening, "_rate", lambda text: replace(bad, input_format=text))
    open_file(qtbot, window, monkeypatch)
    assert page.sentence.text() == (
        "badnet, 1x28x28, 10 classes. The network's outputs are not numbers (NaN or infinite) for"
        " 1,000 of 1,000 clean images under every input format tried."
    )


def test_what_is_known_of_a_file_is_laid_out_once(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)
    labels = [page._facts.itemAt(place).widget() for place in range(page._facts.count())]
    named = ["File", "Tried on", "SHA-256", "Format", "Sandbox"]
    assert [label.text() for label in labels[::2]] == named
    page.refresh()
    assert [page._facts.itemAt(place).widget() for place in range(len(labels))] == labels
    below = page.pages.mapTo(page, page.pages.rect().topLeft()).y()
    qtbot.waitUntil(lambda: labels[-1].geometry().bottom() < below)


def test_every_name_that_does_not_fit_is_listed(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)
    item = page.fits.list.topLevelItem(1)
    qtbot.mouseClick(
        page.fits.list.viewport(), LEFT, pos=page.fits.list.visualItemRect(item).center()
    )
    for name in ("fc3.weight", "conv1.weight", "fc1.weight (512x512 instead of 512x784)"):
        assert name in page.fits.problems.toPlainText()
    assert not page.use_button.isEnabled()
    assert "does not fit" in page.sentence.text()
    with qtbot.waitSignal(window._session.opening.ended):
        click_row(qtbot, page.fits.list, 0)
    assert page.use_button.isEnabled()


def test_a_file_that_fits_nothing_says_so(qtbot, window, page, opening, monkeypatch):
    opening.fits = (MLP,)
    open_file(qtbot, window, monkeypatch)
    assert "It fits none of the networks" in page.sentence.text()
    assert not page.use_button.isEnabled()
    assert opening.asked == []


def test_a_refused_file_says_why(qtbot, window, page, opening, monkeypatch, session):
    opening.error = EngineError("“x.pt2” was not opened. It is a program.")
    open_file(qtbot, window, monkeypatch, "/somewhere/x.pt2")
    assert page.sentence.text() == "“x.pt2” was not opened. It is a program."
    assert page.sentence.textFormat() is Qt.TextFormat.PlainText
    assert session.model is None


class RefusedFile(ModelFileRefused):
    def __init__(self):
        answer = Answer(None, "on: shut in", 0)
        refusal = Refusal("a text file", "it holds no weights", "Choose a safetensors file.")
        super().__init__("notes.pt", refusal, "cd" * 32, answer)


def test_a_file_that_is_refused_is_not_looked_at(
    qtbot, window, page, opening, monkeypatch, session
):
    opening.error = RefusedFile()
    open_file(qtbot, window, monkeypatch, "/somewhere/notes.pt")
    assert window.tabs.tabText(DETECTION) == "3 Detection   not opened"
    assert page.sentence.text() == (
        "“notes.pt” was not opened. It is a text file: it holds no weights. Choose a safetensors"
        " file."
    )
    assert page.mark.isVisible()
    assert page.sentence.palette().color(QPalette.ColorRole.WindowText) == theme.colour("error")
    shown = [page._facts.itemAt(at).widget().text() for at in range(page._facts.count())]
    assert shown == ["File", "notes.pt", "SHA-256", "cd" * 32]
    assert page.empty.isVisible()
    assert page.empty.text() == PLACEHOLDER
    opening.error = None
    open_file(qtbot, window, monkeypatch)
    assert window.tabs.tabText(DETECTION).endswith("looking at strange.pth")
    assert page.mark.isHidden()
    assert page.sentence.palette().color(QPalette.ColorRole.WindowText) != theme.colour("error")
    assert "cd" * 32 not in str(page._shown_facts)


def test_advice_on_another_network_is_no_error(qtbot, window, page, opening, monkeypatch, session):
    open_file(qtbot, window, monkeypatch)
    session.opening.choose("mlp")
    assert "It fits badnet" in page.sentence.text()
    assert page.mark.isHidden()
    assert window.detection_tab.status_text == "looking at strange.pth"
    opening.fits = (MLP,)
    open_file(qtbot, window, monkeypatch)
    assert page.mark.isVisible(), "it fits nothing"


def test_a_file_whose_reading_was_stopped_can_be_chosen_again(
    qtbot, window, page, opening, session, tmp_path
):
    opening.error = StopRequested()  # as when Stop is pressed meanwhile
    with qtbot.waitSignal(session.opening.ended):
        window.commands.open_model(tmp_path / "model.pt")
    assert page.sentence.text() == "Stopped before it was read. Choose the file again to go on."
    assert page.empty.text() == PLACEHOLDER
    assert page.mark.isHidden()
    assert window.detection_tab.status_text == "not opened"


def test_formats_that_do_as_well_are_told_once_with_what_to_do(
    qtbot, window, page, opening, monkeypatch, session
):
    open_file(qtbot, window, monkeypatch)
    assert "as often" not in page.notes.text()
    doubtful = replace(session.opening.preflight, equally_good=("0..1",))
    session.opening.preflight = replace(doubtful, warnings=(doubtful.doubt,))
    page.refresh()
    assert page.notes.text().splitlines()[1:] == [
        "The network is right about as often with 0..1 as with 0..255, which was taken because it"
        " is surest there. Click the format it was trained with, if you know it."
    ]


def test_another_format_is_measured(qtbot, window, page, opening, monkeypatch, session):
    open_file(qtbot, window, monkeypatch)
    row = page.formats.topLevelItem(1)
    with qtbot.waitSignal(session.opening.ended):
        qtbot.mouseClick(
            page.formats.viewport(), LEFT, pos=page.formats.visualItemRect(row).center()
        )
    assert "With the input format 0..1, it is right on 10.0 %" in page.sentence.text()
    with qtbot.waitSignal(session.opening.ended):
        qtbot.keyClicks(page.format_field, "mean=0.5 std=0.5")
        qtbot.keyClick(page.format_field, Qt.Key.Key_Return)
    assert opening.asked == [("badnet", "auto"), ("badnet", "0..1"), ("badnet", "mean=0.5 std=0.5")]
    assert session.opening.preflight.taken == "mean=0.5 std=0.5"


def test_the_opened_network_is_scanned_with_what_was_measured(
    qtbot, window, page, opening, monkeypatch, session, tmp_path
):
    open_file(qtbot, window, monkeypatch)
    asked = []

    def audit(settings, audited, folder, earlier):
        asked.append((settings, audited, folder))
        yield Progress(1, 1, "scanning")
        return made_up.detection()

    monkeypatch.setattr("gui.jobs.audit", audit)
    use(qtbot, page)
    assert not page.isVisible()
    assert session.model.file_sha256 == "ab" * 32
    assert session.model.input_range == "0..255"
    facts = window.detection_tab.network
    assert facts.file.text() == "strange.pth"
    assert "abababababab" in facts.format.text()
    assert "badnet, input format 0..255" in facts.format.text()
    with qtbot.waitSignal(session.run_ended) as ended:
        qtbot.mouseClick(window.run_bar.start_button, LEFT)
    assert ended.args == ["scan", "finished"]
    settings, audited, folder = asked[0]
    assert settings.detect == session.settings.detect
    assert audited.preflight.taken == "0..255"
    assert audited.settings.train.architecture == "badnet"
    assert folder.parent == session.runs_folder
    assert not folder.exists()  # this audit wrote nothing
    assert session.detection is not None


def test_a_width_is_taken_over(qtbot, window, page, opening, monkeypatch, session):
    opening.fits = (WIDE,)
    open_file(qtbot, window, monkeypatch)
    use(qtbot, page)
    assert session.model.width == session.audited.settings.train.width == 2.0
    assert session.calibration_settings.train.width == 2.0


def test_a_suspicion_of_brightness_stays_in_sight(
    qtbot, window, page, opening, monkeypatch, session
):
    opening.suspects = True
    open_file(qtbot, window, monkeypatch)
    assert page.brightness_label.text().startswith("Warning: Brightness shortcut suspected")
    facts = window.detection_tab.network
    assert facts.warning.isHidden()
    use(qtbot, page)
    assert not facts.warning.isHidden()
    assert "to class 0" in facts.warning.text()


def test_one_s_own_network_comes_back_with_its_scan(
    qtbot, window, page, opening, monkeypatch, session, jobs
):
    train_and_scan(qtbot, session)
    mine, found, folder = session.model, session.detection, session.folder
    open_file(qtbot, window, monkeypatch)
    assert session.model is mine, "nothing changes before the opened one is used"
    use(qtbot, page)
    assert session.model is not mine
    assert (session.detection, session.true_trigger, session.folder) == (None, None, None)
    qtbot.mouseClick(window.detection_tab.network.return_button, LEFT)
    assert (session.model, session.detection, session.folder) == (mine, found, folder)
    assert session.audited is None
    assert window.detection_tab.network.return_button.isHidden()
    said = window.detection_tab.network.return_button.text().replace("&", "")
    assert said == "Back to the trained network"


def test_the_verdict_on_one_s_own_network_is_not_shown_above_another_one(
    qtbot, window, page, opening, monkeypatch, session, jobs
):
    train_and_scan(qtbot, session)
    tab = window.detection_tab
    session.set_group(DetectSettings(seed=1))
    window.commands.show_detection()
    for part in (tab.verdict, tab.stale_label, tab.bars):
        assert part.isVisible()
    open_file(qtbot, window, monkeypatch)
    for part in (tab.verdict, tab.offers, tab.stale_label, tab.bars):
        assert part.isHidden()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert tab.verdict.isVisible()
    assert tab.scan_bar.start_button.isVisible()


def test_what_belongs_to_the_scan_is_not_offered_for_the_file_that_is_looked_at(
    qtbot, window, page, opening, monkeypatch, session, jobs
):
    train_and_scan(qtbot, session)
    window.commands.show_detection()
    label = window.tabs.tabText(DETECTION)
    buttons = window.detection_tab.buttons
    exports = buttons.report_button, buttons.masks_button, buttons.numbers_button
    assert "class 0" in label
    assert all(button.isEnabled() for button in exports)
    open_file(qtbot, window, monkeypatch, "/somewhere/odd & strange.pth")
    assert window.tabs.tabText(DETECTION).endswith("looking at odd && strange.pth")
    assert "done" not in window.tabs.tabToolTip(DETECTION)
    assert not any(button.isEnabled() for button in exports)
    for ask in (window.commands.ask_report, window.commands.export_masks):
        with qtbot.waitSignal(session.telling.message) as said:
            ask()
        assert "Go back to the scan" in said.args[1]
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert window.tabs.tabText(DETECTION) == label
    assert "done" in window.tabs.tabToolTip(DETECTION)
    assert all(button.isEnabled() for button in exports)


@pytest.mark.parametrize("ask", ["menu", "button"])
def test_without_a_file_the_scan_stays_as_it_is(qtbot, window, session, monkeypatch, jobs, ask):
    train_and_scan(qtbot, session)
    window.commands.show_detection()
    tab, session_says = window.detection_tab, "An earlier message."
    session.telling.inform(session_says)
    label, seen_below = window.tabs.tabText(DETECTION), []

    def cancel(*_):
        seen_below.append(tab.verdict.isVisible())
        return "", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", cancel)
    if ask == "menu":
        window.commands.ask_model()
    else:
        qtbot.mouseClick(tab.network.open_button, LEFT)
    assert seen_below == [True], "the scan is there behind the dialog"
    assert tab.verdict.isVisible()
    assert not tab.is_opening
    assert window.tabs.tabText(DETECTION) == label
    assert tab.buttons.report_button.isEnabled()
    assert [one.sentence for one in window.message_bar.messages] == [session_says]


def test_asking_for_another_file_leads_back_to_the_one_that_waits(
    qtbot, window, page, opening, session, monkeypatch, jobs
):
    train_and_scan(qtbot, session)
    open_file(qtbot, window, monkeypatch)
    qtbot.mouseClick(page.back_button, LEFT)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    window.commands.ask_model()
    assert page.isVisible()
    use(qtbot, page)
    window.commands.ask_model()
    assert not page.isVisible(), "the network that is scanned waits no more"


def test_an_empty_page_gives_way_to_the_network_that_is_trained(qtbot, window, session, jobs):
    window.detection_tab.show_opening()
    train(qtbot, session)
    assert not window.detection_tab.is_opening


def test_why_there_is_no_export_is_taken_back_with_the_file(
    qtbot, window, page, opening, session, monkeypatch, jobs
):
    train_and_scan(qtbot, session)
    open_file(qtbot, window, monkeypatch)
    window.commands.ask_report()
    window.commands.export_masks()
    [said] = window.message_bar.messages
    assert "another network's file" in said.sentence
    qtbot.mouseClick(page.back_button, LEFT)
    assert not window.message_bar.messages


def test_a_long_name_is_cut_in_the_label(qtbot, window, page, opening, monkeypatch):
    window.detection_tab.show_opening()
    assert window.detection_tab.status_text == "opening a model"
    open_file(qtbot, window, monkeypatch, f"/somewhere/{'long' * 20}-v2.safetensors")
    said = window.detection_tab.status_text
    assert said == "looking at longlonglo…onglong-v2"
    open_file(qtbot, window, monkeypatch, "/somewhere/somebody-elses.safetensors")
    assert window.detection_tab.status_text == "looking at somebody-elses"


def test_the_training_tab_is_not_done_where_nothing_was_trained(
    qtbot, window, page, opening, monkeypatch, session, jobs
):
    open_file(qtbot, window, monkeypatch)
    use(qtbot, page)
    assert session.model is not None
    assert "ready" in window.tabs.tabToolTip(TRAINING)
    with qtbot.waitSignal(session.run_ended):
        session.start_training()
    assert "done" in window.tabs.tabToolTip(TRAINING)


def test_starting_takes_the_network_that_is_looked_at(
    qtbot, window, page, opening, monkeypatch, session, jobs
):
    with qtbot.waitSignal(session.run_ended):
        session.start_training()
    mine = session.model
    open_file(qtbot, window, monkeypatch)
    assert not window.detection_tab.buttons.map_button.isEnabled()
    window.commands.start_run()
    assert session.running is None, "what is scanned is seen before it is"
    assert session.model is not mine
    assert not page.isVisible()


def test_starting_without_a_file_says_what_is_missing(qtbot, window, page, session, jobs):
    with qtbot.waitSignal(session.run_ended):
        session.start_training()
    window.commands.show_detection()
    window.detection_tab.show_opening()
    with qtbot.waitSignal(session.telling.message) as said:
        window.commands.start_run()
    assert said.args[0] == "info"
    assert "Choose a file" in said.args[1]
    assert session.running is None
    assert page.isVisible()


def test_the_key_of_a_map_does_what_its_button_does(qtbot, window, page, session, jobs, tmp_path):
    train_and_scan(qtbot, session)
    window.commands.show_detection()
    window.detection_tab.show_opening()
    assert window.detection_tab.buttons.map_button.isEnabled(), "no file is looked at"
    with qtbot.waitSignal(session.run_ended):
        window.commands.map_pairs()
    assert session.detection.pair_map is not None
    assert not page.isVisible()


def test_an_experiment_that_is_opened_takes_the_place_of_the_page(
    qtbot, window, page, session, jobs
):
    train_and_scan(qtbot, session)
    window.commands.show_detection()
    window.detection_tab.show_opening()
    assert window.detection_tab.verdict.isHidden()
    window.commands.open_folder(session.folder)
    assert window.detection_tab.verdict.isVisible()
    assert window.run_bar.start_button.isVisible()


def test_while_a_file_is_read_the_page_does_not_ask_for_one(
    qtbot, window, page, opening, session, tmp_path
):
    with qtbot.waitSignal(session.opening.ended):
        window.commands.open_model(tmp_path / "model.pt")
        assert page.empty.text() == ""
        assert "Reading model.pt" in page.sentence.text()


def test_dropping_a_model_opens_it(qtbot, window, page, opening, session, tmp_path):
    path = tmp_path / "dropped.safetensors"
    path.write_bytes(b"x")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(session.opening.ended):
        window.dropEvent(event)
    assert page.isVisible()
    assert session.opening.name == "dropped.safetensors"


def test_the_first_file_that_is_dropped_greys_what_belongs_to_the_open_scan(
    qtbot, window, page, opening, session, jobs, tmp_path
):
    train_and_scan(qtbot, session)
    buttons = window.detection_tab.buttons
    belonging = (
        buttons.map_button, buttons.report_button, buttons.masks_button, buttons.numbers_button,
    )  # fmt: skip
    names = "map_pairs", "ask_report", "export_masks", "export_numbers"
    lines = [window.findChild(QAction, name) for name in names]
    assert all(one.isEnabled() for one in (*belonging, *lines))
    with qtbot.waitSignal(session.opening.ended):
        window.commands.open_model(tmp_path / "first.pth")
        assert not any(one.isEnabled() for one in (*belonging, *lines)), "at once"
    assert not any(one.isEnabled() for one in (*belonging, *lines))
    qtbot.mouseClick(page.back_button, LEFT)
    assert all(one.isEnabled() for one in (*belonging, *lines))


def test_escape_leads_back_to_the_scan(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_a_class_is_called_by_its_name(
    qtbot, window, page, opening, monkeypatch, session, pictures
):
    open_pictures(qtbot, session, pictures)
    opening.suspects, opening.fits = True, (replace(BADNET, shape=(3, 32, 32), classes=2),)
    open_file(qtbot, window, monkeypatch)
    assert page.brightness.texts()[0][2].startswith("cat, ")
    use(qtbot, page)
    assert "to class cat." in window.detection_tab.network.warning.text()


@pytest.fixture
def pictures(tmp_path):
    return folder_of_images(tmp_path / "animals", {"cat": 10, "dog": 10})


def open_pictures(qtbot, session, folder):
    session.choosing.open_image_folder(folder, DataSettings())
    qtbot.waitUntil(lambda: not session.loading.is_busy)
    assert session.class_names == ("cat", "dog")


def test_a_file_is_not_used_for_other_images_than_it_was_tried_on(
    qtbot, window, page, opening, monkeypatch, session, pictures
):
    open_file(qtbot, window, monkeypatch)
    open_pictures(qtbot, session, pictures)
    window.commands.show_detection()
    window.detection_tab.show_opening()
    assert not page.use_button.isEnabled()
    assert page.sentence.text() == (
        "strange.pth was tried on MNIST, and other images are open now. Choose it again to try it"
        " on these."
    )
    assert page.empty.isVisible()
    assert page.empty.text() == PLACEHOLDER
    assert window.detection_tab.status_text == "opening a model"


def menu_of(button):
    """The lines of its menu as it opens, by what they say."""
    button.menu().aboutToShow.emit()
    return {action.text(): action for action in button.menu().actions() if action.text()}


def fetched(monkeypatch, *names):
    """Let these data sets alone be on this computer."""
    answers = {True: Availability(here=True, text=""), False: Availability(here=False, text="")}
    monkeypatch.setattr("gui.images_button.availability", lambda name: answers[name in names])


def test_other_images_are_chosen_on_the_page_and_the_file_is_tried_on_them(
    qtbot, window, page, opening, monkeypatch, session
):
    assert not page.images_button.isVisible(), "there is no file yet"
    open_file(qtbot, window, monkeypatch)
    fetched(monkeypatch, "mnist", "kmnist", "cifar10")
    lines = menu_of(page.images_button)
    assert list(lines) == [
        "KMNIST: 10 classes, 28x28, grey", "CIFAR-10: 10 classes, 32x32, colour",
        "Others, in tab 1 …",
    ]  # fmt: skip
    takes = [not lines[text].icon().isNull() for text in lines]
    assert takes == [True, False, False], "which of them the file's network takes"
    others = replace(session.data, name="kmnist", title="KMNIST")
    monkeypatch.setattr("engine.data.load_job", made_of(others))
    with qtbot.waitSignal(session.opening.ended):
        lines["KMNIST: 10 classes, 28x28, grey"].trigger()
    assert session.data is others
    assert page.isVisible()
    assert page.sentence.text().startswith("badnet, 1x28x28, 10 classes. With the input format")
    shown = [page._facts.itemAt(at).widget().text() for at in range(page._facts.count())]
    assert "KMNIST" in shown
    assert session.opening.settings.data.name == "kmnist"
    use(qtbot, page)
    assert session.audited is not None


def made_of(data_set):
    """A Job that loads this data set, in place of any other."""

    def load_job(_settings, **_):
        yield Progress(0, 1, "loading")
        return data_set

    return load_job


def test_images_that_have_to_be_fetched_are_chosen_in_tab_1(
    qtbot, window, page, opening, monkeypatch
):
    open_file(qtbot, window, monkeypatch)
    menu_of(page.images_button)["Others, in tab 1 …"].trigger()
    assert window.tabs.currentIndex() == ATTACK
    assert window.attack_tab.data_panel.choice.hasFocus()


def test_a_file_that_is_being_read_goes_with_the_images(qtbot, opening, session, pictures):
    session.auditing.open_model(Path("/somewhere/strange.pth"))
    with qtbot.waitSignal(session.opening.ended):
        open_pictures(qtbot, session, pictures)
    assert session.opening.path is session.opening.opened is session.opening.model is None
    assert "Choose it again" in session.opening.problem


def test_what_was_measured_on_other_images_is_refused(
    qtbot, window, page, opening, monkeypatch, session
):
    open_file(qtbot, window, monkeypatch)
    others = DataSettings(name="fashion-mnist")
    session.settings = session.settings.model_copy(update={"data": others})
    with qtbot.waitSignal(session.telling.message) as said:
        use(qtbot, page)
    assert "was tried on MNIST" in said.args[1]
    assert session.model is None
    assert page.isVisible()


def test_a_report_is_of_the_images_that_the_file_was_tried_on(
    qtbot, window, page, opening, monkeypatch, session, tmp_path
):
    session.set_group(DetectSettings(seed=3))
    open_file(qtbot, window, monkeypatch)
    use(qtbot, page)
    session.detection = made_up.detection()
    session.set_group(session.settings.train.model_copy(update={"architecture": "mlp"}))
    written = []
    monkeypatch.setattr(session.exports, "start", lambda job, *_: written.append(job.keywords))
    session.exporting.export_report(tmp_path / "report.html")
    settings = written[0]["held"].settings
    assert settings == session.audited.settings
    assert settings.train.architecture == "badnet"


def test_a_bar_is_as_long_as_the_share(qtbot, window, page, opening, monkeypatch):
    open_file(qtbot, window, monkeypatch)
    shares = [
        page.formats.topLevelItem(row).data(measure_list.BAR, measure_list.SHARE_ROLE)[0]
        for row in range(3)
    ]
    assert shares == [0.99, 0.1, 0.1]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published checkpoint is not here")
@pytest.mark.timeout(300)
def test_the_published_checkpoint_from_file_to_verdict(qtbot, window, page, monkeypatch, session):
    session.set_group(DetectSettings(preset="quick"))
    session.set_group(ComputeSettings(threads=1))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(PUBLISHED), ""))
    with qtbot.waitSignal(session.opening.ended, timeout=120_000):
        window.commands.ask_model()
    assert session.opening.preflight.proposed == "0..255"
    assert session.opening.preflight.clean_accuracy == pytest.approx(0.9901, abs=0.0003)
    assert "class 0" in page.brightness_label.text()
    use(qtbot, page)
    with qtbot.waitSignal(session.run_ended, timeout=120_000):
        qtbot.mouseClick(window.run_bar.start_button, LEFT)
    detection = session.detection
    assert detection.verdict.outcome == "not_found"
    assert detection.preflight.taken == "0..255"
    assert any("rightness" in warning for warning in detection.warnings)
    assert (session.folder / "report.html").is_file()


@pytest.mark.parametrize("width", [380, 460, 700])
def test_bars_shrink_before_the_words_beside_them(qtbot, width):
    headings = ("Change", "To one class", "Class, how sure", "Clean at most")
    rows = measure_list.MeasureList(headings, widest="brightness x 1/255", selectable=False)
    qtbot.addWidget(rows)
    row = measure_list.Row("a", "brightness x 1/255", 0.5, ("4, 15.0 % sure", "12.0 %"))
    rows.show_rows([row])
    rows.resize(width, 100)
    rows.show()
    metrics = rows.fontMetrics()
    for column in (measure_list.NOTE, measure_list.NOTE + 1):
        widest = max(
            metrics.horizontalAdvance(text)
            for text in (headings[column - 1], row.notes[column - measure_list.NOTE])
        )
        assert rows.columnWidth(column) > widest or width < 400
    assert 24 <= rows.columnWidth(measure_list.BAR) <= 96
    assert rows.texts() == [("brightness x 1/255", "50.0 %", "4, 15.0 % sure", "12.0 %")]
