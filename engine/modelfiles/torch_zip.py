"""A checkpoint in torch's zip format, as `torch.save` has written it since torch 1.6."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from engine.modelfiles.contents import Contents
from engine.modelfiles.limits import MAX_PICKLE_BYTES
from engine.modelfiles.refusal import Refusal, damaged
from engine.modelfiles.state_dict import find_entries
from engine.modelfiles.stub_unpickler import StubUnpickler
from engine.modelfiles.stub_values import WHAT, Named, Storage, element_bytes, storage_kind
from engine.modelfiles.zip_records import (
    Place,
    Record,
    check_sum,
    list_records,
    place_records,
    read_record,
)

_PICKLE = "data.pkl"
_KEY = re.compile(r"[0-9]{1,20}")
_RUNS_CODE = "opening one runs code that its author wrote"


def read_torch_zip(file: BinaryIO, size: int) -> Contents:
    """Understand a torch checkpoint.

    Args:
        file: The file, readable and seekable.
        size: Its length in bytes.

    Raises:
        Refusal: It is another kind of zip archive, is damaged, or holds more than weights.
    """
    records, directory = list_records(file, size)
    _refuse_other_archives(records)
    places = place_records(file, records, directory)
    order = places.get("byteorder")
    if order is not None and read_record(file, order, 16) != b"little":
        why = "its numbers are in big-endian order"
        raise Refusal(WHAT, why, "Save it on a little-endian computer and open that file.")
    pickle = read_record(file, places[_PICKLE], MAX_PICKLE_BYTES)
    top, length = StubUnpickler(_Storages(places)).read(pickle)
    if length != len(pickle):
        raise damaged(WHAT, "there is something behind the end of its pickle")
    entries, notes = find_entries(top)
    for name, place in places.items():
        check_sum(file, name, place)
    return Contents("torch zip", tuple(entries), notes=notes)


class _Storages:
    """Finds the records that a pickle refers to."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places

    def __call__(self, reference: object) -> Storage:
        """The storage that a persistent reference means; its device does not matter here."""
        if not isinstance(reference, tuple) or len(reference) != 5 or reference[0] != "storage":
            raise damaged(WHAT, "its pickle refers to something that is no storage")
        _, named, key, _device, count = reference
        kind = storage_kind(named.name) if isinstance(named, Named) else ""
        if not kind:
            raise damaged(WHAT, "one of its storages is of no known type")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise damaged(WHAT, "one of its storages has a key that torch never writes")
        place = self._places.get(f"data/{key}")
        if place is None:
            raise damaged(WHAT, f"the numbers of storage {key} are missing")
        if type(count) is not int or count * element_bytes(kind) != place.size:
            why = f"storage {key} claims another length than its {place.size:,} bytes"
            raise damaged(WHAT, why)
        return Storage(kind, place.begin, count)


def _refuse_other_archives(records: list[Record]) -> None:
    """Refuse zip archives that are no checkpoints, by what they contain."""
    names = [record.name for record in records]
    below = {name.partition("/")[2] for name in names}
    last = {PurePosixPath(name).name for name in names}
    if last & {"archive_format", "serialized_exported_program.json", "model.json"}:
        raise Refusal("a .pt2 program (torch.export)", _RUNS_CODE)
    if any(name.endswith((".so", ".dll", ".dylib", ".wrapper.so")) for name in names):
        raise Refusal("an archive with a compiled library", _RUNS_CODE)
    if ".data/extern_modules" in below or ".data/python_version" in below:
        raise Refusal("a torch.package program", _RUNS_CODE)
    if "constants.pkl" in below or any(name.startswith("code/") for name in below):
        raise Refusal("a TorchScript file, a program and not weights", _RUNS_CODE)
    if all(name.endswith(".npy") for name in names):
        raise Refusal(
            "a numpy archive (.npz)", "arrays in one can hold pickles, which can run code"
        )
    if last & {"model.weights.h5", "keras_metadata.pb"}:
        raise Refusal("a Keras file", "Keras files can hold code")
    if _PICKLE not in below:
        raise Refusal("a zip archive", "it is no checkpoint that torch.save wrote")
