"""The tables of a run as they are read again: a stranger's may be as long and odd as it likes."""

import tracemalloc

import numpy as np
import pytest

from engine.data.folder_listing import MAX_FILES
from engine.errors import EngineError
from engine.settings import MOST_EPOCHS, TrainSettings, check
from engine.store import curves, tables
from engine.store.curves import read_losses, read_measurements
from engine.store.tables import GrowingTable, read_table
from engine.training import MEASURE_EVERY

COLUMNS = ("step", "loss")


def table(folder, content):
    path = folder / "loss.csv"
    path.write_bytes(content)
    return path


def test_numbers_come_back_exactly_in_pieces_of_any_size(tmp_path, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(50, 2))
    rows[7, 1], rows[8, 1] = np.nan, np.inf
    growing = GrowingTable(tmp_path / "loss.csv", COLUMNS)
    growing.start()
    for row in rows:
        growing.add(*row)
    growing.flush()
    for piece in (1, 2, 7, 64, 2**20):
        monkeypatch.setattr(tables, "_PIECE", piece)
        np.testing.assert_array_equal(read_table(growing.path, COLUMNS, 50), rows)


@pytest.mark.parametrize(
    "content",
    [
        b"step,loss\r\n1,0.5\r\n2,0.25\r\n",
        b"\n\nstep,loss\n1,0.5\n\n  \n2,0.25\n\n",
        b"note,loss,step,more\n9,0.5,1,8\n9,0.25,2,8\n",
        b'"step","loss"\n1,0.5\n2,0.25\n3,0.1',
    ],
)
def test_what_other_programs_make_of_a_table_is_read(tmp_path, content):
    found = read_table(table(tmp_path, content), COLUMNS, 10)
    np.testing.assert_array_equal(found, [[1, 0.5], [2, 0.25]])


def test_a_table_without_rows_has_none(tmp_path):
    assert read_table(table(tmp_path, b"step,loss\n"), COLUMNS, 10).shape == (0, 2)
    assert read_table(tmp_path / "none.csv", COLUMNS, 10).shape == (0, 2)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\n\n\n", "it is empty"),
        (b"step,loss", "it is empty"),
        (b"step,los\n1,1\n", "the column loss is missing"),
        (b"step,loss\n1,one\n", "something else than numbers"),
        (b"step,loss\n1\n", "something else than numbers"),
        (b"step,loss\n1,\xff\n", "something else than numbers"),
        (b"step,loss\n" + b"\n" * 11, "more than 10 lines"),
        (b"step,loss\n" + b"1,1\n" * 11, "more than 10 lines"),
        (b"step,loss\n1," + b"0" * 5000, "too long"),
        (b"\x00" * 2**21, "too long"),
    ],
)
def test_a_damaged_table_is_one_sentence(tmp_path, content, why):
    with pytest.raises(EngineError, match=rf"loss\.csv is damaged: .*{why}.*Restore it"):
        read_table(table(tmp_path, content), COLUMNS, 10)


def test_the_longest_table_that_is_read_is_the_longest_that_is_written(tmp_path):
    assert len(read_table(table(tmp_path, b"step,loss\n" + b"1,1\n" * 10), COLUMNS, 10)) == 10


@pytest.mark.parametrize(
    ("name", "read"), [("loss.csv", read_losses), ("metrics.csv", read_measurements)]
)
def test_empty_lines_without_end_take_neither_memory_nor_an_answer(tmp_path, name, read):
    content = b"step,epoch,loss\n" + b"\n" * (12 * 2**20)
    (tmp_path / name).write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match="is damaged"):
            read(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


def test_the_limits_leave_room_for_the_longest_training():
    check(TrainSettings, {"batch_size": curves.LEAST_BATCH})
    with pytest.raises(EngineError, match="Batch size"):
        check(TrainSettings, {"batch_size": curves.LEAST_BATCH - 1})
    assert curves.MOST_STEPS * curves.LEAST_BATCH >= MOST_EPOCHS * MAX_FILES
    assert curves.MOST_MEASUREMENTS > curves.MOST_STEPS / MEASURE_EVERY
