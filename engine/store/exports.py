"""Copies of an experiment, or of its findings, for other places and programs."""

import csv
import io
import os
import re
import secrets
import shutil
from datetime import datetime
from pathlib import Path

from engine.detection.results import Detection
from engine.errors import EngineError
from engine.files import read_capped, to_json, write_error, write_file, write_files
from engine.store import findings, pictures
from engine.store.reading import MAX_TENSOR_BYTES
from engine.store.record import read_record

_FILES = re.compile(
    r"experiment\.json|metrics\.csv|loss\.csv|model\.safetensors|trigger\.png|detection\.json"
    r"|detection\.safetensors|report\.(html|json)|masks/class_\d+\.png|images/[a-z0-9_]+\.png"
)


def new_run_folder(base: Path) -> Path:
    """Make an empty folder in `base`, named after this moment, for a run to write into.

    Raises:
        EngineError: It cannot be made.
    """
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for suffix in ("", *(f"_{number}" for number in range(2, 1000))):
        folder = base / (name + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise write_error(folder, error) from error
        return folder
    raise EngineError(f"{base} holds too many runs of this second. Choose another folder.")


def copy_experiment(source: Path, destination: Path) -> None:
    """Copy an experiment to a folder that is not there yet or is empty: all of it or nothing.

    Raises:
        EngineError: The source holds no experiment, the destination is not empty or inside the
            source, or it cannot be written.
    """
    read_record(source)
    if destination.resolve().is_relative_to(source.resolve()):
        raise EngineError("An experiment cannot be saved inside itself. Choose another folder.")
    # Built beside its place and then renamed, so that half a copy never bears the name.
    building = destination.with_name(f".{destination.name}.{secrets.token_hex(8)}.part")
    try:
        if destination.exists() and any(destination.iterdir()):
            raise EngineError(
                f"{destination} is not empty, and nothing in it shall be overwritten. Choose a new"
                " folder."
            )
        _copy_files(source, building)
        if destination.exists():
            destination.rmdir()
        building.rename(destination)
    except OSError as error:
        raise write_error(destination, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def export_masks(detection: Detection, folder: Path) -> list[Path]:
    """Write every mask as PNG, grey, of its true size: 0 is black, 1 is white.

    That of a class is class_N.png; that of a pair of source S and target T for which a trigger was
    found is pair_S_T.png.

    Raises:
        EngineError: One of the files is there already, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error
    contents = pictures.mask_files(detection, folder)
    if detection.pair_map is not None:
        contents |= pictures.pair_mask_files(detection.pair_map, folder)
    there = [path.name for path in contents if os.path.lexists(path)]
    if there:
        raise EngineError(
            f"{there[0]} is already in {folder} and shall not be overwritten. Choose an empty"
            " folder."
        )
    write_files(contents)
    return list(contents)


def export_numbers(detection: Detection, path: Path) -> None:
    """Write the findings as the file's ending says.

    `.safetensors` holds masks, patterns and curves without loss, and the rest as JSON in its
    header; `.json` is like detection.json; `.csv` is a table with a row for each class.

    Raises:
        EngineError: The ending is another one, or the file cannot be written.
    """
    writers = {".safetensors": findings.to_tensors, ".json": _json, ".csv": _table}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise EngineError(
            f"{path.name} has an ending that is not known. End it with {', '.join(writers)}."
        )
    write_file(path, writer(detection))


def _copy_files(source: Path, building: Path) -> None:
    """Copy the files that belong to an experiment, and nothing else that lies there."""
    for path in sorted(source.glob("*")) + sorted(source.glob("*/*")):
        name = path.relative_to(source).as_posix()
        if _FILES.fullmatch(name):
            copy = building / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_file(copy, read_capped(path, MAX_TENSOR_BYTES))


def _json(detection: Detection) -> bytes:
    return to_json(findings.to_document(detection))


def _table(detection: Detection) -> bytes:
    rows = findings.to_document(detection)["classes"]
    columns = ("label", "mask_l1", "success", "anomaly_index", "z", "converged", "iou")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
