"""How opaque a mask is counts beside its size, where clean networks know how opaque theirs are."""

from dataclasses import replace

import numpy as np
import pytest

from engine.detection.borrowing import BorrowedReferences
from engine.detection.comparing import compare
from engine.detection.opacity import WEIGHT, mean_opacity, opacity_of
from engine.detection.references import (
    Reference,
    References,
    audit_key,
    file_name,
    find_references,
    write_references,
)
from engine.detection.results import FoundTrigger
from engine.detection.verdict import decide
from engine.errors import EngineError
from engine.settings import DetectSettings
from engine.triggers import Trigger

CLASSES, FAINT = 10, 3
NAMES = tuple("0123456789")
SIZES = np.linspace(60, 90, CLASSES)
OPAQUE = 0.8
QUICK = DetectSettings(preset="quick")


def clean(count=40, *, knows=True, architecture="toy", **about):
    """Clean networks whose masks scatter by a tenth in size, and by half of that in opacity."""
    random = np.random.default_rng(len(architecture))
    networks = tuple(
        Reference(
            recipe="made up", clean_accuracy=0.98, converged=(True,) * CLASSES,
            mask_l1=tuple(SIZES * np.exp(random.normal(0, 0.1, CLASSES))),
            mask_opacity=tuple(
                np.minimum(OPAQUE * np.exp(random.normal(0, 0.05, CLASSES)), 1)
            ) if knows else (),
        )
        for _ in range(count)
    )  # fmt: skip
    facts = {"data": "mnist", "architecture": architecture, "audit": "x", "pixels": 784}
    return References(**(facts | about), networks=networks)


def found(opacity=OPAQUE, size=None):
    """What a scan found: masks that are all opaque, but for that of one class."""
    classes = []
    for label in range(CLASSES):
        value = opacity if label == FAINT else OPAQUE
        l1 = size if label == FAINT and size is not None else SIZES[label]
        mask = np.zeros((28, 28), np.float32)
        mask.flat[: round(l1 / value)] = value
        trigger = Trigger(mask, np.ones((1, 28, 28), np.float32))
        classes.append(FoundTrigger(label, trigger, float(l1), 0.99, True, None))
    return classes


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 1, 0], 1),
        ([0.5, 0.5], 0.5),
        ([1, 0.5], 1.25 / 1.5),
        ([0.1], 0.1),
        ([0, 0], 1),
        ([1e-5, 1e-5], 0.01),
    ],
)
def test_opacity_worked_out_by_hand(values, expected):
    assert opacity_of(np.array([values], np.float32)) == pytest.approx(expected)


def test_a_wider_mask_of_the_same_values_is_as_opaque():
    mask = np.random.default_rng(0).random((28, 28), np.float32)
    assert opacity_of(np.tile(mask, (2, 2))) == pytest.approx(opacity_of(mask))


def test_half_as_opaque_counts_as_the_root_of_half_as_large():
    known = clean()
    z = {value: compare(found(value), known)[FAINT].z for value in (OPAQUE, OPAQUE / 2)}
    smaller = compare(found(size=SIZES[FAINT] * 0.5**WEIGHT), known)[FAINT].z
    assert abs(z[OPAQUE]) < 1
    assert z[OPAQUE / 2] == pytest.approx(smaller, abs=0.01)
    assert z[OPAQUE / 2] > 3 > z[OPAQUE]


def test_without_opacities_sizes_alone_count():
    for known in (clean(knows=False), clean().without_opacity()):
        assert not known.knows_opacity
        one, other = (compare(found(value), known)[FAINT] for value in (OPAQUE, OPAQUE / 4))
        assert one.z == other.z
        assert other.usual_opacity is None
        assert other.opacity_beside() is None


def test_networks_of_which_some_do_not_know_it_are_compared_by_sizes():
    known, sizes = clean(), clean().without_opacity()
    first = known.networks[0].model_copy(update={"mask_opacity": ()})
    mixed = known.model_copy(update={"networks": (first, *known.networks[1:])})
    np.testing.assert_array_equal(mixed.sizes(), sizes.sizes())
    assert compare(found(0.2), mixed)[FAINT].z == compare(found(0.2), sizes)[FAINT].z


def test_borrowed_networks_are_compared_by_sizes():
    sets = tuple(clean(architecture=name) for name in ("one", "other"))
    borrowed = BorrowedReferences(sets)
    alone = BorrowedReferences(tuple(one.without_opacity() for one in sets))
    for value in (OPAQUE, OPAQUE / 4):
        scores = [compare(found(value), known)[FAINT].z for known in (borrowed, alone)]
        assert scores[0] == scores[1]


def test_what_is_told_in_pixels_is_that_of_masks_as_opaque():
    known = clean()
    opaque, faint = (compare(found(value), known)[FAINT] for value in (OPAQUE, OPAQUE / 4))
    for name in ("usual", "suspicious_size"):
        ratio = np.divide(getattr(faint, name), getattr(opaque, name))
        np.testing.assert_allclose(ratio, 4**WEIGHT, rtol=0.02)
    assert faint.usual[0] > faint.mask_l1
    assert opaque.usual[0] < opaque.mask_l1 < opaque.usual[1]


def test_the_size_that_is_suspicious_is_where_the_verdict_turns():
    known = clean()
    size = compare(found(OPAQUE / 2), known)[FAINT].suspicious_size
    outcomes = [
        verdict_on(found(OPAQUE / 2, size * factor), known).outcome for factor in (0.98, 1.02)
    ]
    assert outcomes == ["suspicious", "not_found"]


def verdict_on(classes, known):
    return decide(compare(classes, known), NAMES, 0.98, references=known)


def test_a_class_of_several_searches_has_the_mean():
    one = replace(found()[0], sizes=(60.0, 60.0), opacities=(0.2, 0.8))
    assert mean_opacity(one) == pytest.approx(0.4)
    classes = [one, *found()[1:]]
    assert compare(classes, clean())[0].opacity_beside()[0] == pytest.approx(0.4)


def test_a_class_without_a_trigger_is_opaque():
    lost = replace(found(0.1)[FAINT], converged=False)
    assert mean_opacity(lost) == 1
    classes = [lost if one.label == FAINT else one for one in found()]
    told = compare(classes, clean())[FAINT]
    assert told.opacity_beside() is None
    assert told.z < 0, "it counts as the whole image"


def test_a_verdict_says_that_a_mask_is_faint():
    known = clean()
    verdict = verdict_on(found(0.12), known)
    assert verdict.outcome == "likely"
    assert verdict.target == FAINT
    assert "A mask of 70 pixels, 12 % opaque where 80 % is usual, turns 99.0 %" in verdict.headline
    assert "would be usual for a mask so faint. Chance" in verdict.headline
    assert "How faint a mask is counts as well" in verdict.explanation
    opaque = verdict_on(found(size=3), known)
    assert "A mask of 3.0 pixels turns" in opaque.headline
    assert "faint" not in opaque.headline + opaque.explanation


def test_what_comes_nearest_is_told_beside_masks_so_faint():
    """The range is moved to its opacity, and would seem far from its size otherwise."""
    verdict = verdict_on(found(0.45), clean())
    assert verdict.outcome == "not_found"
    assert "would be usual for a mask so faint" in verdict.headline
    assert "by size and faintness together" in verdict.explanation


@pytest.mark.parametrize("opacities", [(0.0,) * 10, (1.1,) * 10, (0.5,) * 9])
@pytest.mark.parametrize("which", [slice(0, 1), slice(None)])
def test_a_file_with_impossible_opacities_is_not_used(tmp_path, opacities, which):
    known = clean(audit=audit_key(QUICK))
    path = tmp_path / file_name("mnist", "toy", QUICK)
    write_references(known, path)
    assert find_references("mnist", "toy", QUICK, tmp_path) == known
    networks = list(known.networks)
    networks[which] = [
        one.model_copy(update={"mask_opacity": opacities}) for one in networks[which]
    ]
    write_references(known.model_copy(update={"networks": tuple(networks)}), path)
    with pytest.raises(EngineError, match="damaged"):
        find_references("mnist", "toy", QUICK, tmp_path)
