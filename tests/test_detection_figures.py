"""The benchmark's tables follow from the figures that are kept in the repository."""

import json
from pathlib import Path

import pytest

from benchmarks.detection_benchmark import AUDITS, all_kept, read_kept
from benchmarks.detection_tables import report
from benchmarks.tier_one import groups
from benchmarks.zoo import Entry

DOCUMENT = Path(__file__).parent.parent / "docs" / "detection-benchmark.md"


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
