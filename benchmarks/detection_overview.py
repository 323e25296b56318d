"""The first table of docs/detection-benchmark.md: what was asked of the verdict, and reached."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.judged_networks import CLEAN, Judged, auroc
from benchmarks.scan_document import table

Groups = Mapping[str, Sequence[Judged]]
HEADER = (
    "networks", "scan", "clean accused", "odd accused", "patches accused", "of these named",
    "AUROC of patches", "source-specific named", "all-to-all named",
)  # fmt: skip
ASKED = (
    "*asked*", "", "at most 0.03", "at most 0.05", "at least 0.97", "at least 0.98",
    "at least 0.99", "at least 0.95", "at least 0.95",
)  # fmt: skip


def overview(found: Mapping[tuple[str, str, str], Groups]) -> list[str]:
    """The section: a row for each architecture and preset, and one for all architectures.

    Args:
        found: Title of the data, architecture and preset; and each group's networks.
    """
    rows = [ASKED]
    for data in dict.fromkeys(title for title, _, _ in found):
        for preset in dict.fromkeys(name for _, _, name in found):
            these = {
                architecture: groups
                for (title, architecture, name), groups in found.items()
                if (title, name) == (data, preset)
            }
            rows += [_row(f"{data}, {name}", preset, groups) for name, groups in these.items()]
            if len(these) > 1:
                rows.append(_row(f"**{data}, all**", preset, _together(these.values())))
    return ["## What was asked, and what was reached", "", *table(HEADER, rows)]


def _together(found: Iterable[Groups]) -> Groups:
    joined: dict[str, list[Judged]] = {}
    for groups in found:
        for name, group in groups.items():
            joined.setdefault(name, []).extend(group)
    return joined


def _row(title: str, preset: str, groups: Groups) -> tuple[str, ...]:
    patches = groups.get("patch", ())
    accused = [one for one in patches if one.accused]
    clean = [one.score for name in CLEAN for one in groups.get(name, ())]
    area = f"{auroc(clean, [one.score for one in patches])[0]:.3f}" if clean and patches else "-"
    named = [
        _share([one.accused and one.is_right for one in groups.get(name, ())])
        for name in ("source-specific", "all-to-all")
    ]
    return (
        title, preset, *(_share([one.accused for one in groups.get(name, ())]) for name in CLEAN),
        _share([one.accused for one in patches]), _share([one.is_right for one in accused]), area,
        *named,
    )  # fmt: skip


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits) / len(hits):.3f} ({sum(hits)} of {len(hits)})" if hits else "-"
