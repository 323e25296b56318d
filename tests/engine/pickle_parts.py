"""Builds pickles opcode by opcode, and the files around them, without importing torch.

What a hostile file says is written down here and never done: no object of it is ever made.
"""

import json
import struct
import zipfile
from pathlib import Path

import numpy as np


def name(module: str, attribute: str) -> bytes:
    """Import a name."""
    return f"c{module}\n{attribute}\n".encode()


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + len(raw).to_bytes(4, "little") + raw


def number(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def row(*items: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def call(target: bytes, *arguments: bytes) -> bytes:
    return target + row(*arguments) + b"R"


def table(**items: bytes) -> bytes:
    """A dictionary with text keys."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def entries(*pairs: tuple[bytes, bytes]) -> bytes:
    """A dictionary with any keys."""
    return b"}(" + b"".join(key + value for key, value in pairs) + b"u"


def pickled(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


def storage(count: int, key: str = "0", kind: str = "Float", device: str = "cpu") -> bytes:
    kind = name("torch", f"{kind}Storage")
    return row(text("storage"), kind, text(key), text(device), number(count)) + b"Q"


def tensor(store: bytes, shape, strides=None, first: int = 0) -> bytes:
    """A tensor in a storage, dense unless steps are given."""
    if strides is None:
        strides = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    return call(
        name("torch._utils", "_rebuild_tensor_v2"),
        store,
        number(first),
        row(*map(number, shape)),
        row(*map(number, strides)),
        b"\x89",
        call(name("collections", "OrderedDict")),
    )


def shell(canary: Path) -> bytes:
    """Run a command that leaves a file."""
    return call(name("posix", "system"), text(f"touch '{canary}'"))


FLOATS = np.arange(6, dtype="<f4").tobytes()


def weights() -> bytes:
    """A state dict of one honest 2 x 3 tensor, whose numbers are FLOATS."""
    return table(**{"fc.weight": tensor(storage(6), [2, 3])})


def torch_records(pickle: bytes, **data: bytes) -> dict[str, bytes]:
    """The records of a checkpoint; `data` are more storages, called d<key>."""
    stores = {f"archive/data/{key.removeprefix('d')}": value for key, value in data.items()}
    return {
        "archive/data.pkl": pickle,
        "archive/byteorder": b"little",
        "archive/data/0": FLOATS,
        **stores,
        "archive/version": b"3\n",
    }


def write_zip(path, records, method: int = zipfile.ZIP_STORED):
    """Write an archive to a path or a file; records are a dictionary or pairs."""
    pairs = records.items() if isinstance(records, dict) else records
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        for record, content in pairs:
            archive.writestr(zipfile.ZipInfo(record), content, method)
    return path


def write_torch(path: Path, body: bytes, **data: bytes) -> Path:
    """Write a checkpoint in torch's zip format."""
    return write_zip(path, torch_records(pickled(body), **data))


def header(entry_names, **changes) -> dict:
    """The header of a safetensors file of 2 x 3 float32 tensors, back to back."""
    return {
        key: {
            "dtype": "F32",
            "shape": [2, 3],
            "data_offsets": [24 * place, 24 * place + 24],
            **changes,
        }
        for place, key in enumerate(entry_names)
    }


def write_safetensors(path: Path, head, data: bytes = FLOATS, length: int | None = None) -> Path:
    """Write a safetensors file; the header is a dictionary or, to break JSON's rules, bytes."""
    raw = head if isinstance(head, bytes) else json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)
    return path
