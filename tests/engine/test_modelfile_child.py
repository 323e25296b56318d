"""The child process is shut in, and whatever it answers, the program stands."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pickle_parts import weights, write_torch

from engine import modelfile
from engine.errors import EngineError
from engine.modelfile import ModelFileRefused, read_model_file
from engine.modelfiles import child_process

ROOT = Path(__file__).parents[2]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")

# How a child begins that does something else than examining the file.
PRELUDE = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
from engine.modelfiles.frames import write_frame
reply = open(1, "wb", closefd=False)
def say(*values):
    for value in values:
        write_frame(reply, value)
    reply.flush()
"""
ENTER = "from engine.modelfiles.sandbox import enter; where = enter(5, int(sys.argv[3]))\n"


@pytest.fixture
def model(tmp_path):
    return write_torch(tmp_path / "a.pt", weights())


@pytest.fixture
def child_does(monkeypatch):
    def replace(code: str) -> None:
        monkeypatch.setattr(child_process, "_START", PRELUDE + code)

    return replace


def tried(code: str) -> str:
    """A child that tries something inside the sandbox and reports how that ended."""
    attempt = f"""
try:
    result = str({code})
except BaseException as error:
    result = type(error).__name__
say({{"sandbox": where}}, {{"what": "tried", "why": result, "advice": "Get on."}})
"""
    return "import socket, subprocess, ctypes\n" + ENTER + attempt


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX systems")
@pytest.mark.parametrize(
    ("attempt", "ends"),
    [
        ("open('/etc/passwd')", ("OSError", "PermissionError")),
        ("open('written', 'w')", ("OSError", "PermissionError")),
        ("os.listdir('/')", ("OSError", "PermissionError")),
        ("open('/proc/self/fd/0', 'r+b')", ("OSError", "PermissionError")),
        ("socket.socket()", ("OSError", "PermissionError")),
        ("subprocess.run(['true'])", ("OSError", "PermissionError")),
        ("os.write(0, b'x')", ("OSError",)),
        ("len(bytearray(2**30))", ("MemoryError",)),
    ],
)
def test_inside_the_sandbox_nothing_can_be_reached(model, child_does, attempt, ends):
    child_does(tried(attempt))
    with pytest.raises(ModelFileRefused) as caught:
        read_model_file(model)
    why = str(caught.value).partition("It is tried: ")[2].partition(".")[0]
    assert why in ends


@linux_only
@pytest.mark.parametrize("attempt", ["os.execv('/bin/true', ['true'])", "os.mkdir({!r})"])
def test_landlock_denies_what_needs_no_open_file(model, child_does, attempt):
    if not read_model_file(model).sandbox.startswith("on: Landlock"):
        pytest.skip("this kernel has no Landlock")
    child_does(tried(attempt.format(str(model.with_name("made")))))
    with pytest.raises(ModelFileRefused, match="PermissionError"):
        read_model_file(model)
    assert not model.with_name("made").exists()


def test_the_gate_itself_needs_no_torch():
    code = "import engine.modelfile, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_it_is_said_how_the_child_is_shut_in(model):
    words = read_model_file(model).sandbox
    assert words.startswith(("on: ", "off: "))
    assert "at most 5 s" in words


def test_the_child_has_neither_torch_nor_numpy(model, child_does):
    child_does("""
from engine.modelfiles import child
strange = [name for name in ("torch", "numpy", "site", "pickle", "PySide6") if name in sys.modules]
say({"sandbox": "off"}, {"what": "seen", "why": repr(strange), "advice": "Get on."})
""")
    with pytest.raises(ModelFileRefused, match=r"It is seen: \[\]"):
        read_model_file(model)


FORMAT = '{"format": "torch zip", "notes": []}'


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "reply.write(b'garbage' * 100)",
        "reply.write(b'\\xff\\xff\\xff\\xff')",
        "reply.write(b'\\x80\\x04cposix')",
        "say([1], [2])",
        "say({'sandbox': 3}, {})",
        "say({'sandbox': 'on'})",
        "say({'sandbox': 'on'}, {'what': 1, 'why': 2, 'advice': 3})",
        "say({'sandbox': 'on'}, {'format': 'pickle', 'notes': []})",
        "reply.write((200000).to_bytes(4, 'little') + b'[' * 200000)",
        f"say({{'sandbox': 'on'}}, {FORMAT}, {{'tensor': ['w', 'float32', 0]}})",
        f"say({{'sandbox': 'on'}}, {FORMAT}, {{'tensor': ['w', 'O', 0, 1, 0, [1], [1]]}})",
        f"say({{'sandbox': 'on'}}, {FORMAT}, {{'tensor': ['w', 'float32', -4, 1, 0, [1], [1]]}})",
        f"say({{'sandbox': 'on'}}, {FORMAT}, {{'tensor': ['w', 'float32', 0, 1, 0, [2], [1, 1]]}})",
        f"say({{'sandbox': 'on'}}, {FORMAT}, {{'metadata': ['a', 3]}})",
        f"say({{'sandbox': 'on'}}, {FORMAT}, *[{{'metadata': [str(i), 'a']}} for i in range(300)])",
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(model, child_does, code):
    child_does(code)
    with pytest.raises(ModelFileRefused, match="makes no sense"):
        read_model_file(model)


@pytest.mark.parametrize(
    ("tensor", "word"),
    [
        ("['w', 'float32', 0, 10**9, 0, [2], [1]]", "outside the file"),
        ("['w', 'float32', 0, 2, 1, [2], [1]]", "reaches beyond"),
        ("['w', 'float32', 0, 2, 0, [2**20, 2**20], [0, 0]]", "not contiguous"),
        ("['w', 'float32', 0, 2, 0, [2], [2]]", "reaches beyond"),
        ("['../w', 'float32', 0, 2, 0, [2], [1]]", "letters, digits"),
    ],
)
def test_a_tensor_that_the_child_lies_about_is_refused(model, child_does, tensor, word):
    child_does(f"say({{'sandbox': 'on'}}, {FORMAT}, {{'tensor': {tensor}}})")
    with pytest.raises(ModelFileRefused, match=word):
        read_model_file(model)


def test_text_of_the_child_is_shown_plain_and_short(model, child_does):
    child_does(
        "say({'sandbox': 'on\\u202e\\n!'}, "
        "{'what': 'a\\x00b', 'why': 'x' * 100000, 'advice': '\\ud800'})"
    )
    with pytest.raises(ModelFileRefused) as caught:
        read_model_file(model)
    assert caught.value.sandbox == "on !"
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 3000


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("code", "exit_code", "word"),
    [
        ("os.kill(os.getpid(), 11)", -11, "ended unexpectedly"),
        ("os.abort()", -6, "ended unexpectedly"),
        ("os._exit(3)", 3, "ended unexpectedly"),
    ],
)
def test_a_child_that_dies_is_reported(model, child_does, code, exit_code, word):
    child_does("import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n" + code)
    with pytest.raises(ModelFileRefused, match=word) as caught:
        read_model_file(model)
    assert caught.value.child_exit == exit_code


@pytest.mark.parametrize("code", [ENTER + "while True: pass", "while True: time.sleep(9)"])
def test_a_child_that_does_not_end_is_ended(model, child_does, monkeypatch, code):
    monkeypatch.setattr(child_process, "child_seconds", lambda _: 1)
    child_does(code.replace("enter(5", "enter(1"))
    with pytest.raises(ModelFileRefused, match="took longer than the 1 s") as caught:
        read_model_file(model)
    assert caught.value.child_exit < 0


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX systems")
def test_a_child_that_writes_without_end_is_ended(model, child_does):
    child_does(ENTER + "while True: os.write(1, bytes(2**20))")
    with pytest.raises(ModelFileRefused, match="ended unexpectedly") as caught:
        read_model_file(model)
    assert caught.value.child_exit in {-signal.SIGXFSZ, 1}


def test_stopping_ends_the_child(model, child_does, tmp_path, monkeypatch):
    started = []
    start = child_process._start

    def watched(*arguments):
        started.append(start(*arguments))
        return started[0]

    monkeypatch.setattr(child_process, "_start", watched)
    child_does("time.sleep(60)")
    job = modelfile.open_job(model)
    while not started:
        next(job)
    job.close()
    assert started[0].returncode is not None


@linux_only
def test_the_child_ends_when_the_program_is_killed(model, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    opened = f"told = open({str(pipe)!r}, 'w')\n"
    waits = "told.write(str(os.getpid())); told.close(); time.sleep(60)"
    program = f"""
from pathlib import Path
from engine import modelfile
from engine.modelfiles import child_process
child_process._START = {PRELUDE + opened + ENTER.replace("enter(5", "enter(60") + waits!r}
child_process.child_seconds = lambda size: 60
modelfile.read_model_file(Path({str(model)!r}))
"""
    running = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    child = int(pipe.read_text())
    watch = os.pidfd_open(child)
    running.kill()
    running.wait()
    ready, _, _ = select.select([watch], [], [], 2)
    os.close(watch)
    assert ready


def test_a_child_that_cannot_start_is_reported(model, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError, match="cannot be started"):
        read_model_file(model)
