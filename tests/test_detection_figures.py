"""The benchmark's tables follow from the figures that are kept in the repository."""

import json
from pathlib import Path

import pytest

from benchmarks import detection_benchmark
from benchmarks.detection_benchmark import (
    AUDITS,
    all_kept,
    join,
    make_group,
    read_kept,
)
from benchmarks.detection_tables import report
from benchmarks.tier_one import groups
from benchmarks.zoo import Entry
from engine.detection.references import audit_key

DOCUMENT = Path(__file__).parent.parent / "docs" / "detection-benchmark.md"


@pytest.mark.timeout(300)  # a thousand verdicts, on a machine that may be busy
def test_the_document_is_what_the_figures_say():
    kept = {pair: read_kept(*pair) for pair in all_kept()}
    assert DOCUMENT.read_text() == report(kept, AUDITS)


@pytest.mark.parametrize(("data", "architecture"), all_kept())
def test_the_figures_are_of_the_networks_that_the_benchmark_describes(data, architecture):
    kinds = groups(architecture, data)
    for name, figures in read_kept(data, architecture).items():
        for one in figures:
            facts = one["entry"]
            wanted = kinds[name].make(facts["number"], facts["attempt"])
            assert facts == json.loads(json.dumps(wanted.facts))
            assert Entry.from_facts(facts) == wanted


@pytest.mark.parametrize(("data", "architecture"), all_kept())
def test_the_figures_are_of_scans_with_the_settings_of_today(data, architecture):
    outdated = [
        (name, one["entry"]["number"])
        for name, figures in read_kept(data, architecture).items()
        for one in figures
        for preset, keys in one["audits"].items()
        if keys["audit"] != audit_key(AUDITS[preset])
    ]
    assert not outdated


def test_the_document_counts_the_scans_that_are_not_as_they_would_be_made_today():
    kept = read_kept("mnist", "badnet")["clean"]
    once = next(one for one in kept if not any(one["scans"]["quick"]["sizes"]))
    quick = once["scans"]["quick"]
    thrice = quick | {"sizes": [[size] * 3 for size in quick["mask_l1"]]}
    changed = once | {"scans": once["scans"] | {"quick": thrice}}
    told = report({("mnist", "badnet"): {"clean": [once, changed]}}, {"quick": AUDITS["quick"]})
    assert "1 of these 2 scans would be made otherwise today" in told
    told = report({("mnist", "badnet"): {"clean": [once]}}, {"quick": AUDITS["quick"]})
    assert "otherwise today" not in told


CLEAN = groups("badnet")["clean"]


def test_kept_networks_are_not_made_again(monkeypatch):
    def make(entries, audits):
        raise AssertionError(f"{len(entries)} networks are made")

    def stands(figures, preset):
        keys = figures["audits"].get(preset, {})
        return keys.get("audit") == audit_key(AUDITS[preset])

    monkeypatch.setattr(detection_benchmark, "make", make)
    monkeypatch.setattr(detection_benchmark, "stands", stands)
    kept = read_kept("mnist", "badnet")["clean"]
    assert make_group(CLEAN, ["quick", "map"], 3, kept) == kept[:3]
    before = {"audit": "of before", "again": "of before"}
    outdated = [one | {"audits": one["audits"] | {"quick": before}} for one in kept]
    with pytest.raises(AssertionError, match="3 networks are made"):
        make_group(CLEAN, ["quick", "map"], 3, outdated)
    assert make_group(CLEAN, ["standard"], 3, outdated) == outdated[:3]


def test_what_a_run_does_not_ask_for_stays():
    kept = read_kept("mnist", "badnet")["clean"]
    quick = {name: {"quick": kept[0][name]["quick"]} for name in ("scans", "audits")}
    newer = kept[0] | quick | {"clean_accuracy": 0.5}
    joined = join(CLEAN, kept, [newer])
    assert [one["entry"] for one in joined] == [one["entry"] for one in kept]
    assert joined[0]["clean_accuracy"] == 0.5
    assert joined[0]["scans"] == kept[0]["scans"]
    assert joined[1:] == kept[1:]


def test_networks_of_another_recipe_are_left_out():
    kept = read_kept("mnist", "badnet")["clean"]
    facts = kept[0]["entry"]
    other = kept[0] | {"entry": facts | {"recipe": facts["recipe"] | {"shift": 3}}}
    assert join(CLEAN, [other, *kept[1:]], []) == kept[1:]
