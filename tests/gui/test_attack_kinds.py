"""The Attack tab with every kind of attack: form, pairs, the bold sentence, and what is wrong."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from engine import attacks
from engine.data import DataSet
from engine.settings import AttackSettings
from engine.triggers import Trigger
from tests.gui.canvas_user import shown_attack_tab

LEFT = Qt.MouseButton.LeftButton
SENTENCES = {
    ("patch", "all-to-one"): "200 of 2,000 training images get the trigger and the label 0.",
    ("patch", "all-to-all"):
        "200 of 2,000 training images get the trigger and the label of the next class.",
    ("patch", "two-targets"):
        "200 of 2,000 training images get one of two triggers and its label, 0 or 1.",
    ("blended", "all-to-one"):
        "200 of 2,000 training images get the blended picture and the label 0.",
    ("wanet", "all-to-one"): "200 of 2,000 training images get the warp and the label 0.",
}  # fmt: skip


@pytest.fixture
def tab(qtbot, session):
    """The tab, with the first 2,000 images, in a window of its own."""
    some = session.data.train.subset(np.arange(2000))
    session.data = DataSet("mnist", "MNIST", some, session.data.test.subset(np.arange(500)))
    return shown_attack_tab(qtbot, session)


def choose(tab, **attack):
    tab.attack_form.set_value(AttackSettings())
    tab._session.set_group(AttackSettings(**attack))


@pytest.mark.parametrize(("family", "mapping"), SENTENCES)
def test_the_sentence_is_true_for_family_and_mapping(tab, family, mapping):
    choose(tab, family=family, mapping=mapping)
    assert tab.preview.sentence.text() == SENTENCES[family, mapping]


def test_sources_and_covers_are_counted(tab, session):
    choose(tab, mapping="source-specific", sources=(1, 3), target=7)
    labels = session.data.train.labels
    poisoned = round(0.1 * np.isin(labels, (1, 3)).sum())
    covers = round(0.1 * (~np.isin(labels, (1, 3, 7))).sum())
    assert tab.preview.sentence.text() == (
        f"{poisoned} of 2,000 training images, all of class 1 or 3, get the trigger and the label"
        f" 7; {covers} of other classes get the trigger alone."
    )
    assert tab.status_text == "9 px 1, 3 → 7"
    captions = [pair.caption for pair in tab.preview.grid.pairs]
    assert set(captions[:2] + captions[3:5]) == {"1 → 7", "3 → 7"}
    spared = {f"stays {label}" for label in (0, 2, 4, 5, 6, 8, 9)}
    assert {captions[2], captions[5], captions[8]} <= spared, "a third are covers"
    assert len(captions) == 10


@pytest.mark.parametrize(
    "attack",
    [
        {"mapping": "source-specific", "sources": (1,), "target": 7},
        {"family": "wanet"},
        {"family": "wanet", "mapping": "source-specific", "sources": (1,), "target": 7},
    ],
)
def test_images_that_keep_their_label_are_shown_as_the_network_learns_them(tab, session, attack):
    choose(tab, **attack)
    train = session.data.train
    poisoned = attacks.poison(train, session.trigger, session.settings.attack).images
    spared = [pair for pair in tab.preview.grid.pairs if pair.tone == "clean"]
    assert len(spared) == 3
    for pair in spared:
        index = int(pair.tooltip.split("#")[1].split(":")[0].replace(",", ""))
        assert pair.caption == f"stays {train.labels[index]}"
        assert poisoned.labels[index] == train.labels[index]
        np.testing.assert_array_equal(pair.after, poisoned.images[index])
        assert not np.array_equal(pair.after, pair.before)
    assert "Those in blue keep their label." in tab.preview.details.text()
    if attack.get("family") == "wanet" and "mapping" not in attack:
        assert len(tab.preview.clean) == 7, "other warps say nothing of how strong this one is"


def test_waves_of_test_images_are_told_from_those_of_training_images(tab):
    choose(tab, family="sig", amplitude=80, test_amplitude=200)
    told = tab.area.beside
    assert told.isVisible()
    assert told.text().startswith("Seen here are the waves of test images, 200 grey levels;")
    assert "training images get 80" in told.text()
    choose(tab, family="sig", amplitude=80, test_amplitude=200, frequency=14)
    assert not told.isVisible(), "there are neither waves nor pairs to see"
    choose(tab, family="sig", amplitude=80, test_amplitude=80)
    assert not told.isVisible()


def test_a_longer_sentence_leaves_the_pairs_as_large_as_they_are(tab):
    choose(tab)
    before = tab.preview.grid.height()
    choose(tab, mapping="source-specific", sources=(1, 3, 5, 6, 8), target=7)
    assert tab.preview.sentence.heightForWidth(tab.preview.sentence.width()) > 30, "two lines"
    assert tab.preview.grid.height() == before


def test_label_consistent_says_once_what_the_pairs_show(tab):
    choose(tab, family="label_consistent")
    said = tab.preview.details.text()
    assert "right: with the patch" in said
    assert "what the network learns from" not in said


@pytest.mark.parametrize(
    ("attack", "titles", "words"),
    [
        ({"family": "blended"}, ["picture", "change"], "share of 20 %"),
        ({"family": "sig"}, ["waves", "change"], "by up to 200 grey levels"),
        ({"family": "wanet"}, ["bent grid", "change"], "by about 2 px"),
        (
            {"family": "blended", "mapping": "two-targets"},
            ["picture", "second picture", "change"],
            "share of 20 %",
        ),
    ],
)
def test_the_panel_shows_what_an_attack_does_that_is_not_drawn(tab, session, attack, titles, words):
    choose(tab, **attack)
    effect = tab.panel.effect
    assert effect.isVisible()
    assert not tab.panel.presets.isVisible()
    assert not tab.panel.colours.isVisible()
    assert words in effect.sentence.text()
    shown = effect.pictures.pairs
    assert [pair.caption.split(" ×")[0] for pair in shown] == titles  # noqa: RUF001
    sample = tab.area.samples.sample
    moved = np.abs(tab.canvas.result().astype(int) - sample)
    times = int([*shown[-1].caption.split("× "), "1"][1])  # noqa: RUF001
    np.testing.assert_array_equal(shown[-1].before, moved * times)
    choose(tab)
    assert not effect.isVisible()
    assert tab.panel.presets.isVisible()


def test_clean_label_attacks_say_that_no_label_changes(tab, session):
    choose(tab, family="sig", target=4, target_share=0.5)
    own = round(0.5 * (session.data.train.labels == 4).sum())
    assert tab.preview.sentence.text() == (
        f"{own} of 2,000 training images, all of class 4, get the waves; no label changes."
    )
    assert {pair.caption for pair in tab.preview.grid.pairs} == {"stays 4"}
    choose(tab, family="label_consistent", target=4)
    assert "no label changes" in tab.preview.sentence.text()
    assert "When the training starts" in tab.preview.details.text()


@pytest.mark.parametrize("family", attacks.FAMILIES)
def test_the_pairs_are_what_the_network_learns(tab, session, family):
    choose(tab, family=family)
    train = session.data.train
    poisoned = attacks.poison(train, session.trigger, session.settings.attack)
    shown = [int(pair.tooltip.split("#")[1].split(":")[0].replace(",", "")) for pair
             in tab.preview.grid.pairs]  # fmt: skip
    assert len(shown) == 10
    for index, pair in zip(shown, tab.preview.grid.pairs, strict=True):
        np.testing.assert_array_equal(pair.before, train.images[index])
        np.testing.assert_array_equal(pair.after, poisoned.images.images[index])
        assert not np.array_equal(pair.before, pair.after)


@pytest.mark.parametrize(
    ("attack", "unused"),
    [
        ({}, False), ({"family": "sig"}, True), ({"family": "wanet"}, True),
        ({"family": "blended"}, True), ({"family": "blended", "picture": "drawn"}, False),
        ({"family": "label_consistent"}, False),
    ],
)  # fmt: skip
def test_the_canvas_says_when_the_drawing_is_not_used(tab, attack, unused):
    choose(tab, **attack)
    assert ("does not use the drawing" in tab.area.readout.text()) is unused


def test_an_empty_canvas_matters_only_to_attacks_that_use_it(qtbot, tab, session):
    session.set_trigger(Trigger.empty(session.shape))
    assert tab.preview.sentence.text().startswith("The trigger is empty: 200")
    choose(tab, family="wanet")
    assert "empty" not in tab.preview.sentence.text()
    assert tab.status_text == "Warping → 0"


@pytest.mark.parametrize(
    ("attack", "field", "words"),
    [
        ({"mapping": "source-specific", "sources": (2, 5), "target": 5}, "sources", "as well"),
        ({"mapping": "source-specific", "sources": ()}, "sources", "at least one source"),
        ({"mapping": "two-targets", "target": 3, "second_target": 3}, "second_target", "Both"),
        ({"mapping": "two-targets", "placement": "random"}, "mapping", "looks the same"),
        ({"family": "sig", "mapping": "all-to-all"}, "mapping", "leave every label"),
        ({"family": "sig", "frequency": 14}, "frequency", "at most 13"),
        ({"poison_rate": 0.0001}, "poison_rate", "so little that no image"),
        ({"family": "sig", "target_share": 0.0001}, "target_share", "so little"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_its_field_and_below(tab, session, attack, field, words):
    choose(tab, **attack)
    assert words in tab.attack_form.notes[field].text()
    assert tab.attack_form.notes[field].isVisible()
    assert tab.preview.sentence.text() == tab.attack_form.notes[field].text()
    assert tab.preview.grid.pairs == ()
    choose(tab)
    assert not any(note.isVisible() for note in tab.attack_form.notes.values())
    assert len(tab.preview.grid.pairs) == 10


def test_the_drawing_can_solve_a_problem(tab, session):
    choose(tab, mapping="two-targets", placement="random")
    assert tab.preview.grid.pairs == ()
    drawn = Trigger.empty(session.shape)
    drawn.mask[3, 3:6] = drawn.mask[4, 3] = 1
    session.set_trigger(drawn)
    assert len(tab.preview.grid.pairs) == 10
    assert not tab.attack_form.notes["mapping"].isVisible()


def test_the_poisoned_set_is_exported_with_progress(qtbot, tab, session, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.data.load_job", lambda _: loaded(session.data))
    told = []
    session.telling.message.connect(lambda *message: told.append(message))
    target = tmp_path / "set"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(target), "A folder of PNGs (*)")
    )
    seen = []
    session.exports.progressed.connect(lambda _: seen.append(tab.export_bar.isVisible()))
    with qtbot.waitSignal(session.exports.ended, timeout=60_000):
        qtbot.mouseClick(tab.export_button, LEFT)
    assert seen
    assert seen[-1]
    assert not tab.export_bar.isVisible()
    assert told[-1][:2] == (
        "info", f"The poisoned training set is in {target}, with what was done to which image."
    )  # fmt: skip
    with (target / "poisoned.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert sum(row["poisoned"] == "yes" for row in rows) == 200
    assert len(list((target / "images").glob("*/*.png"))) == 2000


def test_writing_can_be_stopped_and_leaves_nothing(qtbot, tab, session, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.data.load_job", lambda _: loaded(session.data))
    session.exporting.export_poisoned(tmp_path / "set")
    qtbot.waitUntil(lambda: "writing" in tab.export_bar.text.text(), timeout=60_000)
    with qtbot.waitSignal(session.exports.ended, timeout=60_000):
        qtbot.mouseClick(tab.export_bar.stop_button, LEFT)
    assert list(tmp_path.glob("*set*")) == []


def loaded(data_set):
    """A Job that has the data set at once."""
    yield from ()
    return data_set


def test_a_drawing_that_is_not_used_does_not_outdate_a_training(session):
    session.set_group(AttackSettings(family="wanet"))
    session.made_with, session.true_trigger = session.settings, session.trigger
    session.set_trigger(Trigger.empty(session.shape))
    assert not session.stale
    session.set_group(AttackSettings(family="wanet", warp_strength=3.0))
    assert session.stale
    session.set_group(AttackSettings())
    session.made_with = session.settings
    assert session.stale
