"""The file gate: opens model files that strangers made.

Opening a file never runs anything in it, and the hash names the exact bytes that were read. The
file is copied and hashed; a child process, shut in and without torch, finds out which bytes of the
copy are which tensor; that answer is checked, and the numbers are read into fresh arrays. What is
neither safetensors nor a checkpoint in torch's zip format is refused, by its content.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.events import Job, Progress
from engine.modelfiles.arrays import Findings, read_tensor
from engine.modelfiles.child_process import Answer, ask_child
from engine.modelfiles.contents import Contents
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import Refusal
from engine.modelfiles.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A stranger's model as data: nothing in it can run.

    Attributes:
        name: The file's name without its folder, harmless to show as plain text.
        sha256: SHA-256 of the exact bytes that were read, in hexadecimal digits.
        format: "safetensors" or "torch zip".
        tensors: Its tensors by name, C-contiguous float32 or int64 arrays.
        metadata: Texts that came with a safetensors file, harmless to show as plain text.
        non_finite: How many of the numbers are NaN or infinite.
        notes: What a person should know about how the file was understood, in sentences.
        sandbox: How the process that examined the file was shut in: "on: ..." or "off: ...".
    """

    name: str
    sha256: str
    format: str
    tensors: dict[str, NDArray[Any]]
    metadata: dict[str, str]
    non_finite: int
    notes: tuple[str, ...]
    sandbox: str


class ModelFileRefused(EngineError):  # noqa: N818 - an answer, not a fault
    """A file was examined and is not opened; the text says what it is, why, and what to do.

    Attributes:
        sentence: The text without the hash.
        sha256: SHA-256 of the file, in hexadecimal digits.
        sandbox: As in ModelFile.
        child_exit: How the examining process ended: 0, or minus the signal that ended it.
    """

    def __init__(self, name: str, refusal: Refusal, sha256: str, answer: Answer) -> None:
        said = f"“{name}” was not opened. It is {refusal.what}: {refusal.why}. {refusal.advice}"
        super().__init__(f"{said} SHA-256 of the file: {sha256}.")
        self.sentence = said
        self.sha256 = sha256
        self.sandbox = answer.sandbox
        self.child_exit = answer.exit_code


def read_model_file(path: Path, expected_sha256: str | None = None) -> ModelFile:
    """Read a model file without trusting it.

    May be called in any thread; it never holds the interpreter for long.

    Args:
        path: The file; its name says nothing, its content decides.
        expected_sha256: What the hash of the file has to be, where that is known.

    Raises:
        ModelFileRefused: It is not a model file that can be opened safely.
        EngineError: It cannot be read, or has another hash than expected.
    """
    job = open_job(path, expected_sha256)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def open_job(path: Path, expected_sha256: str | None = None) -> Job[ModelFile]:
    """The same as a Job, which can be watched and stopped.

    Raises:
        ModelFileRefused: It is not a model file that can be opened safely.
        EngineError: It cannot be read, or has another hash than expected.
    """
    name = display_name(path)
    with Snapshot(path, name) as snapshot:
        total = max(2 * snapshot.size, 1)
        for done in snapshot.copy():
            yield Progress(done, total, f"copying {name}")
        _check_hash(name, snapshot.sha256, expected_sha256)
        examining = ask_child(snapshot.file, snapshot.size)
        answer = yield from _saying(examining, Progress(snapshot.size, total, f"examining {name}"))
        try:
            if isinstance(answer.found, Refusal):
                raise answer.found
            tensors, findings = yield from _read_tensors(snapshot, answer.found, name)
        except Refusal as refusal:
            raise ModelFileRefused(name, refusal, snapshot.sha256, answer) from None
        except MemoryError:
            raise EngineError(
                f"“{name}” was not opened: its {snapshot.size / 1e6:,.0f} MB of weights do not fit"
                " into the memory that is free. Close other programs and try again."
            ) from None
    return ModelFile(
        name=name,
        sha256=snapshot.sha256,
        format=answer.found.format,
        tensors=tensors,
        metadata=answer.found.metadata,
        non_finite=findings.non_finite,
        notes=answer.found.notes + findings.notes(),
        sandbox=answer.sandbox,
    )


def display_name(path: Path) -> str:
    """A file's name without its folder, harmless to show as plain text, up to 120 characters."""
    return plain(path.name, 120) or "a file without a name"


def _check_hash(name: str, found: str, expected: str | None) -> None:
    if expected is not None and found != expected.lower():
        raise EngineError(
            f"“{name}” was not opened: it does not match the recorded SHA-256"
            f" {plain(expected, 64)}, so it was altered or damaged. Fetch it again. SHA-256 of the"
            f" file: {found}."
        )


def _saying(
    examining: Generator[None, None, Answer], progress: Progress
) -> Generator[Progress, None, Answer]:
    """Say the same each time the child is waited for."""
    while True:
        try:
            next(examining)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        yield progress


def _read_tensors(
    snapshot: Snapshot, contents: Contents, name: str
) -> Generator[Progress, None, tuple[dict[str, NDArray[Any]], Findings]]:
    """Read all tensors out of the copy."""
    findings = Findings()
    tensors: dict[str, NDArray[np.generic]] = {}
    done, total = snapshot.size, 2 * snapshot.size
    for entry in contents.entries:
        reading = read_tensor(snapshot.file, entry, findings)
        while True:
            try:
                done = min(done + next(reading), total)
            except StopIteration as end:
                tensors[entry.name] = end.value
                break
            yield Progress(done, total, f"reading {name}")
    return tensors, findings
