"""Settings: every bound, in words that name the field, the same from a form, a file and --set."""

import re
from typing import get_args

import pytest
from pydantic import ValidationError

from engine.errors import EngineError
from engine.settings import (
    AttackSettings,
    ComputeSettings,
    DetectSettings,
    ExperimentSettings,
    TrainSettings,
    check,
    setting_paths,
    with_assignments,
)

MOST_SEED = "at most 2147483647"
# Path, a value just outside, its label, and the bound as the sentence must give it.
OUTSIDE = [
    ("data.size", 7, "Image size", "at least 8"),
    ("data.size", 65, "Image size", "at most 64"),
    ("data.test_share", 0.049, "Test images", "at least 5 %"),
    ("data.test_share", 0.501, "Test images", "at most 50 %"),
    ("data.split_seed", -1, "Split seed", "at least 0"),
    ("data.split_seed", 2**31, "Split seed", MOST_SEED),
    ("attack.target", -1, "Target class", "at least 0"),
    ("attack.target", 1000, "Target class", "at most 999"),
    ("attack.poison_rate", -0.001, "Poison rate", "at least 0 %"),
    ("attack.poison_rate", 0.501, "Poison rate", "at most 50 %"),
    ("attack.second_target", -1, "Second target", "at least 0"),
    ("attack.second_target", 1000, "Second target", "at most 999"),
    ("attack.cover_rate", -0.001, "Cover images", "at least 0 %"),
    ("attack.cover_rate", 0.501, "Cover images", "at most 50 %"),
    ("attack.target_share", -0.001, "Share of target", "at least 0 %"),
    ("attack.target_share", 1.001, "Share of target", "at most 100 %"),
    ("attack.copies", 1, "Copies", "at least 2"),
    ("attack.copies", 5, "Copies", "at most 4"),
    ("attack.blend_ratio", 0, "Blend ratio", "more than 0 %"),
    ("attack.blend_ratio", 1.001, "Blend ratio", "at most 100 %"),
    ("attack.amplitude", 0, "Amplitude", "at least 1"),
    ("attack.amplitude", 256, "Amplitude", "at most 255"),
    ("attack.test_amplitude", 0, "Amplitude at test", "at least 1"),
    ("attack.test_amplitude", 256, "Amplitude at test", "at most 255"),
    ("attack.frequency", 0, "Waves", "at least 1"),
    ("attack.frequency", 33, "Waves", "at most 32"),
    ("attack.warp_strength", 0, "Warp", "more than 0"),
    ("attack.warp_strength", 8.001, "Warp", "at most 8"),
    ("attack.warp_grid", 1, "Control points", "at least 2"),
    ("attack.warp_grid", 17, "Control points", "at most 16"),
    ("attack.noise_rate", -0.001, "Other warps", "at least 0 %"),
    ("attack.noise_rate", 0.501, "Other warps", "at most 50 %"),
    ("attack.perturbation", 0, "Perturbation", "more than 0"),
    ("attack.perturbation", 50.001, "Perturbation", "at most 50"),
    ("attack.perturbation_steps", 0, "Steps", "at least 1"),
    ("attack.perturbation_steps", 201, "Steps", "at most 200"),
    ("attack.seed", -1, "Seed", "at least 0"),
    ("attack.seed", 2**31, "Seed", MOST_SEED),
    ("train.epochs", 0, "Epochs", "at least 1"),
    ("train.epochs", 201, "Epochs", "at most 200"),
    ("train.batch_size", 7, "Batch size", "at least 8"),
    ("train.batch_size", 4097, "Batch size", "at most 4096"),
    ("train.learning_rate", 0, "Learning rate", "more than 0"),
    ("train.learning_rate", 1.001, "Learning rate", "at most 1"),
    ("train.weight_decay", -0.001, "Weight decay", "at least 0"),
    ("train.weight_decay", 1.001, "Weight decay", "at most 1"),
    ("train.label_smoothing", -0.001, "Label smoothing", "at least 0 %"),
    ("train.label_smoothing", 0.501, "Label smoothing", "at most 50 %"),
    ("train.shift", -1, "Shift images", "at least 0"),
    ("train.shift", 17, "Shift images", "at most 16"),
    ("train.width", 0.249, "Width", "at least 0.25"),
    ("train.width", 4.001, "Width", "at most 4"),
    ("train.seed", -1, "Seed", "at least 0"),
    ("train.seed", 2**31, "Seed", MOST_SEED),
    ("detect.images", 199, "Images", "at least 200"),
    ("detect.images", 5001, "Images", "at most 5000"),
    ("detect.success_threshold", 0.499, "Success wanted", "at least 50 %"),
    ("detect.success_threshold", 1.001, "Success wanted", "at most 100 %"),
    ("detect.seed", -1, "Seed", "at least 0"),
    ("detect.seed", 2**31, "Seed", MOST_SEED),
    ("compute.threads", -1, "CPU threads", "at least 0"),
    ("compute.threads", 257, "CPU threads", "at most 256"),
]
GROUPS = {name: field.default.__class__ for name, field in ExperimentSettings.model_fields.items()}


def sentence_of(action, *arguments):
    with pytest.raises(EngineError) as caught:
        action(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    assert "pydantic" not in text
    assert text.endswith(".")
    return text


def field_at(path):
    group, name = path.split(".")
    return GROUPS[group].model_fields[name]


def limit_sides(path):
    words = {"ge": "least", "gt": "than", "le": "most", "lt": "than"}
    found = []
    for limit in field_at(path).metadata:
        found += [word for kind, word in words.items() if hasattr(limit, kind)]
    return found


def test_no_bound_is_left_out_of_these_tests():
    declared = {(path, side) for path in setting_paths() for side in limit_sides(path)}
    tried = {(path, side) for path, _, _, words in OUTSIDE for side in words.split()[1:2]}
    assert tried == declared


@pytest.mark.parametrize(("path", "value", "label", "bound"), OUTSIDE)
def test_a_value_out_of_bounds_is_refused_with_its_bound(path, value, label, bound):
    group, name = path.split(".")
    from_form = sentence_of(check, GROUPS[group], {name: value})
    from_file = sentence_of(check, ExperimentSettings, {group: {name: value}})
    from_command = sentence_of(with_assignments, ExperimentSettings(), [f"{path}={value}"])
    for text in (from_form, from_file, from_command):
        assert text.startswith(f"{label} (")
        assert f"must be {bound}, not {value}." in text
    assert path in from_file
    assert from_file == from_command


@pytest.mark.parametrize(
    ("path", "bound"), [(path, bound) for path, *_, bound in OUTSIDE if "more than" not in bound]
)
def test_the_bound_itself_is_allowed(path, bound):
    number = float(re.search(r"[\d.]+", bound).group())
    share = number / 100 if bound.endswith("%") else number
    text = f"{share:g}" if share < 1 else f"{share:.0f}"
    group, name = path.split(".")
    changed = with_assignments(ExperimentSettings(), [f"{path}={text}"])
    assert getattr(getattr(changed, group), name) == share


def test_a_percentage_is_explained_as_a_share():
    text = sentence_of(with_assignments, ExperimentSettings(), ["attack.poison_rate=10"])
    assert text == (
        "Poison rate (attack.poison_rate) must be at most 50 %, not 10. Write it as a share, such"
        " as 0.5."
    )


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("data.name", ["mnist"]),
        ("attack.family", ["patch"]),
        ("train.architecture", ["badnet", "bn_cnn", "mlp"]),
        ("detect.preset", ["quick", "standard", "paper"]),
        ("compute.device", ["auto", "cpu", "cuda", "mps"]),
        ("compute.precision", ["auto", "float32", "bfloat16"]),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(path, choices):
    text = sentence_of(with_assignments, ExperimentSettings(), [f"{path}=nonsense"])
    assert path in text
    assert "nonsense" in text
    assert all(f"'{choice}'" in text for choice in choices)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(value):
    text = sentence_of(check, TrainSettings, {"learning_rate": value})
    assert "Learning rate" in text
    text = sentence_of(with_assignments, ExperimentSettings(), [f"train.learning_rate={value}"])
    assert "train.learning_rate" in text


@pytest.mark.parametrize("assignment", ["train.epochs=two", "train.epochs=", "train.epochs=1.5"])
def test_a_word_in_place_of_a_number_is_refused(assignment):
    assert "train.epochs" in sentence_of(with_assignments, ExperimentSettings(), [assignment])


@pytest.mark.parametrize(
    "assignment",
    ["train.epochs", "epochs=2", "train=2", "train.=2", ".epochs=2", "nothing.epochs=2",
     "train.epoch=2", "train.epochs.more=2", "=", ""],
)  # fmt: skip
def test_an_assignment_to_nothing_names_what_there_is(assignment):
    text = sentence_of(with_assignments, ExperimentSettings(), [assignment])
    assert f"--set {assignment}:" in text
    assert "train.epochs" in text
    assert "detect.preset" in text


def test_an_unknown_name_in_a_file_is_refused_and_named():
    assert "train.epoch " in sentence_of(check, ExperimentSettings, {"train": {"epoch": 2}})
    assert "training " in sentence_of(check, ExperimentSettings, {"training": {"epochs": 2}})


def test_a_group_that_is_no_group_is_refused():
    for value in (5, None, "x", [1]):
        assert "train" in sentence_of(check, ExperimentSettings, {"train": value})


def test_every_problem_gets_its_own_sentence():
    text = sentence_of(check, TrainSettings, {"epochs": 0, "batch_size": 1, "colour": "red"})
    assert "at least 1" in text
    assert "at least 8" in text
    assert "colour is not a setting" in text


def test_a_long_value_is_cut():
    text = sentence_of(check, DetectSettings, {"preset": "x" * 5000})
    assert len(text) < 300


def test_assignments_apply_in_order_and_leave_the_rest_alone():
    before = ExperimentSettings()
    after = with_assignments(
        before,
        ["train.epochs=2", " attack.target = 3 ", "train.epochs=7", "attack.trigger=a=b.png"],
    )
    assert (after.train.epochs, after.attack.target, after.attack.trigger) == (7, 3, "a=b.png")
    untouched = after.model_copy(update={"train": before.train, "attack": before.attack})
    assert untouched == before
    assert before == ExperimentSettings()
    assert with_assignments(before, []) == before


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        AttackSettings().target = 3


def test_every_path_leads_to_a_declared_setting_once():
    paths = setting_paths()
    assert paths[0] == "data.name"
    assert (
        len(set(paths)) == len(paths) == sum(len(group.model_fields) for group in GROUPS.values())
    )
    for path in paths:
        value = getattr(getattr(ExperimentSettings(), path.split(".")[0]), path.split(".")[1])
        assert with_assignments(ExperimentSettings(), [f"{path}={value}"]) == ExperimentSettings()


def test_every_setting_can_be_shown():
    for path in setting_paths():
        field = field_at(path)
        assert field.title
        assert len(field.description) > 20
        known = {"unit", "more", "shown_as", "shown_for", "names", "least"}
        assert set(field.json_schema_extra) <= known
        for other, values in field.json_schema_extra.get("shown_for", {}).items():
            choices = get_args(field_at(f"{path.split('.')[0]}.{other}").annotation)
            assert set(values) <= set(choices)
        for choice in field.json_schema_extra.get("names", {}):
            assert choice in get_args(field.annotation)


@pytest.mark.parametrize("text", ["1,3", " 3, 1 ", "(1, 3)", "[1,3]"])
def test_classes_are_written_with_commas(text):
    changed = with_assignments(ExperimentSettings(), [f"attack.sources={text}"])
    assert set(changed.attack.sources) == {1, 3}


def test_a_class_that_is_no_number_is_refused():
    text = sentence_of(with_assignments, ExperimentSettings(), ["attack.sources=1,cat"])
    assert "sources" in text
    assert "'cat'" in text


def test_settings_come_back_from_json():
    changed = with_assignments(
        ExperimentSettings(),
        ["attack.poison_rate=0.012345678901234567", "train.learning_rate=1e-7", "attack.seed=7"],
    )
    assert ExperimentSettings.model_validate_json(changed.model_dump_json()) == changed
    assert check(ExperimentSettings, changed.model_dump(mode="json")) == changed


def test_the_default_is_the_classic_experiment():
    default = ExperimentSettings()
    assert (default.attack.target, default.attack.poison_rate) == (0, 0.1)
    assert default.attack.trigger == "white-3x3"
    assert default.compute == ComputeSettings()
    assert check(ExperimentSettings, {}) == default
