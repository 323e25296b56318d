"""Calibration against clean references, worked out by hand, and the files that hold them."""

import json
import re

import numpy as np
import pytest

from engine.detection.bounds import Bounds
from engine.detection.calibration import Calibration, on_both_scales
from engine.detection.pair_calibration import usual_statistics
from engine.detection.reference import Reference
from engine.detection.references import (
    REFERENCE_FOLDER,
    References,
    audit_key,
    file_name,
    find_references,
    write_references,
)
from engine.detection.usual_places import to_text
from engine.errors import EngineError
from engine.settings import DetectSettings

# Five networks, three classes: centres, levels -0.2 to 0.2, and residuals whose rows have the
# median 0 and whose columns the mean 0.
CENTRE = np.array([4.0, 4.5, 5.0])
LEVELS = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])[:, None]
RESIDUALS = 0.1 * np.array([[-1, 0, 1], [1, 0, -1], [-1, 1, 0], [1, -1, 0], [0, 0, 0]])
NETWORKS = CENTRE + LEVELS + RESIDUALS
# Own variances 0.04 / 4, 0.02 / 4, 0.02 / 4; shared 0.08 / 15; half of each.
SPREAD = np.sqrt((np.array([0.01, 0.005, 0.005]) + 0.08 / 15) / 2)


def test_centre_and_spread_worked_out_by_hand():
    calibration = Calibration.of(NETWORKS)
    assert calibration.centre == pytest.approx(CENTRE)
    assert calibration.spread == pytest.approx(SPREAD)


def test_scores_worked_out_by_hand():
    scores = Calibration.of(NETWORKS).scores(CENTRE + np.array([0.3, 0.3, -0.7]))
    assert scores == pytest.approx([0, 0, 1 / SPREAD[2]])


def test_a_large_mask_has_a_low_score():
    assert Calibration.of(NETWORKS).scores(CENTRE + np.array([0, 0, 1]))[2] < -10


def test_each_reference_is_left_out_of_its_own_comparison():
    calibration = Calibration.of(NETWORKS)
    for left_out in range(5):
        others = np.delete(NETWORKS, left_out, axis=0)
        centre = others.mean(0)
        residuals = others - centre - np.median(others - centre, axis=1, keepdims=True)
        spread = np.sqrt((residuals.var(0, ddof=1) + (residuals**2).mean()) / 2)
        moved = NETWORKS[left_out] - centre
        scores = -(moved - np.median(moved)) / spread
        expected = scores.max() / max(1.4826 * np.median(np.abs(scores)) / 1.5, 1)
        assert calibration.statistics[left_out] == pytest.approx(expected)


def test_the_chance_counts_references_and_the_network_itself():
    calibration = Calibration(CENTRE, SPREAD, np.arange(1.0, 20))
    assert calibration.p_value(100) == 1 / 20
    assert calibration.p_value(19) == 2 / 20, "as large counts as well"
    assert calibration.p_value(18.5) == 2 / 20
    assert calibration.p_value(-3) == 1


def test_the_level_of_a_network_does_not_matter():
    calibration = Calibration.of(NETWORKS)
    sizes = np.array([4.1, 4.4, 3.0])
    np.testing.assert_allclose(calibration.scores(sizes + np.log(3)), calibration.scores(sizes))


def test_the_order_of_classes_and_networks_does_not_matter():
    order = [2, 0, 1]
    one, other = Calibration.of(NETWORKS), Calibration.of(NETWORKS[::-1, order])
    np.testing.assert_allclose(other.spread, one.spread[order])
    np.testing.assert_allclose(np.sort(other.statistics), np.sort(one.statistics), atol=1e-9)


def test_the_usual_band_moves_with_the_level():
    calibration = Calibration.of(NETWORKS)
    low, high = calibration.usual_sizes(CENTRE + np.log(2))
    np.testing.assert_allclose(low, 2 * np.exp(CENTRE - 2 * SPREAD))
    np.testing.assert_allclose(high, 2 * np.exp(CENTRE + 2 * SPREAD))


@pytest.mark.parametrize("architecture", ["lenet5", "mlp"])
def test_sizes_at_a_score_are_those_that_have_it(architecture):
    """Also of a class that had been large: without it, the network's level is another one."""
    found = find_references("mnist", architecture, DetectSettings())
    calibration = found.calibration()
    for logs in found.sizes()[::8]:
        sizes = calibration.sizes_at(logs, 4.0)
        for label, size in enumerate(sizes):
            smaller = logs.copy()
            smaller[label] = np.log(size)
            assert calibration.scores(smaller)[label] == pytest.approx(4.0)


def test_clean_networks_are_rarely_accused():
    """One in twenty at most, however the classes and the networks differ by nature."""
    random = np.random.default_rng(4)
    usual, spreads = random.normal(4.4, 0.3, 10), random.uniform(0.05, 0.3, 10)

    def network():
        return usual + random.normal(0, 0.3) + random.normal(0, spreads)

    accused = []
    for _ in range(40):
        calibration = Calibration.of(np.array([network() for _ in range(39)]))
        chances = [calibration.p_value(calibration.scores(network()).max()) for _ in range(10)]
        accused += [chance <= 0.05 for chance in chances]
    assert 0.02 < np.mean(accused) < 0.08


def test_too_few_networks_are_no_calibration():
    with pytest.raises(ValueError, match="5 reference networks"):
        Calibration.of(NETWORKS[:4])


def test_references_that_are_all_alike_do_not_divide_by_zero():
    scores = Calibration.of(np.tile(CENTRE, (6, 1))).scores(CENTRE - np.array([0, 0.1, 0]))
    assert np.isfinite(scores).all()
    assert np.argmax(scores) == 1


# Files

QUICK = DetectSettings(preset="quick")


def references(count=6, audit=None, **changes):
    networks = tuple(
        Reference(recipe=f"seed {number}", clean_accuracy=0.99 - number / 1000,
                  mask_l1=tuple(float(60 + number + k) for k in range(10)), converged=(True,) * 10)
        for number in range(count)
    )  # fmt: skip
    values = {"data": "mnist", "architecture": "badnet", "pixels": 784, "networks": networks}
    return References(**(values | {"audit": audit or audit_key(QUICK)} | changes))


@pytest.fixture
def folder(tmp_path):
    write_references(references(), tmp_path / file_name("mnist", "badnet", QUICK))
    return tmp_path


def test_references_come_back_from_their_file(folder):
    found = find_references("mnist", "badnet", QUICK, folder)
    assert found == references()
    assert found.sizes()[2] == pytest.approx(np.log(np.arange(62, 72)))
    assert found.least_accuracy == pytest.approx(0.985)


def test_a_class_without_a_trigger_counts_as_the_whole_image():
    one = Reference(recipe="", clean_accuracy=1, mask_l1=(5.0, 3.0), converged=(True, False))
    sizes = references(networks=(one,)).sizes()
    assert sizes[0] == pytest.approx(np.log([5, 784]))


def test_for_other_data_and_networks_there_are_none(folder):
    assert find_references("mnist", "mlp", QUICK, folder) is None
    assert find_references("mnist", "badnet", DetectSettings(), folder) is None
    assert find_references("mnist", "badnet", QUICK, folder / "nowhere") is None


def test_references_of_another_audit_are_not_used(folder):
    for change in ({"images": 999}, {"success_threshold": 0.98}):
        other = QUICK.model_copy(update=change)
        with pytest.raises(EngineError, match="other settings"):
            find_references("mnist", "badnet", other, folder)
    assert find_references("mnist", "badnet", QUICK.model_copy(update={"seed": 5}), folder)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("other data", {"data": "cifar"}),
        ("other network", {"architecture": "mlp"}),
        ("too few", {"networks": references(4).networks}),
        ("none", {"networks": ()}),
    ],
)
def test_references_that_do_not_belong_are_not_used(folder, name, change):
    path = folder / file_name("mnist", "badnet", QUICK)
    write_references(references(**change), path)
    with pytest.raises(EngineError, match="not used"):
        find_references("mnist", "badnet", QUICK, folder)


PAIRS = {"pair_l1": [60.0] * 90, "pair_elsewhere": [0.3] * 90}
PLACED = PAIRS | {"pair_familiarity": [1.0] * 90}
PLACES = to_text(np.ones((90, 14, 14), np.float32))


def damaged(document):
    networks = document["networks"]
    yield "no JSON", b"{"
    yield "from the future", document | {"schema_number": 99}
    yield "a missing name", {key: value for key, value in document.items() if key != "pixels"}
    yield "an unknown name", document | {"more": 1}
    yield "no pixels", document | {"pixels": 0}
    for name, change in (
        ("too few sizes", {"mask_l1": [3.0]}),
        ("another length", {"mask_l1": [3.0, 4.0], "converged": [True] * 2}),
        ("fewer flags than sizes", {"converged": [True] * 9}),
        ("a negative size", {"mask_l1": [-1.0] + [60.0] * 9}),
        ("a size above the image's", {"mask_l1": [785.0] + [60.0] * 9}),
        ("a pair's size of zero", PAIRS | {"pair_l1": [0.0] + [60.0] * 89}),
        ("a pair's size above the image's", PAIRS | {"pair_l1": [785.0] + [60.0] * 89}),
        ("too few pairs", {"pair_l1": [60.0] * 89, "pair_elsewhere": [0.3] * 89}),
        ("fewer shares than pairs", PAIRS | {"pair_elsewhere": [0.3] * 89}),
        ("pairs without shares", {"pair_l1": [60.0] * 90}),
        ("shares without pairs", {"pair_elsewhere": [0.3] * 90}),
        ("a negative share", PAIRS | {"pair_elsewhere": [-0.1] + [0.3] * 89}),
        ("a share above one", PAIRS | {"pair_elsewhere": [1.1] + [0.3] * 89}),
    ):
        yield name, document | {"networks": [one | change for one in networks]}
        yield f"once {name}", document | {"networks": [networks[0] | change, *networks[1:]]}
    placed = [one | PLACED for one in networks]
    yield "familiarities without places", document | {"networks": placed}
    yield "places without familiarities", document | {
        "networks": [one | PAIRS for one in networks], "pair_places": PLACES,
    }  # fmt: skip
    yield "places that are none", document | {"networks": placed, "pair_places": "14x14:####"}
    yield "places of other pairs", document | {
        "networks": placed, "pair_places": to_text(np.ones((72, 14, 14), np.float32)),
    }  # fmt: skip
    for name, familiar in (("no familiarity", 0.0), ("an impossible familiarity", 1e9)):
        unlike = placed[0] | {"pair_familiarity": [familiar] + [1.0] * 89}
        yield name, document | {"networks": [unlike, *placed[1:]], "pair_places": PLACES}
    yield "pairs of one", document | {"networks": [networks[0] | PAIRS, *networks[1:]]}


@pytest.mark.parametrize("kind", [name for name, _ in damaged(references().model_dump())])
def test_a_damaged_file_is_a_sentence_and_not_a_crash(folder, kind):
    path = folder / file_name("mnist", "badnet", QUICK)
    content = dict(damaged(json.loads(path.read_text())))[kind]
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    # Where sizes are too few throughout, only the data set tells.
    with pytest.raises(EngineError) as caught:
        find_references("mnist", "badnet", QUICK, folder, classes=10)
    assert re.fullmatch(
        r"The reference file mnist-badnet-quick\.json is damaged \([^\n]{5,120}\), so it is not"
        r" used\. Restore it from a copy, or let Calibrate make references that fit\.",
        str(caught.value),
    )


def test_many_faults_are_told_in_few_words(folder):
    (folder / file_name("mnist", "badnet", QUICK)).write_text("{}")
    with pytest.raises(EngineError, match=r"damaged \(data: field required, and 4 more\), so it"):
        find_references("mnist", "badnet", QUICK, folder)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"classes": 9}, "not every network has sizes for 9 classes"),
        ({"pixels": 1024}, "made for images of 784 pixels, and these have 1,024"),
    ],
)
def test_references_of_other_images_are_not_used(facts, reason, folder):
    fitting = {"classes": 10, "pixels": 784}
    assert find_references("mnist", "badnet", QUICK, folder, **fitting) == references()
    with pytest.raises(EngineError, match=reason):
        find_references("mnist", "badnet", QUICK, folder, **(fitting | facts))


def test_a_class_may_need_no_mask_at_all(folder):
    """A network that takes everything for it needs none, and that is a finding."""
    networks = tuple(
        one.model_copy(update={"mask_l1": (0.0, *one.mask_l1[1:])}) for one in references().networks
    )
    write_references(references(networks=networks), folder / file_name("mnist", "badnet", QUICK))
    found = find_references("mnist", "badnet", QUICK, folder, classes=10, pixels=784)
    assert np.isfinite(found.calibration().statistics).all()


@pytest.mark.parametrize("gone", [("pair_l1",), ("pair_elsewhere",), tuple(PAIRS)])
@pytest.mark.parametrize("without", [1, 6])
def test_every_network_of_a_map_has_its_pairs(without, gone, tmp_path):
    """One without them would switch the map off for all."""
    mapped = DetectSettings(preset="map")
    pairs = {name: tuple(values) for name, values in PAIRS.items()}
    whole = [one.model_copy(update=pairs) for one in references().networks]
    path = tmp_path / file_name("mnist", "badnet", mapped)
    write_references(references(audit=audit_key(mapped), networks=tuple(whole)), path)
    assert find_references("mnist", "badnet", mapped, tmp_path).networks == tuple(whole)
    none = dict.fromkeys(gone, ())
    poor = [one.model_copy(update=none) for one in whole[:without]] + whole[without:]
    write_references(references(audit=audit_key(mapped), networks=tuple(poor)), path)
    reason = r"damaged \(not every network has figures for all pairs\)"
    with pytest.raises(EngineError, match=reason):
        find_references("mnist", "badnet", mapped, tmp_path)


def test_the_references_that_ship_can_be_used():
    for path in REFERENCE_FOLDER.glob("*.json"):
        data, architecture, preset = path.stem.rsplit("-", 2)
        audit = DetectSettings(preset=preset)
        found = find_references(data, architecture, audit, classes=10, pixels=784)
        assert found is not None
        assert len(found.networks) >= 19, "fewer could never reach 5 %"
        assert {len(one.mask_l1) for one in found.networks} == {10}
        calibration = found.calibration()
        assert np.isfinite(calibration.statistics).all()


def test_the_bounds_are_those_of_what_is_compared():
    for preset in ("standard", "map"):
        found = find_references("mnist", "mlp", DetectSettings(preset=preset))
        classes, pairs = found.calibration(), found.pair_calibration()
        assert found.bounds(mapped=False) == Bounds.beside(classes.statistics)
        assert found.bounds(mapped=True) == Bounds.beside(usual_statistics(classes, pairs))
        assert (found.bounds(mapped=True) == found.bounds(mapped=False)) == (pairs is None)


def test_a_copy_with_other_networks_has_another_calibration():
    found = find_references("mnist", "mlp", DetectSettings())
    assert len(found.calibration().statistics) == len(found.networks)
    fewer = found.model_copy(update={"networks": found.networks[:20]})
    assert len(fewer.calibration().statistics) == 20


def test_a_network_whose_classes_scatter_is_measured_by_its_own_scatter():
    random = np.random.default_rng(4)
    calibration = Calibration.of(random.normal(4.5, 0.1, (40, 10)))
    stranger = 4.5 + np.tile([0.4, -0.4], 5)
    assert calibration.scores(stranger).max() < 2
    stranger[3] = np.log(3.0)
    assert calibration.scores(stranger).argmax() == 3
    assert calibration.scores(stranger)[3] > 5


def test_a_network_that_scatters_less_than_clean_ones_gains_nothing_by_it():
    random = np.random.default_rng(4)
    calibration = Calibration.of(random.normal(4.5, 0.1, (40, 10)))
    calm = np.full(10, 4.5)
    calm[2] -= 0.05
    assert calibration.scores(calm).max() < 1.5


def test_a_statistic_counts_on_the_smaller_of_its_two_scales():
    # Four times their usual scatter above clean networks' largest, but no large score in itself;
    # a large sum that clean networks have as well; and a scatter that is small by chance.
    found = on_both_scales(np.array([3.6, 9.0, 4.0]), np.array([2.0, 5.0, 1.0]),
                           np.array([0.4, 2.0, 0.01]))  # fmt: skip
    assert found.tolist() == pytest.approx([3.6, 2.0, 4.0])
