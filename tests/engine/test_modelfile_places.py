"""What is judged are the bytes that were hashed, and only ordinary files are ever opened."""

import hashlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from pickle_parts import storage, table, tensor, weights, write_torch

from engine import modelfile
from engine.errors import EngineError
from engine.events import Progress, StopRequested
from engine.modelfile import read_model_file
from engine.modelfiles import limits


@pytest.fixture
def model(tmp_path):
    return write_torch(tmp_path / "a.pt", weights())


def test_a_file_other_than_recorded_is_refused(tmp_path):
    path = write_torch(tmp_path / "a.pt", weights())
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_model_file(path, right.upper()).sha256 == right
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(EngineError, match="does not match the recorded SHA-256"):
        read_model_file(path, right)


def test_what_is_judged_is_what_was_hashed_even_if_the_file_is_exchanged(tmp_path):
    path = write_torch(tmp_path / "a.pt", weights())
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    job = modelfile.open_job(path)
    while "examining" not in next(job).text:
        pass
    write_torch(path, table(other=tensor(storage(6), [6])))
    from toys import outcome

    found = outcome(job)
    assert found.sha256 == right
    assert set(found.tensors) == {"fc.weight"}


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(bytes(5 * 2**20))
    job = modelfile.open_job(path)
    next(job)
    with path.open("ab") as file:
        file.write(bytes(2**20))
    with pytest.raises(EngineError, match="changed while it was read"):
        list(job)


def test_opening_can_be_watched_and_stopped(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors.numpy.save({"w": np.zeros((3, 2**20), np.float32)}))
    seen = list(modelfile.open_job(path))
    assert all(isinstance(event, Progress) and event.done <= event.total for event in seen)
    assert [event.done for event in seen] == sorted(event.done for event in seen)
    assert seen[-1].done > 0.99 * seen[-1].total
    job = modelfile.open_job(path)
    next(job)
    with pytest.raises(StopRequested):
        job.throw(StopRequested())


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX systems")
@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("folder", "it is a folder"),
        ("pipe", "it is a pipe"),
        ("socket", "it is a socket"),
        ("zero", "it is a device"),
        ("missing", "there is no such file"),
        ("gone-folder/a.pt", "there is no such file"),
        ("loop", "Too many levels"),
        ("nul\x00name", "no file can have such a path"),
    ],
)
def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path, kind, word):
    path = Path("/dev/zero") if kind == "zero" else tmp_path / kind
    with socket.socket(socket.AF_UNIX) as listening:
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            os.chdir(tmp_path)
            listening.bind("socket")
        elif kind == "loop":
            path.symlink_to(path)
        with pytest.raises(EngineError, match=word) as caught:
            read_model_file(path)
    assert f"“{path.name.replace(chr(0), '')}”" in str(caught.value)


def test_a_file_that_may_not_be_read_says_so(model, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(EngineError, match="you may not read it"):
        read_model_file(model)


def test_a_file_larger_than_the_limit_is_not_copied(tmp_path):
    path = tmp_path / "large.pt"
    with path.open("wb") as file:
        file.truncate(limits.MAX_FILE_BYTES + 1)
    with pytest.raises(EngineError, match="at most 4,294,967,296 are read"):
        read_model_file(path)


def test_no_room_for_the_copy_is_said_before_copying(model, monkeypatch):
    full = type("Usage", (), {"free": 0})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(EngineError, match="Free some space"):
        read_model_file(model)
    assert not list(Path(tempfile.gettempdir()).glob("backdoor-studio-*"))


@pytest.mark.skipif(os.name != "posix", reason="such names exist on POSIX systems")
def test_a_name_from_a_stranger_is_shown_plain(tmp_path):
    name = os.fsdecode(b"<b>\xe2\x80\xaegnp\n\xff.pt")
    path = write_torch(tmp_path / name, weights())
    assert read_model_file(path).name == "<b>gnp \N{REPLACEMENT CHARACTER}.pt"
