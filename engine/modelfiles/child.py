"""The child process of the file gate: it alone looks into the file.

It is started with the file as its standard input and a file for its reply as its standard output,
imports nothing but the standard library, and shuts itself in before it reads the first byte.
"""

import os
from typing import Any, BinaryIO

from engine.modelfiles.contents import Contents, check_contents, entry_to_json, without_prefix
from engine.modelfiles.frames import write_frame
from engine.modelfiles.kinds import identify
from engine.modelfiles.limits import CHILD_MEMORY_BYTES, MAX_FILE_BYTES
from engine.modelfiles.refusal import FETCH_AGAIN, WEIGHTS_ALONE, Refusal
from engine.modelfiles.safetensors_header import read_safetensors
from engine.modelfiles.sandbox import enter
from engine.modelfiles.torch_zip import read_torch_zip


def examine(file: BinaryIO, size: int) -> Contents:
    """Find out what a file is and which bytes of it are which tensor.

    Args:
        file: The file, readable and seekable.
        size: Its length in bytes.

    Raises:
        Refusal: It is not a model file that is opened, and why.
    """
    if size > MAX_FILE_BYTES:
        why = f"it has {size:,} bytes, and at most {MAX_FILE_BYTES:,} are read"
        raise Refusal("a very large file", why)
    kind = identify(file, size)
    contents = read_safetensors(file, size) if kind == "safetensors" else read_torch_zip(file, size)
    contents = without_prefix(contents)
    check_contents(contents, size)
    return contents


def main(seconds: int, parent: int) -> None:
    """Examine standard input and write to standard output what it is.

    Args:
        seconds: How long that may take.
        parent: The process that started this one.
    """
    with open(0, "rb", closefd=False) as file, open(1, "wb", closefd=False) as reply:
        sandbox = enter(seconds, parent)
        write_frame(reply, {"sandbox": sandbox})
        for frame in _answer(file, os.fstat(0).st_size):
            write_frame(reply, frame)


def _answer(file: BinaryIO, size: int) -> list[Any]:
    """The reply: a refusal, or the contents."""
    try:
        contents = examine(file, size)
    except Refusal as refusal:
        return [_refused(refusal)]
    except MemoryError:
        most = CHILD_MEMORY_BYTES // 2**20
        why = f"understanding it takes more than the {most} MB that are allowed"
        return [_refused(Refusal("made to exhaust memory, or damaged", why, WEIGHTS_ALONE))]
    except Exception as error:  # whatever happens, the program gets an answer
        why = f"reading it fails in a way that was not foreseen ({type(error).__name__})"
        return [_refused(Refusal("damaged", why, FETCH_AGAIN))]
    return [
        {"format": contents.format, "notes": list(contents.notes)},
        *({"tensor": entry_to_json(entry)} for entry in contents.entries),
        *({"metadata": [key, text]} for key, text in contents.metadata.items()),
    ]


def _refused(refusal: Refusal) -> dict[str, str]:
    return {"what": refusal.what, "why": refusal.why, "advice": refusal.advice}
