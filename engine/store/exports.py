"""Copies of what a scan found, for other places and programs."""

import csv
import io
import os
from pathlib import Path

from engine.detection.results import Detection
from engine.errors import EngineError
from engine.files import to_json, write_error, write_file, write_files
from engine.store import findings, pictures


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
