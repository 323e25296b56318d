"""The tables of a report: what was judged, the classes, the pairs, and all settings."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.articles import with_article
from engine.attacks import arrow, poisons_nothing
from engine.detection.calibration import mean_size
from engine.detection.phrases import and_elsewhere, at_strange_place, counting_as, in_brackets
from engine.detection.results import FoundTrigger, PairMap
from engine.detection.schedules import success_of_pairs
from engine.detection.verdict import CLASSIC_BOUND
from engine.model_metadata import Provenance
from engine.models import ARCHITECTURES
from engine.report.command_lines import without_folders
from engine.report.subject import Subject
from engine.report.words import DASH, amount, score, share
from engine.settings import ExperimentSettings, Settings

Row = tuple[str, str]
MOST_PAIR_CLASSES = 20
SHADES = 6
MOST_SMALLEST = 30
AUTOMATIC = ("auto", 0)
LEFT_OPEN = "automatic; what that came to was not noted"


@dataclass(frozen=True)
class ClassRow:
    """One class as a row of texts.

    Attributes:
        name: Its name.
        mask_l1: Size of its mask, of the first search, and how opaque it is if that is little.
        searches: The sizes of all searches and the mean that counts; empty where one was enough.
        usual: Between which sizes it lies in clean networks.
        success: On held-out images.
        whole: How many whole pixels are left of the mask, and their success; empty where none are.
        z: The score against clean networks.
        anomaly_index: The paper's index.
        classic: What the paper's rule says of it.
        marked: Whether it stands out.
    """

    name: str
    mask_l1: str
    searches: str
    usual: str
    success: str
    whole: str
    z: str
    anomaly_index: str
    classic: str
    marked: bool


@dataclass(frozen=True)
class Cell:
    """One pair: its size, how dark its cell is (0 to SHADES), and whether it stands out."""

    text: str
    shade: int
    marked: bool


@dataclass(frozen=True)
class PairTable:
    """The pair map as a matrix where it fits on paper, otherwise as a list of the smallest.

    Attributes:
        names: The classes' names.
        rows: The matrix, sources by targets; empty where it does not fit.
        smallest: Pairs with the smallest masks, each with its size and success; empty beside a
            matrix.
        standing_out: The pairs that the verdict points at, likewise.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    smallest: tuple[Row, ...]
    standing_out: tuple[Row, ...]


def facts_of(subject: Subject) -> Iterator[Row]:
    """What was judged."""
    model, detection = subject.model, subject.detection
    channels, height, width = model.shape
    known = ARCHITECTURES.get(model.architecture)
    wide = "" if model.width == 1 else f", {model.width:g} times as wide"
    yield "Network", f"{model.architecture}{wide}" + (f": {known.summary}" if known else "")
    yield "Parameters", f"{subject.parameters:,}"
    colours = "grey" if channels == 1 else "colour" if channels == 3 else f"{channels} channels"
    yield "Input", f"{height} × {width} pixels, {colours}; values {model.input_range}"  # noqa: RUF001
    yield "Classes", f"{model.classes}: {_listed(subject.tests.class_names)}"
    yield "Data", f"{subject.data_title}, its test images"
    yield "Right on clean images", share(detection.clean_accuracy)
    if model.non_finite:
        yield "Values that are no numbers", f"{model.non_finite:,}"
    settings, of_pairs = detection.settings, ""
    if settings.preset == "map":
        of_pairs = f" (of pairs {share(success_of_pairs(settings))})"
    how = (
        f"Neural Cleanse (Wang et al. 2019), preset {settings.preset}, {settings.images:,} images,"
        f" success wanted {share(settings.success_threshold)}{of_pairs}, seed {settings.seed}"
    )
    yield "Scan", how if detection.classes else "none was made"
    took = f"{detection.seconds:.1f} s, {detection.image_passes:,} image passes"
    if detection.computed is not None:
        yield "Computed on", detection.computed.describe()
    yield "Effort", took if detection.complete else f"{took}; stopped before it was complete"


def origin_of(subject: Subject) -> Iterator[Row]:
    """How the network came to be, as far as that is known."""
    if subject.rates is not None:
        rates, attack = subject.rates, subject.settings.attack
        yield "Trained", "by this program, with the settings at the end of this report"
        if subject.trained_on is not None:
            yield "Computed on", subject.trained_on.describe()
        if poisons_nothing(attack):
            yield "Attack", "none: no image was poisoned"
        else:
            names = [title_of(attack, name) for name in ("family", "mapping")]
            yield "Attack", f"{', '.join(names)}, {arrow(attack, subject.tests.class_names)}"
        yield "Right on clean test images", share(rates.clean_accuracy)
        yield "Attack success", f"{share(rates.attack_success)} of images with the trigger"
        yield "Sham rate", f"{share(rates.sham_rate)}, the same with a trigger of no strength"
        if rates.bystander_rate is not None:
            yield "Other classes", f"{share(rates.bystander_rate)} go to the target as well"
    elif subject.model.provenance is not None:
        yield from _claims(subject.model.provenance)


def class_rows(subject: Subject) -> Iterator[ClassRow]:
    """The table of classes."""
    for one in subject.detection.classes:
        index = one.anomaly_index
        yield ClassRow(
            subject.name_of(one.label),
            f"{amount(one.mask_l1)}{_formed(one)}" if one.converged else f"{DASH} not found",
            _searches(one.sizes),
            DASH if one.usual is None else f"{amount(one.usual[0])} to {amount(one.usual[1])}",
            share(one.success),
            _whole(one),
            score(one.z),
            score(index),
            DASH if index is None else "flagged" if index > CLASSIC_BOUND else "not flagged",
            one.label in subject.detection.verdict.targets,
        )


def pair_table(subject: Subject) -> PairTable | None:
    """The pair map, sources as rows and targets as columns."""
    found = subject.detection.pair_map
    if found is None:
        return None
    sizes, marked = found.mask_l1, set(subject.detection.verdict.pairs)
    some = sizes[sizes > 0]
    least, most = (float(some.min()), float(some.max())) if some.size else (1.0, 1.0)
    names = tuple(subject.name_of(label) for label in range(len(sizes)))

    def cell(source: int, target: int) -> Cell:
        size = float(sizes[source, target])
        if not math.isfinite(size):
            return Cell(DASH if source == target else "none", 0, marked=False)
        shade = _shade(size, least, most)
        return Cell(amount(size), shade, marked=(source, target) in marked)

    order = sorted(
        (float(sizes[source, target]), source, target)
        for source in range(len(sizes))
        for target in range(len(sizes))
        if math.isfinite(sizes[source, target])
    )
    fits = len(sizes) <= MOST_PAIR_CLASSES
    return PairTable(
        names,
        tuple(tuple(cell(a, b) for b in range(len(sizes))) for a in range(len(sizes)) if fits),
        () if fits else tuple(_pair_row(found, names, pair) for _, *pair in order[:MOST_SMALLEST]),
        tuple(
            _pair_row(found, names, pair)
            for pair in subject.detection.verdict.pairs[:MOST_SMALLEST]
        ),
    )


def settings_rows(subject: Subject) -> Iterator[Row]:
    """Every setting by its path, with its value and unit; of an audit, those of the scan."""
    groups = tuple(ExperimentSettings.model_fields)
    if not subject.was_trained_here:
        groups = ("data", "detect", "compute")
    for name in groups:
        group: Settings = getattr(subject.settings_of_all, name)
        for field, value in group:
            if _applies(group, field):
                text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
                if name == "compute" and value in AUTOMATIC:
                    text = LEFT_OPEN
                yield f"{name}.{field}", without_folders(name, field, text)


def title_of(group: Settings, field: str) -> str:
    """What people call the value of a setting that has names."""
    extra = type(group).model_fields[field].json_schema_extra
    names = extra.get("names") if isinstance(extra, dict) else None
    value = str(getattr(group, field))
    return str(names.get(value, value)) if isinstance(names, dict) else value


def _searches(sizes: Sequence[float]) -> str:
    """The sizes of several searches, and in brackets their mean, which counts."""
    if not sizes:
        return ""
    return f"{' · '.join(map(amount, sizes))} ({amount(mean_size(sizes))})"


def _formed(found: FoundTrigger) -> str:
    """What a mask looks like, where that is unusual."""
    return in_brackets(counting_as(found.mask_l1, found.form_beside()))


def _whole(found: FoundTrigger) -> str:
    if found.hard is None:
        return ""
    return f"{found.hard.trigger.pixels} px · {share(found.hard.success)}"


def _pair_row(found: PairMap, names: Sequence[str], pair: Sequence[int]) -> Row:
    """A pair, the size of its mask, and how many held-out images of the source it turns."""
    source, target = pair
    title, size = f"{names[source]} → {names[target]}", float(found.mask_l1[source, target])
    success = math.nan if found.success is None else float(found.success[source, target])
    sizes = found.sizes_of(source, target)
    searched = f"{amount(size)} px" + f", of all maps {_searches(sizes)}" * bool(sizes)
    if not math.isfinite(success):
        return title, searched
    elsewhere = and_elsewhere(found.elsewhere_of(source, target))
    return (
        title,
        f"{searched}, turns {share(success)} of held-out images of {with_article(names[source])}"
        f"{elsewhere}{at_strange_place(found.densities_of(source, target))}",
    )


def _applies(group: Settings, field: str) -> bool:
    """Whether a setting means something beside the others, such as one of another attack."""
    extra = type(group).model_fields[field].json_schema_extra
    shown_for = extra.get("shown_for") if isinstance(extra, dict) else None
    conditions: Mapping[str, Any] = shown_for if isinstance(shown_for, dict) else {}
    return all(getattr(group, other) in values for other, values in conditions.items())


def _claims(said: Provenance) -> Iterator[Row]:
    """What the file itself says; nothing proves it."""
    yield "Its file says", "what follows; nothing proves it"
    if said.program:
        yield "Trained by", f"Backdoor Studio {said.program}"
    if said.data:
        yield "Trained on", said.data
    attack = said.settings.get("attack", {})
    for name, key in (("Attack", "family"), ("Poison rate", "poison_rate"), ("Target", "target")):
        if key in attack:
            yield name, str(attack[key])
    if said.seed is not None:
        yield "Seed", str(said.seed)
    if said.trigger_sha256:
        yield "Trigger, SHA-256", said.trigger_sha256
    for name, rate in (
        ("Clean accuracy", said.clean_accuracy),
        ("Attack success", said.attack_success),
        ("Sham rate", said.sham_rate),
    ):
        if rate is not None:
            yield name, share(rate)


def _shade(size: float, least: float, most: float) -> int:
    """How dark a cell is: SHADES for the smallest mask, 0 for the largest, logarithmically.

    A mask of nothing is as dark as the smallest of the others: it has no logarithm.
    """
    if size <= 0:
        return SHADES
    if most <= least:
        return 0
    place = math.log(size / least) / math.log(most / least)
    return round(float(1 - place) * float(1 - place) * SHADES)


def _listed(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + rest
