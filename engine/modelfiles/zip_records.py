"""The records of a zip archive, under rules that leave one way to read it.

Zip archives can be made so that two programs see different files in them. Here every byte has to
be accounted for: records stored as they are, back to back from the first byte on, none twice, all
under one root, the directory right behind them, and nothing after it. That is how torch writes.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from engine.modelfiles.limits import MAX_DIRECTORY_BYTES, MAX_RECORDS
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import Refusal, damaged

WHAT = "a zip archive"
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_LISTED = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_DESCRIPTOR = 24
_ENCRYPTED = 0x2041
_PIECE = 2**20
_STRANGE = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Record:
    """One file of an archive.

    Attributes:
        name: Its path.
        header: Where its local header begins, in bytes from the beginning of the archive.
        size: Its length in bytes, uncompressed.
        packed: Its length in the archive.
        method: 0 for stored, others for compressed.
        flags: The archive's flags for it.
        crc: CRC-32 of its bytes.
    """

    name: str
    header: int
    size: int
    packed: int
    method: int
    flags: int
    crc: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a record lie: begin, in bytes from the archive's first, and length."""

    begin: int
    size: int
    crc: int


def has_end_record(file: BinaryIO, size: int) -> bool:
    """Whether a file ends as zip archives do."""
    length = min(size, _END.size + 0xFFFF)
    file.seek(size - length)
    tail = file.read(length)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return False
    _, _, _, _, _, listed, start, comment = _END.unpack_from(tail, at)
    return bool(at + _END.size + comment <= len(tail) and listed + start <= size)


def list_records(file: BinaryIO, size: int) -> tuple[list[Record], int]:
    """Read the directory of an archive that fills the whole file; say also where it begins.

    Raises:
        Refusal: There is no directory at the end, it is too large, or it contradicts itself.
    """
    file.seek(max(size - _END.size, 0))
    end = file.read(_END.size)
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise damaged(WHAT, "its directory is not at its end, so it was cut short or added to")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack(end)
    if disk or first_disk or comment or here != count or not count:
        raise damaged(WHAT, "the end of its directory is not as torch writes it")
    if count > MAX_RECORDS or length > MAX_DIRECTORY_BYTES:
        raise Refusal(WHAT, f"it lists {count:,} records, and at most {MAX_RECORDS:,} are read")
    _check_64_bit_end(file, size, (count, length, start))
    file.seek(start)
    directory = file.read(length)
    records, at = [], 0
    for _ in range(count):
        record, at = _listed_record(directory, at)
        records.append(record)
    if at != length:
        raise damaged(WHAT, "its directory lists more than it counts")
    return records, start


def _check_64_bit_end(file: BinaryIO, size: int, expected: tuple[int, int, int]) -> None:
    """Check that the second, 64-bit end of the directory, if there is one, says the same."""
    _, length, start = expected
    between = size - _END.size - start - length
    if between == 0:
        return
    if between != _END_64.size + _LOCATOR_64.size:
        raise damaged(WHAT, "there is something between its directory and its end")
    file.seek(start + length)
    block = file.read(between)
    mark, _, _, _, disk, first_disk, here, *found = _END_64.unpack_from(block)
    locator = _LOCATOR_64.unpack_from(block, _END_64.size)
    agrees = tuple(found) == expected and here == expected[0] and not disk and not first_disk
    if mark != b"PK\x06\x06" or locator[:3] != (b"PK\x06\x07", 0, start + length) or not agrees:
        raise damaged(WHAT, "the two ends of its directory contradict each other")


def _listed_record(directory: bytes, at: int) -> tuple[Record, int]:
    """The record at one place of the directory, and the place behind it."""
    if at + _LISTED.size > len(directory):
        raise damaged(WHAT, "its directory is cut short")
    fields = _LISTED.unpack_from(directory, at)
    mark, _, _, flags, method, _, _, crc, packed, size, named, extra, comment = fields[:13]
    begin = at + _LISTED.size
    raw = directory[begin : begin + named]
    if mark != b"PK\x01\x02" or len(raw) != named:
        raise damaged(WHAT, "its directory is damaged")
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise damaged(WHAT, "the name of a record is not readable") from None
    record = Record(name, fields[-1], size, packed, method, flags, crc)
    return record, begin + named + extra + comment


def place_records(file: BinaryIO, records: list[Record], directory: int) -> dict[str, Place]:
    """Find where every record lies, by its path below the archive's one root.

    Args:
        file: The archive.
        records: Its records.
        directory: Where its directory begins, in bytes from the beginning of the archive.

    Raises:
        Refusal: Records are compressed, share a name, do not share a root, overlap, or leave gaps.
    """
    _check_names(records)
    places: dict[str, Place] = {}
    end = 0
    for record in sorted(records, key=_header):
        if record.method or record.flags & _ENCRYPTED or record.packed != record.size:
            why = (
                f"{plain(record.name, 60)} in it is a compressed record, and torch never compresses"
            )
            raise Refusal(WHAT, why)
        gap = record.header - end
        if gap < 0:
            raise damaged(WHAT, "two of its records overlap")
        if gap > (_LONGEST_DESCRIPTOR if end else 0):
            raise damaged(WHAT, "there is something before or between its records")
        begin = _data_begin(file, record)
        end = begin + record.size
        places[record.name.partition("/")[2]] = Place(begin, record.size, record.crc)
    if not 0 <= directory - end <= _LONGEST_DESCRIPTOR:
        raise damaged(WHAT, "its last record does not end where its directory begins")
    return places


def _header(record: Record) -> int:
    return record.header


def _check_names(records: list[Record]) -> None:
    """Check that names differ (torch ignores case), stay inside, and share their first part."""
    folded = {record.name.casefold() for record in records}
    if len(folded) != len(records):
        raise damaged(WHAT, "two of its records have the same name")
    for record in records:
        parts = record.name.split("/")
        if len(parts) < 2 or ".." in parts or "" in parts or _STRANGE.search(record.name):
            raise damaged(WHAT, f"one of its records is called “{plain(record.name, 60)}”")
    if len({record.name.partition("/")[0] for record in records}) != 1:
        raise damaged(WHAT, "its records lie under two roots, and torch writes one")


def _data_begin(file: BinaryIO, record: Record) -> int:
    """Where a record's bytes begin, once its local header agrees with the directory."""
    file.seek(record.header)
    raw = file.read(_LOCAL.size)
    if len(raw) < _LOCAL.size:
        raise damaged(WHAT, "a record lies outside the file")
    mark, _, flags, method, _, _, _, packed, size, named, extra = _LOCAL.unpack(raw)
    name = file.read(named)
    agrees = name == record.name.encode() and method == 0 and not flags & _ENCRYPTED
    sizes = {(0, 0), (record.packed, record.size)}
    if mark != b"PK\x03\x04" or not agrees or (packed, size) not in sizes:
        why = f"{plain(record.name, 60)} in it contradicts the directory"
        raise damaged(WHAT, why)
    return record.header + _LOCAL.size + int(named + extra)


def read_record(file: BinaryIO, place: Place, most: int) -> bytes:
    """The bytes of a record, checked.

    Raises:
        Refusal: There are more than `most`, or they do not match their checksum.
    """
    if place.size > most:
        raise Refusal(
            WHAT, f"a record in it has {place.size:,} bytes, and at most {most:,} are read"
        )
    file.seek(place.begin)
    data = file.read(place.size)
    if zlib.crc32(data) != place.crc:
        raise damaged(WHAT, "a record in it does not match its checksum")
    return data


def check_sum(file: BinaryIO, name: str, place: Place) -> None:
    """Read a record through and compare its checksum.

    Raises:
        Refusal: They differ.
    """
    file.seek(place.begin)
    crc, left = 0, place.size
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            break
        crc = zlib.crc32(piece, crc)
        left -= len(piece)
    if left or crc != place.crc:
        why = (
            f"{plain(name, 60)} in it does not match its checksum, so a part was damaged or altered"
        )
        raise damaged(WHAT, why)
