"""Recognises an ONNX model, which is a protobuf message without any mark of its own."""

from typing import BinaryIO

_MOST_FIELDS = 64
_VARINT, _BYTES = 0, 2
# Field numbers and wire types of onnx.ModelProto.
_FIELDS = {
    1: _VARINT,  # ir_version
    2: _BYTES,  # producer_name
    3: _BYTES,
    4: _BYTES,
    5: _VARINT,
    6: _BYTES,
    7: _BYTES,  # graph
    8: _BYTES,  # opset_import
    14: _BYTES,
    20: _BYTES,
    25: _BYTES,
    26: _BYTES,
}
_GRAPH = 7


def looks_like_onnx(file: BinaryIO, size: int) -> bool:
    """Whether a file is a row of fields that an ONNX model has, the graph among them."""
    file.seek(0)
    seen: set[int] = set()
    for _ in range(_MOST_FIELDS):
        if file.tell() >= size:
            break
        tag = _varint(file)
        field, wire = tag >> 3, tag & 7
        if _FIELDS.get(field) != wire:
            return False
        length = _varint(file)
        if wire == _BYTES:
            if length < 0 or file.tell() + length > size:
                return False
            file.seek(length, 1)
        seen.add(field)
    return _GRAPH in seen


def _varint(file: BinaryIO) -> int:
    """The next number of a message, -1 where there is none of up to 63 bits."""
    value = 0
    for shift in range(0, 63, 7):
        byte = file.read(1)
        if not byte:
            return -1
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    return -1
