"""A finished scan beside clean networks, without scanning again."""

from dataclasses import replace

import numpy as np
import pytest
from toys import outcome

from engine import data
from engine.data import DataSet
from engine.detection.comparing import compare, judge_again
from engine.detection.evidence import suspicious_score
from engine.detection.recipes import draw
from engine.detection.reference import Reference
from engine.detection.reference_cache import SEED, CleanNetwork, ReferenceSet
from engine.detection.references import References, audit_key, find_references
from engine.detection.results import PairMap
from engine.errors import EngineError
from engine.events import Warned
from engine.experiment import scan_job
from engine.settings import ComputeSettings, DetectSettings, ExperimentSettings, TrainSettings

NAMES = tuple("0123456789")
NOTHING = np.zeros((10, 10, 1, 1), np.float32)
MAP = PairMap(*(np.zeros((10, 10), kind) for kind in (np.float32, np.bool_)), NOTHING, NOTHING)


def references(detection, count=20, smallest=None, least=0.95, **changes):
    """Clean networks whose masks are about as large as those of the scan, but for one class."""
    random = np.random.default_rng(3)
    sizes = np.array([found.mask_l1 for found in detection.classes])
    if smallest is not None:
        sizes[smallest] = np.median(sizes)
    networks = tuple(
        Reference(
            recipe="made up",
            clean_accuracy=least,
            mask_l1=tuple(np.minimum(sizes * np.exp(random.normal(0, 0.1, len(sizes))), 784)),
            converged=(True,) * len(sizes),
        )
        for _ in range(count)
    )
    facts = {
        "data": "mnist", "architecture": "badnet", "audit": audit_key(detection.settings),
        "pixels": 784, "networks": networks,
    }  # fmt: skip
    return References(**(facts | changes))


def test_a_suspicion_becomes_a_calibrated_verdict(detection):
    assert detection.verdict.basis == "none"
    judged = judge_again(detection, references(detection, smallest=0), NAMES)
    assert judged.verdict.basis == "references"
    assert judged.verdict.references == 20
    assert (judged.verdict.outcome, judged.verdict.target) == ("likely", 0)
    assert judged.classes[0].z > 5
    assert all(low < high for low, high in (found.usual for found in judged.classes))


@pytest.mark.parametrize(("count", "likely"), [(40, False), (8, True)])
def test_a_class_is_suspected_where_its_mask_gets_smaller_than_is_said(detection, count, likely):
    """With few references, whose chance is never 5 % or less, where it would be likely."""
    known = references(detection, count, smallest=0)
    usual = [replace(one, mask_l1=one.mask_l1 if one.label else 80.0) for one in detection.classes]
    clean = judge_again(replace(detection, classes=tuple(usual)), known, NAMES)
    assert clean.verdict.outcome == "not_found"
    size = clean.classes[3].suspicious_size
    assert size < clean.classes[3].usual[0]
    assert (suspicious_score(known, None) == known.bounds(mapped=False).likely) == likely
    for share, said in ((1.01, "not_found"), (0.99, "suspicious")):
        changed = [replace(one, mask_l1=size * share) if one.label == 3 else one for one in usual]
        judged = judge_again(replace(detection, classes=tuple(changed)), known, NAMES)
        assert judged.verdict.outcome == said


def test_where_there_is_no_verdict_no_size_is_suspicious(detection):
    known = references(detection, least=0.999)
    judged = judge_again(detection, known, NAMES)
    assert judged.verdict.outcome == "not_auditable"
    assert {one.suspicious_size for one in judged.classes} == {None}


def test_a_size_that_no_mask_can_have_is_not_told(detection):
    """Half of the masks did not work, and count as all pixels: the level is theirs."""
    wide = [replace(one, converged=one.label < 5, mask_l1=10.0) for one in detection.classes]
    found = compare(wide, find_references("fashion-mnist", "badnet", DetectSettings()))
    assert None in {one.suspicious_size for one in found}
    assert all(one.suspicious_size is None or one.suspicious_size >= 0.1 for one in found)


def test_beside_maps_a_class_has_to_stand_out_further():
    mapped = find_references("mnist", "mlp", DetectSettings(preset="map"))
    unknown = np.full((10, 10), 50, np.float32)
    pair_map = replace(MAP, mask_l1=unknown)
    alone, both = (suspicious_score(mapped, one) for one in (None, pair_map))
    assert alone == pytest.approx(mapped.bounds(mapped=False).suspicious, abs=0.3)
    usual = mapped.calibration().statistics
    on_both = min(both, (both - usual.mean()) / usual.std(ddof=1))
    assert on_both == pytest.approx(mapped.bounds(mapped=True).suspicious)


def test_all_that_was_scanned_stays(detection):
    judged = judge_again(detection, references(detection), NAMES)
    assert judged.verdict.outcome == "not_found"
    assert judged.curves is detection.curves
    assert (judged.seconds, judged.settings) == (detection.seconds, detection.settings)
    for before, after in zip(detection.classes, judged.classes, strict=True):
        assert after.trigger is before.trigger
        assert (after.mask_l1, after.success) == (before.mask_l1, before.success)


@pytest.mark.parametrize(
    ("scanned", "compared", "reason"),
    [
        ({"complete": False}, {}, "stopped before its end"),
        (
            {"settings": DetectSettings(preset="quick", images=500), "audit": ""},
            {},
            "other settings",
        ),
        ({"audit": "f" * 16}, {}, "other settings"),
        ({"audit": "", "pair_map": MAP}, {}, "other settings"),
        ({}, {"audit": "0" * 16}, "other settings"),
    ],
)
def test_what_cannot_be_compared_is_refused(detection, scanned, compared, reason):
    clean = references(detection, **compared)
    with pytest.raises(EngineError, match=rf"{reason}.* Scan again"):
        judge_again(replace(detection, **scanned), clean, NAMES)


def test_networks_of_other_classes_are_refused(detection):
    clean = references(replace(detection, classes=detection.classes[:9]))
    with pytest.raises(EngineError, match="Scan again"):
        judge_again(detection, clean, NAMES)


def test_a_scan_takes_what_was_calibrated(small, backdoored, detection, monkeypatch, tmp_path):
    """Other images than those that references ship for: only a calibration knows them."""
    mine = DataSet("folder-0123456789abcdef", "Mine", small.train, small.test)

    def load_job(_):
        yield Warned("reading")
        return mine

    monkeypatch.setattr(data, "load_job", load_job)
    monkeypatch.setenv("BACKDOOR_STUDIO_REFERENCES", str(tmp_path))
    settings = ExperimentSettings(
        train=TrainSettings(epochs=4, batch_size=32),
        detect=DetectSettings(preset="quick", images=400),
        compute=ComputeSettings(device="cpu", precision="float32", threads=1),
    )
    assert outcome(scan_job(settings, backdoored.model, None, None)).verdict.basis == "none"

    kept = ReferenceSet.of(mine, settings.train, settings.detect)
    kept.claim()
    networks = {
        number: CleanNetwork(
            key=kept.belonging.key, number=number, attempt=0, seconds=1.0, figures=figures,
            recipe=draw(kept.belonging.train, SEED, number),
        )
        for number, figures in enumerate(references(detection, smallest=0).networks)
    }  # fmt: skip
    kept.finish(networks)
    verdict = outcome(scan_job(settings, backdoored.model, None, None)).verdict
    assert (verdict.basis, verdict.references) == ("references", 20)
    assert (verdict.outcome, verdict.target) == ("likely", 0)
