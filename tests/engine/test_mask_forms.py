"""What a mask looks like counts beside its size, where clean networks know that of theirs."""

import re
from dataclasses import replace

import numpy as np
import pytest

from engine.detection.borrowing import BorrowedReferences
from engine.detection.comparing import compare, judge_again
from engine.detection.evidence import comparable
from engine.detection.mask_forms import WEIGHTS, Form, form_of, forms_of, mean_form, weighted
from engine.detection.reference import Reference
from engine.detection.references import (
    References,
    audit_key,
    file_name,
    find_references,
    write_references,
)
from engine.detection.results import Detection, FoundTrigger
from engine.detection.verdict import decide
from engine.errors import EngineError
from engine.settings import DetectSettings
from engine.triggers import Trigger

CLASSES, ODD = 10, 3  # the class of which a test changes the mask
NAMES = tuple("0123456789")
SIZES = np.linspace(60, 90, CLASSES)
USUAL = Form(0.8, 6.0)
FAINT, COMPACT, BOTH = Form(0.4, 6.0), Form(0.8, 3.0), Form(0.4, 3.0)
QUICK = DetectSettings(preset="quick")


def clean(count=40, *, knows=True, architecture="toy", **about):
    """Clean networks whose masks scatter by a tenth in size, and by half of that in form."""
    random = np.random.default_rng(len(architecture))

    def scattered(usual, share):
        return tuple(usual * np.exp(random.normal(0, share, CLASSES)))

    networks = tuple(
        Reference(
            recipe="made up", clean_accuracy=0.98, converged=(True,) * CLASSES,
            mask_l1=scattered(SIZES, 0.1),
            mask_opacity=tuple(np.minimum(scattered(USUAL.opacity, 0.05), 1)) if knows else (),
            mask_radius=scattered(USUAL.radius, 0.05) if knows else (),
        )
        for _ in range(count)
    )  # fmt: skip
    facts = {"data": "mnist", "architecture": architecture, "audit": "x", "pixels": 784}
    return References(**(facts | about), networks=networks)


def found(form=USUAL, size=None):
    """What a scan found: masks that look as usual, but for that of one class."""
    blank = Trigger.empty((1, 28, 28))
    sizes = [size if label == ODD and size else SIZES[label] for label in range(CLASSES)]
    return [
        FoundTrigger(
            label, blank, float(sizes[label]), 0.99, True, None,
            forms=(form if label == ODD else USUAL,),
        )
        for label in range(CLASSES)
    ]  # fmt: skip


def z_of(classes, known):
    return compare(classes, known)[ODD].z


def verdict_on(classes, known):
    return decide(compare(classes, known), NAMES, 0.98, references=known)


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
    assert form_of(np.array([values], np.float32)).opacity == pytest.approx(expected)


def test_a_wider_mask_of_the_same_values_is_as_opaque():
    mask = np.random.default_rng(0).random((28, 28), np.float32)
    assert form_of(np.tile(mask, (2, 2))).opacity == pytest.approx(form_of(mask).opacity)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ([[1]], 1),
        ([[0, 0], [0, 0]], 1),
        ([[1, 0, 1]], np.sqrt(1 + 1)),
        ([[1, 0], [0, 1]], np.sqrt(0.25 + 0.25 + 1)),
        ([[0.2, 0, 0, 0, 0.2]], np.sqrt(4 + 1)),
        ([[0.75, 0, 0, 0, 0.25]], np.sqrt(16 * 0.75 * 0.25 + 1)),
    ],
)
def test_radius_worked_out_by_hand(mask, expected):
    for turned in (np.array(mask, np.float32), np.array(mask, np.float32).T):
        assert form_of(turned).radius == pytest.approx(expected)


def test_where_a_mask_lies_is_no_part_of_its_form():
    mask = np.pad(np.random.default_rng(0).random((9, 7), np.float32), ((0, 19), (0, 21)))
    assert form_of(np.roll(mask, (11, 5), axis=(0, 1))) == pytest.approx(form_of(mask))


@pytest.mark.parametrize("form", [FAINT, COMPACT, BOTH])
def test_a_form_counts_as_a_smaller_size(form):
    """Half as opaque, or half as wide, is as much as the root of half as large."""
    known = clean()
    size = SIZES[ODD] * np.prod(np.power(np.divide(form, USUAL), WEIGHTS))
    assert z_of(found(form), known) == pytest.approx(z_of(found(size=size), known))
    assert z_of(found(form), known) > z_of(found(), known) + 2


def test_networks_without_forms_are_compared_by_sizes_alone():
    for known in (clean(knows=False), clean().without_forms()):
        assert not known.knows_forms
        one, other = (compare(found(form), known)[ODD] for form in (USUAL, BOTH))
        assert one.z == other.z
        assert other.usual_form is None
        assert other.form_beside() is None


@pytest.mark.parametrize("lost", ["mask_opacity", "mask_radius"])
def test_networks_of_which_some_do_not_know_all_are_compared_by_sizes(lost):
    known, sizes = clean(), clean().without_forms()
    first = known.networks[0].model_copy(update={lost: ()})
    mixed = known.model_copy(update={"networks": (first, *known.networks[1:])})
    np.testing.assert_array_equal(mixed.sizes(), sizes.sizes())
    assert z_of(found(BOTH), mixed) == z_of(found(BOTH), sizes)


def test_borrowed_networks_are_compared_by_sizes():
    sets = tuple(clean(architecture=name) for name in ("one", "other"))
    borrowed = BorrowedReferences(sets)
    alone = BorrowedReferences(tuple(one.without_forms() for one in sets))
    for form in (USUAL, BOTH):
        assert z_of(found(form), borrowed) == z_of(found(form), alone)


def test_bars_are_of_masks_that_look_as_usual_and_strokes_of_masks_like_this():
    known = clean()
    usual, odd = (compare(found(form), known)[ODD] for form in (USUAL, BOTH))
    assert odd.usual == usual.usual
    ratio = odd.suspicious_size / usual.suspicious_size
    assert ratio == pytest.approx(np.prod(np.power(np.divide(USUAL, BOTH), WEIGHTS)))
    assert usual.usual[0] < usual.mask_l1 < usual.usual[1]


def test_a_stroke_lies_within_the_image():
    told = compare(found(Form(0.01, 1.0)), clean())[ODD]
    assert told.suspicious_size == 784


def test_a_class_without_a_mask_has_the_bar_and_stroke_of_usual_masks():
    classes = [replace(one, converged=one.label != ODD) for one in found()]
    for one, forms in ((classes, clean()), (classes, clean().without_forms())):
        told = compare(one, forms)[ODD]
        least = min(network.mask_l1[ODD] for network in forms.networks)
        assert told.usual[0] == pytest.approx(least, rel=0.15)
        assert told.suspicious_size < told.usual[0] < told.usual[1] < 100


@pytest.mark.parametrize("failed", [slice(0, 30), slice(None)])
def test_what_is_usual_is_that_of_masks_that_worked(failed):
    known = clean()
    whole = form_of(np.ones((28, 28), np.float32))
    networks = list(known.networks)
    for place in range(len(networks))[failed]:
        one = networks[place]
        lost = {
            "converged": one.converged, "mask_opacity": one.mask_opacity,
            "mask_radius": one.mask_radius,
        }  # fmt: skip
        values = {"converged": False, "mask_opacity": whole.opacity, "mask_radius": whole.radius}
        networks[place] = one.model_copy(
            update={name: (*old[:ODD], values[name], *old[ODD + 1 :]) for name, old in lost.items()}
        )
    told = compare(found(BOTH), known.model_copy(update={"networks": tuple(networks)}))[ODD]
    if failed.stop is None:
        assert told.usual_form is None
        assert told.form_beside() is None
        return
    assert told.usual_form == pytest.approx(USUAL, rel=0.05)


def test_several_searches_of_an_older_version_are_compared_by_sizes():
    """It kept their sizes alone, and the first mask's form is not that of all of them."""
    searches = {"sizes": (60.0, 70.0, 75.0), "forms": ()}
    classes = [replace(one, **searches) for one in found(BOTH)]
    known = clean(audit=audit_key(QUICK))
    assert comparable(known, classes) == known.without_forms()
    assert comparable(known, found(BOTH)) is known
    kept = [replace(one, forms=(BOTH,) * 3) for one in classes]
    assert comparable(known, kept) is known
    verdict = verdict_on(found(), known)
    detection = Detection(tuple(classes), verdict, None, QUICK, "", 0.98, 1, 1)
    again = judge_again(detection, known, NAMES)
    alone = compare(classes, known.without_forms())
    assert [one.z for one in again.classes] == [one.z for one in alone]


def test_the_size_that_is_suspicious_is_where_the_verdict_turns():
    known = clean()
    size = compare(found(BOTH), known)[ODD].suspicious_size
    outcomes = [verdict_on(found(BOTH, size * factor), known).outcome for factor in (0.98, 1.02)]
    assert outcomes == ["suspicious", "not_found"]


def test_a_class_of_one_search_has_the_form_of_its_mask():
    mask = np.zeros((28, 28), np.float32)
    mask[5:8, 5:8] = 0.5
    trigger = Trigger(mask, np.ones((1, 28, 28), np.float32))
    one = FoundTrigger(0, trigger, 4.5, 0.99, True, None)
    assert forms_of(one) == (form_of(mask),)
    assert mean_form(one) == pytest.approx(form_of(mask))


def test_a_class_of_several_searches_has_the_mean():
    forms = (Form(0.2, 2), Form(0.8, 8))
    one = replace(found()[0], sizes=(60.0, 60.0), forms=forms)
    assert mean_form(one) == pytest.approx((0.4, 4))
    assert weighted(mean_form(one)) == pytest.approx(weighted(forms).mean())
    classes = [one, *found()[1:]]
    own, usual = compare(classes, clean())[0].judged_form()
    assert own == pytest.approx((0.4, 4))
    assert usual == pytest.approx(USUAL, rel=0.05)


def test_a_class_without_a_trigger_looks_like_the_whole_image():
    lost = replace(found()[ODD], converged=False, forms=())
    assert forms_of(lost) == (form_of(np.ones((28, 28), np.float32)),)
    classes = [lost if one.label == ODD else one for one in found()]
    told = compare(classes, clean())[ODD]
    assert told.form_beside() is None
    assert told.z < 0, "it counts as the whole image"


@pytest.mark.parametrize(
    ("form", "how", "factor"),
    [
        (Form(0.12, 6.0), "12 % opaque where {0:.0f} % is usual", 0.39),
        (Form(0.8, 1.2), "1.2 px in radius where {1:.1f} px is usual", 0.45),
        (
            Form(0.2, 1.5),
            "20 % opaque where {0:.0f} % is usual and 1.5 px in radius where {1:.1f} px is usual",
            0.25,
        ),
        (
            Form(0.55, 4.0),
            "55 % opaque where {0:.0f} % is usual and 4.0 px in radius where {1:.1f} px is usual",
            0.68,
        ),
    ],
)
def test_a_verdict_says_what_is_unusual_in_a_mask(form, how, factor):
    known, size = clean(), SIZES[ODD]
    if factor > 0.5:
        size *= 0.9  # the form alone would not do
    verdict = verdict_on(found(form, size), known)
    assert verdict.outcome in ("likely", "suspicious")
    assert verdict.target == ODD
    opacity, radius = compare(found(), known)[ODD].usual_form
    how = how.format(100 * opacity, radius)
    [counted] = re.findall(r"it counts as (\d+)\)", verdict.headline)
    assert float(counted) == pytest.approx(size * factor, rel=0.06)
    assert f"A mask of {size:.0f} pixels ({how}: it counts as {counted}) turns" in verdict.headline
    assert "would be usual. Chance" in verdict.headline
    assert "How opaque a mask is and how close together it lies count" in verdict.explanation


def test_nothing_is_said_of_a_mask_that_looks_as_usual():
    verdict = verdict_on(found(size=3), clean())
    assert "A mask of 3.0 pixels turns" in verdict.headline
    assert not {"faint", "compact", "radius"} & set(verdict.headline.split())
    assert "by size and looks" not in verdict.explanation


def test_where_the_size_says_enough_the_form_is_left_out():
    verdict = verdict_on(found(BOTH, size=3), clean())
    assert "A mask of 3.0 pixels turns" in verdict.headline
    assert "never needed fewer than" in verdict.headline
    assert "How opaque a mask is and how close together it lies count" in verdict.explanation


def test_of_several_searches_the_first_mask_is_told_with_its_own_form():
    forms, sizes = (Form(0.2, 2.0), Form(0.8, 6.0), Form(0.8, 6.0)), (40.0, 70.0, 72.0)
    classes = [
        replace(one, mask_l1=sizes[0], sizes=sizes, forms=forms) if one.label == ODD else one
        for one in found()
    ]
    told = compare(classes, clean())[ODD]
    assert told.form_beside()[0] == forms[0]
    assert told.judged_form()[0] == pytest.approx((0.8 ** (2 / 3) * 0.2 ** (1 / 3), 4.16), rel=0.01)


def test_what_comes_nearest_is_told_with_what_it_counts_as():
    verdict = verdict_on(found(Form(0.58, 4.4)), clean())
    assert verdict.outcome == "not_found"
    assert re.search(r"70 pixels where 5\d to 8\d would be usual \(58 % opaque", verdict.headline)
    assert "by size and looks together" in verdict.explanation


@pytest.mark.parametrize(
    "forms",
    [
        {"mask_opacity": (0.0,) * 10},
        {"mask_opacity": (1.1,) * 10},
        {"mask_opacity": (0.5,) * 9},
        {"mask_radius": (0.9,) * 10},
        {"mask_radius": (785.0,) * 10},
        {"mask_radius": (3.0,) * 11},
    ],
)
@pytest.mark.parametrize("which", [slice(0, 1), slice(None)])
def test_a_file_with_impossible_forms_is_not_used(tmp_path, forms, which):
    known = clean(audit=audit_key(QUICK))
    path = tmp_path / file_name("mnist", "toy", QUICK)
    write_references(known, path)
    assert find_references("mnist", "toy", QUICK, tmp_path) == known
    networks = list(known.networks)
    networks[which] = [one.model_copy(update=forms) for one in networks[which]]
    write_references(known.model_copy(update={"networks": tuple(networks)}), path)
    with pytest.raises(EngineError, match="damaged"):
        find_references("mnist", "toy", QUICK, tmp_path)
