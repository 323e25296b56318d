"""Verdicts in words: every outcome, basis and mapping."""

from dataclasses import replace

import pytest

from engine.detection.results import Verdict
from engine.detection.schedules import passes_of_map, passes_of_pairs
from engine.settings import DetectSettings
from gui import verdict_words, words
from tests.gui import made_up

DIGITS = tuple(map(str, range(10)))


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
    assert verdict_words.status(verdict, DIGITS) == status


@pytest.mark.parametrize(
    ("verdict", "fact"),
    [
        (said(), "Chance of this in a clean model: at most 2.4 %"),
        (said(p_value=3 / 41), "Chance of this in a clean model: 7.3 %"),
        (said(basis="none", p_value=0.0004), "Chance of this in a clean model: below 0.1 %"),
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
        (said(basis="borrowed"), "Compared with 40 clean networks of another architecture"),
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
            "All-to-one: every image with the trigger becomes a 0",
        ),
        (
            said(mapping="all-to-one", targets=(0, 6)),
            "All-to-one: every image with the trigger becomes a 0 or a 6",
        ),
        (
            said(mapping="source-specific", pairs=((1, 7),), targets=(7,)),
            "Source-specific: only images of a 1 become a 7",
        ),
        (
            said(mapping="all-to-all", pairs=((0, 1), (1, 0)), targets=(1, 0)),
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
        (said(), ["Verdict", "Chance", "z", "Band", "Basis", "Classic rule", "Scan"]),
        (said("suspicious", "none"), ["Verdict", "Chance", "Basis", "Classic rule", "Scan"]),
        (said("not_auditable", "none", p_value=None), ["Verdict", "Scan"]),
    ],
)
def test_every_term_that_is_used_is_explained(verdict, terms):
    meaning = verdict_words.meaning(made_up.detection(said=verdict))
    assert [term for term, _ in meaning] == terms


def test_what_a_chance_means():
    meaning = dict(verdict_words.meaning(made_up.detection(said=said())))
    assert "stands out at least as much, 2.4 % here" in meaning["Chance"]
    assert "With 40 networks to compare with it is never below 2.4 %" in meaning["Chance"]
    assert "this network's own level" in meaning["Band"]
    alone = dict(verdict_words.meaning(made_up.detection(said=said("suspicious", "none"))))
    assert "Grubbs' test" in alone["Chance"]
    assert "never more than a suspicion" in alone["Basis"]


def test_warnings_are_told():
    detection = made_up.detection(warnings=("First.", "Second."))
    notes = [text for term, text in verdict_words.meaning(detection) if term == "Note"]
    assert notes == ["First.", "Second."]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(10.0, "10 seconds"), (80.0, "80 seconds"), (800.0, "13 minutes")]
)
def test_how_long_a_map_takes_follows_the_speed_of_the_scan(seconds, expected):
    facts = {"settings": DetectSettings(preset="quick"), "image_passes": passes_of_map(10)}
    offer = verdict_words.offer_of_map(made_up.detection(seconds=seconds, **facts))
    assert f"; about {expected}." in offer


def test_a_map_that_goes_on_from_the_scan_takes_as_long_as_its_pairs():
    scan = made_up.detection(seconds=20.0, image_passes=passes_of_pairs(10))
    assert "; about 20 seconds." in verdict_words.offer_of_map(scan)


def test_an_unknown_speed_promises_nothing():
    offer = verdict_words.offer_of_map(made_up.detection(seconds=0.0, image_passes=0))
    assert offer.endswith("looks for those.")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "5 seconds"), (11, "10 seconds"), (90, "90 seconds"),
                          (200, "3 minutes")],
)  # fmt: skip
def test_a_rough_duration(seconds, text):
    assert words.duration(seconds) == text
