"""The tables of docs/detection-benchmark.md that say what single parts of a verdict bring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.judged_networks import CLEAN, Judged, auroc, judge
from benchmarks.scan_document import table
from engine.detection.references import References

Found = Mapping[tuple[str, str, str], Mapping[str, Sequence[Judged]]]
COLUMNS = {
    "clean": "clean accused",
    "hard": "odd accused",
    "source-specific": "source-specific named",
    "all-to-all": "all-to-all named",
    "patch": "patches accused",
}
NEEDS_MAP = ("source-specific", "all-to-all")


@dataclass(frozen=True)
class Part:
    """A part of the verdict that can be left out.

    Attributes:
        title: Of its section.
        words: What is compared.
        name: What it is called in the table.
        key: Of a scan's figures that it needs.
        groups: Those of the networks that it may help or harm.
        takes_part: Whether scans with a preset are judged by it, beside such references.
        without: The references that leave it out.
    """

    title: str
    words: str
    name: str
    key: str
    groups: tuple[str, ...]
    takes_part: Callable[[str, References], bool]
    without: Callable[[References], References]


FORMS = Part(
    "What it brings to judge what masks look like",
    """Classes are judged by how opaque their masks are and how close together they lie as
well, if the references know that of clean networks. Here the same scans are judged once with that
and once without; how often borderline ones were searched, the rule with it has decided. Scans of
before, which did not keep it, are judged without in both rows.""",
    "forms",
    "radii",
    (*CLEAN, "patch"),
    lambda preset, references: preset != "map" and references.knows_forms,
    References.without_forms,
)
PLACES = Part(
    "What it brings to judge where masks lie",
    """Maps are judged by where masks lie as well, if the references know where those of clean
networks do. Here the same scans are judged once with that and once without; how often borderline
ones were searched, the rule with it has decided. Scans of before, which did not keep where their
masks lie, are judged without in both rows.""",
    "places",
    "pair_places",
    (*CLEAN, *NEEDS_MAP, "patch"),
    lambda preset, references: preset == "map" and bool(references.pair_places),
    References.without_places,
)


def parts_tables(found: Found, beside: Mapping[tuple[str, str, str], References]) -> list[str]:
    """The sections, each with two rows for every set of scans that its part judges.

    Args:
        found: Title of the data, architecture and preset; and each group's networks.
        beside: What their scans are compared with.
    """
    return [line for part in (FORMS, PLACES) for line in _section(part, found, beside)]


def _section(
    part: Part, found: Found, beside: Mapping[tuple[str, str, str], References]
) -> list[str]:
    rows = []
    for (title, architecture, preset), groups in found.items():
        references = beside[title, architecture, preset]
        if not part.takes_part(preset, references):
            continue
        these = {name: groups.get(name, ()) for name in part.groups}
        without = {
            name: [judge(one.figures, preset, part.without(references)) for one in group]
            for name, group in these.items()
        }
        judged_by = f"of {_known(part, groups)} scans"
        for words, again in ((judged_by, these), ("none", without)):
            cells = [_cell(name, again[name]) for name in part.groups]
            rows.append((f"{title}, {architecture}", preset, words, *cells, _area(again)))
    if not rows:
        return []
    columns = (COLUMNS[name] for name in part.groups)
    header = ("networks", "scan", part.name, *columns, "AUROC of patches")
    return [f"## {part.title}", "", part.words, "", *table(header, rows)]


def _known(part: Part, groups: Mapping[str, Sequence[Judged]]) -> str:
    """Of how many of the scans in the row that is known which the part needs."""
    scans = [one.scan for name in part.groups for one in groups.get(name, ())]
    return f"{sum(bool(scan.get(part.key)) for scan in scans)} of {len(scans)}"


def _cell(name: str, group: Sequence[Judged]) -> str:
    """How many of a group are accused, and of those that maps alone see, named as well."""
    judged = [one for one in group if one.is_judged or name not in CLEAN]
    hits = sum(one.accused and (name not in NEEDS_MAP or one.is_right) for one in judged)
    return f"{hits} of {len(judged)}" if judged else "-"


def _area(again: Mapping[str, Sequence[Judged]]) -> str:
    clean = [one.score for name in CLEAN for one in again[name] if one.is_judged]
    bad = [one.score for one in again["patch"]]
    return f"{auroc(clean, bad)[0]:.3f}" if clean and bad else "-"
