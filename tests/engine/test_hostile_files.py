"""Nothing in a hostile file is ever run, and each is refused soon, in words that help."""

import contextlib
import io
import random
import stat
import time

import numpy as np
import pytest
from hostile_cases import CASES
from pickle_parts import FLOATS, header, weights, write_safetensors, write_torch, write_zip

from engine.modelfile import ModelFileRefused, read_model_file
from engine.modelfiles.arrays import Findings, read_tensor
from engine.modelfiles.child import examine
from engine.modelfiles.refusal import Refusal

SECONDS = 5
ADVICE = ("Get ", "Fetch ", "Save ", "Choose ", "Run ", "Use ")


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused(name, tmp_path):
    word, make = CASES[name]
    path, canary = tmp_path / name, tmp_path / "canary"
    make(path, canary)
    before = path.read_bytes()
    start = time.monotonic()
    with pytest.raises(ModelFileRefused) as caught:
        read_model_file(path)
    assert time.monotonic() - start < SECONDS
    assert not canary.exists()
    assert caught.value.child_exit == 0
    assert path.read_bytes() == before
    message = str(caught.value)
    assert message.startswith(f"“{name}” was not opened. It is ")
    assert word in message
    assert any(advice in message for advice in ADVICE)
    assert message == f"{caught.value.sentence} SHA-256 of the file: {caught.value.sha256}."
    assert "Traceback" not in message
    assert message.isprintable()
    assert len(message) < 700


def test_the_payloads_would_leave_their_canary(tmp_path):
    """The canaries of the cases above are alive: read the unsafe way, one of them sings."""
    import pickle

    path, canary = tmp_path / "raw-pickle.safetensors", tmp_path / "canary"
    CASES[path.name][1](path, canary)
    pickle.loads(path.read_bytes())
    assert canary.exists()


def numbers_of(content: bytes) -> dict[str, np.ndarray]:
    """What a file holds, found without a child process: for many small trials."""
    file = io.BytesIO(content)
    arrays = {}
    for entry in examine(file, len(content)).entries:
        reading = read_tensor(file, entry, Findings())
        while True:
            try:
                next(reading)
            except StopIteration as end:
                arrays[entry.name] = end.value
                break
    return arrays


@pytest.fixture
def checkpoint(tmp_path, torch_files):
    """An honest checkpoint that torch wrote."""
    return (torch_files / "plain.pt").read_bytes()


def test_a_file_cut_short_is_refused_wherever_it_was_cut(checkpoint):
    chance = random.Random(1)
    for _ in range(200):
        cut = chance.randrange(len(checkpoint))
        with pytest.raises(Refusal):
            numbers_of(checkpoint[:cut])


def test_a_flipped_bit_is_found_or_changes_nothing(checkpoint):
    chance = random.Random(2)
    honest = numbers_of(checkpoint)
    refused = 0
    for _ in range(1000):
        changed = bytearray(checkpoint)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        try:
            found = numbers_of(bytes(changed))
        except Refusal:
            refused += 1
            continue
        assert found.keys() == honest.keys()
        for name, array in honest.items():
            np.testing.assert_array_equal(found[name], array)
    assert refused > 500


def test_a_changed_file_never_raises_anything_but_a_refusal(checkpoint, tmp_path):
    """Whatever bytes are exchanged, taken out or doubled, in both formats."""
    chance = random.Random(3)
    table = {"__metadata__": {"a": "b"}} | header(["a", "b"])
    other = write_safetensors(tmp_path / "a.safetensors", table, FLOATS * 2).read_bytes()
    pickle = checkpoint.index(b"torch")
    for trial in range(1500):
        content = bytearray(other if trial % 2 else checkpoint)
        near = len(other) if trial % 2 else pickle + 600
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(near)
            length = chance.choice((0, 1, 1, 1, 2, 4, 8))
            content[place : place + length] = chance.randbytes(chance.choice((0, 1, 1, 2, 4, 8)))
        with contextlib.suppress(Refusal):
            numbers_of(bytes(content))


def test_what_is_changed_behind_the_checksums_is_still_refused_or_read_safely(tmp_path):
    """Pickles with wrong bytes but right checksums get past the archive's rules."""
    chance = random.Random(4)
    path = tmp_path / "a.pt"
    pickle = write_torch(path, weights()).read_bytes()
    pickle = pickle[pickle.index(b"\x80\x02") : pickle.index(b"archive/byteorder") - 30]
    for _ in range(600):
        content = bytearray(pickle)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        records = {"a/data.pkl": bytes(content), "a/byteorder": b"little", "a/data/0": FLOATS}
        write_zip(path, records)
        with contextlib.suppress(Refusal):
            found = numbers_of(path.read_bytes())
            assert sum(array.size for array in found.values()) <= 6


def test_the_temporary_copy_is_for_nobody_else(tmp_path, monkeypatch):
    """The copy lies where only this user can read, and is gone afterwards."""
    import tempfile

    made = []
    make = tempfile.mkstemp

    def watched(*arguments, **settings):
        number, path = make(*arguments, dir=tmp_path, **settings)
        import os

        made.append((path, stat.S_IMODE(os.fstat(number).st_mode)))
        return number, path

    monkeypatch.setattr(tempfile, "mkstemp", watched)
    folder = tmp_path / "models"
    folder.mkdir()
    read_model_file(write_torch(folder / "a.pt", weights()))
    assert [mode for _, mode in made] == [0o600]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models"]
