"""Which references a scan finds: those that ship, what was calibrated, and what of it fits."""

import json
import re
from functools import partial

import numpy as np
import pytest
from calibrations_made import (
    CODED,
    DETECT,
    MAP,
    OTHERS,
    SETTINGS,
    STANDARD,
    TRAIN,
    coded_job,
    made_now,
    made_up_network,
    scanned_with,
    the_set,
)
from toys import outcome

from engine import data
from engine.data import DataSet, ImageSet
from engine.detection import calibrate
from engine.detection.calibrate import NO_FORMS, calibrate_job, standing
from engine.detection.clean_networks import CleanNetworks
from engine.detection.known_references import (
    CLASSES_ALONE,
    OF_OTHERS,
    Known,
    known_references,
    look_up_references,
)
from engine.detection.recipes import draw
from engine.detection.reference_cache import FINISHED, SEED, CleanNetwork, ReferenceSet
from engine.detection.references import REFERENCE_FOLDER, audit_key, find_references
from engine.errors import EngineError
from engine.events import StopRequested, Warned
from engine.settings import DetectSettings, TrainSettings


def test_what_ships_comes_first(calibrated, mnist):
    folder, _, _ = calibrated
    detect = DetectSettings(preset="quick")
    for train in (TrainSettings(), TrainSettings(epochs=50)):
        found = known_references(mnist, train, detect, folder)
        assert found == find_references("mnist", "badnet", detect, REFERENCE_FOLDER)
        assert found is not None


def test_a_finished_calibration_is_found(calibrated):
    folder, _, references = calibrated
    assert known_references(CODED, TRAIN, DETECT, folder) == references
    seeded = TRAIN.model_copy(update={"seed": 7, "optimiser": "sgd"})
    assert known_references(CODED, seeded, DETECT, folder) == references
    longer = TRAIN.model_copy(update={"epochs": 6})
    assert known_references(CODED, longer, DETECT, folder) == references, "recipes vary it"
    assert known_references(CODED, TRAIN, DETECT, folder / "nowhere") is None
    other = TRAIN.model_copy(update={"architecture": "badnet"})
    assert known_references(CODED, other, DETECT, folder) is None
    assert known_references(CODED, TRAIN, DetectSettings(preset="map"), folder) is None
    assert known_references(CODED, TRAIN, DetectSettings(), folder) is None, "Quick searches less"


@pytest.mark.parametrize(
    ("train", "detect", "reason"),
    [
        ({}, {"images": 300}, "scanned with other settings"),
        ({}, {"success_threshold": 0.9}, "scanned with other settings"),
        ({"epochs": 40}, {}, "trained in another way"),
        ({"width": 4.0}, {}, "trained in another way"),
    ],
)
def test_what_does_not_fit_is_not_used_and_the_reason_is_said(calibrated, train, detect, reason):
    folder, _, _ = calibrated
    with pytest.raises(EngineError, match=rf"{reason}.* not used. Calibrate"):
        known_references(
            CODED, TRAIN.model_copy(update=train), DETECT.model_copy(update=detect), folder
        )


def test_other_images_of_the_same_name_are_noticed(calibrated):
    folder, _, _ = calibrated
    with pytest.raises(EngineError, match="made with other images of this name"):
        known_references(OTHERS, TRAIN, DETECT, folder)


def test_damaged_references_are_not_used_and_calibrate_mends_them(own_cache, loaded, calibrated):
    _, _, references = calibrated
    path = the_set(own_cache) / "references.json"
    path.write_text(path.read_text()[:1000])
    with pytest.raises(EngineError, match=r"are damaged \(it is not JSON: .*\), so they are not"):
        known_references(loaded, TRAIN, DETECT, own_cache)
    outcome(calibrate_job(SETTINGS, 5, own_cache))
    assert known_references(loaded, TRAIN, DETECT, own_cache) == references


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mask_l1": [-1.0, 60.0, 60.0, 60.0]}, "some sizes are impossible"),
        ({"mask_l1": [60.0] * 3, "converged": [True] * 3}, "sizes for 4 classes"),
        ({"mask_opacity": [0.5] * 3}, "sizes for 4 classes"),
        ({"mask_opacity": [0.0] * 4}, "some sizes are impossible"),
        ({"mask_radius": [2.5] * 5}, "sizes for 4 classes"),
        ({"mask_radius": [0.5] * 4}, "some sizes are impossible"),
        ({"pair_l1": [60.0] * 12}, "figures for all pairs"),
        ({"pair_elsewhere": [0.3] * 12}, "figures for all pairs"),
    ],
)
def test_sizes_that_cannot_be_are_not_used(change, reason, own_cache):
    path = the_set(own_cache) / "references.json"
    finished = json.loads(path.read_text())
    finished["references"]["networks"][3] |= change
    path.write_text(json.dumps(finished))
    with pytest.raises(EngineError, match=rf"are damaged \(.*{reason}.*\), so they are not used"):
        known_references(CODED, TRAIN, DETECT, own_cache)


def with_nine_classes(text):
    document = json.loads(text)
    for network in document["networks"]:
        network |= {"mask_l1": network["mask_l1"][:9], "converged": [True] * 9}
    return json.dumps(document)


@pytest.mark.parametrize("spoil", [lambda text: text[:100], lambda _: "{}", with_nine_classes])
def test_a_damaged_file_that_ships_is_told_whatever_is_compared_in_its_place(
    spoil, mnist, tmp_path, monkeypatch
):
    ships = partial(find_references, folder=tmp_path)
    monkeypatch.setattr("engine.detection.references.find_references", ships)
    train, detect = TrainSettings(), DetectSettings(preset="quick")
    name = "mnist-badnet-quick.json"
    (tmp_path / name).write_text(spoil((REFERENCE_FOLDER / name).read_text()))
    found = look_up_references(mnist, train, detect, tmp_path / "nowhere")
    assert found.networks.basis == "borrowed"
    (note,) = found.notes
    assert f"{name} is damaged" in note


def test_that_scans_had_other_settings_is_told_once_and_not_of_each_file(mnist, tmp_path):
    detect = DetectSettings(preset="quick", images=300)
    for architecture in ("badnet", "vgg11_bn"):
        train = TrainSettings(architecture=architecture)
        found = look_up_references(mnist, train, detect, tmp_path / "nowhere")
        assert found.networks is None
        (note,) = found.notes
        assert "mnist-badnet-quick.json were scanned with other settings" in note


def test_too_few_networks_are_not_used(tmp_path, loaded):
    outcome(calibrate_job(SETTINGS, 1, tmp_path))
    with pytest.raises(EngineError, match=r"hold only 1 network, and 5 are the least"):
        known_references(loaded, TRAIN, DETECT, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("network-0000.json", "{}", r"not finished \(1 clean network so far\).* goes on"),
        ("notes.txt", "", r"not finished \(0 clean networks so far\)"),
        ("references.json", "{", "are damaged"),
    ],
)
def test_a_calibration_that_is_of_no_use_makes_no_verdict_worse(
    name, content, reason, mnist, tmp_path
):
    """What a scan would have without it, it has with it, and is told why it is passed over."""
    train, detect = TrainSettings(architecture="vgg11_bn"), DetectSettings(preset="quick")
    before = look_up_references(mnist, train, detect, tmp_path)
    assert (before.networks.basis, before.notes) == ("borrowed", ())
    kept = ReferenceSet.of(mnist, train, detect, tmp_path)
    kept.claim()
    (kept.folder / name).write_text(content)
    after = look_up_references(mnist, train, detect, tmp_path)
    assert after.networks.basis == "borrowed"
    assert after.networks.networks == before.networks.networks
    (note,) = after.notes
    assert re.search(rf"{kept.folder.name}.*{reason}", note)
    assert known_references(mnist, train, detect, tmp_path).basis == "borrowed"


def test_what_ships_needs_no_word_about_a_calibration_that_is_not_finished(mnist, tmp_path):
    train, detect = TrainSettings(architecture="badnet"), DetectSettings(preset="quick")
    ReferenceSet.of(mnist, train, detect, tmp_path).claim()
    found = look_up_references(mnist, train, detect, tmp_path)
    assert (found.networks.basis, found.notes) == ("references", ())


# Standard and Map search the classes alike.


def test_what_standard_was_calibrated_for_serves_map_where_pairs_cost_little(tmp_path, loaded):
    found = standing(scanned_with("standard"), loaded, 5, folder=tmp_path)
    assert (found.preset, found.missing) == ("map", 5)
    standard = outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    assert standard.audit == audit_key(STANDARD)
    assert standard.pair_calibration() is None, "its verdict is one on classes"
    assert look_up_references(loaded, TRAIN, STANDARD, tmp_path) == Known(standard)
    maps = look_up_references(loaded, TRAIN, MAP, tmp_path)
    assert maps.notes == ()
    assert maps.networks.pair_calibration() is not None
    seen = []
    assert outcome(calibrate_job(scanned_with("map"), 5, tmp_path), seen=seen) == maps.networks
    assert not made_now(seen)
    assert standing(scanned_with("standard"), loaded, 5, folder=tmp_path).missing == 0


def test_a_calibration_for_standard_that_is_not_finished_is_said_to_be_so(tmp_path, loaded):
    job = calibrate_job(scanned_with("standard"), 5, tmp_path)
    with pytest.raises(StopRequested):
        outcome(job, stop_at=lambda event: getattr(event, "number", 0) == 2)
    for preset in (STANDARD, MAP):
        notes = " ".join(look_up_references(loaded, TRAIN, preset, tmp_path).notes)
        assert notes.count("not finished (2 clean networks so far)") == 1
    longer = TRAIN.model_copy(update={"epochs": 40})
    outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    notes = " ".join(look_up_references(loaded, longer, STANDARD, tmp_path).notes)
    assert notes.count("trained in another way") == 1


def test_one_that_was_begun_for_standard_alone_goes_on_so(tmp_path, loaded, monkeypatch):
    monkeypatch.setattr(calibrate, "MOST_FOR_PAIRS", 1.0)
    outcome(calibrate_job(scanned_with("standard"), 2, tmp_path))
    monkeypatch.undo()
    monkeypatch.setattr(data, "load_job", coded_job)
    monkeypatch.setattr(CleanNetworks, "_train_and_scan", made_up_network)
    found = standing(scanned_with("standard"), CODED, 5, folder=tmp_path)
    assert (found.preset, found.missing) == ("standard", 3)
    seen = []
    outcome(calibrate_job(scanned_with("standard"), 5, tmp_path), seen=seen)
    assert made_now(seen) == [3, 4, 5]
    assert the_set(tmp_path) == found.folder


@pytest.mark.parametrize(
    ("classes", "epochs", "preset"), [(10, 4, "map"), (10, 1, "map"), (43, 4, "standard")]
)
def test_pairs_are_searched_for_standard_only_where_that_takes_little_longer(
    classes, epochs, preset, tmp_path
):
    names = tuple(map(str, range(classes)))
    empty = ImageSet(np.zeros((60_000, 1, 2, 2), np.uint8), np.zeros(60_000, np.int64), names)
    train = TRAIN.model_copy(update={"epochs": epochs})
    settings = SETTINGS.model_copy(update={"train": train, "detect": DetectSettings()})
    found = standing(settings, DataSet("empty", "Empty", empty, empty), 5, folder=tmp_path)
    assert found.preset == preset


def test_a_map_is_judged_by_its_classes_where_only_standard_was_calibrated(
    tmp_path, loaded, costly_pairs
):
    standard = outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    found = look_up_references(loaded, TRAIN, MAP, tmp_path)
    assert found.networks.basis == "references"
    assert found.networks.networks == standard.networks
    assert found.networks.audit == audit_key(MAP)
    assert found.networks.pair_calibration() is None
    assert found.notes == (CLASSES_ALONE,)
    for other in ({"images": 300}, {"success_threshold": 0.9}):
        assert look_up_references(
            loaded, TRAIN, scanned_with("map", **other).detect, tmp_path
        ) == Known(None)


def test_once_map_is_calibrated_it_is_judged_by_its_pairs(tmp_path, loaded, costly_pairs):
    outcome(calibrate_job(scanned_with("standard"), 5, tmp_path))
    job = calibrate_job(scanned_with("map"), 5, tmp_path)
    with pytest.raises(StopRequested):
        outcome(job, stop_at=lambda event: getattr(event, "number", 0) == 1)
    unfinished, alone = look_up_references(loaded, TRAIN, MAP, tmp_path).notes
    assert "not finished (1 clean network so far)" in unfinished
    assert alone == CLASSES_ALONE
    maps = outcome(calibrate_job(scanned_with("map"), 5, tmp_path))
    assert look_up_references(loaded, TRAIN, MAP, tmp_path) == Known(maps)
    assert maps.pair_calibration() is not None


@pytest.mark.parametrize(
    "spoil", [lambda shares: [1.5, *shares[1:]], lambda shares: shares[1:], lambda _: []]
)
def test_a_map_whose_shares_cannot_be_is_made_again(spoil, tmp_path, loaded):
    mapped = outcome(calibrate_job(scanned_with("map"), 1, tmp_path))
    path = the_set(tmp_path) / "network-0000.json"
    kept = json.loads(path.read_text())
    kept["figures"]["pair_elsewhere"] = spoil(kept["figures"]["pair_elsewhere"])
    path.write_text(json.dumps(kept))
    seen = []
    assert outcome(calibrate_job(scanned_with("map"), 1, tmp_path), seen=seen) == mapped
    assert made_now(seen) == [1]
    assert any("missing or impossible" in e.text for e in seen if isinstance(e, Warned))


def test_what_is_calibrated_for_maps_knows_where_masks_lie(tmp_path, loaded):
    mapped = outcome(calibrate_job(scanned_with("map"), 5, tmp_path))
    assert mapped.pair_places.startswith("12x12:")
    assert {len(one.pair_familiarity) for one in mapped.networks} == {12}
    assert mapped.pair_calibration().places is not None
    assert look_up_references(loaded, TRAIN, MAP, tmp_path) == Known(mapped)


def test_a_map_whose_places_cannot_be_is_made_again(tmp_path, loaded):
    mapped = outcome(calibrate_job(scanned_with("map"), 5, tmp_path))
    path = the_set(tmp_path) / "network-0000.json"
    path.write_text(path.read_text().replace('"pair_places": "12x12:', '"pair_places": "12x11:'))
    seen = []
    assert outcome(calibrate_job(scanned_with("map"), 5, tmp_path), seen=seen) == mapped
    assert made_now(seen) == [1]
    assert any("network-0000.json" in e.text for e in seen if isinstance(e, Warned))


def test_what_would_be_too_large_to_read_again_is_kept_without_places(
    tmp_path, loaded, monkeypatch
):
    whole = outcome(calibrate_job(scanned_with("map"), 5, tmp_path / "whole"))
    size = (the_set(tmp_path / "whole") / FINISHED).stat().st_size
    monkeypatch.setattr("engine.detection.reference_cache.MAX_BYTES", size - 1)
    found = outcome(calibrate_job(scanned_with("map"), 5, tmp_path / "less"))
    assert found.pair_places == ""
    assert [one.pair_l1 for one in found.networks] == [one.pair_l1 for one in whole.networks]
    assert look_up_references(loaded, TRAIN, MAP, tmp_path / "less") == Known(found)


def test_networks_of_an_earlier_version_are_compared_without_places(tmp_path, loaded):
    outcome(calibrate_job(scanned_with("map"), 5, tmp_path))
    path = the_set(tmp_path) / "network-0000.json"
    kept = json.loads(path.read_text())
    del kept["pair_places"]
    path.write_text(json.dumps(kept))
    seen = []
    mapped = outcome(calibrate_job(scanned_with("map"), 5, tmp_path), seen=seen)
    assert made_now(seen) == []
    assert any("an earlier version made some" in e.text for e in seen if isinstance(e, Warned))
    assert mapped.pair_places == ""
    assert mapped.pair_calibration().places is None


def test_networks_of_an_earlier_version_are_compared_without_forms_and_that_is_told(
    tmp_path, loaded
):
    known = outcome(calibrate_job(SETTINGS, 5, tmp_path))
    assert known.knows_forms
    path = the_set(tmp_path) / "network-0000.json"
    kept = json.loads(path.read_text())
    del kept["figures"]["mask_radius"]
    path.write_text(json.dumps(kept))
    seen = []
    less = outcome(calibrate_job(SETTINGS, 5, tmp_path), seen=seen)
    assert made_now(seen) == []
    assert not less.knows_forms
    assert [event.text for event in seen if isinstance(event, Warned)] == [NO_FORMS]


def test_standard_takes_the_classes_of_what_was_calibrated_for_map(tmp_path, loaded):
    outcome(calibrate_job(scanned_with("map"), 5, tmp_path / "map"))
    standard = outcome(calibrate_job(scanned_with("standard"), 5, tmp_path / "standard"))
    assert look_up_references(loaded, TRAIN, STANDARD, tmp_path / "map") == Known(standard)
    assert look_up_references(loaded, TRAIN, DETECT, tmp_path / "map") == Known(None), "Quick"
    longer = TRAIN.model_copy(update={"epochs": 40})
    unfit = look_up_references(loaded, longer, STANDARD, tmp_path / "map")
    assert unfit.networks is None
    assert "trained in another way" in " ".join(unfit.notes)


def test_pairs_of_other_kinds_say_more_of_a_map_than_no_pairs(mnist, tmp_path):
    train = TrainSettings(architecture="vgg11_bn")
    kept = ReferenceSet.of(mnist, train, DetectSettings(), tmp_path)
    kept.claim()
    figures = find_references("mnist", "badnet", DetectSettings()).networks
    kept.finish(
        {
            number: CleanNetwork(
                key=kept.belonging.key, number=number, attempt=0, seconds=1.0,
                recipe=draw(kept.belonging.train, SEED, number), figures=figures[number],
            )
            for number in range(5)
        }
    )  # fmt: skip
    assert known_references(mnist, train, DetectSettings(), tmp_path).basis == "references"
    found = look_up_references(mnist, train, DetectSettings(preset="map"), tmp_path)
    assert found.networks.basis == "borrowed"
    assert found.networks.pair_calibration() is not None
    assert found.notes == (OF_OTHERS,)
