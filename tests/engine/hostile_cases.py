"""The hostile files by name, each with a word that the message about it has to contain."""

import gzip
import zipfile
import zlib

from hostile_files import (
    F8,
    MAGIC,
    ONNX,
    SHIFTED,
    TWICE,
    Maker,
    around,
    body,
    calls,
    content,
    deflated,
    exported,
    hidden_between,
    keras,
    legacy,
    legacy_tar,
    nested_payload,
    npz,
    one,
    overlapping,
    patched,
    payload,
    payload_after_damage,
    payload_beside,
    payload_by_instance,
    payload_protocol_4,
    polyglot,
    raw_pickle,
    safetensors,
    second_pickle,
    sharing,
    tebibytes_npy,
    text_pickle,
    torch_script,
    unlisted,
    zipped,
)
from pickle_parts import (
    FLOATS,
    call,
    entries,
    header,
    name,
    number,
    row,
    storage,
    table,
    tensor,
    text,
)

WRITES = "def __setstate__(self, s):\n  torch.save(s, '{}')\n"
ENDLESS = "def forward(self, x):\n  while True:\n    pass\n"
HUGE = 2**34
PAIR = storage(6)

CODE: dict[str, tuple[str, Maker]] = {
    "zip-payload.pt": ("posix.system", payload),
    "nested-payload.pt": ("posix.system", nested_payload),
    "payload-beside-weights.pt": ("posix.system", payload_beside),
    "payload-then-damage.pt": ("posix.system", payload_after_damage),
    "payload-protocol-4.pt": ("posix.system", payload_protocol_4),
    "payload-by-inst.pt": ("posix.system", payload_by_instance),
    "second-pickle.pt": ("behind the end of its pickle", second_pickle),
    "legacy.pt": ("posix.system", legacy),
    "legacy-cut.pt": ("before 1.6", content(MAGIC[:-1])),
    "raw-pickle.safetensors": ("posix.system", raw_pickle),
    "text-pickle.pt": ("posix.system", text_pickle),
    "legacy-tar.pt": ("tar archive", legacy_tar),
    "script.pt": ("a program and not weights", torch_script("def forward(self): pass")),
    "script-writes.pt": ("a program and not weights", torch_script(WRITES)),
    "script-endless.pt": ("a program and not weights", torch_script(ENDLESS)),
    "sample-inputs.pt2": (".pt2 program", exported(data__sample_inputs__model_pt=b"")),
    "use-pickle.pt2": (".pt2 program", exported(data__weights__weight_0=b"")),
    "opaque.pt2": (".pt2 program", exported(data__constants__opaque_obj_0=b"")),
    "sympy.pt2": (
        ".pt2 program",
        exported(models__other_json=b'{"expr_str": "__import__(\'os\').abort()"}'),
    ),
    "aot.pt2": (".pt2 program", exported(data__aotinductor__model__model_so=b"\x7fELF")),
    "renamed-pt2.pth": (".pt2 program", exported(data__sample_inputs__model_pt=b"")),
    "library.pt": ("compiled library", zipped(lambda r: r.append(("archive/x.so", b"\x7fELF")))),
    "package.pt": (
        "torch.package",
        zipped(lambda r: r.append(("archive/.data/extern_modules", b""))),
    ),
}

MEMORY: dict[str, tuple[str, Maker]] = {
    "bytearray.pt": ("__builtin__.bytearray", calls("__builtin__", "bytearray", number(HUGE))),
    "tensor-call.pt": ("torch.Tensor", calls("torch", "Tensor", number(HUGE))),
    "storage-call.pt": ("torch.FloatStorage", calls("torch", "FloatStorage", number(HUGE))),
    "deflated-zeros.pt": ("compressed record", deflated(data__0=bytes(2**26))),
    "deflated-opcodes.pt": ("compressed record", deflated(data_pkl=b"N0" * 2**25)),
    "opcodes.pt": ("steps", body(b"N" + b"\x85" * 1_100_000)),
    "long-pickle.pt": ("at most", body(text("x" * 9_000_000))),
    "sharing.pt": ("no dictionary of tensors", body(sharing())),
    "deep.pt": ("nested deeper", body(b"]" * 200_000 + b"a" * 199_999)),
    "deep-marks.pt": ("nested deeper", body(b"(" * 200_000)),
    "deep-tuple.pt": ("no dictionary of tensors", body(b")" + b"\x85" * 200_000)),
    "deep-key.pt": ("makes no sense", body(b"})" + b"\x85" * 200_000 + b"Ns")),
    "memo.pt": ("no dictionary of tensors", body(b"Nr\xff\xff\xff\x7f")),
    "big-number.pt": ("no dictionary of tensors", body(b"\x8b\x00\x00\x40\x00" + b"\x7f" * 2**22)),
    "big-number-key.pt": (
        "not named by text",
        body(entries((b"\x8b\x00\x00\x10\x00" + b"\x7f" * 2**20, tensor(PAIR, [2, 3])))),
    ),
    "many-views.pt": (
        "more than such a file can mean",
        body(
            table(**{f"w{copy}": tensor(storage(2**18, "1"), [2**18]) for copy in range(2000)}),
            d1=bytes(2**20),
        ),
    ),
    "far-steps.pt": (
        "more than such a file can mean",
        body(
            table(
                **{
                    f"w{copy}": tensor(storage(2**18, "1"), [2], [2**18 - 1])
                    for copy in range(2000)
                }
            ),
            d1=bytes(2**20),
        ),
    ),
    "npz-bomb.npz": ("npz", lambda path, _: _npz_bomb(path)),
    "header-4-tib.npy": ("numpy array", content(tebibytes_npy())),
    "json-deep.safetensors": ("nested deeper", safetensors(b'{"a":' * 200_000)),
    "json-number.safetensors": ("not valid JSON", safetensors(b'{"a":' + b"9" * 5000 + b"}")),
}

TENSORS: dict[str, tuple[str, Maker]] = {
    "storage-2-40.pt": ("another length", one(tensor(storage(2**40), [2, 3]))),
    "storage-2-61.pt": ("another length", one(tensor(storage(2**61), [2, 3]))),
    "storage-negative.pt": ("another length", one(tensor(storage(-1), [2, 3]))),
    "storage-kind.pt": ("another length", one(tensor(storage(6, kind="Double"), [2, 3]))),
    "storage-missing.pt": ("are missing", one(tensor(storage(6, key="7"), [2, 3]))),
    "size-beyond.pt": ("not contiguous", one(tensor(PAIR, [2, 4]))),
    "offset-beyond.pt": ("reaches beyond", one(tensor(PAIR, [2, 3], first=1))),
    "offset-negative.pt": ("reaches beyond", one(tensor(PAIR, [2], first=-1))),
    "size-negative.pt": ("sizes or steps", one(tensor(PAIR, [-2, 3]))),
    "step-negative.pt": ("sizes or steps", one(tensor(PAIR, [2], [-1], first=4))),
    "step-beyond.pt": ("reaches beyond", one(tensor(PAIR, [2], [2**39]))),
    "nine-dimensions.pt": ("sizes or steps", one(tensor(PAIR, [1] * 9))),
    "sizes-0-2-62.pt": ("sizes or steps", one(tensor(PAIR, [0, 2**62]))),
    "sizes-0-2-40.pt": ("larger than those", one(tensor(PAIR, [0, 2**40]))),
    "stride-0.pt": ("not contiguous", one(tensor(PAIR, [2**20, 2**20], [0, 0]))),
    "stride-overlap.pt": ("not contiguous", one(tensor(PAIR, [4, 3], [1, 1]))),
    "key-climbs.pt": ("never writes", one(tensor(storage(6, key="../../etc/passwd"), [2, 3]))),
    "record-climbs.pt": (
        "is called",
        zipped(lambda records: records.append(("archive/../../etc/passwd", b""))),
    ),
    "complex.pt": ("ComplexFloat", one(tensor(storage(3, kind="ComplexFloat"), [3]))),
    "int8.pt": ("Char", one(tensor(storage(24, kind="Char"), [24]))),
    "integer-keys.pt": (
        "the number 5",
        body(entries((number(5), tensor(PAIR, [2, 3])), (number(6), tensor(PAIR, [2, 3])))),
    ),
    "key-twice.pt": ("a key twice", body(entries(*[(text("w"), tensor(PAIR, [2, 3]))] * 2))),
    "no-tensors.pt": ("“epoch”", body(table(epoch=number(3)))),
    "one-tensor.pt": ("single tensor", body(tensor(PAIR, [2, 3]))),
    "list.pt": ("no dictionary", body(row(number(1)))),
    "strange-name.pt": ("letters, digits", body(table(**{"../\u202egnp": tensor(PAIR, [2, 3])}))),
    "persistent.pt": ("no storage", body(text("module") + b"Q")),
    "foreign-storage.pt": (
        "os.Storage",
        one(
            tensor(
                row(text("storage"), name("os", "Storage"), text("0"), text("cpu"), number(6))
                + b"Q",
                [2],
            )
        ),
    ),
    "rebuild-nonsense.pt": (
        "makes no sense",
        body(table(w=call(name("torch._utils", "_rebuild_tensor_v2"), number(1)))),
    ),
}

ARCHIVES: dict[str, tuple[str, Maker]] = {
    "big-endian.pt": (
        "big-endian",
        zipped(lambda r: r.__setitem__(1, ("archive/byteorder", b"big"))),
    ),
    "name-twice.pt": ("same name", zipped(lambda r: r.append(("archive/data/0", bytes(24))))),
    "name-twice-case.pt": ("same name", zipped(lambda r: r.append(("archive/DATA.pkl", b"N.")))),
    "two-roots.pt": ("two roots", zipped(lambda r: r.append(("other/data.pkl", b"N.")))),
    "overlapping.pt": ("records overlap", overlapping),
    "hidden-between.pt": ("does not end where", hidden_between),
    "unlisted.pt": ("before or between its records", unlisted),
    "prefix.pt": ("stands before the archive", around(before=b"\x01junk\x02" * 3)),
    "suffix.pt": ("directory is not at its end", around(after=b"junk")),
    "second-disk.pt": ("not as torch writes", patched((b"PK\x05\x06\0", b"PK\x05\x06\1"))),
    "crc.pt": ("checksum", patched((FLOATS, FLOATS[:-1] + b"\x01"))),
    "local-name.pt": ("contradicts", lambda path, _: _rename_local(path)),
    "plain.zip": ("no checkpoint", lambda path, _: _plain_zip(path)),
    "keras.keras": ("Keras", keras),
    "objects.npz": ("npz", npz),
    "empty-archive.pt": ("empty zip", content(b"PK\x05\x06" + bytes(18))),
    "no-directory.pt": ("cut short", content(b"PK\x03\x04" + bytes(100))),
    "both.safetensors": ("zip archive as well", polyglot),
}

HEADERS: dict[str, tuple[str, Maker]] = {
    "length-2-60.safetensors": ("claims", safetensors(header("a"), length=2**60)),
    "length-2-64.safetensors": ("claims", safetensors(header("a"), length=2**64 - 1)),
    "length-0.safetensors": ("not valid JSON", safetensors(header("a"), length=0)),
    "length-99-mb.safetensors": ("claims", safetensors(b"{" + b" " * 99_000_000)),
    "cut-header.safetensors": ("cut short", safetensors(header("a"), b"", length=4000)),
    "three-bytes.safetensors": ("known here", content(b"\x01\x00\x00")),
    "million-tensors.safetensors": (
        "claims",
        safetensors(
            b"{" + b",".join(b'"%d":{"dtype":"F32"}' % each for each in range(300_000)) + b"}"
        ),
    ),
    "5001-tensors.safetensors": (
        "5,001 tensors",
        safetensors(
            header([f"w{each}" for each in range(5001)], shape=[0], data_offsets=[0, 0]), b""
        ),
    ),
    "name-twice.safetensors": ("stands in its header twice", safetensors(TWICE)),
    "overlap.safetensors": ("overlaps", safetensors(header("a") | header("b"))),
    "hole.safetensors": ("belong to no tensor", safetensors(header("a", **SHIFTED), bytes(32))),
    "trailing.safetensors": ("follow its last tensor", safetensors(header("a"), bytes(32))),
    "cut.safetensors": ("cut short", safetensors(header("a"), bytes(20))),
    "shape-overflow.safetensors": ("does not fit", safetensors(header("a", shape=[2**32, 2**32]))),
    "shape-negative.safetensors": ("a shape that", safetensors(header("a", shape=[-2, -3]))),
    "shape-0-2-62.safetensors": ("a shape that", safetensors(header("a", shape=[0, 2**62]))),
    "shape-0-2-40.safetensors": (
        "larger than those",
        safetensors(header("a", shape=[2**40, 0, 2**40], data_offsets=[0, 0]), b""),
    ),
    "shape-float.safetensors": ("a shape that", safetensors(header("a", shape=[2.0, 3]))),
    "100k-dimensions.safetensors": ("a shape that", safetensors(header("a", shape=[1] * 100_000))),
    "offsets-backward.safetensors": (
        "does not fit",
        safetensors(header("a", data_offsets=[24, 0])),
    ),
    "float8.safetensors": ("F8_E4M3", safetensors({"a": F8})),
    "bool-2.safetensors": ("BOOL", safetensors(header("a", dtype="BOOL"), b"\x02" * 24)),
    "complex.safetensors": ("C64", safetensors(header("a", dtype="C64", shape=[3]))),
    "int8.safetensors": ("I8", safetensors(header("a", dtype="I8", shape=[24]))),
    "name-climbs.safetensors": ("../../etc/passwd", safetensors(header(["../../etc/passwd"]))),
    "name-nul.safetensors": ("letters, digits", safetensors(header(["a\x00b\u202ec"]))),
    "name-long.safetensors": ("letters, digits", safetensors(header(["a" * 10**6]))),
    "metadata-list.safetensors": ("metadata", safetensors(header("a") | {"__metadata__": [1]})),
    "nan.safetensors": ("not valid JSON", safetensors(b'{"a": NaN}')),
    "not-utf-8.safetensors": ("not valid JSON", safetensors(b'{"\xff": 1}')),
    "no-tensors.safetensors": ("no tensors", safetensors({}, b"")),
    "surplus-key.safetensors": ("as the format asks", safetensors(header("a", more=1))),
}

OTHERS: dict[str, tuple[str, Maker]] = {
    "climbs.onnx": ("ONNX", content(ONNX)),
    "array.npy": ("numpy array", content(b"\x93NUMPY\x01\x00v\x00{}")),
    "weights.h5": ("HDF5", content(b"\x89HDF\r\n\x1a\n" + bytes(64))),
    "model.gguf": ("GGUF", content(b"GGUF\x03" + bytes(64))),
    "joblib.pkl": ("zlib", content(zlib.compress(b"x" * 100))),
    "pickle.gz": ("gzip", content(gzip.compress(b"x" * 100))),
    "program.pt": ("program or a shared library", content(b"\x7fELF" + bytes(64))),
    "image.pt": ("PNG image", content(b"\x89PNG\r\n\x1a\n" + bytes(64))),
    "page.pt": ("web page", content(b"<!DOCTYPE html><html>Sign in</html>")),
    "pointer.safetensors": ("Git LFS", content(b"version https://git-lfs.github.com/spec/v1\n")),
    "index.json": ("text file", content(b'{"weight_map": {}}')),
    "notes.txt": ("text file", content(b"weights are elsewhere")),
    "empty.pt": ("empty file", content(b"")),
    "noise.pt": ("known here", content(bytes(range(1, 256)) * 9)),
}

CASES = CODE | MEMORY | TENSORS | ARCHIVES | HEADERS | OTHERS
"""Name of the file, a word of the message, and what makes the file."""


def _npz_bomb(path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("weights.npy", bytes(2**26))


def _plain_zip(path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/readme.txt", "hello")


def _rename_local(path) -> None:
    """Name a record differently in its own header and in the directory."""
    patched((b"archive/data/0" + FLOATS, b"archive/data/9" + FLOATS))(path, path)
