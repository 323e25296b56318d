"""The steps of a pickle, as far as the pickles of state dicts have them.

Not by `pickletools`, which reads some names otherwise than the unpickler does.
"""

import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

Reader = Callable[[bytes, int], tuple[Any, int]]
"""Reads the argument of an opcode at a place; returns it, and the place behind it."""


def steps(data: bytes) -> Iterator[tuple[str, Any, int]]:
    """The steps of a pickle: name of the opcode, argument or None, and the place behind it.

    An opcode that no state dict needs comes under the name "?", with its byte, and is the last.

    Raises:
        ValueError: The pickle ends before its last step, or an argument is not readable.
    """
    at = 0
    while at < len(data):
        code = data[at]
        if code not in _OPCODES:
            yield "?", data[at : at + 1], at + 1
            return
        name, read = _OPCODES[code]
        argument, at = read(data, at + 1)
        yield name, argument, at
        if name == "STOP":
            return
    raise ValueError


def _nothing(_: bytes, at: int) -> tuple[None, int]:
    return None, at


def _packed(form: struct.Struct, data: bytes, at: int) -> tuple[Any, int]:
    """A number of a fixed length."""
    if at + form.size > len(data):
        raise ValueError
    return form.unpack_from(data, at)[0], at + form.size


def _raw(prefix: int, data: bytes, at: int) -> tuple[bytes, int]:
    """Bytes behind their length, which takes `prefix` bytes itself."""
    begin = at + prefix
    end = begin + int.from_bytes(data[at:begin], "little")
    if begin > len(data) or end > len(data):
        raise ValueError
    return data[begin:end], end


def _text(prefix: int, data: bytes, at: int) -> tuple[str, int]:
    raw, end = _raw(prefix, data, at)
    return raw.decode("utf-8", "surrogatepass"), end


def _integer(prefix: int, data: bytes, at: int) -> tuple[int, int]:
    raw, end = _raw(prefix, data, at)
    return int.from_bytes(raw, "little", signed=True), end


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A module and an attribute, each a line, joined by a space."""
    middle = data.index(b"\n", at)
    end = data.index(b"\n", middle + 1)
    return f"{data[at:middle].decode()} {data[middle + 1 : end].decode()}", end + 1


_BYTE, _SHORT, _INT, _UNSIGNED, _FRAME, _FLOAT = map(
    struct.Struct, ("<B", "<H", "<i", "<I", "<Q", ">d")
)
_NAMED: dict[str, tuple[str, Reader]] = {
    "MARK": ("(", _nothing),
    "STOP": (".", _nothing),
    "PROTO": ("\x80", partial(_packed, _BYTE)),
    "FRAME": ("\x95", partial(_packed, _FRAME)),
    "NONE": ("N", _nothing),
    "NEWTRUE": ("\x88", _nothing),
    "NEWFALSE": ("\x89", _nothing),
    "BININT": ("J", partial(_packed, _INT)),
    "BININT1": ("K", partial(_packed, _BYTE)),
    "BININT2": ("M", partial(_packed, _SHORT)),
    "BINFLOAT": ("G", partial(_packed, _FLOAT)),
    "LONG1": ("\x8a", partial(_integer, 1)),
    "LONG4": ("\x8b", partial(_integer, 4)),
    "BINUNICODE": ("X", partial(_text, 4)),
    "SHORT_BINUNICODE": ("\x8c", partial(_text, 1)),
    "BINUNICODE8": ("\x8d", partial(_text, 8)),
    "BINBYTES": ("B", partial(_raw, 4)),
    "SHORT_BINBYTES": ("C", partial(_raw, 1)),
    "BINSTRING": ("T", partial(_raw, 4)),
    "SHORT_BINSTRING": ("U", partial(_raw, 1)),
    "EMPTY_TUPLE": (")", _nothing),
    "EMPTY_LIST": ("]", _nothing),
    "EMPTY_DICT": ("}", _nothing),
    "EMPTY_SET": ("\x8f", _nothing),
    "TUPLE": ("t", _nothing),
    "TUPLE1": ("\x85", _nothing),
    "TUPLE2": ("\x86", _nothing),
    "TUPLE3": ("\x87", _nothing),
    "APPEND": ("a", _nothing),
    "APPENDS": ("e", _nothing),
    "ADDITEMS": ("\x90", _nothing),
    "SETITEM": ("s", _nothing),
    "SETITEMS": ("u", _nothing),
    "BINPUT": ("q", partial(_packed, _BYTE)),
    "LONG_BINPUT": ("r", partial(_packed, _UNSIGNED)),
    "MEMOIZE": ("\x94", _nothing),
    "BINGET": ("h", partial(_packed, _BYTE)),
    "LONG_BINGET": ("j", partial(_packed, _UNSIGNED)),
    "GLOBAL": ("c", _name),
    "STACK_GLOBAL": ("\x93", _nothing),
    "INST": ("i", _name),
    "REDUCE": ("R", _nothing),
    "NEWOBJ": ("\x81", _nothing),
    "BUILD": ("b", _nothing),
    "BINPERSID": ("Q", _nothing),
}
_OPCODES = {ord(code): (name, read) for name, (code, read) in _NAMED.items()}
