"""Starts the child process that examines a file, and checks what it says.

The child has touched a stranger's file, so its reply is treated as if the stranger had written it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import EngineError
from engine.modelfiles.contents import Contents, Entry, check_contents, entry_from_json
from engine.modelfiles.frames import read_frames
from engine.modelfiles.limits import (
    MAX_METADATA_CHARACTERS,
    MAX_METADATA_ENTRIES,
    MAX_TENSORS,
    child_seconds,
)
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import FETCH_AGAIN, WEIGHTS_ALONE, Refusal

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from engine.modelfiles.child import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)
_ISOLATED = ("-I", "-S", "-B")  # no site packages, no start-up files, no settings, nothing written
_KEPT_VARIABLES = {
    "PATH",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
}
_POLL_SECONDS = 0.03
_LONGEST_TEXT = 2_000
_FORMATS = ("safetensors", "torch zip")
_UNKNOWN = "off: unknown"
_CONFUSING = "damaged, or made to confuse"
_STOPPED_BY_LIMITS = {-9, -14, -24}  # SIGKILL, SIGALRM, SIGXCPU
_BAD_REPLY = "the process that examined it gave an answer that makes no sense"


@dataclass(frozen=True)
class Answer:
    """What the child found.

    Attributes:
        found: The contents, or why the file is not opened.
        sandbox: How the child was shut in: "on: ..." or "off: ...".
        exit_code: How the child ended: 0, or minus the signal that ended it.
    """

    found: Contents | Refusal
    sandbox: str
    exit_code: int


def ask_child(file: BinaryIO, size: int) -> Generator[None, None, Answer]:
    """Have a file examined; yields while it waits.

    Args:
        file: The file, open for reading.
        size: Its length in bytes.

    Raises:
        EngineError: The child cannot be started.
    """
    seconds = child_seconds(size)
    with tempfile.TemporaryFile() as reply:
        process = _start(file, reply, seconds)
        try:
            in_time = yield from _wait(process, time.monotonic() + seconds + 1)
        finally:
            process.kill()
            exit_code = process.wait()
        if not in_time or exit_code in _STOPPED_BY_LIMITS:
            return Answer(_too_long(seconds), _UNKNOWN, exit_code)
        if exit_code:
            why = f"the process that examined it ended unexpectedly (exit {exit_code})"
            return Answer(Refusal(_CONFUSING, why, FETCH_AGAIN), _UNKNOWN, exit_code)
        reply.seek(0)
        sandbox, found = _read_reply(reply, size)
        return Answer(found, sandbox, exit_code)


def _start(file: BinaryIO, reply: BinaryIO, seconds: int) -> "subprocess.Popen[bytes]":
    file.seek(0)
    kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES}
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    arguments = [sys.executable, *_ISOLATED, "-c", _START, str(_ROOT)]
    try:
        return subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
            [*arguments, str(seconds), str(os.getpid())],
            stdin=file,
            stdout=reply,
            stderr=subprocess.DEVNULL,
            env=kept,
            creationflags=hidden,
        )
    except OSError as error:
        raise EngineError(
            f"The process that examines model files cannot be started: {error.strerror or error}."
            " Close other programs and try again."
        ) from error


def _wait(process: "subprocess.Popen[bytes]", deadline: float) -> Generator[None, None, bool]:
    """Wait until the process ended, up to a time of the monotonic clock; whether it did."""
    while time.monotonic() < deadline:
        try:
            process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            yield
        else:
            return True
    return False


def _too_long(seconds: int) -> Refusal:
    why = f"examining it took longer than the {seconds} s that such a file needs at most"
    return Refusal("made to waste time, or damaged", why, WEIGHTS_ALONE)


def _read_reply(reply: BinaryIO, size: int) -> tuple[str, Contents | Refusal]:
    """What the child says of its sandbox and of the file, checked."""
    sandbox = _UNKNOWN
    try:
        frames = read_frames(reply)
        sandbox = _text(next(frames, None), "sandbox")
        first = next(frames, None)
        if isinstance(first, dict) and "why" in first:
            what, why, advice = (_text(first, key) for key in ("what", "why", "advice"))
            return sandbox, Refusal(what, why, advice)
        return sandbox, _contents(first, frames, size)
    except Refusal as refusal:
        return sandbox, refusal
    except (ValueError, MemoryError):
        return sandbox, Refusal(_CONFUSING, _BAD_REPLY, WEIGHTS_ALONE)


def _contents(first: object, frames: Iterator[Any], size: int) -> Contents:
    """The contents that the child describes.

    Raises:
        ValueError: It is no description of contents.
        Refusal: A tensor lies outside the file, or the like.
    """
    if not isinstance(first, dict) or first.get("format") not in _FORMATS:
        raise ValueError(_BAD_REPLY)
    notes = first.get("notes")
    if not isinstance(notes, list) or len(notes) > 16:
        raise ValueError(_BAD_REPLY)
    entries: list[Entry] = []
    metadata: dict[str, str] = {}
    for frame in frames:
        if not isinstance(frame, dict):
            raise ValueError(_BAD_REPLY)
        if "tensor" in frame:
            entries.append(_entry(frame["tensor"]))
        else:
            key, text = _pair(frame.get("metadata"))
            metadata[key] = text
        if len(entries) > MAX_TENSORS or len(metadata) > MAX_METADATA_ENTRIES:
            raise ValueError(_BAD_REPLY)
    plain_notes = tuple(_plain(note) for note in notes)
    contents = Contents(str(first["format"]), tuple(entries), metadata, plain_notes)
    check_contents(contents, size)
    return contents


def _entry(value: object) -> Entry:
    entry = entry_from_json(value)
    if entry is None:
        raise ValueError(_BAD_REPLY)
    return entry


def _pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(_BAD_REPLY)
    key, text = value
    if not isinstance(key, str) or not isinstance(text, str) or len(text) > MAX_METADATA_CHARACTERS:
        raise ValueError(_BAD_REPLY)
    return plain(key, 256), plain(text)


def _text(frame: object, key: str) -> str:
    return _plain(frame.get(key) if isinstance(frame, dict) else None)


def _plain(text: object) -> str:
    if not isinstance(text, str):
        raise ValueError(_BAD_REPLY)
    return plain(text, _LONGEST_TEXT)
