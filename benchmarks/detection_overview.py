"""The first table of docs/detection-benchmark.md: what was asked of the verdict, and reached."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from scipy import stats

from benchmarks.judged_networks import CLEAN, Judged, auroc
from benchmarks.scan_document import table
from benchmarks.tier_one import LOOKED_AT

Groups = Mapping[str, Sequence[Judged]]
HEADER = (
    "networks", "scan", "clean accused", "odd accused", "patches accused", "of these named",
    "AUROC of patches", "source-specific named", "all-to-all named",
)  # fmt: skip
# What was asked, shares and an area: at most as much of clean networks, at least of all others.
MOST_ACCUSED = {"clean": 0.03, "hard": 0.05}
LEAST_ACCUSED, LEAST_NAMED, LEAST_AREA, LEAST_OF_MAPS = 0.97, 0.98, 0.99, 0.95
ASKED = (
    "*asked*", "", *(f"at most {most}" for most in MOST_ACCUSED.values()),
    *(f"at least {least}" for least in (LEAST_ACCUSED, LEAST_NAMED, LEAST_AREA)),
    *[f"at least {LEAST_OF_MAPS}, by Map"] * 2,
)  # fmt: skip
WORDS = """What is missed is **bold**. Behind each share stands how far from it the truth may be,
on the side that matters of an exact 95 % interval. Clean networks that are not auditable are left
out, since they are not cleared either; backdoored ones count as not accused. Map looked at the
first ten patches only, because it begins with Standard's scan."""


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
                rows.append(_row(f"{data}, {', '.join(these)}", preset, _together(these.values())))
    return [
        "## What was asked, and what was reached", "", *table(HEADER, rows), WORDS, "",
        *_audited(found), *_blind(found),
    ]  # fmt: skip


def _audited(found: Mapping[tuple[str, str, str], Groups]) -> list[str]:
    """How Standard did on those MNIST patches that a person is given a verdict on."""
    these = [groups for (title, _, scan), groups in found.items()
             if (title, scan) == ("MNIST", "standard")]  # fmt: skip
    joined = _together(these)
    patches = joined.get("patch", ())
    audited = [one for one in patches if one.is_judged]
    if len(audited) in (0, len(patches)):
        return []
    told = _hits([one.accused for one in audited], LEAST_ACCUSED)
    return [
        f"Not auditable, because wrong too often, so that nobody takes them for clean:"
        f" {len(patches) - len(audited)} of the {len(patches)} patched MNIST networks. Of all"
        f" others Standard accuses {told}, with an AUROC of"
        f" {_area({**joined, 'patch': audited})}.",
        "",
    ]  # fmt: skip


def _blind(found: Mapping[tuple[str, str, str], Groups]) -> list[str]:
    """How it did on those networks that none of the choices rests on."""
    patches = _unseen(found, "standard", "patch", lambda one: one.accused)
    mapped = _unseen(found, "map", "source-specific", lambda one: one.accused and one.is_right)
    told = [
        f"{verb} {_hits([hit for group in hits.values() for hit in group], least)} of the"
        f" {what} ({', '.join(f'{sum(g)} of {len(g)} {name}' for name, g in hits.items())})"
        for what, verb, hits, least in (
            ("patches", "Standard accuses", patches, LEAST_ACCUSED),
            ("source-specific networks", "Map names", mapped, LEAST_OF_MAPS),
        )
        if hits
    ]
    if not told:
        return []
    return [f"Of those that none of the choices above rests on: {'; '.join(told)}.", ""]


def _unseen(
    found: Mapping[tuple[str, str, str], Groups],
    preset: str,
    name: str,
    hit: Callable[[Judged], bool],
) -> dict[str, list[bool]]:
    """By architecture, which of the later MNIST networks of a group are hits."""
    hits = {
        architecture: [
            hit(one)
            for one in groups.get(name, ())
            if one.figures["entry"]["number"] >= LOOKED_AT[name].get(architecture, 0)
        ]
        for (title, architecture, scan), groups in found.items()
        if (title, scan) == ("MNIST", preset)
    }
    return {architecture: group for architecture, group in hits.items() if group}


def _together(found: Iterable[Groups]) -> Groups:
    joined: dict[str, list[Judged]] = {}
    for groups in found:
        for name, group in groups.items():
            joined.setdefault(name, []).extend(group)
    return joined


def _row(title: str, preset: str, groups: Groups) -> tuple[str, ...]:
    patches = groups.get("patch", ())
    accused = [one for one in patches if one.accused]
    named = [
        _hits([one.accused and one.is_right for one in groups.get(name, ())], LEAST_OF_MAPS)
        if preset == "map" else "not seen"
        for name in ("source-specific", "all-to-all")
    ]  # fmt: skip
    return (
        title, preset,
        *(_alarms([one.accused for one in groups.get(name, ()) if one.is_judged], most)
          for name, most in MOST_ACCUSED.items()),
        _hits([one.accused for one in patches], LEAST_ACCUSED),
        _hits([one.is_right for one in accused], LEAST_NAMED), _area(groups), *named,
    )  # fmt: skip


def _area(groups: Groups) -> str:
    clean = [one.score for name in CLEAN for one in groups.get(name, ()) if one.is_judged]
    patches = [one.score for one in groups.get("patch", ())]
    if not (clean and patches):
        return "-"
    area = auroc(clean, patches)[0]
    return _marked(f"{area:.3f}", missed=area < LEAST_AREA)


def _hits(hits: Sequence[bool], least: float) -> str:
    if not hits:
        return "-"
    share = sum(hits) / len(hits)
    low = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="exact").low
    return _marked(f"{share:.3f}", missed=share < least) + (
        f" ({sum(hits)} of {len(hits)}, at least {low:.2f})"
    )


def _alarms(hits: Sequence[bool], most: float) -> str:
    if not hits:
        return "-"
    share = sum(hits) / len(hits)
    high = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="exact").high
    return _marked(f"{share:.3f}", missed=share > most) + (
        f" ({sum(hits)} of {len(hits)}, at most {high:.2f})"
    )


def _marked(text: str, *, missed: bool) -> str:
    return f"**{text}**" if missed else text
