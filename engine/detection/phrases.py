"""Sizes and chances in words, the same in the verdict, the window and the report."""

import math
from collections.abc import Sequence

import numpy as np

from engine.detection.bounds import SIGNIFICANCE
from engine.detection.mask_forms import Form, weighted
from engine.detection.results import Basis, Verdict

CHANCE = "Chance of this in a clean model"
_SMALLEST_SHOWN = 0.001
_TOLD = 0.9  # times as large as its size, from which on down what a mask looks like is told
_RARE = 0.5  # times as much of clean networks' masks as if they lay everywhere alike


def amount(size: float) -> str:
    """A mask's size as a number: one decimal below ten, none above."""
    return "less than 0.1" if size < 0.05 else figure(size)


def figure(size: float) -> str:
    """The same for tables and charts, where there is no room for words: "<0.1"."""
    return "<0.1" if 0 < size < 0.05 else f"{size:.1f}" if size < 9.95 else f"{size:,.0f}"


def pixels(size: float) -> str:
    """A mask's size for people: "3.9 pixels", "1 pixel", "less than 0.1 pixels"."""
    text = amount(size)
    return "1 pixel" if text == "1.0" else f"{text} pixels"


def span(sizes: Sequence[float]) -> str:
    """The least and the largest of some sizes, without a unit: "3.9 to 12"; one if alike."""
    low, high = amount(min(sizes)), amount(max(sizes))
    return low if low == high else f"{low} to {high}"


def pixel_span(sizes: Sequence[float]) -> str:
    """The same in pixels: "3.9 to 12 pixels"."""
    low, high = min(sizes), max(sizes)
    return pixels(high) if amount(low) == amount(high) else f"{span(sizes)} pixels"


def and_elsewhere(shares: tuple[float, float] | None) -> str:
    """What a pair's trigger does to images of other classes, after what it does to its own."""
    return "" if shares is None else f" and {of_all_others(shares)}"


def of_all_others(shares: tuple[float, float]) -> str:
    """How many images of other classes a pair's trigger turns as well.

    Args:
        shares: Of other images, and what is usual in clean networks or NaN.
    """
    share, usual = (f"{one * 100:.0f} %" for one in shares)  # of 80 images no more is known
    compared = "" if math.isnan(shares[1]) else f" (about {usual} in clean networks)"
    return f"{share} of all other images{compared}"


def is_strange(densities: tuple[float, float] | None) -> bool:
    """Whether a mask lies where clean networks' masks hardly ever do, while these agree.

    Args:
        densities: Of clean networks' masks where it lies, and where they do themselves, as a
            PairMap has them; None where unknown.
    """
    return densities is not None and densities[0] < _RARE and densities[1] > 2 * _RARE


def at_strange_place(densities: tuple[float, float] | None) -> str:
    """Where a pair's mask lies, after what it does, if that is unusual."""
    said = ", and lies where clean networks' masks hardly ever do"
    return said if is_strange(densities) else ""


def so_formed(forms: tuple[Form, Form] | None) -> str:
    """What is unusual in what a class's mask looks like, after "one"; empty if nothing is.

    Args:
        forms: Its own and the usual one, as a FoundTrigger has them; None where unknown.
    """
    faint, compact = _unusual(forms)
    words = ["faint"] * faint + ["compact"] * compact
    return "so " + " and ".join(words) if words else ""


def how_formed(forms: tuple[Form, Form] | None) -> str:
    """How opaque and how wide a class's mask is, where that is less than usual and counts."""
    if forms is None:
        return ""
    own, usual = forms
    faint, compact = _unusual(forms)
    opacity = f"{own.opacity * 100:.0f} % opaque where {usual.opacity * 100:.0f} % is usual"
    radius = f"{own.radius:.1f} px in radius where {usual.radius:.1f} px is usual"
    return " and ".join([opacity] * faint + [radius] * compact)


def counting_as(size: float, forms: tuple[Form, Form] | None) -> str:
    """What a size counts as, and why; empty where it counts as it is."""
    how = how_formed(forms)
    if forms is None or not how:
        return ""
    own, usual = forms
    return f"{how}: it counts as {amount(size * _factor(own, usual))}"


def in_brackets(*parts: str) -> str:
    """What there is of some remarks, in brackets after something; empty where there is none."""
    said = "; ".join(filter(None, parts))
    return f" ({said})" if said else ""


def _factor(own: Form, usual: Form) -> float:
    """Times how large a mask counts that looks so, beside one that looks as usual."""
    return float(np.exp(weighted(own) - weighted(usual)))


def _unusual(forms: tuple[Form, Form] | None) -> tuple[bool, bool]:
    """Whether a mask is less opaque than usual, and closer together, where the two count."""
    if forms is None or _factor(*forms) > _TOLD:
        return False, False
    own, usual = forms
    return own.opacity < _TOLD * usual.opacity, own.radius < _TOLD * usual.radius


def listed(parts: Sequence[str]) -> str:
    """Some words as a list: "a", "a and b", "a, b and c"."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def chance(p_value: float, references: int, basis: Basis) -> str:
    """A p-value for people.

    "at most" only for the smallest that so many networks can show, where the true chance may be
    anything below. Networks of other architectures make it a rough number, which is never told
    as smaller than what is wanted of a verdict: many networks of few kinds tell of few kinds.

    Args:
        p_value: 0..1.
        references: How many clean networks it was counted among; 0 without any.
        basis: What the networks are.
    """
    share = rounded(p_value)
    if not references:
        return share
    if basis == "borrowed":
        is_rare = p_value <= SIGNIFICANCE
        return f"roughly {rounded(SIGNIFICANCE)} or less" if is_rare else f"roughly {share}"
    return f"{'at most' if p_value <= 1 / (references + 1) else 'about'} {share}"


def chance_line(verdict: Verdict) -> str:
    """How sure a verdict is, in a line of its own; empty where no p-value is known."""
    if verdict.p_value is None:
        return ""
    said = chance(verdict.p_value, verdict.references, verdict.basis)
    if not verdict.references:
        return f"Chance of so small a mask if all classes were alike: {said} (Grubbs' test)"
    if verdict.outcome == "not_found":
        return f"Clean networks that stand out at least as much: {said}"
    return f"{CHANCE}: {said}"


def meaning_of_chance(verdict: Verdict) -> str:
    """What the p-value says and what it does not; empty where there is none."""
    if verdict.p_value is None:
        return ""
    if not verdict.references:
        return (
            "The p-value of Grubbs' test: how often the smallest of so many masks would lie so far"
            " below the others if all classes were alike and the logarithms of their sizes normal."
            " Classes differ by nature, so 5 % or less is a suspicion and never more."
        )
    count = verdict.references
    rank = round(verdict.p_value * (count + 1))
    many = {1: "None of the", 2: "One of the", count + 1: "All"}.get(rank, f"{rank - 1} of the")
    stand = "stands" if rank <= 2 else "stand"
    least = f", the least that {count} networks can show" if rank == 1 else ""
    rough = (
        " That is a rough number, and nothing below 5 % is claimed: they are of few other"
        " architectures, which differ from each other more than the networks of one do."
        if verdict.basis == "borrowed"
        else ""
    )
    return (
        f"{many} {count} clean networks {stand} out as much. With this one counted, the"
        f" p-value is {rank} in {count + 1}, or {rounded(verdict.p_value)}{least}.{rough} It says"
        " how rare this is without a backdoor, not how probable a backdoor is."
    )


def compared_with(verdict: Verdict) -> str:
    """What a verdict rests on."""
    if verdict.outcome == "not_auditable":
        return "nothing: no verdict was possible"
    if verdict.basis == "references":
        return f"{verdict.references} clean networks of the same kind"
    if verdict.basis == "borrowed":
        return f"{verdict.references} clean networks of other architectures (borrowed)"
    return "no clean networks; the classes with each other"


def meaning_of_basis(verdict: Verdict) -> str:
    """How much what a verdict rests on is worth."""
    return {
        "references": "Same data and architecture, each trained in its own way, and searched"
        " exactly like this one.",
        "borrowed": "Their masks differ from this network's for that reason alone, so more is"
        " needed for a verdict.",
        "none": "Without clean networks a finding is never more than a suspicion.",
    }[verdict.basis]


def rounded(p_value: float) -> str:
    """Two figures in percent, such as "2.4 %"; "100 %" where they alone would read "1e+02 %"."""
    if p_value < _SMALLEST_SHOWN:
        return "below 0.1 %"
    return f"{float(f'{p_value * 100:.2g}'):g} %"
