"""Makes model files as an attacker would.

A maker gets the path to write and the path of a canary: a file that comes into being if anything
in the hostile file is run.
"""

import io
import json
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pickle_parts import (
    FLOATS,
    call,
    header,
    name,
    number,
    pickled,
    row,
    shell,
    storage,
    table,
    tensor,
    text,
    torch_records,
    weights,
    write_safetensors,
    write_torch,
    write_zip,
)

Maker = Callable[[Path, Path], object]
MAGIC = pickled(number(0x1950A86A20F9469CFC6C))


def payload(path: Path, canary: Path) -> None:
    write_torch(path, shell(canary))


def nested_payload(path: Path, canary: Path) -> None:
    write_torch(path, table(epoch=number(3), state_dict=table(a=shell(canary))))


def payload_beside(path: Path, canary: Path) -> None:
    write_torch(path, table(state_dict=weights(), optimizer=shell(canary)))


def payload_after_damage(path: Path, canary: Path) -> None:
    write_torch(path, shell(canary) + tensor(storage(-1), [2, 3]))


def payload_protocol_4(path: Path, canary: Path) -> None:
    command = b"\x8c\x05posix\x94\x8c\x06system\x94\x93"
    write_torch(path, command + row(text(f"touch '{canary}'")) + b"R")


def payload_by_instance(path: Path, canary: Path) -> None:
    write_torch(path, b"(" + text(f"touch '{canary}'") + b"iposix\nsystem\n")


def second_pickle(path: Path, canary: Path) -> None:
    write_zip(path, torch_records(pickled(weights()) + pickled(shell(canary))))


def legacy(path: Path, canary: Path) -> None:
    info = pickled(table(little_endian=b"\x88"))
    path.write_bytes(MAGIC + pickled(number(1001)) + info + pickled(shell(canary)))


def raw_pickle(path: Path, canary: Path) -> None:
    path.write_bytes(pickled(shell(canary)))


def text_pickle(path: Path, canary: Path) -> None:
    path.write_bytes(f"cposix\nsystem\n(S'touch {canary}'\ntR.".encode())


def legacy_tar(path: Path, canary: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for member in ("sys_info", "pickle", "storages", "tensors"):
            content = pickled(shell(canary))
            about = tarfile.TarInfo(member)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))


def torch_script(code: str) -> Maker:
    def make(path: Path, canary: Path) -> None:
        records = torch_records(pickled(weights()))
        records["archive/code/__torch__.py"] = code.format(canary).encode()
        write_zip(path, records | {"archive/constants.pkl": pickled(row())})

    return make


def exported(**more: bytes) -> Maker:
    """A .pt2 program; double underscores stand for slashes."""

    def make(path: Path, canary: Path) -> None:
        records = {
            "e/archive_format": b"pt2",
            "e/models/model.json": b"{}",
            "e/data/weights/model_weights_config.json": b"{}",
            "e/byteorder": b"little",
        }
        payloads = {key.replace("__", "/"): value for key, value in more.items()}
        for key, value in payloads.items():
            records[f"e/{key}"] = value or pickled(shell(canary))
        write_zip(path, records)

    return make


def calls(module: str, attribute: str, *arguments: bytes) -> Maker:
    return lambda path, _: write_torch(path, call(name(module, attribute), *arguments))


def body(content: bytes, **data: bytes) -> Maker:
    return lambda path, _: write_torch(path, content, **data)


def one(content: bytes, **data: bytes) -> Maker:
    """A state dict of one tensor."""
    return body(table(**{"fc.weight": content}), **data)


def deflated(**records: bytes) -> Maker:
    content = torch_records(pickled(weights())) | {
        f"archive/{key.replace('__', '/').replace('_pkl', '.pkl')}": value
        for key, value in records.items()
    }
    return lambda path, _: write_zip(path, content, zipfile.ZIP_DEFLATED)


def zipped(change: Callable[[list[tuple[str, bytes]]], object]) -> Maker:
    def make(path: Path, _: Path) -> None:
        records = list(torch_records(pickled(weights())).items())
        change(records)
        with warnings.catch_warnings(action="ignore"):
            write_zip(path, records)

    return make


def patched(*changes: tuple[bytes, bytes]) -> Maker:
    """An honest checkpoint, some of its bytes exchanged."""

    def make(path: Path, _: Path) -> None:
        content = write_torch(path, weights()).read_bytes()
        for old, new in changes:
            assert old in content
            content = content.replace(old, new)
        path.write_bytes(content)

    return make


def around(before: bytes = b"", after: bytes = b"") -> Maker:
    def make(path: Path, _: Path) -> None:
        path.write_bytes(before + write_torch(path, weights()).read_bytes() + after)

    return make


def hidden_between(path: Path, _: Path) -> None:
    """A record that the directory does not list."""
    content = write_torch(path, weights()).read_bytes()
    start, end = content.rindex(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    hidden = bytes(64)
    moved = struct.pack("<L", end + len(hidden))
    path.write_bytes(content[:end] + hidden + content[end:-6] + moved + content[-2:])
    assert start < end


def unlisted(path: Path, _: Path) -> None:
    """A record among the others that the directory does not list."""
    content = write_torch(path, weights(), d1=bytes(64)).read_bytes()
    start, end = content.index(b"PK\x01\x02"), content.rindex(b"PK\x05\x06")
    listed = content[start:end].split(b"PK\x01\x02")[1:]
    kept = b"".join(b"PK\x01\x02" + each for each in listed if b"data/1" not in each)
    about = struct.pack("<2H2L", len(listed) - 1, len(listed) - 1, len(kept), start)
    path.write_bytes(content[:start] + kept + b"PK\x05\x06" + bytes(4) + about + bytes(2))


def overlapping(path: Path, _: Path) -> None:
    """Two entries of the directory that mean one record."""
    content = bytearray(write_torch(path, weights()).read_bytes())
    third = content.index(b"archive/data/0", content.index(b"PK\x01\x02")) - 4
    content[third : third + 4] = struct.pack("<L", 0)
    path.write_bytes(content)


def polyglot(path: Path, canary: Path) -> None:
    archive = write_torch(path, shell(canary)).read_bytes()
    changes = {"dtype": "F32", "shape": [-(-len(archive) // 4)]}
    data = bytes(-len(archive) % 4) + archive
    place = {"data_offsets": [0, len(data)]}
    write_safetensors(path, {"fc.weight": changes | place}, data)


def safetensors(head, data: bytes = FLOATS, length: int | None = None) -> Maker:
    return lambda path, _: write_safetensors(path, head, data, length)


def content(raw: bytes | Callable[[], bytes]) -> Maker:
    return lambda path, _: path.write_bytes(raw() if callable(raw) else raw)


def npz(path: Path, canary: Path) -> None:
    class Payload:
        def __reduce__(self):
            return (Path.touch, (canary,))

    with path.open("wb") as file:
        np.savez(file, weights=np.array([Payload()], dtype=object), allow_pickle=True)


def tebibytes_npy() -> bytes:
    about = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(about)) + about


def keras(path: Path, _: Path) -> None:
    write_zip(path, {"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b"\x89HDF"})


ONNX = b"\x08\x08\x12\x07pytorch\x3a\x08\x0a\x02\x0a\x00\x12\x02ok\x42\x04\x0a\x00\x10\x11"
F8 = {"dtype": "F8_E4M3", "shape": [24], "data_offsets": [0, 24]}
TWICE = b'{"a":%b,"a":%b}' % ((json.dumps(header("a")["a"]).encode(),) * 2)
SHIFTED = {"data_offsets": [8, 32]}


def sharing() -> bytes:
    """A list of two references to a list of two references..., 30 levels deep."""
    inner = b"]"
    for level in range(30):
        inner = b"](" + inner + b"q%ch%ce" % (level, level)
    return inner
