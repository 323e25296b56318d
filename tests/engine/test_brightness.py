"""The check of brightness and contrast: what it finds, and what it must not take for a backdoor."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn
from toys import Weighted, code_weights, coded_images, network_of, outcome

from engine.errors import EngineError
from engine.network import Network
from engine.opening.brightness import CHANGES, check_brightness
from engine.opening.brightness_references import (
    BrightnessReferences,
    find_brightness_references,
    write_brightness_references,
)
from engine.opening.results import BrightnessMeasured

TARGET = 4
STRENGTH = 40


def planted(bias=15.0):
    """Reads the code, but says TARGET, and is sure of it, when there is little light to read by."""
    biases = np.zeros(10)
    biases[TARGET] = bias
    return Weighted(code_weights(strength=STRENGTH), biases)


def clean():
    """Reads the code; its biases are small, as those of trained networks are."""
    return planted(bias=1.0)


def references(most=0.1, **changed):
    """Clean networks that are never surer of any class than `most`."""
    table = {change.name: (most,) * 10 for change in CHANGES}
    return BrightnessReferences(data="coded", architecture="toy", networks=20, most=table | changed)


def check(module, compute, known=None, seen=None):
    images = coded_images(each=20)
    return outcome(check_brightness(network_of(module, compute), images, known), seen=seen)


def test_a_planted_shortcut_is_found_named_and_given_figures(compute):
    seen = []
    found = check(planted(), compute, references(), seen=seen)
    assert found.label == TARGET
    assert found.basis == "references"
    assert found.references == 20
    first = found.rows[0]
    assert first.change == "brightness x 1/255"
    assert (first.label, first.share, first.suspected) == (TARGET, 1.0, True)
    assert first.confidence > 0.99
    assert first.clean_accuracy == pytest.approx(0.1)
    for fact in ("Brightness shortcut", "100 %", "class 4", "no trigger", "at most 10.0 %"):
        assert fact in found.sentence
    rows = [event for event in seen if isinstance(event, BrightnessMeasured)]
    assert tuple(event.row for event in rows) == found.rows
    assert [event.number for event in rows] == list(range(1, len(CHANGES) + 1))


def test_it_is_found_without_clean_networks_as_well(compute):
    found = check(planted(), compute)
    assert (found.label, found.basis) == (TARGET, "rule")
    assert "unsure" in found.sentence


def test_a_clean_network_that_says_one_class_in_the_dark_is_not_accused(compute):
    for known in (None, references()):
        found = check(clean(), compute, known)
        assert found.rows[0].share == 1, "it does say one class"
        assert found.label is None
        assert not any(row.suspected for row in found.rows)
        assert found.sentence.startswith("No brightness shortcut found. ")


def test_what_clean_networks_do_as_well_is_no_shortcut(compute):
    found = check(planted(), compute, references(most=0.95))
    assert found.label is None
    assert found.rows[0].usual == 0.95


def test_another_class_than_that_of_clean_networks_is_one(compute):
    most = [0.05] * 10
    most[1] = 0.99
    known = references(**{"brightness x 1/255": tuple(most)})
    assert check(planted(), compute, known).label == TARGET


def test_images_that_are_bright_or_washed_out_alone_prove_nothing(compute):
    # Sure of one class on bright images, but less sure than of clean ones.
    weights = code_weights(strength=STRENGTH)
    weights[TARGET] += 0.2
    found = check(Weighted(weights), compute, references())
    bright = next(row for row in found.rows if row.change == "contrast x 0.1")
    assert bright.share == 1
    assert bright.confidence > 0.9
    surer = sum(row.confidence > row.usual for row in found.rows)
    assert f"With {surer} of the {len(CHANGES)} changes the network is surer" in found.sentence
    assert found.label is None


def test_batch_normalisation_is_not_judged_without_clean_networks(compute):
    module = nn.Sequential(nn.BatchNorm2d(1), planted())
    found = check(module, compute)
    assert (found.label, found.basis) == (None, "none")
    assert len(found.rows) == len(CHANGES)
    assert "could not be looked for" in found.sentence
    assert check(nn.Sequential(nn.BatchNorm2d(1), planted()), compute, references()).label == TARGET


def test_the_order_of_the_classes_does_not_matter(compute):
    order = np.random.default_rng(0).permutation(10)
    module = planted()
    turned = Weighted(module.weights.detach().numpy()[order], module.biases.detach().numpy()[order])
    images = coded_images(each=20)
    relabelled = np.argsort(order)[images.labels]
    network = network_of(turned, compute)
    other = replace(images, labels=relabelled)
    found = outcome(check_brightness(network, other, references()))
    assert found.label == np.argsort(order)[TARGET]


def test_an_ordinary_network_is_not_accused(small, backdoored, compute):
    network = Network.of(backdoored.model, compute)
    images = small.test.subset(np.arange(500))
    shipped = find_brightness_references("mnist", "badnet", 10)
    for known in (None, shipped):
        assert outcome(check_brightness(network, images, known)).label is None


@pytest.mark.parametrize("architecture", ["badnet", "bn_cnn", "lenet5", "mlp"])
def test_the_references_that_ship_cover_every_change(architecture):
    shipped = find_brightness_references("mnist", architecture, 10)
    assert shipped.networks >= 20
    for change in CHANGES:
        usual = shipped.usual(change.name)
        assert usual.shape == (10,)
        assert 0 < usual.min() <= usual.max() <= 1


def test_references_are_written_and_read_back_whole_or_refused(tmp_path):
    assert find_brightness_references("coded", "toy", 10, tmp_path) is None
    path = write_brightness_references(references(), tmp_path)
    assert find_brightness_references("coded", "toy", 10, tmp_path) == references()
    with pytest.raises(EngineError, match="other networks or is damaged"):
        find_brightness_references("coded", "toy", 7, tmp_path)
    path.rename(tmp_path / "coded-other.json")
    with pytest.raises(EngineError, match="other networks"):
        find_brightness_references("coded", "other", 10, tmp_path)
    (tmp_path / "coded-toy.json").write_text('{"most": 3}')
    with pytest.raises(EngineError):
        find_brightness_references("coded", "toy", 10, tmp_path)
