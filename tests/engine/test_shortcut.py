"""A shortcut of brightness that a scan cannot see is what its outcome begins with."""

from dataclasses import replace

import pytest

from engine.opening.results import BrightnessCheck, BrightnessRow, FormatRate, Preflight
from engine.opening.shortcut import as_told, other_warnings, unseen_shortcut
from tests.gui import made_up

DIGITS = [str(digit) for digit in range(10)]
SENTENCE = "Brightness shortcut suspected."


def scanned(change="brightness x 1/255", outcome="not_found", label=0):
    """A scan after a pre-flight that suspects this change, or nothing without a label."""
    rows = (
        BrightnessRow("brightness x 2", 0.98, 7, 0.05, 0.1),
        BrightnessRow(change, 0.1, 0, 0.994, 0.99, 0.1, suspected=label is not None),
    )
    check = BrightnessCheck(rows, label, SENTENCE, "references", 40)
    rate = FormatRate("0..1", "pixels", 0.99, 0.1, 500)
    before = Preflight((rate,), "0..1", "0..1", "0..1", (), 0.99, 500, check)
    said = replace(
        made_up.verdict(outcome, None if outcome == "not_found" else 0),
        headline="No patch-type backdoor found. Class 3 comes nearest.",
    )
    return made_up.detection(said=said, preflight=before, warnings=(SENTENCE, "Few images."))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("brightness x 1/255", "dim"), ("brightness x 0.25", "dim"), ("brightness - 0.5", "dim"),
        ("brightness x 2", "bright"), ("brightness + 0.25", "bright"), ("contrast x 0.1", "flat"),
    ],
)  # fmt: skip
def test_the_headline_says_it_first_and_the_search_after_it(change, kind):
    assert as_told(scanned(change), DIGITS).headline == (
        f"No trigger found, but {kind} images become class 0. With {change} alone, 99.4 % of images"
        " of other classes do: a backdoor may hide there, which no search for a patch can see."
        " Class 3 comes nearest."
    )


def test_what_the_headline_says_is_no_warning_beside_it():
    assert other_warnings(scanned()) == ("Few images.",)
    assert other_warnings(scanned(outcome="likely")) == (SENTENCE, "Few images.")


@pytest.mark.parametrize("changes", [{"outcome": "likely"}, {"label": None}])
def test_other_verdicts_are_told_as_they_are(changes):
    found = scanned(**changes)
    assert unseen_shortcut(found) is None
    assert as_told(found, DIGITS) is found.verdict


def test_a_scan_without_checks_before_it_is_told_as_it_is():
    found = made_up.detection(said=made_up.verdict("not_found", None))
    assert as_told(found, DIGITS) is found.verdict
