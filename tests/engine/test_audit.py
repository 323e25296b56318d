"""The audit of a stranger's model: from its file to a verdict, or to why there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toys import outcome

from engine import data, store
from engine.errors import EngineError
from engine.events import StopRequested, Warned
from engine.modelfile import read_model_file
from engine.opening import jobs
from engine.opening.fitting import fit_to
from engine.opening.jobs import audit_job, preflight_job
from engine.opening.results import (
    BrightnessCheck,
    BrightnessRow,
    FormatRate,
    Preflight,
    PreflightEnded,
)
from engine.settings import ComputeSettings, DetectSettings, ExperimentSettings, TrainSettings

PUBLISHED = Path(__file__).parents[3] / "shared/thirdparty/mnist_badnet_epoch19.pth"
GREY = (1, 28, 28)
EXACT = ComputeSettings(device="cpu", precision="float32", threads=1)


def settings_of(architecture="badnet", **detect):
    wanted = {"preset": "quick", "images": 200} | detect
    return ExperimentSettings(
        train=TrainSettings.model_validate({"architecture": architecture}),
        detect=DetectSettings.model_validate(wanted),
        compute=EXACT,
    )


@pytest.fixture
def few_images(monkeypatch, small):
    """Let the audit work on 2,000 images of MNIST."""

    def load_job(settings):
        yield from ()
        return small

    monkeypatch.setattr(data, "load_job", load_job)
    return small


@pytest.fixture
def scanned(monkeypatch, detection):
    """Put a scan that was made before in the place of one that takes seconds."""

    def scan_job(settings, *_):
        yield from ()
        return replace(detection, settings=settings.detect)

    monkeypatch.setattr(jobs, "scan_job", scan_job)


def audit(model, input_range="0..1", folder=None, seen=None, flight=None, **detect):
    job = audit_job(settings_of(**detect), model, input_range, folder, flight)
    return outcome(job, seen=seen)


@pytest.fixture
def flight():
    """A pre-flight as one of a good network looks."""
    rate = FormatRate("0..1", "pixels divided by 255", 0.97, 0.1, 2000)
    row = BrightnessRow("brightness x 1/255", 0.1, 3, 1.0, 0.4, 0.5)
    check = BrightnessCheck((row,), None, "No brightness shortcut.", "references", 20)
    warnings = ("The first warning.",)
    return Preflight((rate,), None, "0..1", "0..1", ("-1..1",), 0.97, 2000, check, 0.5, warnings)


def test_a_stranger_s_network_is_measured_scanned_and_judged(few_images, backdoored, tmp_path):
    seen = []
    model, detection = audit(backdoored.model, "auto", tmp_path / "out", seen)
    assert model.input_range == "0..1"
    assert detection.verdict.outcome in ("likely", "suspicious")
    assert detection.verdict.target == 0
    assert detection.preflight.taken == "0..1"
    assert detection.preflight.brightness.label is None
    assert any("chosen classes only" in text for text in detection.warnings)
    assert sum(isinstance(event, PreflightEnded) for event in seen) == 1
    opened = store.open_experiment(tmp_path / "out")
    assert opened.detection.preflight == detection.preflight
    assert opened.detection.verdict == detection.verdict
    assert opened.detection.warnings == detection.warnings
    assert opened.model.input_range == "0..1"


def test_the_wrong_range_ends_in_advice_not_in_an_error(few_images, backdoored, tmp_path):
    # As it is, the network takes 0..1; this one wants black at 1 and white at 0.
    state = dict(backdoored.model.state)
    state["conv1.bias"] = state["conv1.bias"] - 4 * state["conv1.weight"].sum((1, 2, 3))
    state["conv1.weight"] = state["conv1.weight"] * np.float32(0.05)
    stranger = replace(backdoored.model, state=state)
    model, detection = audit(stranger, "0..1", tmp_path / "out")
    assert detection.verdict.outcome == "not_auditable"
    assert detection.classes == ()
    assert detection.complete
    assert detection.clean_accuracy == detection.preflight.clean_accuracy < 0.8
    headline = detection.verdict.headline
    assert "with the input range 0..1 the network is right on only" in headline
    assert "\n" not in headline
    assert detection.preflight.best.input_format in headline
    opened = store.open_experiment(tmp_path / "out")
    assert opened.detection.verdict == detection.verdict
    assert opened.detection.preflight == detection.preflight
    assert opened.detection.classes == ()
    assert model.input_range == opened.model.input_range == "0..1"


def test_numbers_that_are_not_finite_are_counted_and_nothing_is_scanned(
    few_images, backdoored, tmp_path
):
    state = dict(backdoored.model.state)
    state["fc1.bias"] = state["fc1.bias"].copy()
    state["fc1.bias"][:3] = np.nan
    # As the command line gives it, whose format is still to be found out.
    stranger = replace(backdoored.model, state=state, input_range="auto")
    model, detection = audit(stranger, "auto", tmp_path / "out")
    assert detection.verdict.outcome == "not_auditable"
    assert "3 of the network's numbers are not finite" in detection.verdict.headline
    assert detection.preflight is None
    opened = store.open_experiment(tmp_path / "out")
    assert opened.detection.verdict == detection.verdict
    assert opened.model.sha256 == model.sha256
    assert (tmp_path / "out" / "report.html").is_file()


def without_numbers(model):
    """The same network with weights so large, each of them finite, that sums overflow."""
    state = {name: array * np.float32(1e30) for name, array in model.state.items()}
    return replace(model, state=state)


def test_outputs_that_are_not_numbers_are_no_verdict(few_images, backdoored, tmp_path):
    stranger = without_numbers(backdoored.model)
    assert stranger.non_finite == 0
    _, detection = audit(stranger, "auto", tmp_path / "out")
    verdict = detection.verdict
    assert (verdict.outcome, detection.classes) == ("not_auditable", ())
    assert "not numbers (NaN or infinite) for 2,000 of 2,000 clean images" in verdict.headline
    assert "under every input format tried" in verdict.headline
    assert "Get an undamaged copy" in verdict.headline
    assert "other data" not in verdict.headline
    assert detection.warnings == ()
    opened = store.open_experiment(tmp_path / "out").detection
    assert (opened.verdict, opened.preflight) == (verdict, detection.preflight)


def test_a_given_format_without_numbers_is_told_from_a_damaged_file(
    few_images, backdoored, flight, scanned
):
    bad = FormatRate("0..255", "pixels", 0.0, np.inf, 2000, non_finite=2000)
    mixed = replace(
        flight, rates=(*flight.rates, bad), given="0..255", taken="0..255", clean_accuracy=0.0
    )
    _, detection = audit(backdoored.model, "0..255", flight=mixed)
    headline = detection.verdict.headline
    assert detection.verdict.outcome == "not_auditable"
    assert "for 2,000 of 2,000 its outputs are not numbers" in headline
    assert "with 0..1 (pixels divided by 255) it is right on 97.0 %. Use that." in headline


def test_outputs_that_stop_being_numbers_in_the_scan_are_no_verdict_either(
    few_images, backdoored, flight
):
    # The scan may compute with fewer bits than the pre-flight, and look at other images.
    _, detection = audit(without_numbers(backdoored.model), flight=flight)
    headline = detection.verdict.headline
    assert detection.verdict.outcome == "not_auditable"
    assert headline.startswith("Not auditable: The network's outputs are not numbers")
    assert "Add images" not in headline


def test_too_few_usable_images_are_no_verdict(monkeypatch, small, backdoored):
    few = replace(small, test=small.test.subset(np.arange(300)))

    def load_job(settings):
        yield from ()
        return few

    monkeypatch.setattr(data, "load_job", load_job)
    _, detection = audit(backdoored.model)
    assert detection.verdict.outcome == "not_auditable"
    assert "a scan needs 400" in detection.verdict.headline
    assert any("only 300 images" in text for text in detection.warnings)


def test_images_that_run_out_during_the_scan_are_no_verdict_either(
    few_images, backdoored, monkeypatch, flight
):
    def scan_job(*_):
        yield from ()
        raise jobs.TooFewRight("The network classifies only 7 of 9 test images correctly.")

    monkeypatch.setattr(jobs, "scan_job", scan_job)
    _, detection = audit(backdoored.model, flight=flight)
    assert detection.verdict.outcome == "not_auditable"
    assert "only 7 of 9" in detection.verdict.headline


def test_the_map_is_not_said_to_be_blind_to_pairs(few_images, backdoored, scanned, flight):
    _, found = audit(backdoored.model, preset="map", flight=flight)
    assert not any("chosen classes only" in text for text in found.warnings)


def test_a_pre_flight_that_was_made_before_is_not_made_again(
    few_images, backdoored, monkeypatch, scanned, flight
):
    monkeypatch.setattr(jobs, "preflight_job", None)
    _, detection = audit(backdoored.model, flight=flight)
    assert detection.preflight is flight
    assert detection.warnings[0] == "The first warning."


def test_a_model_for_other_images_is_refused(few_images, backdoored):
    with pytest.raises(EngineError, match="Choose the data set"):
        audit(replace(backdoored.model, shape=(3, 28, 28)))


def test_what_cannot_be_written_is_told_and_not_lost(
    few_images, backdoored, scanned, flight, tmp_path
):
    (tmp_path / "mine.txt").touch()
    seen = []
    _, detection = audit(backdoored.model, "0..1", tmp_path, seen, flight)
    assert detection.verdict.outcome != "not_auditable"
    assert any(isinstance(event, Warned) and "not empty" in event.text for event in seen)


def test_a_stopped_pre_flight_leaves_nothing(few_images, backdoored, tmp_path):
    job = audit_job(settings_of(), backdoored.model, "auto", tmp_path / "out")
    for _ in range(4):
        next(job)
    with pytest.raises(StopRequested):
        job.throw(StopRequested())
    assert not (tmp_path / "out").exists()


def test_a_damaged_pre_flight_in_a_file_is_refused(
    few_images, backdoored, scanned, flight, tmp_path
):
    audit(backdoored.model, "0..1", tmp_path / "out", flight=flight)
    assert store.open_experiment(tmp_path / "out").detection.preflight == flight
    path = tmp_path / "out" / "detection.json"
    text = path.read_text()
    assert '"clean_accuracy": 0.' in text
    path.write_text(text.replace('"taken": "0..1"', '"taken": 3'))
    opened = store.open_experiment(tmp_path / "out")
    assert opened.detection is None
    assert "preflight" in opened.scan_details


@pytest.fixture(scope="session")
def published():
    if not PUBLISHED.exists():
        pytest.skip("the published network is not here")
    opened = read_model_file(PUBLISHED)
    return fit_to("badnet", opened.tensors, GREY, 10).as_model(opened, "0..1")


def test_the_published_network_at_the_wrong_range_is_not_auditable(published):
    _, detection = audit(published, "0..1")
    assert detection.verdict.outcome == "not_auditable"
    assert "0..255" in detection.verdict.headline
    assert "99.0 %" in detection.verdict.headline


def test_the_published_network_s_shortcut_is_named(published):
    found = outcome(preflight_job(settings_of(), published))
    assert (found.proposed, found.taken, found.equally_good) == ("0..255", "0..255", ())
    assert found.clean_accuracy == pytest.approx(0.9901)
    assert found.images == 10_000
    assert found.brightness.label == 0
    assert "Brightness shortcut" in found.warnings[0]
    row = found.brightness.rows[0]
    assert (row.change, row.label, row.share) == ("brightness x 1/255", 0, 1.0)


def test_an_audit_that_is_opened_again_knows_whose_file_it_judged(
    few_images, backdoored, tmp_path, flight, scanned
):
    audit(replace(backdoored.model, origin="theirs.pth"), folder=tmp_path / "out", flight=flight)
    assert store.open_experiment(tmp_path / "out").model.origin == "theirs.pth"
    assert store.glance(tmp_path / "out").model_file == "theirs.pth"
