"""The poisoned training set for use elsewhere: a folder of PNGs with a table, or one file."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from engine import attacks, data, triggers
from engine.attacks import Poisoned
from engine.data import DataSet
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.files import built_beside, write_error, write_file
from engine.json_files import to_json
from engine.poisoning import poison_job
from engine.settings import ExperimentSettings
from engine.store.pictures import png
from engine.triggers import Trigger

AT_ONCE = 100  # images between two events: some milliseconds
ROLES = ("", "attack", "cover", "decoy")
COLUMNS = (
    "index", "file", "original_label", "original_class", "new_label", "new_class", "poisoned",
    "role", "family", "mapping", "trigger",
)  # fmt: skip
_TENSORS = ".safetensors"


def export_poisoned_job(settings: ExperimentSettings, drawn: Trigger, path: Path) -> Job[Path]:
    """Poison the training images as a training would, and write them.

    A path that ends with .safetensors becomes one file: `images` (uint8 N x C x H x W), `labels`,
    `original_labels`, `role` (0 untouched, 1 attack, 2 cover, 3 decoy) and `trigger` (0 none, 1 or
    2). Any other becomes a folder: `images/CLASS/INDEX.png`, sorted by the label that is learned;
    `poisoned.csv`, a row for each image; `attack.json`; and `trigger.png` where it was drawn.

    Args:
        settings: Which data, and how they are poisoned.
        drawn: The trigger on the canvas.
        path: Where to; a folder must be new or empty, a file must not be there yet.

    Returns:
        The path.

    Raises:
        EngineError: The settings make no attack, or it cannot be written; nothing is left then.
    """
    _check_free(path)
    data_set = yield from data.load_job(settings.data)
    attack = attacks.check_attack(settings.attack, drawn, data_set.train)
    poisoned = yield from poison_job(attack, data_set.train, settings.compute)
    if path.suffix.lower() == _TENSORS:
        yield Progress(0, 1, "writing the file")
        write_file(path, _tensors(data_set, poisoned, settings))
        return path
    with built_beside(path) as building:
        building.mkdir(parents=True)
        yield from _write_images(building, data_set, poisoned)
        _write_about(building, data_set, poisoned, settings, drawn)
    return path


def _check_free(path: Path) -> None:
    try:
        occupied = any(path.iterdir()) if path.is_dir() else path.exists()
    except OSError as error:
        raise write_error(path, error) from error
    if occupied:
        what = "is not empty" if path.is_dir() else "already exists"
        raise EngineError(
            f"{path} {what}, and what is there is never overwritten. Choose a new name."
        )


def _write_images(folder: Path, data_set: DataSet, poisoned: Poisoned) -> Job[None]:
    images, total = poisoned.images, len(poisoned.images)
    for label in range(images.classes):
        (folder / _folder_of(label, data_set)).mkdir(parents=True)
    for index, label in enumerate(images.labels.tolist()):
        with (folder / _file_of(index, label, data_set)).open("xb") as file:
            file.write(png(images.images[index]))
        if index % AT_ONCE == 0:
            yield Progress(index, total, f"writing image {index:,} of {total:,}")


def _write_about(
    folder: Path,
    data_set: DataSet,
    poisoned: Poisoned,
    settings: ExperimentSettings,
    drawn: Trigger,
) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(_rows(data_set, poisoned, settings))
    (folder / "poisoned.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "attack.json").write_bytes(to_json(_about(data_set, poisoned, settings)))
    if attacks.uses_drawing(settings.attack):
        (folder / "trigger.png").write_bytes(triggers.write_png(drawn))


def _rows(
    data_set: DataSet, poisoned: Poisoned, settings: ExperimentSettings
) -> Iterator[tuple[object, ...]]:
    names, roles, numbers = data_set.train.class_names, *_roles(poisoned)
    family, mapping = settings.attack.family, settings.attack.mapping
    for index, (before, after, role, number) in enumerate(
        zip(
            data_set.train.labels.tolist(), poisoned.images.labels.tolist(),
            roles.tolist(), numbers.tolist(), strict=True,
        )
    ):  # fmt: skip
        changed = (family, mapping) if role else ("", "")
        yield (
            index, _file_of(index, after, data_set), before, _cell(names[before]), after,
            _cell(names[after]), "yes" if ROLES[role] == "attack" else "no", ROLES[role],
            *changed, number or "",
        )  # fmt: skip


def _roles(poisoned: Poisoned) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What each image is for, an index of ROLES, and the number of its trigger from 1."""
    choice = poisoned.choice
    roles, numbers = np.zeros((2, len(poisoned.images)), np.uint8)
    for role, indices in enumerate((choice.indices, choice.covers, choice.decoys), start=1):
        roles[indices] = role
    numbers[choice.indices] = choice.which + 1
    numbers[choice.covers] = 1
    return roles, numbers


def _tensors(data_set: DataSet, poisoned: Poisoned, settings: ExperimentSettings) -> bytes:
    roles, numbers = _roles(poisoned)
    tensors: dict[str, NDArray[np.generic]] = {
        "images": np.ascontiguousarray(poisoned.images.images),
        "labels": poisoned.images.labels,
        "original_labels": np.ascontiguousarray(data_set.train.labels),
        "role": roles,
        "trigger": numbers,
    }
    about = json.dumps(_about(data_set, poisoned, settings))
    return safetensors.numpy.save(tensors, metadata={"backdoor_studio_poisoned_set": about})


def _about(
    data_set: DataSet, poisoned: Poisoned, settings: ExperimentSettings
) -> dict[str, object]:
    choice = poisoned.choice
    return {
        "schema": 1,
        "data": data_set.name,
        "class_names": list(data_set.train.class_names),
        "images": len(poisoned.images),
        "poisoned": len(choice.indices),
        "covers": len(choice.covers),
        "decoys": len(choice.decoys),
        "attack": settings.attack.model_dump(mode="json"),
    }


def _file_of(index: int, label: int, data_set: DataSet) -> str:
    return f"{_folder_of(label, data_set)}/{index:07d}.png"


def _folder_of(label: int, data_set: DataSet) -> str:
    """A folder's name that is safe everywhere, whatever a class is called: "images/3_cat".

    Whoever reads the folders takes their order as text for that of the classes: with more than ten
    the numbers have as many digits as the largest.
    """
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", data_set.train.class_names[label])[:48].strip("-.")
    number = f"{label:0{len(str(data_set.train.classes - 1))}d}"
    return f"images/{number}" if slug in {"", str(label)} else f"images/{number}_{slug}"


def _cell(text: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    clean = "".join(sign for sign in text if sign.isprintable())
    return f"'{clean}" if clean.startswith(("=", "+", "-", "@")) else clean
