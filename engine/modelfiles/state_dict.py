"""Where in a torch checkpoint the weights are."""

from typing import Any

from engine.modelfiles.contents import Entry, check_name
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import Refusal
from engine.modelfiles.stub_values import WHAT, OddTensor, Tensor

WRAPPERS = ("state_dict", "model_state_dict", "net", "model")
"""Keys under which training scripts keep the weights, the most telling first."""

_DTYPES = {
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Double": "float64",
    "Long": "int64",
}
_AS_FLOATS = "Save its weights as plain float32 tensors and open that file."


def find_entries(top: object) -> tuple[list[Entry], tuple[str, ...]]:
    """Find the weights in what a torch file holds.

    Args:
        top: What its pickle describes.

    Returns:
        The tensors, and what a person should know about how they were found.

    Raises:
        Refusal: There is no dictionary of tensors, or one of them is not a plain array of numbers.
    """
    if isinstance(top, Tensor | OddTensor):
        raise Refusal(WHAT, "it is a single tensor, which names no parameters")
    if not isinstance(top, dict):
        raise Refusal(WHAT, "it holds no dictionary of tensors")
    wrappers = [key for key in WRAPPERS if _holds_tensors(top.get(key))]
    if not wrappers:
        return _entries(top, ())
    note = f"The weights are those under “{wrappers[0]}”"
    others = [key for key in top if key != wrappers[0]]
    also = f"; {_keys(others)} beside them was not read" if others else ""
    return _entries(top[wrappers[0]], (f"{note}{also}.",))


def _holds_tensors(value: object) -> bool:
    return isinstance(value, dict) and any(_is_tensor(item) for item in value.values())


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor | OddTensor)


def _entries(state: dict[Any, Any], notes: tuple[str, ...]) -> tuple[list[Entry], tuple[str, ...]]:
    tensors = {key: value for key, value in state.items() if _is_tensor(value)}
    if not tensors:
        found = f"; its keys are {_keys(list(state))}" if state else ""
        why = f"it holds no tensors at its top or under {', '.join(WRAPPERS)}{found}"
        raise Refusal(WHAT, why)
    if not all(isinstance(key, str) for key in tensors):
        why = f"its tensors are not named by text but by {_keys(list(tensors))}"
        raise Refusal(WHAT, why)
    rest = [key for key in state if key not in tensors]
    if rest:
        notes = (*notes, f"Left out, because they are not tensors: {_keys(rest)}.")
    return [_entry(name, tensor) for name, tensor in tensors.items()], notes


def _entry(name: str, tensor: Tensor | OddTensor) -> Entry:
    check_name(name, WHAT)
    if isinstance(tensor, OddTensor):
        raise Refusal(WHAT, f"{name} is {tensor.kind}", _AS_FLOATS)
    storage = tensor.storage
    if storage.kind not in _DTYPES:
        why = f"the numbers of {name} are of torch's type {storage.kind}, which weights are not"
        raise Refusal(WHAT, why, _AS_FLOATS)
    dtype = _DTYPES[storage.kind]
    return Entry(
        name, dtype, storage.begin, storage.count, tensor.first, tensor.shape, tensor.strides
    )


def _keys(keys: list[Any]) -> str:
    """The first five keys, in words."""
    shown = [f"“{plain(key, 40)}”" if isinstance(key, str) else _unnamed(key) for key in keys[:5]]
    rest = f" and {len(keys) - 5:,} more" if len(keys) > 5 else ""
    return ", ".join(shown) + rest


def _unnamed(key: object) -> str:
    """A key that is no text; large numbers are not spelled out."""
    if isinstance(key, int) and abs(key) < 10**12:
        return f"the number {key}"
    return f"a {type(key).__name__}"
