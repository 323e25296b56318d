"""What the network says of the images that carry a pair's trigger."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.events import Progress
from engine.metrics import NO_ANSWER
from gui import network_answers
from gui.window import MainWindow
from tests.gui import made_up
from tests.gui.scanning import finish_map, map_half_way, shown_tab


class Network:
    """Asked in place of a real one: a trigger leads to 8, but for the first two images."""

    def __init__(self):
        self.asked = []

    def answers_job(self, model, images, _):
        self.asked.append(images)
        yield Progress(0, 1, "asking the network")
        count = len(images) // 2
        if model.input_range == "none":
            raise EngineError("It cannot be built.")
        labels = np.array([3] * count + [8] * count)
        labels[count], labels[count + 1] = 3, NO_ANSWER
        return labels


@pytest.fixture
def network(monkeypatch):
    network = Network()
    monkeypatch.setattr(network_answers, "answers_job", network.answers_job)
    return network


@pytest.fixture
def tab(qtbot, session, network):
    session.preparation.torch_ready = True
    session.model = made_up.model()
    return shown_tab(qtbot, session)


def captions(tab):
    return [pair.caption for pair in tab.views.pairs.detail.samples.pairs]


def test_under_each_stamped_image_stands_what_the_network_says(qtbot, tab, session, network):
    with qtbot.waitSignal(session.answers.told):
        finish_map(session, pairs=((3, 8),))
        assert set(captions(tab)) == {"stamped"}
    pairs = tab.views.pairs.detail.samples.pairs
    assert [(pair.caption, pair.tone) for pair in pairs] == [
        ("→ 3", "clean"), ("→ no class", "neutral"), *[("→ 8", "backdoor")] * 6,
    ]  # fmt: skip
    assert pairs[0].before_caption == "a 3"
    assert pairs[2].tooltip == (
        "A test image of class 3. The network says 3; with the trigger it says 8: the trigger does"
        " this."
    )
    [images] = network.asked
    np.testing.assert_array_equal(images[:8], [pair.before for pair in pairs])
    np.testing.assert_array_equal(images[8:], [pair.after for pair in pairs])


def test_a_pair_is_asked_about_once(qtbot, tab, session, network):
    with qtbot.waitSignal(session.answers.told):
        finish_map(session, pairs=((3, 8),))
    with qtbot.waitSignal(session.answers.told):
        tab.views.pairs.chart.choose(3, 7)
    tab.views.pairs.chart.choose(3, 8)
    assert captions(tab)[2] == "→ 8"
    assert len(network.asked) == 2
    assert not session.answers.is_busy


def test_of_many_pairs_in_a_hurry_the_last_is_answered(qtbot, tab, session, network):
    finish_map(session, pairs=((3, 8),))
    for target in (7, 6, 5, 4):
        tab.views.pairs.chart.choose(3, target)
    qtbot.waitUntil(lambda: not session.answers.is_busy)
    assert captions(tab)[2] == "→ 8"
    assert len(network.asked) == 2


def test_a_network_that_cannot_be_asked_says_nothing(qtbot, tab, session):
    session.model = made_up.model()
    object.__setattr__(session.model, "input_range", "none")
    told = []
    session.telling.message.connect(lambda *said: told.append(said))
    with qtbot.waitSignal(session.answers.ended):
        finish_map(session, pairs=((3, 8),))
    assert set(captions(tab)) == {"stamped"}
    assert told == []


def test_nothing_is_asked_while_a_run_has_the_cores_or_before_torch(qtbot, tab, session, network):
    map_half_way(session)
    session.preparation.torch_ready = False
    finish_map(session, pairs=((3, 8),))
    assert network.asked == []
    session.preparation.torch_ready = True
    with qtbot.waitSignal(session.answers.told):
        session.changed.emit("torch")
    session.running = "train"
    tab.views.pairs.chart.choose(3, 7)
    assert len(network.asked) == 1
    assert set(captions(tab)) == {"stamped"}
    session.running = None
    with qtbot.waitSignal(session.answers.told):
        session.run_ended.emit("train", "finished")


def test_a_window_that_closes_asks_no_more(qtbot, session, network):
    session.preparation.torch_ready, session.model = True, made_up.model()
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.complete()
    session.shut_down()
    finish_map(session, pairs=((3, 8),))
    assert not session.answers.is_busy
    assert network.asked == []
