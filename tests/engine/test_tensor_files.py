"""Safetensors files of the program's own folders: what the library reads, and nothing odd."""

import json
import os
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy

from engine import files, json_files
from engine.errors import EngineError
from engine.files import fingerprint, read_buffer
from engine.json_files import parse_json
from engine.tensor_files import MAX_TENSORS, read_tensors

KINDS = (
    np.float64, np.float32, np.float16, np.int64, np.uint64, np.int32, np.uint32, np.int16,
    np.uint16, np.int8, np.uint8, np.bool_,
)  # fmt: skip


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def write(path, header, data=b"", size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if size is None else size).to_bytes(8, "little") + text + data)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.safetensors"


def test_arrays_of_every_type_and_shape_come_back(path):
    rng = np.random.default_rng(0)
    arrays = {
        f"{np.dtype(kind)} {shape}": np.asarray(rng.random(shape) * 2, kind)
        for kind in KINDS
        for shape in ((), (0,), (3, 0, 2), (1,), (2, 3), (2, 1, 3, 1, 2))
    }
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"note": "mine"}))
    read = read_tensors(path, 10**6)
    assert read.metadata == {"note": "mine"}
    assert read.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read.arrays[name].dtype == array.dtype
        assert read.arrays[name].shape == array.shape
        np.testing.assert_array_equal(read.arrays[name], array)
        assert read.arrays[name].flags.writeable
    assert fingerprint(read.arrays) == fingerprint(arrays)


def test_numbers_at_odd_places_are_brought_to_even_ones(path):
    header = json.dumps({"a": entry([2], 0, 8)}).encode()
    for spaces in range(8):
        write(path, header + b" " * spaces, np.array([0.5, -1], np.float32).tobytes())
        (array,) = read_tensors(path, 1000).arrays.values()
        assert array.flags.aligned
        np.testing.assert_array_equal(array, np.float32([0.5, -1]))


def test_a_file_takes_no_more_memory_than_its_bytes(path):
    arrays = {name: np.ones(2**20, np.float32) for name in "abcd"}
    path.write_bytes(safetensors.numpy.save(arrays))
    tracemalloc.start()
    try:
        read = read_tensors(path, 2**26)
        assert tracemalloc.get_traced_memory()[1] < 1.1 * path.stat().st_size
        fingerprint(read.arrays)
        assert tracemalloc.get_traced_memory()[1] < 1.1 * path.stat().st_size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("header", "data", "why"),
    [
        ({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, 12, "overlaps"),
        ({"a": entry([2], 0, 8), "b": entry([2], 0, 8)}, 8, "overlaps"),
        ({"a": entry([2], 0, 8), "b": entry([2], 12, 20)}, 20, "leaves a hole"),
        ({"a": entry([2], 4, 12)}, 12, "leaves a hole"),
        ({"a": entry([2], 0, 8)}, 9, "do not end where it ends"),
        ({"a": entry([2], 0, 8)}, 7, "do not end where it ends"),
        ({}, 1, "do not end where it ends"),
        ({"a": entry([3], 0, 8)}, 8, "does not fit its bytes"),
        ({"a": entry([2], 8, 0)}, 8, "does not fit its bytes"),
        ({"a": entry([-2], 0, 8)}, 8, "makes no sense"),
        ({"a": entry([2.0], 0, 8)}, 8, "makes no sense"),
        ({"a": entry([True, 2], 0, 8)}, 8, "makes no sense"),
        ({"a": entry([1] * 9 + [2], 0, 8)}, 8, "makes no sense"),
        ({"a": entry([0, 2**62], 0, 0)}, 0, "makes no sense"),
        ({"a": entry([0, 2**40, 2**40], 0, 0)}, 0, "damaged"),
        ({"a": entry([2], 0, 8, "F8_E4M3")}, 8, "type that is not known"),
        ({"a": entry([2], 0, 8, ["F32"])}, 8, "damaged"),
        ({"a": {"dtype": "F32", "shape": [2]}}, 8, "damaged"),
        ({"a": {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]}}, 8, "damaged"),
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 8]}}, 8, "makes no sense"),
        ({"a": None}, 0, "damaged"),
        ({"a": [1]}, 0, "damaged"),
        ({"__metadata__": {"a": 1}}, 0, "no table of texts"),
        ({"__metadata__": []}, 0, "no table of texts"),
        (b"[]", 0, "no JSON object"),
        (b'{"a": NaN}', 0, "NaN"),
    ],
)
def test_what_breaks_the_format_is_refused(path, header, data, why):
    write(path, header, bytes(data))
    with pytest.raises(EngineError, match=rf"some\.safetensors.*{why}"):
        read_tensors(path, 10**6)


def test_truth_values_are_nothing_else(path):
    write(path, {"a": entry([3], 0, 3, "BOOL")}, b"\x00\x01\x02")
    with pytest.raises(EngineError, match="neither 0 nor 1"):
        read_tensors(path, 1000)


@pytest.mark.parametrize("size", [0, 2**20 + 1, 2**60, 2**64 - 1])
def test_a_header_of_another_size_is_refused(path, size):
    write(path, {"a": entry([], 0, 4)}, bytes(2**21), size=size)
    with pytest.raises(EngineError, match=r"some\.safetensors is damaged"):
        read_tensors(path, 2**30, 2**20)


def test_more_tensors_than_any_network_has_are_refused(path):
    write(path, {str(number): entry([0], 0, 0) for number in range(MAX_TENSORS + 1)})
    with pytest.raises(EngineError, match=r"has 5,001 tensors.* Choose another"):
        read_tensors(path, 10**6)


def test_damage_at_any_place_is_refused_or_leaves_arrays_of_the_same_size(path):
    arrays = {"a": np.arange(4, dtype=np.float32), "b": np.array([True, False])}
    whole = safetensors.numpy.save(arrays, metadata={"note": "mine"})
    rng = np.random.default_rng(0)
    refused = 0
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << int(rng.integers(8))
        for content in (spoilt, whole[:place]):
            path.write_bytes(content)
            try:
                read = read_tensors(path, 1000)
            except EngineError:
                refused += 1
            else:
                assert len(content) == len(whole)
                assert sum(array.nbytes for array in read.arrays.values()) == 18
    assert refused > len(whole) + 50


def test_a_file_that_grows_or_shrinks_meanwhile_is_noticed(path, monkeypatch):
    path.write_bytes(bytes(100))
    real = os.fstat
    for size in (99, 101):
        with monkeypatch.context() as patch:
            patch.setattr(
                files.os,
                "fstat",
                lambda handle, size=size: SimpleNamespace(
                    st_size=size, st_mode=real(handle).st_mode
                ),
            )
            with pytest.raises(EngineError, match=r"changed while it was read.*Try again"):
                read_buffer(path, 1000)
    assert read_buffer(path, 100) == bytes(100)
    with pytest.raises(EngineError, match="larger than"):
        read_buffer(path, 99)


@pytest.mark.parametrize("part", [b"[],", b"{},", b"1,", b'"",', b"[1],"])
def test_json_of_small_parts_without_end_takes_no_memory(part):
    content = b'{"a": [' + part * (json_files.MAX_JSON_PARTS + 1) + b"0]}"
    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match=r"some\.json has more than 4,194,304 values"):
            parse_json(content, "some.json")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
