"""What kind of file this is, by its content; its name is never asked."""

import re
from typing import BinaryIO

from engine.modelfiles.limits import MAX_PICKLE_BYTES
from engine.modelfiles.protobuf import looks_like_onnx
from engine.modelfiles.refusal import FETCH_AGAIN, OTHER_FILE, WEIGHTS_ALONE, Refusal
from engine.modelfiles.stub_unpickler import StubUnpickler
from engine.modelfiles.stub_values import Inert, describe
from engine.modelfiles.zip_records import has_end_record

_HEAD = 4096
_UNPICKLING = "reading one means unpickling it, and that can run any code"
_NO_WEIGHTS = "it holds no weights of a network"
_PICKLE = 0x80
_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")

# Beginnings of files, and why each of them is refused.
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras, for one)", "Keras files can hold code"),
    (b"GGUF", "a GGUF file", "that format is for language models"),
    (b"\x93NUMPY", "a numpy array file", "it names no parameters"),
    (b"\x7fELF", "a program or a shared library", "opening it would mean running it"),
    (b"MZ", "a Windows program or library", "opening it would mean running it"),
    (b"\xcf\xfa\xed\xfe", "a macOS program or library", "opening it would mean running it"),
    (b"\xca\xfe\xba\xbe", "a macOS program or library", "opening it would mean running it"),
    (b"#!", "a script", "opening it would mean running it"),
    (b"\x1f\x8b", "a gzip archive", "archives are not unpacked"),
    (b"BZh", "a bzip2 archive", "archives are not unpacked"),
    (b"\xfd7zXZ\x00", "an xz archive", "archives are not unpacked"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "archives are not unpacked"),
    (b"Rar!\x1a\x07", "a RAR archive", "archives are not unpacked"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "archives are not unpacked"),
    (b"\x78\x9c", "a zlib-compressed file (joblib, for one)", "archives are not unpacked"),
    (b"PK\x05\x06", "an empty zip archive", _NO_WEIGHTS),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", _NO_WEIGHTS),
    (b"\xff\xd8\xff", "a JPEG image", _NO_WEIGHTS),
    (b"%PDF", "a PDF document", _NO_WEIGHTS),
)


def identify(file: BinaryIO, size: int) -> str:
    """Tell a safetensors file from a zip archive, and refuse everything else.

    Args:
        file: The file, readable and seekable.
        size: Its length in bytes.

    Returns:
        "safetensors" or "zip".

    Raises:
        Refusal: It is something else; the refusal says what.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise Refusal("an empty file", "there is nothing in it", FETCH_AGAIN)
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if _begins_like_safetensors(head, size):
        if has_end_record(file, size):
            why = "it is a zip archive as well, so two programs could see two models in it"
            raise Refusal("a safetensors file", why)
        return "safetensors"
    for beginning, what, why in _BEGINNINGS:
        if head.startswith(beginning):
            raise Refusal(what, why, OTHER_FILE if why == _NO_WEIGHTS else WEIGHTS_ALONE)
    _refuse_pickles(file, head)
    if has_end_record(file, size):
        why = "something else stands before the archive, so two programs could see two files in it"
        raise Refusal("a zip archive", why)
    _refuse_texts(head)
    if looks_like_onnx(file, size):
        raise Refusal("an ONNX file", "its graph is a program that need not end")
    why = "it is neither a safetensors file nor a checkpoint in torch's zip format"
    raise Refusal("no kind of file known here", why, OTHER_FILE)


def _begins_like_safetensors(head: bytes, size: int) -> bool:
    """Whether a length and a brace come first; a header of 640 bytes begins like a pickle."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and (length <= size or head[0] != _PICKLE)


def _refuse_pickles(file: BinaryIO, head: bytes) -> None:
    """Refuse what torch and others wrote as bare pickles, naming what it asks for."""
    if head[257:262] == b"ustar":
        why = f"torch's oldest checkpoints are such archives of pickles, and {_UNPICKLING}"
        raise Refusal("a tar archive", why)
    has_protocol = head[0] == _PICKLE and head[1:2] <= b"\x05"
    if not has_protocol and head[:1] not in (b"(", b"c", b"]", b"}", b"l", b"d"):
        return
    file.seek(0)
    asked = _names_asked(file.read(MAX_PICKLE_BYTES))
    if not has_protocol and not asked:
        return
    what = "a checkpoint in torch's format from before 1.6" if _MAGIC in head else "a pickle"
    raise Refusal(what, asked + "; " * bool(asked) + _UNPICKLING)


def _names_asked(data: bytes) -> str:
    """Which names bare pickles, one behind the other, ask for, in words; empty if none."""
    for _ in range(5):
        machine = StubUnpickler(_any_storage)
        try:
            _, length = machine.read(data)
        except Refusal:
            return describe(machine.ran, machine.named)
        data = data[length:]
        if not data:
            break
    return ""


def _any_storage(_: object) -> Inert:
    return Inert()


def _refuse_texts(head: bytes) -> None:
    """Refuse what people fetch by mistake in place of a model."""
    start = head.lstrip()[:64].lower()
    if start.startswith(b"version https://git-lfs"):
        raise Refusal(
            "a pointer of Git LFS",
            "it only says which file the repository means",
            "Run “git lfs pull” there, or download the file itself.",
        )
    if start.startswith((b"<!doctype", b"<html")):
        raise Refusal(
            "a web page",
            "it was probably saved in place of the file it links to",
            "Use the page's download link.",
        )
    if start.startswith((b"{", b"[", b"<")) or not _CONTROL.search(head):
        raise Refusal("a text file", _NO_WEIGHTS, OTHER_FILE)
