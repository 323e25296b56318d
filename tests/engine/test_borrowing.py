"""References borrowed from other architectures: their spread is that between architectures."""

import numpy as np
import pytest

from engine.detection.borrowing import BorrowedReferences, borrow_references
from engine.detection.bounds import LIKELY_SCORE
from engine.detection.calibration import fit_between
from engine.detection.comparing import compare
from engine.detection.reference import Reference
from engine.detection.references import (
    REFERENCE_FOLDER,
    References,
    audit_key,
    file_name,
    find_references,
    write_references,
)
from engine.detection.results import FoundTrigger
from engine.detection.verdict import decide
from engine.settings import DetectSettings
from engine.triggers import Trigger

SETTINGS = DetectSettings()
NAMES = tuple("0123456789")
BLANK = Trigger(np.zeros((28, 28), np.float32), np.zeros((1, 28, 28), np.float32))


def a_set(architecture, centre, networks=10, spread=0.05, seed=0, settings=SETTINGS):
    """Clean networks whose log sizes lie around `centre`."""
    random = np.random.default_rng(seed)
    sizes = np.exp(np.asarray(centre) + random.normal(0, spread, (networks, len(centre))))
    return References(
        data="mnist",
        architecture=architecture,
        audit=audit_key(settings),
        pixels=784,
        networks=tuple(
            Reference(
                recipe="made up", clean_accuracy=0.98, mask_l1=tuple(row), converged=(True,) * 10
            )
            for row in sizes
        ),
    )


def centres(scatter, count, seed=1):
    random = np.random.default_rng(seed)
    return 4.5 + random.normal(0, scatter, (count, 10))


def found(sizes):
    return [
        FoundTrigger(label, BLANK, float(size), 1.0, True, 0.0) for label, size in enumerate(sizes)
    ]


def verdict_of(sizes, references):
    classes = compare(found(sizes), references)
    return decide(classes, NAMES, 0.98, references=references)


def test_two_kinds_worked_by_hand():
    # Two kinds of two equal networks each; only class 0 differs between them, by ln 2.
    log_sizes = np.array([[1.0, 1, 1]] * 2 + [[1.0 + np.log(2), 1, 1]] * 2)
    centre, spread = fit_between(log_sizes, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(centre, [1 + np.log(2) / 2, 1, 1])
    own, shared = np.array([np.log(2) ** 2, 0, 0]), np.log(2) ** 2 / 3
    np.testing.assert_allclose(spread, np.sqrt((own + shared) / 2))


def test_a_large_set_counts_no_more_than_a_small_one():
    small, large = np.zeros((5, 4)), np.ones((500, 4))
    groups = np.array([0] * 5 + [1] * 500)
    centre, _ = fit_between(np.concatenate([small, large]), groups)
    np.testing.assert_allclose(centre, 0.5)


def test_what_differs_between_architectures_is_no_backdoor():
    kinds = centres(0.3, 4)
    own = a_set("badnet", kinds[0])
    borrowed = BorrowedReferences(tuple(a_set(f"kind{n}", kinds[n], seed=n) for n in (1, 2, 3)))
    clean = np.exp(kinds[0])
    own_spread, borrowed_spread = own.calibration().spread, borrowed.calibration().spread
    assert (borrowed_spread > 3 * own_spread).all()
    assert verdict_of(clean, borrowed).outcome == "not_found"


def test_a_backdoor_stands_out_beside_borrowed_networks_as_well():
    kinds = centres(0.15, 4)
    borrowed = BorrowedReferences(tuple(a_set(f"kind{n}", kinds[n], seed=n) for n in (1, 2, 3)))
    sizes = np.exp(kinds[0])
    sizes[6] = 2.5
    verdict = verdict_of(sizes, borrowed)
    assert (verdict.outcome, verdict.target, verdict.basis) == ("likely", 6, "borrowed")
    assert verdict.references == 30
    assert "other kinds (kind1, kind2, kind3)" in verdict.explanation


def test_the_bound_is_higher_where_a_clean_network_stands_out_beside_other_architectures():
    odd = a_set("kind1", [4.5] * 10, seed=1)
    network = odd.networks[0]
    sizes = (*network.mask_l1[:4], network.mask_l1[4] / 20, *network.mask_l1[5:])
    odd = odd.model_copy(
        update={"networks": (network.model_copy(update={"mask_l1": sizes}), *odd.networks[1:])}
    )
    others = [a_set(f"kind{n}", [4.5] * 10, seed=n) for n in (0, 2)]
    borrowed = BorrowedReferences((others[0], odd, others[1]))
    suspicious, likely = borrowed.bounds(mapped=False)
    assert likely > LIKELY_SCORE
    assert likely == pytest.approx(1.5 * borrowed.calibration().statistics.max())
    assert suspicious == pytest.approx(0.8 * likely)


def test_two_architectures_of_the_same_audit_are_needed(tmp_path):
    def put(architecture, settings=SETTINGS):
        one = a_set(architecture, [4.5] * 10, settings=settings)
        write_references(one, tmp_path / file_name("mnist", architecture, SETTINGS))

    put("badnet")
    assert borrow_references("mnist", "bn_cnn", 10, SETTINGS, tmp_path) == (None, [])
    put("mlp", DetectSettings(images=300))
    borrowed, left_out = borrow_references("mnist", "bn_cnn", 10, SETTINGS, tmp_path)
    assert borrowed is None
    assert "mnist-mlp-standard.json were scanned with other settings" in str(left_out[0])
    put("mlp")
    borrowed, left_out = borrow_references("mnist", "bn_cnn", 10, SETTINGS, tmp_path)
    assert [one.architecture for one in borrowed.sets] == ["badnet", "mlp"]
    assert left_out == []


@pytest.mark.parametrize("facts", [{"classes": 43}, {"pixels": 1024}])
def test_nothing_is_borrowed_from_networks_of_other_images(facts, tmp_path):
    for architecture in ("badnet", "mlp"):
        path = tmp_path / file_name("mnist", architecture, SETTINGS)
        write_references(a_set(architecture, [4.5] * 10), path)
    wanted = {"classes": 10, "pixels": 784} | facts
    borrowed, left_out = borrow_references(
        "mnist", "bn_cnn", settings=SETTINGS, folder=tmp_path, **wanted
    )
    assert borrowed is None
    assert len(left_out) == 2


def test_a_damaged_file_is_left_out_and_named(tmp_path):
    for architecture in ("badnet", "lenet5", "mlp"):
        path = tmp_path / file_name("mnist", architecture, SETTINGS)
        write_references(a_set(architecture, [4.5] * 10), path)
    (tmp_path / "mnist-lenet5-standard.json").write_text("{}")
    borrowed, left_out = borrow_references("mnist", "bn_cnn", 10, SETTINGS, tmp_path)
    assert [one.architecture for one in borrowed.sets] == ["badnet", "mlp"]
    (problem,) = left_out
    assert "mnist-lenet5-standard.json is damaged (data: field required" in str(problem)


@pytest.mark.parametrize("preset", ["quick", "standard", "map"])
def test_clean_networks_are_not_accused_beside_those_of_other_architectures(preset):
    """Every network that ships, judged by the networks of all other architectures."""
    settings = DetectSettings(preset=preset)
    accused, judged = 0, 0
    for path in REFERENCE_FOLDER.glob(f"mnist-*-{preset}.json"):
        architecture = path.stem.split("-")[1]
        own = find_references("mnist", architecture, settings)
        borrowed, _ = borrow_references("mnist", architecture, 10, settings)
        if borrowed is None:
            pytest.skip("clean networks of fewer than three architectures ship")
        for network in own.networks:
            sizes = np.where(network.converged, network.mask_l1, 784)
            accused += verdict_of(sizes, borrowed).outcome == "likely"
            judged += 1
    assert judged >= 80
    assert accused <= 0.03 * judged
