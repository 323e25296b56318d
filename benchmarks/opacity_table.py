"""The table of docs/detection-benchmark.md on what it brings to judge how opaque masks are."""

from collections.abc import Mapping, Sequence

from benchmarks.judged_networks import CLEAN, Judged, auroc, judge
from benchmarks.places_table import cell
from benchmarks.scan_document import table
from engine.detection.references import References

HEADER = (
    "networks", "scan", "judged by", "clean accused", "odd accused", "patches accused",
    "AUROC of patches",
)  # fmt: skip
GROUPS = (*CLEAN, "patch")
WORDS = """Classes are judged by how opaque their masks are as well, if the references know how
opaque those of clean networks are. Here the same scans are judged once with that and once without;
how often borderline ones were searched, the rule with it has decided. Scans of before, which did
not keep it, are judged without in both rows."""


def opacity_table(
    found: Mapping[tuple[str, str, str], Mapping[str, Sequence[Judged]]],
    beside: Mapping[tuple[str, str, str], References],
) -> list[str]:
    """The section: two rows for each scan whose references know how opaque masks are.

    Args:
        found: Title of the data, architecture and preset; and each group's networks.
        beside: What their scans are compared with.
    """
    rows = []
    for (title, architecture, preset), groups in found.items():
        references = beside[title, architecture, preset]
        if preset == "map" or not references.knows_opacity:
            continue
        judged_by = f"sizes and, of {_known(groups)} scans, opacities"
        for words, compared in (
            (judged_by, references),
            ("sizes alone", references.without_opacity()),
        ):
            cells = [cell(groups.get(name, ()), name, preset, compared) for name in GROUPS]
            area = _area(groups, preset, compared)
            rows.append((f"{title}, {architecture}", preset, words, *cells, area))
    if not rows:
        return []
    return ["## What it brings to judge how opaque masks are", "", WORDS, "", *table(HEADER, rows)]


def _known(groups: Mapping[str, Sequence[Judged]]) -> str:
    """Of how many of the scans in the row it is known how opaque their masks are."""
    scans = [one.scan for name in GROUPS for one in groups.get(name, ())]
    return f"{sum(bool(scan.get('opacities')) for scan in scans)} of {len(scans)}"


def _area(groups: Mapping[str, Sequence[Judged]], preset: str, references: References) -> str:
    again = {
        name: [judge(one.figures, preset, references) for one in groups.get(name, ())]
        for name in GROUPS
    }
    clean = [one.score for name in CLEAN for one in again[name] if one.is_judged]
    bad = [one.score for one in again["patch"]]
    return f"{auroc(clean, bad)[0]:.3f}" if clean and bad else "-"
