"""Settings: each declared once, here, with its bounds, unit, label and help.

The same declaration makes the form, the check, the saved file and the command line's `--set`.
Nothing in this module imports torch, so that the window can show its forms at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import EngineError

SettingsT = TypeVar("SettingsT", bound="Settings")


def _setting(
    default: Any,
    label: str,
    explanation: str,
    *,
    unit: str = "",
    more: bool = False,
    shown_as: Literal["number", "percent", "text"] = "number",
    **bounds: float,
) -> Any:
    """Declare one setting: `more` hides it under *More*, `bounds` are pydantic's ge, gt, le, lt."""
    about: dict[str, Any] = {"unit": unit, "more": more, "shown_as": shown_as}
    limits: dict[str, Any] = dict(bounds)
    return Field(default, title=label, description=explanation, json_schema_extra=about, **limits)


class Settings(BaseModel):
    """Base of every group: frozen, and no name is accepted that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSettings(Settings):
    """Which pictures."""

    name: Literal["mnist"] = _setting(
        "mnist", "Data", "The images that are poisoned, learned and audited. MNIST ships with the"
        " program: 70,000 handwritten digits, 28 x 28 pixels, grey."
    )  # fmt: skip


class AttackSettings(Settings):
    """How the training images are poisoned."""

    family: Literal["patch"] = _setting(
        "patch", "Kind", "How the trigger gets into an image. A patch covers the pixels that you"
        " draw (BadNets, Gu et al. 2017)."
    )  # fmt: skip
    target: int = _setting(
        0, "Target class", "The class that every image with the trigger shall be taken for.",
        ge=0, le=999,
    )  # fmt: skip
    poison_rate: float = _setting(
        0.1, "Poison rate", "Share of the training images that get the trigger and the target's"
        " label. 10 % is the classic; 1 % is often enough; 0 % trains a clean network.",
        unit="%", shown_as="percent", ge=0.0, le=0.5,
    )  # fmt: skip
    seed: int = _setting(
        0, "Seed", "Decides which images are poisoned. The same seed picks the same images.",
        ge=0, le=2**31 - 1,
    )  # fmt: skip
    trigger: str = _setting(
        "white-3x3", "Trigger", "A preset's name, or a PNG file of the data set's size: its colour"
        " is the pattern, its alpha the mask.", more=True, shown_as="text",
    )  # fmt: skip


class TrainSettings(Settings):
    """Which network learns, and how."""

    architecture: Literal["badnet", "bn_cnn", "mlp"] = _setting(
        "badnet", "Network", "badnet: the two-convolution network of the BadNets paper. bn_cnn: a"
        " deeper one with batch normalisation. mlp: no convolutions at all."
    )  # fmt: skip
    epochs: int = _setting(
        4, "Epochs", "How often the network sees every training image. 4 reach 99 % on MNIST.",
        ge=1, le=200,
    )  # fmt: skip
    batch_size: int = _setting(
        256, "Batch size", "Images a step of the optimiser averages over. 128 to 512 work well.",
        unit="images", ge=8, le=4096,
    )  # fmt: skip
    learning_rate: float = _setting(
        0.004, "Learning rate", "Peak step size of Adam; it rises for a while and then falls to"
        " zero. 0.001 to 0.01 are sensible.", gt=0.0, le=1.0,
    )  # fmt: skip
    weight_decay: float = _setting(
        0.0, "Weight decay", "Pull of every weight towards zero at each step. 0 switches it off.",
        more=True, ge=0.0, le=1.0,
    )  # fmt: skip
    label_smoothing: float = _setting(
        0.0, "Label smoothing", "Share of each label that is spread evenly over all classes, so"
        " that the network never becomes quite sure. 0 switches it off; 5 % is usual.",
        unit="%", shown_as="percent", more=True, ge=0.0, le=0.5,
    )  # fmt: skip
    seed: int = _setting(
        0, "Seed", "Decides the first weights and the order of the images.",
        ge=0, le=2**31 - 1,
    )  # fmt: skip


class DetectSettings(Settings):
    """How Neural Cleanse searches for triggers."""

    preset: Literal["quick", "standard", "map", "paper"] = _setting(
        "standard", "Preset", "Quick looks for a second or two. Standard is the one to trust. Map"
        " also searches every pair of a source and a target, for backdoors that move chosen"
        " classes only. Paper follows Wang et al. 2019, one class after the other, and takes"
        " minutes."
    )  # fmt: skip
    images: int = _setting(
        1000, "Images", "Test images that the search works on, correctly classified ones only. As"
        " many others are held out to state the success on.",
        unit="images", ge=200, le=5000,
    )  # fmt: skip
    success_threshold: float = _setting(
        0.99, "Success wanted", "Share of images that a trigger must turn into its class before its"
        " mask counts.", unit="%", shown_as="percent", more=True, ge=0.5, le=1.0,
    )  # fmt: skip
    seed: int = _setting(
        0, "Seed", "Decides the first masks and the order of the images.",
        ge=0, le=2**31 - 1,
    )  # fmt: skip


class ComputeSettings(Settings):
    """Where and how exactly the numbers are computed."""

    device: Literal["auto", "cpu", "cuda", "mps"] = _setting(
        "auto", "Device", "auto takes a CUDA or Apple GPU where there is one, otherwise the CPU."
    )  # fmt: skip
    precision: Literal["auto", "float32", "bfloat16"] = _setting(
        "auto", "Precision", "auto measures whether bfloat16 is faster on this machine and takes"
        " it if so. float32 is exact and slower.", more=True,
    )  # fmt: skip
    threads: int = _setting(
        0, "CPU threads", "0 leaves one core to the window and takes the others; without a"
        " window it takes all.",
        more=True, ge=0, le=256,
    )  # fmt: skip


class ExperimentSettings(Settings):
    """Everything that decides the outcome of one experiment; the default is the classic one."""

    data: DataSettings = DataSettings()
    attack: AttackSettings = AttackSettings()
    train: TrainSettings = TrainSettings()
    detect: DetectSettings = DetectSettings()
    compute: ComputeSettings = ComputeSettings()


def check(group: type[SettingsT], values: Mapping[str, Any]) -> SettingsT:
    """Build settings from plain values.

    Raises:
        EngineError: A value is out of bounds or a name unknown; one sentence for each.
    """
    try:
        return group.model_validate(values)
    except ValidationError as error:
        raise EngineError(" ".join(_sentences(group, error))) from error


def with_assignments(
    settings: ExperimentSettings, assignments: Iterable[str]
) -> ExperimentSettings:
    """Apply assignments such as "train.epochs=2", each a path and a value.

    Raises:
        EngineError: An assignment has no "=", names no setting, or its value is out of bounds.
    """
    values = settings.model_dump()
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        group, _, name = path.strip().partition(".")
        if not equals or name not in values.get(group, {}):
            raise EngineError(
                f"--set {assignment}: there is no such setting. Write it as group.name=value, for"
                f" example train.epochs=2. The settings are: {', '.join(setting_paths())}."
            )
        values[group][name] = text.strip()
    return check(ExperimentSettings, values)


def setting_paths() -> list[str]:
    """Every setting's path, such as "train.epochs", in the order of declaration."""
    return [
        f"{group}.{name}"
        for group, field in ExperimentSettings.model_fields.items()
        for name in field.default.__class__.model_fields
    ]


def _sentences(group: type[Settings], error: ValidationError) -> list[str]:
    return [_sentence(group, problem) for problem in error.errors()]


def _sentence(group: type[Settings], problem: Mapping[str, Any]) -> str:
    """Turn one of pydantic's problems into a sentence that names the field and its bound."""
    path = [str(part) for part in problem["loc"]]
    where = ".".join(path)
    label, percent = _label_of(group, path)
    name = f"{label} ({where})" if label else where
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    bound_words = {
        "greater_than_equal": ("at least", "ge"),
        "greater_than": ("more than", "gt"),
        "less_than_equal": ("at most", "le"),
        "less_than": ("less than", "lt"),
    }
    if kind in bound_words:
        words, key = bound_words[kind]
        bound = f"{context[key] * 100:g} %" if percent else f"{context[key]:.10g}"
        hint = f" Write it as a share, such as {context[key]:g}." if percent else ""
        # A number from the command line is still a text here; it shall read like one from a form.
        return f"{name} must be {words} {bound}, not {_shorten(value, as_number=True)}.{hint}"
    if kind == "extra_forbidden":
        return f"{where} is not a setting; the file or command may be from another version."
    if kind == "literal_error":
        return f"{name} must be one of {context['expected']}, not {_shorten(value)}."
    return f"{name} is not usable: {problem['msg'].lower()} (got {_shorten(value)})."


def _label_of(group: type[Settings], path: list[str]) -> tuple[str, bool]:
    """The label of the field at `path` and whether it is shown as a percentage."""
    fields = group.model_fields
    for depth, part in enumerate(path):
        field = fields.get(part)
        if field is None:
            return "", False
        if depth == len(path) - 1:
            extra = field.json_schema_extra
            shown_as = extra.get("shown_as") if isinstance(extra, dict) else None
            return field.title or part, shown_as == "percent"
        fields = getattr(field.annotation, "model_fields", {})
    return "", False


def _shorten(value: Any, *, as_number: bool = False) -> str:
    text = str(value) if as_number else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
