"""Verdicts in words: every outcome, basis and mapping."""

from dataclasses import replace

import numpy as np
import pytest

from engine.detection.mask_forms import Form
from engine.detection.results import HardTrigger, Verdict
from engine.detection.schedules import passes_of_map, passes_of_pairs
from engine.detection.wording import ONLY_CLASSES
from engine.opening.results import FormatRate, Preflight
from engine.settings import DetectSettings
from engine.triggers import Trigger
from gui import map_words, verdict_in_short, verdict_status, verdict_words, words
from tests.gui import made_up

DIGITS = tuple(map(str, range(10)))


def single_pixel(strength):
    mask = np.zeros(made_up.SHAPE[1:], np.float32)
    mask[5, 5] = strength
    return Trigger(mask, np.ones(made_up.SHAPE, np.float32))


def said(outcome="likely", basis="references", mapping=None, targets=(0,), **facts):
    verdict = Verdict(
        outcome, targets[0] if targets else None, 1 / 41, basis, (), "A headline.",
        "An explanation.", targets, 0 if basis == "none" else 40, mapping,
    )  # fmt: skip
    return replace(verdict, **facts)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (said(), "class 0 likely"),
        (said("suspicious"), "class 0 suspicious"),
        (said("not_found", targets=()), "nothing found"),
        (said("not_auditable", targets=()), "no verdict"),
        (said(targets=(6, 0)), "classes 6, 0 likely"),
        (said(targets=(6, 0, 3, 4)), "classes 6, 0, 3 … likely"),
        (said(mapping="source-specific", pairs=((1, 7),), targets=(7,)), "1 → 7 likely"),
        (said(mapping="source-specific", pairs=((1, 7), (2, 7)), targets=(7,)), "1 → 7 … likely"),
        (said(mapping="all-to-all", pairs=((0, 1), (1, 0)), targets=(1, 0)), "all-to-all likely"),
    ],
)
def test_the_status_in_the_tab(verdict, status):
    assert verdict_status.status_of(made_up.detection(said=verdict), DIGITS) == status


@pytest.mark.parametrize(
    ("verdict", "fact"),
    [
        (said(), "Chance of this in a clean model: at most 2.4 %"),
        (said(p_value=3 / 41), "Chance of this in a clean model: about 7.3 %"),
        (said(basis="borrowed"), "Chance of this in a clean model: roughly 5 % or less"),
        (
            said("suspicious", "none", p_value=0.0004),
            "Chance of so small a mask if all classes were alike: below 0.1 % (Grubbs' test)",
        ),
        (
            said("not_found", targets=(), p_value=20 / 41),
            "Clean networks that stand out at least as much: about 49 %",
        ),
        (said("not_auditable", p_value=None), ""),
        (said(headline="Chance of this in a clean model: at most 2.4 %."), ""),
    ],
)
def test_how_sure_it_is(verdict, fact):
    assert verdict_words.how_sure(verdict) == fact


@pytest.mark.parametrize(
    ("verdict", "fact"),
    [
        (said(), "Compared with 40 clean networks of the same kind"),
        (
            said(basis="borrowed"),
            "Compared with 40 clean networks of other architectures (borrowed)",
        ),
        (said(basis="none"), "No clean networks to compare with: a suspicion at most"),
        (said("not_auditable", basis="none"), ""),
    ],
)
def test_what_it_rests_on(verdict, fact):
    assert verdict_words.basis(verdict) == fact


@pytest.mark.parametrize(
    ("verdict", "fact"),
    [
        (said(), ""),
        (
            said(mapping="all-to-one"),
            "All-to-one: images of all classes become a 0",
        ),
        (
            said(mapping="all-to-one", targets=(0, 8)),
            "Several targets: images of all classes become a 0 or an 8, each by its own trigger",
        ),
        (
            said(mapping="source-specific", pairs=((1, 7),), targets=(7,)),
            "Source-specific: images of a 1 become a 7; other pairs do not stand out",
        ),
        (
            said(mapping="all-to-all", pairs=((0, 1), (1, 0)), targets=(1, 0)),
            "All-to-all: several classes each become another one",
        ),
        (
            said(
                mapping="all-to-all",
                targets=(0,),
                pairs=tuple((one, (one + 1) % 10) for one in range(10)),
            ),
            "All-to-all: each class becomes another one",
        ),
    ],
)
def test_what_it_moves(verdict, fact):
    assert verdict_words.moves(verdict, DIGITS) == fact


def test_the_classic_index_is_always_named_as_that():
    assert verdict_words.classic(made_up.detection()) == "Classic anomaly index 8.3 (rule: above 2)"
    assert verdict_words.classic(made_up.detection(sizes=(None,) * 10)) == ""


@pytest.mark.parametrize(
    ("verdict", "terms"),
    [
        (said(), ["Verdict", "Mask", "Chance", "z", "Band", "Basis", "Classic rule", "Scan"]),
        (
            said("suspicious", "none"),
            ["Verdict", "Mask", "Chance", "Basis", "Classic rule", "Scan"],
        ),
        (said("not_auditable", "none", p_value=None), ["Verdict", "Scan"]),
    ],
)
def test_every_term_that_is_used_is_explained(verdict, terms):
    meaning = verdict_words.meaning(made_up.detection(said=verdict))
    assert [term for term, _ in meaning] == terms


@pytest.mark.parametrize(
    ("detection", "short"),
    [
        (
            made_up.detection(said=said(mapping="all-to-one")),
            "A backdoor is likely: images of all classes become a 0. A trigger of 4.0 pixels is"
            " enough; the chance of this in a clean network is at most 2.4 %.",
        ),
        (
            made_up.detection(said=said("suspicious", "none", references=0)),
            "A backdoor is suspected, no more: class 0 stands out. A trigger of 4.0 pixels is"
            " enough; if all classes were alike, the chance of this would be 2.4 %.",
        ),
        (
            made_up.mapped(),
            "A backdoor is likely: images of a 1 become a 7; other pairs do not stand out. A"
            " trigger of 3.0 pixels is enough; the chance of this in a clean network is at most"
            " 2.4 %.",
        ),
        (made_up.detection(said=said("not_found", targets=())), verdict_in_short.NOTHING),
        (
            made_up.detection(said=said("not_found", "none", targets=())),
            verdict_in_short.NOTHING_BESIDE_OTHERS,
        ),
        (made_up.detection(said=said("not_auditable", "none")), ""),
        (made_up.detection(said=said("not_auditable", "none"), complete=False), ""),
    ],
)
def test_a_verdict_in_short(detection, short):
    assert verdict_in_short.in_short(detection, DIGITS) == short


def test_what_a_chance_means():
    meaning = dict(verdict_words.meaning(made_up.detection(said=said())))
    assert meaning["Chance"].startswith("None of the 40 clean networks stands out as much.")
    assert "1 in 41, or 2.4 %, the least that 40 networks can show" in meaning["Chance"]
    assert "not how probable a backdoor is" in meaning["Chance"]
    assert "this network's own level" in meaning["Band"]
    alone = dict(verdict_words.meaning(made_up.detection(said=said("suspicious", "none"))))
    assert "Grubbs' test" in alone["Chance"]
    assert "never more than a suspicion" in alone["Basis"]


def test_what_z_is_of_pairs():
    of_classes = dict(verdict_words.meaning(made_up.detection(said=said())))["z"]
    of_pairs = dict(verdict_words.meaning(made_up.mapped()))["z"]
    assert "commonly differ in" not in of_classes
    assert "other classes" not in of_classes
    assert "Of pairs, how few images of other classes a trigger turns counts" in of_pairs
    assert "Of pairs, what clean networks commonly differ in is taken out as well." in of_pairs


@pytest.mark.parametrize(
    ("rank", "start"),
    [
        (2, "One of the 40 clean networks stands out as much."),
        (4, "3 of the 40 clean networks stand out as much."),
        (41, "All 40 clean networks stand out as much."),
    ],
)
def test_a_chance_is_a_count_of_networks(rank, start):
    meaning = dict(verdict_words.meaning(made_up.detection(said=said(p_value=rank / 41))))
    assert meaning["Chance"].startswith(start)
    assert f"{rank} in 41" in meaning["Chance"]
    assert "the least" not in meaning["Chance"]


def test_what_borrowed_networks_are_good_for():
    meaning = dict(verdict_words.meaning(made_up.detection(said=said(basis="borrowed"))))
    assert "a rough number" in meaning["Chance"]
    assert "other architectures" in meaning["Basis"]
    assert "3" not in meaning["z"]


def named_class(**values):
    """A finished scan in which something else is known of class 0."""
    usual = made_up.detection(said=said())
    first, *rest = usual.classes
    return replace(usual, classes=(replace(first, **values), *rest))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"hard": HardTrigger(made_up.patch(3, 3), 0.97)},
            "the 4 pixels that are at least half replaced here turn 97.0 % of other images",
        ),
        (
            {"hard": HardTrigger(single_pixel(1.0), 0.5)},
            "the one pixel that is at least half replaced here turns 50.0 % of other images",
        ),
        ({"trigger": single_pixel(0.4)}, "Here no pixel is more than half replaced"),
    ],
)
def test_what_a_mask_is_made_of(values, text):
    meaning = dict(verdict_words.meaning(named_class(**values)))
    assert text in meaning["Mask"]
    assert "a sufficient trigger, not necessarily the one that was planted" in meaning["Mask"]


def test_where_nothing_was_found_no_trigger_is_spoken_of():
    meaning = dict(verdict_words.meaning(made_up.detection(said=said("not_found", targets=()))))
    assert "planted" not in meaning["Mask"]


def test_of_a_mean_of_several_searches_the_band_says_so():
    band = dict(verdict_words.meaning(named_class(sizes=(4.0, 5.0))))["Band"]
    assert "are of the first search; dots, strokes and z are those of the mean." in band
    assert "first search" not in dict(verdict_words.meaning(named_class()))["Band"]


@pytest.mark.parametrize("knows", [True, False])
def test_that_looks_count_is_said_where_they_do(knows):
    usual_form = Form(0.8, 6.0) if knows else None
    found = made_up.detection(said=said())
    facts = {"suspicious_size": 30.0, "usual_form": usual_form}
    classes = tuple(replace(one, **facts) for one in found.classes)
    scan = replace(found, classes=classes)
    meaning = dict(verdict_words.meaning(scan))
    assert ("radius of gyration" in meaning["z"]) == knows
    assert "Left of the stroke" in meaning["Band"]
    assert ("for masks that look as this network's do" in meaning["Band"]) == knows


def test_where_nothing_was_scanned_no_scan_is_told_of():
    said_of = said("not_auditable", "none", (), p_value=None)
    nothing = made_up.detection(said=said_of, classes=(), clean_accuracy=0.0)
    assert dict(verdict_words.meaning(nothing))["Scan"] == "No trigger was searched for."


def test_warnings_are_told():
    detection = made_up.detection(warnings=("First.", "Second."))
    notes = [text for term, text in verdict_words.meaning(detection) if term == "Note"]
    assert notes == ["First.", "Second."]
    assert verdict_words.caution(detection) == "Mind: First. 1 more under What does this mean?"
    assert verdict_words.caution(made_up.detection(warnings=("First.",))) == "Mind: First."
    assert verdict_words.caution(made_up.detection()) == ""


def test_that_pairs_were_not_searched_is_said_once_where_a_map_is_offered():
    warnings = ("First.", ONLY_CLASSES)
    nothing = made_up.detection(said=said("not_found", targets=()), warnings=warnings)
    assert verdict_words.caution(nothing) == "Mind: First."
    assert dict(verdict_words.meaning(nothing))["Note"] == ONLY_CLASSES, "it is said there still"
    suspected = made_up.detection(said=said("suspicious"), warnings=(ONLY_CLASSES,))
    assert verdict_words.caution(suspected) == f"Mind: {ONLY_CLASSES}"


def test_a_doubtful_input_format_says_what_can_be_done():
    rate = FormatRate("0..1", "pixels divided by 255", 0.98, 0.1, 1000)
    before = Preflight((rate,), None, "0..1", "0..1", ("0..255",), 0.98, 1000)
    detection = made_up.detection(preflight=before, warnings=("First.", before.doubt))
    advice = "Open the model again to choose another format."
    assert [text for term, text in verdict_words.meaning(detection) if term == "Note"] == [
        "First.",
        f"{before.doubt} {advice}",
    ]
    detection = replace(detection, warnings=(before.doubt,))
    assert verdict_words.caution(detection) == f"Mind: {before.doubt} {advice}"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(10.0, "10 seconds"), (80.0, "80 seconds"), (800.0, "13 minutes")]
)
def test_how_long_a_map_takes_follows_the_speed_of_the_scan(seconds, expected):
    facts = {"settings": DetectSettings(preset="quick"), "image_passes": passes_of_map(10)}
    offer = map_words.offer(made_up.detection(seconds=seconds, **facts))
    assert f"; about {expected}." in offer


def test_a_map_that_goes_on_from_the_scan_takes_as_long_as_its_pairs():
    scan = made_up.detection(seconds=20.0, image_passes=passes_of_pairs(10))
    assert "; about 20 seconds." in map_words.offer(scan)


def test_an_unknown_speed_promises_nothing():
    offer = map_words.offer(made_up.detection(seconds=0.0, image_passes=0))
    assert offer.endswith("looks for those.")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "5 seconds"), (11, "10 seconds"), (90, "90 seconds"),
                          (200, "3 minutes")],
)  # fmt: skip
def test_a_rough_duration(seconds, text):
    assert words.duration(seconds) == text
