"""What a torch pickle can speak of, and the names it may ask for."""

from dataclasses import dataclass
from typing import Any

from engine.modelfiles.contents import check_shape
from engine.modelfiles.plain_text import plain
from engine.modelfiles.refusal import damaged

WHAT = "a torch checkpoint"

DICTIONARY = "collections OrderedDict"
REBUILDS = {"torch._utils _rebuild_tensor_v2", "torch._tensor _rebuild_tensor_v2"}
PARAMETERS = {"torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state"}
ODD_TENSORS = {
    "torch._utils _rebuild_tensor_v3": "a tensor of an unusual element type",
    "torch._utils _rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils _rebuild_sparse_csr_tensor": "a sparse tensor",
    "torch._utils _rebuild_nested_tensor": "a nested tensor",
    "torch._utils _rebuild_qtensor": "a quantized tensor",
    "torch._utils _rebuild_meta_tensor_no_storage": "a meta tensor, which has no numbers",
    "torch._utils _rebuild_device_tensor_from_numpy": "a tensor of a special device",
    "torch._utils _rebuild_wrapper_subclass": "a tensor of a special class",
    "torch._tensor _rebuild_from_type_v2": "a tensor of a special class",
}
# Named in honest checkpoints beside the weights. Whatever is made of them is never looked at.
INERT = {
    "argparse Namespace",
    "builtins set",
    "__builtin__ set",
    "collections defaultdict",
    "_codecs encode",
    "numpy dtype",
    "numpy ndarray",
    "numpy.core.multiarray scalar",
    "numpy._core.multiarray scalar",
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",
    "torch Size",
    "torch Tensor",
    "torch device",
    "torch.nn.parameter Parameter",
    "torch.serialization _get_layout",
    "torch per_tensor_affine",
    "torch per_channel_affine",
}
INERT |= {
    f"torch {name}"
    for name in [
        *("float32", "float16", "bfloat16", "float64", "float8_e4m3fn", "float8_e5m2"),
        *("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool"),
        *("complex64", "complex128", "qint8", "quint8", "qint32"),
    ]
}
# May be called although the result is never looked at. The others may only be named.
CALLABLE = INERT - {"torch Tensor", "torch.nn.parameter Parameter"}

_ELEMENT_BYTES = {
    "Float": 4,
    "Half": 2,
    "BFloat16": 2,
    "Double": 8,
    "Long": 8,
    "Int": 4,
    "Short": 2,
    "Char": 1,
    "Byte": 1,
    "Bool": 1,
    "ComplexFloat": 8,
    "ComplexDouble": 16,
    "QInt8": 1,
    "QUInt8": 1,
    "QInt32": 4,
    "QUInt4x2": 1,
    "QUInt2x4": 1,
    "Untyped": 1,
}


@dataclass(frozen=True, slots=True)
class Named:
    """A name that the pickle asks for: module, space, name."""

    name: str


class Inert:
    """Something that is not looked at."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A record of numbers: torch's name of the element type, and where they lie in the file."""

    kind: str
    begin: int
    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor in a storage: first element, sizes and steps in elements."""

    storage: Storage
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OddTensor:
    """A tensor that is not read; the kind is for people, with its article."""

    kind: str


def is_known(name: str) -> bool:
    """Whether state dicts, or what is saved beside them, need a name."""
    sets = (INERT, REBUILDS, PARAMETERS, ODD_TENSORS)
    return name == DICTIONARY or bool(storage_kind(name)) or any(name in names for names in sets)


def storage_kind(name: str) -> str:
    """The part before "Storage" of one of torch's storage classes; empty for other names."""
    module, _, kind = name.partition(" ")
    kind = kind.removesuffix("Storage") if kind.endswith("Storage") else ""
    home = "torch.storage" if kind == "Untyped" else "torch"
    return kind if module == home and kind in _ELEMENT_BYTES else ""


def element_bytes(kind: str) -> int:
    """Bytes of one element of a storage of a kind that `storage_kind` knows."""
    return _ELEMENT_BYTES[kind]


def describe(ran: list[str], named: list[str]) -> str:
    """Which names a pickle asks for, in words for people; empty if none."""
    classes = [name for name in named if name not in ran]
    parts = []
    if ran:
        parts.append(f"it asks to run {_some(ran)}")
    if classes:
        parts.append(f"{'and' if ran else 'it asks'} for {_some(classes)}")
    return " ".join(parts)


def _some(names: list[str]) -> str:
    """Up to five different names, dotted and harmless."""
    different = list(dict.fromkeys(names))
    shown = [plain(name, 80).replace(" ", ".") for name in different[:5]]
    rest = f" and {len(different) - 5} more" if len(different) > 5 else ""
    return ", ".join(shown) + rest


def tensor_from(arguments: tuple[Any, ...]) -> Tensor:
    """The tensor that torch would rebuild from storage, first element, sizes, steps and the rest.

    Raises:
        Refusal: Its sizes or steps make no sense.
        TypeError: The arguments are of other types than torch writes.
    """
    storage, first, shape, strides = arguments[:4]
    shape, strides = check_shape(shape), check_shape(strides)
    if shape is None or strides is None or len(shape) != len(strides):
        raise damaged(WHAT, "a tensor in it has sizes or steps that no tensor can have")
    if not isinstance(storage, Storage) or type(first) is not int:
        raise TypeError
    return Tensor(storage, first, shape, strides)
