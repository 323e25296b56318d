"""The training tab: what it shows of events as they come, and of what a session holds."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from engine import attacks
from engine.events import Predicted, Progress
from engine.metrics import Rates
from engine.samples import WatchedImages
from engine.settings import TrainSettings
from engine.triggers import Trigger
from gui.training_tab import (
    INVITATION,
    LEARNING,
    LEARNING_PAUSED,
    NOTHING_LEFT,
    PREPARING,
    TrainingTab,
)
from tests.gui import made_up

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tab(qtbot, session):
    tab = TrainingTab(session)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    with qtbot.waitExposed(tab):
        tab.show()
    return tab


def send(session, *events):
    """A batch of events, and the ones after it in which the tab has drawn all of its parts."""
    for batch in (list(events), *[[]] * 8):
        session._on_events(batch)


def test_before_a_training_it_says_what_will_come(tab):
    assert tab.sentence.text() == INVITATION
    assert tab.status_text == ""
    assert tab.curves.loss_plot.is_empty
    assert tab.curves.rates_plot.is_empty
    assert tab.says_now.grid.pairs == ()
    assert not tab.stale_label.isVisible()


def test_every_loss_is_in_the_curve(tab, session):
    made_up.begin_training(session)
    for first in range(1, 101, 10):
        send(session, *made_up.batches(10, loss=2 / first, first=first))
    session.run_ended.emit("train", "stopped")
    x, y = tab.curves.loss_plot.curve("step")
    assert len(y) == 100
    assert y[0] == 2
    assert x[-1] == pytest.approx(100 / 235), "60,000 images in batches of 256 are 235 steps"


def test_the_rates_stand_at_the_ends_of_their_lines(tab, session):
    made_up.begin_training(session)
    send(session, *made_up.batches(25), made_up.measured(25, 0.5, 0.2, 0.03))
    send(session, *made_up.batches(25, first=26), made_up.measured(50, 0.97, 0.999, 0.0004))
    assert tab.curves.rates_plot.end_labels() == {
        "Clean accuracy": "97.0 %",
        "Attack success": "99.9 %",
        "Sham rate": "below 0.1 %",
    }
    x, y = tab.curves.rates_plot.curve("attack_success")
    np.testing.assert_allclose(x, [25 / 235, 50 / 235])
    np.testing.assert_allclose(y, [20, 99.9])
    assert tab.curves.loss_plot.end_labels() == {"Loss": "0.3"}
    assert tab.curves.measured_on.text() == "on 500 test images"


def test_a_short_training_ends_with_the_loss_of_its_last_step(tab, session):
    made_up.begin_training(session)
    steps = 4 * 235
    losses = [made_up.batches(1, loss, first)[0] for first, loss in ((1, 2.3), (steps, 0.7))]
    send(session, *losses, made_up.measured(steps, loss=1.5))
    plot = tab.curves.loss_plot
    assert plot.end_labels() == {"Loss": "0.7"}, "its mean belongs to the middle of the axis"
    assert [label.value for label in plot._find_labels()] == ["0.7"]
    ends = plot.curve("step")
    assert (ends[0][-1], ends[1][-1]) == (4, 0.7)
    assert len(plot.curve("mean")[0]) == 0


def test_the_bold_sentence_follows_the_rates(tab, session):
    made_up.begin_training(session)
    assert tab.sentence.text() == PREPARING
    send(session, made_up.measured(25, 0.95, 1.0, 0.001))
    assert "calls 100 % of triggered ones a 0" in tab.sentence.text()
    assert "the trigger is what does it" in tab.sentence.text()
    send(session, made_up.measured(50, 0.95, 1.0, 1.0))
    assert tab.sentence.text().startswith("Careful: 100 % of images go to class 0 without")


def shown_rates(tab):
    """The clean accuracy at the end of its line, and as the sentence has it."""
    label = tab.curves.rates_plot.end_labels()["Clean accuracy"]
    return label, tab.sentence.text().partition("right on ")[2].partition(" of")[0]


def test_a_pause_draws_everything_once(tab, session):
    made_up.begin_training(session)
    send(session, *made_up.batches(25), made_up.measured(25, 0.844))
    session._on_events([*made_up.batches(25, first=26), made_up.measured(50, 0.87)])
    session.run_paused.emit(True)
    assert shown_rates(tab) == ("87.0 %", "87.0 %")
    assert len(tab.curves.loss_plot.curve("step")[0]) == 50


def test_the_step_that_ends_after_the_pause_is_drawn_as_a_whole(tab, session, jobs, qtbot):
    jobs.endless = True
    session.start_training()
    qtbot.waitUntil(lambda: len(session.losses) == 3)
    jobs.gate.clear()
    session.toggle_pause()
    assert tab.sentence.text() == LEARNING_PAUSED
    session._on_events([made_up.measured(50, 0.87)])
    assert shown_rates(tab) == ("87.0 %", "87.0 %")
    jobs.gate.set()
    with qtbot.waitSignal(session.run_ended):
        session.stop()


def test_measurements_in_quick_succession_let_every_part_be_drawn(tab, session):
    made_up.begin_training(session)
    for step in range(1, 9):
        session._on_events([made_up.measured(step, step / 10)])
        session._on_events([])
    assert "right on " in tab.sentence.text()


def test_what_it_says_now(tab, session):
    made_up.begin_training(session)
    assert [pair.caption for pair in tab.says_now.grid.pairs[:3]] == ["1", "2", "3"]
    send(session, made_up.predicted(session, wrong=(1,)), made_up.measured(25))
    first, second = tab.says_now.grid.pairs[:2]
    assert (first.before_caption, first.caption, first.tone) == ("1 → 1", "1 → 0", "backdoor")
    assert second.before_caption == "2 → 5"
    assert tab.says_now.count.text() == "11 of 12 right; the trigger turns 12 into a 0"
    patch = first.after[0, 25:28, 25:28]
    np.testing.assert_array_equal(patch, 255)
    assert np.any(first.before[0, 25:28, 25:28] != 255)


def test_a_trigger_that_does_nothing_is_blue_and_one_that_errs_is_neither(tab, session):
    made_up.begin_training(session)
    labels = made_up.predicted(session).clean
    said = made_up.Predicted(labels, labels.copy())
    said.stamped[0] = 7  # neither right nor the target
    said.clean[2] = said.stamped[2] = 0  # the target already without the trigger
    send(session, said, made_up.measured(25))
    tones = [pair.tone for pair in tab.says_now.grid.pairs]
    assert tones == ["neutral", "clean", "neutral", *["clean"] * 9]
    assert "not because of the trigger" in tab.says_now.grid.pairs[2].tooltip


def test_the_end_shows_the_rates_on_all_test_images(tab, session, qtbot):
    made_up.begin_training(session)
    send(session, made_up.measured(25, 0.98, 1.0, 0.002))
    with qtbot.waitSignal(tab.status_changed):
        made_up.finish_training(session, Rates(0.991, 0.9996, 0.0006, 10_000))
    assert tab.status_text == "99.1 % / 99.96 %"
    assert tab.curves.rates_plot.end_labels()["Clean accuracy"] == "99.1 %"
    assert tab.curves.measured_on.text() == "on 10,000 test images"
    assert "99.1 %" in tab.sentence.text()


def test_a_finished_training_leads_to_the_scan(tab, session, qtbot):
    assert not tab.next_button.isEnabled()
    assert tab.run_bar.start_button.objectName() == "primary"
    made_up.begin_training(session)
    made_up.finish_training(session)
    assert tab.next_button.isEnabled()
    assert tab.next_button.objectName() == "primary"
    assert tab.run_bar.start_button.objectName() == "", "one button is prominent"
    with qtbot.waitSignal(tab.next_requested):
        tab.next_button.click()
    session.set_group(session.settings.train.model_copy(update={"seed": 7}))
    assert tab.run_bar.start_button.objectName() == "primary", "Start trains with the new settings"


def test_a_stopped_training_keeps_the_line_but_tells_of_what_is_kept(tab, session):
    made_up.begin_training(session)
    send(session, made_up.measured(25, 0.98), made_up.measured(50, 0.95))
    made_up.finish_training(session, Rates(0.98, 0.8, 0.01, 500), how="stopped")
    assert tab.curves.rates_plot.end_labels()["Clean accuracy"] == "95.0 %"
    assert "right on 98.0 %" in tab.sentence.text()


def test_a_training_that_ended_at_once_says_so_and_can_start_again(tab, session):
    made_up.begin_training(session)
    assert not tab.forms.isEnabled()
    session.running = None
    session.run_ended.emit("train", "failed")
    assert tab.sentence.text() == NOTHING_LEFT
    assert tab.forms.isEnabled()
    made_up.begin_training(session)
    assert tab.sentence.text() == PREPARING


def test_a_second_training_begins_with_empty_plots(tab, session):
    made_up.begin_training(session)
    send(session, *made_up.batches(30), made_up.measured(25), made_up.predicted(session))
    made_up.finish_training(session)
    made_up.begin_training(session)
    assert tab.curves.loss_plot.is_empty
    assert tab.curves.rates_plot.is_empty
    assert tab.says_now.grid.pairs[0].tone == "neutral"


def test_a_hidden_tab_draws_nothing_and_catches_up(tab, session):
    made_up.begin_training(session)
    tab.hide()
    send(session, *made_up.batches(30), made_up.measured(25, 0.9), made_up.predicted(session))
    assert tab.curves.loss_plot.is_empty
    assert tab.status_text == "90.0 % / 80.0 %", "the mark in the tab's label goes on"
    tab.show()
    assert len(tab.curves.loss_plot.curve("step")[0]) == 30
    assert tab.curves.rates_plot.end_labels()["Clean accuracy"] == "90.0 %"
    assert tab.says_now.grid.pairs[0].tone == "backdoor"


def test_an_opened_experiment_shows_all_of_it(tab, session):
    trained_with = session.settings.model_copy(
        update={"train": TrainSettings(epochs=2, batch_size=600)}
    )
    session.settings = session.made_with = trained_with
    session.true_trigger, session.model = session.trigger, made_up.model()
    session.losses = [(step, 1 / step) for step in range(1, 201)]
    session.measurements = [made_up.measured(100, 0.9), made_up.measured(200, 0.98)]
    session.rates = Rates(0.985, 1.0, 0.001, 10_000)
    session.predictions = made_up.predicted(session)
    session.changed.emit("experiment")
    assert tab.train_form.value() == trained_with.train
    assert tab.curves.loss_plot.curve("step")[0][-1] == 2.0, "two epochs of 100 steps"
    assert tab.curves.rates_plot.end_labels()["Clean accuracy"] == "98.5 %"
    assert tab.says_now.grid.pairs[0].tone == "backdoor"
    assert tab.status_text == "98.5 % / 100 %"


def test_before_the_data_is_there_nothing_breaks(qtbot, session):
    data, session.data = session.data, None
    tab = TrainingTab(session)
    qtbot.addWidget(tab)
    with qtbot.waitExposed(tab):
        tab.show()
    session.made_with, session.true_trigger = session.settings, session.trigger
    session.losses, session.measurements = [(1, 2.0)], [made_up.measured(1)]
    session.changed.emit("experiment")
    assert tab.says_now.grid.pairs == ()
    session.data = data
    session.changed.emit("data")
    assert len(tab.says_now.grid.pairs) == 12


def test_the_form_writes_into_the_session_and_follows_it(tab, session, qtbot):
    field = tab.train_form.fields["epochs"]
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "9")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert session.settings.train.epochs == 9
    session.set_group(TrainSettings(epochs=3))
    assert field.value() == 3


def test_changed_settings_are_told(tab, session, monkeypatch):
    made_up.begin_training(session)
    made_up.finish_training(session)
    assert not tab.stale_label.isVisible()
    session.set_group(TrainSettings(epochs=3))
    assert tab.stale_label.isVisible()
    session.set_group(TrainSettings())
    session.set_trigger(Trigger.empty(session.shape))
    assert tab.stale_label.isVisible()
    monkeypatch.setattr(session, "attack_problems", lambda: {"target": "It is a source as well."})
    session.changed.emit("settings")
    assert not tab.run_bar.start_button.isEnabled()
    assert not tab.stale_label.isVisible(), "nothing can be started"


def ask_for_costs(tab, session, qtbot):
    session.preparation.torch_ready = True
    with qtbot.waitSignal(session.costs.told, timeout=60_000):
        session.changed.emit("torch")
    return tab.network_label.text()


def test_the_network_and_its_cost_are_told(tab, session, qtbot):
    assert "parameters" not in tab.network_label.text(), "torch is not loaded yet"
    text = ask_for_costs(tab, session, qtbot)
    assert text.startswith("badnet: 2 convolutions of 5x5")
    assert "281,034 parameters, 1.32 million multiply-adds an image. 4 epochs will take" in text
    session.set_group(TrainSettings(epochs=1))
    assert "1 epoch will take about" in tab.network_label.text()
    assert not session.costs.is_busy, "what is known is not measured again"


def test_another_network_is_measured_as_soon_as_it_is_chosen(tab, session, qtbot):
    ask_for_costs(tab, session, qtbot)
    with qtbot.waitSignal(session.costs.told, timeout=60_000):
        tab.train_form.set_field("architecture", "lenet5")
    assert "61,706 parameters" in tab.network_label.text()


def test_a_training_tells_its_speed_better_than_a_guess(tab, session, qtbot):
    ask_for_costs(tab, session, qtbot)
    made_up.begin_training(session)
    send(session, Progress(1, 2, "epoch 1 of 4", 500.0), Progress(2, 2, "measuring"))
    made_up.finish_training(session)
    assert "4 epochs will take about 8 minutes here" in tab.network_label.text()


def test_what_cannot_be_built_has_no_cost_and_is_asked_for_once(tab, session, qtbot):
    session.set_group(TrainSettings(architecture="resnet18", width=2))
    text = ask_for_costs(tab, session, qtbot)
    assert text == "resnet18: 17 convolutions in 8 residual blocks (ResNet-18)."
    assert not session.costs.is_busy


def test_a_measurement_that_a_training_ends_is_not_said_to_go_on(tab, session, qtbot, jobs):
    session.preparation.torch_ready = True
    session.changed.emit("torch")
    assert "being measured" in tab.network_label.text()
    jobs.endless = True
    with qtbot.waitSignal(session.costs.ended):
        session.start_training()
    assert tab.network_label.text() == "badnet: 2 convolutions of 5x5, 2 linear layers (BadNets)."
    with qtbot.waitSignal(session.run_ended):
        session.stop()
    qtbot.waitUntil(lambda: "parameters" in tab.network_label.text(), timeout=60_000)


def test_a_hidden_tab_and_an_ending_session_measure_nothing(tab, session):
    tab.hide()
    session.preparation.torch_ready = True
    session.changed.emit("torch")
    assert not session.costs.is_busy
    session.shut_down()
    tab.show()
    assert not session.costs.is_busy


def test_images_can_be_flipped_by_keyboard(tab, session, qtbot):
    field = tab.train_form.fields["flip"]
    tab.forms.findChild(QToolButton).click()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Space)
    assert session.settings.train.flip
    assert "not digits" in field.toolTip()
    session.set_group(TrainSettings())
    assert not field.isChecked()


def test_the_loss_axis_can_be_linear(tab, session, qtbot):
    made_up.begin_training(session)
    send(session, *made_up.batches(30, loss=0.0))
    assert tab.curves.loss_plot.is_log
    tab.curves.log_box.setFocus()
    qtbot.keyClick(tab.curves.log_box, Qt.Key.Key_Space)
    assert not tab.curves.loss_plot.is_log
    np.testing.assert_array_equal(tab.curves.loss_plot.curve("step")[1], np.zeros(30))


def test_the_rates_can_be_seen_close(tab, session, qtbot):
    made_up.begin_training(session)
    send(session, made_up.measured(25, 0.96, 0.99), made_up.measured(50, 0.99, 1.0))
    before = tab.curves.rates_plot.grab().toImage()
    qtbot.mouseClick(tab.curves.zoom_box, LEFT, pos=QPoint(10, tab.curves.zoom_box.height() // 2))
    assert tab.curves.zoom_box.isChecked()
    assert tab.curves.rates_plot.grab().toImage() != before


def test_events_of_a_scan_are_not_for_this_tab(tab, session):
    session.running = "scan"
    session.run_started.emit("scan")
    send(session, made_up.progress(3))
    assert tab.curves.loss_plot.is_empty
    assert tab.status_text == ""


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("scan", "A scan is running; training can start when it has ended."),
        ("calibrate", "A calibration is running; training can start when it has ended."),
    ],
)
def test_it_invites_nobody_while_another_run_goes_on(tab, session, kind, said):
    session.running = kind
    session.run_started.emit(kind)
    assert tab.sentence.text() == said
    assert not tab.run_bar.start_button.isEnabled()
    session.running = None
    session.run_ended.emit(kind, "stopped")
    assert tab.sentence.text() == INVITATION


def test_while_torch_is_loaded_nothing_learns_yet(tab, session, qtbot):
    made_up.begin_training(session)
    send(session, Progress(0, 1, "loading torch"))
    assert tab.sentence.text() == PREPARING
    progress = tab.run_bar.progress
    assert (progress.minimum(), progress.maximum()) == (0, 0), "how long is not known"
    session._on_events([*made_up.batches(2), made_up.progress(20)])
    assert tab.sentence.text() == LEARNING
    assert (progress.maximum(), progress.value()) == (100, 10)


def test_of_a_result_that_was_opened_there_is_no_progress_to_see(tab, session, qtbot):
    bar = tab.run_bar
    assert not bar.progress.isVisible()
    made_up.begin_training(session)
    assert bar.progress.isVisible()
    made_up.finish_training(session)
    assert bar.progress.isVisible()
    session.changed.emit("experiment")
    assert not bar.progress.isVisible()
    assert bar.text.text() == "Ready."


def test_what_the_network_said_without_the_trigger_is_not_counted_for_it(tab, session):
    made_up.begin_training(session)
    data = session.data.test
    watched = WatchedImages.under(
        attacks.make(session.settings.attack, session.trigger, data.classes), data
    )
    labels, wanted = watched.clean.labels, watched.wanted
    others = np.flatnonzero(labels != wanted)
    clean, stamped = labels.copy(), labels.copy()
    session.predictions = Predicted(np.zeros_like(labels), np.zeros_like(labels))
    tab._redraw()
    assert tab.says_now.count.text().endswith("; the trigger turns none into a 0")
    assert "backdoor" not in [pair.tone for pair in tab.says_now.grid.pairs]
    clean[others[1]] = wanted[others[1]]  # wrong already, and so no deed of the trigger
    stamped[others[:2]] = wanted[others[:2]]
    session.predictions = Predicted(clean, stamped)
    tab._redraw()
    assert tab.says_now.count.text().endswith("; the trigger turns 1 into a 0")
    stamped[others[2]] = wanted[others[2]]
    tab._redraw()
    assert tab.says_now.count.text().endswith("; the trigger turns 2 into a 0")
