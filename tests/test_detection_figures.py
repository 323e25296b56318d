"""The benchmark's tables follow from the figures that are kept in the repository."""

import json
from pathlib import Path

import pytest

from benchmarks.detection_benchmark import AUDITS, KEPT, read_kept
from benchmarks.detection_tables import report
from benchmarks.tier_one import groups
from benchmarks.zoo import Entry

DOCUMENT = Path(__file__).parent.parent / "docs" / "detection-benchmark.md"
ARCHITECTURES = [path.stem.split("-", 1)[1] for path in sorted(KEPT.glob("mnist-*.json"))]


def test_the_document_is_what_the_figures_say():
    kept = {architecture: read_kept(architecture) for architecture in ARCHITECTURES}
    assert DOCUMENT.read_text() == report(kept, AUDITS)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_figures_are_of_the_networks_that_the_benchmark_describes(architecture):
    kinds = groups(architecture)
    for name, figures in read_kept(architecture).items():
        for one in figures:
            facts = one["entry"]
            wanted = kinds[name].make(facts["number"], facts["attempt"])
            assert facts == json.loads(json.dumps(wanted.facts))
            assert Entry.from_facts(facts) == wanted
