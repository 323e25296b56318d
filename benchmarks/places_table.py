"""The table of docs/detection-benchmark.md that says what it brings to judge where masks lie."""

from collections.abc import Mapping, Sequence

from benchmarks.judged_networks import CLEAN, Judged, judge
from benchmarks.scan_document import table
from engine.detection.references import References

HEADER = (
    "networks", "judged by", "clean accused", "odd accused", "source-specific named",
    "all-to-all named", "patches accused",
)  # fmt: skip
GROUPS = (*CLEAN, "source-specific", "all-to-all", "patch")
WORDS = """Maps are judged by where masks lie as well, if the references know where those of clean
networks do. Here the same scans are judged once with that and once without; how often borderline
ones were searched, the rule with it has decided. Scans of before, which did not keep where their
masks lie, are judged without in both rows."""


def places_table(
    found: Mapping[tuple[str, str, str], Mapping[str, Sequence[Judged]]],
    beside: Mapping[tuple[str, str, str], References],
) -> list[str]:
    """The section: two rows for each architecture whose references know where masks lie.

    Args:
        found: Title of the data, architecture and preset; and each group's networks.
        beside: What their scans are compared with.
    """
    rows = []
    for (title, architecture, preset), groups in found.items():
        references = beside[title, architecture, preset]
        if preset != "map" or not references.pair_places:
            continue
        plain = references.without_places()
        judged_by = f"sizes, shares and, of {_known(groups)} scans, places"
        for words, compared in ((judged_by, references), ("no places", plain)):
            cells = [cell(groups.get(name, ()), name, preset, compared) for name in GROUPS]
            rows.append((f"{title}, {architecture}", words, *cells))
    if not rows:
        return []
    return ["## What it brings to judge where masks lie", "", WORDS, "", *table(HEADER, rows)]


def _known(groups: Mapping[str, Sequence[Judged]]) -> str:
    """Of how many of the scans in the row it is known where their masks lie."""
    scans = [one.scan for name in GROUPS for one in groups.get(name, ())]
    return f"{sum(bool(scan.get('pair_places')) for scan in scans)} of {len(scans)}"


def cell(group: Sequence[Judged], name: str, preset: str, references: References) -> str:
    """How many of a group are accused, and of those that maps alone see, named as well."""
    again = [judge(one.figures, preset, references) for one in group]
    judged = [one for one in again if one.is_judged or name not in CLEAN]
    asked = name not in ("source-specific", "all-to-all")
    hits = sum(one.accused and (asked or one.is_right) for one in judged)
    return f"{hits} of {len(judged)}" if judged else "-"
