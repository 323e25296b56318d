"""A stranger's model as what is open: scanned again later, and put aside with its images."""

import pytest

from engine import store
from engine.opening.results import BrightnessCheck, BrightnessRow, FormatRate, Preflight
from engine.settings import DataSettings, DetectSettings
from gui import verdict_words
from gui.network_facts import NetworkFacts
from gui.training_tab import AUDITING, INVITATION, TrainingTab
from tests.engine.pictures_made import folder_of_images
from tests.gui import made_up
from tests.gui.scanning import shown_tab, train, train_and_scan

WARNING = "Brightness shortcut suspected: class 0."


def preflight(taken="0..1", label=0):
    rate = FormatRate(taken, "pixels", 0.99, 0.1, 1000)
    row = BrightnessRow("brightness x 1/255", 0.1, label, 1.0, 0.99, 0.1, suspected=True)
    check = BrightnessCheck((row,), label, WARNING, "references", 40)
    return Preflight((rate,), None, taken, taken, (), 0.99, 1000, check, warnings=(WARNING,))


@pytest.fixture
def audit(session, tmp_path):
    """The folder of a stranger's model that was scanned."""
    return write_audit(session, tmp_path / "audit", preflight())


def write_audit(session, folder, before, **changes):
    model = made_up.model()
    facts = {"model_sha256": model.sha256, "preflight": before, "warnings": (WARNING,)}
    found = made_up.detection(**facts, **changes)
    with store.RunFolder.create(folder, session.settings, None, session.data) as record:
        record.write_model(model)
        record.write_detection(found)
    return folder


@pytest.fixture
def scans(monkeypatch):
    """The settings of each scan that an audit makes, none of which searches."""
    asked = []

    def scan_job(settings, model, *_):
        asked.append(settings)
        yield from ()
        return made_up.detection(settings=settings.detect, model_sha256=model.sha256)

    monkeypatch.setattr("engine.opening.jobs.scan_job", scan_job)
    return asked


def test_an_audit_that_is_opened_again_keeps_its_preflight_in_the_next_scan(
    qtbot, session, audit, scans
):
    session.choosing.open_experiment(audit)
    session.set_group(DetectSettings(preset="quick", seed=1))
    with qtbot.waitSignal(session.run_ended, timeout=20_000) as ended:
        session.start_scan()
    assert ended.args == ["scan", "finished"]
    assert [settings.detect.seed for settings in scans] == [1]
    assert session.detection.preflight == preflight()
    assert session.detection.warnings[0] == WARNING
    assert session.folder != audit
    assert WARNING in (session.folder / "report.html").read_text(encoding="utf-8")
    assert store.open_experiment(session.folder).detection.preflight == preflight()


@pytest.fixture
def tried(monkeypatch):
    """The models and formats of each pre-flight, none of which measures."""
    tried = []

    def preflight_job(_settings, model, input_range):
        tried.append((model.sha256, input_range))
        yield from ()
        return preflight()

    monkeypatch.setattr("engine.opening.jobs.preflight_job", preflight_job)
    return tried


def test_an_audit_whose_scan_is_gone_is_one_still(qtbot, session, audit, scans, said, tried):
    for name in ("detection.json", "detection.safetensors"):
        (audit / name).unlink()
    session.choosing.open_experiment(audit)
    assert said == []
    assert session.made_with is None, "nothing was trained here"
    with qtbot.waitSignal(session.run_ended, timeout=20_000) as ended:
        session.start_scan()
    assert ended.args == ["scan", "finished"]
    assert tried == [(session.model.sha256, "0..1")]
    assert session.detection.preflight == preflight()
    assert store.open_experiment(session.folder).detection.preflight == preflight()
    assert [level for level, _ in said] == []


@pytest.mark.parametrize("name", ["detection.json", "detection.safetensors"])
def test_an_audit_whose_scan_is_damaged_is_one_still_and_is_tried_again(
    qtbot, session, audit, scans, said, tried, name
):
    (audit / name).write_bytes(b"{")
    tab = shown_tab(qtbot, session)
    session.choosing.open_experiment(audit)
    [(level, sentence)] = said
    assert level == "warning"
    assert sentence.startswith(f"{name} is damaged or cannot be read")
    assert session.made_with is None, "nothing was trained here"
    assert tab.network.format.text() == "badnet, input format 0..1"
    assert tab.network.warning.isHidden()
    for _ in range(2):
        with qtbot.waitSignal(session.run_ended, timeout=20_000) as ended:
            session.start_scan()
        assert ended.args == ["scan", "finished"]
        assert session.detection.preflight == preflight()
    assert tried == [(session.model.sha256, "0..1")], "once is enough"
    assert session.folder != audit
    assert "to class 0." in tab.network.warning.text()


def test_an_audit_whose_folder_is_gone_is_saved_all_the_same(session, audit, tmp_path):
    session.choosing.open_experiment(audit)
    audit.rename(tmp_path / "renamed")
    session.exporting.save_as(tmp_path / "copy")
    opened = store.open_experiment(tmp_path / "copy")
    assert opened.trigger is None
    assert opened.model.input_range == "0..1"
    assert opened.detection.preflight == preflight()
    assert session.folder == tmp_path / "copy"


def test_an_audit_that_is_opened_again_warns_beside_its_network(qtbot, session, audit):
    facts = NetworkFacts(session)
    qtbot.addWidget(facts)
    session.choosing.open_experiment(audit)
    facts.refresh(is_opening=False)
    assert facts.file.text() == "audit"
    assert facts.format.text() == "badnet, input format 0..1"
    assert facts.origin.isHidden()
    assert not facts.warning.isHidden()
    assert "to class 0." in facts.warning.text()
    assert not facts.return_button.isVisible()
    assert not session.stale


def test_one_s_own_experiment_is_no_audit(qtbot, session, jobs):
    train_and_scan(qtbot, session)
    session.choosing.open_experiment(session.folder)
    assert session.audited is None
    assert session.made_with is not None


def test_a_preflight_of_another_format_is_not_believed(session, tmp_path):
    session.choosing.open_experiment(write_audit(session, tmp_path / "audit", preflight("0..255")))
    assert session.model is not None
    assert session.audited is None


def test_a_preflight_that_names_no_class_is_damaged(session, said, tmp_path):
    session.choosing.open_experiment(write_audit(session, tmp_path / "audit", preflight(label=999)))
    [(level, sentence)] = said
    assert level == "warning"
    assert sentence.startswith("detection.json is damaged or cannot be read")
    assert session.detection is None
    assert session.audited.preflight is None, "it is measured again"


def test_other_images_name_the_folder_of_the_network_that_was_put_aside(
    qtbot, session, jobs, said, tmp_path, monkeypatch
):
    with qtbot.waitSignal(session.run_ended):
        session.start_training()
    mine = session.folder
    monkeypatch.setattr(type(session.opening), "model", made_up.model())
    session.opening.preflight = preflight()
    assert session.auditing.use_opened_model()
    assert session.aside is not None
    pictures = folder_of_images(tmp_path / "animals", {"cat": 10, "dog": 10})
    session.choosing.open_image_folder(pictures, DataSettings())
    qtbot.waitUntil(lambda: not session.loading.is_busy)
    assert not session.aside is not None
    assert f"The network that you trained on MNIST is in {mine}." in said[-1][1]


def test_a_shortcut_that_no_scan_sees_is_said_first_and_once(session, qtbot, tmp_path):
    tab = shown_tab(qtbot, session)
    said = made_up.verdict("not_found", None, ())
    session.choosing.open_experiment(
        write_audit(session, tmp_path / "audit", preflight(), said=said)
    )
    assert tab.verdict.headline.text().startswith("No trigger found, but dim images become class 0")
    assert tab.verdict.word.text() == "Warning"
    assert tab.status_text == "no trigger, see warning"
    assert tab.verdict.caution.isHidden()
    assert tab.network.warning.isHidden()
    assert WARNING in [text for _, text in verdict_words.meaning(session.detection)]


def test_beside_another_verdict_the_shortcut_stays_a_warning(session, qtbot, audit):
    tab = shown_tab(qtbot, session)
    session.choosing.open_experiment(audit)
    assert tab.verdict.headline.text() == "Backdoor suspected: class 0."
    assert tab.verdict.caution.isVisible()
    assert tab.network.warning.isVisible()


def test_a_training_says_where_the_audit_is_that_it_puts_aside(qtbot, session, said, jobs, audit):
    session.choosing.open_experiment(audit)
    train(qtbot, session)
    assert said[-1] == ("info", f"The audit that was open was put aside; it is in {audit}.")
    said.clear()
    train(qtbot, session)
    assert not [text for _, text in said if "put aside" in text]


def test_the_training_tab_says_whose_network_is_open(qtbot, session, audit):
    tab = TrainingTab(session)
    qtbot.addWidget(tab)
    assert tab.sentence.text() == INVITATION
    session.choosing.open_experiment(audit)
    assert tab.sentence.text() == AUDITING
