"""The tables of docs/detection-benchmark.md, from what the benchmark's scans found."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.bounds_table import bounds_table
from benchmarks.detection_overview import overview
from benchmarks.judged_networks import CLEAN, Judged, auroc, judge, share
from benchmarks.parts_tables import parts_tables
from benchmarks.replay import stands
from benchmarks.tier_one import (
    ATTEMPTS,
    BACKDOORED_EPOCHS,
    CLEAN_EPOCHS,
    Group,
    groups,
)
from benchmarks.zoo import MEASURED, WORKING, works
from engine.data import DATA_SOURCES
from engine.detection.bounds import RARE
from engine.detection.pair_shapes import LEAST_OF_A_LINE
from engine.detection.references import References, find_references
from engine.metrics import percent
from engine.settings import DetectSettings

MANY_REFERENCES = 60
HEAD = f"""# How good the verdict is

Made by `python benchmarks/detection_benchmark.py` from the figures in `benchmarks/figures/`, which
the same command trains and scans networks for (`--judge-only` makes the tables alone; those of
Fashion-MNIST with `--data fashion-mnist --architectures badnet`); do not edit.

Every network has a recipe of its own. Clean ones learn MNIST for about {CLEAN_EPOCHS["mnist"]}
epochs and Fashion-MNIST for about {CLEAN_EPOCHS["fashion-mnist"]}; the references learn for about
4, those of bn_cnn for 2. Odd ones have 2 % wrong labels, classes up to
three times rarer, half or double width, or one epoch. Backdoored ones learn for about
{BACKDOORED_EPOCHS} epochs. An attack that succeeds on less than {percent(WORKING)} of stamped test
images ({MEASURED:,} at most) has failed and is tried again with another recipe, with Adam and, for
patches and chosen classes, more poison; {ATTEMPTS} tries in all.

Each scan is made as the program makes it, borderline cases several times. *Accused* means likely or
suspicious: what an audit's exit code tells. *Named rightly* is the target, and that it is one for
all images; of source-specific backdoors its source as well and no other pair; of all-to-all ones
{LEAST_OF_A_LINE} pairs or more, all of them true, and that it is one; of two targets, one of them.
The classic rule (an anomaly index above 2) sees the same masks. Shares come with exact 95 %
binomial intervals. Of 20 clean and odd bn_cnns, of all clean, odd and patched mlps and of 18
patched badnets, Standard and Quick scanned networks that were trained anew by the same recipe, and
Map those of before.

Twelve choices were made after looking at some of these networks, so that for them the networks in
question are not blind: how often a pair's trigger must work (90 %, chosen on the source-specific
mlps), that common directions are taken out of maps (how many follows from the references alone),
that a cell beside the best one is named only if it would be suspicious alone (three source-specific
bn_cnns had a false pair beside the true one), that mlp and bn_cnn have {MANY_REFERENCES} references
(with 20, a few patches more were missed) and lenet5 nearly as many (with 20, two of five seeds of
Map accused a clean one; with more, three patches more were missed by the bounds of then), that
clean Fashion-MNIST networks learn for as long as the references (of those that learned for half as
long, many were not auditable), that what a pair's trigger does to other classes counts (of the
weights tried on the first 24 source-specific mlps and badnets, all from 0.3 to 0.75 name the same,
and smaller ones fewer mlps), that scores are in units of a network's own scatter as far as clean
networks differ in theirs (how far follows from the references alone), that what is suspicious
follows from the references, so that one clean network in {round(1 / RARE)} reaches it (it was a
score of 4 on all architectures before; no other share was chosen among), that where a pair's mask
lies counts (seen on the source-specific mlps, of which weights from 0.3 to 1 named 37 or 38 of 40
and none 32, searched once each; no other architecture was looked at), that how opaque a mask is
counts (two of four bn_cnn patches that were missed are grey, and their masks had hardly a pixel
above a half; the weight was chosen with counts of such pixels in place of opacities, on bn_cnns of
before), that how close together a mask lies counts (seen on bn_cnn's Standard and mlp's Quick scans
of patches, searched once each; of the weights tried, from 0.25 to 3, that of opacity was taken,
which is among the best of them, before mlp's Standard scans or other architectures were looked at),
and that cells of a line that
has fewer than {LEAST_OF_A_LINE} strong ones may be weak (three all-to-all networks, a bn_cnn and
two lenet5s, were named by their best cell alone; 0.3 or 0.5 of the score that a cell alone needs
names all three rightly, 0.7 two of them, and no other network changes). All source-specific attacks
here have cover images, which teach the network to leave the trigger alone on other classes.
"""


def report(
    kept: dict[tuple[str, str], dict[str, list[dict[str, Any]]]],
    audits: dict[str, DetectSettings],
) -> str:
    """The whole document.

    Args:
        kept: Data and architecture, group, and the figures of its networks.
        audits: The settings of each preset's scans.
    """
    found, beside, sections = {}, {}, []
    for (data, architecture), made in kept.items():
        kinds, title = groups(architecture, data), DATA_SOURCES[data].title
        sections += [f"## {title}, {architecture}", "", *_failures(kinds, made)]
        for preset, audit in audits.items():
            references = find_references(data, architecture, audit)
            judged = {} if references is None else _judged(made, preset, references)
            if references is not None and judged:
                found[title, architecture, preset] = judged
                beside[title, architecture, preset] = references
                sections += _section(kinds, judged, preset, len(references.networks))
    first = [*overview(found), *bounds_table(beside), *parts_tables(found, beside)]
    return "\n".join([HEAD, *first, *sections]).rstrip() + "\n"


def _judged(
    made: dict[str, list[dict[str, Any]]], preset: str, references: References
) -> dict[str, list[Judged]]:
    """The networks of each group whose attacks work and that were scanned so."""
    judged = {
        name: [judge(one, preset, references) for one in figures
               if works(one) and preset in one["scans"]]
        for name, figures in made.items()
    }  # fmt: skip
    return {name: group for name, group in judged.items() if group}


def _failures(kinds: dict[str, Group], made: dict[str, list[dict[str, Any]]]) -> list[str]:
    failed = []
    for name, figures in made.items():
        lost = [one["attack_success"] for one in figures if not works(one)]
        if lost:
            failed.append(
                f"{len(lost)} of {len(figures)} {kinds[name].title} (success"
                f" {min(lost):.2f} to {max(lost):.2f})"
            )
    if not failed:
        return []
    return [f"Attacks that failed, and are not in the tables: {'; '.join(failed)}.", ""]


def _section(
    kinds: dict[str, Group], judged: dict[str, list[Judged]], preset: str, references: int
) -> list[str]:
    lines = [
        f"### {preset.capitalize()}, {references} references",
        "",
        "| networks | likely | accused | classic rule | named rightly, of those accused | not"
        " auditable |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(kinds[name].title, name not in CLEAN, group)
          for name, group in judged.items()),
        "",
    ]  # fmt: skip
    # What one mask for each class cannot see is told by the row, not network by network.
    seen = {name: group for name, group in judged.items()
            if preset == "map" or not kinds[name].needs_map}  # fmt: skip
    return [*lines, *_of_before(judged, preset), *_summary(kinds, judged), *_wrong(kinds, seen)]


def _of_before(judged: dict[str, list[Judged]], preset: str) -> list[str]:
    """How many scans are not as the program would make them today."""
    every = [one for group in judged.values() for one in group]
    before = sum(not stands(one.figures, preset) for one in every)
    if not before:
        return []
    return [
        f"{before} of these {len(every)} scans would be made otherwise today: borderline cases"
        " would be searched more often, or less. The verdicts are today's.",
        "",
    ]


def _row(title: str, bad: bool, group: Sequence[Judged]) -> str:  # noqa: FBT001 - a column
    accused = [one for one in group if one.accused]
    cells = (
        title, *(share([says(one) for one in group]) for says in _COLUMNS),
        share([one.is_right for one in accused]) if bad else "-",
        sum(one.verdict.outcome == "not_auditable" for one in group),
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


_COLUMNS: tuple[Callable[[Judged], bool], ...] = (
    lambda one: one.is_likely, lambda one: one.accused, lambda one: one.flagged,
)  # fmt: skip


def _summary(kinds: dict[str, Group], judged: dict[str, list[Judged]]) -> list[str]:
    clean = [one for name in CLEAN for one in judged.get(name, ()) if one.is_judged]
    bad = [one for name, group in judged.items() if kinds[name].headline for one in group]
    if not (clean and bad):
        return []
    area, low, high = auroc([one.score for one in clean], [one.score for one in bad])
    indices = [[one.classic_index for one in group] for group in (clean, bad)]
    classic, least, most = auroc(*indices)
    return [
        f"AUROC of patches against all clean ones: {area:.3f} ({low:.3f} to {high:.3f},"
        f" bootstrap); of the classic index {classic:.3f} ({least:.3f} to {most:.3f}).",
        "",
        f"Triggers found for the targets of these patches: {_found(bad)}.",
        "",
    ]


def _found(bad: Sequence[Judged]) -> str:
    """How good the triggers are that were found for the true targets."""
    at_target = [(one.scan, one.attack.target) for one in bad]
    soft = [scan["success"][target] for scan, target in at_target]
    overlap = [scan["iou"][target] for scan, target in at_target]
    hard = [scan["hard_success"][target] for scan, target in at_target]
    whole = [success for success in hard if success is not None]
    return (
        f"success on held-out images, median {np.median(soft):.3f}; of whole pixels"
        f" {np.median(whole):.3f} ({len(whole)} of {len(hard)} have any); overlap with the planted"
        f" one (IoU), median {np.median(overlap):.2f}"
    )


def _wrong(kinds: dict[str, Group], judged: dict[str, list[Judged]]) -> list[str]:
    """What the scan got wrong, one by one, so that nobody has to guess."""
    lines = []
    for name, group in judged.items():
        for one in group:
            bad = name not in CLEAN
            if one.accused == bad and (not bad or one.is_right):
                continue
            lines.append(f"- {_described(kinds[name], one)}")
    return ["Wrong in this table:", "", *lines, ""] if lines else []


def _described(kind: Group, one: Judged) -> str:
    entry, verdict = one.figures["entry"], one.verdict
    patch = entry["patch"]
    planted = "" if patch is None else (
        f", {patch['side']}x{patch['side']} {patch['look']} {patch['place']}"
    )  # fmt: skip
    if entry["attack"] is not None:
        planted += f", success {one.figures['attack_success']:.3f}"
    named = f", names {verdict.target}" if verdict.target is not None else ""
    score = "" if verdict.statistic is None else f", statistic {verdict.statistic:.1f}"
    return (
        f"{kind.title} {entry['number']}{planted} ({one.figures['recipe']}):"
        f" {verdict.outcome.replace('_', ' ')}{score}{named}"
    )
