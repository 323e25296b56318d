"""The commands that do the same again."""

import shlex
from collections.abc import Iterator
from pathlib import PurePath

from engine.report.subject import Subject
from engine.settings import ExperimentSettings, Settings

PROGRAM = "python3 start.py"
PATHS = (("attack", "trigger"), ("data", "folder"))


def audit_command(subject: Subject) -> str:
    """Scan the same file in the same way."""
    settings, model = subject.settings, subject.model
    is_folder = settings.data.name == "folder"
    data = without_folders("data", "folder", settings.data.folder) if is_folder else ""
    given = [
        ("", _file_name(subject)),
        ("--arch", model.architecture),
        ("--data", data or settings.data.name),
        ("--input-range", model.input_range),
        ("--preset", subject.detection.settings.preset),
    ]
    words = [shlex.quote(word) for pair in given for word in pair if word]
    groups = ("data", "detect", "compute") if is_folder else ("detect", "compute")
    said = ("detect.preset=", "data.name=", "data.folder=")
    changed = [
        path for path in _changed(subject.settings_of_scan, groups) if not path.startswith(said)
    ]
    return _joined("audit", words, changed)


def run_command(subject: Subject) -> str:
    """Poison, train and scan in the same way; empty where it was not trained here."""
    if not subject.was_trained_here:
        return ""
    groups = tuple(ExperimentSettings.model_fields)
    return _joined("run", [], list(_changed(subject.settings_of_all, groups)))


def _file_name(subject: Subject) -> str:
    """The file that was judged; an experiment's model is always called the same."""
    model = subject.model
    name = model.origin if model.is_of_a_file else "model.safetensors"
    return f"./{name}" if name.startswith("-") else name


def _joined(command: str, words: list[str], changed: list[str]) -> str:
    sets = [f"--set {shlex.quote(one)}" for one in changed]
    return " ".join([PROGRAM, command, *words, *sets, "--out", "again"])


def _changed(settings: ExperimentSettings, groups: tuple[str, ...]) -> Iterator[str]:
    """Assignments for --set, of all settings that are not as they would be without it."""
    defaults = ExperimentSettings()
    for group in groups:
        chosen: Settings = getattr(settings, group)
        for name, value in chosen:
            if value != getattr(getattr(defaults, group), name):
                text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
                yield f"{group}.{name}={without_folders(group, name, text)}"


def without_folders(group: str, name: str, text: str) -> str:
    """The value of a setting; of a path only the last name, which tells nothing of a machine."""
    if (group, name) in PATHS:
        return PurePath(text.replace("\\", "/")).name
    return text
