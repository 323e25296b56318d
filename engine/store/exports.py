"""Copies of what a scan found, for other places and programs."""

import csv
import io
import os
import secrets
import shutil
from pathlib import Path

from engine.detection.results import Detection
from engine.errors import EngineError
from engine.events import Job, Progress
from engine.files import write_error, write_file
from engine.store import findings, pictures

AT_ONCE = 50  # masks between two events: some milliseconds


def export_masks_job(detection: Detection, folder: Path) -> Job[Path]:
    """Write every mask as PNG, grey, of its true size: 0 is black, 1 is white.

    That of a class is class_N.png; that of a pair of source S and target T for which a trigger was
    found is pair_S_T.png. They get their names once all are written, so that a stop or a failure
    leaves none. Unlike a run's own files they are not flushed one by one, which takes seconds for
    thousands of them: the scan still has them.

    Returns:
        The folder.

    Raises:
        EngineError: One of the files is there already, or the folder cannot be written.
    """
    contents = pictures.mask_files(detection, folder)
    if detection.pair_map is not None:
        contents |= pictures.pair_mask_files(detection.pair_map, folder)
    there = [path.name for path in contents if os.path.lexists(path)]
    if there:
        raise EngineError(
            f"{there[0]} is already in {folder}, and is never overwritten. Choose an empty folder."
        )
    part = folder / f".masks.{secrets.token_hex(8)}.part"
    try:
        part.mkdir(parents=True)
        for number, (path, content) in enumerate(contents.items(), start=1):
            (part / path.name).write_bytes(content)
            if number % AT_ONCE == 0:
                text = f"writing mask {number:,} of {len(contents):,}"
                yield Progress(number, len(contents), text)
        for path in contents:
            (part / path.name).rename(path)
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def export_numbers(detection: Detection, path: Path) -> None:
    """Write the findings as the file's ending says.

    `.safetensors` holds masks, patterns and curves without loss, and the rest as JSON in its
    header; `.json` is like detection.json; `.csv` is a table with a row for each class.

    Raises:
        EngineError: The ending is another one, or the file cannot be written.
    """
    writers = {".safetensors": findings.to_tensors, ".json": findings.to_json_file, ".csv": _table}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise EngineError(
            f"{path.name} has an ending that is not known. End it with {', '.join(writers)}."
        )
    write_file(path, writer(detection))


def _table(detection: Detection) -> bytes:
    rows = findings.to_document(detection)["classes"]
    columns = ("label", "mask_l1", "success", "anomaly_index", "z", "converged", "iou")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
