"""Reads the pickle inside a torch file without doing what it says.

A pickle is a program for a small stack machine: among its opcodes are "import this name" and
"call it". Here nothing is imported and nothing is called. A name becomes a `Named`, a call of one
of the few names that state dicts need becomes a dictionary, a `Tensor` or an `Inert`, and every
other name is written down as a reason to refuse the file.
"""

import struct
from collections.abc import Callable
from typing import Any

from engine.modelfiles.limits import MAX_MARKS, MAX_OPCODES, MAX_STACK
from engine.modelfiles.opcodes import steps
from engine.modelfiles.refusal import Refusal, damaged
from engine.modelfiles.stub_values import (
    CALLABLE,
    DICTIONARY,
    ODD_TENSORS,
    PARAMETERS,
    REBUILDS,
    WHAT,
    Inert,
    Named,
    OddTensor,
    Storage,
    Tensor,
    describe,
    is_known,
    tensor_from,
)

_NONSENSE = (ValueError, LookupError, TypeError, OverflowError, struct.error)


class StubUnpickler:
    """The stack machine.

    Args:
        find_storage: Given what a persistent reference holds, the storage it means.
    """

    def __init__(self, find_storage: Callable[[object], Storage | Inert]) -> None:
        self.ran: list[str] = []
        """Foreign names that the pickle would call."""
        self.named: list[str] = []
        """Foreign names that the pickle would import."""
        self._find_storage = find_storage
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def read(self, data: bytes) -> tuple[object, int]:
        """Read one pickle.

        Returns:
            What it describes, and how many bytes it took.

        Raises:
            Refusal: It is damaged, too large, or asks for names that state dicts do not need.
        """
        try:
            result = self._read(data)
        except Refusal:
            self._refuse_foreign()
            raise
        except _NONSENSE as error:
            self._refuse_foreign()
            why = f"its pickle makes no sense ({type(error).__name__})"
            raise damaged(WHAT, why) from None
        self._refuse_foreign()
        return result

    def _read(self, data: bytes) -> tuple[object, int]:
        for number, (name, argument, end) in enumerate(steps(data)):
            if number > MAX_OPCODES:
                raise Refusal(WHAT, f"its pickle has more than {MAX_OPCODES:,} steps")
            if name == "STOP":
                return self._stack.pop(), end
            self._step(name, argument)
            if len(self._stack) > MAX_STACK or len(self._marks) > MAX_MARKS:
                raise Refusal(WHAT, "its pickle is nested deeper than any state dict")
        raise ValueError

    def _step(self, name: str, argument: Any) -> None:
        """Do what one opcode says, as far as it can be said of stubs."""
        if name in _LITERALS:
            self._stack.append(argument)
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _FRESH:
            self._stack.append(_FRESH[name]())
        elif name in _TUPLES:
            self._make_short_tuple(_TUPLES[name])
        elif name not in _IGNORED:
            raise Refusal(WHAT, f"its pickle has the step {argument!r}, which no state dict needs")

    def _refuse_foreign(self) -> None:
        """Refuse a pickle that asked for foreign names."""
        asked = describe(self.ran, self.named)
        if not asked:
            return
        whole = any(name.startswith(("torch.nn.", "torchvision.", "timm.")) for name in self.named)
        raise Refusal("a whole pickled network" if whole else "a torch checkpoint with code", asked)

    def _pop_row(self) -> list[Any]:
        """The items since the last mark."""
        row = self._stack
        self._stack = self._marks.pop()
        return row

    def _mark(self, _: object) -> None:
        """MARK: begin a row of items."""
        self._marks.append(self._stack)
        self._stack = []

    def _make_tuple(self, _: object) -> None:
        """TUPLE: make the row a tuple."""
        row = self._pop_row()
        self._stack.append(tuple(row))

    def _make_short_tuple(self, count: int) -> None:
        """TUPLE1, TUPLE2, TUPLE3: make a tuple of the topmost items."""
        if len(self._stack) < count:
            raise IndexError
        items = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._stack.append(items)

    def _append(self, _: object) -> None:
        """APPEND: put the top into the list below it."""
        item = self._stack.pop()
        self._extend([item])

    def _appends(self, _: object) -> None:
        """APPENDS: put the row into the list below it."""
        self._extend(self._pop_row())

    def _add_items(self, _: object) -> None:
        """ADDITEMS: put the row into the set below it, which is not looked at."""
        self._pop_row()
        if not isinstance(self._stack[-1], Inert):
            raise TypeError

    def _extend(self, row: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, list):
            target.extend(row)
        elif not isinstance(target, Inert):
            raise TypeError

    def _set_item(self, _: object) -> None:
        """SETITEM: put a key and a value into the dictionary below them."""
        value, key = self._stack.pop(), self._stack.pop()
        self._update([key, value])

    def _set_items(self, _: object) -> None:
        """SETITEMS: put a row of keys and values into the dictionary below it."""
        self._update(self._pop_row())

    def _update(self, row: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, Inert):
            return
        if not isinstance(target, dict) or len(row) % 2:
            raise TypeError
        for key, value in zip(row[::2], row[1::2], strict=True):
            # Hashing deeply nested tuples would overflow the stack, so keys are simple.
            if not isinstance(key, str | int | float | bytes | None):
                raise TypeError
            if key in target and key == key:  # noqa: PLR0124 - NaN is never found again
                raise damaged(WHAT, "one of its dictionaries has a key twice")
            target[key] = value

    def _put(self, argument: int) -> None:
        """BINPUT, LONG_BINPUT: remember the top under a number."""
        self._memo[argument] = self._stack[-1]

    def _memoize(self, _: object) -> None:
        """MEMOIZE: remember the top under the next number."""
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, argument: int) -> None:
        """BINGET, LONG_BINGET: push what was remembered."""
        self._stack.append(self._memo[argument])

    def _name(self, argument: str) -> None:
        """GLOBAL: push a name, without importing it."""
        if not is_known(argument):
            self.named.append(argument)
        self._stack.append(Named(argument))

    def _stack_name(self, _: object) -> None:
        """STACK_GLOBAL: the same, with module and name from the stack."""
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise TypeError
        self._name(f"{module} {name}")

    def _call(self, _: object) -> None:
        """REDUCE: describe what calling a name would give."""
        arguments, target = self._stack.pop(), self._stack.pop()
        if isinstance(target, Inert):
            self._stack.append(Inert())
            return
        if not isinstance(target, Named) or not isinstance(arguments, tuple):
            raise TypeError
        self._stack.append(self._called(target.name, arguments))

    def _make_old(self, argument: str) -> None:
        """INST: call a name with the row, as pickles did at first. No state dict needs it."""
        self._pop_row()
        self.named.append(argument)
        self.ran.append(argument)
        self._stack.append(Inert())

    def _make_new(self, _: object) -> None:
        """NEWOBJ: describe an instance of a class; none is looked at."""
        _arguments, target = self._stack.pop(), self._stack.pop()
        if not isinstance(target, Named | Inert):
            raise TypeError
        self._stack.append(Inert())

    def _called(self, name: str, arguments: tuple[Any, ...]) -> object:
        if name in REBUILDS:
            return Inert() if isinstance(arguments[0], Inert) else tensor_from(arguments)
        if name in PARAMETERS and isinstance(arguments[0], Tensor | OddTensor):
            return arguments[0]
        if name in ODD_TENSORS:
            return OddTensor(ODD_TENSORS[name])
        if name == DICTIONARY and not arguments:
            return {}
        if name not in CALLABLE:
            self.ran.append(name)
        return Inert()

    def _build(self, _: object) -> None:
        """BUILD: attributes of an object, which are not looked at."""
        self._stack.pop()
        if not isinstance(self._stack[-1], dict | Inert | Tensor | OddTensor):
            raise TypeError

    def _persistent(self, _: object) -> None:
        """BINPERSID: push the storage that a reference means."""
        self._stack.append(self._find_storage(self._stack.pop()))


_Step = Callable[[StubUnpickler, Any], None]
_LITERALS = frozenset(
    [
        *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
        *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINSTRING", "SHORT_BINSTRING"),
    ]
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_FRESH: dict[str, Callable[[], object]] = {
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": Inert,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = {"PROTO", "FRAME"}
_STEPS: dict[str, _Step] = {
    "MARK": StubUnpickler._mark,
    "TUPLE": StubUnpickler._make_tuple,
    "APPEND": StubUnpickler._append,
    "APPENDS": StubUnpickler._appends,
    "ADDITEMS": StubUnpickler._add_items,
    "SETITEM": StubUnpickler._set_item,
    "SETITEMS": StubUnpickler._set_items,
    "BINPUT": StubUnpickler._put,
    "LONG_BINPUT": StubUnpickler._put,
    "MEMOIZE": StubUnpickler._memoize,
    "BINGET": StubUnpickler._get,
    "LONG_BINGET": StubUnpickler._get,
    "GLOBAL": StubUnpickler._name,
    "STACK_GLOBAL": StubUnpickler._stack_name,
    "REDUCE": StubUnpickler._call,
    "INST": StubUnpickler._make_old,
    "NEWOBJ": StubUnpickler._make_new,
    "BUILD": StubUnpickler._build,
    "BINPERSID": StubUnpickler._persistent,
}
