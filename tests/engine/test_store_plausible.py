"""Numbers of a scan that cannot be: either its file is refused, or a report can be made of it."""

import copy
import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest
from maps_made import facts_of, files_of_older_version, made_map, made_scan

from engine import store
from engine.data import ImageSet
from engine.detection.mask_forms import Form
from engine.detection.results import HardTrigger, Verdict
from engine.errors import EngineError
from engine.models import Model
from engine.opening.results import BrightnessCheck, BrightnessRow, FormatRate, Preflight
from engine.report import Subject, report_html, report_json
from engine.settings import ExperimentSettings
from engine.store.reading import read_detection
from engine.triggers import Trigger

SHAPE = (1, 8, 8)
NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
FACTS = facts_of(4, SHAPE)
WRONG = (0, 0.0, -1, -0.5, 1e-320, 1e300, 1.7e308, -1e308, 10**30, 10**400, None, True, "x", [], {})


def checked_before():
    row = BrightnessRow("darker", 0.9, 2, 0.5, 0.9, 0.2, suspected=True)
    return Preflight(
        (FormatRate("0..1", "as it is", 0.98, 0.1, 500, 3),), "0..1", "0..1", "0..1", (), 0.98, 500,
        BrightnessCheck((row,), 2, "It goes to class 2.", "references", 20), 1.5, ("few",),
    )  # fmt: skip


def whole_scan():
    """A scan that has every kind of number."""
    scanned = made_scan(made_map(4, 3))
    hard = HardTrigger(Trigger(np.ones(SHAPE[1:], np.float32), np.ones(SHAPE, np.float32)), 0.75)
    first, *others = scanned.classes
    forms = (Form(0.9, 3.5), Form(0.75, 1.0), Form(0.5, 2.0))
    first = replace(
        first, z=3.5, iou=0.5, hard=hard, sizes=(5.0, 6.0, 7.0), forms=forms,
        suspicious_size=4.0, usual_form=Form(0.99, 6.25),
    )  # fmt: skip
    verdict = Verdict(
        "likely", 2, 0.05, "references", (0,), "Backdoor likely.", "So.", (2,), 20,
        "source-specific", ((0, 2),), 5.5, "map",
    )  # fmt: skip
    return replace(
        scanned, classes=(first, *others), verdict=verdict, preflight=checked_before(),
        warnings=("few images",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("scanned") / "run"
    with store.RunFolder.create(path, ExperimentSettings(), None, FACTS) as run:
        run.write_detection(whole_scan())
    return path


@pytest.fixture
def older(folder):
    """The same as an older version wrote it, whose pairs have their numbers in JSON alone."""
    kept = {name: (folder / name).read_bytes() for name in FILES}
    for name, content in zip(FILES, files_of_older_version(whole_scan()), strict=True):
        (folder / name).write_bytes(content)
    yield folder
    for name, content in kept.items():
        (folder / name).write_bytes(content)


FILES = ("detection.json", "detection.safetensors")


def can_be_reported(folder, document):
    """Whether a changed detection.json opens; if so, a report of it is made."""
    text = json.dumps(document)
    before = (folder / "detection.json").read_bytes()
    (folder / "detection.json").write_text(text)
    try:
        detection = read_detection(folder, FACTS)
    except EngineError:
        return False
    finally:
        (folder / "detection.json").write_bytes(before)
    tests = ImageSet(np.zeros((4, *SHAPE), np.uint8), np.arange(4), FACTS.class_names)
    model = Model("badnet", SHAPE, 4, {"fc2.bias": np.zeros(4, np.float32)})
    subject = Subject(detection, model, ExperimentSettings(), "Signs", tests)
    assert report_html(subject, NOW).startswith(b"<!")
    assert json.loads(report_json(subject, NOW))["detection"]["verdict"]
    return True


def numbers_in(value, path=()):
    """The place of every number; of lists that are long, in the first two entries."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from numbers_in(one, (*path, name))
    elif isinstance(value, list):
        for at, one in enumerate(value[:2]):
            yield from numbers_in(one, (*path, at))
    elif isinstance(value, int | float):
        yield path


def with_value(document, path, value):
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def mutations(document, names):
    for path in numbers_in({name: document[name] for name in names}):
        for value in WRONG:
            yield path, value, with_value(document, path, value)


def test_the_scan_opens_and_is_reported_as_it_is(folder):
    assert can_be_reported(folder, json.loads((folder / "detection.json").read_text()))


def test_any_number_but_those_of_pairs_may_be_anything(folder):
    document = json.loads((folder / "detection.json").read_text())
    names = [name for name in document if name != "pairs"]
    opened = [can_be_reported(folder, one) for _, _, one in mutations(document, names)]
    assert len(opened) > 700
    assert 50 < sum(opened) < len(opened) - 200, "some are possible, many are not"


def test_any_number_of_pairs_may_be_anything_in_files_of_older_versions(older):
    document = json.loads((older / "detection.json").read_text())
    assert can_be_reported(older, document)
    opened = {
        (path[2:], str(value)): can_be_reported(older, one)
        for path, value, one in mutations(document, ["pairs"])
    }
    assert opened[("mask_l1",), "0.0"]
    assert not opened[("mask_l1",), "-1"]
    assert not opened[("mask_l1",), "1e+300"]
    assert not opened[("source",), "-1"]


def test_numbers_of_pairs_are_those_of_the_arrays(folder):
    """What other programs made of the list in detection.json changes nothing that is shown."""
    document = json.loads((folder / "detection.json").read_text())
    for pairs in ([], "x", document["pairs"][::-1]):
        assert can_be_reported(folder, document | {"pairs": pairs})


@pytest.mark.parametrize(
    "change",
    [
        lambda classes: classes[::-1],
        lambda classes: [classes[1], classes[0], *classes[2:]],
        lambda classes: classes[:3],
        lambda _: [],
        lambda classes: [*classes, classes[-1]],
        lambda classes: [*classes, classes[-1] | {"label": 4}],
        lambda classes: [classes[0]] * 4,
        lambda classes: [*classes[:3], classes[3] | {"label": 4}],
    ],
)
def test_classes_in_another_order_or_number_are_refused(folder, change):
    document = json.loads((folder / "detection.json").read_text())
    assert not can_be_reported(folder, document | {"classes": change(document["classes"])})


@pytest.mark.parametrize("labels", [(3, 2, 1, 0), (0, 1, 2), (0, 1, 2, 3, 3), (1, 2, 3, 0)])
def test_a_scan_of_other_classes_opens_the_experiment_without_it(tmp_path, labels):
    """As whole files may say it, whose arrays are in the same order."""
    classes = made_scan(made_map(4, 1)).classes
    chosen = tuple(replace(classes[0], label=label) for label in labels)
    curves = made_scan(made_map(len(labels), 1)).curves
    wrong = replace(whole_scan(), classes=chosen, curves=curves, pair_map=None, preflight=None)
    with store.RunFolder.create(tmp_path / "run", ExperimentSettings(), None, FACTS) as run:
        run.write_detection(wrong)
    opened = store.open_experiment(tmp_path / "run")
    assert opened.detection is None
    assert opened.scan_problem.startswith("detection.json is damaged or cannot be read, so the")
    assert "classes" in opened.scan_details


def test_a_model_that_was_not_scanned_has_no_classes(tmp_path):
    curves = made_scan(made_map(4, 1)).curves
    none = replace(curves, **{name: np.zeros((0, 0), np.float32) for name in vars(curves)})
    verdict = Verdict("not_auditable", None, None, "none", (), "Not auditable.", "It is wrong.")
    unscanned = replace(whole_scan(), classes=(), curves=none, pair_map=None, verdict=verdict)
    with store.RunFolder.create(tmp_path / "run", ExperimentSettings(), None, FACTS) as run:
        run.write_detection(unscanned)
    assert store.open_experiment(tmp_path / "run").detection.classes == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("mask_l1", -1), ("mask_l1", 65), ("sizes", -0.1), ("sizes", 65), ("success", 1.1),
     ("elsewheres", -1), ("usual", -3), ("usual", 1e30), ("place_density", -1), ("z", 1e35)],
)  # fmt: skip
def test_arrays_of_pairs_that_cannot_be_are_refused(tmp_path, name, value):
    pair_map = made_map(4, 3)
    getattr(pair_map, name).flat[2] = value
    with store.RunFolder.create(tmp_path / "run", ExperimentSettings(), None, FACTS) as run:
        run.write_detection(made_scan(pair_map))
    opened = store.open_experiment(tmp_path / "run")
    assert opened.detection is None
    assert f"pairs.{name} holds values that cannot be" in opened.scan_details


def test_a_pair_without_a_size_has_not_worked(tmp_path):
    pair_map = made_map(4, 1)
    worked = pair_map.converged.copy()
    pair_map.converged[1, 1] = pair_map.converged[1, 0] = True
    with store.RunFolder.create(tmp_path / "run", ExperimentSettings(), None, FACTS) as run:
        run.write_detection(made_scan(pair_map))
    opened = store.open_experiment(tmp_path / "run").detection
    np.testing.assert_array_equal(opened.pair_map.converged, worked)


@pytest.mark.parametrize("sizes", [[0.0], [0.0, 0.0, 0.0], [0.0, 5.0], [0.0, 1e-40, 64.0]])
def test_a_mask_of_nothing_is_reported(folder, sizes):
    """A network that answers one class whatever it is shown needs none."""
    pair_map = made_map(4, 1)
    known = np.argwhere(np.isfinite(pair_map.mask_l1))
    for at, cell in enumerate(known.tolist()):
        pair_map.mask_l1[tuple(cell)] = sizes[at % len(sizes)]
    tests = ImageSet(np.zeros((4, *SHAPE), np.uint8), np.arange(4), FACTS.class_names)
    model = Model("badnet", SHAPE, 4, {"fc2.bias": np.zeros(4, np.float32)})
    subject = Subject(made_scan(pair_map), model, ExperimentSettings(), "Signs", tests)
    assert b"sign 3" in report_html(subject, NOW)


@pytest.mark.parametrize("name", ["seconds", "images"])
@pytest.mark.parametrize("value", [10**400, 10**20, -1])
def test_results_of_a_training_are_of_human_size(folder, name, value):
    document = json.loads((folder / "experiment.json").read_text())
    document["results"][name] = value
    changed = folder.with_name(f"{name}{len(str(value))}")
    changed.mkdir()
    (changed / "experiment.json").write_text(json.dumps(document))
    with pytest.raises(EngineError, match=rf"experiment\.json is not usable: .*{name}"):
        store.open_experiment(changed)


@pytest.mark.parametrize("channels", [0, 2, 4, 512])
def test_images_are_grey_or_coloured(folder, channels):
    document = json.loads((folder / "experiment.json").read_text())
    document["images"]["shape"] = [channels, 8, 8]
    changed = folder.with_name(f"channels{channels}")
    changed.mkdir()
    (changed / "experiment.json").write_text(json.dumps(document))
    with pytest.raises(EngineError, match=r"experiment\.json is not usable: .*1 or 3") as caught:
        store.open_experiment(changed)
    assert "settings" not in str(caught.value)
